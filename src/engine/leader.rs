//! The engine of the initiator before Install: nodes come in, facts become checks and a plan.

mod ending;
mod growing;
mod links;
mod planning;

use super::answers::{Answers, Given};
use super::event::{Level, PeerState, What};
use super::message::Message;
use super::node::{Cluster, Node, Role, Stage};
use super::services::NodeFacts;
use super::shared::Shared;
use super::{Effect, Fact, Intent, Member, Millis, Turn};

/// How often a sign of life is told while something is waited for, in ms.
pub(super) const LIFE_SIGN_MS: Millis = 5_000;

impl Turn<'_> {
    pub(super) fn begin(&mut self, answers: Answers, unattended: bool, tokens: Option<String>) {
        let busy = matches!(self.state.cluster.stage, Stage::Sealing | Stage::Installing);
        if busy || self.state.local.role == Role::Worker {
            return self.log(Level::Warning, Message::new("begin.busy"));
        }
        let before = std::mem::take(&mut self.state.cluster);
        self.state.local.role = Role::Leader;
        self.state.local.name.clone_from(&answers.initiator);
        self.state.local.told = self.now;
        let joiners = answers.joiners().map(|node| node.name.clone()).collect();
        let Some(address) = answers.node(&answers.initiator).map(|node| node.address) else {
            return self.log(Level::Error, Message::new("begin.no-initiator"));
        };
        let cluster = answers.cluster.clone();
        self.state.cluster = Cluster {
            revision: before.revision,
            id: before.id,
            epoch: before.epoch,
            unattended,
            began: self.now,
            nodes: known_nodes(&answers, &before.nodes),
            stage: Stage::Gathering,
            answers: Some(answers.into()),
            ..Cluster::default()
        };
        self.changed();
        self.emit(What::Hello {
            mcloud: self.state.local.mcloud.clone(),
            cluster: cluster.clone(),
            role: "leader".to_owned(),
        });
        self.effect(Effect::Open {
            cluster,
            address,
            joiners,
            tokens,
            fresh: false,
        });
    }

    pub(super) fn intend_as_leader(&mut self, intent: Intent) {
        match (intent, self.state.cluster.stage) {
            (Intent::Invite { id, wanted }, _) => self.invite(id, wanted),
            (Intent::Extend, _) => self.extend(),
            (Intent::Grow, _) => self.grow(None),
            (Intent::Admit { id, check }, _) => self.admit(&id, &check),
            (Intent::Refuse { id }, _) => self.refuse(&id),
            (Intent::Local { local }, _) => self.set(|answers| answers.local = local),
            (Intent::Storage { ceph }, _) => self.set_storage(ceph),
            (Intent::Snaps { snaps }, _) => self.set(|answers| answers.snaps = snaps),
            (Intent::Network { network }, _) => self.set_network(*network),
            (Intent::Review, _) => self.review(),
            (Intent::Change, _) => self.change(),
            (Intent::GoOnWithout { node }, _) => self.go_on_without(&node),
            (Intent::Install { digest, erase }, Stage::Review) => self.install(&digest, erase),
            (Intent::LookAgain, Stage::Gathering | Stage::Review) => self.look_again(),
            (Intent::LookAgain, Stage::Forming) => self.gather_everywhere(),
            (Intent::Retry { step }, Stage::Installing | Stage::Stopped) => self.retry(&step),
            (Intent::Stop, Stage::Installing) => self.stop(),
            (Intent::Leave, Stage::Forming | Stage::Gathering | Stage::Review) => {
                self.leave_before_install();
            }
            (Intent::Leave, Stage::Stopped) => self.finish(),
            _ => {}
        }
    }

    pub(super) fn learn_as_leader(&mut self, fact: Fact) {
        match fact {
            Fact::Opened {
                cluster,
                epoch,
                joined,
                touched,
                usual,
            } => {
                self.state.usual = usual;
                self.state.cluster.touched |= touched;
                self.opened(cluster, epoch, joined);
            }
            Fact::NotOpened(failure) if self.state.cluster.stage == Stage::Forming => {
                self.not_founded(failure);
            }
            Fact::NotOpened(failure) => self.end(1, failure),
            Fact::SessionOpened(id) => self.session_opened(id),
            Fact::Knocked(knock) => self.knocked(knock),
            Fact::JoinerSaid(id, accepts) => self.joiner_said(&id, accepts),
            Fact::Chose {
                node,
                disk,
                purpose,
                encrypt,
            } => self.use_disk(&node, (&node, &disk), Given::of(purpose, encrypt)),
            Fact::ChoseUplink {
                node,
                nic,
                underlay,
            } => self.take_uplink(&node, &node, (nic, underlay)),
            Fact::Joined { node, id, session } => self.joined(&node, id, session),
            Fact::Came(node, newcomer) => self.came(&node, newcomer),
            Fact::SessionNotOpened(failure) => {
                self.log(Level::Error, failure.what.clone());
                self.state.local.trouble = Some(failure);
            }
            Fact::Facts { node, facts } => self.facts(node, *facts),
            Fact::LinkUp(node) => self.link_up(&node),
            Fact::LinkDown(node) => self.link_down(&node),
            Fact::Heard(node) => {
                if let Some(node) = self.state.cluster.nodes.get_mut(&node) {
                    node.heard = Some(self.now);
                }
            }
            Fact::PeerLeft(node) => self.peer_left(&node),
            Fact::Digested { revision, digest } => self.digested(revision, &digest),
            Fact::NotGathered(node, failure) => self.not_gathered(node, failure),
            Fact::Journaled(recorded) => self.journaled(recorded),
            Fact::NotJournaled(recorded, failure) => self.not_journaled(&recorded, failure),
            Fact::Observed(order, seen) => self.observed(&order, seen),
            Fact::Progress(order, progress) => self.progressed(&order, progress),
            Fact::Ended(order, result) => self.ended(&order, result),
            _ => {}
        }
    }

    fn opened(&mut self, cluster: String, epoch: u64, joined: Vec<Member>) {
        self.state.cluster.id = cluster;
        self.state.cluster.epoch = epoch;
        for member in joined {
            self.known_already(member);
        }
        let me = self.state.local.name.clone();
        let id = self.state.local.id.clone();
        self.state.cluster.nodes.insert(
            me,
            Node {
                id: Some(id),
                up: true,
                heard: Some(self.now),
                facts: None,
            },
        );
        self.changed();
        for name in self.joiner_names() {
            let node = self.state.cluster.nodes.get(&name);
            let state = match node {
                Some(node) if node.up => PeerState::Connected,
                Some(node) if node.id.is_some() => PeerState::Joined,
                _ => PeerState::Missing,
            };
            self.peer(&name, state);
        }
        if self.state.cluster.stage == Stage::Forming {
            self.effect(Effect::OpenSession);
            self.gather_everywhere();
        } else {
            self.look_again();
        }
    }

    /// Looks at every node afresh: what was known of it is forgotten first.
    pub(super) fn look_again(&mut self) {
        let cluster = &mut self.state.cluster;
        (cluster.stage, cluster.gathers) = (Stage::Gathering, self.now);
        cluster.checks = Shared::default();
        (cluster.plan, cluster.digest) = (None, None);
        for node in cluster.nodes.values_mut() {
            node.facts = None;
        }
        self.changed();
        self.gather_everywhere();
    }

    /// Has every node that is connected looked at.
    pub(super) fn gather_everywhere(&mut self) {
        let cluster = &self.state.cluster;
        let me = &self.state.local.name;
        let up = cluster
            .nodes
            .iter()
            .filter(|(name, node)| node.up && *name != me);
        let up: Vec<_> = up.map(|(name, _)| name.clone()).collect();
        self.effect(Effect::Gather);
        self.effect(Effect::GatherAt(up));
    }

    fn facts(&mut self, node: Option<String>, facts: NodeFacts) {
        let name = node.unwrap_or_else(|| self.state.local.name.clone());
        let Some(node) = self.state.cluster.nodes.get_mut(&name) else {
            return;
        };
        node.facts = Some(facts.into());
        node.heard = Some(self.now);
        self.suggest_networks();
        self.suggest_files();
        self.changed();
        self.plan_when_ready();
    }

    pub(super) fn tick_as_leader(&mut self) {
        if self.now.saturating_sub(self.state.local.told) < LIFE_SIGN_MS {
            return;
        }
        match self.state.cluster.stage {
            Stage::Gathering => {
                self.state.local.told = self.now;
                let missing: Vec<_> = self.state.cluster.missing().collect();
                let says = Message::new("gather.waiting")
                    .with("nodes", missing.join(", "))
                    .with(
                        "seconds",
                        self.now.saturating_sub(self.state.cluster.waits_since()) / 1_000,
                    );
                self.log(Level::Info, says);
            }
            Stage::Installing => {
                self.state.local.told = self.now;
                self.tell_running();
            }
            _ => {}
        }
    }

    pub(super) fn peer(&mut self, name: &str, state: PeerState) {
        let answers = self.state.cluster.answers.as_ref();
        let address = answers
            .and_then(|a| a.node(name))
            .map(|node| node.address.to_string());
        self.emit_for(name.to_owned(), What::Peer { state, address });
    }

    fn joiner_names(&self) -> Vec<String> {
        let answers = self.state.cluster.answers.iter();
        answers
            .flat_map(|answers| answers.joiners())
            .map(|node| node.name.clone())
            .collect()
    }
}

/// The nodes of the answers, with what is known of them already; facts are taken afresh.
fn known_nodes(
    answers: &Answers,
    before: &std::collections::BTreeMap<String, Node>,
) -> std::collections::BTreeMap<String, Node> {
    let of = |name: &String| {
        let mut node = before.get(name).cloned().unwrap_or_default();
        node.facts = None;
        // This node is never waited for as a joiner is.
        node.up |= *name == answers.initiator;
        (name.clone(), node)
    };
    answers.nodes.iter().map(|node| of(&node.name)).collect()
}
