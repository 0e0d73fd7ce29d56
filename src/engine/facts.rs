//! What a machine is.
use serde::{Deserialize, Serialize};
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct HostFacts {
    pub hostname: String,
    pub model: String,
    pub serial: Option<String>,
    pub memory: u64,
    pub cpus: u32,
    pub kernel: String,
    pub arch: String,
    pub nics: Vec<Nic>,
    pub disks: Vec<Disk>,
}
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Nic {
    pub name: String,
    pub mac: String,
    pub up: bool,
    pub speed_mbps: Option<u32>,
    pub addresses: Vec<ipnet::IpNet>,
}
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Disk {
    pub name: String,
    pub path: String,
    pub size: u64,
    pub model: Option<String>,
    pub serial: Option<String>,
    pub removable: bool,
    pub read_only: bool,
    pub rotational: bool,
    pub partitions: Vec<String>,
    pub holds: Holds,
    pub used: Option<String>,
}
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Holds {
    Nothing,
    Found { kind: String, label: Option<String> },
    Unknown(String),
}
impl Holds {
    pub fn in_words(&self, _p: &[String]) -> String {
        String::new()
    }
}
