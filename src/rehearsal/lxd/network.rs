//! A managed network: what the cluster knows of it, and each member's part.

use std::collections::BTreeMap;

use ipnet::Ipv4Net;

use super::daemon::Asked;
use super::pool::{Part, Standing};
use super::state::{Config, State};
use super::{NodeSpec, profiles};
use crate::rehearsal::envelope::{Refusal, field};

/// The keys that belong to a member's part alone. LXD's `NodeSpecificNetworkConfig`.
pub(super) const MEMBER_KEYS: [&str; 5] = [
    "acceleration.parent",
    "bgp.ipv4.nexthop",
    "bgp.ipv6.nexthop",
    "bridge.external_interfaces",
    "parent",
];

/// One network.
#[derive(Debug, Clone)]
pub(super) struct Network {
    /// `physical`, `bridge` or `ovn`.
    pub(super) kind: String,
    pub(super) description: String,
    /// The keys that are the same everywhere.
    pub(super) config: Config,
    pub(super) standing: Standing,
    /// By member.
    pub(super) parts: BTreeMap<String, Part>,
}

impl Network {
    /// A network that nobody has yet.
    pub(super) fn new(kind: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            description: String::new(),
            config: Config::new(),
            standing: Standing::Pending,
            parts: BTreeMap::new(),
        }
    }

    /// Gives `member` its part.
    pub(super) fn add(&mut self, member: &str, config: Config, made: bool) {
        let part = Part { config, made };
        self.parts.insert(member.to_owned(), part);
    }

    /// The network that this one reaches the outside through.
    pub(super) fn uplink(&self) -> Option<&str> {
        let uplink = self.config.get("network").map(String::as_str);
        uplink.filter(|_| self.kind == "ovn")
    }

    /// The NIC under `member`'s part.
    pub(super) fn parent(&self, member: &str) -> Option<&str> {
        let part = self.parts.get(member)?;
        part.config.get("parent").map(String::as_str)
    }
}

/// What uses `network`, as API paths.
pub(super) fn users(state: &State, node: &str, network: &str) -> Vec<String> {
    let database = state.database(node);
    let above = database.networks.iter();
    let mut users: Vec<String> = above
        .filter(|(_, it)| it.uplink() == Some(network))
        .map(|(name, _)| format!("/1.0/networks/{name}"))
        .collect();
    users.extend(profiles::using(database, "network", network));
    users
}

/// A network as it was asked for.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) node: String,
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) description: String,
    pub(super) config: Config,
    pub(super) target: Option<String>,
}

impl Wanted {
    /// Reads it from a request's body; a network without a type is a bridge.
    pub(super) fn read(asked: &Asked) -> Result<Self, Refusal> {
        let name = asked.text("name");
        if name.is_empty() {
            return Err(Refusal::new(400, "No name provided"));
        }
        if name.contains(['/', ' ']) {
            let text = format!("Invalid network name \"{name}\"");
            return Err(Refusal::new(400, text));
        }
        let kind = match asked.text("type") {
            "" => "bridge",
            kind => kind,
        };
        if !["bridge", "ovn", "physical"].contains(&kind) {
            return Err(Refusal::new(400, "Unknown driver"));
        }
        let config = field(&asked.body, "config").as_object();
        let pair = |(key, value): (&String, &serde_json::Value)| {
            Some((key.clone(), value.as_str()?.to_owned()))
        };
        Ok(Self {
            node: asked.node.clone(),
            name: name.to_owned(),
            kind: kind.to_owned(),
            description: asked.text("description").to_owned(),
            config: config.into_iter().flatten().filter_map(pair).collect(),
            target: asked.target.clone(),
        })
    }

    /// What LXD says of a global value it cannot read; it looks at nothing but the syntax.
    pub(super) fn check(&self) -> Result<(), String> {
        let invalid = |key: &str, why: String| {
            Err(format!(
                "Invalid value for network \"{}\" option \"{key}\": {why}",
                self.name
            ))
        };
        for key in [
            "ipv4.address",
            "ipv4.gateway",
            "ipv6.address",
            "ipv6.gateway",
        ] {
            let value = self
                .config
                .get(key)
                .filter(|it| *it != "none" && *it != "auto");
            if let Some(value) = value
                && value.parse::<ipnet::IpNet>().is_err()
            {
                return invalid(key, format!("invalid CIDR address: {value}"));
            }
        }
        let key = "fan.underlay_subnet";
        if let Some(subnet) = self.config.get(key)
            && subnet != "auto"
            && subnet.parse::<Ipv4Net>().is_err()
        {
            return invalid(key, format!("invalid CIDR address: {subnet}"));
        }
        let key = "ipv4.ovn.ranges";
        for range in self
            .config
            .get(key)
            .into_iter()
            .flat_map(|it| it.split(','))
        {
            if !range.contains('-') {
                let why =
                    format!("Item \"{range}\": IP range must contain start and end IP addresses");
                return invalid(key, why);
            }
        }
        Ok(())
    }
}

/// Makes a member's part of the network `name`, or says why its host does not let it: a bridge
/// wants a name that no interface has (LXD's `bridge.Create`).
pub(super) fn make(
    spec: &NodeSpec,
    (name, kind): (&str, &str),
    asked: &Config,
) -> Result<(), String> {
    if kind == "bridge" && spec.nics.iter().any(|nic| nic == name) {
        return Err(format!("Network interface \"{name}\" already exists"));
    }
    let parent = asked.get("parent").map_or("", String::as_str);
    if kind != "physical" || spec.nics.iter().any(|nic| nic == parent) {
        return Ok(());
    }
    Err(format!("Parent interface \"{parent}\" not found"))
}
