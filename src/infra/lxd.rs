//! LXD: its REST API on the unix socket, as versions 5.0, 5.21 and 6.x speak it.

pub mod client;
pub mod join;
pub mod refusals;
pub mod types;
