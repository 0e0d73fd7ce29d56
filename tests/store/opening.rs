//! How the database is opened: closed to others, whole, of a known schema, or not at all.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use mcloud::store::{Store, StoreError};
use rusqlite::Connection;

use crate::Place;

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_new_database_and_its_directory_are_closed_to_others() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("state");
    let path = home.join("db.sqlite");
    let _store = Store::open(&path).await.unwrap();
    assert_eq!(mode(&home), 0o700);
    let files: Vec<_> = fs::read_dir(&home).unwrap().map(|f| f.unwrap()).collect();
    assert!(files.len() >= 2, "the file and its WAL: {files:?}");
    for file in files {
        assert_eq!(mode(&file.path()), 0o600, "{file:?}");
    }
}

#[tokio::test]
async fn a_database_or_directory_that_others_may_use_is_refused() {
    let place = Place::new().await;
    place.store.clone().close().await;
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o640)).unwrap();
    let refused = Store::open(&place.path()).await.unwrap_err();
    assert!(
        matches!(refused, StoreError::Open { mode: 0o640, .. }),
        "{refused}"
    );
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(place.home(), fs::Permissions::from_mode(0o755)).unwrap();
    let refused = Store::open(&place.path()).await.unwrap_err();
    assert!(
        matches!(refused, StoreError::Open { mode: 0o755, .. }),
        "{refused}"
    );
}

#[tokio::test]
async fn the_log_is_written_ahead_and_every_table_is_strict() {
    let place = Place::new().await;
    place.store.clone().close().await;
    let db = Connection::open(place.path()).unwrap();
    let journal: String = db
        .pragma_query_value(None, "journal_mode", |row| row.get(0))
        .unwrap();
    assert_eq!(journal, "wal");
    let loose: i64 = db
        .query_row(
            "SELECT count(*) FROM pragma_table_list
             WHERE schema = 'main' AND type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite_%'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(loose, 0);
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_left_as_it_is() {
    let place = Place::new().await;
    place.store.clone().close().await;
    let db = Connection::open(place.path()).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    drop(db);
    let refused = Store::open(&place.path()).await.unwrap_err();
    assert!(matches!(
        refused,
        StoreError::Newer {
            found: 99,
            known: 1,
            ..
        }
    ));
    assert!(
        refused.to_string().contains("use the newer mcloud"),
        "{refused}"
    );
    let db = Connection::open(place.path()).unwrap();
    let version: i64 = db
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    assert_eq!(version, 99);
}

#[tokio::test]
async fn another_programs_database_is_refused() {
    let place = Place::new().await;
    let path = place.home().join("other.sqlite");
    fs::write(&path, "").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    Connection::open(&path)
        .unwrap()
        .execute_batch("CREATE TABLE theirs (x)")
        .unwrap();
    let refused = Store::open(&path).await.unwrap_err();
    assert!(matches!(refused, StoreError::Foreign { .. }), "{refused}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_called_damaged() {
    let place = Place::new().await;
    let path = place.home().join("broken.sqlite");
    fs::write(&path, [7; 8192]).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let refused = Store::open(&path).await.unwrap_err();
    assert!(matches!(refused, StoreError::Damaged { .. }), "{refused}");
}

#[tokio::test]
async fn a_database_whose_index_lost_a_row_is_called_damaged() {
    let place = Place::new().await;
    place
        .store
        .put_node(crate::node("a", "pi-a"))
        .await
        .unwrap();
    place.store.clone().close().await;
    // The index keeps its entry while the table's page forgets the row.
    let db = Connection::open(place.path()).unwrap();
    db.execute_batch(
        "PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema
             WHERE name = 'timings') WHERE name = 'nodes_name';",
    )
    .unwrap();
    drop(db);
    let refused = Store::open(&place.path()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Damaged { .. }), "{refused}");
}

#[tokio::test]
async fn a_closed_database_says_so_to_every_handle() {
    let place = Place::new().await;
    let other = place.store.clone();
    place.store.close().await;
    assert!(matches!(other.nodes().await, Err(StoreError::Closed)));
}
