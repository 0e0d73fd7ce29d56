//! The roster: who is heard, how, from where, and for how long.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use mcloud::discovery::{Heard, Jitter, Presence, Reception, Roster, Way};

use super::{NOW, address, beacon, heard, id};

const KNOWN: Reception = Reception::Known { asks: false };

#[test]
fn rows_keep_the_place_at_which_they_first_appeared() {
    let mut roster = Roster::new(id(0));
    for number in [7, 3, 9] {
        assert_eq!(roster.hear(&heard(number), NOW), Reception::Newcomer);
    }
    for number in [9, 3] {
        assert_eq!(roster.hear(&heard(number), NOW + 1_000), KNOWN);
    }
    let rows: Vec<_> = roster.rows().iter().map(|p| p.beacon.id.clone()).collect();
    assert_eq!(rows, [id(7), id(3), id(9)]);
}

#[test]
fn a_peer_falls_silent_after_5_seconds_and_is_gone_after_60() {
    let mut roster = Roster::new(id(0));
    roster.hear(&heard(1), NOW);
    let presence = |at| roster.presence(roster.peer(&id(1)).unwrap(), at);
    assert_eq!(presence(NOW + 4_999), Presence::Heard);
    assert_eq!(presence(NOW + 5_000), Presence::Silent);
    assert_eq!(presence(NOW + 59_999), Presence::Silent);
    assert_eq!(presence(NOW + 60_000), Presence::Gone);
    roster.sweep(NOW + 59_999);
    assert_eq!(roster.len(), 1);
    roster.sweep(NOW + 60_000);
    assert!(roster.is_empty());
}

#[test]
fn a_peer_in_session_stays_even_when_it_is_gone() {
    let mut roster = Roster::new(id(0));
    assert!(!roster.keep(&id(1), true), "it is not there yet");
    roster.hear(&heard(1), NOW);
    assert!(roster.keep(&id(1), true));
    roster.sweep(NOW + 600_000);
    assert_eq!(roster.len(), 1);
    roster.keep(&id(1), false);
    roster.sweep(NOW + 600_000);
    assert_eq!(roster.len(), 0);
}

#[test]
fn each_row_says_on_which_ways_it_is_heard_and_when_that_was() {
    let mut roster = Roster::new(id(0));
    for (after, by) in [(0, Way::Multicast4), (5, Way::Broadcast), (9, Way::Unicast)] {
        roster.hear(&Heard { by, ..heard(1) }, NOW + after);
    }
    let peer = roster.peer(&id(1)).unwrap();
    let ways: Vec<_> = peer.ways.iter().map(|(way, at)| (*way, *at)).collect();
    let expected = [
        (Way::Multicast4, NOW),
        (Way::Broadcast, NOW + 5),
        (Way::Unicast, NOW + 9),
    ];
    assert_eq!(ways, expected);
    assert_eq!((peer.first, peer.heard), (NOW, NOW + 9));
}

#[test]
fn the_address_is_the_datagrams_source_and_the_port_the_beacons() {
    let mut roster = Roster::new(id(0));
    roster.hear(&heard(1), NOW);
    let peer = roster.peer(&id(1)).unwrap();
    assert_eq!(peer.address, address(1));
    assert_eq!(
        peer.api(),
        Some(SocketAddr::new(address(1).ip(), 9445)),
        "{peer:?}"
    );
}

#[test]
fn how_far_a_peers_clock_is_off_is_kept() {
    let mut roster = Roster::new(id(0));
    roster.hear(&heard(1), NOW + 1_500);
    assert_eq!(roster.peer(&id(1)).unwrap().skew, -1_500);
    let mut absurd = heard(2);
    absurd.beacon.clock = u64::MAX;
    roster.hear(&absurd, 0);
    assert_eq!(roster.peer(&id(2)).unwrap().skew, i64::MAX);
}

#[test]
fn a_stranger_cannot_move_or_rename_a_row_that_is_heard() {
    let mut roster = Roster::new(id(0));
    roster.hear(&heard(1), NOW);
    let mut forged = heard(1);
    forged.source = address(66);
    forged.beacon.name = "pi-evil".to_owned();
    roster.hear(&forged, NOW + 100);
    let peer = roster.peer(&id(1)).unwrap();
    assert_eq!(
        (peer.address, peer.beacon.name.as_str()),
        (address(1), "pi-1")
    );
}

#[test]
fn a_peer_that_fell_silent_may_come_back_from_another_address() {
    let mut roster = Roster::new(id(0));
    roster.hear(&heard(1), NOW);
    let moved = Heard {
        source: address(2),
        ..heard(1)
    };
    assert_eq!(roster.hear(&moved, NOW + 5_000), Reception::Newcomer);
    assert_eq!(roster.peer(&id(1)).unwrap().address, address(2));
}

#[test]
fn a_peer_heard_on_both_families_is_shown_with_its_ipv4_address() {
    let v6 = Heard {
        source: "[fe80::1%2]:9446".parse().unwrap(),
        by: Way::Multicast6,
        ..heard(1)
    };
    for order in [[&v6, &heard(1)], [&heard(1), &v6]] {
        let mut roster = Roster::new(id(0));
        for heard in order {
            roster.hear(heard, NOW);
        }
        assert_eq!(roster.peer(&id(1)).unwrap().address, address(1));
    }
}

#[test]
fn newcomers_and_those_who_ask_are_answered_within_50_ms_and_others_are_not() {
    let mut roster = Roster::new(id(0));
    let newcomer = roster.hear(&heard(1), NOW);
    let known = roster.hear(&heard(1), NOW + 1);
    let mut asking = heard(1);
    asking.beacon.asks = true;
    let asked = roster.hear(&asking, NOW + 2);
    for jitter in [0, 30_000, u16::MAX] {
        for reception in [newcomer, asked] {
            let after = roster.answer(reception, Jitter(jitter)).unwrap();
            assert!(after.as_millis() <= 50, "{after:?}");
        }
        assert_eq!(roster.answer(known, Jitter(jitter)), None);
    }
}

#[test]
fn where_many_would_answer_a_newcomer_chance_picks_a_few() {
    let mut roster = Roster::new(id(0));
    for number in 1..=159 {
        roster.hear(&heard(number), NOW);
    }
    let answer = |jitter| roster.answer(Reception::Newcomer, Jitter(jitter));
    let answered = (0..=u16::MAX).filter(|jitter| answer(*jitter).is_some());
    let share = answered.count() * 160 / usize::from(u16::MAX);
    assert_eq!(share, 16, "of 160 nodes about 16 answer");
    let times: BTreeSet<_> = (0..6_000)
        .filter_map(answer)
        .map(|d| d.as_millis())
        .collect();
    assert!(times.len() > 40, "those that answer don't do so at once");
}

#[test]
fn a_source_that_says_too_much_is_not_listened_to_until_it_calms_down() {
    let mut roster = Roster::new(id(0));
    let taken = (0..1_000)
        .filter(|_| roster.hear(&heard(1), NOW) != Reception::TooOften)
        .count();
    assert_eq!(taken, 40);
    assert_eq!(
        roster.hear(&heard(2), NOW),
        Reception::Newcomer,
        "others are"
    );
    assert_eq!(roster.hear(&heard(1), NOW + 99), Reception::TooOften);
    assert_eq!(roster.hear(&heard(1), NOW + 100), KNOWN);
}

#[test]
fn a_usual_node_is_never_too_loud() {
    let mut roster = Roster::new(id(0));
    let burst = [0, 100, 300, 700];
    let steady = (1..600).map(|second| second * 1_000);
    for at in burst.into_iter().chain(steady) {
        for by in [Way::Multicast4, Way::Broadcast, Way::Unicast] {
            let reception = roster.hear(&Heard { by, ..heard(1) }, NOW + at);
            assert_ne!(reception, Reception::TooOften, "at {at} ms");
        }
    }
}

#[test]
fn a_clock_that_is_set_back_does_no_harm() {
    let mut roster = Roster::new(id(0));
    roster.hear(&heard(1), NOW);
    assert_eq!(roster.hear(&heard(1), NOW - 3_600_000), KNOWN);
    roster.sweep(0);
    assert_eq!(roster.findings(&beacon(0), 0), []);
    assert_eq!(roster.len(), 1);
}
