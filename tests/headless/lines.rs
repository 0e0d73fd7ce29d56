//! Events as lines for people.

use mcloud::engine::event::{Level, PeerState, PublicEvent, StepEvent, What};
use mcloud::engine::message::Message;
use mcloud::engine::preflight::Verdict;
use mcloud::headless::{json, lines};
use rstest::rstest;

use super::samples::{AT, done, event, every_kind, failure, plan, step};

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
    "13:05:07  pi-b      lxd.join          still running, 12 s"
)]
#[case(
    StepEvent::Done,
    1_234,
    "13:05:07  pi-b      lxd.join          done       1.2 s"
)]
#[case(
    StepEvent::Done,
    125_900,
    "13:05:07  pi-b      lxd.join          done       2 min 05 s"
)]
#[case(
    StepEvent::Failed,
    3_720_000,
    "13:05:07  pi-b      lxd.join          failed     1 h 02 min"
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

/// Events whose every text is `evil`.
fn evil_events(evil: &str) -> [What; 8] {
    let mut failure = failure();
    failure.causes.push(evil.to_owned());
    let says = Message {
        code: evil.to_owned(),
        with: [(evil.to_owned(), evil.to_owned())].into(),
    };
    let evil = || evil.to_owned();
    [
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
            timing: None,
        },
    ]
}

#[test]
fn what_nobody_could_tell_is_not_told_as_proven() {
    let codes = [
        "lxd.guests-no-vm",
        "microceph.health-warns",
        "lxd.guests-run",
    ];
    let event = PublicEvent {
        at: AT,
        node: "pi-a".to_owned(),
        what: What::Done {
            ok: true,
            exit: 0,
            members: 1,
            took_ms: 0,
            proven: codes.map(Message::new).to_vec(),
            why: None,
            timing: None,
        },
    };
    let line = lines::line(&event).expect("it is told");
    let labels = line
        .lines()
        .skip(1)
        .filter_map(|line| line.trim().split_once(':'));
    let labels: Vec<_> = labels.map(|(label, _)| label).collect();
    assert_eq!(labels, ["not known", "warning", "proven"], "{line}");
}

#[test]
fn what_comes_from_outside_carries_no_control_character() {
    let evil = "a\u{1b}[2Jb\r\n\u{202e}c\u{7}";
    let control = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    for what in evil_events(evil) {
        let event = PublicEvent {
            at: AT,
            node: evil.to_owned(),
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
