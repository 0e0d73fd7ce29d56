//! The joiner's side of the session: one call for each time the words are typed, never one by itself.

use std::net::SocketAddr;

use rustls::pki_types::UnixTime;
use rustls::server::danger::ClientCertVerifier;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::link::Link;
use super::transcript::{CHECK_WORDS, Confirmation, Transcript};
use super::{Channel, OpenSession, SessionId, TrustError, bytes, number, random, text, within};
use crate::engine::Millis;
use crate::engine::message::{Message, plain};
use crate::preseed::is_name;
use crate::session::CertificateDer;
use crate::session::identity::{Identity, NodeId};
use crate::session::pake::{Pake, Side, Spake, name_of};
use crate::session::peer::{PeerCertificate, Role, authority_cluster};
use crate::session::tls::TlsError;
use crate::session::tls::agents::AgentVerifier;
use crate::session::tls::anyone::connect_session;
use crate::session::tls::client::Membership;
use crate::session::words::Words;
use crate::wire::trust::{
    Away, InitiatorOpens, Inventory, JoinerOpens, ToInitiator, ToJoiner, Welcome,
};
use crate::wire::{SHORT_LINE, VERSION, Wire};

/// The most addresses of a leader that are kept.
const MOST_ADDRESSES: usize = 16;

type Opening<T> = Wire<T, JoinerOpens, InitiatorOpens>;

/// An initiator that knows the words. It is believed once both persons said yes.
#[derive(Debug)]
pub struct Initiator<T> {
    /// The node, by the key it proved to hold.
    pub id: NodeId,
    /// The words that its screen shows beside this node, if nobody is between.
    pub check: [String; CHECK_WORDS],
    me: NodeId,
    now: Millis,
    accepted: bool,
    link: Link<T, ToInitiator, ToJoiner>,
}

/// What a joiner keeps once it is in.
#[derive(Debug, Clone)]
pub struct Admission {
    /// Certificate, authority, cluster's id, leader and epoch, checked against each other.
    pub membership: Membership,
    /// This node's name in the cluster.
    pub name: String,
    /// The cluster's name.
    pub cluster: String,
    /// Where the leader can be reached, at most 16.
    pub addresses: Vec<SocketAddr>,
}

/// What an initiator says, or does not.
#[derive(Debug)]
pub enum InitiatorSays {
    /// This node is in.
    Welcome(Box<Admission>),
    /// The person at it said no, or its session has ended.
    Refused(Message),
    /// It has gone, or says what makes no sense.
    Gone(TrustError),
}

/// Who calls, and what it says of itself once the other side has proved that it knows the words.
#[derive(Debug, Clone, Copy)]
pub struct Caller<'a> {
    /// This node.
    pub identity: &'a Identity,
    /// What it says of itself.
    pub inventory: &'a Inventory,
    /// World's time.
    pub now: Millis,
}

/// One attempt: calls `address` with the words that were typed. Takes 5 s for the connection and 5 s
/// for each answer. After [`TrustError::Unconfirmed`] the words must be typed anew: whoever answered
/// had one guess at them.
pub async fn call(
    address: SocketAddr,
    session: &SessionId,
    words: &Words,
    caller: Caller<'_>,
) -> Result<Initiator<TlsStream<TcpStream>>, TrustError> {
    let (words, id) = (words.clone(), session.clone());
    // Before the connection, so that nobody waits for it.
    let session = tokio::task::spawn_blocking(move || OpenSession::new(&words, id))
        .await
        .map_err(|error| TrustError::Own(error.to_string()))??;
    let link = connect_session(address, caller.identity, caller.now)
        .await
        .map_err(unreached)?;
    confirm_initiator(*link.stream, &session, &link.channel, caller).await
}

/// The same over a connection that is there already.
pub async fn confirm_initiator<T: AsyncRead + AsyncWrite + Unpin>(
    stream: T,
    session: &OpenSession,
    channel: &Channel,
    caller: Caller<'_>,
) -> Result<Initiator<T>, TrustError> {
    let csr = text(&caller.identity.csr()?);
    let mut wire = Opening::new(stream, SHORT_LINE);
    let check = prove(&mut wire, session, channel).await?;
    let mut link = Link::new(wire.turned());
    let inventory = caller.inventory.clone();
    link.send(&ToInitiator::Inventory { inventory, csr })
        .await?;
    Ok(Initiator {
        id: channel.peer.clone(),
        check,
        me: channel.me.clone(),
        now: caller.now,
        accepted: false,
        link,
    })
}

/// A listener over its bounds hangs up before TLS has begun.
fn unreached(error: TlsError) -> TrustError {
    match error {
        TlsError::Closed => TrustError::Busy,
        TlsError::Protocol => TrustError::OtherVersion,
        other => TrustError::Unreachable(other),
    }
}

/// The exchange and both confirmations, the joiner's first; gives the check words.
async fn prove<T: AsyncRead + AsyncWrite + Unpin>(
    wire: &mut Opening<T>,
    session: &OpenSession,
    channel: &Channel,
) -> Result<[String; CHECK_WORDS], TrustError> {
    let (initiator, joiner) = channel.nodes(Side::Joiner);
    let names = [
        name_of(Side::Initiator, initiator.as_str()),
        name_of(Side::Joiner, joiner.as_str()),
    ];
    let [a, b] = &names;
    let (exchange, asked) = Spake::start(Side::Joiner, &session.key, [a, b]);
    let (answered, sealed) = ask(wire, &session.id, &asked).await?;
    let key = exchange.finish(&answered)?;
    let said = [asked.as_slice(), answered.as_slice()];
    let transcript = Transcript::of((Side::Joiner, channel), &session.id, said, &sealed);
    let confirmation = Confirmation::new(&transcript, &key);
    let own = random::<32>()?;
    let proof = JoinerOpens::Confirm {
        mac: text(&confirmation.of_joiner(&own)),
        number: text(&own),
    };
    within(wire.send(&proof), TrustError::Unconfirmed).await?;
    let InitiatorOpens::Confirm {
        mac,
        number: theirs,
    } = within(wire.receive(), TrustError::Unconfirmed).await?
    else {
        return Err(TrustError::Unconfirmed);
    };
    let theirs = number(&theirs)?;
    if confirmation.initiator_knows([&own, &theirs], &bytes(&mac)?) {
        Ok(confirmation.check_words([&own, &theirs]))
    } else {
        Err(TrustError::Unconfirmed)
    }
}

/// Says hello; gives the initiator's message of the exchange and its seal.
async fn ask<T: AsyncRead + AsyncWrite + Unpin>(
    wire: &mut Opening<T>,
    session: &SessionId,
    asked: &[u8],
) -> Result<(Vec<u8>, [u8; 32]), TrustError> {
    let hello = JoinerOpens::Hello {
        v: VERSION,
        session: session.to_string(),
        pake: text(asked),
    };
    within(wire.send(&hello), TrustError::Busy).await?;
    let answer = match tokio::time::timeout(super::ANSWER, wire.receive()).await {
        Err(_) => return Err(TrustError::Late),
        // It hung up: over its bounds, most likely. No guess was made, so the words are still good.
        Ok(Err(crate::wire::WireError::Closed | crate::wire::WireError::Io(_))) => {
            return Err(TrustError::Busy);
        }
        Ok(Err(_)) => return Err(TrustError::Unconfirmed),
        Ok(Ok(answer)) => answer,
    };
    match answer {
        InitiatorOpens::Pake { pake, seal } => Ok((bytes(&pake)?, number(&seal)?)),
        InitiatorOpens::Away { why } => Err(match why {
            Away::Version => TrustError::OtherVersion,
            Away::Session => TrustError::NoSession,
            Away::Busy => TrustError::Busy,
        }),
        InitiatorOpens::Confirm { .. } => Err(TrustError::Unconfirmed),
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Initiator<T> {
    /// The next thing the initiator says. Beats are sent and heard only while this is awaited, so await
    /// it all the time; it may be dropped and called again. One that is silent for 5 s is gone.
    pub async fn next(&mut self) -> InitiatorSays {
        loop {
            match self.link.next(&ToInitiator::Beat).await {
                Ok(ToJoiner::Beat) => {}
                Ok(ToJoiner::Refused { why }) => return InitiatorSays::Refused(harmless(why)),
                Ok(ToJoiner::Welcome { welcome }) => {
                    return match self.admission(*welcome) {
                        Ok(admission) => InitiatorSays::Welcome(Box::new(admission)),
                        Err(what) => InitiatorSays::Gone(TrustError::Nonsense(what)),
                    };
                }
                Err(error) => return InitiatorSays::Gone(error),
            }
        }
    }

    /// Tells the initiator what the person here said. After a no, drop this.
    pub async fn answer(&mut self, accept: bool) -> Result<(), TrustError> {
        self.accepted = accept;
        self.link.send(&ToInitiator::Answer { accept }).await
    }

    /// Holds a welcome against the session it came in: the certificate is a worker's for this node's
    /// key, signed by the authority that came with it, and the leader is who proved to know the words.
    fn admission(&self, welcome: Welcome) -> Result<Admission, &'static str> {
        if !self.accepted {
            return Err("it lets this node in before anybody here said yes");
        }
        let der = |text: &str| {
            let der = bytes(text).map_err(|_| "a certificate is no base64")?;
            Ok::<_, &'static str>(CertificateDer::from(der))
        };
        let (certificate, authority) = (der(&welcome.certificate)?, der(&welcome.authority)?);
        let own = PeerCertificate::parse(&certificate).map_err(|_| "the certificate is none")?;
        let cluster = authority_cluster(&authority).map_err(|_| "the authority is none")?;
        let ours = own.node_id == self.me && own.role == Role::Worker;
        if !ours || own.cluster != cluster || welcome.cluster_id != cluster {
            return Err("the certificate is not for this node in that cluster");
        }
        if welcome.leader != self.id.as_str() {
            return Err("it lets this node in for another leader");
        }
        let now = UnixTime::since_unix_epoch(std::time::Duration::from_millis(self.now));
        AgentVerifier::new(&authority, cluster.clone())
            .map_err(|_| "the authority is none")?
            .verify_client_cert(&certificate, &[], now)
            .map_err(|_| "the certificate is not valid now, or not the authority's")?;
        if !is_name(&welcome.name) {
            return Err("the name is no name of a node");
        }
        Ok(Admission {
            membership: Membership {
                certificate,
                authority,
                cluster,
                leader: self.id.clone(),
                epoch: welcome.epoch,
            },
            name: welcome.name,
            cluster: plain(&welcome.cluster),
            addresses: welcome.addresses.into_iter().take(MOST_ADDRESSES).collect(),
        })
    }
}

/// A message from outside, without what a terminal would obey.
fn harmless(why: Message) -> Message {
    let code = plain(&why.code);
    let with = why.with.into_iter();
    with.fold(Message::new(&code), |message, (hole, value)| {
        message.with(&plain(&hole), value)
    })
}
