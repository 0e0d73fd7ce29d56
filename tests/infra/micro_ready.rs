//! How MicroCeph and MicroOVN are found on a node, and how a stopped one is started, by a small
//! systemctl and sockets.

use std::fs;
use std::os::unix::net::UnixListener;

use mcloud::engine::Seen;
use mcloud::engine::message::Failure;
use mcloud::engine::plan::Work;
use mcloud::engine::services::{MicroState, ServiceState};
use mcloud::infra::microceph::CephService;
use mcloud::infra::microovn::OvnService;
use mcloud::infra::{Context, InfraBootstrapper, Inputs, Step};
use mcloud::rehearsal::microovn;
use mcloud::world::Clock;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::machine::Machine;
use crate::service::{Service, http};
use crate::steps_words::{heard, spoken};

/// A machine whose systemctl says that every unit is in these states; `start` is what starting does.
fn machine(loaded: &str, active: &str, start: &str) -> Machine {
    let mut machine = Machine::new();
    let script = format!(
        "#!/bin/sh\n\
         case \"$1 $3\" in\n\
         'show LoadState') echo LoadState={loaded} ;;\n\
         'show ActiveState') echo ActiveState={active} ;;\n\
         start*) echo \"$2\" >> {}; {start} ;;\n\
         *) exit 64 ;;\n\
         esac\n",
        machine.path("started").display()
    );
    machine.world.programs.systemctl = machine.program("systemctl", &script);
    machine.world.microovn_socket = machine.path("ovn.socket");
    machine.world.microceph_socket = machine.path("ceph.socket");
    machine.world.clock = Clock::faster(200.0);
    machine
}

async fn state(machine: &Machine) -> MicroState {
    match OvnService::new(machine.world.clone()).status().await {
        ServiceState::Ovn(state) => state,
        other => panic!("no state of MicroOVN: {other:?}"),
    }
}

fn step(machine: &Machine) -> Box<dyn Step> {
    let service = OvnService::new(machine.world.clone());
    service.step(&Work::OvnReady).expect("a step")
}

fn context() -> Context {
    Context {
        progress: Box::new(|_| ()),
        cancel: CancellationToken::new(),
        inputs: Inputs::new(),
        attempt: 1,
    }
}

async fn apply(machine: &Machine) -> Result<(), Failure> {
    heard(step(machine).apply(&context()).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn without_socket_and_unit_it_is_absent() {
    let machine = machine("not-found", "inactive", "true");
    assert_eq!(state(&machine).await, MicroState::Absent);
    let failure = apply(&machine).await.expect_err("nothing to start");
    assert_eq!(
        spoken(&failure.what),
        "MicroOVN is not installed on this node: there is no socket of it."
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_a_removed_one_left_behind_is_absent_too() {
    let machine = machine("not-found", "inactive", "true");
    drop(UnixListener::bind(machine.path("ovn.socket")).expect("a socket"));
    assert_eq!(state(&machine).await, MicroState::Absent);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_one_is_started_by_its_unit() {
    let machine = machine("loaded", "activating", "true");
    assert_eq!(state(&machine).await, MicroState::Stopped);
    match heard(step(&machine).observe(&context()).await) {
        Ok(Seen::Missing(found)) => assert_eq!(found, "stopped"),
        other => panic!("{other:?}"),
    }
    let site = microovn::MicroOvn::new(machine.world.clock.clone(), 3, Vec::new());
    let starting = async {
        // It listens once systemd was told to start it.
        let started = async || machine.path("started").exists();
        crate::patience::until("systemctl starts it", started).await;
        let socket = machine.world.microovn_socket.clone();
        site.node("pi-1").serve(socket).await.expect("a socket")
    };
    let (applied, _serving) = tokio::join!(apply(&machine), starting);
    applied.expect("started");
    let started = fs::read_to_string(machine.path("started")).expect("a note");
    assert_eq!(started, "snap.microovn.daemon.service\n");
    let found = heard(step(&machine).verify(&context()).await).expect("ready");
    assert_eq!(spoken(&found[0]), "MicroOVN 25.03 is ready.");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_cannot_be_started_says_where_its_log_is() {
    let refused = machine("loaded", "inactive", "echo no such thing >&2; exit 1");
    let failure = apply(&refused).await.expect_err("not started");
    assert_eq!(failure.causes, ["no such thing"]);
    let failed = machine("loaded", "failed", "true");
    let failure = apply(&failed).await.expect_err("given up by systemd");
    assert_eq!(
        failure.hint.as_ref().map(spoken).as_deref(),
        Some("Look at the log (journalctl -u snap.microovn.daemon.service), then try again.")
    );
    let silent = machine("loaded", "active", "true");
    let failure = apply(&silent).await.expect_err("silent for three minutes");
    assert_eq!(failure.what.code, "micro.not-started");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_speak_as_microcluster_does_is_told_in_its_own_words() {
    let machine = machine("loaded", "active", "true");
    let service = Service::answering([http(200, &json!({"hello": 1}))]);
    std::os::unix::fs::symlink(service.socket(), machine.path("ovn.socket")).expect("a link");
    match state(&machine).await {
        MicroState::Broken(words) => assert!(words.contains("not understood"), "{words}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_microceph_that_does_not_say_what_it_can_encrypt_leaves_it_open() {
    let machine = machine("loaded", "active", "true");
    let sync = |metadata| http(200, &json!({"type": "sync", "metadata": metadata}));
    let unknown = json!({"type": "error", "error_code": 404, "error": "Not Found"});
    let member =
        json!({"name": "pi-1", "address": "10.77.0.11:7443", "role": "voter", "status": "ONLINE"});
    let service = Service::answering([
        sync(json!({})),
        sync(json!({"name": "pi-1", "version": "ceph-version: 19.2.0-0ubuntu2; microceph-git: x"})),
        sync(json!([member])),
        sync(json!([{"service": "mon", "location": "pi-1"}])),
        http(404, &unknown),
        sync(json!(null)),
    ]);
    std::os::unix::fs::symlink(service.socket(), machine.path("ceph.socket")).expect("a link");
    let found = CephService::new(machine.world.clone()).status().await;
    let ServiceState::Ceph(MicroState::Answers(facts)) = found else {
        panic!("{found:?}");
    };
    assert_eq!(facts.no_encryption, None, "squid has no such call");
    assert_eq!((facts.version.as_str(), facts.disks.len()), ("19.2.0", 0));
}
