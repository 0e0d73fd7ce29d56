//! snapd: its REST API on the unix socket, and the steps that bring the services' snaps to a node.

pub mod client;
pub mod envelope;
pub mod plugs;
pub mod refusals;
pub mod types;

mod connected;
mod failures;
mod follow;
mod held;
mod installed;
mod service;
mod status;
mod through;
mod told;

pub use connected::PlugsConnected;
pub use held::SnapsHeld;
pub use installed::{ARCHITECTURE, REVISION, SnapInstalled};
pub use service::SnapdService;
pub use status::{SERVICES, status};
pub use told::inputs;
