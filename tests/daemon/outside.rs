//! Before Install nothing is written outside mcloud's own directories.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use mcloud::engine::Intent;
use mcloud::engine::event::What;
use serde_json::Value;

use crate::lab::{LEADER, Lab};

/// Every file below `dir` with what it holds, but for those below `except`.
fn tree(dir: &Path, except: &[PathBuf], found: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in std::fs::read_dir(dir).expect("a directory").flatten() {
        let path = entry.path();
        if except.contains(&path) {
            continue;
        }
        let kind = entry.file_type().expect("a kind");
        if kind.is_dir() {
            tree(&path, except, found);
            found.insert(path, Vec::new());
        } else {
            let holds = if kind.is_file() {
                std::fs::read(&path).expect("a file")
            } else {
                Vec::new()
            };
            found.insert(path, holds);
        }
    }
}

/// Everything around the daemons: each Pi's files, and what each LXD says.
async fn outside(lab: &Lab) -> (BTreeMap<PathBuf, Vec<u8>>, Vec<Value>) {
    let mut files = BTreeMap::new();
    let mut said = Vec::new();
    for (number, pi) in lab.rehearsal.nodes.iter().enumerate() {
        let own = [pi.world.state_dir.clone(), pi.world.run_dir.clone()];
        tree(&lab.rehearsal.root().join(&pi.name), &own, &mut files);
        for path in [
            "/1.0",
            "/1.0/cluster",
            "/1.0/storage-pools?recursion=1",
            "/1.0/profiles?recursion=1",
            "/1.0/networks?recursion=1",
        ] {
            said.push(lab.lxd(number, ("GET", path), Value::Null).await);
        }
    }
    (files, said)
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_outside_before_install() {
    let lab = Lab::of(3).await;
    let before = outside(&lab).await;
    let mut leader = lab.begin(false).await;
    let mut joiners = Vec::new();
    for number in lab.joiners() {
        joiners.push(lab.bring_in(number).await);
    }
    leader
        .until(|event| matches!(event.what, What::Plan { .. }))
        .await;
    assert_eq!(outside(&lab).await, before, "at Review");
    leader.intend(Intent::Leave).await;
    let done = leader.done().await;
    assert_eq!((done.ok, done.exit), (false, 3));
    for joiner in &mut joiners {
        assert_eq!(joiner.done().await.exit, 3);
    }
    assert_eq!(outside(&lab).await, before, "after Leave");
    assert!(
        lab.pi(LEADER).world.database().exists(),
        "the comparison leaves state out"
    );
}
