//! What the default profile is to have, beside what it has.

use std::collections::BTreeMap;

use super::{BRIDGE, LOCAL_POOL, OVN_NETWORK, RemotePool};
use crate::engine::answers::{Answers, DriverChoice, NetworkKind};

/// A device of a profile: its keys.
pub type Device = BTreeMap<String, String>;

/// The devices of a profile, by name.
pub type Devices = BTreeMap<String, Device>;

/// The devices' names, as `lxd init` and MicroCloud give them.
const ROOT: &str = "root";

/// The NIC's, which is its name inside the guest too.
pub const NIC: &str = "eth0";

/// Those devices of a profile that can stand in the place of mcloud's own: a root disk and `eth0`. The others
/// are nobody's business here.
pub fn concerned(mut devices: Devices) -> Devices {
    devices.retain(|name, it| name == NIC || is_root(name, it));
    devices
}

fn is_root(name: &str, device: &Device) -> bool {
    name == ROOT || (is(device, "type", "disk") && is(device, "path", "/"))
}

/// What the default profile is to have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileWants {
    /// The pool of its root disk; none: no root disk.
    pub pool: Option<String>,
    /// The network of its NIC; none: no NIC.
    pub network: Option<String>,
}

/// How a profile stands beside what it is to have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compared {
    /// The devices it has not.
    pub lacking: Devices,
    /// Those in whose place it has another one: somebody's choice.
    pub others: Vec<OtherDevice>,
}

/// A device that is there otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherDevice {
    /// Its name there.
    pub name: String,
    /// What it is.
    pub found: Device,
    /// What mcloud would put.
    pub planned: Device,
}

impl Compared {
    /// The devices with which the profile is as it is to be, where `replace` says that others go.
    pub fn to_write(&self, replace: bool) -> Devices {
        let others = self.others.iter().filter(|_| replace);
        let others = others.map(|it| (it.name.clone(), it.planned.clone()));
        self.lacking.clone().into_iter().chain(others).collect()
    }
}

impl OtherDevice {
    /// A device in words: `type=nic network=lxdbr0`.
    pub fn in_words(device: &Device) -> String {
        let pairs = device.iter().map(|(key, value)| format!("{key}={value}"));
        pairs.collect::<Vec<_>>().join(" ")
    }
}

impl ProfileWants {
    /// What these answers give it: guests are on the pool that spans the nodes, else on the local one,
    /// and on the network that was made last.
    pub fn of(answers: &Answers) -> Self {
        let local = answers.local.driver != DriverChoice::None;
        let pool = if answers.has_ceph() {
            Some(RemotePool::Block.name())
        } else {
            local.then_some(LOCAL_POOL)
        };
        let network = match answers.network.kind {
            NetworkKind::None => None,
            NetworkKind::Ovn => Some(OVN_NETWORK),
            NetworkKind::Bridge | NetworkKind::Fan => Some(BRIDGE),
        };
        Self {
            pool: pool.map(str::to_owned),
            network: network.map(str::to_owned),
        }
    }

    /// Compares it with the devices a profile has.
    pub fn compare(&self, devices: &Devices) -> Compared {
        let mut compared = Compared::default();
        if let Some(pool) = &self.pool {
            let planned = device(&[("type", "disk"), ("path", "/"), ("pool", pool)]);
            compared.add(devices, (ROOT, planned), &is_root);
        }
        if let Some(network) = &self.network {
            let planned = device(&[("type", "nic"), ("name", NIC), ("network", network)]);
            compared.add(devices, (NIC, planned), &|name, _| name == NIC);
        }
        compared
    }
}

impl Compared {
    /// Puts one device where it belongs: `stands` finds the one in its place.
    fn add(
        &mut self,
        devices: &Devices,
        (name, planned): (&str, Device),
        stands: &dyn Fn(&str, &Device) -> bool,
    ) {
        let Some((found, there)) = devices.iter().find(|(name, it)| stands(name, it)) else {
            self.lacking.insert(name.to_owned(), planned);
            return;
        };
        // The name inside the guest is LXD's choice where it is not set.
        let right = |(key, value): (&String, &String)| {
            is(there, key, value) || (key == "name" && !there.contains_key(key))
        };
        if !planned.iter().all(right) {
            self.others.push(OtherDevice {
                name: found.clone(),
                found: there.clone(),
                planned,
            });
        }
    }
}

fn device(pairs: &[(&str, &str)]) -> Device {
    let pairs = pairs.iter();
    pairs
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

fn is(device: &Device, key: &str, value: &str) -> bool {
    device.get(key).is_some_and(|found| found == value)
}
