//! The answers while they are being chosen: by the initiator's operator, and by each joiner's own.

pub(super) mod networks;

use std::sync::Arc;

use super::answers::{Answers, CephStorage, DiskChoice, DiskFilter, Given, NodeAnswers, Purpose};
use super::event::Level;
use super::message::Message;
use super::node::{Role, Stage};
use super::preflight::{disk_choices, given_for};
use super::services::NodeFacts;
use super::{Effect, Report, Turn};

/// The name of Ceph's file system among what was chosen; disks are there by their paths.
const FILES: &str = "files";

impl Turn<'_> {
    /// This console's operator says what a disk is for; a joiner's choice goes to the leader.
    pub(super) fn use_disk_here(&mut self, node: &str, disk: &str, given: Option<Given>) {
        let me = self.state.local.name.clone();
        if self.state.local.role == Role::Worker {
            if node == me {
                self.effect(Effect::Report(Report::Use {
                    disk: disk.to_owned(),
                    purpose: given.map(|given| given.purpose),
                    encrypt: given.is_some_and(|given| given.encrypt),
                }));
            }
        } else if self.state.leads() {
            self.use_disk(&me, (node, disk), given);
        }
    }

    /// Takes the choice that was made at the console of `by`.
    pub(super) fn use_disk(&mut self, by: &str, (node, path): (&str, &str), given: Option<Given>) {
        if !self.is_forming() || self.state.cluster.unattended {
            return;
        }
        let cluster = &mut self.state.cluster;
        let facts = cluster.nodes.get(node).and_then(|node| node.facts.as_ref());
        let find = |given| facts.and_then(|facts| filter(facts, path, given));
        let new = given.and_then(|given| {
            Some(DiskChoice {
                purpose: given.purpose,
                find: find(given)?,
                encrypt: given.encrypt,
            })
        });
        if new.is_none() && given.is_some() {
            return;
        }
        let disk = facts.and_then(|facts| facts.host.disks.iter().find(|disk| disk.path == path));
        let disk = disk.cloned();
        let answers = cluster.answers.as_mut().map(Arc::make_mut);
        let Some(answers) = answers.and_then(|answers| answers.node_mut(node)) else {
            return;
        };
        // The local pool takes one disk a node, Ceph as many as it is given.
        let local = given.is_some_and(|given| given.purpose == Purpose::Local);
        let gives_way = |choice: &DiskChoice| local && choice.purpose == Purpose::Local;
        // A disk that is not there any more is named by what was to find it, and what has a twin by now
        // is found by no filter alone: both can be given back.
        let means = |choice: &DiskChoice| {
            let fits = disk.as_ref().is_some_and(|disk| choice.find.fits(disk));
            fits || choice.find.to_string() == path
        };
        answers
            .disks
            .retain(|choice| !means(choice) && !gives_way(choice));
        answers.disks.extend(new);
        let chosen = cluster.chosen_by.entry(node.to_owned()).or_default();
        chosen.insert(path.to_owned(), by.to_owned());
        self.unseal();
    }

    /// Takes how distributed storage is to be: from now on nothing of it is suggested.
    pub(super) fn set_storage(&mut self, ceph: CephStorage) {
        if self.is_forming() {
            let me = self.state.local.name.clone();
            let chosen = &mut self.state.cluster.chosen_by;
            let chosen = chosen.entry(me.clone()).or_default();
            chosen.insert(FILES.to_owned(), me);
            self.set(|answers| answers.ceph = ceph);
        }
    }

    /// While the operators choose: no file system in Ceph where an LXD makes none. In a Ceph that was
    /// there before there may be one.
    pub(super) fn suggest_files(&mut self) {
        let cluster = &mut self.state.cluster;
        let mut facts = cluster.nodes.values().filter_map(|it| it.facts.as_ref());
        let lacks = facts.any(|facts| facts.lacks_files());
        let mut choices = cluster.chosen_by.values();
        let chosen = choices.any(|choices| choices.contains_key(FILES));
        if cluster.stage == Stage::Forming
            && !cluster.unattended
            && !chosen
            && lacks
            && let Some(answers) = cluster.answers.as_mut()
            && answers.ceph.filesystem
            && !answers.ceph.reuse
        {
            Arc::make_mut(answers).ceph.filesystem = false;
        }
    }

    /// Changes an answer that is the initiator's alone.
    pub(super) fn set(&mut self, change: impl FnOnce(&mut Answers)) {
        if self.is_forming() {
            if let Some(answers) = &mut self.state.cluster.answers {
                change(Arc::make_mut(answers));
            }
            self.unseal();
        }
    }

    /// Whoever changes the answers unseals them on every console: the plan is made again.
    pub(super) fn unseal(&mut self) {
        let cluster = &mut self.state.cluster;
        if matches!(cluster.stage, Stage::Gathering | Stage::Review) {
            cluster.stage = Stage::Gathering;
            (cluster.plan, cluster.digest) = (None, None);
            self.changed();
            self.plan_when_ready();
        } else {
            self.changed();
        }
    }

    /// From the choices to Review: every node is looked at afresh, then the plan is made.
    pub(super) fn review(&mut self) {
        if self.state.cluster.stage == Stage::Forming {
            self.look_again();
        }
    }

    /// Back to the choices. What was done already is found `already` by the next run.
    pub(super) fn change(&mut self) {
        let cluster = &mut self.state.cluster;
        let back = matches!(
            cluster.stage,
            Stage::Gathering | Stage::Review | Stage::Stopped
        );
        if back && !cluster.unattended {
            cluster.stage = Stage::Forming;
            (cluster.plan, cluster.digest, cluster.run) = (None, None, None);
            self.changed();
            if self
                .state
                .cluster
                .nodes
                .values()
                .any(|it| it.facts.is_none())
            {
                self.gather_everywhere();
            }
        }
    }

    /// Goes on without a node that is not in LXD's cluster yet: the rest is planned and sealed anew.
    pub(super) fn go_on_without(&mut self, node: &str) {
        if self.state.cluster.stage != Stage::Stopped || !self.can_go_without(node) {
            return;
        }
        let says = Message::new("install.without").with("node", node);
        self.log(Level::Warning, says.clone());
        self.state.cluster.run = None;
        self.state.cluster.stage = Stage::Forming;
        self.dismiss(node, says);
        self.look_again();
    }

    /// Whether the rest can be a cluster without `node`: it does not lead, has not joined LXD's cluster,
    /// and was in none of the services' clusters when the leader was looked at. One that is in
    /// another service's since, or failed in the middle, is told of by the checks of the new plan.
    pub(super) fn can_go_without(&self, node: &str) -> bool {
        let cluster = &self.state.cluster;
        let Some(leader) = cluster.answers.as_ref().map(|it| it.initiator.as_str()) else {
            return false;
        };
        let run = cluster.run.as_ref();
        let joined = run.and_then(|run| run.state(&format!("lxd.join@{node}")));
        let knows = cluster.nodes.get(leader).and_then(|it| it.facts.as_ref());
        let is_member = knows.is_some_and(|facts| facts.has_member(node));
        let is_out = joined.is_some_and(|state| !state.is_there()) && !is_member;
        is_out && leader != node && !cluster.unattended
    }
}

/// The filter that means the disk at `path`; none where it cannot be used for that.
fn filter(facts: &NodeFacts, path: &str, given: Given) -> Option<DiskFilter> {
    let offers = disk_choices(&facts.host.disks, true).into_iter();
    let mut fitting = offers.filter(|offer| offer.disk.path == path);
    let offer = fitting.next()?;
    let usable = given_for(facts, &offer).contains(&given);
    offer.filter.filter(|_| usable)
}

impl Answers {
    fn node_mut(&mut self, name: &str) -> Option<&mut NodeAnswers> {
        self.nodes.iter_mut().find(|node| node.name == name)
    }
}
