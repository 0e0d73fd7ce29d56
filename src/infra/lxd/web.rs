//! The way into LXD's web interface.

use std::net::{IpAddr, SocketAddr};

use secrecy::{ExposeSecret, SecretString};

use super::reach::Reach;
use crate::engine::Millis;
use crate::engine::plan::LXD_PORT;
use crate::infra::Web;

/// The extension with which LXD issues tokens for browsers.
const BEARER: &str = "auth_bearer";

/// How long such a token is good: LXD says one day.
const DAY_MS: Millis = 86_400_000;

/// The way in, at this node's `address`. None where LXD has no web interface or cannot issue a token,
/// and where the identity is there already: its token is somebody's, and a new one would void it.
pub(super) async fn link(reach: &Reach, address: IpAddr) -> Option<Web> {
    let lxd = reach.find().await?;
    let server = lxd.server(None).await.ok()?;
    if !server.has(BEARER) || !lxd.serves_web().await {
        return None;
    }
    lxd.create_web_identity().await.ok()?;
    let token = lxd.issue_web_token().await.ok()?;
    let at = SocketAddr::new(address, LXD_PORT);
    let url = format!("https://{at}?token={}", token.expose_secret());
    Some(Web {
        url: SecretString::from(url),
        lasts_ms: DAY_MS,
    })
}
