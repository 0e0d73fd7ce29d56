//! Attacks on a session, each by its name: all end before anything is believed.

use std::net::IpAddr;

use data_encoding::BASE64URL_NOPAD;
use mcloud::session::pake::{Pake, Side, Spake};
use mcloud::session::trust::{
    Caller, Initiator, Joiner, Visit, call, confirm_initiator, confirm_joiner,
};
use mcloud::session::{
    Channel, Guards, Identity, Incoming, OpenSession, TrustError, Words, connect_session,
};
use mcloud::wire::{SHORT_LINE, Wire};
use rstest::rstest;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, copy_bidirectional, duplex};
use tokio::net::{TcpListener, TcpStream};

use crate::trust::{TOLD, channels, guards, id, inventory, session, visit};
use crate::{Leader, NOW};

type Lines = Wire<DuplexStream, Value, Value>;
type Confirmed<T> = Result<T, TrustError>;

fn unconfirmed<T: std::fmt::Debug>(result: &Confirmed<T>) -> bool {
    matches!(result, Err(TrustError::Unconfirmed))
}

/// An honest initiator on one end of a pipe, as a task, and the attacker's end.
struct Answering {
    lines: Lines,
    guards: Guards,
    ends: tokio::task::JoinHandle<Confirmed<Joiner<DuplexStream>>>,
}

fn answering(channel: Channel) -> Answering {
    let (near, far) = duplex(256 * 1024);
    let guards = guards();
    let theirs = guards.clone();
    let ends =
        tokio::spawn(
            async move { confirm_joiner(near, session(), &channel, visit(&theirs)).await },
        );
    Answering {
        lines: Wire::new(far, 1024 * 1024),
        guards,
        ends,
    }
}

/// An honest joiner on one end of a pipe, as a task, and the attacker's end.
fn asking(
    channel: Channel,
    node: Identity,
) -> (
    Lines,
    tokio::task::JoinHandle<Confirmed<Initiator<DuplexStream>>>,
) {
    let (near, far) = duplex(256 * 1024);
    let ends = tokio::spawn(async move {
        let inventory = inventory();
        let caller = Caller {
            identity: &node,
            inventory: &inventory,
            now: NOW,
        };
        confirm_initiator(near, session(), &channel, caller).await
    });
    (Wire::new(far, 1024 * 1024), ends)
}

/// Nothing more comes, not even a reason.
async fn left_without_a_word(lines: &mut Lines) {
    let more = lines.receive().await;
    assert!(more.is_err(), "{more:?}");
}

/// A hello of somebody who knows the protocol and guesses the key.
fn hello(key: [u8; 32]) -> Value {
    let (_, pake) = Spake::start(Side::Joiner, &key, [b"i", b"j"]);
    json!({"t": "hello", "v": 1, "session": id().as_str(), "pake": BASE64URL_NOPAD.encode(&pake)})
}

fn two_nodes() -> (Identity, Identity, Channel, Channel) {
    let (initiator, joiner) = (Identity::generate().unwrap(), Identity::generate().unwrap());
    let (at_initiator, at_joiner) = channels(initiator.id(), joiner.id());
    (initiator, joiner, at_initiator, at_joiner)
}

/// A run between two honest nodes that somebody writes down: the joiner's lines, the initiator's.
async fn written_down() -> ([Value; 2], [Value; 2], Channel, Channel) {
    let (_, node, at_initiator, at_joiner) = two_nodes();
    let mut answers = answering(at_initiator.clone());
    let (mut asks, initiator) = asking(at_joiner.clone(), node);
    let mut said = (Vec::new(), Vec::new());
    for _ in 0..2 {
        let line = asks.receive().await.unwrap();
        answers.lines.send(&line).await.unwrap();
        said.0.push(line);
        let line = answers.lines.receive().await.unwrap();
        asks.send(&line).await.unwrap();
        said.1.push(line);
    }
    initiator.await.unwrap().unwrap();
    let (joiners, initiators) = said;
    (
        joiners.try_into().unwrap(),
        initiators.try_into().unwrap(),
        at_initiator,
        at_joiner,
    )
}

/// A call of an honest node to `address`, while `leader` answers whoever comes.
async fn call_while_it_answers(leader: &Leader, address: std::net::SocketAddr) -> (bool, bool) {
    let node = Identity::generate().unwrap();
    let (words, inventory) = (Words::parse(TOLD).unwrap(), inventory());
    let guards = leader.acceptor.guards();
    let answer = async {
        let Incoming::Session(stream, channel) = leader.accept().await.unwrap() else {
            panic!("expected a session");
        };
        confirm_joiner(*stream, session(), &channel, visit(&guards)).await
    };
    let caller = Caller {
        identity: &node,
        inventory: &inventory,
        now: NOW,
    };
    let id = id();
    let (joiner, initiator) = tokio::join!(answer, call(address, &id, &words, caller));
    if joiner.is_ok() && initiator.is_ok() {
        return (true, true);
    }
    (!unconfirmed(&joiner), !unconfirmed(&initiator))
}

#[tokio::test]
async fn a_relay_that_passes_everything_on_is_found_out() {
    let (leader, relay) = (Leader::new().await, Leader::new().await);
    let address = relay.address;
    let real = leader.address;
    tokio::spawn(async move {
        let Incoming::Session(mut here, _) = relay.accept().await.unwrap() else {
            panic!("expected a session");
        };
        let own = Identity::generate().unwrap();
        let mut there = connect_session(real, &own, NOW).await.unwrap().stream;
        // Both sides know the words and hear every line of the other, and still find it out.
        let _ = copy_bidirectional(&mut here, &mut there).await;
    });
    assert_eq!(
        call_while_it_answers(&leader, address).await,
        (false, false)
    );
    assert_eq!(leader.acceptor.guards().wrong(), 1);
}

#[tokio::test]
async fn a_relay_that_opens_nothing_is_no_more_than_a_wire() {
    let leader = Leader::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let real = leader.address;
    tokio::spawn(async move {
        let (mut here, _) = listener.accept().await.unwrap();
        let mut there = TcpStream::connect(real).await.unwrap();
        let _ = copy_bidirectional(&mut here, &mut there).await;
    });
    assert_eq!(call_while_it_answers(&leader, address).await, (true, true));
}

#[rstest]
#[case::of_the_joiner(true)]
#[case::of_the_initiator(false)]
#[tokio::test]
async fn a_swapped_certificate_is_found_out(#[case] joiners: bool) {
    let (_, node, mut at_initiator, mut at_joiner) = two_nodes();
    let other = Identity::generate().unwrap();
    // The same exporter on both sides: it does not cover what a client shows.
    if joiners {
        at_initiator.peer = other.id().clone();
    } else {
        at_joiner.peer = other.id().clone();
    }
    let mut answers = answering(at_initiator);
    let (mut asks, initiator) = asking(at_joiner, node);
    for _ in 0..2 {
        answers
            .lines
            .send(&asks.receive().await.unwrap())
            .await
            .unwrap();
        match answers.lines.receive().await {
            Ok(line) => asks.send(&line).await.unwrap(),
            Err(_) => break,
        }
    }
    drop(asks);
    assert!(unconfirmed(&answers.ends.await.unwrap()));
    assert!(unconfirmed(&initiator.await.unwrap()));
}

#[tokio::test]
async fn another_connection_between_the_same_two_is_another_exporter() {
    let (_, node, at_initiator, mut at_joiner) = two_nodes();
    at_joiner.exporter = [8; 32];
    let mut answers = answering(at_initiator);
    let (mut asks, initiator) = asking(at_joiner, node);
    answers
        .lines
        .send(&asks.receive().await.unwrap())
        .await
        .unwrap();
    asks.send(&answers.lines.receive().await.unwrap())
        .await
        .unwrap();
    answers
        .lines
        .send(&asks.receive().await.unwrap())
        .await
        .unwrap();
    left_without_a_word(&mut answers.lines).await;
    drop(asks);
    assert!(unconfirmed(&answers.ends.await.unwrap()));
    assert!(unconfirmed(&initiator.await.unwrap()));
}

#[tokio::test]
async fn a_replay_of_the_joiner_in_the_same_session_is_found_out() {
    let ([hello, confirm], _, at_initiator, _) = written_down().await;
    let mut answers = answering(at_initiator);
    answers.lines.send(&hello).await.unwrap();
    answers.lines.receive().await.unwrap();
    answers.lines.send(&confirm).await.unwrap();
    left_without_a_word(&mut answers.lines).await;
    assert!(unconfirmed(&answers.ends.await.unwrap()));
    assert_eq!(answers.guards.wrong(), 1);
}

#[tokio::test]
async fn a_replay_of_the_initiator_in_the_same_session_is_found_out() {
    let (_, [pake, confirm], _, at_joiner) = written_down().await;
    let (mut asks, initiator) = asking(at_joiner, Identity::generate().unwrap());
    for line in [pake, confirm] {
        asks.receive().await.unwrap();
        asks.send(&line).await.unwrap();
    }
    assert!(unconfirmed(&initiator.await.unwrap()));
}

#[tokio::test]
async fn a_replay_in_another_session_is_found_out() {
    let ([mut hello, confirm], _, at_initiator, _) = written_down().await;
    let other = "anothersessionofthesame".parse().unwrap();
    let other = OpenSession::new(&Words::parse(TOLD).unwrap(), other).unwrap();
    let guards = guards();

    let (near, far) = duplex(64 * 1024);
    let mut lines = Lines::new(far, SHORT_LINE);
    lines.send(&hello).await.unwrap();
    let refused = confirm_joiner(near, &other, &at_initiator, visit(&guards)).await;
    assert!(matches!(refused, Err(TrustError::NoSession)));

    hello["session"] = json!(other.id().as_str());
    let (near, far) = duplex(64 * 1024);
    let mut lines = Lines::new(far, SHORT_LINE);
    lines.send(&hello).await.unwrap();
    lines.send(&confirm).await.unwrap();
    let refused = confirm_joiner(near, &other, &at_initiator, visit(&guards)).await;
    assert!(unconfirmed(&refused));
}

/// The same point under the other role's letter, as base64.
fn as_role(letter: u8, pake: &Value) -> Value {
    let mut bytes = BASE64URL_NOPAD
        .decode(pake.as_str().unwrap().as_bytes())
        .unwrap();
    *bytes.first_mut().unwrap() = letter;
    json!(BASE64URL_NOPAD.encode(&bytes))
}

#[tokio::test]
async fn a_reflection_at_the_joiner_is_found_out() {
    let (_, node, _, at_joiner) = two_nodes();
    let (mut asks, initiator) = asking(at_joiner, node);
    let hello = asks.receive().await.unwrap();
    let point = as_role(b'A', &hello["pake"]);
    let seal = BASE64URL_NOPAD.encode(&[0; 32]);
    asks.send(&json!({"t": "pake", "pake": point, "seal": seal}))
        .await
        .unwrap();
    let confirm = asks.receive().await.unwrap();
    asks.send(&confirm).await.unwrap();
    assert!(unconfirmed(&initiator.await.unwrap()));
}

#[tokio::test]
async fn a_reflection_at_the_initiator_is_found_out() {
    let (_, _, at_initiator, _) = two_nodes();
    // What one run was answered is sent into another.
    let mut one = answering(at_initiator.clone());
    one.lines.send(&hello([0; 32])).await.unwrap();
    let answer = one.lines.receive().await.unwrap();
    let mut other = answering(at_initiator);
    let mut reflected = hello([0; 32]);
    reflected["pake"] = as_role(b'B', &answer["pake"]);
    other.lines.send(&reflected).await.unwrap();
    other.lines.receive().await.unwrap();
    let confirm = json!({"t": "confirm", "mac": answer["seal"], "number": answer["seal"]});
    other.lines.send(&confirm).await.unwrap();
    left_without_a_word(&mut other.lines).await;
    assert!(unconfirmed(&other.ends.await.unwrap()));
}

#[tokio::test]
async fn two_of_the_same_role_do_not_confirm_each_other() {
    let (one, other, at_one, at_other) = two_nodes();
    let (mut here, one) = asking(at_one, one);
    let (mut there, other) = asking(at_other, other);
    let (said, answered) = (
        here.receive().await.unwrap(),
        there.receive().await.unwrap(),
    );
    here.send(&answered).await.unwrap();
    there.send(&said).await.unwrap();
    assert!(unconfirmed(&one.await.unwrap()));
    assert!(unconfirmed(&other.await.unwrap()));
}

#[tokio::test]
async fn a_message_of_the_wrong_role_is_found_out() {
    let (_, _, at_initiator, _) = two_nodes();
    let mut answers = answering(at_initiator);
    let mut wrong = hello([0; 32]);
    wrong["pake"] = as_role(b'A', &wrong["pake"]);
    answers.lines.send(&wrong).await.unwrap();
    left_without_a_word(&mut answers.lines).await;
    assert!(unconfirmed(&answers.ends.await.unwrap()));
}

#[tokio::test]
async fn a_joiner_that_skips_its_confirmation_is_left() {
    let (_, node, at_initiator, _) = two_nodes();
    let mut answers = answering(at_initiator);
    answers.lines.send(&hello([0; 32])).await.unwrap();
    answers.lines.receive().await.unwrap();
    let csr = BASE64URL_NOPAD.encode(&node.csr().unwrap());
    let early = json!({"t": "inventory", "inventory": inventory(), "csr": csr});
    answers.lines.send(&early).await.unwrap();
    left_without_a_word(&mut answers.lines).await;
    assert!(unconfirmed(&answers.ends.await.unwrap()));
    assert_eq!(answers.guards.wrong(), 1);
}

#[rstest]
#[case::that_is_in_order(json!({"name": "pi-2"}))]
#[case::that_is_none(json!([{"name": 7}]))]
#[tokio::test]
async fn an_inventory_before_the_confirmation_is_not_read(#[case] inventory: Value) {
    let (_, _, at_initiator, _) = two_nodes();
    let mut answers = answering(at_initiator);
    let early = json!({"t": "inventory", "inventory": inventory, "csr": ""});
    answers.lines.send(&early).await.unwrap();
    left_without_a_word(&mut answers.lines).await;
    // The same for both: nobody looked whether it is in order.
    assert!(unconfirmed(&answers.ends.await.unwrap()));
}

#[tokio::test]
async fn a_line_that_is_too_long_ends_it() {
    let (_, _, at_initiator, _) = two_nodes();
    let mut answers = answering(at_initiator);
    let mut long = hello([0; 32]);
    long["more"] = json!("x".repeat(SHORT_LINE));
    answers.lines.send(&long).await.unwrap();
    left_without_a_word(&mut answers.lines).await;
    assert!(unconfirmed(&answers.ends.await.unwrap()));
}

#[tokio::test]
async fn a_line_that_breaks_off_ends_it() {
    let (_, _, at_initiator, _) = two_nodes();
    let line = hello([0; 32]).to_string();
    let (near, mut far) = duplex(64 * 1024);
    far.write_all(&line.as_bytes()[..line.len() / 2])
        .await
        .unwrap();
    far.shutdown().await.unwrap();
    let guards = guards();
    let ended = confirm_joiner(near, session(), &at_initiator, visit(&guards)).await;
    assert!(unconfirmed(&ended));
    let mut answer = Vec::new();
    far.read_to_end(&mut answer).await.unwrap();
    assert!(answer.is_empty());
}

#[rstest]
#[case::with_another_number("number")]
#[case::with_another_mac("mac")]
#[tokio::test]
async fn a_confirmation_that_was_changed_on_its_way_is_found_out(#[case] field: &str) {
    let (_, node, at_initiator, at_joiner) = two_nodes();
    let mut answers = answering(at_initiator);
    let (mut asks, _initiator) = asking(at_joiner, node);
    answers
        .lines
        .send(&asks.receive().await.unwrap())
        .await
        .unwrap();
    asks.send(&answers.lines.receive().await.unwrap())
        .await
        .unwrap();
    let mut confirm = asks.receive().await.unwrap();
    confirm[field] = json!(BASE64URL_NOPAD.encode(&[0; 32]));
    answers.lines.send(&confirm).await.unwrap();
    left_without_a_word(&mut answers.lines).await;
    assert!(unconfirmed(&answers.ends.await.unwrap()));
}

#[tokio::test]
async fn a_confirmed_joiner_cannot_bring_another_nodes_request() {
    let (_, node, at_initiator, mut at_joiner) = two_nodes();
    let other = Identity::generate().unwrap();
    at_joiner.me = node.id().clone();
    // It holds the session's key, and asks for a certificate of another one.
    let mut answers = answering(at_initiator);
    let (mut asks, initiator) = asking(at_joiner, other);
    for _ in 0..2 {
        answers
            .lines
            .send(&asks.receive().await.unwrap())
            .await
            .unwrap();
        asks.send(&answers.lines.receive().await.unwrap())
            .await
            .unwrap();
    }
    answers
        .lines
        .send(&asks.receive().await.unwrap())
        .await
        .unwrap();
    let told = tokio::select! {
        told = answers.lines.receive() => told.unwrap(),
        taken = &mut answers.ends => panic!("the request was taken: {taken:?}"),
    };
    drop(initiator);
    drop(asks);
    assert_eq!(told["t"], "refused", "{told}");
    drop(answers.lines);
    assert!(matches!(
        answers.ends.await.unwrap(),
        Err(TrustError::Nonsense(_))
    ));
}

/// One wrong guess from a source at a moment.
async fn guess(guards: &Guards, source: IpAddr, now: u64) -> TrustError {
    let (_, _, at_initiator, _) = two_nodes();
    let (near, far) = duplex(64 * 1024);
    let mut lines = Lines::new(far, SHORT_LINE);
    lines.send(&hello([0; 32])).await.unwrap();
    let zeros = BASE64URL_NOPAD.encode(&[0; 32]);
    let confirm = json!({"t": "confirm", "mac": zeros, "number": zeros});
    lines.send(&confirm).await.unwrap();
    let visit = Visit {
        guards,
        source,
        now,
    };
    confirm_joiner(near, session(), &at_initiator, visit)
        .await
        .unwrap_err()
}

fn from(last: u8) -> IpAddr {
    IpAddr::from([10, 0, 0, last])
}

#[tokio::test]
async fn a_flood_of_wrong_guesses_from_one_source_keeps_no_other_out() {
    let guards = guards();
    let mut looked_at = 0;
    for at in 0..50 {
        match guess(&guards, from(1), NOW + at).await {
            TrustError::Unconfirmed => looked_at += 1,
            TrustError::Busy => {}
            other => panic!("{other}"),
        }
    }
    assert_eq!(looked_at, 4, "then it has to wait");
    // Another one is looked at in the same moment, and may be wrong or right.
    let other = guess(&guards, from(2), NOW + 50).await;
    assert!(matches!(other, TrustError::Unconfirmed), "{other}");
}

#[tokio::test]
async fn a_source_that_was_wrong_waits_longer_each_time() {
    let guards = guards();
    let mut waits = Vec::new();
    let mut now = NOW;
    for _ in 0..8 {
        let began = now;
        while matches!(guess(&guards, from(1), now).await, TrustError::Busy) {
            now += 500;
        }
        waits.push(now - began);
    }
    assert_eq!(waits, [0, 0, 0, 0, 1_000, 2_000, 4_000, 8_000]);
}

#[tokio::test]
async fn a_clock_that_is_set_back_keeps_nobody_waiting() {
    let guards = guards();
    for _ in 0..4 {
        guess(&guards, from(1), NOW).await;
    }
    let hour = 3_600_000;
    assert!(matches!(
        guess(&guards, from(1), NOW - hour).await,
        TrustError::Busy
    ));
    let after = guess(&guards, from(1), NOW - hour + 1_000).await;
    assert!(matches!(after, TrustError::Unconfirmed), "{after}");
}

#[tokio::test]
async fn no_more_than_ten_guesses_a_second_are_looked_at_from_everywhere() {
    let guards = guards();
    let mut looked_at = 0;
    for source in 0..30 {
        if matches!(
            guess(&guards, from(source), NOW).await,
            TrustError::Unconfirmed
        ) {
            looked_at += 1;
        }
    }
    assert_eq!(looked_at, 10);
    assert_eq!(guards.wrong(), 10);
}

#[tokio::test]
async fn those_who_were_invited_are_looked_at_while_strangers_guess() {
    let guards = guards();
    guards.invite(&[from(200)]);
    for source in 0..30 {
        guess(&guards, from(source), NOW).await;
    }
    assert_eq!(guards.wrong(), 5, "the other half is kept");
    let invited = guess(&guards, from(200), NOW).await;
    assert!(matches!(invited, TrustError::Unconfirmed), "{invited}");
}

#[tokio::test]
async fn those_who_were_invited_find_a_place_while_strangers_wait() {
    let guards = guards();
    guards.invite(&[from(200)]);
    let places: Vec<_> = (0..100)
        .filter_map(|last| guards.place(from(last)))
        .collect();
    assert_eq!(places.len(), 32);
    assert!(guards.place(from(200)).is_some());
    drop(places);
    assert!(guards.place(from(1)).is_some());
}
