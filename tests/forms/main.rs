//! The forms of the wizard, made from pictures of the real engine: what they say, ask and offer.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that goes wrong may panic"
)]

mod choices;
mod keys;
mod plain;
mod rules;
mod services;
mod situations;
mod stage;
mod way;
mod wording;
