//! What a rehearsed Pi has before mcloud comes: asked of its services as a person would.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use super::pi;
use crate::engine::plan::CEPH_PORT;
use crate::world::World;

/// A Ceph cluster of the Pi called `name` alone, with the first of its disks.
pub(super) async fn ceph((name, address): (&str, IpAddr), world: &World) -> io::Result<()> {
    let socket = &world.microceph_socket;
    let address = SocketAddr::new(address, CEPH_PORT).to_string();
    let bootstrap = json!({"bootstrap": true, "name": name, "address": address, "config": {}});
    post(socket, "/core/control", &bootstrap).await?;
    match pi::ceph_disks(name, world).first() {
        Some(disk) => post(socket, "/1.0/disks", &json!({"path": [disk.path]})).await,
        None => Ok(()),
    }
}

/// One call, to its end; refusals are errors.
async fn post(socket: &Path, path: &str, body: &Value) -> io::Result<()> {
    let body = body.to_string();
    let length = body.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: u\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    let mut stream = UnixStream::connect(socket).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    if answer.starts_with("HTTP/1.1 200") && !answer.contains("\"Failure\"") {
        return Ok(());
    }
    Err(io::Error::other(format!("{path} was refused: {answer}")))
}
