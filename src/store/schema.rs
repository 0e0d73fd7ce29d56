//! How the database is opened, and what is in it.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode};

use super::StoreError;

/// What each schema adds to the one before, the first to an empty database. Never edited once
/// released: a change is one more entry.
const MIGRATIONS: &[&str] = &[SCHEMA_1];

/// The mode bits that let anybody but the owner in.
const OTHERS: u32 = 0o077;

/// "MCLD" in SQLite's `application_id`.
const APPLICATION: i64 = 0x4d43_4c44;

const SCHEMA_1: &str = "
CREATE TABLE cluster (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    id      TEXT    NOT NULL,
    name    TEXT    NOT NULL,
    epoch   INTEGER NOT NULL CHECK (epoch >= 0),
    created INTEGER NOT NULL CHECK (created >= 0)
) STRICT;

CREATE TABLE nodes (
    id      TEXT    PRIMARY KEY,
    name    TEXT    NOT NULL,
    address TEXT    NOT NULL,
    role    TEXT    NOT NULL CHECK (role IN ('leader', 'worker')),
    model   TEXT    NOT NULL,
    joined  INTEGER NOT NULL CHECK (joined >= 0),
    state   TEXT    NOT NULL CHECK (state IN ('active', 'removed'))
) STRICT;
-- The name of a removed node may be given again.
CREATE UNIQUE INDEX nodes_name ON nodes (name) WHERE state <> 'removed';

CREATE TABLE certs (
    fingerprint TEXT    PRIMARY KEY,
    node        TEXT    NOT NULL REFERENCES nodes (id),
    serial      TEXT    NOT NULL UNIQUE,
    der         BLOB    NOT NULL,
    not_after   INTEGER NOT NULL CHECK (not_after >= 0),
    issued      INTEGER NOT NULL CHECK (issued >= 0),
    revoked_at  INTEGER CHECK (revoked_at >= 0)
) STRICT;
CREATE INDEX certs_node ON certs (node);

CREATE TABLE join_tokens (
    id          TEXT    PRIMARY KEY,
    node        TEXT,
    secret_hash BLOB    NOT NULL CHECK (length(secret_hash) = 32),
    created     INTEGER NOT NULL CHECK (created >= 0),
    expires     INTEGER NOT NULL CHECK (expires >= 0),
    used_by     TEXT    REFERENCES nodes (id),
    used_at     INTEGER CHECK (used_at >= 0),
    cert        TEXT    REFERENCES certs (fingerprint),
    revoked_at  INTEGER CHECK (revoked_at >= 0),
    CHECK ((used_by IS NULL) = (used_at IS NULL) AND (used_by IS NULL) = (cert IS NULL))
) STRICT;

CREATE TABLE journal (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    run     TEXT    NOT NULL,
    at      INTEGER NOT NULL CHECK (at >= 0),
    schema  INTEGER NOT NULL,
    kind    TEXT    NOT NULL,
    step    TEXT,
    attempt INTEGER,
    body    TEXT    NOT NULL CHECK (json_valid(body))
) STRICT;
CREATE INDEX journal_run ON journal (run, seq);

CREATE TABLE timings (
    class TEXT    NOT NULL,
    model TEXT    NOT NULL,
    ms    INTEGER NOT NULL CHECK (ms >= 0),
    at    INTEGER NOT NULL CHECK (at >= 0)
) STRICT;
CREATE INDEX timings_class ON timings (class, model, at);
";

/// Opens, checks and updates the database; see [`super::Store::open`].
pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    private(path)?;
    let mut connection = Connection::open(path)?;
    let opened = prepare(path, &mut connection);
    match opened {
        Ok(()) => Ok(connection),
        Err(StoreError::Sqlite(error)) if is_damage(&error) => Err(StoreError::Damaged {
            path: path.to_path_buf(),
            what: error.to_string(),
        }),
        Err(error) => Err(error),
    }
}

fn prepare(path: &Path, connection: &mut Connection) -> Result<(), StoreError> {
    connection.busy_timeout(Duration::from_secs(5))?;
    let version = whose(path, connection)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    check(path, connection)?;
    migrate(connection, version)
}

/// The schema of a database that is mcloud's, 0 for an empty one. Looks before anything is written.
fn whose(path: &Path, connection: &Connection) -> Result<i64, StoreError> {
    let version: i64 = pragma(connection, "user_version")?;
    let application: i64 = pragma(connection, "application_id")?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let fresh = version == 0 && application == 0 && tables == 0;
    if !fresh && application != APPLICATION {
        return Err(StoreError::Foreign {
            path: path.to_path_buf(),
        });
    }
    let known = to_version(MIGRATIONS.len());
    if version > known {
        return Err(StoreError::Newer {
            path: path.to_path_buf(),
            found: version,
            known,
        });
    }
    Ok(version)
}

fn check(path: &Path, connection: &Connection) -> Result<(), StoreError> {
    let found: String = pragma(connection, "integrity_check")?;
    if found == "ok" {
        return Ok(());
    }
    Err(StoreError::Damaged {
        path: path.to_path_buf(),
        what: found,
    })
}

/// One transaction for each schema: a power cut leaves the old one or the new one.
fn migrate(connection: &mut Connection, version: i64) -> Result<(), StoreError> {
    for (number, sql) in (1..).zip(MIGRATIONS) {
        if number <= version {
            continue;
        }
        let transaction = connection.transaction()?;
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", number)?;
        transaction.commit()?;
    }
    Ok(())
}

fn pragma<T: rusqlite::types::FromSql>(connection: &Connection, name: &str) -> rusqlite::Result<T> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}

fn to_version(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    )
}

/// Makes the directory and the file closed to others, before SQLite makes them otherwise; its
/// WAL and index take the modes of the file.
fn private(path: &Path) -> Result<(), StoreError> {
    let dir = path
        .parent()
        .filter(|dir| !dir.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(|source| at(dir, source))?;
    closed(dir)?;
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map_err(|source| at(path, source))?;
    closed(path)
}

fn closed(path: &Path) -> Result<(), StoreError> {
    let mode = fs::metadata(path)
        .map_err(|source| at(path, source))?
        .mode()
        & 0o7777;
    if mode & OTHERS == 0 {
        return Ok(());
    }
    Err(StoreError::Open {
        path: path.to_path_buf(),
        mode,
    })
}

fn at(path: &Path, source: io::Error) -> StoreError {
    StoreError::Io {
        path: path.to_path_buf(),
        source,
    }
}
