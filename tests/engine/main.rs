//! The engine, without anything around it: events in, state and effects out.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that goes wrong may panic"
)]

mod chains;
mod checks;
mod choices;
mod disks;
mod gathering;
mod growing;
mod install;
mod networks;
mod planning;
mod profile;
mod random;
mod services;
mod snaps;
mod stage;
mod wizard;
mod worker;
