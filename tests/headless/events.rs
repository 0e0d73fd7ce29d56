//! Events as JSON and as lines; the schema holds for every kind.

use jsonschema::Validator;
use mcloud::engine::event::{Level, PeerState, PublicEvent, StepEvent, What};
use mcloud::engine::message::{Failure, Message};
use mcloud::engine::plan::Phase;
use mcloud::engine::preflight::Verdict;
use mcloud::headless::{json, lines};
use rstest::rstest;
use serde_json::{Value, json as value};

/// 2026-11-21 13:05:07.042 UTC.
const AT: u64 = 1_795_266_307_042;

fn event(what: What) -> PublicEvent {
    PublicEvent {
        at: AT,
        node: "pi-b".to_owned(),
        what,
    }
}

fn validator() -> Validator {
    let schema: Value = serde_json::from_str(include_str!("../../assets/events.schema.json"))
        .expect("the schema is JSON");
    jsonschema::validator_for(&schema).expect("the schema is one")
}

fn parsed(what: What) -> Value {
    serde_json::from_str(&json::line(&event(what))).expect("a line is JSON")
}

fn step(state: StepEvent, took_ms: u64) -> What {
    What::Step {
        phase: Phase::Lxd,
        step: "lxd.join@pi-b".to_owned(),
        state,
        attempt: 1,
        took_ms,
        done: None,
        total: None,
    }
}

fn plan(erasures: &[&str]) -> What {
    What::Plan {
        digest: "0a1b".to_owned(),
        steps: 17,
        nodes: vec!["pi-a".to_owned(), "pi-b".to_owned()],
        erase: erasures.len(),
        erasures: erasures.iter().map(|&disk| disk.to_owned()).collect(),
        usual_ms: 21_000,
    }
}

fn failure() -> Failure {
    Failure::new(Message::new("check.lxd-absent").with("node", "pi-b"))
        .because("no such file")
        .because("socket is gone")
        .hint(Message::new("check.lxd-absent-fix").with("node", "pi-b"))
}

fn done(ok: bool) -> What {
    What::Done {
        ok,
        exit: u8::from(!ok),
        members: 3,
        took_ms: 41_200,
        proven: vec![
            Message::new("check.lxd-ours")
                .with("node", "pi-a")
                .with("version", "6.9"),
        ],
        why: (!ok).then(|| Message::new("end.stopped")),
    }
}

/// At least one event of every kind, every state and every optional field.
fn every_kind() -> Vec<What> {
    let says = Message::new("check.lxd-absent").with("node", "pi-b");
    let text = |text: &str| text.to_owned();
    let mut all = vec![plan(&[]), plan(&["pi-b: sdb"]), done(true), done(false)];
    all.extend(["leader", "worker"].map(|role| What::Hello {
        mcloud: text("0.1.0"),
        cluster: text("attic"),
        role: text(role),
    }));
    for (verdict, fix) in [
        (Verdict::Good, None),
        (Verdict::Warning, Some(says.clone())),
        (Verdict::Blocking, Some(says.clone())),
    ] {
        let (check, says) = (text("lxd"), says.clone());
        all.push(What::Check {
            check,
            verdict,
            says,
            fix,
        });
    }
    for (state, address) in [
        (PeerState::Missing, None),
        (PeerState::Joined, Some(text("10.0.0.12"))),
        (PeerState::Connected, None),
        (PeerState::Lost, None),
    ] {
        all.push(What::Peer { state, address });
    }
    all.extend(["trusted", "refused"].map(|state| What::Trust {
        state: text(state),
        by: text("token"),
        id: text("abc"),
    }));
    all.extend(
        [
            StepEvent::Waiting,
            StepEvent::Running,
            StepEvent::Done,
            StepEvent::Already,
            StepEvent::Failed,
            StepEvent::Skipped,
            StepEvent::Undone,
        ]
        .map(|state| step(state, 1_234)),
    );
    all.extend(Phase::ALL.map(|phase| What::Step {
        phase,
        step: text("lxd.pool-pending@pi-b"),
        state: StepEvent::Running,
        attempt: 2,
        took_ms: 12_000,
        done: Some(3),
        total: Some(8),
    }));
    for level in [Level::Debug, Level::Info, Level::Warning, Level::Error] {
        let step = (level == Level::Info).then(|| text("lxd.join@pi-b"));
        all.push(What::Log {
            level,
            step,
            says: says.clone(),
        });
    }
    for step in [None, Some(text("lxd.join@pi-b"))] {
        all.push(What::Failure {
            step,
            failure: failure(),
        });
    }
    all.push(What::Failure {
        step: None,
        failure: Failure::new(says),
    });
    all
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
fn lines_are_as_people_read_them() {
    let told: Vec<_> = every_kind()
        .into_iter()
        .filter_map(|what| lines::line(&event(what)))
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn lines_leave_out_what_is_only_noise() {
    assert_eq!(lines::line(&event(step(StepEvent::Waiting, 0))), None);
    let says = Message::new("check.lxd-absent");
    let debug = What::Log {
        level: Level::Debug,
        step: None,
        says,
    };
    assert_eq!(lines::line(&event(debug)), None);
}

#[rstest]
#[case(StepEvent::Running, 0, "13:05:07  pi-b      lxd.join          running")]
#[case(
    StepEvent::Running,
    12_345,
    "13:05:07  pi-b      lxd.join          running   still running, 12 s"
)]
#[case(
    StepEvent::Done,
    1_234,
    "13:05:07  pi-b      lxd.join          done      1.2 s"
)]
#[case(
    StepEvent::Done,
    125_900,
    "13:05:07  pi-b      lxd.join          done      2 min 05 s"
)]
#[case(
    StepEvent::Failed,
    3_720_000,
    "13:05:07  pi-b      lxd.join          failed    1 h 02 min"
)]
#[case(
    StepEvent::Already,
    40,
    "13:05:07  pi-b      lxd.join          already"
)]
fn a_step_is_one_line(#[case] state: StepEvent, #[case] took_ms: u64, #[case] line: &str) {
    assert_eq!(
        lines::line(&event(step(state, took_ms))).as_deref(),
        Some(line)
    );
}

#[test]
fn erasures_come_before_the_plan() {
    let told = lines::line(&event(plan(&["pi-c: sdb, photos"]))).expect("a plan is told");
    let erased = told
        .find("ERASED: pi-c: sdb, photos")
        .expect("the disk is named");
    assert!(
        erased < told.find("17 steps").expect("the steps are counted"),
        "{told}"
    );
}

#[test]
fn what_comes_from_outside_carries_no_control_character() {
    let evil = "a\u{1b}[2Jb\r\n\u{202e}c\u{7}";
    let mut failure = failure();
    failure.causes.push(evil.to_owned());
    let says = Message {
        code: evil.to_owned(),
        with: [(evil.to_owned(), evil.to_owned())].into(),
    };
    let evil = || evil.to_owned();
    let whats = [
        What::Hello {
            mcloud: evil(),
            cluster: evil(),
            role: evil(),
        },
        What::Check {
            check: evil(),
            verdict: Verdict::Good,
            says: says.clone(),
            fix: Some(says.clone()),
        },
        What::Peer {
            state: PeerState::Lost,
            address: Some(evil()),
        },
        What::Trust {
            state: evil(),
            by: evil(),
            id: evil(),
        },
        plan(&[&evil()]),
        What::Log {
            level: Level::Info,
            step: Some(evil()),
            says: says.clone(),
        },
        What::Failure {
            step: Some(evil()),
            failure,
        },
        What::Done {
            ok: false,
            exit: 1,
            members: 0,
            took_ms: 0,
            proven: vec![says.clone()],
            why: Some(says),
        },
    ];
    let control = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    for what in whats {
        let event = PublicEvent {
            at: AT,
            node: evil(),
            what,
        };
        let line = lines::line(&event).expect("it is told");
        assert!(!line.contains(control), "{line:?}");
        let below = line.lines().skip(1);
        assert!(
            below.clone().all(|line| line.starts_with("          ")),
            "{line:?}"
        );
        let json = json::line(&event);
        assert!(
            !json.contains(control) && !json.contains("\\u001b"),
            "{json:?}"
        );
    }
}

#[test]
fn a_moment_beyond_the_calendar_is_no_panic() {
    let event = PublicEvent {
        at: u64::MAX,
        ..event(done(true))
    };
    assert!(json::line(&event).contains("1970-01-01T00:00:00.000Z"));
    assert!(lines::line(&event).is_some());
}
