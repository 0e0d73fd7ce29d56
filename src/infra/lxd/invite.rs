//! What the leader's LXD gives to a joiner: a token, the cluster's certificate, and the list of what
//! the joiner must say about itself.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use secrecy::ExposeSecret;
use serde_json::json;
use x509_parser::pem::parse_x509_pem;

use super::client::Lxd;
use super::disk::{SIZE, SOURCE, WIPE, config};
use super::failures;
use super::reach::Reach;
use super::types::{MemberConfig, Phase};
use crate::engine::message::{Failure, Message};
use crate::engine::plan::{LOCAL_POOL, PoolPart};
use crate::infra::Inputs;
use crate::infra::rest::RestError;

/// The encoded join token.
pub(super) const TOKEN: &str = "token";

/// The cluster's certificate, PEM.
pub(super) const CERTIFICATE: &str = "certificate";

/// The keys a joiner must supply, JSON, without values.
pub(super) const MEMBER_CONFIG: &str = "member_config";

/// Said instead of all these where the leader lists the joiner as a member already.
pub(super) const MEMBER: &str = "member";

/// Makes the inputs for `name`'s join. A join that would fail late can cost a small cluster its
/// quorum, so whatever can be known to fail is refused here, before there is a token.
pub(super) async fn inputs(
    reach: &Reach,
    name: &str,
    address: SocketAddr,
    part: Option<&PoolPart>,
) -> Result<Inputs, Failure> {
    let lxd = reach.lxd().await?;
    let unanswered = |error: RestError| failures::unanswered(&error);
    if is_member(&lxd, name, address).await? {
        return Ok(Inputs::from([(MEMBER.to_owned(), name.to_owned())]));
    }
    fits(&lxd, part).await?;
    let mut asked = lxd.cluster().await.map_err(unanswered)?.member_config;
    for key in &mut asked {
        // The value is the leader's own.
        key.value.clear();
    }
    answers(&asked, part)?;
    let server = lxd.server(None).await.map_err(unanswered)?;
    let token = lxd.create_token(name).await.map_err(|error| {
        failures::failed(Message::new("lxd.token-failed").with("name", name), &error)
    })?;
    let certificate = server.environment.certificate;
    if fingerprint(&certificate).as_deref() != Some(token.fingerprint.as_str()) {
        // The token dies unused either way; that it could not be taken back changes nothing.
        drop(lxd.cancel_operation(&token.operation).await);
        return Err(Failure::new(Message::new("lxd.certificate-strange"))
            .hint(Message::new("lxd.hint-again")));
    }
    Ok(Inputs::from([
        (TOKEN.to_owned(), token.encode().expose_secret().to_owned()),
        (CERTIFICATE.to_owned(), certificate),
        (MEMBER_CONFIG.to_owned(), json!(asked).to_string()),
    ]))
}

/// Whether the cluster has exactly this member; a half of it is a failure.
async fn is_member(lxd: &Lxd, name: &str, address: SocketAddr) -> Result<bool, Failure> {
    let server = lxd.server(None).await;
    let server = server.map_err(|error| failures::unanswered(&error))?;
    if !server.environment.server_clustered {
        return Err(
            Failure::new(Message::new("lxd.leader-alone")).hint(Message::new("lxd.hint-again"))
        );
    }
    let members = lxd.members().await;
    let members = members.map_err(|error| failures::unanswered(&error))?;
    let address = address.to_string();
    let taken = members
        .iter()
        .find(|member| member.server_name == name || member.address() == address);
    match taken {
        None => Ok(false),
        Some(it) if it.server_name == name && it.address() == address => Ok(true),
        Some(it) => {
            let what = Message::new("lxd.member-taken")
                .with("name", name)
                .with("address", address)
                .with("member", &it.server_name)
                .with("at", it.address());
            Err(Failure::new(what).hint(Message::new("lxd.hint-member-exists")))
        }
    }
}

/// Refuses a join that would fail late: beside something `Errored`, or to a pool of another driver.
async fn fits(lxd: &Lxd, part: Option<&PoolPart>) -> Result<(), Failure> {
    let pools = lxd.pools().await;
    let pools = pools.map_err(|error| failures::unanswered(&error))?;
    let networks = lxd.networks().await;
    let networks = networks.map_err(|error| failures::unanswered(&error))?;
    let of_pools = pools
        .iter()
        .map(|pool| ("storage", &pool.name, pool.status));
    let of_networks = networks.iter().map(|it| ("network", &it.name, it.status));
    if let Some((kind, name, _)) = of_pools
        .chain(of_networks)
        .find(|(_, _, status)| *status == Phase::Errored)
    {
        let say = |code: &str| Message::new(code).with("kind", kind).with("thing", name);
        return Err(Failure::new(say("lxd.errored")).hint(say("lxd.hint-errored")));
    }
    match (part, pools.iter().find(|pool| pool.name == LOCAL_POOL)) {
        (Some(part), Some(pool)) if pool.driver != part.driver => {
            Err(other_driver(&pool.driver, &part.driver))
        }
        _ => Ok(()),
    }
}

/// The pool is there with another driver than the planned one.
pub(super) fn other_driver(found: &str, planned: &str) -> Failure {
    let what = Message::new("lxd.pool-other-driver")
        .with("pool", LOCAL_POOL)
        .with("found", found)
        .with("planned", planned);
    Failure::new(what).hint(Message::new("lxd.hint-pool-other").with("pool", LOCAL_POOL))
}

/// The joiner's value for every key the cluster asks; says which one mcloud has no value for. LXD
/// would take less without a word and make a pool on a loop file.
pub(super) fn answers(
    asked: &[MemberConfig],
    part: Option<&PoolPart>,
) -> Result<Vec<MemberConfig>, Failure> {
    let local = |key: &MemberConfig| key.entity == "storage-pool" && key.name == LOCAL_POOL;
    let known = match part {
        Some(part) if asked.iter().any(local) => config(part),
        _ => BTreeMap::new(),
    };
    let mut answers: Vec<MemberConfig> = known.into_iter().map(of_local).collect();
    for key in asked {
        if answers.iter().any(|it| local(key) && it.key == key.key) {
            continue;
        }
        match key.key.as_str() {
            // Empty is LXD's own choice of place.
            SOURCE | SIZE if local(key) && part.is_some() => {
                answers.push(of_local((key.key.clone(), String::new())));
            }
            "zfs.pool_name" if local(key) && part.is_some() => {
                answers.push(of_local((key.key.clone(), LOCAL_POOL.to_owned())));
            }
            WIPE if local(key) && part.is_some() => {}
            _ => return Err(unanswerable(key)),
        }
    }
    Ok(answers)
}

fn of_local((key, value): (String, String)) -> MemberConfig {
    MemberConfig {
        entity: "storage-pool".to_owned(),
        name: LOCAL_POOL.to_owned(),
        key,
        value,
    }
}

fn unanswerable(key: &MemberConfig) -> Failure {
    let what = Message::new("lxd.key-unknown")
        .with("entity", &key.entity)
        .with("thing", &key.name)
        .with("key", &key.key);
    Failure::new(what).hint(Message::new("lxd.hint-key-unknown").with("thing", &key.name))
}

/// Lower-case hex of the SHA-256 of a PEM certificate's DER; none where it is no PEM.
fn fingerprint(pem: &str) -> Option<String> {
    let (_, certificate) = parse_x509_pem(pem.as_bytes()).ok()?;
    let digest = ring::digest::digest(&ring::digest::SHA256, &certificate.contents);
    Some(data_encoding::HEXLOWER.encode(digest.as_ref()))
}
