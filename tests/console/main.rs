//! The console room: what it draws, what it reads, and how it gives the terminal back.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a helper of a test that panics fails the test"
)]

mod backend;
mod budget;
mod keys;
mod look;
#[path = "../shared/patience.rs"]
mod patience;
mod pty;
mod support;
mod window;
