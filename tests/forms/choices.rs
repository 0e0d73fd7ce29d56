//! What choosing does, and what keys that slip must not do.

use mcloud::engine::Intent;
use mcloud::engine::answers::{DriverChoice, Purpose};
use mcloud::engine::neighbours::Standing;
use mcloud::engine::trust::KnockState;
use mcloud::engine::{Fact, facts::Holds};
use mcloud::forms::{Form, Part, Row, Step, Wish, Words};

use super::situations::{all, every_peer, give, joins, started, three};
use super::stage::{Stage, WORDS, address, attic, disk, facts, knock, nic, peer};

fn row<'a>(form: &'a Form, id: &str) -> &'a Row {
    find(form, id).unwrap_or_else(|| panic!("there is no row {id}"))
}

fn find<'a>(form: &'a Form, id: &str) -> Option<&'a Row> {
    let rows = form.parts.iter().flat_map(|part| match part {
        Part::Table { rows, .. } => rows.as_slice(),
        _ => &[],
    });
    rows.into_iter().find(|row| row.id == id)
}

fn press(form: &Form, id: &str) -> Wish {
    let deed = row(form, id).press.as_ref();
    deed.unwrap_or_else(|| panic!("{id} cannot be pressed"))
        .wish
        .clone()
}

fn button<'a>(form: &'a Form, id: &str) -> Option<&'a Wish> {
    let button = form.buttons.iter().find(|button| button.id == id)?;
    button.wish.as_ref()
}

/// Whoever presses Enter without looking lets nobody in: the first focus goes there only while
/// somebody asks, and never from where Enter would do something else.
#[test]
fn a_knock_never_moves_the_focus_from_a_button_to_letting_it_in() {
    for (name, step, stage) in all()
        .into_iter()
        .filter(|(_, step, _)| *step == Step::Trust)
    {
        let form = stage.form(step);
        let leads = stage.state.leads();
        assert!(!leads || form.first != "next", "{name}");
    }
}

#[test]
fn only_the_row_that_says_so_admits_a_joiner() {
    let mut stage = Stage::initiator().hears(vec![peer(1, Standing::Joining)]);
    stage.fact(Fact::Knocked(knock(1)));
    let form = stage.form(Step::Trust);
    let id = || "id-pi-b".to_owned();
    let admit = Wish::Intents(vec![Intent::Admit {
        id: id(),
        check: knock(1).check,
    }]);
    assert_eq!(press(&form, "admit:id-pi-b"), admit);
    let refuse = Wish::Intents(vec![Intent::Refuse { id: id() }]);
    assert_eq!(press(&form, "refuse:id-pi-b"), refuse);
    let pressed = stage.grant(press(&form, "refuse:id-pi-b"));
    assert_eq!(pressed, None);
    let session = stage.state.cluster.session.as_ref().unwrap();
    let states: Vec<_> = session.knocks.iter().map(|it| it.state).collect();
    assert_eq!(states, [KnockState::Refused]);
}

#[test]
fn putting_a_trusted_node_out_takes_two_thoughts() {
    let mut stage = Stage::with_nodes(1);
    let form = stage.form(Step::Trust);
    assert!(find(&form, "refuse:id-pi-b").is_none());
    stage.grant(press(&form, "knock:id-pi-b"));
    assert_eq!(stage.picture().nodes.len(), 2);
    let form = stage.form(Step::Trust);
    stage.grant(press(&form, "refuse:id-pi-b"));
    assert_eq!(stage.picture().nodes.len(), 1);
}

#[test]
fn four_words_are_sent_and_three_are_not() {
    let sent = |text: &str| {
        let form = Stage::knocking().typed("words", text).form(Step::Trust);
        form.parts.iter().find_map(|part| match part {
            Part::Field(field) => field.press.as_ref().map(|deed| deed.wish.clone()),
            _ => None,
        })
    };
    assert_eq!(sent(""), None);
    assert_eq!(sent("copper lantern otter"), None);
    assert_eq!(sent("copper lantern otter vi"), None);
    assert_eq!(sent("copper lantern otter violet maple"), None);
    let words = Wish::Words(Words(WORDS.to_owned()));
    assert_eq!(sent(" copper  lantern otter violet "), Some(words));
}

#[test]
fn comparing_offers_yes_and_no_and_no_way_around_them() {
    let form = Stage::comparing().form(Step::Trust);
    assert_eq!(button(&form, "next"), None);
    let yes = Wish::Intents(vec![Intent::Trust { accept: true }]);
    assert_eq!(press(&form, "same"), yes);
    let no = Wish::Then(vec![Intent::Trust { accept: false }], Step::Peers);
    assert_eq!(press(&form, "differ"), no);
}

#[test]
fn a_joiner_in_the_middle_of_a_session_cannot_knock_elsewhere() {
    let stage = Stage::comparing().hears(vec![attic(0), attic(2)]);
    let form = stage.form(Step::Peers);
    assert_eq!(press(&form, "session:id-pi-a"), Wish::Go(Step::Trust));
    assert_eq!(row(&form, "session:id-pi-c").press, None);
}

#[test]
fn whoever_starts_a_cluster_instead_tells_the_initiator_no_first() {
    let form = Stage::comparing().form(Step::Welcome);
    let Wish::Then(intents, _) = press(&form, "start") else {
        panic!("it leads on");
    };
    assert_eq!(intents.first(), Some(&Intent::Unknock));
}

#[test]
fn every_peer_is_listed_on_both_sides() {
    let peers = every_peer();
    for stage in [Stage::initiator(), joins(Stage::open(1))] {
        let form = stage.hears(peers.clone()).form(Step::Peers);
        for peer in &peers {
            assert!(find(&form, &format!("peer:{}", peer.id)).is_some());
        }
    }
}

#[test]
fn both_versions_are_named_where_they_differ() {
    let form = Stage::initiator().hears(every_peer()).form(Step::Peers);
    let about = &row(&form, "peer:id-pi-e").about;
    let text: String = about.iter().map(|note| note.text.as_str()).collect();
    assert!(text.contains("0.0.9") && text.contains("0.1.0"), "{text}");
}

#[test]
fn a_peer_is_left_out_and_invited_again() {
    let mut stage = Stage::initiator().hears(vec![peer(1, Standing::Looking)]);
    for wanted in [true, false, true] {
        let form = stage.form(Step::Peers);
        assert_eq!(row(&form, "peer:id-pi-b").ticked, Some(wanted));
        stage.grant(press(&form, "peer:id-pi-b"));
    }
}

#[test]
fn the_suggested_name_is_one_that_no_cluster_here_has() {
    let name = |stage: &Stage| {
        let form = stage.form(Step::Address);
        form.parts.iter().find_map(|part| match part {
            Part::Field(field) => Some(field.value.clone()),
            _ => None,
        })
    };
    assert_eq!(name(&started()).as_deref(), Some("mcloud"));
    let cluster = "mcloud".to_owned();
    let stage = started().hears(vec![peer(3, Standing::Member { cluster })]);
    assert_eq!(name(&stage).as_deref(), Some("mcloud-2"));
}

#[test]
fn a_cable_is_suggested_before_a_radio() {
    let stage = Stage::open_on(0, |here| {
        let mut radio = nic("wlan0", "192.168.1.7".parse().unwrap());
        radio.wireless = true;
        here.host.nics.insert(0, radio);
    });
    let stage = stage.then(Intent::Part {
        part: mcloud::engine::wizard::Part::Initiator,
    });
    let form = stage.form(Step::Address);
    let Some(Wish::Then(intents, Step::Peers)) = button(&form, "next") else {
        panic!("everything that is needed is suggested");
    };
    let address = address(0);
    assert_eq!(intents.first(), Some(&Intent::Address { address }));
}

#[test]
fn a_typed_address_is_asked_once() {
    let pressed = |stage: &Stage| {
        let form = stage.form(Step::Peers);
        form.parts.iter().find_map(|part| match part {
            Part::Field(field) => field.press.as_ref().map(|deed| deed.wish.clone()),
            _ => None,
        })
    };
    let mut stage = Stage::initiator().typed("add", "10.0.0.51");
    let address = "10.0.0.51".parse().unwrap();
    let ask = Wish::Intents(vec![Intent::Add { address }]);
    assert_eq!(pressed(&stage), Some(ask.clone()));
    stage.grant(ask);
    assert_eq!(pressed(&stage), None);
    assert_eq!(pressed(&stage.typed("add", "10.0.0")), None);
}

#[test]
fn a_disk_goes_to_the_local_pool_and_back() {
    let mut stage = three();
    for purpose in [None, Some(Purpose::Local), None] {
        let disks = &stage.picture().wizard.disks;
        let sda = disks.first().unwrap().disks.first().unwrap();
        assert_eq!(sda.purpose, purpose);
        let form = stage.form(Step::Disks);
        stage.grant(press(&form, "disk:pi-a:/dev/disk/by-id/ata-pi-a-A"));
    }
}

#[test]
fn what_is_suggested_never_erases_anything() {
    let mut stage = three();
    let form = stage.form(Step::Disks);
    assert_eq!(form.first, "suggest");
    stage.grant(button(&form, "suggest").unwrap().clone());
    let disks = stage.picture().wizard.disks;
    let mut all = disks.iter().flat_map(|node| &node.disks);
    assert!(!all.any(|disk| disk.purpose.is_some() && disk.erases));
    assert_eq!(
        disks
            .iter()
            .flat_map(|it| &it.disks)
            .filter(|it| it.purpose.is_some())
            .count(),
        2
    );
    let again = stage.form(Step::Disks);
    assert_eq!(button(&again, "suggest"), None);
    assert_eq!(again.first, "next");
}

#[test]
fn nothing_is_suggested_to_a_pool_that_takes_no_disk() {
    for driver in [DriverChoice::Dir, DriverChoice::None] {
        let mut stage = three();
        let local = mcloud::engine::answers::LocalPool {
            driver,
            ..Default::default()
        };
        stage.intend(Intent::Local { local });
        assert_eq!(button(&stage.form(Step::Disks), "suggest"), None);
    }
}

#[test]
fn the_driver_goes_round_all_there_are() {
    let mut stage = three();
    let mut seen = Vec::new();
    for _ in 0..5 {
        seen.push(stage.picture().wizard.pool.local.driver);
        let form = stage.form(Step::Disks);
        stage.grant(press(&form, "driver"));
    }
    let all = [
        DriverChoice::Auto,
        DriverChoice::Zfs,
        DriverChoice::Btrfs,
        DriverChoice::Dir,
        DriverChoice::None,
    ];
    assert_eq!(seen, all);
    assert_eq!(stage.picture().wizard.pool.local.driver, DriverChoice::Auto);
}

#[test]
fn a_worker_chooses_for_itself_alone_and_first() {
    let mut leader = three();
    give(&mut leader, "pi-b", "pi-b-A");
    let form = leader.worker(1).form(Step::Disks);
    assert!(
        row(&form, "disk:pi-b:/dev/disk/by-id/ata-pi-b-A")
            .press
            .is_some()
    );
    assert_eq!(
        row(&form, "disk:pi-a:/dev/disk/by-id/ata-pi-a-A").press,
        None
    );
    let first = form.parts.iter().find_map(|part| match part {
        Part::Table { rows, .. } => rows.first(),
        _ => None,
    });
    assert!(first.unwrap().cells.first().unwrap().contains("pi-b"));
    assert_eq!(row(&form, "driver").press, None);
}

#[test]
fn every_disk_is_listed_and_the_systems_own_cannot_be_chosen() {
    let form = three().form(Step::Disks);
    let card = row(&form, "disk:pi-a:/dev/disk/by-id/ata-pi-a-M");
    assert_eq!(card.press, None);
    let mut odd = facts(2);
    odd.host.disks = vec![disk(
        "sdz",
        "Z",
        Holds::Unknown("input/output error".into()),
    )];
    let mut stage = Stage::with_nodes(2);
    stage.fact(Fact::Facts {
        node: Some("pi-c".to_owned()),
        facts: Box::new(odd),
    });
    let form = stage.form(Step::Disks);
    assert_eq!(row(&form, "disk:pi-c:/dev/disk/by-id/ata-Z").press, None);
}
