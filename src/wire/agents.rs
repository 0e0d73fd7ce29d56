//! What agents and their leader say to each other, and how a node joins.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Inputs, LeftOut, Secret};
use crate::engine::event::PublicEvent;
use crate::engine::message::Message;
use crate::engine::node::Cluster;
use crate::engine::{Millis, Order, Report};

/// From an agent to its leader.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "t")]
pub enum ToLeader {
    /// The first line.
    Hello {
        /// [`super::VERSION`].
        v: u32,
        /// mcloud's version.
        mcloud: String,
        /// The highest epoch the agent has seen.
        epoch: u64,
        /// How many of the undertaking's events the agent holds.
        events: u64,
        /// When the undertaking began whose events those are.
        began: Millis,
        /// Whether it fills in what is left out of the leader's state.
        #[serde(default)]
        fills: bool,
    },
    /// What the agent found or did.
    Report {
        /// The report.
        report: Box<Report>,
    },
    /// A sign of life, every 2 s.
    Beat {
        /// The agent's clock.
        now: Millis,
    },
    /// The agent gives the undertaking up.
    Leave,
}

/// From the leader to an agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "t")]
pub enum ToAgent {
    /// The leader's state.
    Cluster {
        /// The state; whole where nothing is left out.
        cluster: Arc<Cluster>,
        /// What is left out: nothing in the first state over a link, nor to an agent that does not
        /// fill it in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        left_out: Option<LeftOut>,
    },
    /// A public event.
    Event {
        /// Its number in the undertaking, from 0.
        seq: u64,
        /// When the undertaking began.
        began: Millis,
        /// The event.
        event: Box<PublicEvent>,
    },
    /// The leader lives.
    Beat,
    /// Look at your node.
    Gather,
    /// Do something with a step of the plan you hold.
    Order {
        /// The order.
        order: Order,
        /// What only the leader could give: a join token, the cluster's certificate.
        inputs: Inputs,
    },
    /// Stop what you do at the next safe place.
    Cancel,
    /// The leader will not speak with this agent.
    Refused {
        /// Why.
        why: Message,
    },
}

/// The one request of `mcloud-join/1`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JoinAsk {
    /// [`super::VERSION`].
    pub v: u32,
    /// The token's id.
    pub token: String,
    /// The token's secret, base64url.
    pub secret: Secret,
    /// The joiner's node id: the certificate is for this key alone.
    pub id: String,
    /// The certificate request, DER, base64url.
    pub csr: String,
    /// The name the joiner goes by, where its preseed says.
    pub name: Option<String>,
    /// Its host name: what it is called where neither its token nor its preseed says.
    #[serde(default)]
    pub host: String,
    /// mcloud's version.
    pub mcloud: String,
}

/// Its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "t")]
pub enum JoinAnswer {
    /// The joiner is in.
    Welcome {
        /// Its certificate, DER, base64url.
        certificate: String,
        /// Its name in the cluster.
        name: String,
        /// The cluster's id.
        cluster_id: String,
        /// The cluster's name.
        cluster: String,
        /// The leader's node id.
        leader: String,
        /// The leader's epoch.
        epoch: u64,
    },
    /// It is not.
    Refused {
        /// Why.
        why: Message,
    },
}
