//! Who comes in at the leader's port: machines with a token, agents with a certificate.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use secrecy::SecretString;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};

use super::Daemon;
use super::leader::{ANSWER, Open};
use super::links;
use super::listen;
use crate::engine::answers::is_name;
use crate::engine::message::Message;
use crate::engine::{Event, Fact};
use crate::session::identity::NodeId;
use crate::session::tls::server::{Acceptor, Incoming};
use crate::session::token::hash_of_sent;
use crate::store::{
    NewCertificate, Node, NodeRole, NodeState, RedeemError, Redemption, Standing, TokenRefused,
};
use crate::wire::{JoinAnswer, JoinAsk, SHORT_LINE, ToAgent, ToLeader, VERSION, Wire, WireError};

/// Accepts callers until the daemon ends.
pub(super) async fn accept(
    daemon: Arc<Daemon>,
    open: Arc<Open>,
    acceptor: Acceptor,
    listener: TcpListener,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = open.abandoned.cancelled() => return,
        };
        let Ok((stream, source)) = accepted else {
            // Out of file descriptors, most likely: others will close some.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let (daemon, open, acceptor) = (Arc::clone(&daemon), Arc::clone(&open), acceptor.clone());
        let tasks = daemon.tasks.clone();
        tasks.spawn(async move {
            if let Err(error) = greet(daemon, open, (acceptor, stream)).await {
                tracing::debug!(%source, error, "a caller was turned away");
            }
        });
    }
}

async fn greet(
    daemon: Arc<Daemon>,
    open: Arc<Open>,
    (acceptor, stream): (Acceptor, TcpStream),
) -> Result<(), String> {
    let source = stream.peer_addr().map_err(|error| error.to_string())?;
    let source = listen::caller(source);
    links::watch_over(&stream);
    let now = daemon.world.clock.now();
    match acceptor
        .accept(stream, now)
        .await
        .map_err(|error| error.to_string())?
    {
        Incoming::Join(stream) => {
            let place = acceptor.place(source.ip());
            let _place = place.ok_or("too many callers wait to join")?;
            let admitted = admit(&daemon, &open, (stream, source));
            // One that does not read its answer is not waited for.
            match tokio::time::timeout(ANSWER.saturating_mul(2), admitted).await {
                Ok(admitted) => admitted.map_err(|error| error.to_string()),
                Err(late) => Err(late.to_string()),
            }
        }
        Incoming::Session(stream, channel) => {
            let visit = (source.ip(), &acceptor.guards());
            let visited = daemon.visited(&open, (stream, channel), visit).await;
            visited.map_err(|error| error.to_string())
        }
        Incoming::Agent(stream, certificate) => {
            let fingerprint = certificate.fingerprint.to_string();
            match open.store.node_for_cert(&fingerprint).await {
                Ok(Standing::Active(node)) => {
                    links::serve(daemon, stream, (node.name, fingerprint)).await;
                }
                Ok(_) => refuse(stream, Message::new("link.revoked")).await,
                Err(error) => return Err(error.to_string()),
            }
            Ok(())
        }
    }
}

/// Tells an agent why it is not listened to, and waits until it has gone: closing on what it still
/// sends would reset the connection, and the reason would be lost.
async fn refuse<T: AsyncRead + AsyncWrite + Unpin>(stream: T, why: Message) {
    let mut wire = Wire::<T, ToAgent, ToLeader>::new(stream, SHORT_LINE);
    if wire.send(&ToAgent::Refused { why }).await.is_ok() {
        let gone = async { while wire.receive().await.is_ok() {} };
        // An agent that does not go is left.
        let _ = tokio::time::timeout(ANSWER, gone).await;
    }
}

/// Takes the one request of a joiner.
async fn admit<T: AsyncRead + AsyncWrite + Unpin>(
    daemon: &Arc<Daemon>,
    open: &Arc<Open>,
    (stream, source): (T, SocketAddr),
) -> Result<(), WireError> {
    let mut wire = Wire::<T, JoinAnswer, JoinAsk>::new(stream, SHORT_LINE);
    let Ok(ask) = tokio::time::timeout(ANSWER, wire.receive()).await else {
        return Ok(());
    };
    let answer = match redeem(daemon, open, (ask?, source)).await {
        Ok((answer, joined)) => {
            if let Some(joined) = joined {
                daemon.push(Event::Fact(joined));
            }
            answer
        }
        Err(why) => JoinAnswer::Refused { why },
    };
    wire.send(&answer).await
}

async fn redeem(
    daemon: &Daemon,
    open: &Arc<Open>,
    (ask, source): (JoinAsk, SocketAddr),
) -> Result<(JoinAnswer, Option<Fact>), Message> {
    let request = Request::read(ask)?;
    let id = request.id.to_string();
    let made_for = made_for(open, &request.token).await?;
    let another =
        matches!((&made_for, &request.name), (Some(made_for), Some(name)) if made_for != name);
    let name = called(made_for, request.name, request.host)?;
    let now = daemon.world.clock.now();
    let node = Node {
        id: id.clone(),
        name,
        address: source.ip().to_string(),
        role: NodeRole::Worker,
        model: String::new(),
        joined: now,
        state: NodeState::Active,
    };
    let redemption = Redemption {
        token: request.token,
        secret_hash: request.secret_hash,
        node,
    };
    let (authority, key, csr) = (Arc::clone(open), request.id, request.csr);
    // Asked only once the secret was right: a stranger learns nothing of whose token it is.
    let issue = move || {
        if another {
            return Err(OtherNode.into());
        }
        let issued = authority.authority().issue_client(&csr, &key, now)?;
        Ok(NewCertificate {
            fingerprint: issued.fingerprint.to_string(),
            serial: issued.serial,
            der: issued.certificate.to_vec(),
            issued: issued.issued,
            not_after: issued.not_after,
        })
    };
    let redeemed = open
        .store
        .redeem(redemption, now, issue)
        .await
        .map_err(why)?;
    let answer = JoinAnswer::Welcome {
        certificate: BASE64URL_NOPAD.encode(&redeemed.certificate.what.der),
        name: redeemed.name.clone(),
        cluster_id: open.cluster().id.clone(),
        cluster: open.cluster().name.clone(),
        leader: daemon.identity.id().to_string(),
        epoch: open.cluster().epoch,
    };
    // A node that lost its answer asks again: that is no news.
    let node = redeemed.name;
    let joined = (!redeemed.again).then_some(Fact::Joined {
        node,
        id,
        session: false,
    });
    Ok((answer, joined))
}

/// A joiner's request, understood but not yet believed.
struct Request {
    csr: Vec<u8>,
    secret_hash: [u8; 32],
    id: NodeId,
    token: String,
    name: Option<String>,
    host: String,
}

impl Request {
    fn read(ask: JoinAsk) -> Result<Self, Message> {
        if ask.v != VERSION {
            return Err(Message::new("wire.version")
                .with("theirs", ask.v)
                .with("ours", VERSION));
        }
        let csr = BASE64URL_NOPAD.decode(ask.csr.as_bytes());
        let csr = csr.map_err(|_| Message::new("join.bad-request"))?;
        let secret = SecretString::from(ask.secret.0);
        let secret_hash = hash_of_sent(&secret);
        let secret_hash = secret_hash.map_err(|_| Message::new("token.refused-unknown"))?;
        let id = ask.id.parse();
        Ok(Self {
            csr,
            secret_hash,
            id: id.map_err(|_| Message::new("join.bad-request"))?,
            token: ask.token,
            name: ask.name,
            host: ask.host,
        })
    }
}

/// The node a token was made for, where it was made for one.
async fn made_for(open: &Open, token: &str) -> Result<Option<String>, Message> {
    let tokens = open.store.tokens().await;
    let tokens = tokens.map_err(|_| Message::new("join.store"))?;
    let row = tokens.into_iter().find(|row| row.id == token);
    Ok(row.and_then(|row| row.node))
}

/// What a node is called: as its token says, as its preseed says, else as its host is.
fn called(
    made_for: Option<String>,
    asked: Option<String>,
    host: String,
) -> Result<String, Message> {
    let name = made_for.or(asked).unwrap_or(host);
    if is_name(&name) {
        return Ok(name);
    }
    Err(Message::new("join.bad-name").with("name", name))
}

/// A token was used for another node than the one it was made for.
#[derive(Debug, thiserror::Error)]
#[error("the token was made for another node")]
struct OtherNode;

/// What a refused token is told: a stranger learns nothing of a token it has no secret of.
fn why(error: RedeemError) -> Message {
    match error {
        RedeemError::Refused(TokenRefused::Unknown | TokenRefused::WrongSecret) => {
            Message::new("token.refused-unknown")
        }
        RedeemError::Refused(TokenRefused::Expired) => Message::new("token.refused-expired"),
        RedeemError::Refused(TokenRefused::Revoked) => Message::new("token.refused-revoked"),
        RedeemError::Refused(TokenRefused::UsedByAnother) => Message::new("token.refused-used"),
        RedeemError::Issue(error) if error.is::<OtherNode>() => {
            Message::new("token.refused-other-node")
        }
        RedeemError::Issue(error) => Message::new("join.not-issued").with("why", error),
        RedeemError::Store(error) => Message::new("join.not-issued").with("why", error),
    }
}
