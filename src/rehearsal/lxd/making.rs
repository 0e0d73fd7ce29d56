//! The last phase of a physical network or a bridge: every member makes its part.

use super::network::{MEMBER_KEYS, Network, Wanted, make};
use super::networks::missing;
use super::pool::Standing;
use super::state::State;
use super::wording;
use crate::rehearsal::envelope::Refusal;

/// Creates a network whose parts are defined. It is `Errored` unless every member makes its part,
/// and keeps the configuration of the first attempt.
pub(super) fn create(state: &mut State, wanted: &Wanted) -> Result<(), Refusal> {
    if !state.database(&wanted.node).clustered {
        let own = state.node(&wanted.node).member.clone();
        let (part, global) = wanted
            .config
            .clone()
            .into_iter()
            .partition(|(key, _)| MEMBER_KEYS.contains(&key.as_str()));
        let mut network = Network::new(&wanted.kind);
        network.config = global;
        network.standing = Standing::Created;
        network.add(&own, part, true);
        let networks = &mut state.database_mut(&wanted.node).networks;
        networks.insert(wanted.name.clone(), network);
        return Ok(());
    }
    ready(state, wanted)?;
    let mut whole = wanted.clone();
    let networks = &mut state.database_mut(&wanted.node).networks;
    let network = networks.get_mut(&wanted.name).ok_or_else(missing)?;
    network.standing = Standing::Errored;
    network.config.extend(wanted.config.clone());
    // What the first attempt was told stays, and is what a later one goes by.
    whole.config = network.config.clone();
    whole.check().map_err(Refusal::internal)?;
    for_each_member(state, wanted)?;
    let networks = &mut state.database_mut(&wanted.node).networks;
    let network = networks.get_mut(&wanted.name).ok_or_else(missing)?;
    wanted.description.clone_into(&mut network.description);
    network.standing = Standing::Created;
    settle(network);
    Ok(())
}

/// What LXD adds by itself.
fn settle(network: &mut Network) {
    let mut set = |key: &str, value: &str| {
        let entry = network.config.entry(key.to_owned());
        entry.or_insert_with(|| value.to_owned());
    };
    if network.kind == "physical" {
        set("volatile.last_state.created", "false");
        return;
    }
    set("ipv4.nat", "true");
    if network
        .config
        .get("bridge.mode")
        .is_none_or(|mode| mode != "fan")
    {
        let mut set = |key: &str, value: &str| {
            let entry = network.config.entry(key.to_owned());
            entry.or_insert_with(|| value.to_owned());
        };
        set("ipv4.address", "10.155.31.1/24");
        set("ipv6.address", "fd42:6a1d:8b4e:7f21::1/64");
        set("ipv6.nat", "true");
    }
}

fn for_each_member(state: &mut State, wanted: &Wanted) -> Result<(), Refusal> {
    let own = state.node(&wanted.node).member.clone();
    let mut members = state.database(&wanted.node).members.clone();
    members.sort_by_key(|member| member.name != own);
    for member in members {
        let spec = state.node(&member.node).spec.clone();
        let networks = &mut state.database_mut(&wanted.node).networks;
        let network = networks.get_mut(&wanted.name).ok_or_else(missing)?;
        let Some(part) = network.parts.get_mut(&member.name) else {
            continue;
        };
        make(&spec, (&wanted.name, &network.kind), &part.config).map_err(|why| {
            let text = if member.name == own {
                why
            } else {
                wording::notifying(&member.name, &member.address, &why)
            };
            Refusal::internal(text)
        })?;
        part.made = true;
    }
    Ok(())
}

/// Refuses to create a network that is not ready for it. The network stays as it is.
fn ready(state: &State, wanted: &Wanted) -> Result<(), Refusal> {
    let refuse = |text: String| Err(Refusal::internal(text));
    let own = wanted
        .config
        .keys()
        .find(|key| MEMBER_KEYS.contains(&key.as_str()));
    if let Some(key) = own {
        return refuse(format!("Config key \"{key}\" is cluster member specific"));
    }
    let database = state.database(&wanted.node);
    let Some(network) = database.networks.get(&wanted.name) else {
        return refuse("Network not pending on any node (use --target <node> first)".to_owned());
    };
    if network.standing == Standing::Created {
        // The type decides which of the two is said.
        if network.kind == wanted.kind {
            return Err(Refusal::new(400, "The network already exists"));
        }
        return refuse("The network is already created".to_owned());
    }
    if network.standing == Standing::Errored {
        if wanted.config.is_empty() {
            return Ok(());
        }
        return refuse(
            "Network already partially created. \
             Please do not specify any global config when re-running create"
                .to_owned(),
        );
    }
    let names = database.members.iter().map(|member| member.name.clone());
    let lacks = |name: &String| !network.parts.contains_key(name);
    let lacking: Vec<String> = names.filter(lacks).collect();
    if lacking.is_empty() {
        return Ok(());
    }
    refuse(format!(
        "Network not defined on nodes: {}",
        lacking.join(", ")
    ))
}
