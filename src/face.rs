//! The full-screen face: console, screens and the wire client in one loop.

use crate::wire::face::FaceLink;
use crate::world::Clock;

/// How a face behaves.
#[derive(Debug)]
pub struct Options {
    pub look: crate::console::Wish,
    pub clock: Clock,
    pub can_detach: bool,
    pub old: Option<u64>,
}
/// How a face was left.
#[derive(Debug)]
pub struct Left {
    pub exit: u8,
    pub erases: Option<usize>,
    pub says: Option<String>,
}
/// Runs.
pub async fn run(_link: &mut FaceLink, _options: Options) -> std::io::Result<Left> {
    Err(std::io::Error::other("no screens yet"))
}
