//! The calls about images and instances.

use std::collections::BTreeMap;
use std::net::IpAddr;

use hyper::body::Bytes;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::{Lxd, at};
use crate::infra::lxd::types::Config;
use crate::infra::rest::envelope::{Operation, Progress, Reply, or_default, text};
use crate::infra::rest::{Call, Patience, RestError, segment};

/// An image.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Image {
    /// Lower-case hex of the SHA-256 of its files.
    #[serde(deserialize_with = "text")]
    pub fingerprint: String,
    /// What its maker says of it.
    #[serde(deserialize_with = "or_default")]
    pub properties: BTreeMap<String, String>,
}

/// An instance.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Instance {
    /// Its name.
    #[serde(deserialize_with = "text")]
    pub name: String,
    /// The member it is on.
    #[serde(deserialize_with = "text")]
    pub location: String,
    /// `Running`, `Stopped`, …
    #[serde(deserialize_with = "text")]
    pub status: String,
    /// Its own config.
    #[serde(deserialize_with = "or_default")]
    pub config: BTreeMap<String, String>,
}

/// A new container: its name and what it is made of.
#[derive(Debug, Clone)]
pub struct NewContainer {
    /// Its name.
    pub name: String,
    /// The image's fingerprint.
    pub image: String,
    /// Its config.
    pub config: Config,
    /// Its devices, by name; it has no profile.
    pub devices: BTreeMap<String, Config>,
}

/// `GET /1.0/instances/{name}/state`, as far as it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct InstanceState {
    #[serde(deserialize_with = "or_default")]
    network: BTreeMap<String, Nic>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Nic {
    #[serde(deserialize_with = "or_default")]
    addresses: Vec<Address>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Address {
    #[serde(deserialize_with = "text")]
    address: String,
    #[serde(deserialize_with = "text")]
    scope: String,
}

impl Lxd {
    /// All images.
    pub async fn images(&self) -> Result<Vec<Image>, RestError> {
        self.list("/1.0/images?recursion=1").await
    }

    /// Takes an image in, one archive with metadata and root file system; its fingerprint.
    pub async fn upload_image(
        &self,
        archive: Vec<u8>,
        progress: Progress<'_>,
    ) -> Result<String, RestError> {
        let call = Call::upload("/1.0/images", Bytes::from(archive));
        let operation = self.operation(call, progress).await?;
        let fingerprint = operation
            .metadata
            .get("fingerprint")
            .and_then(Value::as_str);
        fingerprint
            .map(str::to_owned)
            .ok_or_else(|| RestError::Broken {
                reason: "an image without a fingerprint".to_owned(),
            })
    }

    /// Deletes an image.
    pub async fn delete_image(
        &self,
        fingerprint: &str,
        progress: Progress<'_>,
    ) -> Result<(), RestError> {
        let path = format!("/1.0/images/{}", segment(fingerprint));
        self.work(Call::delete(path), progress).await
    }

    /// All instances.
    pub async fn instances(&self) -> Result<Vec<Instance>, RestError> {
        self.list("/1.0/instances?recursion=1").await
    }

    /// Makes a container on a member, stopped.
    pub async fn create_container(
        &self,
        target: &str,
        new: &NewContainer,
        progress: Progress<'_>,
    ) -> Result<(), RestError> {
        let body = json!({
            "name": new.name, "type": "container", "profiles": [],
            "source": {"type": "image", "fingerprint": new.image},
            "config": new.config, "devices": new.devices,
        });
        let path = at("/1.0/instances", Some(target));
        self.work(Call::post(path, body), progress).await
    }

    /// Starts an instance.
    pub async fn start_instance(
        &self,
        name: &str,
        progress: Progress<'_>,
    ) -> Result<(), RestError> {
        let body = json!({"action": "start"});
        let path = format!("/1.0/instances/{}/state", segment(name));
        self.work(Call::put(path, body), progress).await
    }

    /// Stops an instance at once.
    pub async fn stop_instance(&self, name: &str, progress: Progress<'_>) -> Result<(), RestError> {
        let body = json!({"action": "stop", "force": true});
        let path = format!("/1.0/instances/{}/state", segment(name));
        self.work(Call::put(path, body), progress).await
    }

    /// Moves a stopped instance to another member.
    pub async fn move_instance(
        &self,
        name: &str,
        target: &str,
        progress: Progress<'_>,
    ) -> Result<(), RestError> {
        let path = format!("/1.0/instances/{}", segment(name));
        let body = json!({"name": name, "migration": true});
        self.work(Call::post(at(&path, Some(target)), body), progress)
            .await
    }

    /// Deletes a stopped instance.
    pub async fn delete_instance(
        &self,
        name: &str,
        progress: Progress<'_>,
    ) -> Result<(), RestError> {
        let path = format!("/1.0/instances/{}", segment(name));
        self.work(Call::delete(path), progress).await
    }

    /// The addresses of an instance's NIC that others can reach.
    pub async fn addresses(&self, name: &str, nic: &str) -> Result<Vec<IpAddr>, RestError> {
        let path = format!("/1.0/instances/{}/state", segment(name));
        let state: InstanceState = self.get(path).await?;
        let found = state.network.get(nic).map(|nic| &nic.addresses);
        let global = found
            .into_iter()
            .flatten()
            .filter(|it| it.scope == "global");
        Ok(global.filter_map(|it| it.address.parse().ok()).collect())
    }

    /// Runs a shell's script in an instance, without its output; the exit code.
    pub async fn run(
        &self,
        name: &str,
        script: &str,
        progress: Progress<'_>,
    ) -> Result<i64, RestError> {
        let path = format!("/1.0/instances/{}/exec", segment(name));
        let body = json!({
            "command": ["/bin/sh", "-c", script], "environment": {},
            "wait-for-websocket": false, "interactive": false, "record-output": false,
        });
        let operation = self.operation(Call::post(path, body), progress).await?;
        let code = operation.metadata.get("return").and_then(Value::as_i64);
        code.ok_or_else(|| RestError::Broken {
            reason: "a command without an exit code".to_owned(),
        })
    }

    /// A call that is an operation, which is awaited.
    async fn operation(&self, call: Call, progress: Progress<'_>) -> Result<Operation, RestError> {
        let call = call.patience(Patience::WhileConnected);
        match self.ask::<IgnoredAny>(call).await? {
            Reply::Async(operation) => {
                progress(&operation.view());
                self.wait_for(&operation, progress).await
            }
            Reply::Sync(_) => Err(RestError::Broken {
                reason: "an answer instead of an operation".to_owned(),
            }),
        }
    }
}
