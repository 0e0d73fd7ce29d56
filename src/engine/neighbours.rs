//! Who else is on the network, as discovery hears it: hints, never truth.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::message::Message;
use super::node::{Role, Stage};
use super::trust::{Knock, KnockState};
use super::wizard::Part;
use super::{Millis, State};

/// Everything discovery hears; replaced whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Neighbours {
    /// The peers, in the order in which they were heard first: rows keep their place.
    pub peers: Vec<Peer>,
    /// Other mclouds whose beacons this one cannot read: where, and which version of the datagram.
    pub strangers: Vec<(IpAddr, u8)>,
    /// What does not work: a NIC that cannot be heard on.
    pub troubles: Vec<Message>,
}

impl Neighbours {
    /// The peer whose node id is `id`.
    pub fn peer(&self, id: &str) -> Option<&Peer> {
        self.peers.iter().find(|peer| peer.id == id)
    }
}

/// A peer as it is heard; everything in it is a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peer {
    /// Its node id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its board model; empty where it tells none.
    pub model: String,
    /// Where it was heard from.
    pub address: IpAddr,
    /// The TCP port of its daemon; none while it does not listen.
    pub port: Option<u16>,
    /// Its mcloud's version.
    pub mcloud: String,
    /// Whether this mcloud can hold a session with it.
    pub compatible: bool,
    /// What it is doing.
    pub standing: Standing,
    /// The session it has open or is in.
    pub session: Option<String>,
    /// When it was heard last.
    pub heard: Millis,
    /// On which ways it is heard, such as `multicast`, `IPv6 multicast`, `broadcast`, `unicast`.
    pub ways: Vec<String>,
    /// Whether it has been silent for longer than discovery's rhythm explains.
    pub silent: bool,
    /// What is odd about it: a clone, a clock far off.
    pub findings: Vec<Message>,
}

/// What a node is doing, as its beacon says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "standing")]
pub enum Standing {
    /// It belongs nowhere yet, and looks around.
    #[default]
    Looking,
    /// It is an initiator whose session is open.
    Open {
        /// The name of the cluster to be.
        cluster: String,
    },
    /// It is a joiner in a session.
    Joining,
    /// It is a member of a cluster.
    Member {
        /// The cluster's name.
        cluster: String,
    },
    /// A newer mcloud says something that this one has no word for.
    Unknown,
}

/// What this node's beacon is to say, and where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Announcement {
    /// The address of the NIC it is said on; none: this node only listens.
    pub on: Option<IpAddr>,
    /// This node's name.
    pub name: String,
    /// Its board model; empty where it is not known.
    pub model: String,
    /// Its board's serial number.
    pub serial: Option<String>,
    /// What it is doing.
    pub standing: Standing,
    /// The session it has open or is in.
    pub session: Option<String>,
    /// The addresses the operator typed: they are asked directly.
    pub typed: Vec<IpAddr>,
    /// The node ids of the peers in session with this node: no flood of beacons crowds them out.
    pub keep: Vec<String>,
}

/// What this node is to announce now.
pub fn announcement(state: &State) -> Announcement {
    let (local, cluster) = (&state.local, &state.cluster);
    let name = cluster.answers.as_ref().map(|answers| &answers.cluster);
    let forming = matches!(
        cluster.stage,
        Stage::Forming | Stage::Gathering | Stage::Review
    );
    let (standing, session) = match (local.role, &cluster.session, &local.joining) {
        (Role::Leader, Some(session), _) if forming && !session.id.is_empty() => (
            Standing::Open {
                cluster: name.cloned().unwrap_or_default(),
            },
            Some(session.id.clone()),
        ),
        (Role::Leader | Role::Worker, _, _) => {
            let member = local.member.as_ref().map(|member| member.cluster.clone());
            let cluster = name.cloned().or(member).unwrap_or_default();
            (Standing::Member { cluster }, None)
        }
        (Role::Undecided, _, Some(joining)) => (Standing::Joining, Some(joining.session.clone())),
        (Role::Undecided, ..) => (Standing::Looking, None),
    };
    let speaks = local.role != Role::Undecided || local.part == Some(Part::Joiner);
    Announcement {
        on: local.address.filter(|_| speaks),
        name: local.name.clone(),
        model: local
            .facts
            .as_ref()
            .map(|facts| facts.host.model.clone())
            .unwrap_or_default(),
        serial: local.facts.as_ref().and_then(|f| f.host.serial.clone()),
        standing,
        session,
        typed: local.typed.clone(),
        keep: in_session(state),
    }
}

/// The peers in session with this node, by their ids: the initiator it calls, the joiners that knock.
fn in_session(state: &State) -> Vec<String> {
    let stays = |knock: &&Knock| !matches!(knock.state, KnockState::Refused | KnockState::Gone);
    let session = state.cluster.session.iter();
    let knocks = session.flat_map(|session| &session.knocks).filter(stays);
    let calls = state.local.joining.iter().map(|joining| &joining.peer);
    calls
        .chain(knocks.map(|knock| &knock.id))
        .cloned()
        .collect()
}
