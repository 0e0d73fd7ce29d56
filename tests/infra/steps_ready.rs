//! How LXD is found on a node, and how a stopped one is started, by a small systemctl and sockets.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mcloud::engine::Seen;
use mcloud::engine::message::Failure;
use mcloud::engine::plan::Work;
use mcloud::engine::services::{LxdState, ServiceState};
use mcloud::infra::lxd::LxdService;
use mcloud::infra::{Context, InfraBootstrapper, Inputs, Step};
use mcloud::rehearsal::lxd::{NodeSpec, Release, Site};
use mcloud::world::Clock;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::machine::Machine;
use crate::service::{Service, http};
use crate::steps_words::heard;

/// A machine with the snap's socket and the Debian package's in its directory, and no LXD.
fn machine() -> Machine {
    let mut machine = Machine::new();
    machine.world.lxd_sockets = vec![machine.path("snap.socket"), machine.path("deb.socket")];
    machine.world.programs.systemctl = machine.path("systemctl");
    machine.world.clock = Clock::faster(200.0);
    machine
}

/// Gives a machine a systemctl whose units are in these states: loaded or not, the snap's
/// two and then the Debian package's; what is started is noted in the file `started`.
fn systemctl(machine: &Machine, loaded: [&str; 4], active: &str, start: &str) {
    systemctl_with(machine, loaded, (active, start), "/lib/systemd/system/unit");
}

/// The same, with the file every unit comes from.
fn systemctl_with(
    machine: &Machine,
    loaded: [&str; 4],
    (active, start): (&str, &str),
    files: &str,
) {
    let started = machine.path("started");
    let script = format!(
        "#!/bin/sh\n\
         case \"$1 $3\" in\n\
         'show LoadState') printf 'LoadState=%s\\n\\n' {} ;;\n\
         'show FragmentPath') shift 3; for unit; do printf 'FragmentPath={files}\\n\\n'; done ;;\n\
         'show ActiveState') shift 3; for unit; do printf 'ActiveState={active}\\n\\n'; done ;;\n\
         start*) shift; echo \"$*\" >> {}; {start} ;;\n\
         *) exit 64 ;;\n\
         esac\n",
        loaded.join(" "),
        started.display()
    );
    machine.program("systemctl", &script);
}

const SNAP: [&str; 4] = ["loaded", "loaded", "not-found", "not-found"];
const DEB: [&str; 4] = ["not-found", "not-found", "loaded", "loaded"];
const NONE: [&str; 4] = ["not-found"; 4];

async fn status(machine: &Machine) -> LxdState {
    match LxdService::new(machine.world.clone()).status().await {
        ServiceState::Lxd(state) => state,
        other => panic!("no state of LXD: {other:?}"),
    }
}

fn ready(machine: &Machine) -> Box<dyn Step> {
    let service = LxdService::new(machine.world.clone());
    service.step(&Work::LxdReady).expect("a step")
}

pub(crate) fn context() -> Context {
    Context {
        progress: Box::new(|_| ()),
        cancel: CancellationToken::new(),
        inputs: Inputs::new(),
        attempt: 1,
    }
}

async fn observe(machine: &Machine) -> Result<Seen, Failure> {
    heard(ready(machine).observe(&context()).await)
}

async fn apply(machine: &Machine) -> Result<(), Failure> {
    heard(ready(machine).apply(&context()).await)
}

/// A socket on which nobody listens any more.
fn dead(machine: &Machine, name: &str) {
    let path = machine.path(name);
    drop(UnixListener::bind(&path).expect("a socket"));
    // A fork of another test may hold it a moment longer.
    while !UnixStream::connect(&path).is_err_and(|e| e.kind() == ErrorKind::ConnectionRefused) {}
}

#[tokio::test(flavor = "multi_thread")]
async fn without_socket_and_unit_lxd_is_absent() {
    let machine = machine();
    assert_eq!(status(&machine).await, LxdState::Absent, "no systemctl");
    systemctl(&machine, NONE, "inactive", "exit 1");
    assert_eq!(status(&machine).await, LxdState::Absent, "no unit");
    dead(&machine, "snap.socket");
    assert_eq!(status(&machine).await, LxdState::Absent, "a removed snap's");
    for failure in [observe(&machine).await.map(drop), apply(&machine).await] {
        assert_eq!(failure.expect_err("absent").what.code, "lxd.absent");
    }
    assert!(!machine.path("started").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_lxd_is_told_by_its_unit_or_its_dead_socket_and_is_not_started_by_looking() {
    for units in [SNAP, DEB] {
        let machine = machine();
        systemctl(&machine, units, "inactive", "exit 1");
        assert_eq!(status(&machine).await, LxdState::Stopped);
        dead(&machine, "deb.socket");
        assert_eq!(status(&machine).await, LxdState::Stopped);
        assert_eq!(
            observe(&machine).await,
            Ok(Seen::Missing("stopped".to_owned()))
        );
        assert!(!machine.path("started").exists());
    }
    let machine = machine();
    dead(&machine, "snap.socket");
    assert_eq!(status(&machine).await, LxdState::Stopped, "no systemctl");
    let failure = apply(&machine).await.expect_err("nothing can start it");
    assert_eq!(failure.what.code, "lxd.stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_lxd_is_started_by_its_own_units_and_awaited() {
    for (units, own) in [
        (SNAP, "snap.lxd.daemon.unix.socket snap.lxd.daemon.service"),
        (DEB, "lxd.socket lxd.service"),
    ] {
        let machine = machine();
        systemctl(&machine, units, "active", "exit 0");
        dead(&machine, "snap.socket");
        let step = ready(&machine);
        let site = Site::new(machine.world.clock.clone(), 3, Vec::new());
        let node = site.add_node(NodeSpec::new("pi", Release::V6, [10, 0, 0, 1].into()));
        let context = context();
        let daemon = async {
            let started = async || machine.path("started").exists();
            crate::patience::until("systemctl starts it", started).await;
            node.serve(machine.path("snap.socket"))
                .await
                .expect("it listens")
        };
        let (applied, _serving) = tokio::join!(step.apply(&context), daemon);
        heard(applied).expect("started");
        let started = fs::read_to_string(machine.path("started")).expect("a note");
        assert_eq!(started.trim(), own);
        let found = step.verify(&context).await.expect("ready");
        assert_eq!(found[0].with["version"], "6.9");
        assert_eq!(observe(&machine).await, Ok(Seen::There(found)));
        apply(&machine).await.expect("it runs");
        let again = fs::read_to_string(machine.path("started")).expect("a note");
        assert_eq!(again, started, "what runs is not started again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_systemctl_says_is_the_cause_where_it_cannot_start_lxd() {
    let machine = machine();
    systemctl(
        &machine,
        DEB,
        "inactive",
        "echo 'Unit is masked.' >&2; exit 1",
    );
    let failure = apply(&machine).await.expect_err("masked");
    assert_eq!(failure.what.code, "lxd.not-started");
    assert_eq!(failure.causes, ["Unit is masked."]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_that_systemd_gave_up_is_not_awaited() {
    let machine = machine();
    systemctl(&machine, DEB, "failed", "exit 0");
    let failure = apply(&machine).await.expect_err("given up");
    assert_eq!(failure.what.code, "lxd.not-started");
    assert_eq!(failure.what.with["units"], "lxd.socket");
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_for_lxd_stops_when_asked() {
    let machine = machine();
    systemctl(&machine, DEB, "active", "exit 0");
    let signs = Arc::new(AtomicUsize::new(0));
    let mut context = context();
    let said = Arc::clone(&signs);
    context.progress = Box::new(move |_| {
        said.fetch_add(1, Ordering::SeqCst);
    });
    let step = ready(&machine);
    let asking = async {
        let two = async || signs.load(Ordering::SeqCst) >= 2;
        crate::patience::until("two signs of life", two).await;
        context.cancel.cancel();
    };
    let mut applying = step.apply(&context);
    let applied = tokio::select! {
        applied = &mut applying => applied,
        () = asking => applying.await,
    };
    let failure = heard(applied).expect_err("stopped");
    assert_eq!(failure.what.code, "lxd.stopped-as-asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_somebody_listens_on_comes_before_one_left_behind() {
    let machine = machine();
    dead(&machine, "snap.socket");
    let site = Site::new(machine.world.clock.clone(), 3, Vec::new());
    let spec = NodeSpec::new("pi", Release::V5_0, [10, 0, 0, 1].into());
    let serving = site.add_node(spec).serve(machine.path("deb.socket")).await;
    let _serving = serving.expect("it listens");
    let LxdState::Answers(lxd) = status(&machine).await else {
        panic!("Debian's answers");
    };
    assert_eq!(lxd.version, "5.0.2");
}

#[tokio::test]
async fn what_does_not_answer_as_lxd_does_is_broken_in_its_own_words() {
    let service = Service::answering([http(
        500,
        &json!({"type": "error", "error": "database is on fire", "error_code": 500}),
    )]);
    let mut machine = machine();
    machine.world.lxd_sockets = vec![service.socket().to_path_buf()];
    let LxdState::Broken(words) = status(&machine).await else {
        panic!("it is broken");
    };
    assert!(words.contains("database is on fire"), "{words}");
}

#[tokio::test]
async fn an_init_script_that_a_removed_package_left_behind_is_no_lxd() {
    let machine = machine();
    let generated = "/run/systemd/generator.late/lxd.service";
    systemctl_with(&machine, DEB, ("active", ""), generated);
    assert_eq!(status(&machine).await, LxdState::Absent);
}

#[tokio::test]
async fn a_started_lxd_that_stays_silent_is_not_waited_for_for_ever() {
    let machine = machine();
    systemctl(&machine, DEB, "active", ":");
    let step = ready(&machine);
    let failure = step.apply(&context()).await.expect_err("it never answers");
    assert_eq!(failure.what.code, "lxd.not-started");
}

#[tokio::test]
async fn an_lxd_that_goes_away_while_its_members_are_awaited_is_not_awaited_for_ever() {
    let mut machine = machine();
    machine.world.clock = Clock::faster(2000.0);
    dead(&machine, "deb.socket");
    let members = vec!["pi-1".to_owned()];
    let proof = Work::Proof {
        members: members.clone(),
        pools: vec!["local".to_owned()],
        networks: Vec::new(),
        root: Some("local".to_owned()),
        nic: None,
    };
    for work in [Work::LxdLeader { members }, proof] {
        let service = LxdService::new(machine.world.clone());
        let step = service.step(&work).expect("a step");
        let failure = heard(step.apply(&context()).await).expect_err("it stays away");
        assert_eq!(failure.what.code, "lxd.unanswered");
    }
}
