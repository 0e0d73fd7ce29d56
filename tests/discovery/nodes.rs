//! Nodes on this machine's loopback that hear each other by real datagrams.

use std::collections::BTreeSet;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use mcloud::discovery::{Discovery, Failed, GROUP4, Heard, Link, News, Roster, Way, links};
use socket2::{Domain, Socket, Type};

use super::{NOW, beacon, id};

/// What doesn't come in this time doesn't come.
const PATIENCE: Duration = Duration::from_secs(20);
/// After this time without news a node speaks again, as its rhythm would have it.
const AGAIN: Duration = Duration::from_millis(50);

/// A port nobody uses, so that tests beside each other don't meet.
fn port() -> u16 {
    let any = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
    any.local_addr().unwrap().port()
}

fn ip(number: u32) -> IpAddr {
    Ipv4Addr::new(127, 0, 0, u8::try_from(10 + number).unwrap()).into()
}

fn pi(number: u32, port: u16) -> Discovery {
    Discovery::start(port, links(ip(number), &[]))
}

/// Whether this machine carries multicast on loopback; if not, the test says that it shows nothing.
fn has_multicast() -> bool {
    let carried = || -> std::io::Result<()> {
        let ear = UdpSocket::bind((GROUP4, 0))?;
        ear.join_multicast_v4(&GROUP4, &Ipv4Addr::new(127, 0, 0, 12))?;
        ear.set_read_timeout(Some(Duration::from_secs(5)))?;
        let mouth = Socket::new(Domain::IPV4, Type::DGRAM, None)?;
        let own = Ipv4Addr::new(127, 0, 0, 11);
        mouth.bind(&SocketAddr::new(own.into(), 0).into())?;
        mouth.set_multicast_if_v4(&own)?;
        mouth.send_to(b"?", &ear.local_addr()?.into())?;
        ear.recv_from(&mut [0; 8]).map(|_| ())
    };
    match carried() {
        Ok(()) => true,
        Err(error) => {
            let said = format!("skipped: no multicast on loopback here: {error}\n");
            std::io::stderr().write_all(said.as_bytes()).unwrap();
            false
        }
    }
}

/// Lets `speak` be done again and again until the node has told what `found` looks for.
async fn until<T, F: Future<Output = ()>>(
    node: &mut Discovery,
    speak: impl Fn() -> F,
    mut found: impl FnMut(News) -> Option<T>,
) -> T {
    let search = async {
        speak().await;
        loop {
            match tokio::time::timeout(AGAIN, node.next()).await {
                Ok(news) => {
                    if let Some(found) = found(news.expect("discovery has not ended")) {
                        return found;
                    }
                }
                Err(_) => speak().await,
            }
        }
    };
    tokio::time::timeout(PATIENCE, search)
        .await
        .expect("it is told in time")
}

#[tokio::test]
async fn three_nodes_hear_each_other_by_multicast_and_by_broadcast() {
    if !has_multicast() {
        return;
    }
    let port = port();
    let mut nodes = [pi(1, port), pi(2, port), pi(3, port)];
    let voices = [nodes[0].voice(), nodes[1].voice(), nodes[2].voice()];
    let all_speak = || async {
        for (voice, number) in voices.iter().zip(1..) {
            voice.say(beacon(number)).await.unwrap();
        }
    };
    for (node, number) in nodes.iter_mut().zip(1..) {
        let mut roster = Roster::new(id(number));
        until(node, all_speak, |news| {
            if let News::Heard(heard) = news {
                roster.hear(&heard, NOW);
            }
            let complete = |ways: BTreeSet<_>| ways.is_superset(&both());
            let ways = |p: &&mcloud::discovery::Peer| p.ways.keys().copied().collect();
            let rows = roster.rows();
            (rows.len() == 2 && rows.iter().map(ways).all(complete)).then_some(())
        })
        .await;
        let mut from: Vec<_> = roster.rows().iter().map(|peer| peer.address).collect();
        from.sort();
        let others = (1..=3).filter(|other| *other != number);
        let others: Vec<_> = others.map(|n| SocketAddr::new(ip(n), port)).collect();
        assert_eq!(from, others, "sources are the nodes' own addresses");
        assert_eq!(roster.findings(&beacon(number), NOW), []);
    }
}

fn both() -> BTreeSet<Way> {
    BTreeSet::from([Way::Multicast4, Way::Broadcast])
}

fn heard(news: News) -> Option<Heard> {
    match news {
        News::Heard(heard) => Some(heard),
        _ => None,
    }
}

#[tokio::test]
async fn a_typed_address_is_asked_and_answers_by_unicast() {
    let port = port();
    let mut nodes = [pi(4, port), pi(5, port)];
    let [asking, asked] = [nodes[0].voice(), nodes[1].voice()];
    let ask = || async {
        let to = SocketAddr::new(ip(5), port);
        asking.ask(to, beacon(4)).await.unwrap();
    };
    let question = until(&mut nodes[1], ask, heard).await;
    assert_eq!((question.by, question.beacon.asks), (Way::Unicast, true));
    assert_eq!(question.beacon.id, id(4));
    let answer = || async {
        asked.answer(question.source, beacon(5)).await.unwrap();
    };
    let answer = until(&mut nodes[0], answer, heard).await;
    assert_eq!((answer.by, answer.beacon.asks), (Way::Unicast, false));
    assert_eq!(answer.source, SocketAddr::new(ip(5), port));
}

#[tokio::test]
async fn a_nic_that_is_not_there_is_told_once_and_ends_nothing() {
    let port = port();
    let mut both = links(ip(6), &[]);
    both.push(Link {
        name: "gone0".to_owned(),
        addresses: vec!["192.0.2.77/24".parse().unwrap()],
    });
    let mut node = Discovery::start(port, both.clone());
    let told = until(
        &mut node,
        || async {},
        |news| match news {
            News::Trouble(trouble) => Some(trouble),
            _ => None,
        },
    )
    .await;
    assert_eq!((told.nic.as_str(), told.failed), ("gone0", Failed::Hear));
    let neighbour = pi(7, port);
    let voice = node.voice();
    let again = || async {
        voice.links(both.clone()).await.unwrap();
        let to = SocketAddr::new(ip(6), port);
        neighbour.voice().ask(to, beacon(7)).await.unwrap();
    };
    let mut more = 0;
    let found = until(&mut node, again, |news| {
        more += usize::from(matches!(news, News::Trouble(_)));
        heard(news)
    })
    .await;
    assert_eq!((found.beacon.id, more), (id(7), 0));
}

#[tokio::test]
async fn with_its_node_a_voice_ends_and_the_sockets_are_closed() {
    let port = port();
    let mut node = pi(14, port);
    let voice = node.voice();
    let ask = || async {
        let to = SocketAddr::new(ip(14), port);
        let neighbour = UdpSocket::bind((Ipv4Addr::new(127, 0, 0, 97), 0)).unwrap();
        neighbour.send_to(&beacon(1).encode(), to).unwrap();
    };
    until(&mut node, ask, heard).await;
    let own = SocketAddr::new(ip(14), port);
    assert!(UdpSocket::bind(own).is_err(), "the node has it");
    drop(node);
    let closed = async {
        while voice.say(beacon(14)).await.is_ok() || UdpSocket::bind(own).is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, closed)
        .await
        .expect("it ends");
}

#[tokio::test]
async fn links_that_go_are_left_and_links_that_come_are_heard() {
    let port = port();
    let mut node = pi(8, port);
    let neighbour = pi(9, port);
    let (voice, other) = (node.voice(), neighbour.voice());
    let to = SocketAddr::new(ip(8), port);
    let ask = || async { other.ask(to, beacon(9)).await.unwrap() };
    until(&mut node, ask, heard).await;
    voice.links(Vec::new()).await.unwrap();
    // With no socket left nothing can be said, and that is told.
    let speak = || async {
        voice
            .ask(SocketAddr::new(ip(9), port), beacon(8))
            .await
            .unwrap();
    };
    let trouble = until(&mut node, speak, |news| match news {
        News::Trouble(trouble) => Some(trouble.failed),
        _ => None,
    })
    .await;
    assert_eq!(trouble, Failed::Say);
    voice.links(links(ip(8), &[])).await.unwrap();
    let found = until(&mut node, ask, heard).await;
    assert_eq!(found.beacon.id, id(9));
}

#[tokio::test]
async fn what_speaks_on_one_nic_alone_is_silent_on_the_others_but_hears() {
    if !has_multicast() {
        return;
    }
    let port = port();
    let mut nodes = [pi(10, port), pi(11, port)];
    let [quiet, loud] = [nodes[0].voice(), nodes[1].voice()];
    quiet.speak_on(Some("eth7".to_owned())).await.unwrap();
    quiet.say(beacon(10)).await.unwrap();
    let speak = || async { loud.say(beacon(11)).await.unwrap() };
    assert_eq!(until(&mut nodes[0], speak, heard).await.beacon.id, id(11));
    // Were the first beacon sent, it would be heard before this one.
    quiet.speak_on(None).await.unwrap();
    let marked = mcloud::discovery::Beacon {
        counter: 2_000,
        ..beacon(10)
    };
    let speak = || async { quiet.say(marked.clone()).await.unwrap() };
    let first = until(&mut nodes[1], speak, heard).await;
    assert_eq!(first.beacon.counter, 2_000);
}

#[tokio::test]
async fn garbage_and_other_versions_end_nothing_and_only_the_latter_are_told() {
    let port = port();
    let mut node = pi(12, port);
    let stranger = UdpSocket::bind((Ipv4Addr::new(127, 0, 0, 99), 0)).unwrap();
    let to = SocketAddr::new(ip(12), port);
    let speak = || async {
        for garbage in [&b"SSDP"[..], b"", b"MCLD\x01{", &[0xff; 1_400]] {
            stranger.send_to(garbage, to).unwrap();
        }
        stranger.send_to(b"MCLD\x07later", to).unwrap();
    };
    let told = until(&mut node, speak, Some).await;
    let source = stranger.local_addr().unwrap();
    assert_eq!(told, News::Incompatible { source, version: 7 });
    let whole = beacon(1).encode();
    let speak = || async { assert!(stranger.send_to(&whole, to).is_ok()) };
    let found = until(&mut node, speak, heard).await;
    assert_eq!(found.beacon, beacon(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_datagrams_that_nobody_takes_are_dropped_and_the_node_hears_on() {
    let port = port();
    let mut node = pi(13, port);
    let stranger = UdpSocket::bind((Ipv4Addr::new(127, 0, 0, 98), 0)).unwrap();
    let to = SocketAddr::new(ip(13), port);
    let forged = beacon(5).encode();
    let speak = || async { assert!(stranger.send_to(&forged, to).is_ok()) };
    until(&mut node, speak, heard).await;
    for number in 0..10_000 {
        stranger.send_to(&beacon(number).encode(), to).unwrap();
    }
    let last = beacon(20_000).encode();
    let speak = || async { assert!(stranger.send_to(&last, to).is_ok()) };
    let mut taken = 0;
    until(&mut node, speak, |news| {
        taken += 1;
        heard(news).filter(|heard| heard.beacon.id == id(20_000))
    })
    .await;
    assert!(taken < 10_000, "{taken} were held");
}

/// Waits until discovery's troubles are as `wanted`, while `speak` is done again and again.
async fn until_troubles<F: Future<Output = ()>>(
    node: &Discovery,
    speak: impl Fn() -> F,
    wanted: impl Fn(&[Failed]) -> bool,
) {
    let search = async {
        loop {
            let failed: Vec<_> = node.troubles().iter().map(|t| t.failed).collect();
            if wanted(&failed) {
                return;
            }
            speak().await;
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, search)
        .await
        .expect("the troubles come and go in time");
}

#[tokio::test]
async fn a_trouble_is_there_until_it_is_mended() {
    let port = port();
    let own = SocketAddr::new(ip(15), port);
    let taken = UdpSocket::bind(own).unwrap();
    let node = pi(15, port);
    let voice = node.voice();
    let again = || async { voice.links(links(ip(15), &[])).await.unwrap() };
    until_troubles(&node, again, |failed| failed == [Failed::Hear]).await;
    drop(taken);
    until_troubles(&node, again, <[Failed]>::is_empty).await;
    // What was asked for in vain, too: with no link nothing can be reached.
    let to = SocketAddr::new(ip(16), port);
    voice.links(Vec::new()).await.unwrap();
    let ask = || async { voice.ask(to, beacon(15)).await.unwrap() };
    until_troubles(&node, ask, |failed| failed == [Failed::Say]).await;
    again().await;
    until_troubles(&node, ask, <[Failed]>::is_empty).await;
}

#[tokio::test]
async fn an_answer_that_cannot_go_is_nobodys_trouble() {
    let port = port();
    let node = pi(17, port);
    let voice = node.voice();
    let nowhere = "[2001:db8::1]:9446".parse().unwrap();
    voice.answer(nowhere, beacon(17)).await.unwrap();
    // Words are taken one after another: this one's trouble comes after that of the answer.
    let other = "[2001:db8::2]:9446".parse().unwrap();
    voice.ask(other, beacon(17)).await.unwrap();
    until_troubles(&node, || async {}, |failed| !failed.is_empty()).await;
    let told: Vec<_> = node.troubles().iter().map(|t| t.address).collect();
    assert_eq!(told, [other]);
}

#[tokio::test]
async fn discovery_that_was_ended_has_closed_its_sockets() {
    let port = port();
    let mut node = pi(18, port);
    let own = SocketAddr::new(ip(18), port);
    let stranger = UdpSocket::bind((Ipv4Addr::new(127, 0, 0, 96), 0)).unwrap();
    let ask = || async { assert!(stranger.send_to(&beacon(1).encode(), own).is_ok()) };
    until(&mut node, ask, heard).await;
    assert!(UdpSocket::bind(own).is_err(), "the node has it");
    node.end().await;
    assert!(UdpSocket::bind(own).is_ok(), "it was let go");
}
