//! The initiator's side: the session is open, joiners knock, both operators decide.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Decision, OpenHere, lock};
use crate::daemon::Daemon;
use crate::daemon::leader::Open;
use crate::engine::message::{Failure, Message};
use crate::engine::neighbours::Peer;
use crate::engine::picture::Picture;
use crate::engine::trust::{Knock, KnockState};
use crate::engine::{Event, Fact};
use crate::session::trust::{
    Channel, Guards, Joiner, JoinerSays, OpenSession, SessionId, TrustError, Visit, confirm_joiner,
    turn_away,
};
use crate::session::words::Words;
use crate::store::{NewCertificate, Node, NodeRole, NodeState};
use crate::wire::ToAgent;
use crate::wire::trust::{Away, Welcome};

impl Daemon {
    /// Draws words and opens a session with them; one that was open is closed.
    pub(super) async fn open_session(self: Arc<Self>) {
        let drawn = tokio::task::spawn_blocking(|| {
            let failed = |error: &dyn std::fmt::Display| {
                Failure::new(Message::new("session.not-opened")).because(error)
            };
            let words = Words::draw().map_err(|error| failed(&error))?;
            let id = SessionId::draw().map_err(|error| failed(&error))?;
            let session = OpenSession::new(&words, id).map_err(|error| failed(&error))?;
            Ok((words, session))
        });
        let fact = match drawn.await {
            Ok(Ok((words, session))) => {
                let id = session.id().to_string();
                self.trust.close();
                lock(&self.trust.invited).clear();
                *lock(&self.trust.open) = Some(Arc::new(OpenHere {
                    words,
                    session,
                    closed: CancellationToken::new(),
                    waiting: std::sync::Mutex::default(),
                }));
                Fact::SessionOpened(id)
            }
            Ok(Err(failure)) => Fact::SessionNotOpened(failure),
            Err(panic) => Fact::SessionNotOpened(
                Failure::new(Message::new("session.not-opened")).because(panic),
            ),
        };
        self.push(Event::Fact(fact));
    }

    /// Takes a caller of the session through its confirmation, and waits for both operators.
    pub(in crate::daemon) async fn visited<T: AsyncRead + AsyncWrite + Unpin>(
        self: &Arc<Self>,
        leader: &Arc<Open>,
        (stream, channel): (T, Channel),
        (source, guards): (IpAddr, &Guards),
    ) -> Result<(), TrustError> {
        let Some(open) = self.trust.open() else {
            let _place = guards.place(source).ok_or(TrustError::Busy)?;
            turn_away(stream, Away::Session).await;
            return Ok(());
        };
        let now = self.world.clock.now();
        let visit = Visit {
            guards,
            source,
            now,
        };
        let joiner = confirm_joiner(stream, &open.session, &channel, visit).await?;
        self.receive(leader, &open, (joiner, source)).await
    }

    /// Keeps half of the leader's places for the nodes that the operator wants, as the picture shows
    /// them. What is heard can be forged: this is against silent callers, and no proof of anything.
    pub(in crate::daemon) fn invite(&self, picture: &Picture) {
        let wizard = &picture.wizard;
        let (Some(session), Some(leader)) = (&wizard.session, self.leader.open()) else {
            return;
        };
        let wanted = |peer: &&Peer| peer.compatible && !session.left_out.contains(&peer.id);
        let peers = wizard.neighbours.peers.iter().filter(wanted);
        let knocks = session.knocks.iter().map(|knock| knock.address);
        let addresses = peers.map(|peer| peer.address).chain(wizard.typed.clone());
        let addresses: Vec<_> = addresses.chain(knocks).collect();
        let mut invited = lock(&self.trust.invited);
        if *invited != addresses {
            leader.guards.invite(&addresses);
            *invited = addresses;
        }
    }

    async fn receive<T: AsyncRead + AsyncWrite + Unpin>(
        self: &Arc<Self>,
        leader: &Arc<Open>,
        open: &OpenHere,
        (mut joiner, source): (Joiner<T>, IpAddr),
    ) -> Result<(), TrustError> {
        let id = joiner.id.to_string();
        let (sender, mut decisions) = mpsc::unbounded_channel::<Decision>();
        // An older connection of the same node sees its channel close, and goes.
        lock(&open.waiting).insert(id.clone(), (joiner.check.to_vec(), sender));
        let knock = knock(&joiner, source);
        let address = knock.address;
        self.push(Event::Fact(Fact::Knocked(knock)));
        let mut admitted = false;
        while !(admitted && joiner.accepted()) {
            tokio::select! {
                said = joiner.next() => {
                    let accepts = match said {
                        JoinerSays::Accepted => Some(true),
                        JoinerSays::Declined => Some(false),
                        JoinerSays::Gone(_) => None,
                    };
                    self.push(Event::Fact(Fact::JoinerSaid(id.clone(), accepts)));
                    if accepts != Some(true) { return Ok(()) }
                }
                decision = decisions.recv() => match decision {
                    Some(None) => admitted = true,
                    Some(Some(why)) => return joiner.refuse(why).await,
                    None => return Ok(()),
                },
                () = open.closed.cancelled() => {
                    return joiner.refuse(Message::new("session.over")).await;
                }
            }
        }
        match self.let_in(leader, &joiner, address).await {
            Ok(welcome) => {
                // Before it hears of it: its link may come at once.
                let node = welcome.name.clone();
                self.push(Event::Fact(Fact::Joined {
                    node,
                    id,
                    session: true,
                }));
                joiner.welcome(welcome).await
            }
            Err(why) => {
                self.push(Event::Fact(Fact::JoinerSaid(id, Some(false))));
                joiner.refuse(why).await
            }
        }
    }

    /// Signs the joiner's certificate and records the node, both or neither.
    async fn let_in<T>(
        &self,
        leader: &Arc<Open>,
        joiner: &Joiner<T>,
        address: IpAddr,
    ) -> Result<Welcome, Message> {
        let failed =
            |error: &dyn std::fmt::Display| Message::new("join.not-issued").with("why", error);
        let now = self.world.clock.now();
        let authority = leader.authority();
        let issued = authority
            .issue_client(&joiner.csr, &joiner.id, now)
            .map_err(|error| failed(&error))?;
        let node = Node {
            id: joiner.id.to_string(),
            name: joiner.inventory.name.clone(),
            address: address.to_string(),
            role: NodeRole::Worker,
            model: joiner.inventory.model.clone(),
            joined: now,
            state: NodeState::Active,
        };
        let certificate = NewCertificate {
            fingerprint: issued.fingerprint.to_string(),
            serial: issued.serial,
            der: issued.certificate.to_vec(),
            issued: issued.issued,
            not_after: issued.not_after,
        };
        let admitted = leader.store.admit(node, certificate).await;
        admitted.map_err(|error| failed(&error))?;
        Ok(Welcome {
            certificate: BASE64URL_NOPAD.encode(&issued.certificate),
            authority: BASE64URL_NOPAD.encode(authority.certificate()),
            name: joiner.inventory.name.clone(),
            cluster_id: leader.cluster().id.clone(),
            cluster: leader.cluster().name.clone(),
            leader: self.identity.id().to_string(),
            epoch: leader.cluster().epoch,
            addresses: self.own_addresses(leader),
        })
    }

    /// Where agents find this leader: the address that its operator chose.
    fn own_addresses(&self, leader: &Open) -> Vec<SocketAddr> {
        let picture = self.hub.picture.borrow();
        let chosen = picture.wizard.address;
        let at = chosen.map(|address| leader.found_at(address));
        at.into_iter().collect()
    }

    /// Puts a node out again: it is told why, and its certificate is worthless.
    pub(super) async fn dismiss(self: Arc<Self>, node: String, why: Message) {
        let Some(open) = self.leader.open() else {
            return;
        };
        self.send_to(&node, ToAgent::Refused { why });
        let nodes = open.store.nodes().await.unwrap_or_default();
        let active = |known: &&Node| known.name == node && known.state == NodeState::Active;
        if let Some(known) = nodes.iter().find(active)
            && let Err(error) = open
                .store
                .remove_node(&known.id, self.world.clock.now())
                .await
        {
            tracing::error!(%error, node, "a node that was put out could not be removed");
        }
    }

    /// Gives up a cluster that was never installed: everybody is told, and nothing of it stays.
    pub(super) async fn abandon(self: Arc<Self>) {
        self.trust.close();
        self.leader.abandon(&self.world.state_dir).await;
    }
}

fn knock<T>(joiner: &Joiner<T>, source: IpAddr) -> Knock {
    let inventory = &joiner.inventory;
    Knock {
        id: joiner.id.to_string(),
        name: inventory.name.clone(),
        address: inventory.address.unwrap_or(source),
        model: inventory.model.clone(),
        mcloud: inventory.mcloud.clone(),
        check: joiner.check.to_vec(),
        theirs: false,
        state: KnockState::Asking,
    }
}
