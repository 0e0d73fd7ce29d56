//! What of MicroCeph microcluster calls: its paths, its bootstrap, its join, its leaving.

use std::collections::BTreeSet;

use super::record::{Machine, Record};
use super::{disks, monitors, networks, pools, removal, services, settings};
use crate::rehearsal::envelope::{Answer, Refusal};
use crate::rehearsal::fault::{Call, Service};
use crate::rehearsal::microcluster::{App, Cluster, Control, Errand, Identity, Path, State};

/// MicroCeph.
#[derive(Debug, Clone)]
pub(super) struct Ceph;

/// How many monitors, managers and metadata servers joins start by themselves.
const ENOUGH: usize = 3;

/// What a member runs.
const SERVICES: [&str; 3] = ["mds", "mgr", "mon"];

/// Milliseconds of a bootstrap from the listing of its member to the first command: until then, a
/// caller that hangs up undoes it. Recorded were 50 ms, undone, and 2 s, carried on.
const UNDONE: u64 = 800;

/// Milliseconds from there to the start of the monitor.
const MONITOR: u64 = 500;

/// Milliseconds from there until msgr2 is enabled and the monitor executes itself anew.
const ANEW: u64 = 1_200;

/// Milliseconds of the rest. With two map changes it is 6.7 s in all; measured are 6.9, and 4.7 with
/// tuned monitors.
const REST: u64 = 1_950;

/// Milliseconds of a join from its authorisation to its first command.
const JOIN_BEGINS: u64 = 850;

/// Milliseconds of its rest: 1.35 s in all (measured), with an election in it 7.6 s.
const JOIN_ENDS: u64 = 350;

impl App for Ceph {
    type Node = Machine;
    type Cluster = Record;

    const IDENTITY: &'static Identity = &Identity {
        service: Service::MicroCeph,
        word: "microceph",
        version: "ceph-version: 19.2.3-0ubuntu0.24.04.1; microceph-git: 79f99b50a1",
        extensions: &[
            "internal:runtime_extension_v1",
            "internal:rename_core_endpoints",
        ],
        schema: 9,
        tokens: &["core", "control", "tokens"],
        no_member: (
            "Cluster member ",
            " not found in truststore; please provide a node address",
        ),
        removal: 8_282,
        one_join: true,
    };

    fn path(path: &[&str], method: &str) -> Option<Path> {
        let reads = method == "GET";
        let (methods, call): (&'static [&'static str], Option<Call>) = match path {
            ["disks"] if method == "POST" => (&["POST"], Some(Call::DiskAdd)),
            ["disks"] => (&["GET"], Some(Call::Disks)),
            ["services"] => (&["GET"], Some(Call::Services)),
            ["pools"] => (&["GET"], Some(Call::Pools)),
            ["resources" | "cluster"]
            | ["disks", "encryption-support"]
            | ["cluster", "capabilities"]
            | ["client", "remotes"] => (&["GET"], None),
            ["configs"] | ["client", "configs"] | ["services", "mon"] if reads => (&["GET"], None),
            ["disks", _] => (&["DELETE"], Some(Call::DiskRemove)),
            ["services", "restart"] => (&["POST"], None),
            ["services", "mon" | "mgr" | "mds"] => (&["PUT", "DELETE"], Some(Call::Service)),
            ["pools-op"] => (&["PUT"], Some(Call::PoolSize)),
            ["configs"] | ["client", "configs", _] => (&["PUT", "DELETE"], Some(Call::Config)),
            ["microceph", "configs", "log-level"] => (&["GET", "PUT"], None),
            // They are there, but not simulated.
            ["services", "rgw" | "nfs" | "rbd-mirror" | "cephfs-mirror"]
            | ["ops", ..]
            | ["client", "configs"] => (&[], None),
            _ => return None,
        };
        Some(Path { methods, call })
    }

    fn precheck(state: &State<Self>, host: &str, control: &Control) -> Result<(), Refusal> {
        if !control.bootstrap {
            return Ok(());
        }
        let spec = &state.node(host).app.spec;
        networks::asked(spec, control)
            .map(|_| ())
            .map_err(Refusal::internal)
    }

    fn enrol(state: &mut State<Self>, host: &str, control: &Control) {
        let asked = networks::asked(&state.node(host).app.spec, control).ok();
        let Ok(cluster) = state.cluster_mut(host) else {
            return;
        };
        let record = &mut cluster.app;
        if let Some(networks) = asked.filter(|_| control.bootstrap) {
            let configs = [
                ("cluster_network", networks.cluster.as_str()),
                ("osd_pool_default_crush_rule", "1"),
                ("public_network", networks.public.as_str()),
                ("rbd_default_features", "63"),
            ];
            let configs = configs.map(|(key, value)| (key.to_owned(), value.to_owned()));
            record.configs.extend(configs);
        }
        let few = |service: &&str| record.beside(&control.name, service) < ENOUGH;
        let its: BTreeSet<&'static str> = SERVICES.into_iter().filter(few).collect();
        record.services.insert(control.name.clone(), its);
        let zone = control.key("AvailabilityZone").unwrap_or_default();
        record.zones.insert(control.name.clone(), zone.to_owned());
    }

    async fn start(errand: &Errand<Self>, control: &Control) -> Result<(), Refusal> {
        if control.bootstrap {
            bootstrap(errand, control).await?;
        } else {
            join(errand, control).await?;
        }
        let mut state = errand.site.state();
        let record = &mut state.cluster_mut(&errand.host)?.app;
        record.ready.insert(control.name.clone());
        Ok(())
    }

    fn may_leave(cluster: &Cluster<Self>, member: &str) -> Result<(), String> {
        let record = &cluster.app;
        if record.osds.iter().any(|row| row.location == member) {
            return Err(format!(
                "Node {member} still has disks configured, remove before proceeding"
            ));
        }
        let beside = |service: &str| record.beside(member, service);
        if beside("mon") < 3 || beside("mds") < 1 || beside("mgr") < 1 {
            return Err(format!(
                "Insufficient non OSD services: need at least 3 mon, 1 mds, and 1 mgr services \
                 in the cluster besides those in node '{member}'"
            ));
        }
        Ok(())
    }

    fn leave(state: &mut State<Self>, host: &str, member: &str, cluster: u64) {
        if let Some(cluster) = state.by_id(cluster) {
            let record = &mut cluster.app;
            record.services.remove(member);
            record.ready.remove(member);
            record.zones.remove(member);
            record.osds.retain(|row| row.location != member);
        }
        state.node_mut(host).app.monitor = None;
    }

    async fn answer(errand: &Errand<Self>) -> Result<Answer, Refusal> {
        let path = errand.path();
        match (errand.asked.method.as_str(), path.as_slice()) {
            ("POST", ["disks"]) => disks::add(errand).await,
            (_, ["disks"]) => disks::list(errand),
            (_, ["disks", "encryption-support"]) => Ok(disks::encryption(errand)),
            (_, ["disks", osd]) => removal::remove(errand, osd).await,
            (_, ["resources"]) => Ok(disks::resources(errand)),
            (_, ["services"]) => services::list(errand),
            ("GET", ["services", _]) => services::monitors(errand),
            ("PUT", ["services", name]) => services::enable(errand, name).await,
            ("DELETE", ["services", name]) => services::disable(errand, name).await,
            ("POST", ["services", _]) => services::restart(errand),
            (_, ["pools"]) => pools::list(errand).await,
            (_, ["pools-op"]) => pools::size(errand).await,
            (_, ["cluster"]) => settings::export(errand),
            (_, ["cluster", _]) => Ok(settings::capabilities()),
            (_, ["client", "remotes"]) => Err(Refusal::internal("no remotes configured")),
            ("GET", ["configs"]) => settings::get(errand).await,
            (_, ["configs"]) => settings::write(errand).await,
            ("GET", ["client", ..]) => settings::of_clients(errand),
            (_, ["client", "configs", key]) => settings::write_of_clients(errand, key).await,
            _ => settings::log_level(errand),
        }
    }
}

async fn bootstrap(errand: &Errand<Ceph>, control: &Control) -> Result<(), Refusal> {
    errand.pass_while_asked(UNDONE).await?;
    errand.pass(MONITOR).await;
    monitors::start(&mut errand.site.state(), &errand.host, &control.name);
    errand.pass(ANEW).await;
    monitors::proposed(errand).await;
    monitors::start(&mut errand.site.state(), &errand.host, &control.name);
    errand.pass(REST).await;
    monitors::proposed(errand).await;
    Ok(())
}

async fn join(errand: &Errand<Ceph>, control: &Control) -> Result<(), Refusal> {
    errand.pass_while_asked(JOIN_BEGINS).await?;
    let monitor = {
        let state = errand.site.state();
        let (_, cluster) = state.cluster(&errand.host)?;
        fits(cluster)?;
        let public = cluster.app.configs.get("public_network");
        let public = public.map_or("", String::as_str);
        networks::first_address(&state.node(&errand.host).app.spec, public)
            .map_err(Refusal::internal)?;
        cluster.app.runs(&control.name, "mon")
    };
    monitors::elected(errand).await;
    errand.pass(JOIN_ENDS).await;
    if monitor {
        monitors::start_later(&errand.site, &errand.host, &control.name);
    }
    Ok(())
}

/// Whether a joiner fits what the cluster has on record.
fn fits(cluster: &Cluster<Ceph>) -> Result<(), Refusal> {
    let clients = cluster.app.client_configs.keys();
    if clients
        .into_iter()
        .any(|(key, _)| !settings::is_for_clients(key))
    {
        let text = "failed to generate the configuration: \
                    failed object population: cannot set field <nil>";
        return Err(Refusal::internal(text));
    }
    let mut zones = cluster.app.zones.values();
    let some = zones.any(|zone| !zone.is_empty());
    let none = cluster.app.zones.values().any(String::is_empty);
    if some && none {
        let text = "availability zone must be set on all cluster members or on none of them";
        return Err(Refusal::internal(text));
    }
    Ok(())
}
