//! The binary itself: rehearsals, bad input, exit codes, and what is left behind.

#![expect(
    clippy::indexing_slicing,
    reason = "in a test, an assumption that does not hold is a failure"
)]

mod dialog;
mod faults;
mod input;
mod interrupt;
mod matrix;
mod runs;
mod told;

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// The binary with a home and a place for temporary files that hold nothing else.
pub(crate) struct Mcloud {
    place: TempDir,
}

impl Mcloud {
    pub(crate) fn new() -> Self {
        let place = TempDir::new().expect("a directory");
        Self { place }
    }

    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mcloud"));
        command
            .args(words)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("HOME", self.place.path())
            .env("TMPDIR", self.place.path())
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, words: &[&str]) -> Ended {
        let output = self.command(words).output();
        Ended::of(&output.expect("mcloud starts"))
    }

    /// What lies where mcloud was let write.
    pub(crate) fn left(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.place.path()).expect("the place");
        let names = entries.flatten().map(|entry| entry.file_name());
        names.map(|name| name.display().to_string()).collect()
    }
}

/// How a run of the binary ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    fn of(output: &Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout.clone()).expect("UTF-8"),
            err: String::from_utf8(output.stderr.clone()).expect("UTF-8"),
        }
    }

    /// The lines of a `--json` run.
    pub(crate) fn events(&self) -> Vec<Value> {
        let parse = |line| serde_json::from_str(line).expect("a line is JSON");
        self.out.lines().map(parse).collect()
    }

    pub(crate) fn last(&self) -> Value {
        self.events()
            .pop()
            .unwrap_or_else(|| panic!("no events: {self:?}"))
    }
}

/// Writes a preseed beside nothing else; its path.
pub(crate) fn preseed(dir: &Path, text: &str) -> String {
    let path = dir.join("answers.yaml");
    std::fs::write(&path, text).expect("the file");
    path.display().to_string()
}

/// The example that is shipped.
pub(crate) const EXAMPLE: &str = include_str!("../../assets/preseed.example.yaml");
