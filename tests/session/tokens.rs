//! A join token reads back, says what is wrong with it, and never tells its secret.

use data_encoding::BASE64URL_NOPAD;
use mcloud::session::token::{Invitation, hash_of_sent};
use mcloud::session::{Fingerprint, JoinToken, TokenError};
use proptest::prelude::*;
use rstest::rstest;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::NOW;

fn invitation() -> Invitation {
    Invitation {
        cluster: "abcdefghijklmnopqrstuvwxyz".to_owned(),
        addresses: vec![
            "10.0.0.1:9445".parse().unwrap(),
            "[fd00::1]:9445".parse().unwrap(),
        ],
        ca_sha256: Fingerprint::of(b"a certificate"),
        expires: NOW,
    }
}

fn text() -> String {
    let token = JoinToken::create(invitation()).unwrap();
    token.encode().expose_secret().to_owned()
}

/// A good token's JSON, for a test to spoil.
fn fields() -> Value {
    let json = BASE64URL_NOPAD.decode(text().as_bytes()).unwrap();
    serde_json::from_slice(&json).unwrap()
}

fn wrapped(json: &Value) -> String {
    BASE64URL_NOPAD.encode(json.to_string().as_bytes())
}

#[test]
fn a_token_reads_back() {
    let token = JoinToken::create(invitation()).unwrap();
    let read = JoinToken::decode(token.encode().expose_secret()).unwrap();
    assert_eq!(read.invitation, invitation());
    assert_eq!(read.id, token.id);
    assert_eq!(read.secret_hash(), token.secret_hash());
}

#[test]
fn a_token_broken_by_a_terminal_or_padded_reads_back() {
    let text = text();
    let (left, right) = text.split_at(76);
    for kept in [
        format!("  {left}\n  {right}\r\n"),
        format!("{text}=="),
        format!("{text}\n"),
    ] {
        JoinToken::decode(&kept).unwrap();
    }
}

#[test]
fn no_two_tokens_share_secret_or_name() {
    let one = JoinToken::create(invitation()).unwrap();
    let two = JoinToken::create(invitation()).unwrap();
    assert_ne!(one.id, two.id);
    assert_ne!(one.secret_hash(), two.secret_hash());
}

#[test]
fn what_the_joiner_sends_hashes_to_what_the_leader_keeps() {
    let token = JoinToken::create(invitation()).unwrap();
    assert_eq!(hash_of_sent(&token.secret()).unwrap(), token.secret_hash());
    for wrong in ["", "abc", "****"] {
        assert!(hash_of_sent(&SecretString::from(wrong)).is_err());
    }
}

#[test]
fn a_token_never_shows_its_secret_in_debug() {
    let token = JoinToken::create(invitation()).unwrap();
    let secret = token.secret();
    let bytes = BASE64URL_NOPAD
        .decode(secret.expose_secret().as_bytes())
        .unwrap();
    let shown = format!("{token:?} {token:#?} {secret:?} {:?}", token.encode());
    assert!(shown.contains(&token.id));
    assert!(!shown.contains(&secret.expose_secret()[..8]));
    assert!(!shown.contains(&format!("{}, {}, {}, ", bytes[0], bytes[1], bytes[2])));
    assert!(!shown.contains(&token.encode().expose_secret()[..40]));
}

#[test]
fn a_token_cut_anywhere_is_refused_as_cut_short() {
    let text = text();
    for end in 2..text.len() {
        let refused = JoinToken::decode(&text[..end]).unwrap_err();
        assert_eq!(refused, TokenError::Truncated, "cut at {end}");
    }
    assert_eq!(JoinToken::decode(" \n").unwrap_err(), TokenError::Empty);
}

#[test]
fn a_character_that_does_not_belong_is_named_by_its_place() {
    let text = text();
    let spoiled = format!("{}*{}", &text[..20], &text[21..]);
    let refused = JoinToken::decode(&spoiled).unwrap_err();
    assert_eq!(refused, TokenError::NotBase64(21));
    let long = "a".repeat(5000);
    assert_eq!(JoinToken::decode(&long).unwrap_err(), TokenError::TooLong);
}

#[test]
fn a_text_that_is_no_token_is_told_from_one_that_is_newer() {
    let other = BASE64URL_NOPAD.encode(b"hello, world");
    assert_eq!(JoinToken::decode(&other).unwrap_err(), TokenError::NotJson);
    let list = wrapped(&json!([1, 2]));
    assert_eq!(JoinToken::decode(&list).unwrap_err(), TokenError::NotJson);
    let newer = wrapped(&json!({"v": 2, "all": "is different"}));
    assert_eq!(
        JoinToken::decode(&newer).unwrap_err(),
        TokenError::Version(2)
    );
}

#[test]
fn fields_of_a_later_version_are_passed_over() {
    let mut json = fields();
    json["hint"] = json!("new");
    JoinToken::decode(&wrapped(&json)).unwrap();
}

#[rstest]
#[case("v")]
#[case("cluster")]
#[case("addresses")]
#[case("ca_sha256")]
#[case("id")]
#[case("secret")]
#[case("expires")]
fn a_field_that_lacks_is_named(#[case] field: &'static str) {
    let mut json = fields();
    json.as_object_mut().unwrap().remove(field).unwrap();
    let refused = JoinToken::decode(&wrapped(&json)).unwrap_err();
    assert_eq!(refused, TokenError::Missing(field));
}

#[rstest]
#[case("v", json!("1"))]
#[case("cluster", json!("attic\u{1b}[2J"))]
#[case("cluster", json!(7))]
#[case("addresses", json!([]))]
#[case("addresses", json!(["10.0.0.1"]))]
#[case("addresses", json!(vec!["10.0.0.1:9445"; 17]))]
#[case("ca_sha256", json!("00ff"))]
#[case("ca_sha256", json!("G".repeat(64)))]
#[case("id", json!("../../../etc"))]
#[case("secret", json!("c2hvcnQ"))]
#[case("secret", json!(["c2hvcnQ"]))]
#[case("expires", json!(-1))]
fn a_field_that_makes_no_sense_is_named_and_not_repeated(
    #[case] field: &'static str,
    #[case] value: Value,
) {
    let mut json = fields();
    json[field] = value.clone();
    let refused = JoinToken::decode(&wrapped(&json)).unwrap_err();
    let TokenError::Field { field: named, .. } = &refused else {
        panic!("{refused}");
    };
    assert_eq!(*named, field);
    if let Some(text) = value.as_str().filter(|text| text.len() > 1) {
        assert!(!refused.to_string().contains(text), "{refused}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_decoding_panic(text in ".{0,300}") {
        let _ = JoinToken::decode(&text);
    }

    #[test]
    fn a_spoiled_token_never_tells_its_secret(at in 0..400_usize, with in "[ -~]") {
        let token = JoinToken::create(invitation()).unwrap();
        let text = token.encode().expose_secret().to_owned();
        let at = at % text.len();
        let spoiled = format!("{}{with}{}", &text[..at], &text[at + 1..]);
        if let Err(refused) = JoinToken::decode(&spoiled) {
            let shown = format!("{refused} {refused:?}");
            prop_assert!(!shown.contains(&token.secret().expose_secret()[..6]));
        }
    }
}
