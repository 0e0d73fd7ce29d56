//! snapd's steps against a simulated snapd: done, there already, interrupted, refused.

use std::collections::BTreeSet;

use mcloud::engine::Seen;
use mcloud::engine::message::Remedy;
use mcloud::engine::plan::{SnapName, Work};
use mcloud::engine::services::{ServiceState, SnapdState};
use mcloud::infra::snapd::client::{Build, Snapd};
use mcloud::infra::snapd::{
    ARCHITECTURE, PlugsConnected, REVISION, SnapInstalled, SnapdService, inputs, plugs, status,
};
use mcloud::infra::{InfraBootstrapper, Inputs, Step};
use mcloud::rehearsal::snapd::InstalledSnap;
use mcloud::world::Clock;
use rstest::rstest;

use crate::snapd_lab::Lab;

#[tokio::test(flavor = "multi_thread")]
async fn a_bare_node_gets_a_snap_with_its_base_while_snapd_starts_again() {
    let lab = Lab::of(&[], &[]).await;
    let found = lab.walk(&lab.snap("lxd", "5.21/stable", false)).await;
    assert_eq!(
        found,
        ["lxd 5.21.7-2a5d3c1 is there, revision 38469 from 5.21/stable."]
    );
    assert_eq!(lab.services(), ["lxd Started"]);
    for name in ["snapd", "core24"] {
        let snap = lab.snapd.snap(name).await.expect("an answer");
        assert!(snap.is_some_and(|snap| snap.is_active()), "{name}");
    }
    let said = lab.said();
    for code in ["installing", "doing", "downloading"] {
        assert!(
            said.contains(&format!("snapd.{code}")),
            "{code} in {said:?}"
        );
    }
    let units: Vec<(u64, u64)> = lab.signs().iter().filter_map(|sign| sign.units).collect();
    assert!(units.iter().all(|(done, total)| done <= total), "{units:?}");
    let (done, total) = units.last().expect("progress in units");
    assert!(done == total && *total > 150_000_000, "{done} of {total}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapd_that_goes_away_in_a_change_is_waited_for() {
    let lab = Lab::of(&[], &["snapd.operations@pi-b=hangup,9x"]).await;
    lab.apply(&lab.snap("lxd", "5.21/stable", false))
        .await
        .expect("installed");
    assert!(lab.said().contains("snapd.away"));
    assert_eq!(lab.services(), ["lxd Started"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_snaps_at_once_share_the_base_that_one_of_them_brings() {
    let lab = Lab::of(&[("snapd", "latest/stable")], &[]).await;
    let ceph = lab.snap("microceph", "squid/stable", false);
    let ovn = lab.snap("microovn", "24.03/stable", false);
    let (ceph, ovn) = tokio::join!(lab.apply(&ceph), lab.apply(&ovn));
    assert_eq!(ceph.expect("installed").len(), 1);
    assert_eq!(ovn.expect("installed").len(), 1);
    let services: BTreeSet<String> = lab.services().into_iter().collect();
    assert_eq!(services.len(), 2, "{services:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_channel_is_used_as_it_is_or_changed_as_the_plan_says() {
    let lab = Lab::of(&[("lxd", "5.21/stable")], &[]).await;
    let found = lab.is_there(&lab.snap("lxd", "6/stable", false)).await;
    assert_eq!(
        found,
        [
            "lxd 5.21.7-2a5d3c1 is there, revision 38469 from 5.21/stable.",
            "lxd follows 5.21/stable instead of 6/stable, and is used as it is.",
        ]
    );
    let found = lab.walk(&lab.snap("lxd", "6/stable", true)).await;
    assert_eq!(
        found,
        ["lxd 6.9-a83edf2 is there, revision 38820 from 6/stable."]
    );
    assert_eq!(lab.services(), ["lxd Stopped", "lxd Started"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_snap_is_enabled_and_one_that_was_built_here_is_left_alone() {
    let mut disabled = InstalledSnap::new("microceph", "squid/stable");
    disabled.active = false;
    let local = InstalledSnap::new("microovn", "");
    let lab = Lab::with(vec![disabled, local], &[]).await;
    lab.walk(&lab.snap("microceph", "squid/stable", false))
        .await;
    assert_eq!(lab.services(), ["microceph Started"]);
    let found = lab
        .is_there(&lab.snap("microovn", "24.03/stable", true))
        .await;
    assert_eq!(
        found,
        ["microovn 1 is there, built here (x1), and is used as it is."]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_node_gets_the_revision_that_the_leader_has() {
    let leader = Lab::of(&[("lxd", "5.21/stable")], &[]).await;
    let told = inputs(&leader.snapd, "lxd").await;
    assert_eq!(
        told,
        Inputs::from([
            (REVISION.to_owned(), "38469".to_owned()),
            (ARCHITECTURE.to_owned(), "arm64".to_owned())
        ])
    );
    let mut older = InstalledSnap::new("lxd", "5.21/stable");
    older.revision = Some("38331".to_owned());
    let lab = Lab::with(vec![older], &[]).await;
    let step = lab.snap("lxd", "5.21/stable", false);
    let seen = step
        .observe(&lab.context(told.clone()))
        .await
        .expect("an answer");
    assert!(matches!(seen, Seen::Missing(_)), "{seen:?}");
    let found = lab.apply_with(&step, told).await.expect("refreshed");
    assert!(found[0].contains("revision 38469"), "{found:?}");
    // The other way round: the leader stayed behind, and so do all.
    let build = Build {
        channel: "5.21/stable".to_owned(),
        revision: Some("38331".to_owned()),
    };
    let step = SnapInstalled::new(lab.snapd.clone(), "lxd".to_owned(), build, false);
    let found = lab.walk(&step).await;
    assert!(found[0].contains("revision 38331"), "{found:?}");
    let mut local = Lab::of(&[("lxd", "")], &[]).await;
    assert!(inputs(&local.snapd, "lxd").await.is_empty());
    local.stop();
    assert!(inputs(&local.snapd, "lxd").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_runs_already_is_followed_and_no_second_one_begun() {
    let lab = Lab::of(
        &[("snapd", "latest/stable"), ("core24", "latest/stable")],
        &[],
    )
    .await;
    let build = Build {
        channel: "5.21/stable".to_owned(),
        revision: None,
    };
    let running = lab.snapd.install("lxd", &build).await.expect("a change");
    let step = lab.snap("lxd", "5.21/stable", false);
    match lab.observe(&step).await.expect("an answer") {
        Seen::Missing(found) => assert!(found.contains("Install \"lxd\" snap"), "{found}"),
        seen @ Seen::There(_) => panic!("{seen:?}"),
    }
    lab.apply(&step).await.expect("installed");
    assert!(
        lab.snapd
            .change(&running)
            .await
            .expect("an answer")
            .is_some_and(|it| it.ready)
    );
    let second = (running.parse::<u32>().expect("a number") + 1).to_string();
    assert_eq!(lab.snapd.change(&second).await.expect("an answer"), None);
}

#[rstest]
#[case(
    "snapd.install@pi-b=offline,1x",
    "snapd.hint-network",
    "dial tcp: lookup"
)]
#[case("snapd.install@pi-b=full,1x", "snapd.hint-space", "insufficient space")]
#[case(
    "snapd.install@pi-b=refused,1x",
    "snapd.hint-log",
    "refused by the rehearsal"
)]
#[case(
    "snapd.download@pi-b=offline,1x",
    "snapd.hint-network",
    "dial tcp: lookup"
)]
#[case(
    "snapd.download@pi-b=hangup,1x",
    "snapd.hint-network",
    "connection reset by peer"
)]
#[case(
    "snapd.download@pi-b=full,1x",
    "snapd.hint-space",
    "no space left on device"
)]
#[case(
    "snapd.download@pi-b=refused,1x",
    "snapd.hint-change",
    "refused by the rehearsal"
)]
#[case(
    "snapd.hook@pi-b=refused,1x",
    "snapd.hint-other-switch",
    "copy of Open vSwitch"
)]
#[tokio::test(flavor = "multi_thread")]
async fn what_fails_is_told_in_snapds_words_and_goes_well_the_next_time(
    #[case] fault: &str,
    #[case] hint: &str,
    #[case] words: &str,
) {
    let lab = Lab::of(
        &[("snapd", "latest/stable"), ("core24", "latest/stable")],
        &[fault],
    )
    .await;
    let step = lab.snap("microovn", "24.03/stable", false);
    let failure = lab.apply(&step).await.expect_err("it fails once");
    assert_eq!(failure.what.code, "snapd.install-failed");
    assert_eq!(failure.hint.expect("a hint").code, hint);
    assert!(failure.causes[0].contains(words), "{:?}", failure.causes);
    assert_eq!(lab.snapd.snap("microovn").await.expect("an answer"), None);
    lab.walk(&step).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_the_store_lacks_is_told_with_those_it_has() {
    let lab = Lab::of(&[], &[]).await;
    let failure = lab.apply(&lab.snap("lxd", "5.0/stable", false)).await;
    let failure = failure.expect_err("no such channel");
    let hint = failure.hint.expect("a hint");
    assert_eq!(hint.code, "snapd.hint-releases");
    assert_eq!(hint.with["channels"], "5.21/stable, 6/stable");
    assert!(failure.remedies.contains(&Remedy::Change));
    let failure = lab.apply(&lab.snap("microcluod", "stable", false)).await;
    let failure = failure.expect_err("no such snap");
    assert_eq!(
        failure.hint.expect("a hint").code,
        "snapd.hint-no-such-snap"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_that_is_stopped_takes_back_what_snapd_had_begun() {
    let lab = Lab::of(
        &[("snapd", "latest/stable"), ("core24", "latest/stable")],
        &[],
    )
    .await;
    let step = lab.snap("lxd", "5.21/stable", false);
    let context = lab.context(Inputs::new());
    let stopping = async {
        let downloads = async || lab.said().contains("snapd.downloading");
        crate::patience::until("a download", downloads).await;
        lab.cancel.cancel();
    };
    let (ended, ()) = tokio::join!(step.apply(&context), stopping);
    assert_eq!(
        ended.expect_err("stopped").what.code,
        "snapd.stopped-as-asked"
    );
    step.undo(&context).await.expect("undone");
    let busy = lab
        .snapd
        .changes_in_progress("lxd")
        .await
        .expect("an answer");
    assert!(busy.is_empty(), "{busy:?}");
    assert_eq!(lab.snapd.snap("lxd").await.expect("an answer"), None);
    assert!(lab.services().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn refreshes_are_held_for_good() {
    let lab = Lab::of(&[("lxd", "5.21/stable"), ("microovn", "24.03/stable")], &[]).await;
    let found = lab.walk(&lab.held(&["lxd", "microovn"])).await;
    assert_eq!(
        found,
        ["Held, so that no refresh comes unasked: lxd, microovn."]
    );
    // A refresh that is asked for by name goes through, and stays held.
    lab.walk(&lab.snap("lxd", "6/stable", true)).await;
    lab.is_there(&lab.held(&["lxd"])).await;
    let failure = lab.apply(&lab.held(&["microceph"])).await;
    assert_eq!(
        failure.expect_err("not there").what.code,
        "snapd.snap-absent"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn snapd_may_start_again_while_snaps_are_held() {
    let lab = Lab::of(&[("lxd", "5.21/stable")], &["snapd.hold@pi-b=hangup,3x"]).await;
    lab.walk(&lab.held(&["lxd"])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slot_that_an_older_build_lacks_is_done_without() {
    let snaps = [("lxd", "6/stable"), ("microovn", "22.03/stable")];
    let lab = Lab::of(&snaps, &[]).await;
    let step = PlugsConnected {
        snapd: lab.snapd.clone(),
        wanted: plugs::wanted(&["lxd", "microovn"]),
        older: None,
    };
    let found = lab.walk(&step).await;
    assert_eq!(
        found,
        [
            "Connected plugs: 10.",
            "lxd has no plug ovn-env, and does without it."
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revision_for_another_architecture_is_not_asked_for() {
    let lab = Lab::of(&[], &[]).await;
    let step = lab.snap("lxd", "5.21/stable", false);
    let told = [(REVISION, "38331"), (ARCHITECTURE, "riscv64")];
    let told: Inputs = told
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into();
    let found = lab.apply_with(&step, told).await.expect("installed");
    assert!(found[0].contains("revision 38469"), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_services_need_is_connected_and_they_see_it() {
    let snaps = [
        ("lxd", "5.21/stable"),
        ("microceph", "squid/stable"),
        ("microovn", "24.03/stable"),
    ];
    let lab = Lab::of(&snaps, &[]).await;
    let step = PlugsConnected {
        snapd: lab.snapd.clone(),
        wanted: plugs::wanted(&["lxd", "microceph", "microovn"]),
        older: None,
    };
    let found = lab.walk(&step).await;
    assert_eq!(
        found,
        [
            "Connected plugs: 18.",
            "lxd has no plug ovn-env, and does without it."
        ]
    );
    assert_eq!(
        lab.services(),
        ["lxd Restarted"],
        "twice applied, once restarted"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plug_that_cannot_be_connected_is_a_failure_and_the_next_attempt_goes_on() {
    let snaps = [("lxd", "6/stable"), ("microovn", "24.03/stable")];
    let lab = Lab::of(&snaps, &["snapd.connect@pi-b=refused,1x"]).await;
    let step = PlugsConnected {
        snapd: lab.snapd.clone(),
        wanted: plugs::wanted(&["lxd", "microovn"]),
        older: None,
    };
    let failure = lab.apply(&step).await.expect_err("refused once");
    assert_eq!(failure.what.code, "snapd.connect-failed");
    assert_eq!(lab.walk(&step).await, ["Connected plugs: 11."]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_state_tells_what_the_plan_needs_to_know_of_snapd() {
    let lab = Lab::of(&[("lxd", "5.21/stable"), ("core24", "latest/stable")], &[]).await;
    lab.apply(&lab.held(&["lxd"])).await.expect("held");
    let SnapdState::Answers(facts) = status(&lab.snapd).await else {
        panic!("it answers");
    };
    assert_eq!(
        (facts.arch.as_str(), facts.confinement.as_str()),
        ("arm64", "strict")
    );
    assert_eq!(facts.snaps.len(), 1, "{facts:?}");
    let lxd = facts.snaps.first().expect("it is there");
    assert!(lxd.active && lxd.held && lxd.channel == "5.21/stable");
    let socket = std::env::temp_dir().join("mcloud-no-such-snapd.socket");
    let nowhere = Snapd::new(socket, Clock::real());
    assert_eq!(status(&nowhere).await, SnapdState::Absent);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapd_that_stays_away_is_given_up() {
    let mut lab = Lab::of(&[], &[]).await;
    let step = lab.snap("lxd", "5.21/stable", false);
    lab.stop();
    let failure = lab.apply(&step).await.expect_err("nobody is there");
    assert_eq!(failure.what.code, "snapd.unanswered");
    assert_eq!(failure.hint.expect("a hint").code, "snapd.hint-install");
    assert!(lab.said().contains("snapd.away"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_does_the_plans_work() {
    let lab = Lab::of(&[], &[]).await;
    let service = SnapdService::new(&lab.world());
    let snaps = vec![SnapName::MicroOvn];
    let channel = "24.03/stable".to_owned();
    let snap = SnapName::MicroOvn;
    let installed = Work::Snap {
        snap,
        channel,
        revision: None,
    };
    for work in [installed, Work::SnapHold { snap }] {
        let step = service.step(&work).expect("it is snapd's");
        lab.walk(step.as_ref()).await;
    }
    let connect = service.step(&Work::SnapConnect { snaps, anew: false });
    let found = lab.is_there(connect.expect("it is snapd's").as_ref()).await;
    assert_eq!(found, ["Connected plugs: 8."]);
    assert!(service.step(&Work::LxdReady).is_none());
    let work = Work::Snap {
        snap,
        channel: "24.03/stable".to_owned(),
        revision: None,
    };
    let told = service.inputs_for(&work).await.expect("an answer");
    assert_eq!(told[REVISION], "1043");
    match service.status().await {
        ServiceState::Snapd(state) => assert!(state.snap("microovn").is_some_and(|it| it.held)),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snap_of_a_fresh_service_is_brought_to_the_channel_and_revision_that_the_plan_names() {
    let mut older = InstalledSnap::new("lxd", "5.21/stable");
    older.revision = Some("38331".to_owned());
    let lab = Lab::with(vec![older], &[]).await;
    let service = SnapdService::new(&lab.world());
    let brought = |revision: Option<&str>| Work::Snap {
        snap: SnapName::Lxd,
        channel: "6/stable".to_owned(),
        revision: revision.map(str::to_owned),
    };
    let stays = service.step(&brought(None)).expect("it is snapd's");
    let found = lab.is_there(stays.as_ref()).await;
    assert!(found[0].contains("revision 38331"), "{found:?}");
    let step = service
        .step(&brought(Some("38820")))
        .expect("it is snapd's");
    let found = lab.walk(step.as_ref()).await;
    assert_eq!(
        found,
        ["lxd 6.9-a83edf2 is there, revision 38820 from 6/stable."]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_lxd_that_was_there_before_its_connections_is_started_anew_once() {
    let snaps = [
        ("lxd", "5.21/stable"),
        ("microceph", "squid/stable"),
        ("microovn", "24.03/stable"),
    ];
    let lab = Lab::of(&snaps, &[]).await;
    let service = SnapdService::new(&lab.world());
    let work = |anew| Work::SnapConnect {
        snaps: vec![SnapName::Lxd, SnapName::MicroCeph, SnapName::MicroOvn],
        anew,
    };
    let step = |anew| service.step(&work(anew)).expect("it is snapd's");
    lab.apply(step(false).as_ref()).await.expect("connected");
    lab.is_there(step(false).as_ref()).await;
    let before = lab.services();
    let found = lab.walk(step(true).as_ref()).await;
    assert_eq!(found[0], "Connected plugs: 18.");
    assert_eq!(lab.services()[before.len()..], ["lxd Restarted"]);
    lab.is_there(step(true).as_ref()).await;
}
