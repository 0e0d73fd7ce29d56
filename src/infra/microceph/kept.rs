//! What counted on a monitor before it was tuned, kept for the step that gives it back.

use std::path::PathBuf;
use std::{fs, io};

use super::tune::Monitor;
use super::tuning::Values;

impl Monitor {
    /// Where is kept what counted before the monitor was tuned.
    pub(super) fn kept_in(&self) -> PathBuf {
        let file = format!("monitor-{}.json", self.name);
        self.reach.world.state_dir.join(file)
    }

    /// Keeps what counts now, for the step that gives it back; what was kept first stays.
    pub(super) fn keep(&self, values: &Values) -> io::Result<()> {
        if self.kept().is_some() {
            return Ok(());
        }
        let values: Vec<String> = values.each().map(|(_, value)| value).collect();
        fs::write(self.kept_in(), serde_json::json!(values).to_string())
    }

    /// What was kept; none where nothing was, and Ceph's defaults are meant.
    pub(super) fn kept(&self) -> Option<Values> {
        let kept = fs::read(self.kept_in()).ok()?;
        let kept: Vec<String> = serde_json::from_slice(&kept).ok()?;
        Values::told(&kept)
    }

    /// What counted before, which counts again in the end.
    pub(super) fn before(&self) -> Values {
        self.kept().unwrap_or_else(Values::defaults)
    }
}
