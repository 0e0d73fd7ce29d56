//! What it costs to be let in: whole handshakes over loopback, both ends together.
#![expect(
    clippy::expect_used,
    reason = "a measurement that goes wrong may panic"
)]

#[expect(dead_code, reason = "only the table asks for CPU time")]
#[path = "parts/handshake.rs"]
mod handshake;

use divan::Bencher;
use handshake::Leader;

/// A machine with a token: TLS with the pinned authority, the secret, the certificate.
#[divan::bench]
fn token_join(bencher: Bencher) {
    let leader = Leader::start();
    bencher.bench_local(|| leader.join_by_token());
}

/// A node with a certificate: TLS both ways, and the leader's first word.
#[divan::bench]
fn agent(bencher: Bencher) {
    let leader = Leader::start();
    bencher.bench_local(|| leader.greet_agent());
}

/// A machine whose operator typed the words: TLS, SPAKE2, both confirmations, the certificate. The one
/// Argon2id of the session is not in it.
#[divan::bench]
fn trust(bencher: Bencher) {
    let leader = Leader::start();
    bencher.bench_local(|| leader.join_by_words());
}

/// The one Argon2id of a session.
#[divan::bench]
fn words_key(bencher: Bencher) {
    bencher.bench_local(handshake::session);
}

fn main() {
    divan::main();
}
