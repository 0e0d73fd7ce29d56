//! A node that joined by a token and waits until a cluster names it.

use crate::engine::answers::Newcomer;
use crate::engine::event::Level;
use crate::engine::message::Message;
use crate::engine::node::{Cluster, Stage};
use crate::engine::{Effect, Report, Turn};

impl Turn<'_> {
    /// Whether this node came after an undertaking that did not name it: nothing of that is told here.
    pub(super) fn is_stranger(&self) -> bool {
        self.state.cluster.stage == Stage::Idle && !self.is_named(&self.state.cluster)
    }

    /// Whether a cluster's answers name this node, as far as there are any.
    pub(super) fn is_named(&self, cluster: &Cluster) -> bool {
        (cluster.answers.as_ref()).is_none_or(|it| it.node(&self.state.local.name).is_some())
    }

    pub(super) fn say_that_it_waits(&mut self) {
        let answers = self.state.cluster.answers.as_ref();
        let says =
            Message::new("join.waits").with("leader", answers.map_or("", |it| &it.initiator));
        self.log(Level::Info, says.with("node", &self.state.local.name));
    }

    /// Asks a leader to take this node in whose cluster is at rest, or is being chosen for. It is asked
    /// again whenever its state changes: until then it may have been at work.
    pub(super) fn come(&mut self) {
        let cluster = &self.state.cluster;
        let listens = match cluster.stage {
            Stage::Idle | Stage::Ended => true,
            Stage::Forming | Stage::Gathering | Stage::Review => !cluster.unattended,
            Stage::Sealing | Stage::Installing | Stage::Stopped => false,
        };
        let local = &self.state.local;
        let can = local.member.is_none() && local.link.is_some_and(|link| link.up);
        if let (Some(newcomer), Some(facts), true) = (&local.newcomer, &local.facts, listens && can)
        {
            let nics = facts.host.nics.iter();
            let newcomer = Newcomer {
                addresses: nics.flat_map(|nic| nic.addresses.clone()).collect(),
                ..newcomer.clone()
            };
            self.effect(Effect::Report(Report::Come(newcomer)));
        }
    }

    /// A cluster that names this node has taken it in, whatever comes of that.
    pub(super) fn has_come(&mut self) {
        let cluster = &self.state.cluster;
        if cluster.answers.is_some() && self.is_named(cluster) {
            self.state.local.newcomer = None;
        }
    }
}
