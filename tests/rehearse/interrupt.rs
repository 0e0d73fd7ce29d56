//! Ctrl-C: the operator leaves.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use rstest::rstest;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::Mcloud;

/// Rehearses until an event is as wanted, then interrupts; the exit code and the last event.
fn interrupted(
    mcloud: &Mcloud,
    extra: &[&str],
    wanted: impl Fn(&Value) -> bool,
) -> (Option<i32>, Value) {
    let words = ["rehearse", "--nodes", "3", "--speed", "20", "--json"];
    let mut child = mcloud
        .command(&[&words[..], extra].concat())
        .stdout(Stdio::piped())
        .spawn()
        .expect("mcloud starts");
    let pid = Pid::from_child(&child);
    let mut sent = false;
    let mut last = Value::Null;
    let out = child.stdout.take().expect("its output");
    for line in BufReader::new(out).lines() {
        last = serde_json::from_str(&line.expect("a line")).expect("JSON");
        if !sent && wanted(&last) {
            kill_process(pid, Signal::INT).expect("it runs");
            sent = true;
        }
    }
    assert!(sent, "{last}");
    (child.wait().expect("it ends").code(), last)
}

#[rstest]
#[case::while_joiners_are_waited_for("peer")]
#[case::at_the_first_word("hello")]
fn ctrl_c_before_install_leaves_with_exit_code_3(#[case] kind: &str) {
    let mcloud = Mcloud::new();
    let (code, last) = interrupted(&mcloud, &[], |event| event["kind"] == kind);
    assert_eq!(code, Some(3), "{last}");
    assert_eq!(
        (&last["kind"], &last["ok"]),
        (&"done".into(), &false.into())
    );
    assert_eq!(last["exit"], 3);
    assert_eq!(mcloud.left(), Vec::<String>::new());
}

#[test]
fn ctrl_c_during_install_stops_at_a_safe_place_with_exit_code_3() {
    let mcloud = Mcloud::new();
    let slow = ["--fault", "lxd.enable@pi-a=slow:20s"];
    let (code, last) = interrupted(&mcloud, &slow, |event| {
        event["step"] == "lxd.bootstrap@pi-a" && event["state"] == "running"
    });
    assert_eq!(code, Some(3), "{last}");
    assert_eq!(last["exit"], 3);
    assert_eq!(mcloud.left(), Vec::<String>::new());
}
