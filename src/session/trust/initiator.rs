//! The initiator's side of the session: it looks at the joiner's proof before at anything else.

use std::net::IpAddr;

use tokio::io::{AsyncRead, AsyncWrite};

use super::guards::{Attempt, Guards};
use super::link::Link;
use super::transcript::{CHECK_WORDS, Confirmation, Transcript, seal};
use super::{
    ANSWER, Channel, OpenSession, SessionId, TrustError, bytes, number, random, text, within,
};
use crate::engine::Millis;
use crate::engine::message::{Message, shown};
use crate::preseed::is_name;
use crate::session::identity::NodeId;
use crate::session::pake::{Pake, Side, Spake, name_of};
use crate::session::request::requested_by;
use crate::wire::trust::{
    Away, InitiatorOpens, Inventory, JoinerOpens, ToInitiator, ToJoiner, Welcome,
};
use crate::wire::{SHORT_LINE, VERSION, Wire};

/// The longest model and version that are kept, in characters.
const LONGEST: usize = 64;

type Opening<T> = Wire<T, InitiatorOpens, JoinerOpens>;

/// Where a call comes from, when, and the bounds it is under.
#[derive(Debug, Clone, Copy)]
pub struct Visit<'a> {
    /// The listener's bounds.
    pub guards: &'a Guards,
    /// The caller's address, from its packets.
    pub source: IpAddr,
    /// World's time.
    pub now: Millis,
}

/// A joiner that knows the words. Nothing else of it is believed before both persons said yes.
#[derive(Debug)]
pub struct Joiner<T> {
    /// The node, by the key it proved to hold.
    pub id: NodeId,
    /// The words that its screen shows as well, if nobody is between.
    pub check: [String; CHECK_WORDS],
    /// What it says of itself, bounded and fit to be shown.
    pub inventory: Inventory,
    /// Its certificate request (DER), for the key of `id`.
    pub csr: Vec<u8>,
    accepted: bool,
    link: Link<T, ToJoiner, ToInitiator>,
}

/// What a joiner says, or does not.
#[derive(Debug)]
pub enum JoinerSays {
    /// The person at it said yes.
    Accepted,
    /// The person at it said no.
    Declined,
    /// It has gone, or says what makes no sense.
    Gone(TrustError),
}

/// Takes one joiner through the confirmation and to its inventory: at most 5 s for each answer. A
/// joiner that is wrong is left without a word, counted, and gives [`TrustError::Unconfirmed`].
/// Nothing of its inventory is read before its confirmation was right.
pub async fn confirm_joiner<T: AsyncRead + AsyncWrite + Unpin>(
    stream: T,
    session: &OpenSession,
    channel: &Channel,
    visit: Visit<'_>,
) -> Result<Joiner<T>, TrustError> {
    let place = visit.guards.place(visit.source).ok_or(TrustError::Busy)?;
    let mut wire = Opening::new(stream, SHORT_LINE);
    let asked = match hello(&mut wire, &session.id).await {
        Ok(asked) => asked,
        Err((Some(away), error)) => {
            say_away(wire, away).await;
            return Err(error);
        }
        Err((None, error)) => return Err(error),
    };
    let Some(attempt) = visit.guards.attempt(visit.source, visit.now) else {
        say_away(wire, Away::Busy).await;
        return Err(TrustError::Busy);
    };
    let check = prove(&mut wire, (session, channel), (&asked, attempt)).await?;
    drop(place);
    let mut wire = wire.turned();
    let (inventory, csr) = match inventory(&mut wire, &channel.peer).await {
        Ok(told) => told,
        Err(TrustError::Nonsense(what)) => {
            let why = Message::new("trust.bad-inventory").with("what", what);
            // Whether it hears that is its own affair.
            let _ = Link::new(wire).part(&ToJoiner::Refused { why }).await;
            return Err(TrustError::Nonsense(what));
        }
        Err(error) => return Err(error),
    };
    Ok(Joiner {
        id: channel.peer.clone(),
        check,
        inventory,
        csr,
        accepted: false,
        link: Link::new(wire),
    })
}

/// Tells a caller why nobody looks at its words, and leaves it.
pub async fn turn_away<T: AsyncRead + AsyncWrite + Unpin>(stream: T, why: Away) {
    let mut wire = Opening::new(stream, SHORT_LINE);
    // What it says does not matter, but it must have been read for the answer to arrive.
    if within(wire.receive(), TrustError::Gone).await.is_ok() {
        say_away(wire, why).await;
    }
}

async fn say_away<T: AsyncRead + AsyncWrite + Unpin>(mut wire: Opening<T>, why: Away) {
    let away = InitiatorOpens::Away { why };
    // One that does not listen is left.
    let _ = tokio::time::timeout(ANSWER, wire.send(&away)).await;
}

/// The joiner's message of the exchange, or what to answer instead and why.
async fn hello<T: AsyncRead + AsyncWrite + Unpin>(
    wire: &mut Opening<T>,
    id: &SessionId,
) -> Result<Vec<u8>, (Option<Away>, TrustError)> {
    let first = within(wire.receive(), TrustError::Unconfirmed).await;
    match first.map_err(|error| (None, error))? {
        JoinerOpens::Hello { v, .. } if v != VERSION => {
            Err((Some(Away::Version), TrustError::OtherVersion))
        }
        JoinerOpens::Hello { session, .. } if session != id.as_str() => {
            Err((Some(Away::Session), TrustError::NoSession))
        }
        JoinerOpens::Hello { pake, .. } => bytes(&pake).map_err(|wrong| (None, wrong.into())),
        JoinerOpens::Confirm { .. } => Err((None, TrustError::Unconfirmed)),
    }
}

/// The exchange and both confirmations, the joiner's first; gives the check words.
async fn prove<T: AsyncRead + AsyncWrite + Unpin>(
    wire: &mut Opening<T>,
    (session, channel): (&OpenSession, &Channel),
    (asked, attempt): (&[u8], Attempt),
) -> Result<[String; CHECK_WORDS], TrustError> {
    let (initiator, joiner) = channel.nodes(Side::Initiator);
    let names = [
        name_of(Side::Initiator, initiator.as_str()),
        name_of(Side::Joiner, joiner.as_str()),
    ];
    let [a, b] = &names;
    let (exchange, answered) = Spake::start(Side::Initiator, &session.key, [a, b]);
    let key = exchange.finish(asked)?;
    let own = random::<32>()?;
    let sealed = seal(&own);
    let said = [asked, answered.as_slice()];
    let transcript = Transcript::of((Side::Initiator, channel), &session.id, said, &sealed);
    let confirmation = Confirmation::new(&transcript, &key);
    let answer = InitiatorOpens::Pake {
        pake: text(&answered),
        seal: text(&sealed),
    };
    within(wire.send(&answer), TrustError::Unconfirmed).await?;
    let JoinerOpens::Confirm {
        mac,
        number: theirs,
    } = within(wire.receive(), TrustError::Unconfirmed).await?
    else {
        return Err(TrustError::Unconfirmed);
    };
    let theirs = number(&theirs)?;
    if !confirmation.joiner_knows(&theirs, &bytes(&mac)?) {
        return Err(TrustError::Unconfirmed);
    }
    attempt.right();
    let proof = InitiatorOpens::Confirm {
        mac: text(&confirmation.of_initiator([&theirs, &own])),
        number: text(&own),
    };
    within(wire.send(&proof), TrustError::Gone).await?;
    Ok(confirmation.check_words([&theirs, &own]))
}

/// What a confirmed joiner says first: data to show, and a request for the key it has shown.
async fn inventory<T: AsyncRead + AsyncWrite + Unpin>(
    wire: &mut Wire<T, ToJoiner, ToInitiator>,
    id: &NodeId,
) -> Result<(Inventory, Vec<u8>), TrustError> {
    let first = within(wire.receive(), TrustError::Gone).await?;
    let ToInitiator::Inventory { inventory, csr } = first else {
        return Err(TrustError::Nonsense("its inventory does not come first"));
    };
    if !is_name(&inventory.name) {
        return Err(TrustError::Nonsense("its name is no name of a node"));
    }
    let csr = bytes(&csr).map_err(|_| TrustError::Nonsense("its request is no base64"))?;
    match requested_by(&csr) {
        Ok(key) if key == *id => {}
        Ok(_) | Err(_) => return Err(TrustError::Nonsense("its request is not for its own key")),
    }
    let short = |text: &str| shown(text).take(LONGEST).collect();
    let inventory = Inventory {
        model: short(&inventory.model),
        mcloud: short(&inventory.mcloud),
        address: inventory.address.map(|address| address.to_canonical()),
        name: inventory.name,
    };
    Ok((inventory, csr))
}

impl<T: AsyncRead + AsyncWrite + Unpin> Joiner<T> {
    /// The next thing the joiner says. Beats are sent and heard only while this is awaited, so await it
    /// all the time; it may be dropped and called again, in `select!` for instance. A joiner that is
    /// silent for 5 s is gone.
    pub async fn next(&mut self) -> JoinerSays {
        loop {
            match self.link.next(&ToJoiner::Beat).await {
                Ok(ToInitiator::Beat) => {}
                Ok(ToInitiator::Answer { accept: false }) => return JoinerSays::Declined,
                Ok(ToInitiator::Answer { accept: true }) if !self.accepted => {
                    self.accepted = true;
                    return JoinerSays::Accepted;
                }
                Ok(_) => return JoinerSays::Gone(TrustError::Nonsense("it repeats itself")),
                Err(error) => return JoinerSays::Gone(error),
            }
        }
    }

    /// Whether the person at the joiner said yes.
    pub fn accepted(&self) -> bool {
        self.accepted
    }

    /// Lets it in; only one that said yes, or [`TrustError::NotAccepted`]. Waits up to 5 s until it has
    /// hung up.
    pub async fn welcome(self, welcome: Welcome) -> Result<(), TrustError> {
        if !self.accepted {
            return Err(TrustError::NotAccepted);
        }
        let welcome = Box::new(welcome);
        self.link.part(&ToJoiner::Welcome { welcome }).await
    }

    /// Says no, and why; also when the session ends. Waits up to 5 s until it has hung up.
    pub async fn refuse(self, why: Message) -> Result<(), TrustError> {
        self.link.part(&ToJoiner::Refused { why }).await
    }
}
