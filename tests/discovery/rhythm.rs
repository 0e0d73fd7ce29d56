//! When a beacon is said.

use mcloud::discovery::roster::rhythm::{INTERVAL, LONGEST_INTERVAL, MOST_DATAGRAMS, interval};
use mcloud::discovery::{Jitter, Rhythm};
use proptest::prelude::*;

use super::NOW;

/// The moments in which something is said, after `began`, if every one of them is kept.
fn said(rhythm: &mut Rhythm, began: u64, nodes: usize, jitter: u16) -> Vec<u64> {
    let mut moments = Vec::new();
    for _ in 0..6 {
        let now = rhythm.next();
        assert!(rhythm.is_due(now, nodes, Jitter(jitter)));
        moments.push(now - began);
    }
    moments
}

#[test]
fn a_burst_comes_first_and_then_a_beacon_a_second() {
    let mut rhythm = Rhythm::new(NOW);
    let moments = said(&mut rhythm, NOW, 5, u16::MAX / 2);
    assert_eq!(moments, [0, 100, 300, 700, 1_699, 2_698]);
}

#[test]
fn jitter_moves_an_interval_by_a_fifth_either_way() {
    let least = said(&mut Rhythm::new(NOW), NOW, 1, 0);
    let most = said(&mut Rhythm::new(NOW), NOW, 1, u16::MAX);
    assert_eq!(least[4] - least[3], 800);
    assert_eq!(most[4] - most[3], 1_200);
}

#[test]
fn nothing_is_due_before_its_time() {
    let mut rhythm = Rhythm::new(NOW);
    assert!(rhythm.is_due(NOW, 1, Jitter(0)));
    assert!(!rhythm.is_due(NOW, 1, Jitter(0)));
    assert!(!rhythm.is_due(NOW + 99, 1, Jitter(0)));
    assert!(rhythm.is_due(NOW + 100, 1, Jitter(0)));
}

#[test]
fn a_change_begins_another_burst() {
    let mut rhythm = Rhythm::new(NOW);
    said(&mut rhythm, NOW, 1, 0);
    let changed = NOW + 10_000;
    rhythm.changed(changed);
    assert_eq!(said(&mut rhythm, changed, 1, 0)[..4], [0, 100, 300, 700]);
}

#[test]
fn a_burst_that_was_held_up_is_not_said_all_at_once() {
    let mut rhythm = Rhythm::new(NOW);
    let late = NOW + 60_000;
    assert!(rhythm.is_due(late, 1, Jitter(0)));
    assert!(!rhythm.is_due(late, 1, Jitter(0)));
}

proptest! {
    #[test]
    fn the_link_stays_under_its_limit_even_if_all_jitter_one_way(nodes in 1_usize..=500) {
        let mut rhythm = Rhythm::new(NOW);
        let moments = said(&mut rhythm, NOW, nodes, 0);
        let apart = moments[5] - moments[4];
        let a_second = u64::try_from(nodes).unwrap() * 3 * 1_000 / apart;
        prop_assert!(a_second <= u64::from(MOST_DATAGRAMS), "{a_second} datagrams a second");
    }

    #[test]
    fn an_interval_stays_between_its_bounds(nodes in any::<usize>()) {
        prop_assert!((INTERVAL..=LONGEST_INTERVAL).contains(&interval(nodes)));
    }
}
