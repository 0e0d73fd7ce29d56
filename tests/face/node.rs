//! A node of its own: the daemon starts with the first face, stays, and later faces attach to it.

use std::fs;
use std::path::{Path, PathBuf};

use mcloud::preseed::is_name;
use mcloud::world::World;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::seat::console;

/// This machine as a node, with a state of its own; its daemon is ended when the test is over.
struct Node {
    dir: TempDir,
    /// Its name, by its host name.
    name: String,
}

impl Node {
    fn new() -> Self {
        let hostname = mcloud::infra::host::hostname(&World::machine());
        let short = hostname.split('.').next().unwrap_or_default();
        let name = short.to_ascii_lowercase();
        assert!(is_name(&name), "{hostname} cannot be a node's name");
        let nics = if_addrs::get_if_addrs().expect("this machine has NICs");
        let address = nics.iter().find(|nic| nic.ip().is_ipv4());
        let address = address.expect("one with an address").ip();
        let dir = tempfile::tempdir().expect("a directory of its own");
        let preseed = format!(
            "cluster: attic\ninitiator: {name}\nnodes:\n  - name: {name}\n    address: {address}\n"
        );
        fs::write(dir.path().join("preseed.yaml"), preseed).expect("the directory takes files");
        Self { dir, name }
    }

    fn at(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    /// What this node's operator types.
    fn init(&self, face: &[&'static str]) -> Vec<String> {
        let words = [
            "init".to_owned(),
            "--state-dir".to_owned(),
            self.at("state"),
        ];
        let preseed = ["--preseed".to_owned(), self.at("preseed.yaml")];
        let face = face.iter().map(|word| (*word).to_owned());
        words.into_iter().chain(preseed).chain(face).collect()
    }

    /// The process that holds this node's lock.
    fn daemon(&self) -> Option<Pid> {
        let lock = fs::canonicalize(self.at("state/run/lock")).ok()?;
        let processes = fs::read_dir("/proc").ok()?.flatten();
        let mut processes = processes.map(|process| process.path());
        let process = processes.find(|process| holds(process, &lock))?;
        let pid = process.file_name()?.to_str()?.parse().ok()?;
        Pid::from_raw(pid)
    }
}

fn holds(process: &Path, file: &PathBuf) -> bool {
    let open = fs::read_dir(process.join("fd")).into_iter().flatten();
    open.flatten()
        .any(|fd| fs::read_link(fd.path()).is_ok_and(|link| link == *file))
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(pid) = self.daemon() {
            kill_process(pid, Signal::KILL).ok();
        }
    }
}

#[test]
fn without_lxd_every_face_says_so_and_the_daemon_stays_for_the_next_one() {
    // Where this machine has an LXD, the sentence is another one.
    if World::machine()
        .lxd_sockets
        .iter()
        .any(|path| path.exists())
    {
        return;
    }
    let node = Node::new();
    let says = format!("LXD is not installed on {}.", node.name);
    let mut daemons = Vec::new();
    for face in [&[][..], &["--lines"], &["--json"]] {
        let words = node.init(face);
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        let mut seat = console(120, 40).run(&words);
        assert_eq!(seat.exit(), 1, "{face:?}: {}", seat.text());
        seat.assert_given_back();
        let text = seat.text();
        assert!(text.contains(&says), "{face:?}:\n{text}");
        let fix = "snap install lxd, or apt install lxd";
        assert!(text.replace('\n', "").contains(fix), "{face:?}:\n{text}");
        daemons.push(node.daemon().expect("the daemon stays"));
    }
    daemons.dedup();
    assert_eq!(daemons.len(), 1, "one daemon for all faces");
}
