//! What an initiator and a joiner say to each other in a session. Bytes are base64url without padding.

use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use crate::engine::message::Message;

/// From the joiner, until both have confirmed that they know the words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "t")]
pub enum JoinerOpens {
    /// The first line.
    Hello {
        /// [`super::VERSION`].
        v: u32,
        /// The session it was told of.
        #[serde(default)]
        session: String,
        /// Its message of the key exchange.
        #[serde(default)]
        pake: String,
    },
    /// It knows the words.
    Confirm {
        /// Proves it.
        mac: String,
        /// Its number for the check words, 32 bytes.
        number: String,
    },
}

/// From the initiator, until both have confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "t")]
pub enum InitiatorOpens {
    /// The answer to the hello.
    Pake {
        /// Its message of the key exchange.
        pake: String,
        /// SHA-256 that binds it to a number it does not tell yet.
        seal: String,
    },
    /// It knows the words as well.
    Confirm {
        /// Proves it.
        mac: String,
        /// The number that was sealed, 32 bytes.
        number: String,
    },
    /// It will not speak with this joiner now; the words were not looked at.
    Away {
        /// Why.
        why: Away,
    },
}

/// Why a joiner is turned away before its words are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Away {
    /// Another version of the session is spoken here.
    Version,
    /// No such session is open here.
    Session,
    /// Too many try at once, or this address was wrong too often.
    Busy,
}

/// From a joiner that confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "t")]
pub enum ToInitiator {
    /// The first line after the confirmations.
    Inventory {
        /// What it says of itself.
        inventory: Inventory,
        /// Its certificate request, DER.
        csr: String,
    },
    /// What the person at the joiner said.
    Answer {
        /// Whether it wants in.
        accept: bool,
    },
    /// A sign of life, every 2 s.
    Beat,
}

/// From an initiator that confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "t")]
pub enum ToJoiner {
    /// Both said yes: the joiner is in.
    Welcome {
        /// What it is from now on.
        welcome: Box<Welcome>,
    },
    /// It is not let in, or no longer.
    Refused {
        /// Why.
        why: Message,
    },
    /// A sign of life, every 2 s.
    Beat,
}

/// What a joiner says of itself: data to show, never to act on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// The name it goes by, a DNS label in small letters.
    pub name: String,
    /// The board's model, empty where unknown.
    #[serde(default)]
    pub model: String,
    /// mcloud's version.
    #[serde(default)]
    pub mcloud: String,
    /// The address it wants to be reached at.
    #[serde(default)]
    pub address: Option<IpAddr>,
}

/// What a joiner keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// Its certificate, DER.
    pub certificate: String,
    /// The authority's certificate, DER.
    pub authority: String,
    /// Its name in the cluster.
    pub name: String,
    /// The cluster's id.
    pub cluster_id: String,
    /// The cluster's name.
    pub cluster: String,
    /// The leader's node id.
    pub leader: String,
    /// The leader's epoch.
    pub epoch: u64,
    /// Where the leader can be reached.
    pub addresses: Vec<SocketAddr>,
}
