//! What MicroCeph's and MicroOVN's steps refuse, what they survive, and what they say of it.

use std::net::SocketAddr;
use std::time::Duration;

use mcloud::engine::Seen;
use mcloud::engine::plan::Work;
use mcloud::infra::host;
use mcloud::infra::{Context, Inputs};
use rstest::rstest;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixListener;

use crate::micro_lab::{Lab, Node};
use crate::steps_words::{heard, spoken};

/// Nothing of the node's MicroCeph was touched: not even a refused bootstrap left its address.
async fn is_untouched(node: &Node) {
    let core = node.ceph.core().core().await.expect("a daemon");
    assert_eq!(core.address, "", "{}", node.name);
    assert!(
        node.ceph
            .core()
            .members()
            .await
            .expect("an answer")
            .is_empty()
    );
}

/// A bootstrap of MicroCeph with one of its parts spoilt.
fn spoilt(mut work: Work, part: &str) -> Work {
    let Work::CephBootstrap {
        name,
        address,
        monitor,
        public,
        internal,
        ..
    } = &mut work
    else {
        panic!("{work:?} is no bootstrap");
    };
    match part {
        "name" => "pi-9".clone_into(name),
        "address" => address.set_ip([10, 77, 0, 99].into()),
        "monitor" => *monitor = [10, 77, 0, 99].into(),
        "public" => *public = "10.99.0.0/24".parse().expect("a network"),
        _ => *internal = "10.98.0.0/24".parse().expect("a network"),
    }
    work
}

#[rstest]
#[case("name", "micro.other-name")]
#[case("address", "micro.address-elsewhere")]
#[case("monitor", "micro.address-elsewhere")]
#[case("public", "micro.address-outside")]
#[case("internal", "micro.network-elsewhere")]
#[tokio::test(flavor = "multi_thread")]
async fn what_microceph_would_refuse_late_is_refused_before_it_is_asked(
    #[case] part: &str,
    #[case] code: &str,
) {
    let lab = Lab::of(1, &[]).await;
    let work = spoilt(lab.ceph_bootstrap(1), part);
    let (failure, _) = lab.fails(1, &work).await;
    assert_eq!(failure.what.code, code);
    is_untouched(lab.node(1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn microovn_is_not_told_an_address_of_tunnels_that_this_node_has_not() {
    let lab = Lab::of(1, &[]).await;
    let mut work = lab.ovn_bootstrap(1);
    if let Work::OvnBootstrap { underlay, .. } = &mut work {
        *underlay = "10.77.0.99".parse().expect("an address");
    }
    let (failure, _) = lab.fails(1, &work).await;
    assert_eq!(
        spoken(&failure.what),
        "10.77.0.99 is not one of this node's addresses; it has 10.77.0.11."
    );
    assert!(lab.ovn_facts(1).await.members.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_of_somebody_else_is_left_alone_unless_it_is_to_be_used() {
    let lab = Lab::of(2, &[]).await;
    lab.form_ceph(2).await;
    let mut work = lab.ceph_bootstrap(1);
    let failure = lab.observe(1, &work).await.expect_err("a foreign cluster");
    assert_eq!(failure.what.code, "micro.other-cluster");
    let (_, hint) = lab.fails(1, &work).await;
    assert!(hint.contains("use the cluster as it is"), "{hint}");
    if let Work::CephBootstrap { reuse, .. } = &mut work {
        *reuse = true;
    }
    let found = lab.is_there(1, &work).await;
    assert!(
        spoken(&found[0]).ends_with("its members are pi-1, pi-2."),
        "{found:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_joiner_that_is_in_another_cluster_stays_there() {
    let lab = Lab::of(2, &[]).await;
    lab.walk(1, &lab.ovn_bootstrap(2)).await;
    let own = Work::OvnBootstrap {
        name: "pi-2".to_owned(),
        address: SocketAddr::new(lab.node(2).ip, 6443),
        underlay: lab.node(2).ip,
        members: lab.names(2),
    };
    lab.walk(2, &own).await;
    let (failure, _) = lab.fails(2, &lab.ovn_join(2)).await;
    assert_eq!(failure.what.code, "micro.other-cluster");
    assert_eq!(lab.ovn_facts(2).await.members.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_failed_join_left_on_the_leader_is_named_with_its_remedy() {
    let lab = Lab::of(2, &[]).await;
    lab.walk(1, &lab.ceph_bootstrap(2)).await;
    // The leader lists the joiner, which knows nothing of it.
    let ghost = Inputs::from([("member".to_owned(), "pi-2".to_owned())]);
    let failure = lab.apply_with(2, &lab.ceph_join(2), ghost).await;
    let failure = failure.expect_err("a ghost");
    assert_eq!(
        failure.hint.as_ref().map(spoken).as_deref(),
        Some(
            "On pi-1, take out what a failed join left \
             (sudo microceph cluster remove pi-2 --force), then try again."
        )
    );
    is_untouched(lab.node(2)).await;
    let without = lab.apply_with(2, &lab.ceph_join(2), Inputs::new()).await;
    assert_eq!(
        without.expect_err("no token").what.code,
        "micro.join-inputs"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_leader_gives_no_token_for_half_a_member() {
    let lab = Lab::of(2, &[]).await;
    let alone = lab.inputs(&lab.ceph_join(2)).await.expect_err("no cluster");
    assert_eq!(alone.what.code, "micro.leader-alone");
    lab.form_ceph(2).await;
    let mut work = lab.ceph_join(2);
    let known = lab.inputs(&work).await.expect("a member");
    assert_eq!(known.keys().collect::<Vec<_>>(), ["member"]);
    if let Work::CephJoin { address, .. } = &mut work {
        *address = "10.77.0.77:7443".parse().expect("an address");
    }
    let half = lab.inputs(&work).await.expect_err("half a member");
    assert_eq!(
        spoken(&half.what),
        "pi-2 at 10.77.0.77:7443 cannot join: the MicroCeph cluster already has the member pi-2 \
         at 10.77.0.12:7443."
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_somebody_made_before_is_replaced_in_both_dialects() {
    let lab = Lab::of(2, &[]).await;
    lab.walk(1, &lab.ceph_bootstrap(2)).await;
    lab.walk(1, &lab.ovn_bootstrap(2)).await;
    for micro in [lab.node(1).ceph.core(), lab.node(1).ovn.core()] {
        micro.token("pi-2").await.expect("a token");
    }
    lab.walk(2, &lab.ceph_join(2)).await;
    lab.walk(2, &lab.ovn_join(2)).await;
    for micro in [lab.node(1).ceph.core(), lab.node(1).ovn.core()] {
        micro
            .delete_token("pi-2")
            .await
            .expect("one that is used up is no error");
        assert!(micro.tokens().await.expect("a list").is_empty());
    }
}

#[rstest]
#[case::bootstrap("microceph.bootstrap@pi-1=hangup,1x", 1)]
#[case::refused("microceph.bootstrap@pi-1=refused,1x", 1)]
#[case::join("microceph.join@pi-2=hangup,1x", 2)]
#[case::join_refused("microceph.join@pi-2=refused,1x", 2)]
#[tokio::test(flavor = "multi_thread")]
async fn a_membership_that_broke_off_is_told_and_made_at_the_next_attempt(
    #[case] fault: &str,
    #[case] number: usize,
) {
    let lab = Lab::of(2, &[fault]).await;
    let work = if number == 1 {
        lab.ceph_bootstrap(2)
    } else {
        lab.walk(1, &lab.ceph_bootstrap(2)).await;
        lab.ceph_join(2)
    };
    let (failure, _) = lab.fails(number, &work).await;
    assert!(!failure.causes.is_empty(), "{failure:?}");
    assert!(lab.ceph_facts(number).await.members.is_empty());
    lab.walk(number, &work).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_microceph_refuses_stops_with_its_own_words() {
    let lab = Lab::of(1, &["microceph.disk-add@pi-1=foreign,1x"]).await;
    lab.form_ceph(1).await;
    let (failure, hint) = lab.fails(1, &lab.disk(1, "sda")).await;
    assert!(
        failure.causes[0].contains("is not pristine (contains data)"),
        "{failure:?}"
    );
    assert!(hint.contains("sudo wipefs"), "{hint}");
    assert_eq!(spoken(&failure.data), "Disk sda was not written to.");
    assert!(lab.ceph_facts(1).await.disks.is_empty());
    lab.walk(1, &lab.disk(1, "sda")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_failed_while_it_was_wiped_is_said_to_be_perhaps_wiped() {
    let lab = Lab::of(1, &["microceph.disk-add@pi-1=refused,1x"]).await;
    lab.form_ceph(1).await;
    let (failure, _) = lab.fails(1, &lab.disk(1, "sdb")).await;
    assert_eq!(failure.data.code, "microceph.data-disk-wiped");
    // The second attempt finds what the first one left, and goes on.
    lab.node(1).machine.holding("sdb", "2\n");
    lab.walk(1, &lab.disk(1, "sdb")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_whose_call_broke_off_is_looked_for_and_given_again() {
    let lab = Lab::of(1, &["microceph.disk-add@pi-1=hangup,1x"]).await;
    lab.form_ceph(1).await;
    let (failure, hint) = lab.fails(1, &lab.disk(1, "sda")).await;
    assert!(
        failure.causes[0].contains("connection ended"),
        "{failure:?}"
    );
    assert!(hint.starts_with("Try again"), "{hint}");
    lab.walk(1, &lab.disk(1, "sda")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_changed_since_review_is_not_given_away() {
    let lab = Lab::of(1, &[]).await;
    lab.form_ceph(1).await;
    let machine = &lab.node(1).machine;
    machine.holding("sda", "0\nTYPE=ext4\nLABEL=new\n");
    let (failure, _) = lab.fails(1, &lab.disk(1, "sda")).await;
    assert_eq!(failure.what.code, "disk.holds-other");
    assert_eq!(failure.data.code, "disk.data-untouched");
    assert!(lab.ceph_facts(1).await.disks.is_empty());
    // Who tries again cannot know what the attempt before wrote.
    let again = Context {
        attempt: 2,
        ..lab.context(Inputs::new())
    };
    let step = lab.step(1, &lab.disk(1, "sda"));
    let failure = heard(step.apply(&again).await).expect_err("another disk");
    assert_eq!(failure.data.code, "disk.data-earlier");
}

/// An OSD on its admin socket that is in these states, one after the other, and stays in the last.
fn osd(node: &Node, number: u64, states: &'static [&'static str]) {
    let socket = format!("ceph-osd.{number}.asok");
    let listener = UnixListener::bind(node.machine.world.ceph_run.join(socket)).expect("a socket");
    tokio::spawn(async move {
        let mut states = states.iter();
        let mut state = "";
        while let Ok((stream, _)) = listener.accept().await {
            state = states.next().unwrap_or(&state);
            let mut stream = BufReader::new(stream);
            let mut command = Vec::new();
            stream.read_until(0, &mut command).await.expect("a command");
            let told = format!("{{\"whoami\":{number},\"state\":\"{state}\"}}");
            let length = u32::try_from(told.len()).expect("a short answer");
            stream
                .write_all(&length.to_be_bytes())
                .await
                .expect("a caller");
            stream.write_all(told.as_bytes()).await.expect("a caller");
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn an_osd_that_boots_is_awaited_until_it_is_up() {
    let lab = Lab::of(1, &[]).await;
    lab.form_ceph(1).await;
    let first = lab.apply(1, &lab.disk(1, "sdb")).await.expect("a disk");
    let number: u64 = first[0].with["osd"].parse().expect("a number");
    osd(lab.node(1), number + 1, &["booting", "booting", "active"]);
    let found = lab.apply(1, &lab.disk(1, "sda")).await.expect("a disk");
    assert_eq!(
        spoken(&found[0]),
        format!("Ceph uses disk sda of pi-1 as osd.{}.", number + 1)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_osd_that_never_comes_up_is_a_failure_with_both_ways_on() {
    let lab = Lab::of(1, &[]).await;
    lab.form_ceph(1).await;
    let first = lab.apply(1, &lab.disk(1, "sdb")).await.expect("a disk");
    let number: u64 = first[0].with["osd"].parse().expect("a number");
    osd(lab.node(1), number, &["booting"]);
    match lab.observe(1, &lab.disk(1, "sdb")).await {
        Ok(Seen::Missing(found)) => assert_eq!(found, format!("osd.{number} is booting")),
        other => panic!("{other:?}"),
    }
    let (failure, hint) = lab.fails(1, &lab.disk(1, "sdb")).await;
    assert_eq!(failure.what.code, "microceph.disk-down");
    assert!(
        hint.contains(&format!("sudo microceph disk remove osd.{number}")),
        "{hint}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_is_asked_to_stop_begins_no_call() {
    let lab = Lab::of(1, &[]).await;
    let work = lab.ceph_bootstrap(1);
    let context = lab.context(Inputs::new());
    context.cancel.cancel();
    let failure = heard(lab.step(1, &work).apply(&context).await).expect_err("stopped");
    assert_eq!(failure.what.code, "micro.stopped-as-asked");
    is_untouched(lab.node(1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bootstrap_whose_caller_died_is_found_and_not_begun_again() {
    let lab = Lab::of(1, &[]).await;
    let work = lab.ceph_bootstrap(1);
    let context = lab.context(Inputs::new());
    let step = lab.step(1, &work);
    // Late enough that MicroCeph carries on without its caller.
    let died = lab
        .node(1)
        .machine
        .world
        .clock
        .in_life(Duration::from_secs(3));
    drop(tokio::time::timeout(died, step.apply(&context)).await);
    let found = lab.apply(1, &work).await.expect("what was begun, awaited");
    assert_eq!(found[0].code, "micro.is-bootstrapped");
    assert_eq!(host::hostname(&lab.node(1).machine.world), "pi-1");
}
