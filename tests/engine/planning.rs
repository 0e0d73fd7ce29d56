//! From answers and facts to the plan.

use mcloud::engine::answers::DriverChoice;
use mcloud::engine::facts::Holds;
use mcloud::engine::plan::{PoolSource, Work};
use mcloud::engine::preflight::is_ours;
use mcloud::engine::services::{LxdFacts, LxdMember, LxdPool, LxdState};

use crate::stage::{Stage, address, answers, lxd, with_disk};

fn member(number: usize, name: &str) -> LxdMember {
    LxdMember {
        name: name.to_owned(),
        address: format!("{}:8443", address(number)),
        online: true,
    }
}

#[test]
fn the_same_answers_and_facts_give_the_same_plan() {
    let plan = || {
        let mut stage = Stage::new(3);
        stage.begin(answers(3), false);
        stage.state.cluster.plan.unwrap()
    };
    assert_eq!(plan(), plan());
}

#[test]
fn every_step_stands_after_all_it_needs() {
    let mut stage = Stage::new(3);
    stage.begin(answers(3), false);
    let plan = stage.state.cluster.plan.unwrap();
    for (at, step) in plan.steps.iter().enumerate() {
        for need in &step.needs {
            let before = plan.steps[..at].iter().any(|other| other.id == *need);
            assert!(before, "{} stands before {need}", step.id);
        }
    }
}

#[test]
fn no_disk_is_looked_at_for_the_last_time_while_nodes_still_join() {
    let mut stage = Stage::new(3);
    stage.begin(with_disk(answers(3), 0, "pi-a-A"), false);
    let plan = stage.state.cluster.plan.unwrap();
    let is = |step: &&mcloud::engine::plan::Step, class: &str| step.work.class() == class;
    let joins: Vec<_> = plan
        .steps
        .iter()
        .filter(|step| is(step, "lxd.join"))
        .collect();
    let parts: Vec<_> = plan
        .steps
        .iter()
        .filter(|step| is(step, "lxd.pool-pending"))
        .collect();
    assert_eq!((joins.len(), parts.len()), (2, 3));
    for part in parts {
        assert!(
            joins.iter().all(|join| part.needs.contains(&join.id)),
            "{part:?}"
        );
    }
}

#[test]
fn the_best_driver_that_every_node_has_is_chosen() {
    let cases = [
        (
            vec!["zfs", "btrfs", "dir"],
            vec!["zfs", "btrfs", "dir"],
            "zfs",
        ),
        (vec!["zfs", "btrfs", "dir"], vec!["btrfs", "dir"], "btrfs"),
        (vec!["zfs", "dir"], vec!["btrfs", "dir"], "dir"),
    ];
    for (first, second, chosen) in cases {
        let mut stage = Stage::new(2);
        for (number, drivers) in [first, second].into_iter().enumerate() {
            let drivers = drivers.into_iter().map(str::to_owned).collect();
            stage.facts[number].lxd = LxdState::Answers(Box::new(LxdFacts { drivers, ..lxd() }));
        }
        stage.begin(answers(2), false);
        assert_eq!(
            stage.state.cluster.plan.unwrap().driver.as_deref(),
            Some(chosen)
        );
    }
}

#[test]
fn a_driver_that_a_node_lacks_is_said_and_nothing_is_planned() {
    let mut stage = Stage::new(2);
    let mut answers = answers(2);
    answers.local.driver = DriverChoice::Zfs;
    stage.begin(answers, true);
    assert_eq!(stage.done(), Some((false, 1, 0)));
    let lacking: Vec<_> = stage
        .state
        .cluster
        .checks
        .iter()
        .filter(|c| c.name == "driver")
        .collect();
    assert_eq!(lacking.len(), 2);
}

#[test]
fn a_declined_pool_has_no_steps() {
    let mut stage = Stage::new(2);
    let mut answers = answers(2);
    answers.local.driver = DriverChoice::None;
    stage.begin(answers, true);
    assert_eq!(stage.done(), Some((true, 0, 2)));
    assert!(
        !stage
            .applied
            .iter()
            .any(|id| id.starts_with("lxd.pool") || id.starts_with("lxd.profile"))
    );
}

#[test]
fn an_empty_disk_is_formatted_and_one_that_holds_something_is_an_erasure() {
    for (serial, erased) in [("pi-a-A", 0), ("pi-a-B", 1)] {
        let mut stage = Stage::new(1);
        stage.begin(with_disk(answers(1), 0, serial), false);
        let plan = stage.state.cluster.plan.unwrap();
        assert_eq!(
            (plan.erasures.len(), plan.formats.len()),
            (erased, 1 - erased),
            "{serial}"
        );
        let wipes = plan.steps.iter().any(|step| matches!(&step.work,
            Work::PoolPending { part, .. } if matches!(part.source, PoolSource::Disk { wipe: true, .. })));
        assert_eq!(wipes, erased == 1, "{serial}");
    }
}

#[test]
fn a_disk_that_cannot_be_taken_says_why() {
    type Spoil = fn(&mut mcloud::engine::facts::Disk);
    let spoil: [(&str, Spoil); 4] = [
        ("check.disk-system", |disk| {
            disk.used = Some("mounted at /".to_owned());
        }),
        ("check.disk-used", |disk| {
            disk.used = Some("mounted at /srv".to_owned());
        }),
        ("check.disk-read-only", |disk| disk.read_only = true),
        ("check.disk-unknown", |disk| {
            disk.holds = Holds::Unknown("no medium".to_owned());
        }),
    ];
    for (code, spoil) in spoil {
        let mut stage = Stage::new(1);
        spoil(&mut stage.facts[0].host.disks[0]);
        stage.begin(with_disk(answers(1), 0, "pi-a-A"), true);
        assert_eq!(stage.done(), Some((false, 1, 0)), "{code}");
        assert!(
            stage
                .state
                .cluster
                .checks
                .iter()
                .any(|check| check.says.code == code),
            "{code}"
        );
    }
    let mut stage = Stage::new(1);
    stage.begin(with_disk(answers(1), 0, "nowhere"), true);
    assert!(
        stage
            .state
            .cluster
            .checks
            .iter()
            .any(|check| check.says.code == "check.disk-none")
    );
}

#[test]
fn an_lxd_is_ours_by_exact_members_or_by_our_mark() {
    let answers = answers(3);
    let members = vec![member(0, "pi-a"), member(1, "pi-b"), member(2, "pi-c")];
    let lxd = |members: &[LxdMember], mark: Option<&str>| LxdFacts {
        clustered: true,
        members: members.to_vec(),
        mark: mark.map(str::to_owned),
        ..lxd()
    };
    assert!(is_ours(&lxd(&members, None), &answers, "c1"));
    assert!(
        !is_ours(&lxd(&members[..2], None), &answers, "c1"),
        "a part of it without our mark"
    );
    assert!(is_ours(&lxd(&members[..2], Some("c1")), &answers, "c1"));
    assert!(
        !is_ours(&lxd(&members[..2], Some("c2")), &answers, "c1"),
        "another cluster's mark"
    );
    assert!(
        !is_ours(&lxd(&members, Some("c2")), &answers, "c1"),
        "exact members, another cluster's mark"
    );
    let moved = vec![member(0, "pi-a"), member(2, "pi-b"), member(1, "pi-c")];
    assert!(
        !is_ours(&lxd(&moved, Some("c1")), &answers, "c1"),
        "names at other addresses"
    );
    assert!(!is_ours(
        &LxdFacts {
            clustered: false,
            ..lxd(&members, None)
        },
        &answers,
        "c1"
    ));
}

#[test]
fn suggested_answers_erase_nothing() {
    let hosts: Vec<_> = (0..3)
        .map(|n| {
            (
                crate::stage::NAMES[n].to_owned(),
                address(n),
                crate::stage::facts(n),
            )
        })
        .collect();
    let answers = mcloud::engine::answers::suggest("attic", &hosts);
    let mut stage = Stage::new(3);
    stage.begin(answers, false);
    let plan = stage.state.cluster.plan.unwrap();
    assert_eq!((plan.erasures.len(), plan.formats.len()), (0, 3));
}

/// One node that is its own cluster already, with the local pool at this status on it.
fn with_pool(status: &str) -> Stage {
    let mut stage = Stage::new(1);
    stage.facts[0].lxd = LxdState::Answers(Box::new(LxdFacts {
        clustered: true,
        name: "pi-a".to_owned(),
        mark: Some("c1".to_owned()),
        members: vec![member(0, "pi-a")],
        pools: vec![LxdPool {
            name: "local".to_owned(),
            driver: "btrfs".to_owned(),
            status: status.to_owned(),
            members: vec!["pi-a".to_owned()],
            place: None,
        }],
        ..lxd()
    }));
    stage
}

#[test]
fn a_disk_of_a_pool_that_is_only_defined_is_still_an_erasure() {
    for status in ["Pending", "Errored", "Unavailable"] {
        let mut stage = with_pool(status);
        stage.begin(with_disk(answers(1), 0, "pi-a-B"), true);
        assert_eq!(stage.done(), Some((false, 2, 0)), "{status}: no consent");
        assert!(stage.applied.is_empty(), "{status}: {:?}", stage.applied);
        let plan = stage.state.cluster.plan.unwrap();
        assert_eq!(plan.erasures.len(), 1, "{status}");
        assert!(plan.standing.is_empty(), "{status}");
    }
}

#[test]
fn a_disk_that_carries_the_pool_is_neither_erased_nor_formatted_and_old_consent_holds() {
    for (agreed, exit) in [(0, 0), (1, 0), (2, 2)] {
        let mut stage = with_pool("Created");
        stage.facts[0].host.disks[1].used = Some("part of a mounted btrfs".to_owned());
        let mut answers = with_disk(answers(1), 0, "pi-a-B");
        answers.erase = agreed;
        stage.begin(answers, true);
        let ended = stage.done().map(|(_, exit, _)| exit);
        assert_eq!(ended, Some(exit), "erase: {agreed}");
        let plan = stage.state.cluster.plan.unwrap();
        let written = (plan.erasures.len(), plan.formats.len());
        assert_eq!((written, plan.standing.len()), ((0, 0), 1));
    }
}

#[test]
fn another_disk_than_the_one_that_carries_the_pool_is_refused_and_not_forgotten() {
    for (place, taken) in [
        ("sdb", true),
        ("sdc", false),
        ("/var/disks/local.img", false),
    ] {
        let mut stage = with_pool("Created");
        let LxdState::Answers(lxd) = &mut stage.facts[0].lxd else {
            panic!("an LXD that answers");
        };
        lxd.pools[0].place = Some(place.to_owned());
        stage.begin(with_disk(answers(1), 0, "pi-a-B"), false);
        let cluster = &stage.state.cluster;
        assert_eq!(cluster.plan.is_some(), taken, "{place}");
        let mut checks = cluster.checks.iter();
        let said = checks.find(|it| it.says.code == "check.disk-pool-elsewhere");
        assert_eq!(said.is_none(), taken, "{place}");
        let words = said.map(|check| mcloud::text::sentence(&check.says));
        assert!(words.is_none_or(|words| words.contains(&format!("is on {place} already"))));
    }
}

#[test]
fn a_disk_without_a_name_of_its_own_is_not_taken() {
    let mut stage = Stage::new(1);
    let disk = &mut stage.facts[0].host.disks[0];
    disk.serial = None;
    disk.path = "/dev/sda".to_owned();
    let mut answers = with_disk(answers(1), 0, "pi-a-A");
    answers.nodes[0].disks[0].find = mcloud::engine::answers::DiskFilter {
        model: Some("KINGSTON SA400".to_owned()),
        ..Default::default()
    };
    stage.facts[0].host.disks.truncate(1);
    stage.begin(answers, true);
    assert_eq!(stage.done(), Some((false, 1, 0)));
    let code = |check: &mcloud::engine::preflight::Check| check.says.code.clone();
    let said: Vec<_> = stage.state.cluster.checks.iter().map(code).collect();
    assert!(said.contains(&"check.disk-nameless".to_owned()), "{said:?}");
}
