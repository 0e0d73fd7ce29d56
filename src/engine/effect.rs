//! Effects: what must be done outside.

use std::sync::Arc;

use super::event::PublicEvent;
use super::message::Message;
use super::plan::Plan;
use super::trust::Called;
use super::{Entry, Order, Report};

/// What must be done outside.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Make or open the cluster's state, CA and listener, and write token files.
    Open {
        /// The cluster's name.
        cluster: String,
        /// The address at which joiners find this node.
        address: std::net::IpAddr,
        /// The nodes that are to join.
        joiners: Vec<String>,
        /// Where their token files go.
        tokens: Option<String>,
        /// Whether a cluster that never came to be makes room for it.
        fresh: bool,
    },
    /// Draw new words and open a session: a fact follows.
    OpenSession,
    /// Close the session: nobody comes in any more, who waits is told.
    CloseSession,
    /// Answer a joiner that typed the right words.
    Decide {
        /// Its node id.
        joiner: String,
        /// The check words of the connection that is meant: another one of the same node hears nothing.
        check: Vec<String>,
        /// Why not; none: it is let in, once its own operator has said yes.
        refuse: Option<Message>,
    },
    /// Put a node out again: its certificate is worthless, and it is told why.
    Dismiss {
        /// Its name.
        node: String,
        /// Why.
        why: Message,
    },
    /// Give up a cluster that was never installed: everybody is told, and nothing of it stays.
    Abandon,
    /// Call an initiator with the words the daemon was given (joiner).
    Call(Called),
    /// Tell the initiator whether this node's operator trusts it (joiner).
    Answer(bool),
    /// Forget the membership of a cluster that did not come to be (worker).
    Forget,
    /// Look at this node: a fact follows.
    Gather,
    /// Have agents look at their nodes: facts follow.
    GatherAt(Vec<String>),
    /// Use the token to get a certificate (worker).
    UseToken {
        /// This node's name by the preseed, where there is one.
        name: Option<String>,
    },
    /// Keep that a run was begun with this node: it does not forget the cluster by itself any more.
    Settle,
    /// Keep a link to the leader (worker).
    KeepLink,
    /// Tell the leader that this node leaves (worker).
    LeaveLeader,
    /// Compute the plan's digest.
    Digest {
        /// The revision the plan was made at.
        revision: u64,
        /// The plan.
        plan: Arc<Plan>,
    },
    /// Write a journal entry, durably.
    Journal {
        /// The run it belongs to.
        run: String,
        /// The entry.
        entry: Box<Entry>,
    },
    /// Do something with a step on this node.
    Do(Order),
    /// Have another node do something with a step.
    Send {
        /// The node.
        node: String,
        /// The order.
        order: Order,
    },
    /// Ask every running step to stop at the next safe place.
    CancelAll,
    /// Write a report below the state directory: a fact follows.
    WriteReport,
    /// Tell the leader how an order went (worker).
    Report(Report),
    /// Tell everyone who watches.
    Emit(PublicEvent),
}
