//! What strangers may do to the leader's port: little, and nothing to others.

use std::time::Duration;

use mcloud::session::tls::{ALPN_AGENT, ALPN_JOIN};
use mcloud::session::{Bounds, Incoming, TlsError, connect_join, explain};
use rstest::rstest;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::{Leader, NOW, foreign_client};

#[rstest]
#[case::unknown(Some("h2"))]
#[case::none(None)]
#[case::of_another_version(Some("mcloud-agent/2"))]
#[tokio::test]
async fn a_caller_without_a_known_protocol_is_refused_and_told_so(#[case] alpn: Option<&str>) {
    let leader = Leader::new().await;
    let alpn: Vec<&[u8]> = alpn.iter().map(|name| name.as_bytes()).collect();
    let (client, incoming) = tokio::join!(foreign_client(&leader, &alpn), leader.accept());
    assert!(matches!(incoming.unwrap_err(), TlsError::Protocol));
    let told = explain(client.unwrap_err());
    assert!(told.to_string().contains("same mcloud"), "{told}");
}

#[tokio::test]
async fn the_first_known_protocol_of_a_caller_decides() {
    let leader = Leader::new().await;
    let offers: [&[u8]; 3] = [b"mcloud-join/9", ALPN_JOIN, ALPN_AGENT];
    let (client, incoming) = tokio::join!(foreign_client(&leader, &offers), leader.accept());
    assert!(matches!(incoming.unwrap(), Incoming::Join(_)));
    let client = client.unwrap();
    assert_eq!(client.get_ref().1.alpn_protocol(), Some(ALPN_JOIN));
}

#[tokio::test]
async fn no_session_can_be_resumed() {
    let leader = Leader::new().await;
    let (client, incoming) = tokio::join!(foreign_client(&leader, &[ALPN_JOIN]), leader.accept());
    let Ok(Incoming::Join(mut stream)) = incoming else {
        panic!("expected a joiner");
    };
    stream.shutdown().await.unwrap();
    let mut client = client.unwrap();
    client.read_to_end(&mut Vec::new()).await.unwrap();
    assert_eq!(client.get_ref().1.tls13_tickets_received(), 0);
}

#[tokio::test]
async fn bytes_that_are_no_tls_are_refused() {
    let leader = Leader::new().await;
    let mut caller = TcpStream::connect(leader.address).await.unwrap();
    caller.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let refused = leader.accept().await.unwrap_err();
    assert!(matches!(refused, TlsError::Tls(_)), "{refused}");
}

#[tokio::test]
async fn a_caller_that_hangs_up_is_no_error_of_the_leader() {
    let leader = Leader::new().await;
    drop(TcpStream::connect(leader.address).await.unwrap());
    let refused = leader.accept().await.unwrap_err();
    assert!(matches!(refused, TlsError::Closed), "{refused}");
}

#[tokio::test]
async fn a_caller_that_never_speaks_is_dropped() {
    let leader = Leader::bounded(Bounds {
        handshake: Duration::from_millis(20),
        ..Bounds::default()
    })
    .await;
    let _silent = TcpStream::connect(leader.address).await.unwrap();
    let refused = leader.accept().await.unwrap_err();
    assert!(matches!(refused, TlsError::TimedOut), "{refused}");
}

#[tokio::test]
async fn a_caller_that_never_speaks_does_not_keep_others_out() {
    let leader = Leader::new().await;
    let token = leader.token();
    let _silent = TcpStream::connect(leader.address).await.unwrap();
    let (stream, _) = leader.listener.accept().await.unwrap();
    let waiting = leader.acceptor.accept(stream, NOW);
    let other = async {
        let (joining, incoming) =
            tokio::join!(connect_join(leader.address, &token, NOW), leader.accept());
        joining.unwrap();
        incoming.unwrap()
    };
    tokio::select! {
        biased;
        ended = waiting => panic!("the silent one ended first: {ended:?}"),
        incoming = other => assert!(matches!(incoming, Incoming::Join(_))),
    }
}

#[tokio::test]
async fn too_many_handshakes_at_once_are_turned_away_until_one_ends() {
    let leader = Leader::bounded(Bounds {
        at_once: 1,
        ..Bounds::default()
    })
    .await;
    let token = leader.token();
    let _silent = TcpStream::connect(leader.address).await.unwrap();
    let (stream, _) = leader.listener.accept().await.unwrap();
    tokio::select! {
        biased;
        ended = leader.acceptor.accept(stream, NOW) => panic!("ended first: {ended:?}"),
        (joining, incoming) = async {
            tokio::join!(connect_join(leader.address, &token, NOW), leader.accept())
        } => {
            assert!(matches!(incoming.unwrap_err(), TlsError::Busy));
            let refused = joining.unwrap_err();
            assert!(matches!(refused, TlsError::Closed), "{refused}");
        }
    }
    let (joining, incoming) =
        tokio::join!(connect_join(leader.address, &token, NOW), leader.accept());
    joining.unwrap();
    incoming.unwrap();
}
