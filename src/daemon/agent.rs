//! The worker's side: using a token, and the link to the leader.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use data_encoding::BASE64URL_NOPAD;
use secrecy::ExposeSecret;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Daemon;
use super::kept::Kept;
use super::leader::ANSWER;
use crate::engine::message::{Failure, Message};
use crate::engine::{Event, Fact};
use crate::session::files;
use crate::session::tls::client::{Joining, connect_join};
use crate::session::token::JoinToken;
use crate::wire::{JoinAnswer, JoinAsk, SHORT_LINE, Secret, ToLeader, VERSION, Wire};

/// What a worker keeps between two starts; its key is beside it.
const MEMBERSHIP_FILE: &str = "membership.json";

/// Why a kept membership cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MembershipError {
    /// The file could not be read.
    #[error(transparent)]
    Files(#[from] files::FilesError),
    /// It is not what mcloud wrote.
    #[error("{0} is damaged ({1}): move it away and join again with a new token")]
    Damaged(PathBuf, String),
}

/// A worker's link; empty on other nodes.
#[derive(Debug, Default)]
pub(super) struct Agent {
    kept: Mutex<Option<Kept>>,
    reports: Mutex<Option<mpsc::UnboundedSender<ToLeader>>>,
    keeping: Mutex<Option<CancellationToken>>,
}

impl Agent {
    /// Tells the leader something, and says whether there is a link. Without one it is lost, and the
    /// leader orders again what it has no answer to.
    pub(super) fn tell(&self, what: ToLeader) -> bool {
        let reports = self.reports.lock().unwrap_or_else(PoisonError::into_inner);
        let link = reports.as_ref();
        link.is_some_and(|link| link.send(what).is_ok())
    }

    /// What is told from now on goes to the link that holds the other end.
    pub(super) fn open_link(&self) -> mpsc::UnboundedReceiver<ToLeader> {
        let (sender, reports) = mpsc::unbounded_channel();
        *self.reports.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
        reports
    }

    /// Leaves the leader, and tells it so where there is a link.
    pub(super) fn say_leave(&self) {
        if !self.tell(ToLeader::Leave) {
            self.leave();
        }
    }

    /// Whether this node has a certificate.
    pub(super) fn is_member(&self) -> bool {
        self.kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some()
    }

    pub(super) fn kept(&self) -> Option<Kept> {
        self.kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn keep(&self, kept: Option<Kept>) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = kept;
    }

    /// Takes the keeping of the link, which only one task does at a time: the token says when to
    /// end. None where it is kept already.
    pub(super) fn begin_keeping(&self) -> Option<CancellationToken> {
        let mut keeping = self.keeping.lock().unwrap_or_else(PoisonError::into_inner);
        if keeping.as_ref().is_some_and(|leave| !leave.is_cancelled()) {
            return None;
        }
        Some(keeping.insert(CancellationToken::new()).clone())
    }

    /// Whether the leader is being told that this node leaves: the link ends after that.
    fn is_leaving(&self) -> bool {
        let reports = self.reports.lock().unwrap_or_else(PoisonError::into_inner);
        reports.as_ref().is_some_and(|reports| !reports.is_closed())
    }

    /// Ends the link for good.
    pub(super) fn leave(&self) {
        let keeping = self.keeping.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(leave) = keeping.as_ref() {
            leave.cancel();
        }
    }
}

impl Daemon {
    /// Whether a membership of an earlier join lies here.
    pub(super) fn is_kept(&self) -> bool {
        self.world.state_dir.join(MEMBERSHIP_FILE).exists()
    }

    /// Reads the membership of an earlier join and takes the link up again.
    pub(super) fn resume_agent(&self) -> Result<(), MembershipError> {
        let path = self.world.state_dir.join(MEMBERSHIP_FILE);
        let Some(text) = files::read_private(&path)? else {
            return Ok(());
        };
        let kept: Kept = serde_json::from_str(&text)
            .map_err(|error| MembershipError::Damaged(path.clone(), error.to_string()))?;
        kept.membership()
            .map_err(|error| MembershipError::Damaged(path, error))?;
        let certified = Fact::Certified {
            name: kept.name.clone(),
            cluster: kept.cluster_name.clone(),
        };
        self.agent.keep(Some(kept));
        self.push(Event::Fact(certified));
        Ok(())
    }

    /// Writes a membership down and takes it as this node's.
    pub(super) fn keep_membership(&self, kept: Kept) -> Result<(), Failure> {
        let failed = |error: &dyn std::fmt::Display| {
            Failure::new(Message::new("join.failed")).because(error)
        };
        let text = serde_json::to_string(&kept).map_err(|error| failed(&error))?;
        let path = self.world.state_dir.join(MEMBERSHIP_FILE);
        files::write_private(&path, &text).map_err(|error| failed(&error))?;
        // A link that is left from another leader ends: this one's is dialled anew.
        let old = self.agent.kept();
        let same = |old: &Kept| (&old.cluster, &old.leader) == (&kept.cluster, &kept.leader);
        if !old.as_ref().is_some_and(same) {
            self.agent.leave();
        }
        self.agent.keep(Some(kept));
        Ok(())
    }

    /// Keeps that a run was begun with this node.
    pub(super) fn settle(&self) {
        let Some(kept) = self.agent.kept().filter(|kept| !kept.settled) else {
            return;
        };
        let settled = Kept {
            settled: true,
            ..kept
        };
        if let Err(failure) = self.keep_membership(settled) {
            tracing::error!(?failure, "a membership could not be kept");
        }
    }

    /// Forgets the membership of a cluster that did not come to be.
    pub(super) fn forget(&self) {
        if !self.agent.is_leaving() {
            self.agent.leave();
        }
        self.agent.keep(None);
        let path = self.world.state_dir.join(MEMBERSHIP_FILE);
        if let Err(error) = std::fs::remove_file(&path)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::error!(%error, path = %path.display(), "a membership could not be removed");
        }
    }

    /// Uses the token that a face brought: every address of it is tried, and the first leader that
    /// answers decides.
    pub(super) async fn use_token(&self, name: Option<String>) {
        let token = self.token();
        let fact = match self.try_token(token.as_ref(), name).await {
            Ok(kept) => {
                let (name, cluster) = (kept.name.clone(), kept.cluster_name.clone());
                Fact::Certified { name, cluster }
            }
            Err(failure) => Fact::JoinRefused(failure),
        };
        self.forget_token(token.as_ref());
        self.push(Event::Fact(fact));
    }

    async fn try_token(
        &self,
        text: Option<&Secret>,
        name: Option<String>,
    ) -> Result<Kept, Failure> {
        if let Some(kept) = self.agent.kept() {
            return Ok(kept);
        }
        let none = || Failure::new(Message::new("join.no-token"));
        let text = text.ok_or_else(none)?;
        let token = JoinToken::decode(&text.0)
            .map_err(|error| Failure::new(Message::new("join.bad-token")).because(error))?;
        let mut failure = Failure::new(Message::new("join.not-reached"))
            .hint(Message::new("join.not-reached-fix"));
        for address in token.invitation.addresses.clone() {
            match connect_join(address, &token, self.world.clock.now()).await {
                Ok(joining) => return self.ask(&token, joining, name).await,
                Err(error) => failure = failure.because(format_args!("{address}: {error}")),
            }
        }
        Err(failure)
    }

    async fn ask(
        &self,
        token: &JoinToken,
        joining: Joining,
        name: Option<String>,
    ) -> Result<Kept, Failure> {
        let failed = |error: &dyn std::fmt::Display| {
            Failure::new(Message::new("join.failed")).because(error)
        };
        let csr = self.identity.csr().map_err(|error| failed(&error))?;
        let mut wire = Wire::<_, JoinAsk, JoinAnswer>::new(joining.stream, SHORT_LINE);
        let ask = JoinAsk {
            v: VERSION,
            token: token.id.clone(),
            secret: Secret(token.secret().expose_secret().to_owned()),
            id: self.identity.id().to_string(),
            csr: BASE64URL_NOPAD.encode(&csr),
            name,
            host: crate::infra::host::hostname(&self.world),
            mcloud: self.mcloud.clone(),
        };
        wire.send(&ask).await.map_err(|error| failed(&error))?;
        let answer = tokio::time::timeout(ANSWER, wire.receive()).await;
        match answer
            .map_err(|late| failed(&late))?
            .map_err(|error| failed(&error))?
        {
            JoinAnswer::Refused { why } => {
                Err(Failure::new(why).hint(Message::new("join.refused-fix")))
            }
            JoinAnswer::Welcome {
                certificate,
                name,
                cluster_id,
                cluster,
                leader,
                epoch,
            } => {
                let kept = Kept {
                    v: VERSION,
                    name,
                    cluster_name: cluster,
                    cluster: cluster_id,
                    leader,
                    epoch,
                    addresses: token.invitation.addresses.clone(),
                    certificate,
                    authority: BASE64URL_NOPAD.encode(&joining.authority),
                    settled: false,
                    by_session: false,
                };
                self.keep_membership(kept.clone())?;
                Ok(kept)
            }
        }
    }
}
