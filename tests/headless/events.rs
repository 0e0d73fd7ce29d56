//! Events as JSON; the schema holds for every kind.

use jsonschema::Validator;
use mcloud::engine::event::{Level, StepEvent, What};
use mcloud::engine::message::Message;
use mcloud::headless::json;
use rstest::rstest;
use serde_json::{Value, json as value};

use super::samples::{AT, done, event, every_kind, failure, step};
use mcloud::wire::{Offer, Offers, Secret};

fn validator() -> Validator {
    let schema: Value = serde_json::from_str(include_str!("../../assets/events.schema.json"))
        .expect("the schema is JSON");
    jsonschema::validator_for(&schema).expect("the schema is one")
}

fn parsed(what: What) -> Value {
    serde_json::from_str(&json::line(&event(what))).expect("a line is JSON")
}

#[test]
fn every_event_is_as_the_schema_says() {
    let validator = validator();
    for what in every_kind() {
        let line = json::line(&event(what));
        let line: Value = serde_json::from_str(&line).expect("a line is JSON");
        if let Err(error) = validator.validate(&line) {
            panic!("{error} in {line}");
        }
    }
}

#[rstest]
#[case::no_version("v", None)]
#[case::other_version("v", Some(value!(2)))]
#[case::no_moment("at", None)]
#[case::moment_without_milliseconds("at", Some(value!("2026-11-21T13:05:07Z")))]
#[case::number_for_node("node", Some(value!(7)))]
#[case::unknown_kind("kind", Some(value!("stepp")))]
#[case::fields_of_another_kind("kind", Some(value!("plan")))]
#[case::unknown_state("state", Some(value!("finished")))]
#[case::unknown_phase("phase", Some(value!("ceph")))]
#[case::negative_time("took_ms", Some(value!(-1)))]
#[case::no_step("step", None)]
#[case::step_without_node("step", Some(value!("lxd.join")))]
fn a_broken_line_is_not_as_the_schema_says(#[case] field: &str, #[case] put: Option<Value>) {
    let mut line = parsed(step(StepEvent::Done, 1_200));
    let fields = line.as_object_mut().expect("a line is an object");
    assert!(fields.contains_key(field));
    match put {
        Some(value) => drop(fields.insert(field.to_owned(), value)),
        None => drop(fields.remove(field)),
    }
    assert!(!validator().is_valid(&line), "{line}");
}

#[test]
fn a_message_without_its_sentence_is_not_as_the_schema_says() {
    let mut line = parsed(What::Failure {
        step: None,
        failure: failure(),
    });
    let what = line.pointer_mut("/failure/what").expect("what happened");
    what.as_object_mut().expect("a message").remove("text");
    assert!(!validator().is_valid(&line), "{line}");
}

#[test]
fn a_line_with_more_than_the_schema_knows_is_right() {
    let mut line = parsed(step(StepEvent::Done, 1_200));
    line["critical_path_ms"] = value!(17);
    assert!(validator().is_valid(&line));
}

#[test]
fn the_schema_describes_every_property() {
    fn look(schema: &Value, at: &str, bare: &mut Vec<String>) {
        let properties = schema.get("properties").and_then(Value::as_object);
        for (name, property) in properties.into_iter().flatten() {
            let described = property.get("description").is_some() || property.get("$ref").is_some();
            if !described {
                bare.push(format!("{at}/{name}"));
            }
        }
        let defs = schema.get("$defs").and_then(Value::as_object);
        for (name, definition) in defs.into_iter().flatten() {
            look(definition, name, bare);
        }
    }
    let schema: Value = serde_json::from_str(include_str!("../../assets/events.schema.json"))
        .expect("the schema is JSON");
    let mut bare = Vec::new();
    look(&schema, "", &mut bare);
    assert_eq!(bare, Vec::<String>::new());
}

#[test]
fn a_line_of_json_is_flat_and_says_first_what_it_is() {
    assert_eq!(
        json::line(&event(step(StepEvent::Done, 1_200))),
        r#"{"v":1,"at":"2026-11-21T13:05:07.042Z","node":"pi-b","kind":"step","attempt":1,"phase":"lxd","state":"done","step":"lxd.join@pi-b","took_ms":1200}"#
    );
}

#[test]
fn a_message_in_json_has_its_code_and_its_sentence() {
    let says = Message::new("check.lxd-absent").with("node", "pi-b");
    let line = parsed(What::Log {
        level: Level::Error,
        step: None,
        says,
    });
    assert_eq!(
        line["says"],
        value!({
            "code": "check.lxd-absent",
            "text": "LXD is not installed on pi-b.",
            "with": {"node": "pi-b"},
        })
    );
    assert_eq!(line.get("step"), None, "what is none is left out");
}

#[test]
fn a_code_without_a_sentence_is_shown_as_it_is() {
    let says = Message::new("later.news").with("n", 3);
    let line = parsed(What::Log {
        level: Level::Info,
        step: None,
        says,
    });
    assert_eq!(line["says"]["text"], "later.news n=3");
}

#[test]
fn what_a_cluster_offers_stands_beside_its_end_and_is_as_the_schema_says() {
    let offer = |secret: &str| Offer {
        secret: Secret(secret.to_owned()),
        expires: AT + 3_600_000,
    };
    let offers = Offers {
        join: Some(offer("mcj1-abc")),
        web: Some(offer("https://10.0.0.11:8443?token=eyJ")),
    };
    let line = json::line_with(&event(done(true)), &offers);
    let line: Value = serde_json::from_str(&line).expect("a line is JSON");
    if let Err(error) = validator().validate(&line) {
        panic!("{error} in {line}");
    }
    let expires = "2026-11-21T14:05:07.042Z";
    let command = "mcloud join --token mcj1-abc";
    let join = value!({"command": command, "token": "mcj1-abc", "expires": expires});
    assert_eq!(line["join"], join);
    let web = value!({"url": "https://10.0.0.11:8443?token=eyJ", "expires": expires});
    assert_eq!(line["web"], web);
    assert_eq!(line["kind"], "done");
    let nothing = json::line_with(&event(done(true)), &Offers::default());
    assert_eq!(nothing, json::line(&event(done(true))));

    let lines = mcloud::headless::offers::lines(&offers);
    assert_eq!(
        lines,
        [
            "One more node can join, once, until 2026-11-21 14:05 UTC. On the new machine:",
            "  mcloud join --token mcj1-abc",
            "Its disks are chosen at its own console, then Review and Install follow on this node.",
            "LXD's web interface lets one browser in, with all rights, until 2026-11-21 14:05 UTC:",
            "  https://10.0.0.11:8443?token=eyJ",
        ]
    );
}
