//! The simulated LXD answers, refuses and fails as LXD does.

#![expect(
    clippy::indexing_slicing,
    reason = "a test that looks at what is not there is to fail"
)]

mod client;
mod faults;
mod formation;
mod pools;
mod profiles;
mod recordings;
mod refusals;
mod server;
