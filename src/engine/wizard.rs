//! The wizard before there is a cluster: what this console's operator chose on Welcome and Address.

use std::net::IpAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::answers::{Answers, NodeAnswers};
use super::event::{Level, What};
use super::message::{Failure, Message};
use super::node::{Cluster, Role, Stage};
use super::trust::Session;
use super::{Effect, Fact, Intent, Millis, Turn};

/// What this node is to be in the trust session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// It starts a cluster.
    Initiator,
    /// It joins one.
    Joiner,
}

/// The cluster this node is a member of, as it was when the daemon started or joined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The cluster's name.
    pub cluster: String,
    /// The leader's name; empty where it is not known.
    pub leader: String,
    /// The nodes, as far as they are known here.
    pub nodes: Vec<String>,
}

/// A run that was cut off, as the journal has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unfinished {
    /// The answers it was for.
    pub answers: Answers,
    /// How many of its steps are done.
    pub done: usize,
    /// How many it has.
    pub steps: usize,
    /// When it was last written about.
    pub when: Millis,
}

impl Turn<'_> {
    pub(super) fn intend_in_wizard(&mut self, intent: Intent) {
        match intent {
            Intent::Open { part } => self.open_wizard(part),
            Intent::Part { part } => self.take_part(part),
            Intent::Address { address } => self.take_address(address),
            Intent::Add { address } => self.add_address(address),
            Intent::Resume => self.resume(),
            Intent::Found { cluster } => self.found_cluster(cluster),
            Intent::Knock { id } => self.knock_at(&id),
            Intent::Call => self.call(),
            Intent::Trust { accept } => self.answer(accept),
            Intent::Unknock => self.unknock(),
            _ => {}
        }
    }

    /// Learns what concerns this node alone, whatever its role; says whether that was all.
    pub(super) fn learn_here(&mut self, fact: &Fact) -> bool {
        match fact {
            Fact::Neighbours(neighbours) => {
                self.state.local.neighbours.clone_from(neighbours);
                true
            }
            Fact::Reported(came) => {
                self.reported(came.clone());
                true
            }
            Fact::Facts { node: None, facts } => {
                self.state.local.facts = Some(Arc::new(facts.as_ref().clone()));
                self.suggest_address();
                self.state.local.role == Role::Undecided
            }
            Fact::NotGathered(None, failure) if self.state.local.role == Role::Undecided => {
                self.state.local.trouble = Some(failure.clone());
                true
            }
            _ => false,
        }
    }

    fn reported(&mut self, came: Result<String, Failure>) {
        match came {
            Ok(path) => {
                let says = Message::new("report.written").with("file", &path);
                self.log(Level::Info, says);
                self.state.local.report = Some(path);
            }
            Err(failure) => {
                let why = failure.causes.join(": ");
                self.log(Level::Error, failure.what.with("why", why));
            }
        }
    }

    /// The wizard is left before anything was begun.
    pub(super) fn leave_wizard(&mut self) {
        self.answer(false);
        self.state.local.joining = None;
        self.state.local.part = None;
    }

    /// A face opens the wizard: what is over is cleared away, what is under way goes on.
    pub(super) fn open_wizard(&mut self, part: Option<Part>) {
        let over = matches!(self.state.cluster.stage, Stage::Idle | Stage::Ended);
        let ended = self.state.local.end.is_some();
        if !(over || ended) {
            return;
        }
        let local = &mut self.state.local;
        let works = local.role == Role::Worker && local.link.is_some() && !ended;
        if works && local.member.is_none() {
            // Its leader's undertaking is over, and its link is not: it is not free to do another.
            return;
        }
        local.end = None;
        if local.member.is_some() {
            // The home screen: there is a cluster, and nothing is under way in it. On a worker this
            // is about its copy alone.
            let leads = local.role == Role::Leader;
            self.state.cluster.close();
            if leads {
                self.changed();
            }
            return self.effect(Effect::Gather);
        }
        local.role = Role::Undecided;
        local.joining = None;
        local.trouble = None;
        if part.is_some() {
            local.part = part;
        }
        let revision = self.state.cluster.revision;
        self.state.cluster = Cluster {
            revision,
            ..Cluster::default()
        };
        self.effect(Effect::Gather);
    }

    pub(super) fn take_part(&mut self, part: Part) {
        if self.state.local.role == Role::Undecided {
            self.answer(false);
            self.state.local.part = Some(part);
            self.state.local.joining = None;
            self.suggest_address();
        }
    }

    /// Takes an address for cluster traffic; it must be one this node has.
    pub(super) fn take_address(&mut self, address: IpAddr) {
        if self.state.local.role == Role::Undecided && self.has_address(address) {
            self.state.local.address = Some(address);
        }
    }

    pub(super) fn add_address(&mut self, address: IpAddr) {
        let typed = &mut self.state.local.typed;
        if !typed.contains(&address) && typed.len() < MOST_TYPED {
            typed.push(address);
        }
    }

    /// Starts a cluster called `cluster` at the address that was chosen: from here on this node leads.
    pub(super) fn found_cluster(&mut self, cluster: String) {
        let local = &mut self.state.local;
        let Some(address) = local.address.filter(|_| local.role == Role::Undecided) else {
            return;
        };
        if local.unfinished.is_some() {
            local.trouble = Some(Failure::new(Message::new("found.unfinished")));
            return;
        }
        if !super::answers::is_name(&cluster) {
            let what = Message::new("found.bad-name").with("name", cluster);
            local.trouble = Some(Failure::new(what));
            return;
        }
        local.role = Role::Leader;
        local.trouble = None;
        local.told = self.now;
        let name = local.name.clone();
        let answers = Answers {
            cluster: cluster.clone(),
            initiator: name.clone(),
            nodes: vec![NodeAnswers::new(name, address)],
            ..Answers::default()
        };
        let revision = self.state.cluster.revision;
        self.state.cluster = Cluster {
            revision,
            began: self.now,
            stage: Stage::Forming,
            answers: Some(Arc::new(answers)),
            suggests: true,
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
            joiners: Vec::new(),
            tokens: None,
            fresh: true,
        });
    }

    /// Takes up a run that was cut off: by its answers every node is looked at, and what is done
    /// already is found.
    fn resume(&mut self) {
        let local = &mut self.state.local;
        if local.role != Role::Undecided {
            return;
        }
        let Some(unfinished) = local.unfinished.clone() else {
            return;
        };
        let answers = unfinished.answers;
        local.role = Role::Leader;
        local.part = Some(Part::Initiator);
        local.name.clone_from(&answers.initiator);
        local.address = answers.node(&answers.initiator).map(|node| node.address);
        local.trouble = None;
        let session = Some(Session::default());
        self.state.cluster.session.clone_from(&session);
        self.begin(
            Answers {
                erase: 0,
                ..answers
            },
            false,
            None,
        );
        self.state.cluster.session = session;
        self.state.cluster.touched = true;
    }

    /// The cluster could not be opened: the operator is back where it was asked for.
    pub(super) fn not_founded(&mut self, failure: Failure) {
        let revision = self.state.cluster.revision;
        self.state.cluster = Cluster {
            revision,
            ..Cluster::default()
        };
        self.changed();
        self.state.local.role = Role::Undecided;
        self.state.local.trouble = Some(failure);
    }

    /// The cluster is there: from now on this node is a member of it.
    pub(super) fn become_member(&mut self) {
        if let Some(answers) = &self.state.cluster.answers {
            self.state.local.unfinished = None;
            self.state.local.by_session = false;
            if self.state.local.role == Role::Leader {
                self.state.local.formed = Some(Arc::clone(answers));
            }
            self.state.local.member = Some(Membership {
                cluster: answers.cluster.clone(),
                leader: answers.initiator.clone(),
                nodes: answers.nodes.iter().map(|node| node.name.clone()).collect(),
            });
        }
    }

    /// Where only one address can be meant, it is taken.
    pub(super) fn suggest_address(&mut self) {
        let local = &mut self.state.local;
        if let (None, Some(facts)) = (local.address, &local.facts) {
            local.address = super::preflight::only_address(&facts.host);
        }
    }

    fn has_address(&self, address: IpAddr) -> bool {
        let facts = self.state.local.facts.as_ref();
        facts.is_some_and(|facts| {
            let nics = facts.host.nics.iter();
            nics.flat_map(|nic| &nic.addresses)
                .any(|has| has.addr() == address)
        })
    }
}

/// So many addresses can be typed.
const MOST_TYPED: usize = 64;
