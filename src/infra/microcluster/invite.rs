//! What the leader's application gives to a joiner: a join token.

use std::net::SocketAddr;

use secrecy::{ExposeSecret, SecretString};

use super::failures;
use super::reach::Reach;
use crate::engine::message::Failure;
use crate::infra::Inputs;
use crate::infra::rest::RestError;
use crate::infra::tokens::lasts;

/// The join token.
pub(super) const TOKEN: &str = "token";

/// Said instead where the leader lists the joiner as a member already.
pub(super) const MEMBER: &str = "member";

/// Makes the inputs for `name`'s join. Where a cluster is used as it is (`reuse`), a member counts by its
/// name, whatever its address.
pub(in crate::infra) async fn inputs(
    reach: &Reach,
    name: &str,
    address: SocketAddr,
    reuse: bool,
) -> Result<Inputs, Failure> {
    let app = reach.app;
    if is_member(reach, name, (address, reuse)).await? {
        return Ok(Inputs::from([(MEMBER.to_owned(), name.to_owned())]));
    }
    let token = token(reach, name).await.map_err(|error| {
        failures::failed(
            app,
            app.say("micro.token-failed").with("name", name),
            &error,
        )
    })?;
    let token = token.expose_secret().to_owned();
    Ok(Inputs::from([(TOKEN.to_owned(), token)]))
}

/// The token for `name` that is out and good for longer, since a joiner may be about to use it and another
/// one would void it; else a new one.
async fn token(reach: &Reach, name: &str) -> Result<SecretString, RestError> {
    let now = reach.world.clock.now();
    let out = reach.micro.tokens().await.unwrap_or_default().into_iter();
    let mut out = out.filter(|it| it.name == name && lasts(&it.expires_at, now));
    match out.next() {
        Some(token) => Ok(token.token),
        None => reach.micro.token(name).await,
    }
}

/// Whether the cluster has exactly this member; a half of it is a failure.
async fn is_member(
    reach: &Reach,
    name: &str,
    (address, reuse): (SocketAddr, bool),
) -> Result<bool, Failure> {
    let app = reach.app;
    let members = reach.members().await?;
    if members.is_empty() {
        return Err(Failure::new(app.say("micro.leader-alone")).hint(app.say("micro.hint-again")));
    }
    if let Some(unfit) = members.iter().find(|it| it.is_unfit()) {
        return Err(failures::unfit(app, unfit));
    }
    let address = address.to_string();
    let taken = members
        .iter()
        .find(|it| it.name == name || it.address == address);
    match taken {
        None => Ok(false),
        Some(it) if it.name == name && (reuse || it.address == address) => Ok(true),
        Some(it) => {
            let say = |code: &str| {
                app.say(code)
                    .with("name", name)
                    .with("address", &address)
                    .with("member", &it.name)
                    .with("at", &it.address)
            };
            Err(Failure::new(say("micro.member-taken")).hint(say("micro.hint-member-taken")))
        }
    }
}
