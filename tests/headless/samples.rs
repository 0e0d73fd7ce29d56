//! Events for the tests: one of every kind, every state and every optional field.

use mcloud::engine::event::{Level, PeerState, PublicEvent, StepEvent, What};
use mcloud::engine::message::{Failure, Message};
use mcloud::engine::plan::Phase;
use mcloud::engine::preflight::Verdict;

/// 2026-11-21 13:05:07.042 UTC.
pub(crate) const AT: u64 = 1_795_266_307_042;

pub(crate) fn event(what: What) -> PublicEvent {
    PublicEvent {
        at: AT,
        node: "pi-b".to_owned(),
        what,
    }
}

pub(crate) fn step(state: StepEvent, took_ms: u64) -> What {
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

pub(crate) fn plan(erasures: &[&str]) -> What {
    What::Plan {
        digest: "0a1b".to_owned(),
        steps: 17,
        nodes: vec!["pi-a".to_owned(), "pi-b".to_owned()],
        erase: erasures.len(),
        erasures: erasures.iter().map(|&disk| disk.to_owned()).collect(),
        usual_ms: 21_000,
    }
}

pub(crate) fn failure() -> Failure {
    Failure::new(Message::new("check.lxd-absent").with("node", "pi-b"))
        .because("no such file")
        .because("socket is gone")
        .hint(Message::new("check.lxd-absent-fix").with("node", "pi-b"))
}

pub(crate) fn done(ok: bool) -> What {
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
        timing: None,
    }
}

/// At least one event of every kind, every state and every optional field.
pub(crate) fn every_kind() -> Vec<What> {
    let says = Message::new("check.lxd-absent").with("node", "pi-b");
    let text = |text: &str| text.to_owned();
    let mut all = vec![plan(&[]), plan(&["pi-b: sdb"]), done(true), done(false)];
    all.extend(["leader", "worker"].map(|role| What::Hello {
        mcloud: text("0.1.0"),
        cluster: text("attic"),
        role: text(role),
    }));
    all.extend(of_nodes());
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

/// What is told of checks and peers.
fn of_nodes() -> Vec<What> {
    let says = Message::new("check.lxd-absent").with("node", "pi-b");
    let text = |text: &str| text.to_owned();
    let mut all = Vec::new();
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
    all
}
