//! A worker's link to its leader: dialled, kept, spoken over.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use super::Daemon;
use crate::engine::message::{Failure, Message};
use crate::engine::{Event, Fact, Report};
use crate::session::tls::client::{Membership, connect_agent};
use crate::wire::{LONG_LINE, ToAgent, ToLeader, VERSION, Wire, WireError};

/// How often an agent shows that it lives.
const BEAT: Duration = Duration::from_secs(2);

/// A rehearsal's clock may run fast; beats come no quicker than this, in life's time.
const QUICKEST_BEAT: Duration = Duration::from_millis(100);

/// How long an agent waits before it dials again: at first, and at most.
const DIAL_AGAIN: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));

impl Daemon {
    /// Keeps a link to the leader until this daemon ends or the node leaves.
    pub(super) async fn keep_link(self: Arc<Self>) {
        let Some(kept) = self.agent.kept() else {
            return;
        };
        let Ok(membership) = kept.membership() else {
            return;
        };
        let Some(leave) = self.agent.begin_keeping() else {
            return;
        };
        let mut wait = DIAL_AGAIN.0;
        while !leave.is_cancelled() {
            for address in &kept.addresses {
                if self.dial(*address, &membership, &leave).await {
                    wait = DIAL_AGAIN.0;
                }
                if leave.is_cancelled() {
                    return;
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

    /// One link, until it ends; says whether the leader spoke.
    async fn dial(
        self: &Arc<Self>,
        address: SocketAddr,
        membership: &Membership,
        leave: &CancellationToken,
    ) -> bool {
        let now = self.world.clock.now();
        let link = match connect_agent(address, &self.identity, membership, now).await {
            Ok(link) => link,
            Err(error) => {
                tracing::debug!(%address, %error, "the leader is not reached");
                return false;
            }
        };
        super::links::watch_over(link.stream.get_ref().0);
        let mut spoke = false;
        let ended = leave
            .run_until_cancelled(self.link(link.stream, &mut spoke))
            .await;
        tracing::debug!(%address, ?ended, "the link to the leader has ended");
        spoke
    }

    /// Speaks with the leader over one link until it ends; `spoke` is set once the leader did.
    async fn link<T>(self: &Arc<Self>, stream: T, spoke: &mut bool) -> Result<(), WireError>
    where
        T: AsyncRead + AsyncWrite + Unpin,
    {
        let mut wire = Wire::<T, ToLeader, ToAgent>::new(stream, LONG_LINE);
        let mut reports = self.agent.open_link();
        let (events, began) = self.hub.told_by_leader();
        let hello = ToLeader::Hello {
            v: VERSION,
            mcloud: self.mcloud.clone(),
            epoch: self.agent.kept().map_or(0, |kept| kept.epoch()),
            events,
            began,
        };
        wire.send(&hello).await?;
        let every = self.world.clock.in_life(BEAT).max(QUICKEST_BEAT);
        let mut beat = tokio::time::interval(every);
        loop {
            tokio::select! {
                said = wire.receive() => {
                    let said = said?;
                    if let ToAgent::Refused { why } = said {
                        // Another version is mended by an update, not by forgetting.
                        if why.code != "wire.version" {
                            self.refused(why);
                        }
                        return Ok(());
                    }
                    if !*spoke {
                        *spoke = true;
                        self.push(Event::Fact(Fact::Link(true)));
                    }
                    self.hear(said);
                }
                report = reports.recv() => {
                    let Some(report) = report else { return Ok(()) };
                    wire.send(&report).await?;
                    if report == ToLeader::Leave {
                        self.agent.leave();
                        return Ok(());
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
            ToAgent::Cluster { cluster } => {
                let cluster = super::perform::sealed(*cluster);
                self.push(Event::Fact(Fact::Cluster(Box::new(cluster))));
            }
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
            ToAgent::Refused { why } => self.refused(why),
        }
    }

    /// The leader will not have this node: it calls no more, and a new token is free to be used.
    fn refused(&self, why: Message) {
        self.agent.leave();
        self.agent.keep(None);
        let failure = Failure::new(why).hint(Message::new("join.refused-fix"));
        self.push(Event::Fact(Fact::JoinRefused(failure)));
    }

    /// Sends a report up.
    pub(super) fn report(&self, report: Report) {
        self.agent.tell(ToLeader::Report {
            report: Box::new(report),
        });
    }
}
