//! A thousand callers that never speak, and the one that was meant.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use mcloud::session::trust::{Caller, Visit, call, confirm_joiner};
use mcloud::session::{Bounds, Identity, Incoming, TlsError, TrustError, Words, connect_session};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::TcpSocket;
use tokio::sync::mpsc;

use crate::trust::{TOLD, id, inventory, session};
use crate::{Leader, NOW};

/// Callers that never say anything.
const SILENT: u32 = 1_000;

/// Each caller is a file here and one on the other side.
fn room_for_files() {
    let now = getrlimit(Resource::Nofile);
    let more = Rlimit {
        current: now.maximum,
        maximum: now.maximum,
    };
    setrlimit(Resource::Nofile, more).unwrap();
}

#[tokio::test]
async fn a_thousand_callers_that_never_speak_keep_the_invited_one_not_out() {
    room_for_files();
    let leader = Arc::new(
        Leader::bounded(Bounds {
            handshake: Duration::from_mins(10),
            ..Bounds::default()
        })
        .await,
    );
    leader
        .acceptor
        .guards()
        .invite(&[IpAddr::from([127, 0, 0, 1])]);
    let (turned, mut away) = mpsc::unbounded_channel();
    let (let_in, mut confirmed) = mpsc::unbounded_channel();
    let serving = Arc::clone(&leader);
    let server = tokio::spawn(async move {
        loop {
            let (stream, source) = serving.listener.accept().await.unwrap();
            let (leader, turned, let_in) = (Arc::clone(&serving), turned.clone(), let_in.clone());
            tokio::spawn(async move {
                match leader.acceptor.accept(stream, NOW).await {
                    Err(TlsError::Busy) => drop(turned.send(())),
                    Ok(Incoming::Session(stream, channel)) => {
                        let guards = leader.acceptor.guards();
                        let visit = Visit {
                            guards: &guards,
                            source: source.ip(),
                            now: NOW,
                        };
                        let joiner = confirm_joiner(*stream, session(), &channel, visit).await;
                        drop(let_in.send(joiner.map(|joiner| joiner.check)));
                    }
                    other => panic!("{other:?}"),
                }
            });
        }
    });
    let mut silent = Vec::new();
    for number in 0..SILENT {
        let socket = TcpSocket::new_v4().unwrap();
        let [.., high, low] = number.to_be_bytes();
        socket
            .bind(SocketAddr::from(([127, 9, high, low], 0)))
            .unwrap();
        silent.push(socket.connect(leader.address).await.unwrap());
    }
    // Half of 64 places is theirs; the others were dropped without any work.
    for _ in 0..SILENT - 32 {
        away.recv().await.unwrap();
    }
    let node = Identity::generate().unwrap();
    let (words, inventory) = (Words::parse(TOLD).unwrap(), inventory());
    let caller = Caller {
        identity: &node,
        inventory: &inventory,
        now: NOW,
    };
    let initiator = call(leader.address, &id(), &words, caller).await.unwrap();
    let check = confirmed.recv().await.unwrap().unwrap();
    assert_eq!(check, initiator.check);
    server.abort();
}

#[tokio::test]
async fn a_source_that_calls_too_often_is_told_to_try_later_without_any_work() {
    let leader = Leader::new().await;
    let node = Identity::generate().unwrap();
    for _ in 0..12 {
        let shaken = connect_session(leader.address, &node, NOW);
        let (link, incoming) = tokio::join!(shaken, leader.accept());
        assert_eq!(link.unwrap().channel.peer, *leader.identity.id());
        assert!(matches!(incoming.unwrap(), Incoming::Session(..)));
    }
    let (words, inventory) = (Words::parse(TOLD).unwrap(), inventory());
    let caller = Caller {
        identity: &node,
        inventory: &inventory,
        now: NOW,
    };
    let id = id();
    let (told, refused) = tokio::join!(call(leader.address, &id, &words, caller), leader.accept());
    assert!(matches!(refused.unwrap_err(), TlsError::Busy));
    let told = told.unwrap_err();
    assert!(matches!(told, TrustError::Busy), "{told}");
}
