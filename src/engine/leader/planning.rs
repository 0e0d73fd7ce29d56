//! From facts to checks, plan and seal.

use std::sync::Arc;

use crate::engine::event::What;
use crate::engine::message::{Failure, Message};
use crate::engine::node::Stage;
use crate::engine::picture::disk_in_words;
use crate::engine::plan::Plan;
use crate::engine::plan::make::Basis;
use crate::engine::preflight::Verdict;
use crate::engine::trial::judge;
use crate::engine::{Effect, Turn};

impl Turn<'_> {
    /// Once every named node is in and was looked at, the checks are made and, where none of them
    /// forbids it, the plan.
    pub(in crate::engine) fn plan_when_ready(&mut self) {
        let cluster = &self.state.cluster;
        let Some(answers) = cluster.answers.clone() else {
            return;
        };
        if cluster.stage != Stage::Gathering || cluster.missing().next().is_some() {
            return;
        }
        let (checks, plan) = judge(Basis {
            cluster: &cluster.id,
            answers: &answers,
            facts: &cluster.facts(),
            usual: &self.state.usual,
        });
        for check in &checks {
            self.emit_for(
                check.node.clone(),
                What::Check {
                    check: check.name.clone(),
                    verdict: check.verdict,
                    says: check.says.clone(),
                    fix: check.fix.clone(),
                },
            );
        }
        self.state.cluster.checks = checks.into();
        self.planned(plan.map(Arc::new));
    }

    fn planned(&mut self, plan: Option<Arc<Plan>>) {
        self.changed();
        let cluster = &mut self.state.cluster;
        let revision = cluster.revision;
        cluster.digest = None;
        cluster.planned = revision;
        cluster.plan.clone_from(&plan);
        cluster.stage = Stage::Review;
        if cluster.is_blocked() {
            cluster.plan = None;
            if cluster.unattended {
                let blocking = cluster
                    .checks
                    .iter()
                    .find(|check| check.verdict == Verdict::Blocking);
                let failure = blocking.map_or_else(
                    || Failure::new(Message::new("end.blocked")),
                    |check| Failure {
                        hint: check.fix.clone(),
                        ..Failure::new(check.says.clone())
                    },
                );
                self.end(1, failure);
            }
        } else if let Some(plan) = plan {
            self.effect(Effect::Digest { revision, plan });
        }
    }

    pub(super) fn digested(&mut self, revision: u64, digest: &str) {
        let cluster = &mut self.state.cluster;
        // A digest of an earlier plan may arrive when another one is there already.
        let current = cluster.stage == Stage::Review && cluster.planned == revision;
        let awaited = current && cluster.digest.is_none();
        let Some(plan) = cluster.plan.as_ref().filter(|_| awaited) else {
            return;
        };
        let erasures = plan.erasures.iter().map(disk_in_words).collect();
        let told = What::Plan {
            digest: digest.to_owned(),
            steps: plan.steps.len(),
            nodes: plan.nodes.clone(),
            erase: plan.erasures.len(),
            erasures,
            usual_ms: plan.steps.iter().map(|step| step.usual_ms).sum(),
        };
        cluster.digest = Some(digest.to_owned());
        let consent = cluster.answers.as_ref().map_or(0, |answers| answers.erase);
        let unattended = cluster.unattended;
        self.changed();
        self.emit(told);
        if unattended {
            self.install(digest, consent);
        }
    }
}
