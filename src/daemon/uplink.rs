//! A worker's link to its leader: dialled, kept, spoken over.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use super::Daemon;
use super::links::LEADERS_BEAT;
use super::perform::seal;
use crate::engine::message::{Failure, Message};
use crate::engine::node::{Cluster, Stage};
use crate::engine::plan::Plan;
use crate::engine::{Event, Fact, Report};
use crate::session::tls::client::{Membership, connect_agent};
use crate::wire::{LONG_LINE, LeftOut, ToAgent, ToLeader, VERSION, Wire, WireError};

/// How often an agent shows that it lives.
const BEAT: Duration = Duration::from_secs(2);

/// A rehearsal's clock may run fast; beats come no quicker than this, in life's time.
const QUICKEST_BEAT: Duration = Duration::from_millis(100);

/// For how many of its leader's beats an agent hears nothing until its link counts as lost: before
/// Install two seconds, since who waits at its console must learn soon that nobody is there; then as
/// long as a leader waits, since a busy one is no dead one. A lost link is dialled again at once.
const MISSED: (u32, u32) = (4, 30);

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
            fills: true,
        };
        wire.send(&hello).await?;
        let every = self.world.clock.in_life(BEAT).max(QUICKEST_BEAT);
        let mut held = Held::default();
        let mut beat = tokio::time::interval(every);
        // Counted by this node's own pulse: where it stood still itself, nothing was missed.
        let mut pulse = tokio::time::interval(LEADERS_BEAT);
        pulse.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut missed = 0;
        loop {
            tokio::select! {
                biased;
                said = wire.receive() => {
                    let said = said?;
                    missed = 0;
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
                    self.hear(said, &mut held)?;
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
                _ = pulse.tick() => {
                    missed += 1;
                    if missed >= held.patience() { return Ok(()) }
                }
            }
        }
    }

    fn hear(self: &Arc<Self>, said: ToAgent, held: &mut Held) -> Result<(), WireError> {
        match said {
            ToAgent::Cluster { cluster, left_out } => {
                let cluster = held.take(Arc::unwrap_or_clone(cluster), left_out)?;
                self.push(Event::Fact(Fact::Cluster(Box::new(cluster))));
            }
            ToAgent::Event { seq, began, event } => {
                if self.hub.is_news(began, seq) {
                    self.push(Event::Fact(Fact::Told(*event)));
                }
            }
            ToAgent::Beat => {}
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
        Ok(())
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

/// The leader's state as it came last over a link.
#[derive(Debug, Default)]
struct Held {
    cluster: Option<Cluster>,
    /// Its plan, with the digest that this mcloud makes of it.
    plan: Option<(Arc<Plan>, String)>,
}

impl Held {
    /// For how many beats the leader may be silent.
    fn patience(&self) -> u32 {
        let stage = self.cluster.as_ref().map(|cluster| cluster.stage);
        match stage {
            Some(Stage::Forming | Stage::Gathering | Stage::Review) => MISSED.0,
            _ => MISSED.1,
        }
    }

    /// The whole state, as this agent believes it.
    fn take(&mut self, rest: Cluster, out: Option<LeftOut>) -> Result<Cluster, WireError> {
        let known = self.cluster.take();
        let whole = match (out, known) {
            (None, _) => Some(rest),
            (Some(out), Some(known)) => out.fill(rest, &known),
            (Some(_), None) => None,
        };
        let whole = whole.ok_or(WireError::LeftOut)?;
        self.cluster = Some(whole.clone());
        let digest = whole.plan.as_ref().map(|plan| self.digest(plan));
        Ok(believed(whole, digest.as_deref()))
    }

    fn digest(&mut self, plan: &Arc<Plan>) -> String {
        let known = self.plan.take();
        let known = known.filter(|(known, _)| Arc::ptr_eq(known, plan));
        let known = known.unwrap_or_else(|| (Arc::clone(plan), seal(plan)));
        self.plan.insert(known).1.clone()
    }
}

/// The leader's state as an agent believes it: a digest that is not that of the plan beside it, as
/// this mcloud reads it, seals nothing, and no order is obeyed.
fn believed(mut cluster: Cluster, digest: Option<&str>) -> Cluster {
    if digest != cluster.digest.as_deref() {
        cluster.digest = None;
    }
    cluster
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(leader: &str) -> Plan {
        Plan {
            cluster: "c1".to_owned(),
            nodes: vec!["pi-a".to_owned()],
            leader: leader.to_owned(),
            steps: Vec::new(),
            erasures: Vec::new(),
            formats: Vec::new(),
            standing: Vec::new(),
            driver: None,
        }
    }

    #[test]
    fn a_digest_seals_the_plan_it_was_made_of_and_no_other() {
        let digest = seal(&plan("pi-a"));
        let mut held = Held::default();
        for (leader, kept) in [("pi-a", true), ("pi-b", false)] {
            let cluster = Cluster {
                plan: Some(Arc::new(plan(leader))),
                digest: Some(digest.clone()),
                ..Cluster::default()
            };
            let taken = held.take(cluster, None).expect("it is whole");
            assert_eq!(taken.digest.is_some(), kept, "{leader}");
        }
    }

    #[test]
    fn what_is_left_out_without_a_state_before_ends_the_link() {
        let out = Some(LeftOut::default());
        let taken = Held::default().take(Cluster::default(), out);
        assert!(matches!(taken, Err(WireError::LeftOut)));
    }

    #[test]
    fn a_plan_that_is_left_out_keeps_its_seal_and_gives_it_to_no_other() {
        let (old, new) = (Arc::new(plan("pi-a")), Arc::new(plan("pi-b")));
        let state = |revision, plan: &Arc<Plan>| Cluster {
            revision,
            plan: Some(Arc::clone(plan)),
            digest: Some(seal(plan)),
            ..Cluster::default()
        };
        let mut held = Held::default();
        let (first, second, third) = (state(1, &old), state(2, &old), state(3, &new));
        held.take(first.clone(), None).expect("it is whole");
        for (before, after) in [(first, second.clone()), (second, third)] {
            let (rest, out) = crate::wire::abridge(&after, &before);
            let taken = held.take(rest, Some(out)).expect("it came after");
            assert_eq!(taken, after);
        }
    }
}
