//! What somebody on the link may try: garbage, forged ids, forged sources.

use mcloud::discovery::roster::{MOST_IDS, MOST_PEERS};
use mcloud::discovery::{Beacon, Heard, Presence, Reception, Roster, Way};

use super::{NOW, address, beacon, heard, id};

const FLOOD: u32 = 10_000;

#[test]
fn ten_thousand_datagrams_of_garbage_make_no_row() {
    let whole = beacon(1).encode();
    let mut state = 1_u32;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        usize::try_from(state >> 8).unwrap()
    };
    for _ in 0..FLOOD {
        // The worst garbage is almost a beacon: one that was cut, with anything but its end behind.
        let mut bytes = whole[..random() % whole.len()].to_vec();
        for _ in 0..random() % 4 {
            bytes.push(u8::try_from(random() % usize::from(b'}')).unwrap());
        }
        assert!(Beacon::decode(&bytes).is_err(), "{bytes:?}");
    }
}

#[test]
fn forged_ids_of_many_sources_do_not_unseat_whoever_is_heard_or_in_session() {
    let mut roster = Roster::new(id(0));
    for number in 1..=3 {
        roster.hear(&heard(number), NOW);
    }
    roster.keep(&id(3), true);
    let mut now = NOW;
    for number in 0..FLOOD {
        now += 10;
        roster.hear(&heard(1_000 + number), now);
        if number % 100 == 0 {
            roster.hear(&heard(1), now);
            roster.hear(&heard(2), now);
        }
        assert!(roster.len() <= MOST_PEERS);
    }
    let first: Vec<_> = roster.rows()[..2]
        .iter()
        .map(|peer| peer.beacon.id.clone())
        .collect();
    assert_eq!(first, [id(1), id(2)], "their rows are where they were");
    let peer = roster.peer(&id(1)).unwrap();
    assert_eq!(roster.presence(peer, now), Presence::Heard);
    assert_eq!(roster.peer(&id(3)).unwrap().address, address(3));
    assert_eq!(roster.rows()[2].beacon.id, id(3), "it was silent, but kept");
}

#[test]
fn a_full_roster_takes_nobody_in_until_somebody_is_silent_and_then_the_oldest_goes() {
    let mut roster = Roster::new(id(0));
    let most = u32::try_from(MOST_PEERS).unwrap();
    for number in 1..=most {
        let at = NOW + u64::from(number % 2);
        assert_eq!(roster.hear(&heard(number), at), Reception::Newcomer);
    }
    assert_eq!(roster.hear(&heard(most + 1), NOW + 2), Reception::Full);
    let silence = u64::try_from(roster.silence().as_millis()).unwrap();
    let later = NOW + silence;
    assert_eq!(roster.hear(&heard(most + 1), later), Reception::Newcomer);
    assert_eq!(roster.len(), MOST_PEERS);
    let gone: Vec<_> = (1..=most)
        .filter(|number| roster.peer(&id(*number)).is_none())
        .collect();
    assert_eq!(gone.len(), 1);
    assert_eq!(gone[0] % 2, 0, "one of those that were heard first");
}

#[test]
fn one_source_cannot_fill_the_roster_with_ids() {
    let mut roster = Roster::new(id(0));
    roster.hear(&heard(1), NOW);
    for number in 0..FLOOD {
        let forged = Heard {
            source: address(66),
            by: Way::Unicast,
            ..heard(1_000 + number)
        };
        roster.hear(&forged, NOW + u64::from(number) * 200);
    }
    assert_eq!(roster.len(), MOST_IDS + 1);
}

#[test]
fn a_flood_slows_nobody_down_for_longer_than_a_minute() {
    let mut roster = Roster::new(id(0));
    for number in 1..=FLOOD {
        roster.hear(&heard(number), NOW);
    }
    assert!(roster.nodes() > 4_000);
    assert!(roster.silence().as_secs() <= 30, "{:?}", roster.silence());
    roster.sweep(NOW + 60_000);
    assert_eq!(roster.nodes(), 1);
    assert_eq!(roster.silence().as_secs(), 5);
}
