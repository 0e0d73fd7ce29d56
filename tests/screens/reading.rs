//! How the screens read: what comes first, what is said once, what stands below each other.

use mcloud::engine::message::Message;
use mcloud::engine::picture::Picture;
use mcloud::engine::preflight::{Check, Verdict};
use mcloud::forms::{Deed, Field, FieldKind, Form, Known, Part, Row, Step, Tone, Wish};
use mcloud::screens::{Forms, Options, Screens};
use ratatui::crossterm::event::KeyCode;

use crate::desk::Desk;
use crate::generic::{button, note};
use crate::pictures;

/// A cluster with all services that is ready, with all that its proof says.
fn proven() -> Desk {
    let mut desk = pictures::done_with_offers();
    let all = "pi-a, pi-b, pi-c";
    let of_pool = |pool: &str, driver: &str| {
        let says = Message::new("lxd.pool-made").with("pool", pool);
        says.with("driver", driver).with("members", all)
    };
    let of_guests = |code: &str| {
        let says = Message::new(code).with("members", all);
        let says = says.with("pool", "remote").with("network", "default");
        says.with("addresses", "10.77.0.2, 10.77.0.3, 10.77.0.4")
    };
    let moved = Message::new("lxd.guest-moved").with("name", "pi-a");
    let end = desk.picture.end.as_mut().expect("the run is over");
    end.proven = vec![
        Message::new("microceph.networks"),
        Message::new("microceph.health-unknown"),
        Message::new("lxd.database-led").with("name", "pi-a"),
        of_pool("local", "btrfs"),
        of_pool("remote", "ceph"),
        of_guests("lxd.guests-run"),
        of_guests("lxd.guests-wrote"),
        of_guests("lxd.guests-addresses"),
        of_guests("lxd.guests-reach"),
        of_guests("lxd.guests-no-dns"),
        moved.with("to", "pi-b"),
    ];
    desk.press(KeyCode::Home);
    desk
}

/// The line of a screen that holds `text`.
fn line(screen: &str, text: &str) -> String {
    let mut lines = screen.lines();
    let found = lines.find(|line| line.contains(text));
    found
        .unwrap_or_else(|| panic!("no {text} in\n{screen}"))
        .to_owned()
}

#[test]
fn what_the_guests_have_shown_is_on_the_first_screen_and_before_the_token_and_the_link() {
    let desk = proven();
    let first = desk.draw();
    for shown in [
        "Guests run on every node, on the pool remote.",
        "Guests on every node read back what they wrote to the pool remote.",
        "Guests on pi-a, pi-b, pi-c got the addresses 10.77.0.2,",
        "Guests on every node reach each other on the network default",
        "The guest on pi-a moved to pi-b with its disk.",
        "and 4 more below: members, pools, networks",
    ] {
        assert!(first.contains(shown), "{shown}\n{first}");
    }
    let all = proven().sized(80, 60).draw();
    let at = |text: &str| all.find(text).unwrap_or_else(|| panic!("no {text}\n{all}"));
    let order = [
        at("The guest on pi-a moved"),
        at("mcloud join --token"),
        at("https://10.0.0.11:8443"),
        at("Proven too"),
        at("The btrfs pool local is made on every node."),
        at("Members"),
    ];
    assert!(order.is_sorted(), "{order:?}\n{all}");
    insta::assert_snapshot!("done-proven-80x24", first);
}

#[test]
fn what_nobody_could_tell_is_marked_neither_as_good_nor_as_bad() {
    let screen = proven().sized(80, 60).draw();
    for unknown in ["How healthy Ceph is", "Names were not proven"] {
        let line = line(&screen, unknown);
        assert!(line.trim_start().starts_with("· "), "{line}");
    }
    let mut desk = proven().sized(80, 60);
    let end = desk.picture.end.as_mut().expect("the run is over");
    end.proven[1] = Message::new("microceph.health-warns").with("status", "HEALTH_WARN");
    let line = line(&desk.draw(), "Ceph calls itself HEALTH_WARN");
    assert!(line.trim_start().starts_with("! "), "{line}");
}

#[test]
fn done_says_that_its_time_is_that_of_the_last_run() {
    assert!(pictures::done().shows("3 members. This run took 2:30."));
    assert!(pictures::done_badly().shows("This run took 4:00; exit code 1."));
    assert!(pictures::refused().shows("After 4 s; exit code 1."));
}

fn check(node: &str, verdict: Verdict, (says, fix): (&str, &str)) -> Check {
    let say = |code: &str| {
        let says = Message::new(code).with("node", node);
        let says = says.with("version", "5.0.2").with("snap", "microovn");
        says.with("service", "MicroOVN").with("other", "pi-z")
    };
    Check {
        name: "lxd".to_owned(),
        node: node.to_owned(),
        verdict,
        says: say(says),
        fix: Some(say(fix)),
        evidence: None,
        means: None,
    }
}

const NODES: [&str; 3] = ["pi-a", "pi-b", "pi-c"];

#[test]
fn what_is_found_on_several_nodes_is_said_once_and_leaves_the_plan_in_sight() {
    let mut desk = pictures::ready_without_erasures();
    let old = ("check.lxd-old", "check.lxd-old-fix");
    let checks = NODES.map(|node| check(node, Verdict::Warning, old));
    desk.picture.checks = checks.to_vec().into();
    let screen = desk.draw();
    assert_eq!(screen.matches("is older than what is proven").count(), 1);
    assert_eq!(screen.matches("Install LXD 5.21 or later").count(), 1);
    assert!(screen.contains("! pi-a, pi-b and pi-c: LXD 5.0.2 on each of them is older"));
    for kept in ["┌ Plan", "Finalize", "In all about"] {
        assert!(screen.contains(kept), "{kept}\n{screen}");
    }
    desk.picture.checks = checks[..1].to_vec().into();
    assert!(desk.shows("! LXD 5.0.2 on pi-a is older than what is proven"));
}

#[test]
fn what_is_mended_otherwise_on_each_node_is_said_of_each() {
    let mut desk = pictures::blocked();
    let foreign = ("micro.foreign", "micro.foreign-ovn-fix");
    let checks = NODES.map(|node| check(node, Verdict::Blocking, foreign));
    desk.picture.checks = checks.to_vec().into();
    let screen = desk.draw();
    for node in NODES {
        let says = format!("× MicroOVN on {node} is in a cluster with pi-z");
        assert!(screen.contains(&says), "{says}\n{screen}");
        assert!(screen.contains(&format!("microovn cluster remove {node}")));
    }
}

#[test]
fn a_long_event_is_whole_in_the_log_and_shows_where_it_is_cut_beside_install() {
    let mut desk = pictures::running();
    let whole = "The leader was not reached at any address of the token.";
    let failed = pictures::failed();
    let event = failed.log.iter().rfind(|event| {
        let text = format!("{:?}", event.what);
        text.contains("join.not-reached") && text.contains("deadline")
    });
    let event = event.cloned().expect("the failure is in the log");
    desk.log.push(event);
    let install = desk.draw();
    let tail = install.lines().rfind(|line| line.contains(whole));
    let tail = tail.expect("the last event is in sight");
    assert!(tail.ends_with("of the token. » .."), "{tail}");
    desk.press(KeyCode::F(6));
    let log = desk.draw();
    let flat = log.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains(&format!("{whole} » POST /1.0/cluster on pi-c »")));
    assert!(flat.contains("Failed to join cluster: context deadline exceeded"));
    // The beginning is reached too, line by line.
    desk.press(KeyCode::Home);
    assert!(desk.shows("Planned: "), "{}", desk.draw());
    assert!(log.lines().all(|line| !line.ends_with("..")), "{log}");
}

fn named(name: &str, text: &str) -> Part {
    Part::Named {
        name: name.to_owned(),
        value: note(Tone::Strong, text),
    }
}

fn table(rows: &[&[&str]]) -> Part {
    let row = |cells: &&[&str]| Row {
        id: cells.concat(),
        cells: cells.iter().map(|it| (*it).to_owned()).collect(),
        about: vec![note(Tone::Plain, &"x".repeat(400))],
        press: Some(Deed {
            label: "key.choose",
            wish: Wish::Leave,
        }),
        ..Row::default()
    };
    Part::Table {
        head: Vec::new(),
        rows: rows.iter().map(row).collect(),
        empty: "Nothing.".to_owned(),
    }
}

/// Names, labels and two questions, each with its answers.
fn asks(_: Step, _: Known) -> Form {
    Form {
        says: vec!["Compare the words.".to_owned()],
        parts: vec![
            named("Words", "copper  lantern  otter   violet"),
            table(&[&["Session", "open"]]),
            named("pi-b asks", "maple   tundra   fox     ember"),
            table(&[&["They are the same."], &["They differ."]]),
            named("pi-c asks", "willow  falcon   cedar   lynx"),
            table(&[&["They are equal."], &["They are not."]]),
            Part::Field(Field {
                id: "add".to_owned(),
                label: "Ask at".to_owned(),
                value: String::new(),
                kind: FieldKind::Address,
                about: Vec::new(),
                press: None,
            }),
        ],
        buttons: vec![button("next", "Next", Some(Wish::Leave))],
        ..Form::default()
    }
}

fn trust() -> Desk {
    let mut desk = pictures::idle();
    desk.screens = Screens::with_forms(
        Options {
            wizard: true,
            ..Options::default()
        },
        Forms {
            form: asks,
            natural: |_: &Picture| Some(Step::Trust),
            fits: |_, _| true,
            back: |_, _| None,
        },
    );
    desk
}

#[test]
fn what_does_not_fit_into_the_two_lines_below_shows_where_it_is_cut() {
    for (width, height) in [(80, 24), (61, 20), (132, 43)] {
        let screen = trust().sized(width, height).draw();
        let info = screen.lines().rfind(|line| line.contains("xxx"));
        assert!(info.is_some_and(|line| line.ends_with("xx..")), "{screen}");
    }
}

#[test]
fn what_labels_name_stands_in_one_column() {
    for (width, height) in [(80, 24), (60, 20), (132, 43)] {
        let screen = trust().sized(width, height).draw();
        let column = |label: &str, value: &str| {
            let line = line(&screen, label);
            let (before, _) = line.split_once(value).expect("it is beside its label");
            before.chars().count()
        };
        let columns = [
            column("Words ", "copper"),
            column("Session ", "open"),
            column("pi-b asks ", "maple"),
            column("pi-c asks ", "willow"),
            column("Ask at ", "["),
        ];
        assert!(
            columns.iter().all(|it| *it == columns[0]),
            "{columns:?}\n{screen}"
        );
    }
}

#[test]
fn answers_stay_with_their_question_where_there_is_no_room_for_all_gaps() {
    let after = |screen: &str, text: &str| {
        let mut lines = screen.lines().skip_while(|line| !line.contains(text));
        lines.nth(1).unwrap_or_default().trim().to_owned()
    };
    let screen = trust().sized(80, 21).draw();
    for (question, answer) in [
        ("pi-b asks", "They are the same."),
        ("pi-c asks", "They are equal."),
    ] {
        assert!(after(&screen, question).contains(answer), "{screen}");
    }
    assert_eq!(after(&screen, "They differ."), "", "{screen}");
    let roomy = trust().sized(80, 30).draw();
    assert_eq!(after(&roomy, "pi-b asks"), "", "{roomy}");
}
