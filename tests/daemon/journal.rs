//! What the journal holds after a run, and what nothing holds.

use std::collections::BTreeMap;

use mcloud::engine::event::{PublicEvent, StepEvent, What};
use serde_json::Value;

use crate::face::step_of;
use crate::lab::{Lab, field};

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_tells_of_every_step_its_start_before_its_end() {
    let (mut lab, face) = Lab::formed(3).await;
    // The last entries are on their way when the end is told.
    lab.stop(0).await;
    let journal = lab.journal().await;
    let body = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    let first = journal.first().expect("entries");
    assert_eq!(first.entry.kind, "run");
    let run = body(&first.entry.body);
    let digest = face.events.iter().find_map(|event| match &event.what {
        What::Plan { digest, .. } => Some(digest.clone()),
        _ => None,
    });
    assert_eq!(run["digest"].as_str(), digest.as_deref());
    assert_eq!(run["answers"]["cluster"], "attic");
    let mut started: BTreeMap<String, Value> = BTreeMap::new();
    let mut ended: BTreeMap<String, Value> = BTreeMap::new();
    for entry in journal.iter().map(|recorded| &recorded.entry) {
        let step = entry.step.clone().unwrap_or_default();
        match entry.kind.as_str() {
            "start" => {
                assert!(!ended.contains_key(&step), "{step} ended before it began");
                started.insert(step, body(&entry.body));
            }
            "end" => drop(ended.insert(step, body(&entry.body))),
            _ => {}
        }
    }
    for step in run["plan"]["steps"].as_array().expect("steps") {
        let id = step["id"].as_str().expect("an id");
        let end = ended.get(id).unwrap_or_else(|| panic!("{id} never ended"));
        let start = started.get(id);
        let done = |event: &PublicEvent| step_of(event) == Some((id, StepEvent::Done));
        let made = start.is_some() && face.count(done) == 1;
        assert_eq!(end["made"], made, "{id}");
        assert!(end["failure"].is_null(), "{id}");
        if let Some(start) = start {
            assert_eq!(start["asked"], step["work"], "{id}");
            assert!(start["before"].is_string(), "{id}");
        }
    }
    assert!(
        started.contains_key("lxd.join@pi-b"),
        "{:?}",
        started.keys()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_lies_in_the_database_or_is_told_to_a_face() {
    let lab = Lab::of(2).await;
    let mut face = lab.begin(true).await;
    let secret = field(&lab.token(1), "secret");
    let secret = secret.as_str().expect("a secret").to_owned();
    let mut joiner = lab.bring_in(1).await;
    assert!(face.done().await.ok);
    assert!(joiner.done().await.ok);
    let told = format!("{:?} {:?}", face.events, joiner.events);
    assert!(!told.contains(&secret));
    let mut kept = Vec::new();
    for pi in &lab.rehearsal.nodes {
        for entry in std::fs::read_dir(&pi.world.state_dir)
            .expect("its state")
            .flatten()
        {
            let name = entry.file_name().display().to_string();
            let bytes = std::fs::read(entry.path()).expect("a file");
            let has = |text: &str| {
                bytes
                    .windows(text.len())
                    .any(|part| part == text.as_bytes())
            };
            assert!(!has(&secret), "{name} holds the token's secret");
            if has("PRIVATE KEY") {
                kept.push(name);
            }
        }
    }
    kept.sort();
    assert_eq!(kept, ["authority.pem", "node.key", "node.key"]);
    for recorded in lab.journal().await {
        assert!(
            !recorded.entry.body.contains("BEGIN"),
            "{}",
            recorded.entry.body
        );
    }
}
