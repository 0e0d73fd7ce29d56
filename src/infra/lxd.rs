//! LXD: its REST API on the unix socket, as versions 5.0, 5.21 and 6.x speak it, and the steps that
//! make a cluster of it.

pub mod client;
pub mod join;
pub mod refusals;
pub mod types;

mod address;
mod bootstrap;
pub mod disk;
mod failures;
mod fresh;
mod guests;
mod invite;
mod leader;
mod member;
mod metadata;
mod network;
mod northbound;
mod pending;
mod pool;
mod profile;
mod proof;
mod reach;
mod ready;
mod reopen;
mod service;
mod shape;
mod share;
mod status;
mod units;
mod uplink;
mod volumes;
mod web;

pub use service::LxdService;
