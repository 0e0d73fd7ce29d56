//! MicroCeph's and MicroOVN's steps from fresh nodes to what is proven, on the simulated daemons.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use mcloud::engine::Seen;
use mcloud::engine::plan::Work;
use mcloud::infra::Inputs;

use crate::micro_lab::{Lab, by_id};
use crate::steps_words::spoken;

fn size(size: u8, all: bool) -> Work {
    Work::CephPoolSize { size, all }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_fresh_nodes_become_a_proven_ceph() {
    let lab = Lab::of(3, &[]).await;
    for number in 1..=3 {
        lab.is_there(number, &Work::CephReady).await;
    }
    lab.form_ceph(3).await;
    for number in 1..=3 {
        let found = lab.walk(number, &lab.disk(number, "sda")).await;
        assert!(
            found[0].starts_with("Ceph lists disk sda of pi-"),
            "{found:?}"
        );
    }
    lab.walk(2, &lab.disk(2, "sdb")).await;
    lab.apply(1, &size(3, true)).await.expect("three copies");
    // Without a pool nobody tells how many copies a new one would keep.
    lab.observe(1, &size(3, true)).await.expect("a look");
    assert_eq!(lab.sites.0.pool_size("pi-1"), Some(3));
    let disks = [("pi-1", 1), ("pi-2", 2), ("pi-3", 1)];
    let proof = Work::CephProof {
        members: lab.names(3),
        disks: disks.map(|(name, count)| (name.to_owned(), count)).into(),
    };
    let found = lab.apply(1, &proof).await.expect("a proof");
    let found: Vec<String> = found.iter().map(spoken).collect();
    assert_eq!(found[1], "Ceph's disks: 4 (pi-1 1, pi-2 2, pi-3 1).");
    assert_eq!(found[2], "Ceph has 3 monitors and 3 managers.");
    assert!(
        found
            .iter()
            .any(|it| it.contains("does not tell over its API")),
        "{found:?}"
    );
    assert!(
        lab.signs.load(Ordering::SeqCst) > 3,
        "long calls show signs of life"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn three_fresh_nodes_become_chassis_with_three_databases() {
    let lab = Lab::of(3, &[]).await;
    lab.is_there(1, &Work::OvnReady).await;
    lab.walk(1, &lab.ovn_bootstrap(3)).await;
    assert_eq!(
        lab.node(1).ovn.northbound().await.expect("a database"),
        "ssl:10.77.0.11:6641"
    );
    for number in 2..=3 {
        lab.walk(number, &lab.ovn_join(number)).await;
        assert_eq!(
            lab.sites.1.encapsulation(&lab.node(number).name).as_deref(),
            Some(format!("10.77.0.{}", 10 + number).as_str())
        );
    }
    let chassis = Work::OvnChassis {
        members: lab.names(3),
    };
    let found = lab.apply(1, &chassis).await.expect("chassis");
    let found: Vec<String> = found.iter().map(spoken).collect();
    assert_eq!(
        found,
        [
            "MicroOVN members online: 3 (pi-1, pi-2, pi-3).",
            "Every member carries guests' networks: pi-1, pi-2, pi-3.",
            "OVN's databases are on 3 members: pi-1, pi-2, pi-3.",
        ]
    );
    let northbound = lab.node(3).ovn.northbound().await.expect("databases");
    assert_eq!(Some(northbound), lab.sites.1.nb_connection("pi-1"));
    assert_eq!(lab.ovn_facts(2).await.services.len(), 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_databases_are_said_to_survive_nothing() {
    let lab = Lab::of(2, &[]).await;
    lab.walk(1, &lab.ovn_bootstrap(2)).await;
    lab.walk(2, &lab.ovn_join(2)).await;
    let chassis = Work::OvnChassis {
        members: lab.names(2),
    };
    let found = lab.is_there(1, &chassis).await;
    assert_eq!(found[2].code, "microovn.few-centrals");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_state_tells_what_the_plan_needs_to_know() {
    let lab = Lab::of(2, &[]).await;
    let before = lab.ceph_facts(1).await;
    assert_eq!(
        (before.version.as_str(), before.name.as_str()),
        ("19.2.3", "pi-1")
    );
    assert!(before.members.is_empty() && before.disks.is_empty());
    assert_eq!(
        before.no_encryption, None,
        "a daemon outside a cluster does not say"
    );
    lab.form_ceph(2).await;
    lab.walk(2, &lab.disk(2, "sda")).await;
    let after = lab.ceph_facts(1).await;
    assert_eq!(after.no_encryption, Some(String::new()));
    assert_eq!(after.members.len(), 2);
    assert_eq!(after.disks[0].member, "pi-2");
    assert_eq!(
        after.disks[0].path,
        by_id(&lab.node(2).machine, "pi-2", "sda")
    );
    assert!(
        after
            .services
            .contains(&("mon".to_owned(), "pi-2".to_owned()))
    );
    assert!(
        lab.ovn_facts(1)
            .await
            .extensions
            .iter()
            .any(|it| it == "custom_encapsulation_ip")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn monitors_are_tuned_and_get_their_defaults_back() {
    let lab = Lab::of(4, &[]).await;
    lab.walk(1, &lab.ceph_bootstrap(4)).await;
    let tune = |number: usize| Work::CephTune {
        name: lab.node(number).name.clone(),
    };
    let untune = |number: usize| Work::CephUntune {
        name: lab.node(number).name.clone(),
    };
    lab.is_there(1, &untune(1)).await;
    lab.apply(1, &tune(1)).await.expect("a tuned monitor");
    for number in 2..=4 {
        lab.walk(number, &lab.ceph_join(number)).await;
        lab.apply(number, &tune(number)).await.expect("tuned");
    }
    let found = lab.is_there(4, &tune(4)).await;
    assert_eq!(found[0].code, "microceph.no-monitor", "three are enough");
    for number in 1..=4 {
        if let Seen::Missing(found) = lab.observe(number, &untune(number)).await.expect("a look") {
            assert!(found.contains("mon_election_timeout"), "{found}");
            lab.apply(number, &untune(number)).await.expect("defaults");
        }
        lab.is_there(number, &untune(number)).await;
        let left = lab.sites.0.tuning(&lab.node(number).name);
        assert!(left.is_none_or(|left| left.is_empty()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_run_finds_what_it_had_made_and_makes_the_rest() {
    let lab = Lab::of(2, &[]).await;
    lab.form_ceph(2).await;
    for (number, work) in [(1, lab.ceph_bootstrap(2)), (2, lab.ceph_join(2))] {
        lab.is_there(number, &work).await;
    }
    let proof = Work::CephProof {
        members: lab.names(2),
        disks: BTreeMap::from([("pi-2".to_owned(), 1)]),
    };
    let (failure, hint) = lab.fails(1, &proof).await;
    assert_eq!(
        spoken(&failure.what),
        "Ceph lists 0 disks of pi-2; planned are 1."
    );
    assert!(
        hint.contains("journalctl -u snap.microceph.daemon"),
        "{hint}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bootstrap_of_ovn_that_still_runs_is_not_taken_for_done() {
    let lab = Lab::of(1, &[]).await;
    let work = lab.ovn_bootstrap(1);
    let context = lab.context(Inputs::new());
    let step = lab.step(1, &work);
    let mut listed = 0;
    let looking = async {
        loop {
            let members = lab.node(1).ovn.core().members().await.unwrap_or_default();
            match lab.observe(1, &work).await {
                Ok(Seen::There(_)) => break,
                Ok(Seen::Missing(found)) if !members.is_empty() => {
                    assert_eq!(found, "its services do not answer yet");
                    listed += 1;
                }
                _ => {}
            }
            tokio::task::yield_now().await;
        }
    };
    let (applied, ()) = tokio::join!(step.apply(&context), looking);
    applied.expect("a cluster");
    assert!(listed > 0, "it was listed before it was done");
    assert!(lab.sites.1.ovn_ready("pi-1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ovn_whose_chassis_does_not_run_yet_is_not_whole() {
    let mut lab = Lab::of(1, &[]).await;
    let work = lab.ovn_bootstrap(1);
    lab.walk(1, &work).await;
    for (state, there) in [("activating", false), ("active", true)] {
        let script = format!(
            "#!/bin/sh\ncase $3 in LoadState) echo LoadState=loaded;; \
             *) echo ActiveState={state};; esac\n"
        );
        lab.nodes[0].with_systemctl(&script);
        let seen = lab.observe(1, &work).await.expect("an answer");
        assert_eq!(matches!(seen, Seen::There(_)), there, "{state}: {seen:?}");
    }
}
