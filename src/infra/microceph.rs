//! `MicroCeph` over its unix socket and its monitors' admin sockets, and the steps that make storage of
//! the nodes' disks.

pub mod admin;
pub mod client;
mod disk;
pub(in crate::infra) mod files;
mod health;
mod kept;
pub mod refusals;
pub mod tuning;

mod osd;
mod proof;
mod service;
mod size;
mod tune;

pub use service::CephService;
