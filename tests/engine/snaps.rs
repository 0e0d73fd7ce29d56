//! Snaps that are there in another revision than the initiator's, and how long a snap's step usually takes.

use std::collections::BTreeMap;

use mcloud::engine::answers::{Answers, DiskChoice, DiskFilter, DriverChoice, Purpose};
use mcloud::engine::plan::make::{Basis, make};
use mcloud::engine::plan::{Plan, Work};
use mcloud::engine::preflight::{Check, Verdict, check_nodes, check_services};
use mcloud::engine::services::{
    LxdState, MicroState, NodeFacts, SnapFacts, SnapdFacts, SnapdState,
};
use rstest::rstest;

use crate::stage::{NAMES, answers, facts};

/// A change of one node's facts.
type Change = fn(&mut NodeFacts);

type Nodes = BTreeMap<String, NodeFacts>;

/// An LXD's snap: version, revision, channel.
type Lxd = (&'static str, &'static str, &'static str);

const USUAL: Lxd = ("5.21.7-2a5d3c1", "38469", "5.21/stable");
const OLDER: Lxd = ("5.21.3-c5ae129", "38331", "latest/stable");

/// Three nodes: the third has this snap of LXD, the others the usual one.
fn nodes(third: Lxd) -> Nodes {
    let node = |(number, (version, revision, channel)): (usize, Lxd)| {
        let snap = SnapFacts {
            name: "lxd".to_owned(),
            version: version.to_owned(),
            revision: revision.to_owned(),
            channel: channel.to_owned(),
            active: true,
            held: false,
        };
        let mut facts = facts(number);
        if let LxdState::Answers(lxd) = &mut facts.lxd {
            version.clone_into(&mut lxd.version);
        }
        facts.snapd = SnapdState::Answers(Box::new(SnapdFacts {
            arch: "arm64".to_owned(),
            snaps: vec![snap],
            ..SnapdFacts::default()
        }));
        (NAMES[number].to_owned(), facts)
    };
    let lxds = [USUAL, USUAL, third].into_iter().enumerate();
    lxds.map(node).collect()
}

fn look(answers: &Answers, nodes: &Nodes) -> Vec<Check> {
    let checks = check_services(answers, nodes).into_iter();
    checks.filter(|check| check.name == "revision").collect()
}

fn plan(nodes: &Nodes) -> Plan {
    let basis = Basis {
        cluster: "c1",
        answers: &answers(3),
        facts: nodes,
        usual: &mcloud::usual::shipped(),
    };
    make(basis).expect("a plan")
}

#[test]
fn a_fresh_and_older_snap_is_brought_to_the_initiators_channel_and_revision() {
    let nodes = nodes(OLDER);
    let checks = look(&answers(3), &nodes);
    let [check] = checks.as_slice() else {
        panic!("{checks:?}");
    };
    assert_eq!(
        (check.node.as_str(), check.verdict),
        ("pi-c", Verdict::Good)
    );
    assert_eq!(
        mcloud::text::sentence(&check.says),
        "lxd on pi-c is revision 38331: Install refreshes it to 38469, as on pi-a."
    );
    let warned = check_nodes(&nodes).into_iter();
    let mut warned = warned.filter(|check| check.name == "lxd-version");
    assert!(warned.all(|check| check.verdict == Verdict::Good));
    let plan = plan(&nodes);
    let work = |id: &str| plan.step(id).expect("a step").work.clone();
    let Work::Snap {
        channel, revision, ..
    } = work("snap.lxd@pi-c")
    else {
        panic!("it is a snap's");
    };
    assert_eq!(
        (channel.as_str(), revision.as_deref()),
        ("5.21/stable", Some("38469"))
    );
    for stays in ["snap.lxd@pi-a", "snap.lxd@pi-b"] {
        assert!(matches!(work(stays), Work::Snap { revision: None, .. }));
    }
}

type Spoil = fn(&mut Answers, &mut Nodes);

/// The third node's LXD.
fn third(nodes: &mut Nodes) -> &mut NodeFacts {
    nodes.get_mut("pi-c").expect("it is there")
}

#[rstest]
#[case::in_a_cluster(OLDER, |_: &mut Answers, nodes: &mut Nodes| {
    if let LxdState::Answers(lxd) = &mut third(nodes).lxd { lxd.clustered = true; }
})]
#[case::in_use(OLDER, |_: &mut Answers, nodes: &mut Nodes| {
    if let LxdState::Answers(lxd) = &mut third(nodes).lxd { lxd.networks.push("lxdbr0".into()); }
})]
#[case::silent(OLDER, |_: &mut Answers, nodes: &mut Nodes| third(nodes).lxd = LxdState::Stopped)]
#[case::newer(("6.9-a83edf2", "38820", "6/stable"), |_: &mut Answers, _: &mut Nodes| ())]
#[case::newer_by_its_revision(("5.21.7-2a5d3c1", "38470", "5.21/stable"), |_: &mut Answers, _: &mut Nodes| ())]
#[case::nothing_is_to_be_installed(OLDER, |answers: &mut Answers, _: &mut Nodes| answers.snaps.install = false)]
fn what_cannot_be_brought_to_it_is_refused_with_the_command(
    #[case] lxd: Lxd,
    #[case] spoil: Spoil,
) {
    let (mut answers, mut nodes) = (answers(3), nodes(lxd));
    spoil(&mut answers, &mut nodes);
    let checks = look(&answers, &nodes);
    let [check] = checks.as_slice() else {
        panic!("{checks:?}");
    };
    assert_eq!(check.verdict, Verdict::Blocking);
    let fix = check.fix.as_ref().map(mcloud::text::sentence);
    let command = "On pi-c: snap refresh lxd --revision=38469";
    assert_eq!(fix.as_deref(), Some(command));
}

#[test]
fn a_snap_that_is_there_takes_no_time_and_one_that_is_fetched_takes_minutes() {
    let mut nodes = nodes(USUAL);
    if let SnapdState::Answers(snapd) = &mut third(&mut nodes).snapd {
        snapd.snaps.clear();
    }
    third(&mut nodes).lxd = LxdState::Absent;
    third(&mut nodes).host.modules = [("btrfs", mcloud::engine::facts::Module::There)]
        .map(|(name, state)| (name.to_owned(), state))
        .into();
    let plan = plan(&nodes);
    let usual = |id: &str| plan.step(id).expect("a step").usual_ms;
    assert!(usual("snap.lxd@pi-a") < 1_000);
    assert!(usual("snap.lxd@pi-c") >= 60_000);
    let refreshed = self::plan(&self::nodes(OLDER));
    assert!(refreshed.step("snap.lxd@pi-c").expect("a step").usual_ms >= 60_000);
}

fn answering(facts: &mut NodeFacts) -> &mut mcloud::engine::services::LxdFacts {
    match &mut facts.lxd {
        LxdState::Answers(lxd) => lxd,
        other => panic!("{other:?}"),
    }
}

/// Ceph's snap is to be installed.
fn without_ceph(facts: &mut NodeFacts) {
    facts.ceph = MicroState::Absent;
    if let SnapdState::Answers(snapd) = &mut facts.snapd {
        snapd.snaps.retain(|snap| snap.name == "lxd");
    }
}

#[rstest]
#[case::fresh(|_: &mut NodeFacts| (), true)]
#[case::in_use(|facts: &mut NodeFacts| answering(facts).networks.push("lxdbr0".into()), false)]
#[case::in_use_and_ceph_comes_later(|facts: &mut NodeFacts| {
    answering(facts).networks.push("lxdbr0".into());
    without_ceph(facts);
}, true)]
#[case::stopped(|facts: &mut NodeFacts| facts.lxd = LxdState::Stopped, false)]
fn lxd_is_started_anew_where_it_may_be_older_than_its_connections(
    #[case] change: Change,
    #[case] anew: bool,
) {
    let mut answers = answers(1);
    answers.nodes[0].disks = vec![DiskChoice {
        purpose: Purpose::Ceph,
        find: DiskFilter {
            serial: Some("pi-a-A".to_owned()),
            ..DiskFilter::default()
        },
        encrypt: false,
    }];
    answers.local.driver = DriverChoice::None;
    let mut nodes = nodes(USUAL);
    nodes.retain(|name, _| name == "pi-a");
    let facts = nodes.get_mut("pi-a").expect("it is there");
    facts.ceph = MicroState::Answers(Box::default());
    if let SnapdState::Answers(snapd) = &mut facts.snapd {
        let mut ceph = snapd.snaps[0].clone();
        "microceph".clone_into(&mut ceph.name);
        snapd.snaps.push(ceph);
    }
    change(facts);
    let basis = Basis {
        cluster: "c1",
        answers: &answers,
        facts: &nodes,
        usual: &mcloud::usual::shipped(),
    };
    let plan = make(basis).expect("a plan");
    let connect = &plan.step("snap.connect@pi-a").expect("a step").work;
    let Work::SnapConnect { anew: told, .. } = connect else {
        panic!("{connect:?}");
    };
    assert_eq!(*told, anew);
}
