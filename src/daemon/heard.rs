//! What an agent says, before the engine hears of it: about its own node alone, in plain text.

use serde_json::{Map, Value};

use crate::engine::message::plain;
use crate::engine::node::Cluster;
use crate::engine::{Fact, Order, Report};
use crate::wire::ToLeader;

/// The fact in what the agent of `node` says.
pub(super) fn fact(said: ToLeader, node: &str, cluster: &Cluster) -> Option<Fact> {
    match said {
        ToLeader::Hello { .. } => None,
        ToLeader::Beat { .. } => Some(Fact::Heard(node.to_owned())),
        ToLeader::Leave => Some(Fact::PeerLeft(node.to_owned())),
        ToLeader::Report { report } => {
            let fact = believed(*report, node, cluster);
            if fact.is_none() {
                tracing::debug!(node, "an agent spoke of a step that is not its own");
            }
            fact
        }
    }
}

/// The fact in a report of `node`; none where it is about a step that the plan has on another node.
/// An agent gone bad may lie about itself, and speak as no other.
fn believed(report: Report, node: &str, cluster: &Cluster) -> Option<Fact> {
    let own = |order: &Order| {
        let step = cluster.plan.as_ref()?.step(&order.step)?;
        (step.node == node).then_some(())
    };
    match &report {
        Report::Facts(_)
        | Report::NotGathered(_)
        | Report::Use { .. }
        | Report::Uplink { .. }
        | Report::Come(_) => {}
        Report::Observed(order, _) | Report::Progress(order, _) | Report::Ended(order, _) => {
            own(order)?;
        }
    }
    let report = serde_json::from_value(tame(serde_json::to_value(report).ok()?)).ok()?;
    Some(match report {
        Report::Facts(facts) => Fact::Facts {
            node: Some(node.to_owned()),
            facts,
        },
        Report::NotGathered(failure) => Fact::NotGathered(Some(node.to_owned()), failure),
        Report::Use {
            disk,
            purpose,
            encrypt,
        } => Fact::Chose {
            node: node.to_owned(),
            disk,
            purpose,
            encrypt,
        },
        Report::Uplink { nic, underlay } => Fact::ChoseUplink {
            node: node.to_owned(),
            nic,
            underlay,
        },
        Report::Come(newcomer) => Fact::Came(node.to_owned(), newcomer),
        Report::Observed(order, seen) => Fact::Observed(order, seen),
        Report::Progress(order, progress) => Fact::Progress(order, progress),
        Report::Ended(order, result) => Fact::Ended(order, result),
    })
}

/// The same with every text made fit to be shown.
fn tame(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(plain(&text)),
        Value::Array(values) => values.into_iter().map(tame).collect(),
        Value::Object(fields) => {
            let fields = fields.into_iter();
            let fields = fields.map(|(name, value)| (plain(&name), tame(value)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::engine::message::{Failure, Message};
    use crate::engine::plan::{Phase, Plan, Step, Work};
    use crate::engine::services::{LxdState, NodeFacts};
    use crate::engine::{Progress, Seen, Verb};

    fn cluster() -> Cluster {
        let step = Step {
            id: "lxd.ready@pi-b".to_owned(),
            phase: Phase::Preflight,
            node: "pi-b".to_owned(),
            work: Work::LxdReady,
            needs: Vec::new(),
            locks: Vec::new(),
            usual_ms: 1,
        };
        Cluster {
            plan: Some(Arc::new(Plan {
                cluster: "c1".to_owned(),
                nodes: vec!["pi-b".to_owned()],
                leader: "pi-a".to_owned(),
                steps: vec![step],
                erasures: Vec::new(),
                formats: Vec::new(),
                standing: Vec::new(),
                driver: None,
            })),
            ..Cluster::default()
        }
    }

    fn order(step: &str) -> Order {
        Order {
            run: "run-1".to_owned(),
            digest: "d".to_owned(),
            step: step.to_owned(),
            attempt: 1,
            verb: Verb::Observe,
        }
    }

    #[test]
    fn an_agent_answers_for_the_steps_of_its_own_node_alone() {
        let there = |step: &str| Report::Observed(order(step), Ok(Seen::There(Vec::new())));
        let ended = |step: &str| Report::Ended(order(step), Ok(Vec::new()));
        let lives = |step: &str| Report::Progress(order(step), Progress::default());
        for report in [
            there("lxd.ready@pi-b"),
            ended("lxd.ready@pi-b"),
            lives("lxd.ready@pi-b"),
        ] {
            assert!(believed(report.clone(), "pi-b", &cluster()).is_some());
            assert_eq!(believed(report, "pi-c", &cluster()), None, "another's step");
        }
        let unknown = ended("lxd.ready@pi-c");
        assert_eq!(believed(unknown, "pi-c", &cluster()), None, "no such step");
    }

    #[test]
    fn no_text_of_an_agent_carries_control_characters() {
        let evil = "pi\u{1b}[2J\u{202e}x\u{200b}";
        let mut what = Message::new(evil);
        what.with.insert(evil.to_owned(), evil.to_owned());
        let mut failure = Failure::new(what);
        failure.causes.push(evil.to_owned());
        let mut facts = NodeFacts {
            lxd: LxdState::Broken(evil.to_owned()),
            mcloud: evil.to_owned(),
            ..NodeFacts::default()
        };
        facts.host.model = evil.to_owned();
        for report in [
            Report::NotGathered(failure.clone()),
            Report::Ended(order("lxd.ready@pi-b"), Err(failure)),
            Report::Facts(Box::new(facts)),
        ] {
            let fact = believed(report, "pi-b", &cluster());
            let shown = format!("{:?}", fact.expect("it is believed"));
            assert!(shown.contains("pi[2Jx"), "{shown}");
            for sign in ["\\u{1b}", "\\u{202e}", "\\u{200b}"] {
                assert!(!shown.contains(sign), "{shown}");
            }
        }
    }
}
