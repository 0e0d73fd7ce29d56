//! What MicroCeph and MicroOVN share: microcluster, the library both are made with, as its versions
//! 2.0, 2.1 and 3 speak over a unix socket, and the steps that make a cluster of it.

pub mod client;
pub mod refusals;
pub mod types;

pub(in crate::infra) mod bootstrap;
pub(in crate::infra) mod failures;
pub(in crate::infra) mod invite;
pub(in crate::infra) mod join;
pub(in crate::infra) mod reach;
pub(in crate::infra) mod ready;
pub(in crate::infra) mod standing;
pub(in crate::infra) mod status;
pub(in crate::infra) mod terms;

use crate::engine::message::Message;

/// An application of microcluster, as its steps tell it from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::infra) struct App {
    /// What it is called.
    pub(in crate::infra) name: &'static str,
    /// Its snap, and its command.
    pub(in crate::infra) snap: &'static str,
    /// The unit of its daemon.
    pub(in crate::infra) unit: &'static str,
    /// What only answers once its own services work: a member is listed as online long before.
    pub(in crate::infra) proof: &'static str,
    /// The unit of the service that is started after the one that answers that; none where it is the last.
    pub(in crate::infra) last: Option<&'static str>,
}

impl App {
    /// A sentence of this application.
    pub(in crate::infra) fn say(self, code: &str) -> Message {
        Message::new(code)
            .with("service", self.name)
            .with("snap", self.snap)
    }
}
