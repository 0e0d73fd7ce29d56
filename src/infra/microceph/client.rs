//! `MicroCeph`'s own API: its disks, its pools, what it can encrypt. A no often comes with HTTP status
//! 200, inside a report.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use crate::infra::microcluster::client::Micro;
use crate::infra::microcluster::types::Placed;
use crate::infra::rest::envelope::{or_default, text};
use crate::infra::rest::{Call, Patience, Refusal, RestError, segment};

/// How many seconds the removal of a disk may wait until Ceph can spare it.
const REMOVAL: u32 = 60;

/// How long what Ceph itself is asked for may take: an election of its monitors holds it up.
const CEPH: Duration = Duration::from_mins(1);

/// The `MicroCeph` of this machine.
#[derive(Debug, Clone)]
pub struct MicroCeph {
    micro: Micro,
}

/// A disk of the cluster (`GET /1.0/disks`), which may be no more than a record of one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CephDisk {
    /// The number of its OSD. Numbers need not begin at 0, nor be dense.
    pub osd: u64,
    /// Where it is on its member, mostly below `/dev/disk/by-id`.
    #[serde(default, deserialize_with = "text")]
    pub path: String,
    /// Its member.
    #[serde(default, deserialize_with = "text")]
    pub location: String,
}

/// A pool (`GET /1.0/pools`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CephPool {
    /// Its name.
    #[serde(deserialize_with = "text")]
    pub pool: String,
    /// How many copies it keeps.
    pub size: u64,
}

/// The networks of a Ceph, as `MicroCeph` keeps them: each one or more, with commas between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CephNetworks {
    /// That of clients and monitors.
    pub public: String,
    /// That on which disks copy to each other.
    pub internal: String,
}

/// A key of the cluster's configuration (`GET /1.0/configs`).
#[derive(Debug, Deserialize)]
struct Setting {
    #[serde(deserialize_with = "text")]
    key: String,
    #[serde(default, deserialize_with = "text")]
    value: String,
}

/// Whether disks can be encrypted (`GET /1.0/disks/encryption-support`).
#[derive(Debug, Deserialize)]
struct Encryption {
    supported: bool,
    #[serde(default, deserialize_with = "text")]
    reason_unsupported: String,
}

/// What became of the disks of one call (`POST /1.0/disks`).
#[derive(Debug, Deserialize)]
struct Added {
    #[serde(default, deserialize_with = "text")]
    validation_error: String,
    #[serde(default, deserialize_with = "or_default")]
    report: Vec<Line>,
}

#[derive(Debug, Deserialize)]
struct Line {
    #[serde(default, deserialize_with = "text")]
    report: String,
    #[serde(default, deserialize_with = "text")]
    error: String,
}

/// A disk to be given to Ceph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDisk {
    /// Where it is.
    pub path: String,
    /// Whether what it holds may be erased.
    pub wipe: bool,
    /// Whether what Ceph stores on it is encrypted.
    pub encrypt: bool,
}

impl MicroCeph {
    /// The `MicroCeph` that listens on `socket`.
    pub fn new(socket: PathBuf) -> Self {
        Self::from(Micro::new(socket))
    }

    /// What it shares with `MicroOVN`.
    pub fn core(&self) -> &Micro {
        &self.micro
    }

    /// Which service runs where (`mon`, `mgr`, `mds`; disks are not among them).
    pub async fn services(&self) -> Result<Vec<Placed>, RestError> {
        self.micro.services().await
    }

    /// Starts a service on this member and waits until it runs; one that runs already is refused. The key
    /// that says to wait is called `bool`.
    pub async fn enable(&self, service: &str) -> Result<(), RestError> {
        let body = json!({ "name": service, "bool": true, "payload": "" });
        let path = format!("/1.0/services/{}", segment(service));
        self.micro.work(Call::put(path, body)).await
    }

    /// The disks of the whole cluster; none outside one.
    pub async fn disks(&self) -> Result<Vec<CephDisk>, RestError> {
        self.micro.list("/1.0/disks").await
    }

    /// Gives one of this member's disks to Ceph. It is said to be done before Ceph uses the disk. A
    /// caller that hangs up may leave a record without a disk.
    pub async fn add_disk(&self, disk: &NewDisk) -> Result<(), RestError> {
        let body = json!({
            "path": [disk.path],
            "wipe": disk.wipe,
            "encrypt": disk.encrypt,
        });
        let added: Added = self.micro.long(Call::post("/1.0/disks", body)).await?;
        added.outcome().map_err(RestError::from)
    }

    /// Takes a disk out again, on the member it is in: another cannot. `MicroCeph` refuses where data
    /// would lack copies. One that is not there is no error.
    pub async fn delete_disk(&self, osd: u64, member: &str) -> Result<(), RestError> {
        let body = json!({
            "osdid": osd,
            "bypass_safety": false,
            "confirm_downgrade": false,
            "prohibit_crush_scaledown": false,
            "timeout": REMOVAL,
        });
        let path = format!("/1.0/disks/{osd}?target={}", segment(member));
        match self.micro.work(Call::delete(path).body(body)).await {
            Err(error) if error.is_not_found() => Ok(()),
            other => other,
        }
    }

    /// The pools of the cluster; none outside one. Asks Ceph itself.
    pub async fn pools(&self) -> Result<Vec<CephPool>, RestError> {
        let asked = Call::get("/1.0/pools").patience(Patience::Within(CEPH));
        let pools: Option<Vec<CephPool>> = self.micro.ask(asked).await?;
        Ok(pools.unwrap_or_default())
    }

    /// The networks of the cluster, which its bootstrap chose; none where this version or a daemon
    /// outside a cluster does not say. The question has a body, in which an empty key is all keys.
    pub async fn networks(&self) -> Result<Option<CephNetworks>, RestError> {
        let asked = Call::get("/1.0/configs").body(json!({ "key": "" }));
        let settings: Vec<Setting> = match self.micro.ask(asked).await {
            Err(error) if error.refusal().is_some() => return Ok(None),
            settings => settings?,
        };
        let of = |key: &str| {
            let setting = settings.iter().find(|it| it.key == key)?;
            Some(setting.value.trim().to_owned())
        };
        let networks = of("public_network").zip(of("cluster_network"));
        Ok(networks.map(|(public, internal)| CephNetworks { public, internal }))
    }

    /// Sets how many copies new pools keep, and where `all` those that are there, too.
    pub async fn set_pool_size(&self, size: u8, all: bool) -> Result<(), RestError> {
        let body = json!({ "pools": [if all { "*" } else { "" }], "size": size });
        self.micro.work(Call::put("/1.0/pools-op", body)).await
    }

    /// Why disks cannot be encrypted on this member; empty where they can be, none where this version
    /// or a daemon outside a cluster does not say.
    pub async fn no_encryption(&self) -> Result<Option<String>, RestError> {
        let asked = self
            .micro
            .get::<Encryption>("/1.0/disks/encryption-support");
        match asked.await {
            Ok(found) if found.supported => Ok(Some(String::new())),
            Ok(found) if found.reason_unsupported.is_empty() => {
                Ok(Some("no reason given".to_owned()))
            }
            Ok(found) => Ok(Some(found.reason_unsupported)),
            Err(error) if error.refusal().is_some() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl From<Micro> for MicroCeph {
    fn from(micro: Micro) -> Self {
        Self { micro }
    }
}

impl Added {
    /// The refusal in a report. A request that is refused as a whole has lines without an error.
    fn outcome(self) -> Result<(), Refusal> {
        let failed = self.report.iter().find(|line| line.report != "Success");
        let text = match failed {
            _ if !self.validation_error.is_empty() => self.validation_error,
            Some(line) if !line.error.is_empty() => line.error.clone(),
            Some(_) => "no reason given".to_owned(),
            None if self.report.is_empty() => {
                "the report names no disk: nothing was done".to_owned()
            }
            None => return Ok(()),
        };
        Err(Refusal {
            status: 200,
            code: 500,
            text,
        })
    }
}
