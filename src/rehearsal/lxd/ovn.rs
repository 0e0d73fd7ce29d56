//! OVN's networks: made on all members at once, through a network that goes out and OVN's databases.

use super::network::{Network, Wanted};
use super::pool::Standing;
use super::state::{Config, State};
use super::wording;
use crate::rehearsal::envelope::Refusal;

/// Where LXD looks for OVN's northbound database unless it is told otherwise.
const NORTHBOUND: &str = "unix:/var/run/ovn/ovnnb_db.sock";

/// The key that tells it.
const KEY: &str = "network.ovn.northbound_connection";

/// Milliseconds after which LXD gives up on the northbound database (recorded).
const UNREACHABLE: u64 = 1_994;

/// Milliseconds until it finds that the uplink has no addresses to give (recorded).
const NO_RANGE: u64 = 1_189;

/// `POST` of a network of type `ovn`. Members are not told one by one. A failure leaves it `Errored`.
pub(super) fn create(state: &mut State, wanted: &Wanted) -> Result<(), Refusal> {
    let own = state.node(&wanted.node).member.clone();
    let database = state.database(&wanted.node);
    if let Some(there) = database.networks.get(&wanted.name)
        && there.standing != Standing::Pending
    {
        let text = format!(
            "Failed creating pending network for member \"{own}\": Network is not in pending state"
        );
        return Err(Refusal::internal(text));
    }
    let uplink = wanted.config.get("network").map_or("", String::as_str);
    if !database.networks.contains_key(uplink) {
        let text = format!(
            "Option \"network\" value \"{uplink}\" is not one of the allowed uplink networks in project"
        );
        return Err(Refusal::new(400, text));
    }
    let members: Vec<String> = database.members.iter().map(|it| it.name.clone()).collect();
    let mut network = Network::new("ovn");
    network.standing = Standing::Errored;
    network.config = filled(&wanted.config);
    wanted.description.clone_into(&mut network.description);
    for member in &members {
        network.add(member, Config::new(), false);
    }
    let networks = &mut state.database_mut(&wanted.node).networks;
    networks.insert(wanted.name.clone(), network);
    wanted.check().map_err(Refusal::internal)?;
    start(state, wanted, uplink)?;
    let outside = taken(state, wanted, uplink)?;
    let networks = &mut state.database_mut(&wanted.node).networks;
    if let Some(network) = networks.get_mut(&wanted.name) {
        network.standing = Standing::Created;
        let key = "volatile.network.ipv4.address".to_owned();
        network.config.insert(key, outside);
        for part in network.parts.values_mut() {
            part.made = true;
        }
    }
    Ok(())
}

/// The keys with LXD's own choices.
fn filled(asked: &Config) -> Config {
    let chosen = [
        ("bridge.mtu", "1442"),
        ("ipv4.address", "10.19.135.1/24"),
        ("ipv4.nat", "true"),
        ("ipv6.address", "fd42:dfcd:ec04:443::1/64"),
        ("ipv6.nat", "true"),
    ];
    let chosen = chosen.map(|(key, value)| (key.to_owned(), value.to_owned()));
    let mut config = Config::from(chosen);
    config.extend(asked.clone());
    config
}

/// Starts the network on every member: its uplink and its OVN must be there.
fn start(state: &State, wanted: &Wanted, uplink: &str) -> Result<(), Refusal> {
    let own = state.node(&wanted.node).member.clone();
    let database = state.database(&wanted.node);
    let Some(under) = database.networks.get(uplink) else {
        return Ok(());
    };
    for member in &database.members {
        let fails = |why: String, took: u64| {
            let why = format!("Failed starting network: {why}");
            let text = if member.name == own {
                why
            } else {
                wording::notifying(&member.name, &member.address, &why)
            };
            Err(Refusal::internal(text).after(took))
        };
        let spec = &state.node(&member.node).spec;
        let parent = under.parent(&member.name).unwrap_or(uplink);
        if under.standing != Standing::Created {
            let why = format!(
                "Uplink network \"{uplink}\" is not started (interface \"{parent}\" is missing)"
            );
            return fails(why, 4);
        }
        let bare = under.kind == "physical" && !under.config.contains_key("vlan");
        if bare && spec.addressed.iter().any(|nic| nic == parent) {
            let why = format!(
                "Cannot start network as uplink network interface \"{parent}\" has one or more IP \
                 addresses configured on it"
            );
            return fails(why, 4);
        }
        if let Some(why) = unreachable(state, &member.node, "find port_group") {
            return fails(
                format!(
                    "Failed getting port group UUID for network \"{}\" setup: {why}",
                    wanted.name
                ),
                UNREACHABLE,
            );
        }
    }
    Ok(())
}

/// Why the member of `node` does not reach OVN's northbound databases.
fn unreachable(state: &State, node: &str, command: &str) -> Option<String> {
    let spec = &state.node(node).spec;
    let set = state.database(node).config.get(KEY);
    let finds = spec.finds_ovn();
    let known = finds || set.is_some_and(|it| it.starts_with("ssl:") || it.starts_with("tcp:"));
    if known && spec.ovn.ask() {
        return None;
    }
    let at = set.map_or(NORTHBOUND, String::as_str);
    let command = format!("ovn-nbctl --timeout=10 --db {at} --wait=sb {command}");
    let why = format!("ovn-nbctl: {at}: database connection failed ()");
    Some(wording::failed_to_run(spec.release, &command, &why))
}

/// The address on the uplink that the network takes: the first of the uplink's range.
fn taken(state: &State, wanted: &Wanted, uplink: &str) -> Result<String, Refusal> {
    let networks = &state.database(&wanted.node).networks;
    let range = networks
        .get(uplink)
        .and_then(|it| it.config.get("ipv4.ovn.ranges"));
    let first = range.and_then(|range| range.split('-').next());
    first.map(str::to_owned).ok_or_else(|| {
        let text = format!(
            "Failed allocating uplink port IPs on network \"{uplink}\": \
             Missing required \"ipv4.ovn.ranges\" config key on uplink network"
        );
        Refusal::internal(text).after(NO_RANGE)
    })
}

/// Refuses to delete an OVN network whose databases are not reached.
pub(super) fn may_go(state: &State, node: &str, name: &str) -> Result<(), Refusal> {
    let database = state.database(node);
    let network = database.networks.get(name);
    if network.is_none_or(|network| network.kind != "ovn") {
        return Ok(());
    }
    match unreachable(state, node, "find ha_chassis") {
        Some(why) => {
            let text = format!("Failed deleting network: {why}");
            Err(Refusal::internal(text).after(467))
        }
        None => Ok(()),
    }
}
