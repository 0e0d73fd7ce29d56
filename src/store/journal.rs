//! What was done, written ahead, and how long things usually take.

use rusqlite::{OptionalExtension, params};

use super::{Store, StoreError, from_sql, to_sql};
use crate::engine::Millis;

/// How many timings of one class and model are kept; older ones say less.
const KEPT: i64 = 50;

/// A line for the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The run it belongs to.
    pub run: String,
    /// When it happened.
    pub at: Millis,
    /// The version of the body's shape.
    pub schema: u32,
    /// What kind of line it is.
    pub kind: String,
    /// The step, where it is about one.
    pub step: Option<String>,
    /// The attempt at that step.
    pub attempt: Option<u32>,
    /// The rest, one JSON value as text. Never a secret.
    pub body: String,
}

/// A line of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Its number; rises, and is never given twice.
    pub seq: i64,
    /// What was recorded.
    pub entry: Entry,
}

/// How long a step once took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timing {
    /// The step's class for its usual time.
    pub class: String,
    /// The model of the board it ran on.
    pub model: String,
    /// How long, in ms of World's clock.
    pub ms: u64,
    /// When it ended.
    pub at: Millis,
}

impl Store {
    /// Appends a line. When its number comes back, the line is on the medium.
    pub async fn append(&self, entry: Entry) -> Result<i64, StoreError> {
        if serde_json::from_str::<serde::de::IgnoredAny>(&entry.body).is_err() {
            return Err(StoreError::NotJson);
        }
        self.run(move |db| {
            db.execute(
                "INSERT INTO journal (run, at, schema, kind, step, attempt, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    entry.run,
                    to_sql(entry.at),
                    entry.schema,
                    entry.kind,
                    entry.step,
                    entry.attempt,
                    entry.body
                ],
            )?;
            Ok(db.last_insert_rowid())
        })
        .await
    }

    /// All lines of a run, in the order they were appended.
    pub async fn journal(&self, run: &str) -> Result<Vec<Recorded>, StoreError> {
        let run = run.to_owned();
        self.run(move |db| {
            let sql = "SELECT seq, run, at, schema, kind, step, attempt, body
                       FROM journal WHERE run = ?1 ORDER BY seq";
            let mut query = db.prepare(sql)?;
            let lines = query.query_map([&run], |row| {
                Ok(Recorded {
                    seq: row.get(0)?,
                    entry: Entry {
                        run: row.get(1)?,
                        at: from_sql(row.get(2)?),
                        schema: row.get(3)?,
                        kind: row.get(4)?,
                        step: row.get(5)?,
                        attempt: row.get(6)?,
                        body: row.get(7)?,
                    },
                })
            })?;
            Ok(lines.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// The run that was written to last; none in an empty journal.
    pub async fn last_run(&self) -> Result<Option<String>, StoreError> {
        self.run(|db| {
            let sql = "SELECT run FROM journal ORDER BY seq DESC LIMIT 1";
            Ok(db.query_row(sql, [], |row| row.get(0)).optional()?)
        })
        .await
    }

    /// Remembers how long a step took.
    pub async fn add_timing(&self, timing: Timing) -> Result<(), StoreError> {
        self.run(move |db| {
            let transaction = db.transaction()?;
            transaction.execute(
                "INSERT INTO timings (class, model, ms, at) VALUES (?1, ?2, ?3, ?4)",
                params![
                    timing.class,
                    timing.model,
                    to_sql(timing.ms),
                    to_sql(timing.at)
                ],
            )?;
            transaction.execute(
                "DELETE FROM timings WHERE class = ?1 AND model = ?2 AND rowid NOT IN (
                     SELECT rowid FROM timings WHERE class = ?1 AND model = ?2
                     ORDER BY at DESC, rowid DESC LIMIT ?3)",
                params![timing.class, timing.model, KEPT],
            )?;
            Ok(transaction.commit()?)
        })
        .await
    }

    /// The usual time in ms, the median of what is remembered (the lower of two middle ones); none
    /// where nothing is.
    pub async fn median_timing(&self, class: &str, model: &str) -> Result<Option<u64>, StoreError> {
        let model = model.to_owned();
        let class = class.to_owned();
        self.run(move |db| {
            let sql = "SELECT ms FROM timings WHERE class = ?1 AND model = ?2 ORDER BY ms
                       LIMIT 1 OFFSET (SELECT max(count(*) - 1, 0) / 2 FROM timings
                                       WHERE class = ?1 AND model = ?2)";
            let ms = db.query_row(sql, [&class, &model], |row| row.get(0));
            Ok(ms.optional()?.map(from_sql))
        })
        .await
    }
}
