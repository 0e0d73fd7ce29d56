//! The journal's writer: entries reach the database in the order in which the engine gave them.

use tokio::sync::mpsc;

use super::Daemon;
use crate::engine::message::{Failure, Message};
use crate::engine::{Entry, Event, Fact, Recorded};
use crate::store::{self, Store};

/// The version of the journal's entries.
const JOURNAL_SCHEMA: u32 = 1;

/// An entry on its way to the database.
#[derive(Debug)]
pub(super) struct Writing {
    store: Option<Store>,
    row: store::Entry,
    timing: Option<store::Timing>,
    recorded: Option<Recorded>,
}

/// Writes what comes, one after the other, until the daemon is gone: what it had given is written
/// then. Entries that something waits for are answered when they are durable.
pub(super) async fn write(
    mut entries: mpsc::UnboundedReceiver<Writing>,
    events: mpsc::UnboundedSender<Event>,
) {
    while let Some(entry) = entries.recv().await {
        let written = match &entry.store {
            Some(store) => append(store, entry.row).await,
            None => Err("this node leads no cluster".to_owned()),
        };
        if let (Some(store), Some(timing)) = (&entry.store, entry.timing) {
            // A lost timing costs an estimate, nothing else.
            let _ = store.add_timing(timing).await;
        }
        let fact = match (entry.recorded, written) {
            (Some(recorded), Ok(())) => Fact::Journaled(recorded),
            (Some(recorded), Err(error)) => {
                let what = Message::new("journal.not-written");
                Fact::NotJournaled(recorded, Failure::new(what).because(error))
            }
            (None, Ok(())) => continue,
            (None, Err(error)) => {
                tracing::error!(error, "a journal entry was not written");
                continue;
            }
        };
        // The loop has ended when nobody receives: then nobody waits.
        let _ = events.send(Event::Fact(fact));
    }
}

async fn append(store: &Store, row: store::Entry) -> Result<(), String> {
    let written = store.append(row).await;
    written.map(drop).map_err(|error| error.to_string())
}

impl Daemon {
    /// Gives an entry to the writer.
    pub(super) fn record(&self, run: String, entry: &Entry) {
        let recorded = match entry {
            Entry::Run { .. } => Some(Recorded::Run),
            Entry::Start { step, attempt, .. } => Some(Recorded::Step {
                step: step.clone(),
                attempt: *attempt,
            }),
            Entry::End { .. } | Entry::Decision { .. } => None,
        };
        let row = self.row(run, entry);
        // The writer outlives whoever can call this.
        let _ = self.journal.send(Writing {
            store: self.leader.open().map(|open| open.store.clone()),
            timing: timing(entry, row.at),
            row,
            recorded,
        });
    }

    fn row(&self, run: String, entry: &Entry) -> store::Entry {
        let (kind, step, attempt) = match entry {
            Entry::Run { .. } => ("run", None, None),
            Entry::Start { step, attempt, .. } => ("start", Some(step.clone()), Some(*attempt)),
            Entry::End { step, attempt, .. } => ("end", Some(step.clone()), Some(*attempt)),
            Entry::Decision { .. } => ("decision", None, None),
        };
        store::Entry {
            run,
            at: self.world.clock.now(),
            schema: JOURNAL_SCHEMA,
            kind: kind.to_owned(),
            step,
            attempt,
            body: serde_json::to_string(entry).unwrap_or_default(),
        }
    }
}

/// What a step that was done took, for the next estimate.
fn timing(entry: &Entry, at: u64) -> Option<store::Timing> {
    match entry {
        Entry::End {
            step,
            made: true,
            took_ms,
            ..
        } => {
            let class = step.split('@').next().unwrap_or_default().to_owned();
            Some(store::Timing {
                class,
                model: String::new(),
                ms: *took_ms,
                at,
            })
        }
        _ => None,
    }
}
