//! Whole rehearsals, headless.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{Ended, Mcloud};

fn assert_formed(ended: &Ended, members: u64) {
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let done = ended.last();
    assert_eq!(done["kind"], "done");
    assert_eq!(done["ok"], true);
    assert_eq!(done["exit"], 0);
    assert_eq!(done["members"], members);
}

#[test]
fn the_example_preseed_is_rehearsed_and_every_line_is_as_the_schema_says() {
    let schema = include_str!("../../assets/events.schema.json");
    let schema: Value = serde_json::from_str(schema).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    let example = ["--preseed", "assets/preseed.example.yaml"];
    let words = ["rehearse", "--nodes", "3", "--speed", "50", "--json"];
    let ended = Mcloud::new().run(&[&words[..], &example].concat());
    assert_formed(&ended, 3);
    for line in ended.events() {
        if let Err(error) = validator.validate(&line) {
            panic!("{error} in {line}");
        }
    }
}

/// What the plan is and how each step ended, without what is new in every run.
fn shape(ended: &Ended) -> (Value, BTreeMap<String, Value>) {
    let events = ended.events();
    let plan = events.iter().find(|event| event["kind"] == "plan");
    let mut plan = plan.expect("a plan").clone();
    for fresh in ["at", "digest"] {
        plan.as_object_mut().expect("an object").remove(fresh);
    }
    let steps = events.iter().filter(|event| event["kind"] == "step");
    let ends = steps.map(|event| {
        let id = event["step"].as_str().expect("an id");
        (id.to_owned(), event["state"].clone())
    });
    (plan, ends.collect())
}

#[test]
fn the_same_seed_gives_the_same_plan_and_the_same_end() {
    let words = [
        "rehearse", "--nodes", "3", "--speed", "100", "--seed", "7", "--json",
    ];
    let one = Mcloud::new().run(&words);
    let two = Mcloud::new().run(&words);
    assert_formed(&one, 3);
    assert_eq!(shape(&one), shape(&two));
}

#[test]
fn a_fault_ends_the_run_with_exit_code_1_and_the_services_own_words() {
    let fault = ["--fault", "lxd.join@pi-b=refused"];
    let words = ["rehearse", "--nodes", "2", "--speed", "100", "--lines"];
    let ended = Mcloud::new().run(&[&words[..], &fault].concat());
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    assert!(
        ended
            .out
            .contains("refused by the rehearsal: lxd.join@pi-b"),
        "{}",
        ended.out
    );
    let last = ended.out.lines().rev().find(|line| !line.starts_with(' '));
    assert!(last.expect("lines").contains("not done"), "{}", ended.out);
}
