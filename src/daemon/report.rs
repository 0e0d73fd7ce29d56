//! What is written down of an undertaking: its answers as a preseed, and a report for whoever is asked.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::Daemon;
use crate::engine::message::{Failure, Message};
use crate::engine::{Event, Fact};
use crate::session::files;
use crate::wire::Answer;

impl Daemon {
    /// The answers as a preseed, with the consent to what Review shows.
    pub(super) fn preseed(&self) -> Answer {
        let cluster = self.hub.cluster.borrow().clone();
        let Some(mut answers) = cluster.answers.as_deref().cloned() else {
            let failure = Failure::new(Message::new("ask.no-answers"));
            return Answer::Failed { failure };
        };
        if let Some(plan) = &cluster.plan {
            answers.erase = plan.erasures.len();
        }
        Answer::Preseed {
            text: crate::preseed::write(&answers),
        }
    }

    /// Writes a report below the state directory: all that a face may see, and every event. There is
    /// no secret in either.
    pub(super) fn write_down(&self) {
        let written = self.write_report();
        let failed = |why: String| Failure::new(Message::new("report.not-written")).because(why);
        let written = written.map(|path| path.display().to_string());
        self.push(Event::Fact(Fact::Reported(written.map_err(failed))));
    }

    fn write_report(&self) -> Result<PathBuf, String> {
        let now = self.world.clock.now();
        let head = json!({
            "report": 1, "mcloud": self.mcloud, "at": now, "node": self.identity.id().to_string(),
        });
        let picture = serde_json::to_value(self.hub.picture.borrow().as_ref());
        let picture = picture.map_err(|error| error.to_string())?;
        let mut lines = vec![head, json!({ "picture": picture })];
        for event in self.hub.events() {
            let event: Value =
                serde_json::to_value(event.as_ref()).map_err(|error| error.to_string())?;
            lines.push(json!({ "event": event }));
        }
        let lines: Vec<_> = lines.iter().map(Value::to_string).collect();
        let text = lines.join("\n") + "\n";
        let path = self.world.state_dir.join(format!("report-{now}.jsonl"));
        files::write_private(&path, &text).map_err(|error| error.to_string())?;
        Ok(path)
    }
}
