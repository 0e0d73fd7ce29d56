//! A leader and the machines that come to it, over real TLS on loopback, by session's public API.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::thread::{self, JoinHandle};

use data_encoding::{BASE64, BASE64URL_NOPAD};
use mcloud::session::tls::anyone::connect_session;
use mcloud::session::token::{Invitation, hash_of_sent};
use mcloud::session::trust::{
    Caller, Channel, InitiatorSays, JoinerSays, OpenSession, SessionId, Visit, confirm_initiator,
    confirm_joiner,
};
use mcloud::session::words::Words;
use mcloud::session::{
    Acceptor, Authority, Bounds, CertificateDer, Identity, Incoming, JoinToken, Membership,
    connect_agent, connect_join, requested_by,
};
use mcloud::wire::trust::{Inventory, Welcome};
use secrecy::{ExposeSecret, SecretString};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

/// A moment in 2025: certificates are judged by it, not by the machine's clock.
const NOW: u64 = 1_760_000_000_000;

/// The epoch in which the leader leads.
const EPOCH: u64 = 1;

/// A leader on a thread of its own, and what a machine needs to come to it.
pub(crate) struct Leader {
    runtime: Runtime,
    address: SocketAddr,
    token: JoinToken,
    joiner: Identity,
    session: OpenSession,
    membership: Membership,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Option<u64>>>,
    _dir: TempDir,
}

/// What the leader's own thread works with.
struct Desk {
    authority: Authority,
    acceptor: Acceptor,
    session: OpenSession,
    listener: TcpListener,
}

/// The key of the same words in the same session, as both ends make it.
pub(crate) fn session() -> OpenSession {
    let words = Words::parse("aardvark abandoned abbreviate abdomen");
    let id: SessionId = "benchbenchbenchbench".parse().expect("an id");
    OpenSession::new(&words.expect("words of the list"), id).expect("a key")
}

fn runtime() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().expect("a runtime starts")
}

impl Leader {
    /// A leader that listens, and one node that has been let in before.
    pub(crate) fn start() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        // Not there yet: it is made with the mode that keys want.
        let state = dir.path().join("state");
        let identity = Identity::load_or_create(&state).expect("a key");
        let authority = Authority::create(&state, NOW).expect("an authority");
        let own = authority.issue_server(&identity, EPOCH, NOW);
        let own = own.expect("a certificate").certificate;
        let ca = authority.certificate().clone();
        let acceptor = Acceptor::new(&identity, &own, &ca, Bounds::default());
        let runtime = runtime();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"));
        let listener = listener.expect("loopback has ports");
        let address = listener.local_addr().expect("it is bound");
        let cluster = authority.cluster().to_owned();
        let token = JoinToken::create(Invitation {
            cluster: cluster.clone(),
            addresses: vec![address],
            ca_sha256: authority.fingerprint(),
            expires: NOW + 3_600_000,
        });
        let joiner = Identity::generate().expect("a key");
        let csr = joiner.csr().expect("a request");
        let issued = authority.issue_client(&csr, joiner.id(), NOW);
        let membership = Membership {
            certificate: issued.expect("a certificate").certificate,
            authority: ca,
            cluster,
            leader: identity.id().clone(),
            epoch: EPOCH,
        };
        let (stop, stopped) = oneshot::channel();
        let listener = listener.into_std().expect("it is ours alone");
        let acceptor = acceptor.expect("what TLS needs");
        let thread = thread::spawn(move || lead(authority, acceptor, listener, stopped));
        Self {
            runtime,
            address,
            token: token.expect("a token"),
            joiner,
            session: session(),
            membership,
            stop: Some(stop),
            thread: Some(thread),
            _dir: dir,
        }
    }

    /// A machine with a token comes and gets its certificate.
    pub(crate) fn join_by_token(&self) -> CertificateDer {
        self.runtime.block_on(async {
            let joining = connect_join(self.address, &self.token, NOW).await;
            let csr = self.joiner.csr().expect("a request");
            let secret = self.token.secret();
            let line = format!("{} {}\n", secret.expose_secret(), BASE64.encode(&csr));
            let mut stream = BufReader::new(joining.expect("it is let in").stream);
            let sent = stream.write_all(line.as_bytes()).await;
            sent.and(stream.flush().await).expect("the leader reads");
            let mut answer = String::new();
            let read = stream.read_line(&mut answer).await;
            read.expect("the leader answers");
            let der = BASE64.decode(answer.trim().as_bytes());
            der.expect("it answers with a certificate").into()
        })
    }

    /// A node with a certificate comes back.
    pub(crate) fn greet_agent(&self) {
        self.runtime.block_on(async {
            let link = connect_agent(self.address, &self.joiner, &self.membership, NOW).await;
            let mut stream = BufReader::new(link.expect("it is known").stream);
            let mut hello = String::new();
            // The agent's own end is ready before the leader has believed it.
            let read = stream.read_line(&mut hello).await;
            assert!(read.is_ok() && hello == "hello\n", "the leader speaks");
        });
    }

    /// A machine whose operator types the words comes in; the key of the words is made once.
    pub(crate) fn join_by_words(&self) {
        self.runtime.block_on(async {
            let link = connect_session(self.address, &self.joiner, NOW).await;
            let link = link.expect("it is let in");
            let inventory = Inventory {
                name: "bench".to_owned(),
                model: String::new(),
                mcloud: "0.1.0".to_owned(),
                address: None,
            };
            let who = Caller {
                identity: &self.joiner,
                inventory: &inventory,
                now: NOW,
            };
            let initiator =
                confirm_initiator(*link.stream, &self.session, &link.channel, who).await;
            let mut initiator = initiator.expect("the words are right");
            initiator.answer(true).await.expect("the leader reads");
            let says = initiator.next().await;
            assert!(matches!(says, InitiatorSays::Welcome(_)), "{says:?}");
        });
    }

    /// Ends the leader: the CPU time of its thread in nanoseconds, where the kernel tells it.
    pub(crate) fn stop(mut self) -> Option<u64> {
        drop(self.stop.take());
        let thread = self.thread.take().expect("it ends once");
        thread.join().expect("it ends well")
    }
}

/// The leader's thread: it takes whoever comes until it is stopped.
fn lead(
    authority: Authority,
    acceptor: Acceptor,
    listener: std::net::TcpListener,
    stopped: oneshot::Receiver<()>,
) -> Option<u64> {
    let session = session();
    let began = cpu_time();
    runtime().block_on(async {
        let listener = TcpListener::from_std(listener).expect("it does not block");
        let desk = Desk {
            authority,
            acceptor,
            session,
            listener,
        };
        tokio::select! {
            () = desk.serve() => {}
            _ = stopped => {}
        }
    });
    cpu_time()?.checked_sub(began?)
}

impl Desk {
    async fn serve(&self) {
        // A second goes by for each caller: so many at one moment would be turned away.
        for now in (NOW..).step_by(1_000) {
            let (tcp, _) = self.listener.accept().await.expect("it listens");
            match self.acceptor.accept(tcp, now).await {
                Ok(Incoming::Join(stream)) => self.redeem(BufReader::new(stream)).await,
                Ok(Incoming::Agent(mut stream, _)) => {
                    stream.write_all(b"hello\n").await.ok();
                    stream.shutdown().await.ok();
                }
                Ok(Incoming::Session(stream, channel)) => self.trust(*stream, &channel, now).await,
                Err(refused) => panic!("only friends come: {refused}"),
            }
        }
    }

    /// Takes a joiner through its confirmation and lets it in.
    async fn trust<T: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: T,
        channel: &Channel,
        now: u64,
    ) {
        let visit = Visit {
            guards: &self.acceptor.guards(),
            source: IpAddr::V4(Ipv4Addr::LOCALHOST),
            now,
        };
        let joiner = confirm_joiner(stream, &self.session, channel, visit).await;
        let mut joiner = joiner.expect("its words are right");
        assert!(matches!(joiner.next().await, JoinerSays::Accepted));
        let issued = self.authority.issue_client(&joiner.csr, &joiner.id, NOW);
        let der = |der: &[u8]| BASE64URL_NOPAD.encode(der);
        let welcome = Welcome {
            certificate: der(&issued.expect("a certificate").certificate),
            authority: der(self.authority.certificate()),
            name: joiner.inventory.name.clone(),
            cluster_id: self.authority.cluster().to_owned(),
            cluster: "bench".to_owned(),
            leader: channel.me.to_string(),
            epoch: EPOCH,
            addresses: Vec::new(),
        };
        joiner.welcome(welcome).await.expect("it reads");
    }

    /// Reads a secret and a request, and answers with a certificate, as the daemon does but for
    /// the database.
    async fn redeem(&self, mut stream: BufReader<impl AsyncRead + AsyncWrite + Unpin>) {
        let mut line = String::new();
        stream.read_line(&mut line).await.expect("it asks");
        let (secret, csr) = line.trim().split_once(' ').expect("two words");
        let hash = hash_of_sent(&SecretString::from(secret)).expect("a secret");
        std::hint::black_box(hash);
        let csr = BASE64.decode(csr.as_bytes()).expect("a request");
        let id = requested_by(&csr).expect("a request");
        let issued = self.authority.issue_client(&csr, &id, NOW);
        let answer = BASE64.encode(&issued.expect("a certificate").certificate) + "\n";
        stream.write_all(answer.as_bytes()).await.ok();
        stream.shutdown().await.ok();
    }
}

/// The CPU time of this thread in nanoseconds, as proc(5) tells it; none where the kernel was built
/// without it.
fn cpu_time() -> Option<u64> {
    let told = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    told.split_whitespace().next()?.parse().ok()
}
