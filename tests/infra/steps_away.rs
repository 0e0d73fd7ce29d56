//! A service that is away for a moment, because it starts again or elects a leader, fails no step.

use std::fs;
use std::net::SocketAddr;

use mcloud::engine::Seen;
use mcloud::engine::plan::{RemotePool, Work};
use mcloud::infra::lxd::LxdService;
use mcloud::infra::microceph::CephService;
use mcloud::infra::microceph::admin::Admin;
use mcloud::infra::{Context, InfraBootstrapper, Inputs};
use mcloud::rehearsal::lxd::Release;
use mcloud::world::Clock;
use rstest::rstest;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::machine::Machine;
use crate::micro_lab::Lab as MicroLab;
use crate::service::{Service, http};
use crate::steps_lab::{Lab, address, bootstrap};
use crate::steps_words::{heard, spoken};

#[rstest]
#[case::when_it_is_asked_who_it_is("lxd.server@pi-1=hangup,4x")]
#[case::when_it_is_asked_for_its_pools("lxd.pools@pi-1=hangup,4x")]
#[tokio::test(flavor = "multi_thread")]
async fn an_lxd_that_is_away_for_a_moment_is_asked_again(#[case] fault: &str) {
    let lab = Lab::of(Release::V6, 1, &[fault]).await;
    lab.walk(1, &address(lab.node(1), true)).await;
    lab.walk(1, &bootstrap(lab.node(1))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_step_that_awaits_lxd_is_not_done_because_lxd_is_away() {
    let lab = Lab::of(Release::V5_21, 1, &["lxd.ready@pi-1=hangup,1x"]).await;
    let seen = lab.observe(1, &Work::LxdReady).await.expect("a look");
    assert_eq!(seen, Seen::Missing("starting".to_owned()));
    lab.apply(1, &Work::LxdReady).await.expect("it is there");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_lxd_that_stays_away_is_given_up_and_a_step_that_is_stopped_waits_no_longer() {
    let lab = Lab::of(Release::V6, 1, &["lxd.server@pi-1=hangup"]).await;
    let work = address(lab.node(1), true);
    let failure = lab.observe(1, &work).await.expect_err("it stays away");
    assert_eq!(failure.what.code, "lxd.away");
    let context = lab.context(Inputs::new());
    context.cancel.cancel();
    let stopped = lab.step(1, &work).observe(&context).await;
    let stopped = heard(stopped).expect_err("stopped");
    assert!(stopped.was_asked_for(), "{stopped:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_of_microcluster_that_is_away_for_a_moment_is_asked_again() {
    let faults = [
        "microceph.members@*=hangup,3x",
        "microceph.token@pi-1=slow:1s",
    ];
    let lab = MicroLab::of(2, &faults).await;
    lab.walk(1, &lab.ceph_bootstrap(2)).await;
    lab.walk(2, &lab.ceph_join(2)).await;
    let lab = MicroLab::of(1, &["microovn.ready@pi-1=hangup,1x"]).await;
    let seen = lab.observe(1, &Work::OvnReady).await.expect("a look");
    assert_eq!(seen, Seen::Missing("starting".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn ceph_is_silent_while_its_monitors_elect_and_its_copies_are_told_afterwards() {
    let lab = MicroLab::of(1, &["microceph.pools@pi-1=refused,6x"]).await;
    lab.walk(1, &lab.ceph_bootstrap(1)).await;
    let size = Work::CephPoolSize { size: 1, all: true };
    lab.apply(1, &size).await.expect("one copy");
    assert_eq!(lab.sites.0.pool_size("pi-1"), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ceph_that_was_there_keeps_its_copies() {
    let mut machine = Machine::new();
    let pools = json!([{ "pool": "rbd", "size": 3 }]);
    let told = http(200, &json!({ "type": "sync", "metadata": pools }));
    let service = Service::answering(vec![told; 3]);
    machine.world.microceph_socket = service.socket().to_path_buf();
    machine.world.ceph_run = machine.path("no-monitor");
    machine.world.clock = Clock::faster(200.0);
    let work = Work::CephPoolSize {
        size: 2,
        all: false,
    };
    let step = CephService::new(machine.world.clone()).step(&work);
    let step = step.expect("a step");
    let context = Context {
        progress: Box::new(|_| ()),
        cancel: CancellationToken::new(),
        inputs: Inputs::new(),
        attempt: 1,
    };
    let seen = step.observe(&context).await.expect("a look");
    assert!(matches!(seen, Seen::There(_)), "{seen:?}");
    step.apply(&context).await.expect("nothing to be done");
    assert!(service.calls().iter().all(|call| call == "GET /1.0/pools"));
}

/// Ceph's own program, which says this; written by a process that has ended, since a file that is open
/// for writing cannot be executed.
fn says(machine: &Machine, status: &serde_json::Value) -> std::path::PathBuf {
    let program = machine.path("microceph.ceph");
    let script = format!("#!/bin/sh\ncat <<'E'\n{status}\nE\n");
    let written = std::process::Command::new("sh")
        .args(["-c", "printf %s \"$1\" > \"$0\" && chmod +x \"$0\""])
        .arg(&program)
        .arg(script)
        .status();
    assert!(written.expect("a shell").success());
    program
}

#[tokio::test(flavor = "multi_thread")]
async fn the_proof_says_how_healthy_ceph_calls_itself() {
    let lab = MicroLab::of(1, &[]).await;
    lab.walk(1, &lab.ceph_bootstrap(1)).await;
    let work = Work::CephProof {
        members: lab.names(1),
        disks: [].into(),
    };
    let mut world = lab.node(1).machine.world.clone();
    let mut told = Vec::new();
    let checks = json!({ "OSD_DOWN": { "summary": { "message": "1 osds down" } } });
    for health in [
        json!({ "health": { "status": "HEALTH_OK", "checks": {} } }),
        json!({ "health": { "status": "HEALTH_WARN", "checks": checks } }),
        json!("no status"),
    ] {
        world.programs.ceph = says(&lab.node(1).machine, &health);
        let step = CephService::new(world.clone()).step(&work);
        let context = lab.context(Inputs::new());
        let found = step.expect("a step").verify(&context).await.expect("right");
        told.push(spoken(found.last().expect("a sentence")));
    }
    assert_eq!(told[0], "Ceph calls itself HEALTH_OK.");
    assert_eq!(told[1], "Ceph calls itself HEALTH_WARN: 1 osds down.");
    assert!(told[2].contains("microceph.ceph -s"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metadata_service_is_started_where_no_member_has_it() {
    for there in [false, true] {
        let lab = Lab::of(Release::V6, 1, &[]).await;
        lab.cluster(1).await;
        lab.define(RemotePool::Files, 1).await;
        let mut services = vec![json!({ "service": "mon", "location": "pi-1" })];
        if there {
            services.push(json!({ "service": "mds", "location": "pi-9" }));
        }
        let sync = |metadata| http(200, &json!({ "type": "sync", "metadata": metadata }));
        let ceph = Service::answering([sync(json!(services)), sync(json!({}))]);
        let mut world = lab.node(1).machine.world.clone();
        world.microceph_socket = ceph.socket().to_path_buf();
        let step = LxdService::new(world).step(&lab.remote(RemotePool::Files, 1));
        let context = lab.context(Inputs::new());
        step.expect("a step").apply(&context).await.expect("made");
        let calls = ceph.calls();
        assert_eq!(calls[0], "GET /1.0/services");
        let started = calls.get(1).map(String::as_str);
        assert_eq!(started, (!there).then_some("PUT /1.0/services/mds"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_join_of_this_run_left_is_taken_out_and_the_next_attempt_goes_well() {
    let lab = Lab::of(Release::V5_21, 3, &[]).await;
    lab.bootstrap().await;
    for number in 2..=3 {
        lab.walk(number, &address(lab.node(number), false)).await;
        lab.walk(number, &lab.join(number, None)).await;
    }
    for number in 2..=3 {
        let lxd = &lab.node(number).lxd;
        lxd.disable_cluster(&|_| ()).await.expect("it leaves");
    }
    // Beside another silent member no join is begun, but what this one left is out.
    let failure = lab.inputs(&lab.join(2, None)).await.expect_err("pi-3");
    assert_eq!(failure.what.code, "lxd.member-silent");
    let listed = lab.node(1).lxd.members().await.expect("members");
    assert_eq!(listed.len(), 2, "{listed:?}");
    lab.walk(3, &lab.join(3, None)).await;
    lab.walk(2, &lab.join(2, None)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_monitor_gets_back_what_somebody_had_set() {
    let lab = MicroLab::of(1, &[]).await;
    lab.walk(1, &lab.ceph_bootstrap(1)).await;
    let name = "pi-1".to_owned();
    let socket = lab
        .node(1)
        .machine
        .world
        .ceph_run
        .join("ceph-mon.pi-1.asok");
    let monitor = Admin::new(socket);
    while !monitor.is_there() {
        tokio::task::yield_now().await;
    }
    monitor.set("mon_election_timeout", "7").await.expect("set");
    let tune = Work::CephTune { name: name.clone() };
    lab.apply(1, &tune).await.expect("a tuned monitor");
    lab.apply(1, &Work::CephUntune { name })
        .await
        .expect("what was before");
    let found = monitor.get("mon_election_timeout").await.expect("a value");
    assert_eq!(found, "7.000000");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_the_kernel_calls_otherwise_is_not_told_its_name() {
    let lab = MicroLab::of(1, &[]).await;
    let file = lab.node(1).machine.path("host.json");
    let host = fs::read_to_string(&file).expect("a machine");
    let mut host: serde_json::Value = serde_json::from_str(&host).expect("JSON");
    host["nodename"] = json!("pi-1.lan");
    fs::write(&file, host.to_string()).expect("a machine");
    let (failure, hint) = lab.fails(1, &lab.ceph_bootstrap(1)).await;
    assert_eq!(failure.what.code, "micro.other-name");
    assert!(spoken(&failure.what).contains("pi-1.lan"), "{failure:?}");
    assert!(hint.contains("hostnamectl set-hostname"), "{hint}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ceph_that_is_used_as_it_is_may_have_its_members_at_other_addresses() {
    let lab = MicroLab::of(2, &[]).await;
    lab.form_ceph(2).await;
    let join = |reuse| Work::CephJoin {
        name: "pi-2".to_owned(),
        address: SocketAddr::new([10, 99, 0, 12].into(), 7443),
        leader: "pi-1".to_owned(),
        reuse,
    };
    let failure = lab.observe(2, &join(false)).await.expect_err("elsewhere");
    assert_eq!(failure.what.code, "micro.other-cluster");
    lab.is_there(2, &join(true)).await;
    assert!(lab.inputs(&join(false)).await.is_err());
    let inputs = lab.inputs(&join(true)).await.expect("it is known");
    assert!(inputs.contains_key("member"));
}
