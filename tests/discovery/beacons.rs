//! The datagram: what is said is read again, and nothing else is believed to be one.

use mcloud::discovery::beacon::{LONGEST, VERSION};
use mcloud::discovery::{Beacon, BeaconError, Mark, PeerId};
use mcloud::engine::neighbours::Standing;
use proptest::prelude::*;

use super::{beacon, id};

fn any_standing() -> impl Strategy<Value = Standing> {
    prop_oneof![
        Just(Standing::Looking),
        Just(Standing::Joining),
        Just(Standing::Unknown),
        "[a-z0-9-]{0,20}".prop_map(|cluster| Standing::Open { cluster }),
        "[a-z0-9-]{1,20}".prop_map(|cluster| Standing::Member { cluster }),
    ]
}

fn any_mark() -> impl Strategy<Value = Option<Mark>> {
    ".{0,12}".prop_map(|text| Mark::of_serial(&text))
}

prop_compose! {
    /// A beacon of a real node: names are labels, models what boards say.
    fn usual()(
        number in any::<u32>(), standing in any_standing(), serial in any_mark(),
        name in "[a-z0-9-]{0,40}", model in "[A-Za-z0-9 .]{0,30}",
        session in proptest::option::of("[A-Za-z0-9_-]{1,32}"), port in 1_u16..,
        clock in any::<u64>(), counter in any::<u64>(), peers in any::<u16>(), asks in any::<bool>(),
    ) -> Beacon {
        Beacon {
            name, model, standing, serial, session, clock, counter, peers, asks,
            id: id(number), port: Some(port), machine: serial, protocol: peers,
            ..beacon(0)
        }
    }
}

prop_compose! {
    /// A beacon whose texts are whatever somebody put there.
    fn wild()(
        usual in usual(), name in any::<String>(), model in "\\PC{0,400}",
        cluster in "[\"\\\\é💥a]{0,300}", session in any::<String>(), mcloud in any::<String>(),
        open in any::<bool>(),
    ) -> Beacon {
        let standing = if open { Standing::Open { cluster } } else { Standing::Member { cluster } };
        Beacon { name, model, standing, session: Some(session), mcloud, ..usual }
    }
}

proptest! {
    #[test]
    fn what_a_usual_node_says_is_read_back_as_it_was(said in usual()) {
        prop_assert_eq!(Beacon::decode(&said.encode()), Ok(said));
    }

    #[test]
    fn whatever_a_node_is_called_its_beacon_fits_and_says_who_it_is(said in wild()) {
        let bytes = said.encode();
        prop_assert!(bytes.len() <= LONGEST, "{} bytes", bytes.len());
        let read = Beacon::decode(&bytes).expect("what is encoded can be read");
        let clean = |text: &str| !text.chars().any(char::is_control);
        prop_assert!(clean(&read.name) && clean(&read.model) && clean(&read.mcloud));
        let same = std::mem::discriminant(&read.standing) == std::mem::discriminant(&said.standing);
        prop_assert!(same, "{:?}", read.standing);
        prop_assert_eq!(
            (read.id, read.serial, read.clock, read.counter, read.port, read.asks),
            (said.id, said.serial, said.clock, said.counter, said.port, said.asks)
        );
    }

    #[test]
    fn garbage_is_an_error_and_nothing_worse(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(Beacon::decode(&bytes).is_err());
    }

    #[test]
    fn garbage_behind_the_magic_is_an_error_and_nothing_worse(json in "\\PC{0,480}") {
        prop_assert!(Beacon::decode(&datagram(VERSION, &json)).is_err());
    }

    #[test]
    fn a_beacon_with_a_bent_byte_is_read_or_refused_but_does_no_harm(
        said in usual(), at in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let mut bytes = said.encode();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(read) = Beacon::decode(&bytes) {
            prop_assert!(read.encode().len() <= LONGEST);
        }
    }
}

fn datagram(version: u8, json: &str) -> Vec<u8> {
    let mut bytes = b"MCLD".to_vec();
    bytes.push(version);
    bytes.extend(json.as_bytes());
    bytes
}

/// The beacon of node 1 as JSON, one key set to `value`.
fn with(key: &str, value: serde_json::Value) -> Result<Beacon, BeaconError> {
    let bytes = beacon(1).encode();
    let mut json: serde_json::Map<_, _> = serde_json::from_slice(&bytes[5..]).unwrap();
    json.insert(key.to_owned(), value);
    Beacon::decode(&datagram(1, &serde_json::to_string(&json).unwrap()))
}

#[test]
fn a_beacon_can_be_read_in_a_capture() {
    let bytes = beacon(1).encode();
    let text = std::str::from_utf8(&bytes).unwrap();
    assert!(text.starts_with("MCLD\u{1}{\"p\":1,\"i\":\"mmm"), "{text}");
    assert!(text.contains("\"n\":\"pi-1\""), "{text}");
}

#[test]
fn a_beacon_of_another_version_is_told_apart_from_garbage() {
    assert_eq!(
        Beacon::decode(&datagram(2, "?")),
        Err(BeaconError::Version(2))
    );
    assert_eq!(Beacon::decode(b"MCLD"), Err(BeaconError::Foreign));
    assert_eq!(Beacon::decode(b"SSDP\x01{}"), Err(BeaconError::Foreign));
}

#[test]
fn a_beacon_of_one_byte_too_many_is_refused() {
    let mut bytes = beacon(1).encode();
    bytes.resize(LONGEST, b' ');
    assert!(Beacon::decode(&bytes).is_ok());
    bytes.push(b' ');
    assert_eq!(Beacon::decode(&bytes), Err(BeaconError::TooLong));
}

#[test]
fn keys_that_nobody_knows_yet_are_ignored() {
    let read = with("zz", serde_json::json!({"later": [1, 2, 3]}));
    assert_eq!(read, Ok(beacon(1)));
}

#[test]
fn an_open_session_without_its_clusters_name_is_an_older_mclouds() {
    let read = with("e", "open".into()).unwrap();
    let cluster = String::new();
    assert_eq!(read.standing, Standing::Open { cluster });
}

#[test]
fn a_standing_that_nobody_knows_yet_is_no_error() {
    let read = with("e", "dreaming".into()).unwrap();
    assert_eq!(read.standing, Standing::Unknown);
}

#[test]
fn fields_of_the_wrong_shape_are_refused() {
    assert_eq!(with("i", "pi".into()), Err(BeaconError::Field("i")));
    assert_eq!(with("s", "12".into()), Err(BeaconError::Field("s")));
    assert_eq!(
        with("h", "+123456789abcdef".into()),
        Err(BeaconError::Field("h"))
    );
    assert_eq!(with("x", "a b".into()), Err(BeaconError::Field("x")));
    for (key, value) in [
        ("a", serde_json::json!(70_000)),
        ("t", serde_json::json!(-1)),
        ("n", serde_json::json!(7)),
        ("q", serde_json::json!("yes")),
    ] {
        assert!(
            matches!(with(key, value), Err(BeaconError::Json(_))),
            "{key}"
        );
    }
}

#[test]
fn text_from_outside_is_cleaned_and_cut_where_it_comes_in() {
    let read = with("n", "evil\u{1b}[2J\u{202e}name".into()).unwrap();
    assert_eq!(read.name, "evil[2Jname");
    assert_eq!(with("n", "ä".repeat(40).into()).unwrap().name.len(), 62);
}

#[test]
fn a_long_model_is_cut_before_the_name_is() {
    let name = "n".repeat(63);
    let long = Beacon {
        name: name.clone(),
        model: "m".repeat(48),
        standing: Standing::Member {
            cluster: "\"".repeat(63),
        },
        session: Some("s".repeat(32)),
        mcloud: "v".repeat(24),
        clock: u64::MAX,
        counter: u64::MAX,
        ..beacon(1)
    };
    let read = Beacon::decode(&long.encode()).unwrap();
    assert_eq!(read.name, name);
    assert!(read.model.len() < 48);
}

#[test]
fn only_52_characters_of_base32_that_end_a_hash_are_a_node_id() {
    assert!(id(7).as_str().parse::<PeerId>().is_ok());
    let wrong = [
        String::new(),
        "a".repeat(51),
        "a".repeat(53),
        "A".repeat(52),
        "1".repeat(52),
        "b".repeat(52),
        "é".repeat(26),
    ];
    for text in wrong {
        assert!(text.parse::<PeerId>().is_err(), "{text}");
    }
}

#[test]
fn a_mark_tells_the_same_from_another_and_is_none_of_nothing() {
    assert_eq!(Mark::of_serial("1\n"), Mark::of_serial("1"));
    assert_ne!(Mark::of_serial("1"), Mark::of_serial("2"));
    assert_ne!(Mark::of_serial("1"), Mark::of_machine_id("1"));
    assert_eq!(Mark::of_serial(" \n"), None);
}
