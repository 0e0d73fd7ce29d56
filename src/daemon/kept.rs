//! What a worker keeps of its membership, as the file has it.

use std::net::SocketAddr;

use data_encoding::BASE64URL_NOPAD;
use rustls::pki_types::CertificateDer;
use serde::{Deserialize, Serialize};

use crate::engine::answers::Newcomer;
use crate::engine::node::{Local, Role};
use crate::engine::wizard;
use crate::session::tls::client::Membership;
use crate::session::trust::Admission;
use crate::wire::VERSION;

/// The file of a membership.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) v: u32,
    pub(super) name: String,
    pub(super) cluster_name: String,
    pub(super) cluster: String,
    pub(super) leader: String,
    pub(super) epoch: u64,
    pub(super) addresses: Vec<SocketAddr>,
    pub(super) certificate: String,
    pub(super) authority: String,
    /// Whether a run was begun with this node: it does not forget the cluster by itself any more.
    #[serde(default = "settled")]
    pub(super) settled: bool,
    /// Whether it came in by a session: until it is settled it goes when the initiator goes.
    #[serde(default)]
    pub(super) by_session: bool,
}

/// What was written before this was kept is taken for a cluster that is there.
const fn settled() -> bool {
    true
}

impl Kept {
    /// What the session gave.
    pub(super) fn of(admission: Admission) -> Self {
        let membership = admission.membership;
        Self {
            v: VERSION,
            name: admission.name,
            cluster_name: admission.cluster,
            cluster: membership.cluster,
            leader: membership.leader.to_string(),
            epoch: membership.epoch,
            addresses: admission.addresses,
            certificate: BASE64URL_NOPAD.encode(&membership.certificate),
            authority: BASE64URL_NOPAD.encode(&membership.authority),
            settled: false,
            by_session: true,
        }
    }

    /// Where a daemon that starts with this stands: in a cluster, or on the way into one.
    pub(super) fn stands(self, local: &mut Local) {
        local.role = Role::Worker;
        if self.settled {
            local.member = Some(wizard::Membership {
                cluster: self.cluster_name,
                leader: String::new(),
                nodes: Vec::new(),
            });
        } else {
            local.by_session = self.by_session;
            local.newcomer = Some(Newcomer::default());
        }
    }

    /// The highest epoch this node has seen.
    pub(super) const fn epoch(&self) -> u64 {
        self.epoch
    }

    pub(super) fn membership(&self) -> Result<Membership, String> {
        let der = |text: &str| {
            let bytes = BASE64URL_NOPAD.decode(text.as_bytes());
            bytes
                .map(CertificateDer::from)
                .map_err(|error| error.to_string())
        };
        Ok(Membership {
            certificate: der(&self.certificate)?,
            authority: der(&self.authority)?,
            cluster: self.cluster.clone(),
            leader: self
                .leader
                .parse()
                .map_err(|_| "leader is not a node id".to_owned())?,
            epoch: self.epoch,
        })
    }
}
