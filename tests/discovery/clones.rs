//! Clones: what no two machines share is told, and nothing else.

use std::net::{IpAddr, SocketAddr};

use mcloud::discovery::{Beacon, Finding, Heard, Likeness, Reception, Roster, Way};
use rstest::rstest;

use super::{NOW, address, beacon, heard, id};

fn ip(number: u32) -> IpAddr {
    address(number).ip()
}

#[test]
fn nodes_that_share_nothing_are_no_clones() {
    let mut roster = Roster::new(id(0));
    for number in 1..50 {
        roster.hear(&heard(number), NOW);
    }
    assert_eq!(roster.findings(&beacon(0), NOW), []);
}

#[test]
fn nodes_that_tell_no_serial_and_no_name_are_not_alike_for_that() {
    let mut roster = Roster::new(id(0));
    for number in 1..3 {
        let mut heard = heard(number);
        heard.beacon.serial = None;
        heard.beacon.machine = None;
        heard.beacon.name = String::new();
        roster.hear(&heard, NOW);
    }
    assert_eq!(roster.findings(&beacon(0), NOW), []);
}

#[rstest]
#[case(Likeness::Serial, |b: &mut Beacon| b.serial = beacon(1).serial)]
#[case(Likeness::MachineId, |b: &mut Beacon| b.machine = beacon(1).machine)]
#[case(Likeness::Name, |b: &mut Beacon| b.name = "PI-1".to_owned())]
fn two_peers_that_share_what_is_one_machines_are_told(
    #[case] likeness: Likeness,
    #[case] share: fn(&mut Beacon),
) {
    let mut roster = Roster::new(id(0));
    let mut second = heard(2);
    share(&mut second.beacon);
    roster.hear(&second, NOW);
    roster.hear(&heard(1), NOW);
    let expected = Finding {
        likeness,
        nodes: vec![id(1), id(2)],
        addresses: vec![ip(1), ip(2)],
    };
    assert_eq!(roster.findings(&beacon(0), NOW), [expected]);
}

#[test]
fn two_ids_at_one_address_are_told() {
    let mut roster = Roster::new(id(0));
    roster.hear(&heard(1), NOW);
    let same = SocketAddr::new(ip(1), 9_999);
    roster.hear(
        &Heard {
            source: same,
            ..heard(2)
        },
        NOW,
    );
    let expected = Finding {
        likeness: Likeness::Address,
        nodes: vec![id(1), id(2)],
        addresses: vec![ip(1)],
    };
    assert_eq!(roster.findings(&beacon(0), NOW), [expected]);
}

#[test]
fn this_node_may_be_a_clone_too() {
    let mut roster = Roster::new(id(0));
    roster.hear(&heard(1), NOW);
    let mut own = beacon(0);
    own.machine = beacon(1).machine;
    let expected = Finding {
        likeness: Likeness::MachineId,
        nodes: vec![id(0), id(1)],
        addresses: vec![ip(1)],
    };
    assert_eq!(roster.findings(&own, NOW), [expected]);
}

#[test]
fn a_machine_that_was_set_up_again_is_not_its_former_selfs_clone() {
    let mut roster = Roster::new(id(0));
    roster.hear(&heard(1), NOW);
    let again = Beacon {
        id: id(2),
        ..beacon(1)
    };
    let again = Heard {
        beacon: again,
        ..heard(1)
    };
    roster.hear(&again, NOW + 5_000);
    assert_eq!(roster.len(), 2);
    assert_eq!(roster.findings(&beacon(0), NOW + 5_000), []);
}

/// What node 1 says with `counter` from `source`.
fn said(counter: u64, source: SocketAddr) -> Heard {
    let beacon = Beacon {
        counter,
        ..beacon(1)
    };
    let by = Way::Multicast4;
    Heard { beacon, source, by }
}

#[test]
fn a_card_that_was_copied_with_its_key_is_told_as_one_id_on_two_machines() {
    let mut roster = Roster::new(id(0));
    for second in 0..3 {
        let now = NOW + second * 1_000;
        roster.hear(&said(1_000 + second, address(1)), now);
        roster.hear(&said(70_000 + second, address(2)), now + 500);
    }
    let expected = Finding {
        likeness: Likeness::Id,
        nodes: vec![id(1)],
        addresses: vec![ip(1), ip(2)],
    };
    assert_eq!(roster.findings(&beacon(0), NOW + 2_500), [expected]);
    for second in [4, 6, 8] {
        roster.hear(&said(1_000 + second, address(1)), NOW + second * 1_000);
    }
    let alone = NOW + 9_000;
    assert_eq!(roster.findings(&beacon(0), alone), [], "one is off");
}

#[test]
fn one_machine_with_two_addresses_is_no_clone_even_if_it_starts_again() {
    let mut roster = Roster::new(id(0));
    let v6 = "[fe80::1%2]:9446".parse().unwrap();
    let counters = [500, 501, 502, 7, 8, 9, 900, 901, 902];
    for (counter, second) in counters.into_iter().zip(0..) {
        let now = NOW + second * 1_000;
        for (source, after) in [(v6, 0), (address(1), 1), (v6, 2)] {
            roster.hear(&said(counter, source), now + after);
        }
        assert_eq!(roster.findings(&beacon(0), now + 3), []);
    }
}

#[test]
fn this_nodes_own_id_on_another_machine_is_told_and_makes_no_row() {
    let mut roster = Roster::new(id(0));
    let mirrored = Heard {
        source: address(5),
        ..heard(0)
    };
    assert_eq!(roster.hear(&mirrored, NOW), Reception::Mirrored);
    assert!(roster.is_empty());
    let expected = Finding {
        likeness: Likeness::Id,
        nodes: vec![id(0)],
        addresses: vec![ip(5)],
    };
    assert_eq!(roster.findings(&beacon(0), NOW), [expected]);
    assert_eq!(roster.findings(&beacon(0), NOW + 5_000), []);
}
