//! What comes by itself is not awaited for ever: a member that stays offline ends the step that waits for
//! it, and the step goes well once the member is back.

use mcloud::engine::plan::Work;
use mcloud::infra::lxd::LxdService;
use mcloud::infra::microceph::CephService;
use mcloud::infra::microovn::OvnService;
use mcloud::infra::{InfraBootstrapper, Inputs};
use mcloud::world::{Clock, World};
use serde_json::{Value, json};

use crate::machine::Machine;
use crate::micro_lab;
use crate::service::{Service, http};
use crate::steps_ready::context;
use crate::steps_words::{heard, spoken};

/// A clock that goes so fast that what takes minutes takes none here.
fn fast(world: &World) -> World {
    let mut world = world.clone();
    world.clock = Clock::faster(5_000.0);
    world
}

fn members(status: &str, message: &str) -> String {
    let member = |number: u8, status: &str, message: &str, roles: Value| {
        json!({"server_name": format!("pi-{number}"), "url": format!("https://10.77.0.1{number}:8443"),
            "status": status, "message": message, "roles": roles})
    };
    let members = [
        member(1, "Online", "Fully operational", json!(["database-leader"])),
        member(2, status, message, json!([])),
    ];
    let body = json!({"type": "sync", "status_code": 200, "metadata": members});
    http(200, &body)
}

/// An LXD that says so as often as it is asked.
fn saying(answer: &str) -> (Service, World) {
    let service = Service::answering(vec![answer.to_owned(); 20_000]);
    let mut world = fast(&Machine::new().world);
    world.lxd_sockets = vec![service.socket().to_path_buf()];
    (service, world)
}

fn waiting() -> [Work; 2] {
    let members = vec!["pi-1".to_owned(), "pi-2".to_owned()];
    let proof = Work::Proof {
        members: members.clone(),
        pools: Vec::new(),
        networks: Vec::new(),
        root: None,
        nic: None,
    };
    [Work::LxdLeader { members }, proof]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_lxd_member_that_stays_offline_ends_the_wait_and_is_named_with_lxds_own_words() {
    let (_service, world) = saying(&members("Offline", "No heartbeat for 5m3s"));
    for work in waiting() {
        let step = LxdService::new(world.clone()).step(&work).expect("a step");
        let failure = heard(step.apply(&context()).await).expect_err("pi-2 stays offline");
        assert_eq!(failure.what.code, "lxd.members-late");
        assert_eq!(failure.causes, ["pi-2: No heartbeat for 5m3s"]);
        let minutes: u64 = failure.what.with["minutes"].parse().expect("a number");
        assert!(minutes >= 10, "{minutes}");
        assert!(spoken(&failure.what).starts_with("pi-2 did not come online in LXD"));
    }
    let (_service, world) = saying(&members("Online", "Fully operational"));
    for work in waiting() {
        let step = LxdService::new(world.clone()).step(&work).expect("a step");
        heard(step.apply(&context()).await).expect("pi-2 is back");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_joiner_that_its_cluster_never_sees_online_says_so() {
    let (_service, world) = saying(&members("Offline", "No heartbeat yet"));
    let join = Work::LxdJoin {
        name: "pi-2".to_owned(),
        address: ([10, 77, 0, 12], 8443).into(),
        leader: ([10, 77, 0, 11], 8443).into(),
        pool: None,
        network: None,
        remote: Vec::new(),
    };
    let step = LxdService::new(world).step(&join).expect("a step");
    let failure = heard(step.verify(&context()).await).expect_err("it stays offline");
    assert_eq!(failure.what.code, "lxd.members-late");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_of_a_microcluster_that_stays_away_ends_the_wait_until_it_is_back() {
    let mut lab = micro_lab::Lab::of(2, &[]).await;
    lab.form_ceph(2).await;
    lab.walk(1, &lab.ovn_bootstrap(2)).await;
    lab.walk(2, &lab.ovn_join(2)).await;
    let works = [
        Work::CephProof {
            members: lab.names(2),
            disks: std::collections::BTreeMap::new(),
        },
        Work::OvnChassis {
            members: lab.names(2),
        },
    ];
    let world = fast(&lab.node(1).machine.world);
    let away = lab.nodes.remove(1);
    for serving in away.serving {
        serving.stop();
    }
    let services: [Box<dyn InfraBootstrapper>; 2] = [
        Box::new(CephService::new(world.clone())),
        Box::new(OvnService::new(world)),
    ];
    for (service, work) in services.iter().zip(&works) {
        let step = service.step(work).expect("a step");
        let failure = step.apply(&lab.context(Inputs::new())).await;
        let failure = heard(failure).expect_err("pi-2 stays away");
        assert_eq!(failure.what.code, "micro.members-late");
        assert!(spoken(&failure.what).starts_with("pi-2 did not come online"));
        let cause = &failure.causes[0];
        assert!(
            cause.starts_with("pi-2: UNREACHABLE, last heartbeat 2"),
            "{cause}"
        );
    }
    let sockets = &away.machine.world;
    let ovn = lab
        .sites
        .1
        .node("pi-2")
        .serve(sockets.microovn_socket.clone());
    let _back = ovn.await.expect("a socket");
    let step = services[1].step(&works[1]).expect("a step");
    heard(step.apply(&lab.context(Inputs::new())).await).expect("pi-2 is back");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_lxd_that_starts_and_never_comes_to_an_end_is_said_to() {
    let starting = json!({"type": "error", "error": "LXD daemon not ready yet", "error_code": 503});
    let (_service, world) = saying(&http(503, &starting));
    let step = LxdService::new(world)
        .step(&Work::LxdReady)
        .expect("a step");
    let failure = heard(step.apply(&context()).await).expect_err("it never is");
    assert_eq!(failure.what.code, "lxd.starts-long");
}
