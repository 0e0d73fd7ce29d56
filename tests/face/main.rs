//! The full-screen face as a person at a console meets it: the real program on a real terminal.

#![expect(
    clippy::expect_used,
    reason = "a helper of a test that panics fails the test"
)]

mod device;
mod ending;
mod failing;
mod formation;
mod keys;
mod left;
mod looks;
mod node;
mod seat;
mod unattended;
mod walk;
mod wizard;
