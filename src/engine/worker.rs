//! The engine of a joiner: it shows what the leader says and does what the sealed plan says.

mod coming;

use std::collections::BTreeSet;

use super::answers::Newcomer;
use super::event::{Level, PublicEvent, What};
use super::message::{Failure, Message};
use super::node::{Cluster, End, Link, Role, Stage};
use super::{Effect, Fact, Order, Report, Turn};

impl Turn<'_> {
    pub(super) fn join(&mut self, name: Option<String>, newcomer: Newcomer) {
        if self.state.leads() {
            return self.log(Level::Warning, Message::new("join.leads-already"));
        }
        let local = &mut self.state.local;
        local.role = Role::Worker;
        local.end = None;
        local.newcomer = Some(newcomer);
        if local.link.is_some() {
            self.log(Level::Info, Message::new("join.member-already"));
            return self.come();
        }
        if let Some(name) = &name {
            local.name.clone_from(name);
        }
        let cluster = self
            .state
            .cluster
            .answers
            .as_ref()
            .map(|answers| answers.cluster.clone());
        self.emit(What::Hello {
            mcloud: self.state.local.mcloud.clone(),
            cluster: cluster.unwrap_or_default(),
            role: "worker".to_owned(),
        });
        self.effect(Effect::UseToken { name });
    }

    pub(super) fn learn_as_worker(&mut self, fact: Fact) {
        match fact {
            Fact::Confirmed(check) => self.confirmed(check),
            Fact::NotConfirmed {
                failure,
                wrong_words,
            } => self.not_confirmed(failure, wrong_words),
            Fact::TurnedAway(failure) => self.turned_away(failure),
            Fact::Certified { name, cluster } => {
                self.certified();
                let says = Message::new("join.certified").with("cluster", cluster);
                self.state.local.name = name;
                self.log(Level::Info, says);
                self.effect(Effect::KeepLink);
            }
            Fact::JoinRefused(failure) => self.refused(failure),
            Fact::Link(up) => self.link(up),
            Fact::Cluster(cluster) => self.replace(*cluster),
            Fact::Told(_) if self.is_stranger() => {}
            Fact::Told(event) => self.pass_on(event),
            Fact::Facts { facts, .. } => {
                self.effect(Effect::Report(Report::Facts(facts)));
                self.come();
            }
            Fact::NotGathered(_, failure) => {
                self.effect(Effect::Report(Report::NotGathered(failure)));
            }
            Fact::Ordered(order) => self.obey(order),
            Fact::Observed(order, seen) => {
                self.effect(Effect::Report(Report::Observed(order, seen)));
            }
            Fact::Progress(order, progress) => {
                self.effect(Effect::Report(Report::Progress(order, progress)));
            }
            Fact::Ended(order, result) => self.effect(Effect::Report(Report::Ended(order, result))),
            _ => {}
        }
    }

    /// This node has its certificate; by the session it has it for as long as the session goes on.
    fn certified(&mut self) {
        let local = &mut self.state.local;
        if local.role == Role::Undecided && local.joining.is_none() {
            // Its operator said no, or went elsewhere, while the certificate was on its way.
            return self.effect(Effect::Forget);
        }
        local.role = Role::Worker;
        (local.end_told, local.settled) = (false, false);
        if let Some(joining) = local.joining.take() {
            local.by_session = true;
            self.emit(What::Hello {
                mcloud: self.state.local.mcloud.clone(),
                cluster: joining.cluster,
                role: "worker".to_owned(),
            });
        }
    }

    /// The leader will not have this node. Of a cluster that did not come to be nothing stays, and an
    /// end that was told already is not told again.
    fn refused(&mut self, failure: Failure) {
        if self.is_settled() {
            self.end_here(1, failure);
        } else if self.state.cluster.stage == Stage::Ended {
            self.effect(Effect::Forget);
            self.end_unsaid();
        } else {
            self.forget(1, failure);
        }
    }

    /// What the leader tells is told here as well.
    fn pass_on(&mut self, event: PublicEvent) {
        match event.what {
            What::Hello { .. } => self.state.local.end_told = false,
            What::Done { .. } => self.state.local.end_told = true,
            _ => {}
        }
        self.effect(Effect::Emit(event));
    }

    /// A cluster that did not come to be has ended, and its leader says no more: who waits here for the
    /// end is told of it, unless the leader did so.
    pub(super) fn end_unsaid(&mut self) {
        let local = &mut self.state.local;
        local.link = None;
        local.by_session = false;
        let told = std::mem::replace(&mut local.end_told, true);
        if let Some(end) = self.state.cluster.end.as_ref().filter(|_| !told) {
            let what = end.told();
            self.emit(what);
        }
    }

    fn link(&mut self, up: bool) {
        let before = self.state.local.link.map(|link| link.up);
        if before == Some(up) {
            return;
        }
        self.state.local.link = Some(Link {
            up,
            since: self.now,
        });
        if up {
            self.log(Level::Info, Message::new("link.up"));
            self.effect(Effect::Gather);
        } else {
            let code = if before.is_some() {
                "link.down"
            } else {
                "link.not-yet"
            };
            self.log(Level::Warning, Message::new(code));
        }
    }

    /// A leader of a lower epoch is one that was replaced: it is not listened to.
    fn replace(&mut self, mut cluster: Cluster) {
        let known = &mut self.state.cluster;
        if cluster.epoch < known.epoch {
            return;
        }
        // A leader that started again has nothing under way: an end stays what it was.
        let fresh = cluster.stage == Stage::Idle;
        let lost = fresh && !matches!(known.stage, Stage::Idle | Stage::Ended);
        if fresh && self.state.local.by_session && self.is_before_install() {
            let failure = Failure::new(Message::new("end.initiator-gone"));
            return self.forget(1, failure);
        }
        let known = &mut self.state.cluster;
        if fresh && known.stage == Stage::Ended {
            known.epoch = cluster.epoch;
            return;
        }
        // What a run has done is not undone by a leader that starts again.
        cluster.touched |= known.touched && cluster.id == known.id;
        // An end that was seen here, and closed, is not shown again.
        let closed = known.stage == Stage::Idle && self.state.local.member.is_some();
        if closed && cluster.stage == Stage::Ended {
            cluster.close();
        }
        let came_late = known.stage == Stage::Idle;
        let waited = self.is_stranger();
        if came_late && cluster.stage == Stage::Ended && !self.is_named(&cluster) {
            // What others have done is not this node's to show: it waits for what will name it.
            cluster.close();
        }
        self.state.cluster = cluster;
        if self.is_settled() && !std::mem::replace(&mut self.state.local.settled, true) {
            self.state.local.by_session = false;
            self.effect(Effect::Settle);
        }
        if self.is_stranger() && !waited {
            self.say_that_it_waits();
        }
        self.has_come();
        self.come();
        if self.state.cluster.end.as_ref().is_some_and(|end| end.ok) {
            self.become_member();
        }
        if lost {
            self.log(Level::Warning, Message::new("link.leader-again"));
        }
    }

    /// Does what is ordered if the plan this node holds, sealed by the digest, has such a step for
    /// this node.
    fn obey(&mut self, order: Order) {
        let cluster = &self.state.cluster;
        let sealed = cluster.digest.as_deref() == Some(order.digest.as_str());
        let mine = cluster
            .plan
            .as_ref()
            .and_then(|plan| plan.step(&order.step))
            .is_some_and(|step| step.node == self.state.local.name);
        let works = self.state.local.role == Role::Worker;
        let runs = matches!(cluster.stage, Stage::Installing | Stage::Stopped);
        if works && sealed && mine && runs {
            return self.effect(Effect::Do(order));
        }
        let failure = Failure::new(Message::new("order.not-in-plan").with("step", &order.step));
        self.effect(Effect::Report(Report::Ended(order, Err(failure))));
    }

    pub(super) fn leave_leader(&mut self) {
        let runs = matches!(self.state.cluster.stage, Stage::Installing | Stage::Stopped);
        if !(runs || self.is_settled()) {
            self.forget(3, Failure::new(Message::new("end.left")));
        } else if !runs {
            // A member stays one: the face that waits for its leader goes alone.
            self.emit(What::Done {
                ok: false,
                exit: 3,
                members: 0,
                took_ms: 0,
                proven: Vec::new(),
                why: Some(Message::new("end.left-touched")),
                timing: None,
            });
        }
    }

    /// Whether this node is in a cluster that was installed, wholly or in part: it does not forget
    /// that by itself. One that is to be taken into such a cluster is not, until Install.
    pub(super) fn is_settled(&self) -> bool {
        let (local, cluster) = (&self.state.local, &self.state.cluster);
        let had = |old: &BTreeSet<String>| old.contains(&local.name);
        let began = cluster.run.is_some() || cluster.grows.as_ref().is_none_or(had);
        local.member.is_some() || (cluster.touched && began)
    }

    /// The end on this node. It has no link any more: a later token begins anew.
    pub(super) fn end_here(&mut self, exit: u8, failure: Failure) {
        self.state.local.link = None;
        let why = Some(failure.what.clone());
        if exit == 1 {
            self.emit(What::Failure {
                step: None,
                failure: failure.clone(),
            });
        }
        let end = End {
            at: self.now,
            ok: false,
            exit,
            members: 0,
            took_ms: 0,
            proven: Vec::new(),
            why,
            failure: Some(failure),
            timing: None,
        };
        self.emit(end.told());
        self.state.local.end = Some(end);
    }

    pub(super) fn emit(&mut self, what: What) {
        let node = self.state.local.name.clone();
        self.emit_for(node, what);
    }

    pub(super) fn emit_for(&mut self, node: String, what: What) {
        self.effect(Effect::Emit(PublicEvent {
            at: self.now,
            node,
            what,
        }));
    }

    pub(super) fn log(&mut self, level: Level, says: Message) {
        self.emit(What::Log {
            level,
            step: None,
            says,
        });
    }
}
