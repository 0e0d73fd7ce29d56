//! The leader's end of the links to its agents.

mod life;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::time::Interval;

use life::SILENCE;
pub(super) use life::{LEADERS_BEAT, watch_over};

use super::hub::News;
use super::{Daemon, heard};
use crate::engine::event::What;
use crate::engine::message::Message;
use crate::engine::node::{Cluster, Stage};
use crate::engine::{Event, Fact};
use crate::wire::{LONG_LINE, REPORT_LINE, ToAgent, ToLeader, VERSION, Wire, WireError, abridge};

/// Agents that are connected, by name.
#[derive(Debug, Default)]
pub(super) struct Links(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    next: u64,
    up: BTreeMap<String, (u64, mpsc::UnboundedSender<ToAgent>)>,
}

impl Links {
    /// Sends to one agent; what cannot be sent is ordered again when its link is back.
    pub(super) fn send(&self, node: &str, what: ToAgent) {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, link)) = inner.up.get(node) {
            let _ = link.send(what);
        }
    }

    /// Sends to every agent.
    pub(super) fn send_all(&self, what: &ToAgent) {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, link) in inner.up.values() {
            let _ = link.send(what.clone());
        }
    }

    /// Tells every agent why it is over, and ends their links.
    pub(super) fn part(&self, why: &Message) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, link) in std::mem::take(&mut inner.up).into_values() {
            let _ = link.send(ToAgent::Refused { why: why.clone() });
        }
    }

    /// Shows which agents are connected; while it is looked at, none comes or goes.
    pub(super) fn look<R>(&self, at: impl FnOnce(&dyn Fn(&str) -> bool) -> R) -> R {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        at(&|node| inner.up.contains_key(node))
    }

    /// Whether an agent is connected.
    pub(super) fn is_up(&self, node: &str) -> bool {
        self.look(|is_up| is_up(node))
    }

    /// A node's newest link replaces an older one, which ends when its sender is dropped here; says
    /// the link's number and whether there was an older one.
    fn add(&self, node: &str) -> (u64, bool, mpsc::UnboundedReceiver<ToAgent>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.next = inner.next.saturating_add(1);
        let number = inner.next;
        let old = inner.up.insert(node.to_owned(), (number, sender));
        (number, old.is_some(), receiver)
    }

    /// Forgets a link, unless a newer one took its place; says whether it was forgotten.
    fn remove(&self, node: &str, number: u64) -> bool {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let current = inner
            .up
            .get(node)
            .is_some_and(|(current, _)| *current == number);
        if current {
            inner.up.remove(node);
        }
        current
    }
}

/// State goes to an agent at most this often; beginnings, ends, and an order that could not be obeyed
/// without it take the newest with them at once.
const STATE_EVERY: Duration = Duration::from_millis(100);

/// Speaks with one agent until its link ends; it is known by its certificate's fingerprint.
pub(super) async fn serve<T>(daemon: Arc<Daemon>, stream: T, (node, certificate): (String, String))
where
    T: AsyncRead + AsyncWrite + Unpin + Send,
{
    let mut wire = Wire::<T, ToAgent, ToLeader>::uneven(stream, LONG_LINE, REPORT_LINE);
    let Some(links) = daemon.leader.links() else {
        return;
    };
    let hello = tokio::time::timeout(super::leader::ANSWER, wire.receive()).await;
    let Ok(Ok(ToLeader::Hello {
        v,
        events,
        began,
        fills,
        ..
    })) = hello
    else {
        return;
    };
    if v != VERSION {
        let why = Message::new("wire.version")
            .with("theirs", v)
            .with("ours", VERSION);
        let _ = wire.send(&ToAgent::Refused { why }).await;
        return;
    }
    let (number, replaces, orders) = links.add(&node);
    if replaces {
        // The leader had not noticed that the old link was lost, with what was on its way there.
        daemon.push(Event::Fact(Fact::LinkDown(node.clone())));
    }
    daemon.push(Event::Fact(Fact::LinkUp(node.clone())));
    let mut talk = Talk {
        daemon: Arc::clone(&daemon),
        wire,
        node: node.clone(),
        certificate,
        fills,
        sent: None,
    };
    let ended = talk.talk(orders, (events, began)).await;
    tracing::debug!(node, ?ended, "an agent's link has ended");
    if links.remove(&node, number) {
        daemon.push(Event::Fact(Fact::LinkDown(node)));
    }
}

struct Talk<T> {
    daemon: Arc<Daemon>,
    wire: Wire<T, ToAgent, ToLeader>,
    node: String,
    certificate: String,
    /// Whether the agent fills in what is left out of a state.
    fills: bool,
    /// The state that the agent has.
    sent: Option<Arc<Cluster>>,
}

impl<T: AsyncRead + AsyncWrite + Unpin> Talk<T> {
    async fn talk(
        &mut self,
        mut orders: mpsc::UnboundedReceiver<ToAgent>,
        held: (u64, u64),
    ) -> Result<(), WireError> {
        let mut cluster = self.daemon.hub.cluster.subscribe();
        let mut news = self.daemon.hub.follow();
        let mut pace = tokio::time::interval(STATE_EVERY);
        pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        self.send_state().await?;
        if self.sent.is_none() {
            // A leader that has nothing to tell yet says so by its first word: the agent is let in.
            self.wire.send(&ToAgent::Gather).await?;
        }
        let mut beat = tokio::time::interval(LEADERS_BEAT);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut silent = std::pin::pin!(tokio::time::sleep(SILENCE));
        loop {
            tokio::select! {
                said = self.wire.receive() => {
                    silent.as_mut().reset(tokio::time::Instant::now() + SILENCE);
                    if !self.takes(said?, &mut beat).await? { return Ok(()) }
                }
                order = orders.recv() => {
                    let Some(order) = order else { return Ok(()) };
                    // The agent must hold the plan that the order is about, and whoever is refused
                    // must have heard of the end before it: nothing comes after a refusal.
                    if !self.knows_what(&order) {
                        self.send_state().await?;
                        if let Some(told) = news.waiting() {
                            self.send_events(told, held).await?;
                        }
                    }
                    self.wire.send(&order).await?;
                }
                told = news.next() => {
                    let Some(told) = told else { return Ok(()) };
                    self.send_events(told, held).await?;
                }
                _ = pace.tick(), if cluster.has_changed().unwrap_or(false) => {
                    cluster.mark_unchanged();
                    self.send_state().await?;
                }
                () = &mut silent => return Ok(()),
                _ = beat.tick() => self.wire.send(&ToAgent::Beat).await?,
            }
        }
    }

    /// Takes what an agent says if it may still speak; false when the link ends. A disk that is slow
    /// to say whether it may makes no leader seem dead.
    async fn takes(&mut self, said: ToLeader, beat: &mut Interval) -> Result<bool, WireError> {
        let daemon = Arc::clone(&self.daemon);
        let certificate = self.certificate.clone();
        let mut asked = std::pin::pin!(daemon.is_believed(&certificate));
        let believed = loop {
            tokio::select! {
                biased;
                believed = &mut asked => break believed,
                _ = beat.tick() => self.wire.send(&ToAgent::Beat).await?,
            }
        };
        if !believed {
            let why = Message::new("link.revoked");
            self.wire.send(&ToAgent::Refused { why }).await?;
            return Ok(false);
        }
        Ok(self.hear(said))
    }

    /// Whether the agent has what it obeys an order by. What else is new comes at its own pace.
    fn knows_what(&self, said: &ToAgent) -> bool {
        let (ToAgent::Order { order, .. }, Some(sent)) = (said, &self.sent) else {
            return false;
        };
        let runs = matches!(sent.stage, Stage::Installing | Stage::Stopped);
        runs && sent.digest.as_ref() == Some(&order.digest)
    }

    async fn send_state(&mut self) -> Result<(), WireError> {
        let newest = Arc::clone(&self.daemon.hub.cluster.borrow());
        let sent = self.sent.as_ref().map_or(0, |sent| sent.revision);
        if newest.revision > sent {
            let known = self.sent.replace(Arc::clone(&newest));
            let (cluster, left_out) = match known.filter(|_| self.fills) {
                Some(known) => {
                    let (rest, left_out) = abridge(&newest, &known);
                    (Arc::new(rest), Some(left_out))
                }
                None => (newest, None),
            };
            let state = ToAgent::Cluster { cluster, left_out };
            self.wire.send(&state).await?;
        }
        Ok(())
    }

    /// Sends events, and not those that the agent held when it came: `held` is how many it had of
    /// the undertaking that began at that time.
    async fn send_events(&mut self, news: News, held: (u64, u64)) -> Result<(), WireError> {
        let is_edge = |what: &What| matches!(what, What::Hello { .. } | What::Done { .. });
        if news.events.iter().any(|event| is_edge(&event.what)) {
            // The picture of an end must be there before the event that tells of it.
            self.send_state().await?;
        }
        let began = news.began;
        for (offset, event) in news.events.into_iter().enumerate() {
            let seq = u64::try_from(news.first.saturating_add(offset)).unwrap_or(u64::MAX);
            let known = began == held.1 && seq < held.0;
            if !known {
                let event = Box::new(event.as_ref().clone());
                self.wire
                    .send(&ToAgent::Event { seq, began, event })
                    .await?;
            }
        }
        Ok(())
    }

    /// Takes what an agent says; false when it gives the undertaking up.
    fn hear(&self, said: ToLeader) -> bool {
        let cluster = Arc::clone(&self.daemon.hub.cluster.borrow());
        let Some(fact) = heard::fact(said, &self.node, &cluster) else {
            return true;
        };
        let goes_on = !matches!(fact, Fact::PeerLeft(_));
        self.daemon.push(Event::Fact(fact));
        goes_on
    }
}
