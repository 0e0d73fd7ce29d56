//! What the leader's LXD gives to a joiner: a token, the cluster's certificate, and the list of what
//! the joiner must say about itself.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Mutex;

use secrecy::ExposeSecret;
use serde_json::json;
use x509_parser::pem::parse_x509_pem;

use super::client::Lxd;
use super::disk::{SIZE, SOURCE, WIPE, config};
use super::failures;
use super::join::JoinToken;
use super::leftover;
use super::reach::Reach;
use super::shape::is_of_kind;
use super::share::of_remote;
use super::types::{Config, MemberConfig, Phase, Pool, Server};
use super::uplink;
use crate::engine::Millis;
use crate::engine::message::{Failure, Message};
use crate::engine::plan::{LOCAL_POOL, NetworkPart, PoolPart, RemotePool};
use crate::infra::Inputs;
use crate::infra::rest::RestError;
use crate::infra::tokens::lasts;

/// A pool among what a joiner must supply.
const POOL: &str = "storage-pool";

/// A network among it.
const NETWORK: &str = "network";

/// The encoded join token.
pub(super) const TOKEN: &str = "token";

/// The cluster's certificate, PEM.
pub(super) const CERTIFICATE: &str = "certificate";

/// The keys a joiner must supply, JSON, without values.
pub(super) const MEMBER_CONFIG: &str = "member_config";

/// Said instead of all these where the leader lists the joiner as a member already.
pub(super) const MEMBER: &str = "member";

/// What a joiner brings, by its part of the plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Brings {
    /// Its part of the local pool.
    pub(super) pool: Option<PoolPart>,
    /// Its part of the network that goes out.
    pub(super) network: Option<NetworkPart>,
    /// The distributed pools.
    pub(super) remote: Vec<RemotePool>,
}

/// For whom this daemon gave a token. Where such a one is listed and in no cluster, its join failed late.
pub(super) type Given = Mutex<BTreeSet<String>>;

/// Makes the inputs for `name`'s join. A join that would fail late can cost a small cluster its
/// quorum, so whatever can be known to fail is refused here, before there is a token. What an earlier
/// join left that this daemon gave a token for is taken out, and no other begun beside a silent member.
pub(super) async fn inputs(
    (reach, given): (&Reach, &Given),
    name: &str,
    address: SocketAddr,
    brings: &Brings,
) -> Result<Inputs, Failure> {
    let lxd = reach.lxd().await?;
    let unanswered = |error: RestError| failures::unanswered(&error);
    let tried = given.lock().is_ok_and(|given| given.contains(name));
    let listed = is_member(&lxd, name, address).await?;
    if listed && !(tried && leftover::removed(&lxd, name).await?) {
        return Ok(Inputs::from([(MEMBER.to_owned(), name.to_owned())]));
    }
    if tried {
        leftover::all_online(&lxd).await?;
    }
    fits(&lxd, brings).await?;
    let mut asked = lxd.cluster().await.map_err(unanswered)?.member_config;
    for key in &mut asked {
        // The value is the leader's own.
        key.value.clear();
    }
    let server = lxd.server(None).await.map_err(unanswered)?;
    answers(&asked, brings, &server)?;
    let certificate = server.environment.certificate;
    let own = fingerprint(&certificate);
    let now = reach.world.clock.now();
    let token = match out_already(&lxd, name, (own.as_deref(), now)).await {
        Some(token) => token,
        None => lxd.create_token(name).await.map_err(|error| {
            failures::failed(Message::new("lxd.token-failed").with("name", name), &error)
        })?,
    };
    if let Ok(mut given) = given.lock() {
        given.insert(name.to_owned());
    }
    if own.as_deref() != Some(token.fingerprint.as_str()) {
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

/// The token for `name` that is out and good for longer: a joiner may be about to use it, and another one
/// would void it. None where it was made for another certificate.
async fn out_already(
    lxd: &Lxd,
    name: &str,
    (own, now): (Option<&str>, Millis),
) -> Option<JoinToken> {
    let tokens = lxd.tokens().await.ok()?;
    tokens.into_iter().find(|it| {
        it.server_name == name && own == Some(&it.fingerprint) && lasts(&it.expires_at, now)
    })
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

/// Refuses a join that would fail late: beside something `Errored`, or to a pool of another driver or
/// a network of another type.
async fn fits(lxd: &Lxd, brings: &Brings) -> Result<(), Failure> {
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
    let part = brings.pool.as_ref();
    let local = part.map(|part| (LOCAL_POOL, part.driver.as_str()));
    let remote = brings.remote.iter().map(|it| (it.name(), it.driver()));
    for (name, driver) in local.into_iter().chain(remote) {
        if let Some(pool) = pools.iter().find(|pool| pool.name == name)
            && pool.driver != driver
        {
            return Err(other_driver(pool, driver));
        }
    }
    if let Some(part) = &brings.network
        && let Some(network) = networks.iter().find(|it| it.name == part.network)
    {
        is_of_kind(network, &part.kind)?;
    }
    Ok(())
}

/// The pool is there with another driver than the planned one.
pub(super) fn other_driver(pool: &Pool, planned: &str) -> Failure {
    let say = |code: &str| Message::new(code).with("pool", &pool.name);
    let what = say("lxd.pool-other-driver")
        .with("found", &pool.driver)
        .with("planned", planned);
    Failure::new(what).hint(say("lxd.hint-pool-other"))
}

/// The joiner's value for every key the cluster asks; says which one mcloud has no value for. LXD
/// would take less without a word: it makes a pool on a loop file, and a network on no NIC.
pub(super) fn answers(
    asked: &[MemberConfig],
    brings: &Brings,
    server: &Server,
) -> Result<Vec<MemberConfig>, Failure> {
    let mut answers = Vec::new();
    for (entity, name, known) in known(brings, server) {
        if asked
            .iter()
            .any(|it| it.entity == entity && it.name == name)
        {
            let pairs = known.into_iter();
            answers.extend(pairs.map(|pair| of((entity, &name), pair)));
        }
    }
    for key in asked {
        let same =
            |it: &MemberConfig| it.entity == key.entity && it.name == key.name && it.key == key.key;
        if !answers.iter().any(same) {
            answers.extend(left_to_lxd(key, brings)?);
        }
    }
    Ok(answers)
}

/// What the joiner knows to say, by entity and name.
fn known(brings: &Brings, server: &Server) -> Vec<(&'static str, String, Config)> {
    let local = brings.pool.iter();
    let local = local.map(|part| (POOL, LOCAL_POOL.to_owned(), config(part)));
    let remote = brings.remote.iter();
    let remote = remote.map(|pool| (POOL, pool.name().to_owned(), of_remote(*pool, server)));
    let network = brings.network.iter();
    let network = network.map(|part| (NETWORK, part.network.clone(), uplink::config(part)));
    local.chain(remote).chain(network).collect()
}

/// What is said to a key of the local pool that the plan has no value for: LXD chooses. Any other
/// key has no answer.
fn left_to_lxd(key: &MemberConfig, brings: &Brings) -> Result<Option<MemberConfig>, Failure> {
    let local = key.entity == POOL && key.name == LOCAL_POOL && brings.pool.is_some();
    let answer = |value: &str| of((POOL, LOCAL_POOL), (key.key.clone(), value.to_owned()));
    match key.key.as_str() {
        // Empty is LXD's own choice of place.
        SOURCE | SIZE if local => Ok(Some(answer(""))),
        "zfs.pool_name" if local => Ok(Some(answer(LOCAL_POOL))),
        WIPE if local => Ok(None),
        _ => Err(unanswerable(key)),
    }
}

fn of((entity, name): (&str, &str), (key, value): (String, String)) -> MemberConfig {
    MemberConfig {
        entity: entity.to_owned(),
        name: name.to_owned(),
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
