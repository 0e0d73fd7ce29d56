//! What the checks say of MicroCeph, MicroOVN, snapd and LXD that is to be installed.

use std::collections::BTreeMap;

use mcloud::engine::answers::{Answers, DiskChoice, DiskFilter, NetworkKind, Purpose};
use mcloud::engine::facts::Module;
use mcloud::engine::preflight::{Check, Verdict, check_host, check_node, check_services};
use mcloud::engine::services::{
    LxdState, MicroFacts, MicroMember, MicroState, NodeFacts, Osd, SnapdFacts, SnapdState,
};
use rstest::rstest;

use crate::stage::{NAMES, address, answers, facts};

fn snapd(version: &str, confinement: &str) -> SnapdState {
    SnapdState::Answers(Box::new(SnapdFacts {
        version: version.to_owned(),
        confinement: confinement.to_owned(),
        ..SnapdFacts::default()
    }))
}

fn installable(number: usize) -> NodeFacts {
    NodeFacts {
        snapd: snapd("2.68.3", "strict"),
        ..facts(number)
    }
}

fn for_ceph(mut answers: Answers, node: usize, serial: &str) -> Answers {
    answers.nodes[node].disks.push(DiskChoice {
        purpose: Purpose::Ceph,
        find: DiskFilter {
            serial: Some(serial.to_owned()),
            ..DiskFilter::default()
        },
        encrypt: false,
    });
    answers
}

/// Three nodes that want Ceph and OVN.
fn wanted() -> Answers {
    let mut answers = for_ceph(answers(3), 0, "pi-a-A");
    answers.network.kind = NetworkKind::Ovn;
    answers
}

fn member(number: usize) -> MicroMember {
    MicroMember {
        name: NAMES[number].to_owned(),
        address: format!("{}:7443", address(number)),
        role: "voter".to_owned(),
        status: "ONLINE".to_owned(),
    }
}

fn clustered(members: Vec<MicroMember>, disks: &[(&str, &str)]) -> MicroState {
    let osd = |(member, path): &(&str, &str)| Osd {
        osd: 1,
        path: (*path).to_owned(),
        member: (*member).to_owned(),
        device: None,
    };
    MicroState::Answers(Box::new(MicroFacts {
        version: "19.2.1".to_owned(),
        members,
        disks: disks.iter().map(osd).collect(),
        ..MicroFacts::default()
    }))
}

fn of<'a>(checks: &'a [Check], name: &str) -> Vec<(&'a str, Verdict)> {
    for check in checks {
        for says in [Some(&check.says), check.fix.as_ref(), check.means.as_ref()] {
            let text = says.map(mcloud::text::sentence).unwrap_or_default();
            assert!(!text.contains('{'), "{text}");
        }
        let blocks = check.verdict == Verdict::Blocking;
        assert!(!blocks || check.fix.is_some(), "{check:?} says no way on");
    }
    let named = checks.iter().filter(|check| check.name == name);
    named
        .map(|check| (check.says.code.as_str(), check.verdict))
        .collect()
}

#[test]
fn what_is_absent_is_installed_and_keeps_nobody() {
    let mut facts = installable(0);
    facts.lxd = LxdState::Absent;
    let here = check_host("pi-a", &facts);
    assert_eq!(of(&here, "lxd"), [("check.lxd-to-install", Verdict::Good)]);
    assert_eq!(
        of(&here, "microceph"),
        [("micro.to-install", Verdict::Good)]
    );
    assert_eq!(of(&here, "microovn"), [("micro.to-install", Verdict::Good)]);
    let planned = check_node("pi-a", &facts, &wanted(), "c1");
    assert!(
        planned
            .iter()
            .all(|check| check.verdict != Verdict::Blocking)
    );
}

#[test]
fn an_lxd_to_be_installed_stores_as_its_kernel_can_and_wipes() {
    let mut facts = installable(0);
    facts.lxd = LxdState::Absent;
    facts.host.modules = [
        ("btrfs".to_owned(), Module::Available),
        ("zfs".to_owned(), Module::Missing),
    ]
    .into();
    let stores = |facts: &NodeFacts| ["zfs", "btrfs", "dir"].map(|it| facts.can_store(it));
    assert_eq!(stores(&facts), [false, true, true]);
    assert!(facts.can_wipe());
    facts.host.modules.insert("zfs".to_owned(), Module::There);
    assert_eq!(stores(&facts), [true, true, true]);
    // What is not known is not promised, and a stopped LXD may lack the tools.
    facts.host.modules.clear();
    assert_eq!(stores(&facts), [false, false, true]);
    facts.host.modules.insert("btrfs".to_owned(), Module::There);
    facts.lxd = LxdState::Stopped;
    assert_eq!(stores(&facts), [false, false, true]);
    assert!(!facts.can_wipe());
}

#[test]
fn without_snapd_only_what_the_answers_want_keeps_anybody() {
    let facts = facts(0);
    let here = check_host("pi-a", &facts);
    assert_eq!(of(&here, "microceph"), [("micro.no-snapd", Verdict::Good)]);
    assert_eq!(
        of(&check_node("pi-a", &facts, &answers(3), "c1"), "microceph"),
        []
    );
    let planned = check_node("pi-a", &facts, &wanted(), "c1");
    for service in ["microceph", "microovn"] {
        assert_eq!(
            of(&planned, service),
            [("micro.no-snapd", Verdict::Blocking)]
        );
    }
}

#[test]
fn what_is_declined_says_which_command_to_run() {
    let mut answers = wanted();
    answers.snaps.install = false;
    let mut facts = installable(0);
    facts.lxd = LxdState::Absent;
    let planned = check_node("pi-a", &facts, &answers, "c1");
    assert_eq!(
        of(&planned, "microceph"),
        [("micro.declined", Verdict::Blocking)]
    );
    assert_eq!(
        of(&planned, "lxd"),
        [("check.lxd-absent", Verdict::Blocking)]
    );
    let fixes = planned.iter().filter_map(|check| check.fix.as_ref());
    let fixes: Vec<_> = fixes.map(mcloud::text::sentence).collect();
    let says = |command: &str| fixes.iter().any(|fix| fix.contains(command));
    assert!(
        says("snap install microceph --channel=squid/stable --cohort=+"),
        "{fixes:?}"
    );
    assert!(says("snap install lxd --channel=5.21/stable"), "{fixes:?}");
}

#[rstest]
#[case::stopped(MicroState::Stopped, "micro.stopped", Verdict::Warning)]
#[case::not_permitted(MicroState::NotPermitted, "micro.not-permitted", Verdict::Blocking)]
#[case::broken(MicroState::Broken("no".into()), "micro.broken", Verdict::Blocking)]
fn a_service_that_does_not_answer_is_told(
    #[case] state: MicroState,
    #[case] code: &str,
    #[case] verdict: Verdict,
) {
    let facts = NodeFacts {
        ceph: state.clone(),
        ovn: state,
        ..facts(0)
    };
    let planned = check_node("pi-a", &facts, &wanted(), "c1");
    for service in ["microceph", "microovn"] {
        assert_eq!(of(&planned, service), [(code, verdict)]);
    }
    let idle = check_node("pi-a", &facts, &answers(3), "c1");
    assert_eq!(of(&idle, "microceph"), []);
}

#[rstest]
#[case::new("2.68.3", "strict", "snapd.good", Verdict::Good)]
#[case::least("2.59", "strict", "snapd.good", Verdict::Good)]
#[case::debians("2.57.6+deb12u1", "strict", "snapd.old", Verdict::Warning)]
#[case::partial("2.68.3", "partial", "snapd.confinement", Verdict::Warning)]
#[case::a_build("1337-unknown", "strict", "snapd.good", Verdict::Good)]
fn an_old_or_half_confining_snapd_is_worth_a_thought(
    #[case] version: &str,
    #[case] confinement: &str,
    #[case] code: &str,
    #[case] verdict: Verdict,
) {
    let facts = NodeFacts {
        snapd: snapd(version, confinement),
        ..facts(0)
    };
    assert_eq!(of(&check_host("pi-a", &facts), "snapd"), [(code, verdict)]);
}

#[test]
fn a_ceph_that_is_there_is_used_or_refused_as_asked() {
    let mut stranger = member(0);
    stranger.name = "nas".to_owned();
    stranger.address = "10.0.0.99:7443".to_owned();
    let facts = NodeFacts {
        ceph: clustered(vec![member(0), stranger], &[]),
        ..facts(0)
    };
    let mut answers = wanted();
    let planned = check_node("pi-a", &facts, &answers, "c1");
    assert_eq!(
        of(&planned, "microceph"),
        [("micro.foreign", Verdict::Blocking)]
    );
    answers.ceph.reuse = true;
    let planned = check_node("pi-a", &facts, &answers, "c1");
    assert_eq!(of(&planned, "microceph"), []);
}

#[test]
fn what_an_earlier_run_made_is_ours_and_a_disk_that_nobody_gave_is_not() {
    let with = |path: &str| NodeFacts {
        ceph: clustered(vec![member(0), member(1)], &[("pi-a", path)]),
        ..facts(0)
    };
    let look = |facts: &NodeFacts| {
        let planned = check_node("pi-a", facts, &wanted(), "c1");
        let told = of(&planned, "microceph");
        told.first().map(|(code, _)| (*code).to_owned())
    };
    assert_eq!(look(&with("/dev/disk/by-id/ata-pi-a-A")), None);
    let foreign = Some("micro.foreign-disk".to_owned());
    assert_eq!(look(&with("/dev/disk/by-id/ata-pi-a-B")), foreign);
    assert_eq!(look(&with("/dev/disk/by-id/ata-pi-a-A0")), foreign);
    // Where the path leads counts more than what it says.
    let leads = |device: &str| {
        let mut facts = with("/dev/disk/by-id/wwn-0x5000");
        if let MicroState::Answers(ceph) = &mut facts.ceph {
            ceph.disks[0].device = Some(device.to_owned());
        }
        look(&facts)
    };
    assert_eq!((leads("sda"), leads("sdb")), (None, foreign));
}

#[test]
fn the_kernels_name_is_the_one_by_which_ceph_goes() {
    let called = |name: &str| {
        let mut facts = facts(0);
        facts.host.nodename = name.to_owned();
        facts
    };
    let look = |name: &str, answers: &Answers| {
        let planned = check_node("pi-a", &called(name), answers, "c1");
        of(&planned, "name").len()
    };
    let planned = check_node("pi-a", &called("pi-a.lan"), &wanted(), "c1");
    assert_eq!(
        of(&planned, "name"),
        [("check.name-kernel", Verdict::Blocking)]
    );
    assert_eq!(look("pi-a", &wanted()), 0);
    assert_eq!(look("", &wanted()), 0);
    assert_eq!(look("pi-a.lan", &answers(3)), 0, "LXD is told its name");
}

#[test]
fn an_lxd_that_is_older_than_the_others_is_worth_a_thought() {
    let old = |version: &str| NodeFacts {
        lxd: LxdState::Answers(Box::new(mcloud::engine::services::LxdFacts {
            version: version.to_owned(),
            ..crate::stage::lxd()
        })),
        ..facts(0)
    };
    let look = |version: &str, answers: &Answers| {
        let planned = check_node("pi-a", &old(version), answers, "c1");
        let told = of(&planned, "lxd");
        told.first()
            .map(|(code, verdict)| ((*code).to_owned(), *verdict))
    };
    let warned = look("5.0.2", &wanted()).expect("a check");
    assert_eq!(warned, ("check.lxd-old".to_owned(), Verdict::Warning));
    for (version, answers) in [("5.21.3", wanted()), ("5.0.2", answers(3))] {
        let good = look(version, &answers).expect("a check");
        assert_eq!(good, ("check.lxd-fresh".to_owned(), Verdict::Good));
    }
}

#[test]
fn snaps_of_one_architecture_are_of_one_revision() {
    let with = |arch: &str, revision: &str| {
        SnapdState::Answers(Box::new(SnapdFacts {
            arch: arch.to_owned(),
            snaps: vec![mcloud::engine::services::SnapFacts {
                name: "lxd".to_owned(),
                revision: revision.to_owned(),
                ..Default::default()
            }],
            ..SnapdFacts::default()
        }))
    };
    let look = |third: SnapdState| {
        let snapds = [with("arm64", "38469"), with("amd64", "38470"), third];
        let nodes = snapds.into_iter().enumerate().map(|(number, snapd)| {
            let facts = NodeFacts {
                snapd,
                ..facts(number)
            };
            (NAMES[number].to_owned(), facts)
        });
        let checks = check_services(&answers(3), &nodes.collect::<BTreeMap<_, _>>());
        let told = of(&checks, "revision").into_iter();
        let told = told.map(|(code, _)| code.to_owned());
        (told.collect::<Vec<_>>(), checks)
    };
    let (told, checks) = look(with("arm64", "38331"));
    assert_eq!(told, ["check.revision"]);
    assert_eq!(checks[0].node, "pi-c");
    let fix = checks[0].fix.as_ref().map(mcloud::text::sentence);
    assert_eq!(
        fix.as_deref(),
        Some("On pi-c: snap refresh lxd --revision=38469")
    );
    for fits in [
        with("arm64", "38469"),
        with("arm64", "x1"),
        SnapdState::Absent,
    ] {
        assert_eq!(look(fits).0, [""; 0]);
    }
}

#[test]
fn where_microceph_does_not_say_the_kernel_tells_what_can_be_encrypted() {
    use mcloud::engine::preflight::{disk_choices, given_for};
    let offers = |module: Option<Module>, says: Option<&str>| {
        let mut facts = facts(0);
        facts.ceph = MicroState::Answers(Box::new(MicroFacts {
            no_encryption: says.map(str::to_owned),
            ..MicroFacts::default()
        }));
        let modules = module.map(|it| ("dm_crypt".to_owned(), it));
        facts.host.modules = modules.into_iter().collect();
        let disks = disk_choices(&facts.host.disks, true);
        let usable = disks.iter().find(|it| it.unusable.is_none());
        let given = given_for(&facts, usable.expect("a disk"));
        given.iter().any(|it| it.encrypt)
    };
    assert!(offers(Some(Module::Available), None));
    assert!(!offers(Some(Module::Missing), None));
    assert!(!offers(None, None));
    assert!(!offers(Some(Module::There), Some("missing dm_crypt")));
    assert!(offers(None, Some("")));
}

fn together(answers: &Answers, ceph: [MicroState; 3]) -> Vec<Check> {
    let nodes = ceph.into_iter().enumerate().map(|(number, ceph)| {
        let facts = NodeFacts {
            ceph,
            ..facts(number)
        };
        (NAMES[number].to_owned(), facts)
    });
    check_services(answers, &nodes.collect::<BTreeMap<_, _>>())
}

#[test]
fn two_clusters_are_refused_and_the_initiator_is_in_the_one() {
    let fresh = || clustered(Vec::new(), &[]);
    let answers = wanted();
    let one = || clustered(vec![member(0), member(1)], &[]);
    assert_eq!(together(&answers, [one(), one(), fresh()]), []);
    let two = together(&answers, [one(), fresh(), clustered(vec![member(2)], &[])]);
    assert_eq!(of(&two, "microceph"), [("micro.two", Verdict::Blocking)]);
    assert_eq!(two[0].node, "pi-c");
    let out = together(
        &answers,
        [fresh(), clustered(vec![member(1)], &[]), fresh()],
    );
    assert_eq!(
        of(&out, "microceph"),
        [("micro.initiator-out", Verdict::Blocking)]
    );
    let mut reuse = wanted();
    reuse.ceph.reuse = true;
    let none = together(&reuse, [fresh(), fresh(), fresh()]);
    assert_eq!(
        of(&none, "microceph"),
        [("micro.none-to-reuse", Verdict::Blocking)]
    );
}

#[rstest]
#[case::openvswitch("openvswitch", "kernel.openvswitch", Verdict::Blocking)]
#[case::geneve("geneve", "kernel.geneve", Verdict::Blocking)]
#[case::rbd("rbd", "kernel.rbd", Verdict::Blocking)]
#[case::ceph("ceph", "kernel.ceph", Verdict::Warning)]
#[case::dm_crypt("dm_crypt", "kernel.dm-crypt", Verdict::Blocking)]
fn a_kernel_without_a_module_that_is_needed_says_what_will_not_work(
    #[case] module: &str,
    #[case] code: &str,
    #[case] verdict: Verdict,
) {
    let mut facts = installable(0);
    facts
        .host
        .modules
        .insert(module.to_owned(), Module::Missing);
    let mut answers = wanted();
    answers.nodes[0].disks[0].encrypt = true;
    let planned = check_node("pi-a", &facts, &answers, "c1");
    assert_eq!(of(&planned, "modules"), [(code, verdict)]);
    let idle = check_node("pi-a", &facts, &crate::stage::answers(3), "c1");
    assert_eq!(of(&idle, "modules"), []);
}

#[test]
fn a_disk_is_chosen_once_and_encrypted_only_where_that_can_be() {
    let disk = |answers: &Answers, facts: &NodeFacts| {
        let planned = check_node("pi-a", facts, answers, "c1");
        let told = of(&planned, "disk").into_iter();
        told.map(|(code, _)| code.to_owned()).collect::<Vec<_>>()
    };
    let twice = crate::stage::with_disk(wanted(), 0, "pi-a-A");
    assert_eq!(disk(&twice, &installable(0)), ["check.disk-twice"]);
    let mut locals = crate::stage::with_disk(wanted(), 0, "pi-a-B");
    locals.nodes[0].disks[0].purpose = Purpose::Local;
    assert_eq!(disk(&locals, &installable(0)), ["check.disk-locals"]);
    let mut encrypted = wanted();
    encrypted.nodes[0].disks[0].encrypt = true;
    let says = |why: &str| NodeFacts {
        ceph: MicroState::Answers(Box::new(MicroFacts {
            no_encryption: Some(why.to_owned()),
            ..MicroFacts::default()
        })),
        ..installable(0)
    };
    assert_eq!(disk(&encrypted, &says("")), [""; 0]);
    assert_eq!(
        disk(&encrypted, &says("missing dm_crypt")),
        ["check.disk-encrypt"]
    );
    encrypted.nodes[0].disks[0].purpose = Purpose::Local;
    assert_eq!(disk(&encrypted, &says("")), ["check.disk-encrypt-local"]);
}
