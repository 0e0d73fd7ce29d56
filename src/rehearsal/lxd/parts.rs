//! What a joiner makes of the pools and networks that its cluster has.

use serde_json::Value;

use super::pool::Standing;
use super::state::{Config, State};
use super::{ceph, driver, network, wording};
use crate::rehearsal::envelope::{Refusal, field};

/// How long a joiner takes to find out that it cannot make its part of a pool, in milliseconds
/// (recorded).
const BAD_SOURCE: u64 = 244;

/// How long the database takes to refuse a joiner beside something half-made (recorded).
const HALF_MADE: u64 = 697;

/// A joiner's parts, by pool and by network.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pools: Vec<(String, Config)>,
    networks: Vec<(String, Config)>,
}

impl Parts {
    /// What `node` makes of what the cluster of `through` has, as it said in `member_config`.
    pub(super) fn make(
        state: &State,
        (node, through): (&str, &str),
        member_config: &[Value],
    ) -> Result<Self, Refusal> {
        let spec = &state.node(node).spec;
        let database = state.database(through);
        let mut parts = Self::default();
        let fails = |kind: &str, name: &str, why: &str| {
            let text = wording::cannot_initialise(spec.release, (kind, name), why);
            Err(Refusal::internal(text).after(BAD_SOURCE))
        };
        for (name, network) in &database.networks {
            if network.standing == Standing::Errored {
                let text = format!(
                    "Cluster database initialization failed: \
                     Joining member has no config for network {name}"
                );
                return Err(Refusal::internal(text).after(HALF_MADE));
            }
            if network.standing != Standing::Created {
                continue;
            }
            let asked = asked_of(member_config, ("network", name));
            // One that names no NIC is let in without.
            if asked.contains_key("parent")
                && let Err(why) = network::make(spec, (name, &network.kind), &asked)
            {
                return fails("network", name, &why);
            }
            if network.kind == "ovn" && !spec.ovn.ask() {
                return fails(
                    "network",
                    name,
                    "Failed getting OVN southbound connection string",
                );
            }
            parts.networks.push((name.clone(), asked));
        }
        for (name, pool) in &database.pools {
            if pool.standing != Standing::Created {
                continue;
            }
            let asked = asked_of(member_config, ("storage-pool", name));
            // The file system is mounted; block devices are not looked at by a joiner.
            let made: Result<Config, String> = match pool.driver.as_str() {
                "cephfs" => ceph::mount(spec).map(|()| asked).map_err(|no| no.text),
                _ => driver::make(spec, name, &pool.driver, &asked),
            };
            match made {
                Ok(config) => parts.pools.push((name.clone(), config)),
                Err(why) => return fails("storage pool", name, &why),
            }
        }
        Ok(parts)
    }

    /// Whether one of the pools came to be in a file.
    pub(super) fn looped(&self) -> bool {
        self.pools
            .iter()
            .any(|(_, config)| config.contains_key("size"))
    }

    /// Gives the parts to `member`.
    pub(super) fn give(self, state: &mut State, through: &str, member: &str) {
        let database = state.database_mut(through);
        for (name, config) in self.pools {
            if let Some(pool) = database.pools.get_mut(&name) {
                pool.add(member, config, true);
            }
        }
        for (name, config) in self.networks {
            if let Some(network) = database.networks.get_mut(&name) {
                network.add(member, config, true);
            }
        }
    }
}

/// What the joiner said about its part of a thing.
fn asked_of(member_config: &[Value], (entity, name): (&str, &str)) -> Config {
    let about = |item: &&Value| field(item, "entity") == entity && field(item, "name") == name;
    let pair = |item: &Value| {
        let value = field(item, "value")
            .as_str()
            .filter(|value| !value.is_empty())?;
        Some((field(item, "key").as_str()?.to_owned(), value.to_owned()))
    };
    member_config
        .iter()
        .filter(about)
        .filter_map(pair)
        .collect()
}
