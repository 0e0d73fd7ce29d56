//! Nodes that come in, also into a cluster that is there already.

use std::net::IpAddr;
use std::sync::Arc;

use crate::engine::answers::{Answers, Newcomer, NodeAnswers, ProfileChoice};
use crate::engine::event::{Level, PeerState, What};
use crate::engine::message::Message;
use crate::engine::node::{Role, Stage};
use crate::engine::picture::disk_in_words;
use crate::engine::plan::Plan;
use crate::engine::trust::Session;
use crate::engine::{Effect, Turn};

impl Turn<'_> {
    pub(super) fn joined(&mut self, name: &str, id: String, by_session: bool) {
        if by_session && !self.is_welcome(&id) {
            // The operator said no, or pressed Install, while it was being let in.
            let (node, why) = (name.to_owned(), Message::new("session.refused"));
            return self.effect(Effect::Dismiss { node, why });
        }
        let known = self.state.cluster.nodes.entry(name.to_owned()).or_default();
        known.id = Some(id.clone());
        self.changed();
        let trust = What::Trust {
            state: "trusted".to_owned(),
            by: if by_session { "session" } else { "token" }.to_owned(),
            id: id.clone(),
        };
        self.emit_for(name.to_owned(), trust);
        if by_session {
            self.trusted(name, id);
        }
        self.peer(name, PeerState::Joined);
    }

    /// Takes more nodes into the cluster that is there: those that come into its new session, and the
    /// newcomer that asked for it, where one did.
    pub(super) fn grow(&mut self, newcomer: Option<(NodeAnswers, Newcomer)>) {
        let Some(formed) = self.state.local.formed.clone() else {
            return;
        };
        if !self.is_at_rest() {
            return;
        }
        let grows = formed.nodes.iter().map(|node| node.name.clone()).collect();
        // The default profile was settled then; what became of it since is somebody's choice.
        let mut answers = Answers {
            erase: 0,
            profile: ProfileChoice::Keep,
            ..formed.as_ref().clone()
        };
        let mut unattended = false;
        if let Some((node, newcomer)) = newcomer {
            answers.nodes.push(node);
            answers.erase = newcomer.erase;
            unattended = newcomer.unattended;
        }
        self.begin(answers, unattended, None);
        let cluster = &mut self.state.cluster;
        (cluster.grows, cluster.touched) = (Some(grows), true);
        if !unattended {
            cluster.stage = Stage::Forming;
            cluster.session = Some(Session::default());
        }
    }

    /// A node that joined by a token wants to be taken in. It speaks for itself alone.
    pub(super) fn came(&mut self, name: &str, newcomer: Newcomer) {
        let cluster = &self.state.cluster;
        let has = |answers: &Answers| answers.node(name).is_some();
        let is_part = self.state.local.formed.as_deref().is_some_and(has);
        let is_named = cluster.answers.as_deref().is_some_and(has) && !self.is_at_rest();
        if is_part || is_named {
            return;
        }
        let meets = || {
            let address = self.address_of(&newcomer)?;
            Some(NodeAnswers::new(String::new(), address))
        };
        let Some(mut answers) = newcomer.answers.clone().or_else(meets) else {
            let says = Message::new("grow.no-address").with("node", name);
            return self.log(Level::Warning, says);
        };
        name.clone_into(&mut answers.name);
        if self.is_at_rest() {
            self.grow(Some((answers, newcomer)));
        } else if self.is_forming() && !cluster.unattended {
            self.take_in(answers);
        } else {
            let says = Message::new("grow.busy").with("node", name);
            self.log(Level::Info, says);
        }
    }

    /// The address of a node for cluster traffic: the one in the network of the initiator's.
    fn address_of(&self, newcomer: &Newcomer) -> Option<IpAddr> {
        let formed = self.state.local.formed.as_ref();
        let answers = formed.or(self.state.cluster.answers.as_ref())?;
        let initiator = answers.node(&answers.initiator)?.address;
        let mut nets = newcomer.addresses.iter();
        let net = nets.find(|net| net.contains(&initiator))?;
        Some(net.addr())
    }

    /// One more node, whatever has been chosen for the others.
    fn take_in(&mut self, node: NodeAnswers) {
        let cluster = &mut self.state.cluster;
        cluster.nodes.entry(node.name.clone()).or_default().up = true;
        let answers = cluster.answers.as_mut().map(Arc::make_mut);
        if let Some(answers) = answers
            && answers.node(&node.name).is_none()
        {
            answers.nodes.push(node);
            self.unseal();
            self.gather_everywhere();
        }
    }

    /// A newcomer agrees to what is erased on itself, and nobody was asked about the other nodes: the
    /// first disk of theirs that the plan would erase.
    pub(in crate::engine) fn others_erasure(&self, plan: &Plan) -> Option<Message> {
        let cluster = &self.state.cluster;
        let old = cluster.grows.as_ref().filter(|_| cluster.unattended)?;
        let mut erased = plan.erasures.iter();
        let disk = erased.find(|disk| old.contains(&disk.node))?;
        let says = Message::new("grow.erases-others").with("disk", disk_in_words(disk));
        Some(says.with("node", &disk.node))
    }

    /// The nodes that the cluster has not yet, where this is about taking more into one that is there.
    pub(super) fn newcomers(&self) -> Vec<String> {
        let cluster = &self.state.cluster;
        let Some(old) = &cluster.grows else {
            return Vec::new();
        };
        let named = cluster.answers.iter().flat_map(|answers| &answers.nodes);
        let new = named.filter(|node| !old.contains(&node.name));
        new.map(|node| node.name.clone()).collect()
    }

    /// Whether this node leads a cluster in which nothing is under way.
    fn is_at_rest(&self) -> bool {
        let stage = self.state.cluster.stage;
        self.state.local.role == Role::Leader && matches!(stage, Stage::Idle | Stage::Ended)
    }
}
