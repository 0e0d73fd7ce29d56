//! The worker's side: using a token, and the link to the leader.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use rustls::pki_types::CertificateDer;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Daemon;
use super::leader::ANSWER;
use crate::engine::message::{Failure, Message};
use crate::engine::{Event, Fact, Report};
use crate::session::files;
use crate::session::tls::client::{Joining, Membership, connect_agent, connect_join};
use crate::session::token::JoinToken;
use crate::wire::{
    JoinAnswer, JoinAsk, LONG_LINE, SHORT_LINE, ToAgent, ToLeader, VERSION, Wire, WireError,
};

/// What a worker keeps between two starts; its key is beside it.
const MEMBERSHIP_FILE: &str = "membership.json";

/// How often an agent shows that it lives.
const BEAT: Duration = Duration::from_secs(2);

/// How long an agent waits before it dials again: at first, and at most.
const DIAL_AGAIN: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));

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

/// The file of a membership.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    v: u32,
    name: String,
    cluster_name: String,
    cluster: String,
    leader: String,
    epoch: u64,
    addresses: Vec<SocketAddr>,
    certificate: String,
    authority: String,
}

impl Kept {
    fn membership(&self) -> Result<Membership, String> {
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

/// A worker's link; empty on other nodes.
#[derive(Debug, Default)]
pub(super) struct Agent {
    kept: Mutex<Option<Kept>>,
    reports: Mutex<Option<mpsc::UnboundedSender<ToLeader>>>,
    leave: CancellationToken,
}

impl Agent {
    /// Tells the leader something; without a link it is lost, and the leader orders again what it
    /// has no answer to.
    pub(super) fn tell(&self, what: ToLeader) {
        let reports = self.reports.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(reports) = reports.as_ref() {
            let _ = reports.send(what);
        }
    }

    /// Whether this node has a certificate.
    pub(super) fn is_member(&self) -> bool {
        self.kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some()
    }

    fn kept(&self) -> Option<Kept> {
        self.kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn keep(&self, kept: Kept) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
    }
}

impl Daemon {
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
        self.agent.keep(kept);
        self.push(Event::Fact(certified));
        Ok(())
    }

    /// Uses the token that a face brought: every address of it is tried, and the first leader that
    /// answers decides.
    pub(super) async fn use_token(&self, name: Option<String>) {
        let fact = match self.try_token(name).await {
            Ok(kept) => {
                let (name, cluster) = (kept.name.clone(), kept.cluster_name.clone());
                self.agent.keep(kept);
                Fact::Certified { name, cluster }
            }
            Err(failure) => Fact::JoinRefused(failure),
        };
        self.push(Event::Fact(fact));
    }

    async fn try_token(&self, name: Option<String>) -> Result<Kept, Failure> {
        if let Some(kept) = self.agent.kept() {
            return Ok(kept);
        }
        let none = || Failure::new(Message::new("join.no-token"));
        let text = self.take_token().ok_or_else(none)?;
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
            secret: crate::wire::Secret(token.secret().expose_secret().to_owned()),
            id: self.identity.id().to_string(),
            csr: BASE64URL_NOPAD.encode(&csr),
            name,
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
                };
                let text = serde_json::to_string(&kept).map_err(|error| failed(&error))?;
                let path = self.world.state_dir.join(MEMBERSHIP_FILE);
                files::write_private(&path, &text).map_err(|error| failed(&error))?;
                Ok(kept)
            }
        }
    }

    /// Keeps a link to the leader until this daemon ends or the node leaves.
    pub(super) async fn keep_link(self: Arc<Self>) {
        let Some(kept) = self.agent.kept() else {
            return;
        };
        let Ok(membership) = kept.membership() else {
            return;
        };
        let mut wait = DIAL_AGAIN.0;
        let leave = self.agent.leave.clone();
        while !leave.is_cancelled() {
            for address in &kept.addresses {
                let now = self.world.clock.now();
                match connect_agent(*address, &self.identity, &membership, now).await {
                    Ok(link) => {
                        let ended = self.link(link.stream).await;
                        tracing::debug!(%address, ?ended, "the link to the leader has ended");
                        if ended.is_ok_and(|spoke| spoke) {
                            wait = DIAL_AGAIN.0;
                        }
                    }
                    Err(error) => tracing::debug!(%address, %error, "the leader is not reached"),
                }
                self.push(Event::Fact(Fact::Link(false)));
            }
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = leave.cancelled() => {}
            }
            wait = wait.saturating_mul(2).min(DIAL_AGAIN.1);
        }
    }

    /// Speaks with the leader over one link; says whether the leader spoke.
    async fn link<T>(self: &Arc<Self>, stream: T) -> Result<bool, WireError>
    where
        T: AsyncRead + AsyncWrite + Unpin,
    {
        let mut wire = Wire::<T, ToLeader, ToAgent>::new(stream, LONG_LINE);
        let (sender, mut reports) = mpsc::unbounded_channel();
        *self
            .agent
            .reports
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(sender);
        let (events, began) = self.hub.told_by_leader();
        let hello = ToLeader::Hello {
            v: VERSION,
            mcloud: self.mcloud.clone(),
            epoch: 0,
            events,
            began,
        };
        wire.send(&hello).await?;
        let mut beat = tokio::time::interval(BEAT);
        let mut spoke = false;
        loop {
            tokio::select! {
                said = wire.receive() => {
                    if !spoke {
                        spoke = true;
                        self.push(Event::Fact(Fact::Link(true)));
                    }
                    self.hear(said?);
                }
                report = reports.recv() => {
                    let Some(report) = report else { return Ok(spoke) };
                    wire.send(&report).await?;
                    if report == ToLeader::Leave {
                        self.agent.leave.cancel();
                        return Ok(spoke);
                    }
                }
                _ = beat.tick() => {
                    wire.send(&ToLeader::Beat { now: self.world.clock.now() }).await?;
                }
            }
        }
    }

    fn hear(self: &Arc<Self>, said: ToAgent) {
        match said {
            ToAgent::Cluster { cluster } => self.push(Event::Fact(Fact::Cluster(cluster))),
            ToAgent::Event { seq, began, event } => {
                if self.hub.is_news(began, seq) {
                    self.push(Event::Fact(Fact::Told(*event)));
                }
            }
            ToAgent::Gather => {
                self.tasks.spawn(Arc::clone(self).gather());
            }
            ToAgent::Order { order, inputs } => {
                let inputs = inputs.into_iter().map(|(name, secret)| (name, secret.0));
                self.keep_inputs(&order, inputs.collect());
                self.push(Event::Fact(Fact::Ordered(order)));
            }
            ToAgent::Cancel => self.worker.cancel_all(),
            ToAgent::Refused { why } => {
                self.agent.leave.cancel();
                self.push(Event::Fact(Fact::JoinRefused(Failure::new(why))));
            }
        }
    }

    /// Sends a report up.
    pub(super) fn report(&self, report: Report) {
        self.agent.tell(ToLeader::Report {
            report: Box::new(report),
        });
    }
}
