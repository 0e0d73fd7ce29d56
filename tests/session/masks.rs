//! In a session nobody's certificate is believed, but whoever shows one must hold its key.

use std::net::SocketAddr;
use std::sync::Arc;

use mcloud::session::tls::ALPN_SESSION;
use mcloud::session::{CertificateDer, Identity, Incoming, TlsError, connect_session, explain};
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519};
use rstest::rstest;
use rustls::client::ResolvesClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, DigitallySignedStruct, ServerConfig, SignatureScheme};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::client::TlsStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::{Leader, NOW, provider};

/// A certificate, and a key that need not be its own.
#[derive(Debug)]
struct Mask(Option<Arc<CertifiedKey>>);

impl Mask {
    fn new(certificate: CertificateDer, key: &KeyPair) -> Self {
        let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let key = provider().key_provider.load_private_key(der).unwrap();
        Self(Some(Arc::new(CertifiedKey::new(vec![certificate], key))))
    }
}

impl ResolvesClientCert for Mask {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.0.clone()
    }

    fn has_certs(&self) -> bool {
        self.0.is_some()
    }
}

impl ResolvesServerCert for Mask {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.0.clone()
    }
}

/// Asks nothing of the server.
#[derive(Debug)]
struct Careless;

impl ServerCertVerifier for Careless {
    fn verify_server_cert(
        &self,
        _: &rustls::pki_types::CertificateDer<'_>,
        _: &[rustls::pki_types::CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &rustls::pki_types::CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &rustls::pki_types::CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }
}

/// The certificate that a node shows in sessions, as anybody may see it.
async fn shown_by(leader: &Leader) -> CertificateDer {
    let stranger = Identity::generate().unwrap();
    let called = connect_session(leader.address, &stranger, NOW);
    let (link, incoming) = tokio::join!(called, leader.accept());
    incoming.unwrap();
    let stream = link.unwrap().stream;
    let (_, connection) = stream.get_ref();
    connection
        .peer_certificates()
        .unwrap()
        .first()
        .unwrap()
        .clone()
}

async fn masked_client(address: SocketAddr, mask: Mask) -> std::io::Result<TlsStream<TcpStream>> {
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Careless))
        .with_client_cert_resolver(Arc::new(mask));
    config.alpn_protocols = vec![ALPN_SESSION.to_vec()];
    let tcp = TcpStream::connect(address).await?;
    let name = ServerName::IpAddress(address.ip().into());
    TlsConnector::from(Arc::new(config))
        .connect(name, tcp)
        .await
}

fn self_signed(key: &KeyPair) -> CertificateDer {
    let params = CertificateParams::default();
    params.self_signed(key).unwrap().der().clone()
}

#[derive(Debug, Clone, Copy)]
enum Shows {
    Nothing,
    Another,
    AnotherKind,
    ItsOwn,
}

#[rstest]
#[case::none(Shows::Nothing, false)]
#[case::another_nodes(Shows::Another, false)]
#[case::of_another_kind_of_key(Shows::AnotherKind, false)]
#[case::its_own(Shows::ItsOwn, true)]
#[tokio::test]
async fn a_caller_needs_a_certificate_whose_key_it_holds(
    #[case] shows: Shows,
    #[case] let_in: bool,
) {
    let leader = Leader::new().await;
    let own = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    let mask = match shows {
        Shows::Nothing => Mask(None),
        Shows::Another => Mask::new(shown_by(&leader).await, &own),
        Shows::AnotherKind => {
            let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
            Mask::new(self_signed(&key), &key)
        }
        Shows::ItsOwn => Mask::new(self_signed(&own), &own),
    };
    let (client, incoming) = tokio::join!(masked_client(leader.address, mask), leader.accept());
    assert_eq!(incoming.is_ok(), let_in, "{incoming:?}");
    if !let_in {
        // It hears of it at the latest with its first read.
        let told = match client {
            Ok(mut stream) => stream.read_u8().await.unwrap_err(),
            Err(error) => error,
        };
        let told = explain(told);
        assert!(!matches!(told, TlsError::Io(_)), "{told:?}");
    }
}

#[tokio::test]
async fn who_shows_the_initiators_certificate_without_its_key_is_not_called() {
    let leader = Leader::new().await;
    let mask = Mask::new(
        shown_by(&leader).await,
        &KeyPair::generate_for(&PKCS_ED25519).unwrap(),
    );
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(mask));
    config.alpn_protocols = vec![ALPN_SESSION.to_vec()];
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.unwrap();
        let shaken = TlsAcceptor::from(Arc::new(config)).accept(tcp).await;
        drop(shaken);
    });
    let node = Identity::generate().unwrap();
    assert!(connect_session(address, &node, NOW).await.is_err());
}

#[tokio::test]
async fn the_two_ends_of_a_connection_have_the_same_value_and_no_other_has() {
    let leader = Leader::new().await;
    let node = Identity::generate().unwrap();
    let mut values = Vec::new();
    for _ in 0..2 {
        let called = connect_session(leader.address, &node, NOW);
        let (link, incoming) = tokio::join!(called, leader.accept());
        let Incoming::Session(_, channel) = incoming.unwrap() else {
            panic!("expected a session");
        };
        let other = link.unwrap().channel;
        assert_eq!(channel.exporter, other.exporter);
        assert_eq!((&channel.me, &channel.peer), (&other.peer, &other.me));
        values.push(channel.exporter);
    }
    assert_ne!(values.first(), values.last());
}
