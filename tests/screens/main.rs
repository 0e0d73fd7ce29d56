//! The screens, drawn from pictures of the real engine: what they show, and what keys do there.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that goes wrong may panic"
)]

mod alive;
mod ascii;
mod bytes;
mod consent;
mod desk;
mod forms;
mod generic;
mod keys;
mod pictures;
mod reading;
mod save;
mod sizes;
mod snapshots;
mod stage;
mod typing;
