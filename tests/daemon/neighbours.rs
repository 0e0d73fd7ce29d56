//! Daemons find each other by real datagrams, and no flood comes between them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use mcloud::discovery::beacon::MAGIC;
use mcloud::discovery::{Beacon, Mark, PeerId};
use mcloud::engine::Intent;
use mcloud::engine::neighbours::{Neighbours, Peer, Standing};
use mcloud::engine::picture::Picture;
use mcloud::engine::wizard::Part;
use mcloud::wire::{Answer, Question};

use crate::face::Face;
use crate::lab::{CLUSTER, LEADER, Lab};

/// The most rows of a picture.
const MOST_ROWS: usize = 64;

const fn neighbours(picture: &Picture) -> &Neighbours {
    &picture.wizard.neighbours
}

fn peer<'a>(picture: &'a Picture, name: &str) -> Option<&'a Peer> {
    let mut peers = neighbours(picture).peers.iter();
    peers.find(|peer| peer.name == name)
}

/// A face whose wizard is open; its node was looked at, and has an address.
async fn opened(lab: &Lab, number: usize) -> Face {
    let mut face = lab.face(number).await;
    face.intend(Intent::Open { part: None }).await;
    face.until_picture(|picture| picture.wizard.address.is_some())
        .await;
    face
}

/// A joiner that chose its address: from now on it speaks.
async fn joiner(lab: &Lab, number: usize) -> Face {
    let mut face = opened(lab, number).await;
    let part = Part::Joiner;
    face.intend(Intent::Part { part }).await;
    let address = lab.pi(number).address;
    face.intend(Intent::Address { address }).await;
    face
}

/// A socket of a stranger on this machine's loopback.
fn stranger(last: [u8; 2]) -> UdpSocket {
    let ip = Ipv4Addr::new(127, 9, last[0], last[1]);
    UdpSocket::bind((ip, 0)).expect("a socket on loopback")
}

/// Waits for a picture while a stranger at 127.9.1.`last` says the same again and again, as nodes do.
async fn until_heard(
    (face, wanted): (&mut Face, impl Fn(&Picture) -> bool),
    (last, said): (u8, &[&[u8]]),
    to: SocketAddr,
) {
    let socket = stranger([1, last]);
    let speaks = async {
        let mut again = tokio::time::interval(Duration::from_millis(50));
        loop {
            again.tick().await;
            for bytes in said {
                let _ = socket.send_to(bytes, to);
            }
        }
    };
    tokio::select! {
        () = face.until_picture(wanted) => {}
        () = speaks => {}
    }
}

/// The beacon of a node that is not there.
fn forged(number: u32) -> Beacon {
    let digit = |place: u32| {
        let value = u8::try_from((number >> (5 * place)) & 31).expect("five bits");
        char::from(if value < 26 {
            b'a' + value
        } else {
            b'2' + value - 26
        })
    };
    let tail: String = (0..7).map(digit).collect();
    let id: PeerId = format!("{}{tail}q", "m".repeat(44)).parse().expect("an id");
    Beacon {
        protocol: 1,
        id,
        name: format!("forged-{number}"),
        model: String::new(),
        serial: Mark::of_serial(&number.to_string()),
        machine: None,
        standing: Standing::Looking,
        session: None,
        port: None,
        mcloud: "0.1.0".to_owned(),
        clock: 0,
        counter: 1,
        peers: 0,
        asks: false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_joiners_see_each_other_with_name_address_and_standing() {
    let lab = Lab::of(3).await;
    let mut faces = Vec::new();
    for number in 0..3 {
        faces.push(joiner(&lab, number).await);
    }
    for (number, face) in faces.iter_mut().enumerate() {
        face.until_picture(|picture| neighbours(picture).peers.len() == 2)
            .await;
        for other in (0..3).filter(|other| *other != number) {
            let pi = lab.pi(other);
            let seen = peer(&face.link.picture, &pi.name).expect("it is seen");
            assert_eq!(seen.address, pi.address);
            assert_eq!(seen.standing, Standing::Looking);
            assert_eq!(seen.model, "Raspberry Pi 5 Model B Rev 1.0");
            assert_eq!(seen.mcloud, env!("CARGO_PKG_VERSION"));
            assert_eq!((seen.port, &seen.session), (None, &None));
            assert!(seen.compatible && !seen.ways.is_empty());
            assert_eq!(seen.findings, []);
        }
        assert_eq!(neighbours(&face.link.picture).troubles, []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_heard_goes_on_and_is_told_in_the_time_of_the_picture() {
    let lab = Lab::of(2).await;
    let mut listens = opened(&lab, LEADER).await;
    joiner(&lab, 1).await;
    listens
        .until_picture(|picture| peer(picture, "pi-b").is_some())
        .await;
    let first = peer(&listens.link.picture, "pi-b").expect("it is there");
    let first = first.heard;
    listens
        .until_picture(|picture| peer(picture, "pi-b").is_some_and(|pi| pi.heard > first))
        .await;
    let now = lab.rehearsal.clock.now();
    let later = peer(&listens.link.picture, "pi-b").expect("it is there");
    assert!(later.heard <= now, "{} is after {now}", later.heard);
    assert!(!later.silent);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_chose_nothing_hears_and_is_not_heard() {
    let lab = Lab::of(3).await;
    let mut listens = opened(&lab, LEADER).await;
    let mut one = joiner(&lab, 1).await;
    joiner(&lab, 2).await;
    // Even where its address is asked directly.
    let address = lab.pi(LEADER).address;
    one.intend(Intent::Add { address }).await;
    listens
        .until_picture(|picture| {
            let both = neighbours(picture).peers.len() == 2;
            let asked = |peer: &Peer| peer.ways.iter().any(|way| way == "unicast");
            both && peer(picture, "pi-b").is_some_and(asked)
        })
        .await;
    // Whoever answers does so within 50 ms: pi-c is heard long after that.
    let long_after = lab.rehearsal.clock.now() + 20_000;
    one.until_picture(|picture| peer(picture, "pi-c").is_some_and(|pi| pi.heard > long_after))
        .await;
    assert_eq!(peer(&one.link.picture, "pi-a"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_founded_leader_is_shown_as_open_with_its_session_and_the_port_it_listens_on() {
    let lab = Lab::of(2).await;
    let mut looks = joiner(&lab, 1).await;
    let mut leads = opened(&lab, LEADER).await;
    let cluster = CLUSTER.to_owned();
    leads.intend(Intent::Found { cluster }).await;
    leads
        .until_picture(|picture| picture.wizard.session.is_some())
        .await;
    let session = leads.link.picture.wizard.session.clone();
    let session = session.map(|session| session.id);
    let cluster = CLUSTER.to_owned();
    let open = Standing::Open { cluster };
    looks
        .until_picture(|picture| peer(picture, "pi-a").is_some_and(|pi| pi.standing == open))
        .await;
    let leader = peer(&looks.link.picture, "pi-a").expect("it is there");
    assert_eq!(leader.session, session);
    assert_eq!(leader.port, Some(lab.pi(LEADER).world.listen.port()));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_stops_falls_silent_and_then_its_row_goes() {
    let mut lab = Lab::of(2).await;
    let mut looks = joiner(&lab, LEADER).await;
    joiner(&lab, 1).await;
    looks
        .until_picture(|picture| peer(picture, "pi-b").is_some_and(|pi| !pi.silent))
        .await;
    lab.stop(1).await;
    looks
        .until_picture(|picture| peer(picture, "pi-b").is_some_and(|pi| pi.silent))
        .await;
    looks
        .until_picture(|picture| peer(picture, "pi-b").is_none())
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_starts_again_keeps_its_row() {
    let mut lab = Lab::of(3).await;
    let mut looks = opened(&lab, LEADER).await;
    joiner(&lab, 1).await;
    looks
        .until_picture(|picture| peer(picture, "pi-b").is_some())
        .await;
    joiner(&lab, 2).await;
    lab.stop(1).await;
    looks
        .until_picture(|picture| {
            peer(picture, "pi-b").is_some_and(|pi| pi.silent) && peer(picture, "pi-c").is_some()
        })
        .await;
    lab.start(1).await;
    joiner(&lab, 1).await;
    looks
        .until_picture(|picture| peer(picture, "pi-b").is_some_and(|pi| !pi.silent))
        .await;
    let peers = neighbours(&looks.link.picture).peers.iter();
    let names: Vec<_> = peers.map(|peer| peer.name.as_str()).collect();
    assert_eq!(names, ["pi-b", "pi-c"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_typed_address_is_asked_until_it_answers() {
    let lab = Lab::of(1).await;
    let mut face = joiner(&lab, LEADER).await;
    // Nobody has it yet: what is asked there first is lost.
    let ip = IpAddr::V4(Ipv4Addr::new(127, 9, 200, 1));
    let address = ip;
    face.intend(Intent::Add { address }).await;
    face.until_picture(|picture| picture.wizard.typed == [ip])
        .await;
    let port = lab.pi(LEADER).world.discovery.port();
    let asked = tokio::net::UdpSocket::bind((ip, port)).await;
    let asked = asked.expect("the port is free at this address");
    let mut room = [0; 600];
    let (question, from) = loop {
        let (length, from) = asked.recv_from(&mut room).await.expect("it is asked");
        let question = Beacon::decode(&room[..length]).expect("a beacon");
        // Rehearsals of other tests don't know this port; whoever asks is this one.
        if question.asks {
            break (question, from);
        }
    };
    assert_eq!(question.name, "pi-a");
    assert_eq!(from, SocketAddr::new(lab.pi(LEADER).address, port));
    let sent = asked.send_to(&forged(1).encode(), from).await;
    sent.expect("the answer goes");
    face.until_picture(|picture| {
        let answered = |pi: &Peer| pi.address == ip && pi.ways == ["unicast"];
        peer(picture, "forged-1").is_some_and(answered)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_mcloud_of_another_day_is_told_with_its_address_and_a_strange_protocol_on_its_row() {
    let lab = Lab::of(1).await;
    let mut face = lab.face(LEADER).await;
    let to = lab.pi(LEADER).world.discovery;
    let said = [&MAGIC[..], b"\x07later"].concat();
    let newer = Beacon {
        protocol: 900,
        ..forged(2)
    };
    let ip = IpAddr::V4(Ipv4Addr::new(127, 9, 1, 1));
    let told = |picture: &Picture| {
        let told = neighbours(picture).strangers == [(ip, 7)];
        told && peer(picture, "forged-2").is_some_and(|peer| !peer.compatible)
    };
    until_heard((&mut face, told), (1, &[&said, &newer.encode()]), to).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clones_and_a_clock_far_off_are_told_on_the_row() {
    let lab = Lab::of(1).await;
    let mut face = joiner(&lab, LEADER).await;
    let to = lab.pi(LEADER).world.discovery;
    let clone = Beacon {
        name: "PI-A".to_owned(),
        serial: Mark::of_serial("SIM-pi-a"),
        ..forged(3)
    };
    let told = |picture: &Picture| {
        let codes = peer(picture, "PI-A").map(|peer| {
            let codes = peer.findings.iter().map(|finding| finding.code.as_str());
            codes.collect::<Vec<_>>()
        });
        let all = [
            "neighbour.same-serial",
            "neighbour.same-name",
            "neighbour.clock-behind",
        ];
        codes.is_some_and(|codes| codes == all)
    };
    until_heard((&mut face, told), (2, &[&clone.encode()]), to).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_cannot_hear_starts_all_the_same_and_says_so() {
    let mut lab = Lab::of(1).await;
    lab.stop(LEADER).await;
    // Somebody has its port and shares it with nobody.
    let taken = UdpSocket::bind(lab.pi(LEADER).world.discovery).expect("the port is free");
    lab.start(LEADER).await;
    let mut face = joiner(&lab, LEADER).await;
    face.until_picture(|picture| {
        let mut troubles = neighbours(picture).troubles.iter();
        troubles.any(|trouble| trouble.code == "neighbour.deaf")
    })
    .await;
    drop(taken);
    face.until_picture(|picture| neighbours(picture).troubles.is_empty())
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_leaves_the_true_peer_its_row_and_the_daemon_answers() {
    let lab = Lab::of(2).await;
    let mut face = joiner(&lab, LEADER).await;
    joiner(&lab, 1).await;
    face.until_picture(|picture| peer(picture, "pi-b").is_some())
        .await;
    let to = lab.pi(LEADER).world.discovery;
    let mut number = 0;
    for third in 0..2 {
        for fourth in 0..=255 {
            let source = stranger([10 + third, fourth]);
            for _ in 0..8 {
                let _ = source.send_to(&forged(number).encode(), to);
                number += 1;
            }
        }
    }
    let garbage = stranger([12, 0]);
    for length in 0..10_000 {
        let _ = garbage.send_to(&vec![b'M'; length % 1_400], to);
    }
    face.until_picture(|picture| neighbours(picture).peers.len() == MOST_ROWS)
        .await;
    // Heard again, after all that.
    let before = peer(&face.link.picture, "pi-b").expect("its row").heard;
    face.until_picture(|picture| peer(picture, "pi-b").is_some_and(|pi| pi.heard > before))
        .await;
    let first = neighbours(&face.link.picture).peers.first();
    assert_eq!(first.map(|peer| peer.name.as_str()), Some("pi-b"));
    assert!(matches!(
        face.ask(Question::Cluster).await,
        Answer::Failed { .. }
    ));
}
