//! The leader's database: who is in the cluster, who may join it, and what was done.
//!
//! One OS thread owns the connection; [`Store`] is a handle to it that may be cloned. What an
//! answer says was done is on the medium: WAL with `synchronous=FULL`, for SD cards and power cuts.
//! Times are the caller's, in milliseconds since 1970.

mod certs;
mod journal;
mod nodes;
mod schema;
mod tokens;

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::engine::Millis;

pub use certs::{Certificate, NewCertificate, Standing};
pub use journal::{Entry, Recorded, Timing};
pub use nodes::{Cluster, Node, NodeRole, NodeState};
pub use tokens::{NewToken, RedeemError, Redeemed, Redemption, Token, TokenRefused};

/// How many requests may wait for the thread before senders wait too.
const QUEUE: usize = 64;

/// Why the database could not answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It was closed, or its thread has ended.
    #[error("the database is closed")]
    Closed,
    /// A newer mcloud wrote it.
    #[error(
        "{path} has schema {found}, this mcloud knows schemas up to {known}: use the newer mcloud"
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest schema known here.
        known: i64,
    },
    /// Another program's database.
    #[error("{path} is not a database of mcloud: move it away")]
    Foreign {
        /// The database.
        path: PathBuf,
    },
    /// SQLite's integrity check failed, or it is no database at all.
    #[error("{path} is damaged ({what}): restore it from a snapshot")]
    Damaged {
        /// The database.
        path: PathBuf,
        /// The first thing that is wrong.
        what: String,
    },
    /// Others may read or change it. Refused, not repaired, as with keys.
    #[error("{path} has mode {mode:04o}, others may use it: run \"chmod go= {path}\"")]
    Open {
        /// The file or directory.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// There is one already.
    #[error("{0} exists already")]
    Exists(&'static str),
    /// There is none such.
    #[error("there is no {0} of that name")]
    Unknown(&'static str),
    /// A used token cannot be taken back.
    #[error("the token was used by node {0}: remove that node instead")]
    Used(String),
    /// The journal's body is not JSON.
    #[error("the journal takes JSON only")]
    NotJson,
    /// The file system.
    #[error("{path}: {source}")]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// SQLite.
    #[error("the database failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
}

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

enum Work {
    Do(Job),
    Close(oneshot::Sender<()>),
}

/// A handle to the database.
#[derive(Debug, Clone)]
pub struct Store {
    work: mpsc::Sender<Work>,
}

impl Store {
    /// Opens the database at `path`, made at the first call: its directory gets mode 0700, the file
    /// 0600. An older schema is brought up to date, a damaged or newer database is refused.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let (work, jobs) = mpsc::channel(QUEUE);
        let (ready, opened) = oneshot::channel();
        let path = path.to_path_buf();
        let thread = std::thread::Builder::new().name("store".to_owned());
        let at = path.clone();
        thread
            .spawn(move || serve(&at, jobs, ready))
            .map_err(|source| StoreError::Io { path, source })?;
        opened.await.map_err(|_| StoreError::Closed)??;
        Ok(Self { work })
    }

    /// Closes the database, for every handle, and returns when the file is let go.
    pub async fn close(self) {
        let (done, closed) = oneshot::channel();
        if self.work.send(Work::Close(done)).await.is_ok() {
            // An error means that the thread has ended, which is what was asked for.
            let _ = closed.await;
        }
    }

    /// Runs `job` on the thread. A caller that stops waiting does not stop the job.
    async fn run<T, E>(
        &self,
        job: impl FnOnce(&mut Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            // The caller may have gone; the work is done all the same.
            let _ = reply.send(job(connection));
        });
        let closed = || E::from(StoreError::Closed);
        self.work.send(Work::Do(job)).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }
}

/// The thread: opens, then works until it is told to close or every handle is gone.
fn serve(
    path: &Path,
    mut jobs: mpsc::Receiver<Work>,
    ready: oneshot::Sender<Result<(), StoreError>>,
) {
    let mut connection = match schema::open(path) {
        Ok(connection) => connection,
        Err(error) => {
            // Nobody waits any more: then nobody needs the reason.
            let _ = ready.send(Err(error));
            return;
        }
    };
    if ready.send(Ok(())).is_err() {
        return;
    }
    while let Some(work) = jobs.blocking_recv() {
        match work {
            Work::Do(job) => job(&mut connection),
            Work::Close(done) => {
                drop(connection);
                // Whoever asked may have stopped waiting.
                let _ = done.send(());
                return;
            }
        }
    }
}

/// A number as SQLite keeps it: signed.
fn to_sql(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number as it was kept; the schema keeps negative ones out.
fn from_sql(number: i64) -> Millis {
    u64::try_from(number).unwrap_or(0)
}
