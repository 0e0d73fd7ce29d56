//! Faults in the middle of a run: it stops on that cell with the service's own words and ways on, and
//! the other nodes go on.

use rstest::rstest;
use serde_json::Value;

use crate::told::{Answers, Told, word};

const THREE: &[&str] = &["pi-a", "pi-b", "pi-c"];

/// Three nodes with Ceph and a bridge each, where `fault` strikes.
fn struck(fault: &str, there: &str) -> Told {
    let answers = Answers {
        nodes: THREE,
        ceph: THREE,
        rest: "network: {kind: bridge}\n",
        ..Answers::default()
    };
    answers.rehearse(&["--there", there, "--fault", fault])
}

/// The steps of `node` that ended well, of those told.
fn done_on<'a>(events: &'a [Value], node: &str) -> Vec<&'a str> {
    let ended = events.iter().filter(|event| event["state"] == "done");
    let own = ended.filter(|event| event["node"] == *node);
    own.map(|event| word(event, "step")).collect()
}

#[rstest]
#[case::disk_of_a_joiner_that_microceph_refuses(
    ("microceph.disk-add@pi-b=foreign", "all"),
    "microceph.disk.sda@pi-b",
    "is not pristine (contains data) - use --wipe to override",
    ("lxd.remote@pi-a", "lxd.volumes")
)]
#[case::name_of_a_network_that_lxd_refuses(
    ("lxd.network-pending@pi-b=foreign", "all"),
    "lxd.uplink@pi-a",
    "Network interface \"lxdbr0\" already exists",
    ("lxd.profile@pi-a", "microceph.untune")
)]
#[case::snap_that_cannot_be_downloaded(
    ("snapd.download@pi-b=offline", "lxd"),
    "snap.microceph@pi-b",
    "dial tcp: lookup api.snapcraft.io",
    ("microceph.join@pi-b", "microceph.disk.sda")
)]
fn the_run_stops_on_that_cell_and_the_other_nodes_go_on(
    #[case] (fault, there): (&str, &str),
    #[case] cell: &str,
    #[case] said: &str,
    #[case] (left_out, goes_on): (&str, &str),
) {
    let told = struck(fault, there);
    assert_eq!(told.ended.code, Some(1), "{}", told.ended.err);
    assert_eq!(told.last()["ok"], false);
    let (stopped, after) = told.failure();
    assert_eq!(stopped["step"], cell);
    assert_eq!(told.last()["why"], stopped["failure"]["what"]);
    let causes = stopped["failure"]["causes"].to_string();
    let causes = causes.replace("\\\"", "\"");
    assert!(causes.contains(said), "{said} is not in {causes}");
    let remedies = &stopped["failure"]["remedies"];
    assert_eq!(*remedies, serde_json::json!(["retry", "leave"]));
    let steps = told.steps();
    assert_eq!(steps[cell], "failed");
    // What needs it never began, and is not said to be there.
    assert_eq!(steps[left_out], "skipped");
    assert_eq!(steps["lxd.guests@pi-a"], "skipped");
    for node in ["pi-a", "pi-c"] {
        let done = done_on(after, node);
        let step = format!("{goes_on}@{node}");
        assert!(done.contains(&&*step), "{step} is not in {done:?}");
    }
}
