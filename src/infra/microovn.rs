//! `MicroOVN` over its unix socket, and the steps that make a network of all nodes possible.

pub mod client;

mod chassis;
mod service;

pub use service::OvnService;
