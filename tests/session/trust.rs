//! Two machines and four words: who comes to believe whom, and what both persons are asked.

use std::net::{IpAddr, SocketAddr};
use std::sync::OnceLock;

use data_encoding::BASE64URL_NOPAD;
use mcloud::engine::message::Message;
use mcloud::session::trust::{
    Caller, Initiator, InitiatorSays, Joiner, JoinerSays, Visit, call, confirm_initiator,
    confirm_joiner, turn_away,
};
use mcloud::session::{
    Channel, Guards, Identity, Incoming, NodeId, OpenSession, SessionId, TrustError, Words,
};
use mcloud::wire::trust::{Away, Inventory, Welcome};
use rstest::rstest;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, duplex};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream as Calling;
use tokio_rustls::server::TlsStream as Called;

use crate::{EPOCH, Leader, NOW};

/// The words of the sessions here.
pub(crate) const TOLD: &str = "aardvark abandoned yo-yo zucchini";

/// The session that these tests hold; its key is made once, for that takes a while.
pub(crate) fn session() -> &'static OpenSession {
    static SESSION: OnceLock<OpenSession> = OnceLock::new();
    SESSION.get_or_init(|| OpenSession::new(&Words::parse(TOLD).unwrap(), id()).unwrap())
}

pub(crate) fn id() -> SessionId {
    "abcdefghijklmnop234567".parse().unwrap()
}

pub(crate) fn inventory() -> Inventory {
    Inventory {
        name: "pi-2".to_owned(),
        model: "Raspberry Pi 4".to_owned(),
        mcloud: "0.1.0".to_owned(),
        address: Some("10.0.0.2".parse().unwrap()),
    }
}

/// A machine that is called from nowhere in particular.
pub(crate) fn visit(guards: &Guards) -> Visit<'_> {
    Visit {
        guards,
        source: IpAddr::from([10, 0, 0, 2]),
        now: NOW,
    }
}

pub(crate) fn guards() -> Guards {
    Guards::new(mcloud::session::Bounds::default())
}

/// Both ends of one connection between two nodes.
pub(crate) fn channels(initiator: &NodeId, joiner: &NodeId) -> (Channel, Channel) {
    let end = |me: &NodeId, peer: &NodeId| Channel {
        me: me.clone(),
        peer: peer.clone(),
        exporter: [7; 32],
    };
    (end(initiator, joiner), end(joiner, initiator))
}

/// Two nodes that know the same words, through the confirmations, over a pipe.
async fn confirmed() -> (
    Leader,
    Identity,
    Joiner<DuplexStream>,
    Initiator<DuplexStream>,
) {
    let leader = Leader::new().await;
    let node = Identity::generate().unwrap();
    let (joiner, initiator) = telling(&leader, &node, &inventory()).await;
    (leader, node, joiner.unwrap(), initiator.unwrap())
}

/// What both make of a joiner that says `inventory` of itself.
async fn telling(
    leader: &Leader,
    node: &Identity,
    inventory: &Inventory,
) -> (
    Result<Joiner<DuplexStream>, TrustError>,
    Result<Initiator<DuplexStream>, TrustError>,
) {
    let (at_initiator, at_joiner) = channels(leader.identity.id(), node.id());
    let (near, far) = duplex(256 * 1024);
    let guards = guards();
    let caller = Caller {
        identity: node,
        inventory,
        now: NOW,
    };
    let joiner = async {
        let initiator = confirm_initiator(far, session(), &at_joiner, caller).await;
        match initiator {
            Ok(mut initiator) if inventory.name.is_empty() => match initiator.next().await {
                InitiatorSays::Refused(why) => Err(TrustError::Own(why.code)),
                other => panic!("{other:?}"),
            },
            other => other,
        }
    };
    tokio::join!(
        confirm_joiner(near, session(), &at_initiator, visit(&guards)),
        joiner
    )
}

fn welcome(leader: &Leader, joiner: &Joiner<impl AsyncRead + AsyncWrite>) -> Welcome {
    let issued = leader.authority.issue_client(&joiner.csr, &joiner.id, NOW);
    Welcome {
        certificate: BASE64URL_NOPAD.encode(&issued.unwrap().certificate),
        authority: BASE64URL_NOPAD.encode(leader.authority.certificate()),
        name: joiner.inventory.name.clone(),
        cluster_id: leader.authority.cluster().to_owned(),
        cluster: "home".to_owned(),
        leader: leader.identity.id().to_string(),
        epoch: EPOCH,
        addresses: vec![leader.address],
    }
}

/// A call over real TLS, and what both sides make of it.
async fn called(
    leader: &Leader,
    node: &Identity,
    typed: &str,
) -> (
    Result<Joiner<Called<TcpStream>>, TrustError>,
    Result<Initiator<Calling<TcpStream>>, TrustError>,
) {
    let guards = leader.acceptor.guards();
    let answer = async {
        let Incoming::Session(stream, channel) = leader.accept().await.unwrap() else {
            panic!("expected a session");
        };
        assert_eq!(channel.peer, *node.id(), "it is known by its key");
        confirm_joiner(*stream, session(), &channel, visit(&guards)).await
    };
    let (words, inventory) = (Words::parse(typed).unwrap(), inventory());
    let caller = Caller {
        identity: node,
        inventory: &inventory,
        now: NOW,
    };
    let (id, address) = (id(), leader.address);
    tokio::join!(answer, call(address, &id, &words, caller))
}

#[tokio::test]
async fn the_right_words_make_two_nodes_know_each_other_over_tls() {
    let leader = Leader::new().await;
    let node = Identity::generate().unwrap();
    let (joiner, initiator) = called(&leader, &node, TOLD).await;
    let (mut joiner, mut initiator) = (joiner.unwrap(), initiator.unwrap());
    assert_eq!(joiner.id, *node.id());
    assert_eq!(initiator.id, *leader.identity.id());
    assert_eq!(joiner.check, initiator.check);
    assert_eq!(joiner.inventory, inventory());

    initiator.answer(true).await.unwrap();
    assert!(matches!(joiner.next().await, JoinerSays::Accepted));
    let welcome = welcome(&leader, &joiner);
    let hear = async move {
        let InitiatorSays::Welcome(admission) = initiator.next().await else {
            panic!("expected a welcome");
        };
        admission
    };
    let (said, admission) = tokio::join!(joiner.welcome(welcome), hear);
    said.unwrap();
    assert_eq!(admission.membership.leader, *leader.identity.id());
    assert_eq!(admission.membership.epoch, EPOCH);
    assert_eq!(admission.name, "pi-2");

    // What it was given lets it in as an agent.
    let agent = mcloud::session::connect_agent(leader.address, &node, &admission.membership, NOW);
    let (link, incoming) = tokio::join!(agent, leader.accept());
    link.unwrap();
    assert!(matches!(incoming.unwrap(), Incoming::Agent(_, peer) if peer.node_id == *node.id()));
}

#[tokio::test]
async fn wrong_words_are_refused_three_times_and_the_right_ones_then_let_in() {
    let leader = Leader::new().await;
    let node = Identity::generate().unwrap();
    for typed in [
        "abandoned aardvark yo-yo zucchini",
        "aardvark aardvark aardvark aardvark",
        "aardvark abandoned yo-yo yodel",
    ] {
        let (joiner, initiator) = called(&leader, &node, typed).await;
        assert!(matches!(joiner.unwrap_err(), TrustError::Unconfirmed));
        assert!(matches!(initiator.unwrap_err(), TrustError::Unconfirmed));
    }
    assert_eq!(leader.acceptor.guards().wrong(), 3);
    let (joiner, initiator) = called(&leader, &node, TOLD).await;
    assert_eq!(joiner.unwrap().check, initiator.unwrap().check);
}

#[tokio::test]
async fn the_check_words_differ_in_each_run() {
    let (_, _, one, _) = confirmed().await;
    let (_, _, other, _) = confirmed().await;
    assert_ne!(one.check, other.check);
}

#[rstest]
#[case::another_session(Away::Session)]
#[case::another_version(Away::Version)]
#[case::busy(Away::Busy)]
#[tokio::test]
async fn a_joiner_is_told_why_nobody_looks_at_its_words(#[case] why: Away) {
    let (near, far) = duplex(64 * 1024);
    let node = Identity::generate().unwrap();
    let (_, at_joiner) = channels(node.id(), node.id());
    let inventory = inventory();
    let caller = Caller {
        identity: &node,
        inventory: &inventory,
        now: NOW,
    };
    let (told, ()) = tokio::join!(
        confirm_initiator(far, session(), &at_joiner, caller),
        turn_away(near, why)
    );
    let told = told.unwrap_err();
    assert!(
        matches!(
            (why, &told),
            (Away::Session, TrustError::NoSession)
                | (Away::Version, TrustError::OtherVersion)
                | (Away::Busy, TrustError::Busy)
        ),
        "{told}"
    );
}

#[tokio::test]
async fn a_no_at_the_joiner_is_heard_at_the_initiator() {
    let (_, _, mut joiner, mut initiator) = confirmed().await;
    initiator.answer(false).await.unwrap();
    assert!(matches!(joiner.next().await, JoinerSays::Declined));
}

#[tokio::test]
async fn a_no_at_the_initiator_is_told_with_its_reason() {
    let (_, _, joiner, mut initiator) = confirmed().await;
    let why = Message::new("trust.bad-inventory").with("what", "\u{1b}[2J");
    let hear = async move { initiator.next().await };
    let (said, heard) = tokio::join!(joiner.refuse(why), hear);
    said.unwrap();
    let InitiatorSays::Refused(why) = heard else {
        panic!("expected a refusal");
    };
    assert_eq!(why.code, "trust.bad-inventory");
    assert_eq!(why.with.get("what").unwrap(), "[2J");
}

#[tokio::test]
async fn nobody_is_let_in_before_it_said_yes() {
    let (leader, _, joiner, _initiator) = confirmed().await;
    let welcome = welcome(&leader, &joiner);
    let refused = joiner.welcome(welcome).await.unwrap_err();
    assert!(matches!(refused, TrustError::NotAccepted), "{refused}");
}

#[tokio::test]
async fn each_side_notices_that_the_other_has_gone() {
    let (_, _, mut joiner, initiator) = confirmed().await;
    drop(initiator);
    assert!(matches!(joiner.next().await, JoinerSays::Gone(_)));
    let (_, _, joiner, mut initiator) = confirmed().await;
    drop(joiner);
    assert!(matches!(initiator.next().await, InitiatorSays::Gone(_)));
}

#[tokio::test]
async fn waiting_may_be_broken_off_and_begun_again() {
    let (_, _, mut joiner, mut initiator) = confirmed().await;
    for _ in 0..100 {
        tokio::select! {
            biased;
            said = joiner.next() => panic!("nobody said anything: {said:?}"),
            () = std::future::ready(()) => {}
        }
    }
    initiator.answer(true).await.unwrap();
    assert!(matches!(joiner.next().await, JoinerSays::Accepted));
    assert!(joiner.accepted());
}

#[rstest]
#[case::for_another_leader(|w: &mut Welcome| w.leader = Identity::generate().unwrap().id().to_string())]
#[case::in_another_cluster(|w: &mut Welcome| w.cluster_id = "a".repeat(26))]
#[case::with_the_authority_as_certificate(|w: &mut Welcome| w.certificate = w.authority.clone())]
#[case::with_a_name_that_is_none(|w: &mut Welcome| w.name = "../etc".to_owned())]
#[tokio::test]
async fn a_welcome_that_does_not_fit_the_session_is_no_welcome(#[case] spoil: fn(&mut Welcome)) {
    let (leader, _, mut joiner, mut initiator) = confirmed().await;
    initiator.answer(true).await.unwrap();
    assert!(matches!(joiner.next().await, JoinerSays::Accepted));
    let mut welcome = welcome(&leader, &joiner);
    spoil(&mut welcome);
    let hear = async move { initiator.next().await };
    let (_, heard) = tokio::join!(joiner.welcome(welcome), hear);
    assert!(
        matches!(heard, InitiatorSays::Gone(TrustError::Nonsense(_))),
        "{heard:?}"
    );
}

#[tokio::test]
async fn a_welcome_signed_by_another_authority_is_no_welcome() {
    let (leader, _, mut joiner, mut initiator) = confirmed().await;
    let other = Leader::new().await;
    initiator.answer(true).await.unwrap();
    assert!(matches!(joiner.next().await, JoinerSays::Accepted));
    let mut welcome = welcome(&other, &joiner);
    welcome.leader = leader.identity.id().to_string();
    welcome.authority = BASE64URL_NOPAD.encode(leader.authority.certificate());
    welcome.cluster_id = leader.authority.cluster().to_owned();
    let hear = async move { initiator.next().await };
    let (_, heard) = tokio::join!(joiner.welcome(welcome), hear);
    assert!(matches!(heard, InitiatorSays::Gone(_)), "{heard:?}");
}

#[tokio::test]
async fn an_address_where_nobody_listens_is_unreachable() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address: SocketAddr = free.local_addr().unwrap();
    drop(free);
    let node = Identity::generate().unwrap();
    let (words, inventory) = (Words::parse(TOLD).unwrap(), inventory());
    let caller = Caller {
        identity: &node,
        inventory: &inventory,
        now: NOW,
    };
    let refused = call(address, &id(), &words, caller).await.unwrap_err();
    assert!(matches!(refused, TrustError::Unreachable(_)), "{refused}");
}

#[tokio::test]
async fn what_a_joiner_says_of_itself_is_short_and_harmless() {
    let (leader, node) = (Leader::new().await, Identity::generate().unwrap());
    let said = Inventory {
        model: format!("\u{1b}[31mPi{}", "!".repeat(1_000)),
        mcloud: "0.1.0\u{202e}".to_owned(),
        address: Some("::ffff:10.0.0.2".parse().unwrap()),
        ..inventory()
    };
    let (joiner, _initiator) = telling(&leader, &node, &said).await;
    let shown = joiner.unwrap().inventory;
    assert!(shown.model.starts_with("[31mPi!"), "{}", shown.model);
    assert_eq!(shown.model.chars().count(), 64);
    assert_eq!(shown.mcloud, "0.1.0");
    assert_eq!(shown.address, Some(IpAddr::from([10, 0, 0, 2])));
}

#[tokio::test]
async fn a_joiner_without_a_name_is_told_that_it_needs_one() {
    let (leader, node) = (Leader::new().await, Identity::generate().unwrap());
    let said = Inventory {
        name: String::new(),
        ..inventory()
    };
    let (joiner, initiator) = telling(&leader, &node, &said).await;
    assert!(matches!(joiner.unwrap_err(), TrustError::Nonsense(_)));
    let told = initiator.unwrap_err();
    assert!(
        matches!(&told, TrustError::Own(code) if code == "trust.bad-inventory"),
        "{told}"
    );
}

#[tokio::test]
async fn a_side_that_falls_silent_is_gone_and_one_that_waits_is_not() {
    // The pair that speaks is the older one: without its beats it would end first.
    let (_, _, mut joiner, mut initiator) = confirmed().await;
    let (_, _, mut left, silent) = confirmed().await;
    tokio::select! {
        gone = left.next() => {
            assert!(matches!(gone, JoinerSays::Gone(TrustError::Gone)), "{gone:?}");
        }
        ended = joiner.next() => panic!("the joiner's beats were not heard: {ended:?}"),
        ended = initiator.next() => panic!("the initiator's beats were not heard: {ended:?}"),
    }
    drop(silent);
}
