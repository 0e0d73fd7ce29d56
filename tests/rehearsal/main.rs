//! The simulated snapd, LXD, MicroCeph and MicroOVN answer, refuse and fail as the real ones do.

#![expect(
    clippy::indexing_slicing,
    reason = "a test that looks at what is not there is to fail"
)]

mod client;
mod faults;
mod formation;
mod micro_faults;
mod micro_formation;
mod micro_lab;
mod micro_recordings;
mod micro_refusals;
#[path = "../shared/patience.rs"]
mod patience;
mod pools;
mod profiles;
mod recordings;
mod refusals;
mod server;
mod snapd;
