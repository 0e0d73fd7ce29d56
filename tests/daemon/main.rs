//! The daemons of a rehearsal, end to end: real sockets, real TLS, a real database.

mod blocking;
mod faces;
mod faults;
mod formation;
mod journal;
mod lab;
mod life;
mod links;
mod outside;
mod proxy;
mod strangers;
mod tokens;
