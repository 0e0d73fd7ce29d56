//! Agents that the leader does not know, or knows too well.

use std::sync::Arc;

use mcloud::engine::event::{PeerState, What};
use mcloud::session::tls::ALPN_AGENT;
use mcloud::session::{
    Authority, Bounds, Identity, JoinToken, Membership, connect_agent, connect_join,
};
use mcloud::wire::{LONG_LINE, ToAgent, ToLeader, VERSION, Wire, WireError};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::face::Face;
use crate::lab::{LEADER, Lab};

/// The leader's authority, as it lies on its disk.
fn authority(lab: &Lab) -> Authority {
    let loaded = Authority::load(&lab.pi(LEADER).world.state_dir).expect("a whole authority");
    loaded.expect("an authority")
}

fn leader_id(lab: &Lab) -> mcloud::session::NodeId {
    let identity = Identity::load_or_create(&lab.pi(LEADER).world.state_dir);
    identity.expect("the leader's key").id().clone()
}

/// Says hello as an agent does; what comes back.
async fn hello<T: AsyncRead + AsyncWrite + Unpin>(stream: T) -> Result<ToAgent, WireError> {
    let mut wire = Wire::<T, ToLeader, ToAgent>::new(stream, LONG_LINE);
    let hello = ToLeader::Hello {
        v: VERSION,
        mcloud: "0".to_owned(),
        epoch: 0,
        events: 0,
        began: 0,
        fills: false,
    };
    wire.send(&hello).await?;
    wire.receive().await
}

async fn assert_alone(leader: &mut Face) {
    let nodes = leader.nodes().await;
    assert_eq!(nodes.len(), 1, "{nodes:?}");
    let connected = leader.count(|event| {
        matches!(
            event.what,
            What::Peer {
                state: PeerState::Connected,
                ..
            }
        )
    });
    assert_eq!(connected, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_without_a_certificate_cannot_link() {
    let lab = Lab::of(2).await;
    let mut leader = lab.begin(true).await;
    let mut roots = RootCertStore::empty();
    roots
        .add(authority(&lab).certificate().clone())
        .expect("a root");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("TLS 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![ALPN_AGENT.to_vec()];
    let stream = TcpStream::connect(lab.pi(LEADER).world.listen)
        .await
        .expect("the port");
    let name = ServerName::try_from(leader_id(&lab).to_string()).expect("a name");
    let linked = match TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
    {
        Ok(stream) => hello(stream).await.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    assert!(linked.is_err(), "{linked:?}");
    assert_alone(&mut leader).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_with_a_strange_authoritys_certificate_cannot_link() {
    let lab = Lab::of(2).await;
    let mut leader = lab.begin(true).await;
    let now = lab.rehearsal.clock.now();
    let dir = tempfile::tempdir().expect("a directory");
    let strange = Authority::create(&dir.path().join("state"), now).expect("an authority");
    let identity = Identity::generate().expect("a key");
    let csr = identity.csr().expect("a request");
    let issued = strange
        .issue_client(&csr, identity.id(), now)
        .expect("a certificate");
    let ours = authority(&lab);
    let membership = Membership {
        certificate: issued.certificate,
        authority: ours.certificate().clone(),
        cluster: ours.cluster().to_owned(),
        leader: leader_id(&lab),
        epoch: 1,
    };
    let listen = lab.pi(LEADER).world.listen;
    let linked = match connect_agent(listen, &identity, &membership, now).await {
        Ok(link) => hello(link.stream).await.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    assert!(linked.is_err(), "{linked:?}");
    assert_alone(&mut leader).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_whose_certificate_was_never_recorded_is_told_and_refused() {
    let lab = Lab::of(2).await;
    let mut leader = lab.begin(true).await;
    let now = lab.rehearsal.clock.now();
    let ours = authority(&lab);
    let identity = Identity::generate().expect("a key");
    let csr = identity.csr().expect("a request");
    let issued = ours
        .issue_client(&csr, identity.id(), now)
        .expect("a certificate");
    let membership = Membership {
        certificate: issued.certificate,
        authority: ours.certificate().clone(),
        cluster: ours.cluster().to_owned(),
        leader: leader_id(&lab),
        epoch: 1,
    };
    let listen = lab.pi(LEADER).world.listen;
    let link = connect_agent(listen, &identity, &membership, now)
        .await
        .expect("TLS lets it in");
    let told = hello(link.stream).await.expect("an answer");
    assert!(
        matches!(&told, ToAgent::Refused { why } if why.code == "link.revoked"),
        "{told:?}"
    );
    assert_alone(&mut leader).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_is_revoked_while_it_is_connected_is_heard_no_more() {
    let lab = Lab::of(2).await;
    let mut leader = lab.begin(false).await;
    let mut joiner = lab.bring_in(1).await;
    leader.until_peer("pi-b", PeerState::Connected).await;
    let store = lab.store().await;
    let nodes = store.nodes().await.expect("nodes");
    let node = nodes.iter().find(|node| node.name == "pi-b").expect("pi-b");
    let now = lab.rehearsal.clock.now();
    let removed = store.remove_node(&node.id, now).await;
    removed.expect("it is removed");
    let done = joiner.done().await;
    assert_eq!((done.exit, done.why.as_deref()), (1, Some("link.revoked")));
    leader.until_peer("pi-b", PeerState::Lost).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_agent_is_told_so_calls_no_more_and_may_join_anew() {
    let mut lab = Lab::of(2).await;
    let mut leader = lab.begin(false).await;
    lab.bring_in(1).await;
    leader.until_peer("pi-b", PeerState::Connected).await;
    lab.stop(1).await;
    leader.until_peer("pi-b", PeerState::Lost).await;
    let store = lab.store().await;
    let nodes = store.nodes().await.expect("nodes");
    let node = nodes.iter().find(|node| node.name == "pi-b").expect("pi-b");
    for certificate in store.certs(&node.id).await.expect("certificates") {
        let now = lab.rehearsal.clock.now();
        let revoked = store.revoke_cert(&certificate.what.fingerprint, now).await;
        revoked.expect("it is revoked");
    }
    lab.start(1).await;
    let mut joiner = lab.face(1).await;
    let done = joiner.done().await;
    assert_eq!((done.exit, done.why.as_deref()), (1, Some("link.revoked")));
    assert_eq!(
        joiner.count(|event| crate::face::said(event) == Some("link.up")),
        0
    );
    joiner
        .until_picture(|picture| picture.end.is_some() && picture.link.is_none())
        .await;

    // It keeps one link at most: with a new token it could not begin another while it still called.
    let (_, token) = leader.create_token("pi-b", 600_000).await;
    joiner.join(Some("pi-b"), &token).await;
    joiner.until_said("link.up").await;
    leader.until_peer("pi-b", PeerState::Connected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_that_come_to_join_and_say_nothing_take_a_bounded_place() {
    let lab = Lab::of(2).await;
    let _leader = lab.begin(false).await;
    let token = JoinToken::decode(&lab.token(1)).expect("a token");
    let at = lab.pi(LEADER).world.listen;
    // The leader may still be at the end of the handshake before: then it is called again.
    let call = async || loop {
        if let Ok(called) = connect_join(at, &token, lab.rehearsal.clock.now()).await {
            return called.stream;
        }
    };
    let mut silent = Vec::new();
    for _ in 0..Bounds::default().per_source {
        silent.push(call().await);
    }
    let mut over = call().await;
    let mut first = silent.remove(0);
    let (mut a, mut b) = ([0], [0]);
    tokio::select! {
        ended = over.read(&mut a) => assert!(!matches!(ended, Ok(1..)), "{ended:?}"),
        ended = first.read(&mut b) => panic!("the first was turned away: {ended:?}"),
    }
}
