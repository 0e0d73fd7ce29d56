//! The daemons of a rehearsal, end to end: real sockets, real TLS, a real database.

#![expect(
    clippy::indexing_slicing,
    reason = "in a test, an assumption that does not hold is a failure"
)]

mod blocking;
mod boards;
mod face;
mod faces;
mod faults;
mod formation;
mod journal;
mod lab;
mod life;
mod links;
mod neighbours;
mod offers;
mod outside;
#[path = "../shared/patience.rs"]
mod patience;
mod proxy;
mod resume;
mod session;
mod strangers;
mod tokens;
