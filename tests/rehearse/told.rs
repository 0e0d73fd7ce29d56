//! What the events of a rehearsal tell: phases, steps, what exists in the end.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value;
use tempfile::TempDir;

use crate::{Ended, Mcloud, preseed};

/// The seven rows of the screen.
pub(crate) const ALL: [&str; 7] = [
    "preflight",
    "control-plane",
    "lxd",
    "microceph",
    "microovn",
    "attach",
    "finalize",
];

/// A preseed of simulated Pis.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Answers<'a> {
    /// Their names.
    pub(crate) nodes: &'a [&'a str],
    /// Those that give their empty disk to Ceph.
    pub(crate) ceph: &'a [&'a str],
    /// The NIC that each has for OVN; empty: none.
    pub(crate) uplink: &'a str,
    /// Whether they have IPv6 addresses.
    pub(crate) ipv6: bool,
    /// All other keys.
    pub(crate) rest: &'a str,
}

impl Answers<'_> {
    fn text(&self) -> String {
        let mut text = "cluster: matrix\ninitiator: pi-a\nnodes:\n".to_owned();
        for (name, number) in self.nodes.iter().zip(11..) {
            let address = if self.ipv6 {
                format!("fd42:6d63::{number:x}")
            } else {
                format!("127.0.0.{number}")
            };
            write!(text, "  - name: {name}\n    address: {address}\n").expect("a text grows");
            if !self.uplink.is_empty() {
                writeln!(text, "    uplink: {}", self.uplink).expect("a text grows");
            }
            if self.ceph.contains(name) {
                let disk = format!("    disks: [{{use: ceph, serial: SIM-{name}-A}}]\n");
                text += &disk;
            }
        }
        text + self.rest
    }

    /// Rehearses them; `more` is the rest of the command line.
    pub(crate) fn rehearse(&self, more: &[&str]) -> Told {
        let dir = TempDir::new().expect("a directory");
        let path = preseed(dir.path(), &self.text());
        let nodes = self.nodes.len().to_string();
        Told::by(&[&["--nodes", &nodes, "--preseed", &path][..], more].concat())
    }
}

/// What was told.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) ended: Ended,
    pub(crate) events: Vec<Value>,
}

impl Told {
    /// By `mcloud rehearse` with these words; nothing is left behind by it.
    pub(crate) fn by(words: &[&str]) -> Self {
        let mcloud = Mcloud::new();
        let usual = ["rehearse", "--json", "--speed", "100", "--seed", "7"];
        let ended = mcloud.run(&[&usual[..], words].concat());
        assert_eq!(mcloud.left(), Vec::<String>::new());
        let events = ended.events();
        Self { ended, events }
    }

    fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Value> {
        let is = move |event: &&Value| event["kind"] == kind;
        self.events.iter().filter(is)
    }

    /// How each step ended, by its id.
    pub(crate) fn steps(&self) -> BTreeMap<&str, &str> {
        let steps = self.of_kind("step");
        steps
            .map(|event| (word(event, "step"), word(event, "state")))
            .collect()
    }

    /// The phases that have steps, all of them done.
    pub(crate) fn phases_done(&self) -> BTreeSet<&str> {
        let ended = self.steps();
        let is_there = |step: &&str| matches!(ended[*step], "done" | "already");
        let steps = self.of_kind("step");
        let phases = steps.map(|event| (word(event, "phase"), word(event, "step")));
        let phases: BTreeSet<_> = phases.collect();
        let open = phases.iter().filter(|(_, step)| !is_there(step));
        let open: BTreeSet<_> = open.map(|(phase, _)| *phase).collect();
        let all = phases.into_iter().map(|(phase, _)| phase);
        all.filter(|phase| !open.contains(phase)).collect()
    }

    /// The sentences of what was proven.
    pub(crate) fn proven(&self) -> Vec<&str> {
        let done = self.events.last().expect("events");
        let proven = done["proven"].as_array().expect("a list");
        proven.iter().map(|says| word(says, "text")).collect()
    }

    /// The lines that a step wrote.
    pub(crate) fn lines_of(&self, step: &str) -> Vec<&str> {
        let lines = self.of_kind("log").filter(|event| event["step"] == step);
        lines.map(|event| word(&event["says"], "text")).collect()
    }

    /// The plan was carried out: exit code 0, and these phases with all their steps, no other.
    pub(crate) fn assert_formed(&self, phases: &[&str]) {
        let ended = &self.ended;
        assert_eq!(ended.code, Some(0), "{}{}", ended.err, self.last());
        assert_eq!(self.last()["ok"], true);
        let wanted: BTreeSet<_> = phases.iter().copied().collect();
        let told: BTreeSet<_> = self
            .of_kind("step")
            .map(|event| word(event, "phase"))
            .collect();
        assert_eq!(told, wanted);
        assert_eq!(self.phases_done(), wanted);
    }

    /// Each of these sentences was proven.
    pub(crate) fn assert_proven(&self, sentences: &[&str]) {
        let proven = self.proven();
        for sentence in sentences {
            assert!(
                proven.contains(sentence),
                "{sentence} is not in {proven:#?}"
            );
        }
    }

    /// Nothing with this in it was proven.
    pub(crate) fn assert_nothing_proven_of(&self, what: &str) {
        let proven = self.proven();
        assert!(
            !proven.iter().any(|it| it.contains(what)),
            "{what} is in {proven:#?}"
        );
    }

    /// The last event.
    pub(crate) fn last(&self) -> &Value {
        self.events.last().expect("events")
    }

    /// The one failure of the run, and all that was told after it.
    pub(crate) fn failure(&self) -> (&Value, &[Value]) {
        let is_failure = |event: &Value| event["kind"] == "failure";
        let at = self.events.iter().position(is_failure).expect("a failure");
        let after = &self.events[at + 1..];
        assert!(!after.iter().any(is_failure), "there is a second failure");
        (&self.events[at], after)
    }
}

/// A word of an event.
pub(crate) fn word<'a>(event: &'a Value, key: &str) -> &'a str {
    let word = event[key].as_str();
    word.unwrap_or_else(|| panic!("there is no {key} in {event}"))
}
