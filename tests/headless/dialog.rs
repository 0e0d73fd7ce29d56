//! The line face that asks: what it says, which number means what, and what an answer does.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use mcloud::engine::message::{Failure, Message, Remedy};
use mcloud::engine::neighbours::{Peer, Standing};
use mcloud::engine::node::{Local, Role, Stage};
use mcloud::engine::picture::{FailureRow, Install, PhaseRow, Picture, Review, picture};
use mcloud::engine::plan::{DiskUse, Phase};
use mcloud::engine::timing::Usual;
use mcloud::engine::trust::{Joining, JoiningState, Knock, KnockState, Session};
use mcloud::engine::wizard::Part;
use mcloud::engine::{Intent, State};
use mcloud::forms::Words;
use mcloud::headless::ask::dialog::{Dialog, Do, Manner};

/// The moment of all these pictures.
const NOW: u64 = 1_000_000;

fn node(last: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(10, 0, 0, last))
}

fn leader(stage: Stage) -> Picture {
    let mut picture = picture(&State::new(Local::default(), Usual::default()), NOW);
    "pi-a".clone_into(&mut picture.me);
    "0.1.0".clone_into(&mut picture.mcloud);
    "home".clone_into(&mut picture.cluster);
    picture.role = Role::Leader;
    picture.stage = stage;
    picture.wizard.part = Some(Part::Initiator);
    picture.wizard.session = Some(Session {
        id: "s1".to_owned(),
        until: NOW + 3_600_000,
        ..Session::default()
    });
    picture
}

fn peer(name: &str, last: u8) -> Peer {
    Peer {
        id: format!("id-{name}"),
        name: name.to_owned(),
        model: "Raspberry Pi 5".to_owned(),
        address: node(last),
        port: Some(9445),
        mcloud: "0.1.0".to_owned(),
        compatible: true,
        standing: Standing::Looking,
        session: None,
        heard: NOW,
        ways: vec!["multicast".to_owned()],
        silent: false,
        findings: Vec::new(),
    }
}

fn knock(name: &str, last: u8) -> Knock {
    Knock {
        id: format!("id-{name}"),
        name: name.to_owned(),
        address: node(last),
        model: "Raspberry Pi 5".to_owned(),
        mcloud: "0.1.0".to_owned(),
        check: ["acquire", "junkyard", "kite", "laryngitis"]
            .map(str::to_owned)
            .to_vec(),
        theirs: false,
        state: KnockState::Asking,
    }
}

fn knocks(picture: &mut Picture) -> &mut Vec<Knock> {
    let session = picture.wizard.session.as_mut();
    &mut session.expect("a session is open").knocks
}

fn joiner() -> Picture {
    let mut picture = leader(Stage::Idle);
    "pi-b".clone_into(&mut picture.me);
    picture.role = Role::Undecided;
    picture.wizard.part = Some(Part::Joiner);
    picture.wizard.session = None;
    picture.wizard.joining = Some(Joining {
        peer: "id-pi-a".to_owned(),
        session: "s1".to_owned(),
        name: "pi-a".to_owned(),
        cluster: "home".to_owned(),
        address: SocketAddr::new(node(1), 9445),
        state: JoiningState::Words,
        check: Vec::new(),
        wrong: 0,
        failure: None,
    });
    picture
}

fn disk(name: &str, holds: &str) -> DiskUse {
    DiskUse {
        node: "pi-a".to_owned(),
        name: name.to_owned(),
        path: format!("/dev/{name}"),
        model: "Samsung T7".to_owned(),
        serial: format!("S-{name}"),
        size: 1_000_000_000_000,
        holds: holds.to_owned(),
        uuid: String::new(),
        purpose: mcloud::engine::answers::Purpose::Local,
    }
}

fn review(erasures: &[&str]) -> Picture {
    let mut picture = leader(Stage::Review);
    let phase = |phase, steps| PhaseRow {
        phase,
        steps,
        nodes: vec!["pi-a".to_owned(), "pi-b".to_owned()],
        usual_ms: 40_000,
    };
    picture.review = Some(Review {
        digest: Some("d1".to_owned()),
        erasures: erasures.iter().map(|name| disk(name, "ext4")).collect(),
        formats: vec![disk("sdz", "")],
        driver: Some("zfs".to_owned()),
        notes: vec![mcloud::engine::message::Message::new("review.no-remote")],
        phases: vec![phase(Phase::Lxd, 5), phase(Phase::MicroCeph, 0)],
        steps: 5,
        usual_ms: 130_000,
    });
    picture
}

/// Somebody who reads and answers.
struct Desk {
    dialog: Dialog,
    picture: Picture,
}

impl Desk {
    fn at(picture: Picture) -> (Self, String) {
        let manner = Manner {
            wizard: true,
            ..Manner::default()
        };
        let dialog = Dialog::new(manner);
        let mut desk = Self { dialog, picture };
        let first = desk.read();
        (desk, first)
    }

    /// What is printed now, with the prompt.
    fn read(&mut self) -> String {
        let lines = self.dialog.follow(&self.picture, NOW);
        lines.map_or_else(String::new, |lines| {
            format!("{}\n{}\n", lines.join("\n"), self.dialog.prompt())
        })
    }

    /// Answers; what was said to that, and what is to be done.
    fn say(&mut self, line: &str) -> (String, Vec<Do>) {
        let heard = self.dialog.hear(&self.picture, NOW, line);
        (heard.says.join("\n"), heard.acts)
    }
}

/// The number of the choice with `label` in it.
fn number(list: &str, label: &str) -> String {
    let after = list.rsplit("What can be done:").next().unwrap_or_default();
    let row = after.lines().find(|line| line.contains(label));
    let row = row.unwrap_or_else(|| panic!("no {label} in {list}"));
    let number = row.trim().split_once(". ").map(|(number, _)| number);
    number.expect("a number").to_owned()
}

fn at_trust() -> (Desk, String) {
    let mut picture = leader(Stage::Forming);
    picture.wizard.neighbours.peers = vec![peer("pi-b", 2), peer("pi-c", 3)];
    let (mut desk, first) = Desk::at(picture);
    desk.say(&number(&first, "Next"));
    let trust = desk.read();
    assert!(trust.contains("Trust, step 5 of 10"), "{trust}");
    (desk, trust)
}

#[test]
fn pages_are_plain_text_with_a_list_of_what_can_be_done() {
    let mut picture = leader(Stage::Forming);
    let mut other = peer("pi-z", 9);
    other.compatible = false;
    other.mcloud = "9.0.0".to_owned();
    picture.wizard.neighbours.peers = vec![peer("pi-b", 2), other];
    insta::assert_snapshot!("ask-peers", Desk::at(picture).1);
    insta::assert_snapshot!("ask-words", Desk::at(joiner()).1);
    insta::assert_snapshot!("ask-review", Desk::at(review(&["sda", "sdb"])).1);
    insta::assert_snapshot!("ask-stopped", Desk::at(stopped()).1);
}

fn stopped() -> Picture {
    let mut picture = leader(Stage::Stopped);
    let mut failure = Failure::new(Message::new("link.down"));
    failure.remedies = vec![
        Remedy::Retry,
        Remedy::GoOnWithout,
        Remedy::Change,
        Remedy::Leave,
    ];
    picture.install = Some(Install {
        started: NOW,
        permille: 500,
        remaining_ms: 1_000,
        stopping: false,
        rows: Vec::new(),
        running: Vec::new(),
        failures: vec![FailureRow {
            step: "lxd.join@pi-b".to_owned(),
            phase: Phase::Lxd,
            node: "pi-b".to_owned(),
            attempt: 1,
            failure,
        }],
    });
    picture
}

#[test]
fn a_joiner_that_knocks_is_told_in_lines_and_takes_no_number_from_anybody() {
    let (mut desk, trust) = at_trust();
    let next = number(&trust, "Next");
    knocks(&mut desk.picture).push(knock("pi-b", 2));
    let told = desk.read();
    assert!(
        told.contains("Now: pi-b asks: acquire  junkyard  kite  laryngitis"),
        "{told}"
    );
    assert_eq!(number(&told, "Next"), next);
    let admit = number(&told, "let pi-b in");
    knocks(&mut desk.picture).push(knock("pi-c", 3));
    let told = desk.read();
    assert_eq!(number(&told, "let pi-b in"), admit);
    let id = "id-pi-b".to_owned();
    let check = knock("pi-b", 2).check;
    let admits = vec![Do::Intents(vec![Intent::Admit { id, check }])];
    assert_eq!(desk.say(&admit).1, admits);
}

#[test]
fn what_changes_nothing_is_not_told() {
    let (mut desk, _) = at_trust();
    assert_eq!(desk.read(), "");
    desk.picture.wizard.neighbours.peers[0].heard += 500;
    assert_eq!(desk.read(), "");
}

#[test]
fn the_number_of_something_that_has_gone_does_nothing_and_says_so() {
    let (mut desk, _) = at_trust();
    knocks(&mut desk.picture).push(knock("pi-b", 2));
    let told = desk.read();
    let admit = number(&told, "let pi-b in");
    // It goes away, and another comes, while the number is being typed.
    knocks(&mut desk.picture)[0].state = KnockState::Gone;
    knocks(&mut desk.picture).push(knock("pi-c", 3));
    let (says, acts) = desk.say(&admit);
    assert_eq!(acts, []);
    assert!(says.contains("let pi-b in"), "{says}");
    assert!(says.contains("nothing was done"), "{says}");
}

#[test]
fn a_page_that_comes_by_itself_gets_numbers_that_were_not_used_before() {
    let (mut desk, trust) = at_trust();
    let last = number(&trust, "Next").parse::<usize>().expect("a number");
    desk.picture = stopped();
    let page = desk.read();
    let retry = number(&page, "Retry").parse::<usize>().expect("a number");
    assert!(retry > last, "{page}");
    for old in 1..=last {
        assert_eq!(desk.say(&old.to_string()).1, [], "{old} on\n{page}");
    }
}

#[test]
fn an_empty_line_never_trusts_anybody() {
    let (mut desk, _) = at_trust();
    knocks(&mut desk.picture).push(knock("pi-b", 2));
    desk.read();
    for _ in 0..3 {
        assert_eq!(desk.say("").1, []);
        let page = desk.read();
        assert!(page.contains("Enter reads this again"), "{page}");
    }
}

#[test]
fn words_are_completed_sent_and_never_repeated() {
    let (mut desk, page) = Desk::at(joiner());
    desk.dialog
        .know(Some(Words("secret of the room".to_owned())));
    let sent = vec![Do::Words(Words(
        "acquire junkyard kite laryngitis".to_owned(),
    ))];
    for words in ["zzzz junkyard kite laryngitis", "acquire junkyard kite"] {
        let (says, acts) = desk.say(words);
        assert_eq!(acts, []);
        let seen = says + &desk.read();
        assert!(
            !seen.contains("junkyard") && !seen.contains("zzzz"),
            "{seen}"
        );
        assert!(!seen.contains("secret of the room"), "{seen}");
    }
    assert_eq!(words_of(desk.say("acq JUNK kite lar").1), words_of(sent));
    let (_, acts) = desk.say(&number(&page, "Type: Words"));
    assert_eq!(acts, []);
    assert!(!desk.read().contains("junkyard"));
    assert_eq!(desk.say("acquire junkyard kite laryngitis").1.len(), 1);
    assert!(!desk.read().contains("junkyard"));
}

/// The words, which are not printed with what holds them.
fn words_of(acts: Vec<Do>) -> Vec<String> {
    let words = |act| match act {
        Do::Words(words) => words.0,
        other => panic!("{other:?}"),
    };
    acts.into_iter().map(words).collect()
}

#[test]
fn install_takes_the_number_of_the_disks_that_were_read_out() {
    let (mut desk, page) = Desk::at(review(&["sda", "sdb"]));
    let erased = page.find("sdb Samsung T7").expect("every disk is listed");
    assert!(
        erased < page.find("LXD").expect("the plan follows"),
        "{page}"
    );
    for wrong in ["", "1", "3", "install", "yes", "2 x"] {
        assert_eq!(desk.say(wrong).1, [], "{wrong}");
        desk.read();
    }
    let digest = "d1".to_owned();
    let install = Intent::Install { digest, erase: 2 };
    assert_eq!(desk.say("2").1, [Do::Intents(vec![install])]);
}

#[test]
fn install_does_not_begin_a_plan_that_was_not_read_out() {
    let (mut desk, _) = Desk::at(review(&["sda"]));
    let other = desk.picture.review.as_mut().expect("a plan");
    other.digest = Some("d2".to_owned());
    let (says, acts) = desk.say("1");
    assert_eq!(acts, []);
    assert!(says.contains("The plan has changed"), "{says}");
    assert!(desk.read().contains("Review, step 8 of 10"));
    assert_eq!(desk.say("1").1.len(), 1);
}

#[test]
fn a_plan_that_erases_nothing_is_agreed_to_with_a_word() {
    let (mut desk, page) = Desk::at(review(&[]));
    assert!(page.contains("Type install to go on"), "{page}");
    assert_eq!(desk.say("0").1, []);
    desk.read();
    assert_eq!(desk.say("install").1.len(), 1);
}

#[test]
fn a_run_that_stopped_offers_its_ways_on_and_none_by_an_empty_line() {
    let (mut desk, page) = Desk::at(stopped());
    assert_eq!(desk.say("").1, []);
    desk.read();
    let step = "lxd.join@pi-b".to_owned();
    let retry = vec![Do::Intents(vec![Intent::Retry { step }])];
    assert_eq!(desk.say(&number(&page, "Retry")).1, retry);
}

#[test]
fn leaving_asks_and_the_first_answer_is_to_stay() {
    let (mut desk, _) = Desk::at(leader(Stage::Forming));
    assert_eq!(desk.say("l").1, []);
    let asked = desk.read();
    assert_eq!(number(&asked, "Stay"), "1");
    assert_eq!(desk.say("").1, []);
    assert!(desk.read().contains("Peers, step 4 of 10"));
    desk.say("l");
    let asked = desk.read();
    let leave = number(&asked, "Leave: nothing was written");
    assert_eq!(desk.say(&leave).1, [Do::Intents(vec![Intent::Leave])]);
}

#[test]
fn anything_else_says_what_is_possible_and_loses_nothing() {
    let (mut desk, trust) = at_trust();
    for strange in [
        "0",
        "99",
        "hello there",
        "-1",
        "1 2 3",
        "s",
        "? 77",
        "\u{7}",
    ] {
        let (says, acts) = desk.say(strange);
        assert_eq!(acts, [], "{strange}");
        assert!(!says.is_empty(), "{strange}");
        assert!(!says.contains("hello"), "{says}");
        desk.read();
    }
    desk.say("r");
    assert_eq!(desk.read(), trust);
}

#[test]
fn after_a_first_run_nothing_says_that_nothing_was_written() {
    let says_so = |text: &str| {
        let text = text.to_lowercase();
        text.contains("nothing was written") || text.contains("nothing has been written")
    };
    for erasures in [&[][..], &["sda"]] {
        for touched in [false, true] {
            let picture = Picture {
                touched,
                ..review(erasures)
            };
            let (mut desk, page) = Desk::at(picture);
            assert_eq!(says_so(&page), !touched, "{page}");
            assert_eq!(page.contains("What is done already stays"), touched);
            desk.say("l");
            let asked = desk.read();
            assert_eq!(says_so(&asked), !touched, "{asked}");
        }
    }
}
