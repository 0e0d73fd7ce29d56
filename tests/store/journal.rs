//! The journal keeps what it was given, in order, across restarts.

use mcloud::store::{Entry, StoreError, Timing};

use crate::{NOW, Place};

fn entry(run: &str, kind: &str) -> Entry {
    Entry {
        run: run.to_owned(),
        at: NOW,
        schema: 1,
        kind: kind.to_owned(),
        step: Some("lxd.join@pi-b".to_owned()),
        attempt: Some(2),
        body: r#"{"made":true}"#.to_owned(),
    }
}

#[tokio::test]
async fn a_run_is_read_back_whole_and_in_order_after_a_restart() {
    let place = Place::new().await;
    for kind in ["asked", "started", "ended"] {
        place.store.append(entry("one", kind)).await.unwrap();
        place.store.append(entry("two", kind)).await.unwrap();
    }
    let place = place.reopened().await;
    let lines = place.store.journal("one").await.unwrap();
    let kinds: Vec<_> = lines.iter().map(|line| line.entry.kind.as_str()).collect();
    assert_eq!(kinds, ["asked", "started", "ended"]);
    assert!(lines.is_sorted_by(|a, b| a.seq < b.seq));
    assert_eq!(lines[0].entry, entry("one", "asked"));
    assert_eq!(place.store.last_run().await.unwrap().unwrap(), "two");
}

#[tokio::test]
async fn an_empty_journal_has_no_last_run() {
    let place = Place::new().await;
    assert_eq!(place.store.last_run().await.unwrap(), None);
    assert!(place.store.journal("none").await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_not_json_is_not_journalled() {
    let place = Place::new().await;
    let mut wrong = entry("one", "asked");
    wrong.body = "{".to_owned();
    let refused = place.store.append(wrong).await.unwrap_err();
    assert!(matches!(refused, StoreError::NotJson));
    assert!(place.store.journal("one").await.unwrap().is_empty());
}

#[tokio::test]
async fn lines_appended_by_many_at_once_all_arrive() {
    let place = Place::new().await;
    let writers: Vec<_> = (0..20)
        .map(|_| {
            let store = place.store.clone();
            tokio::spawn(async move { store.append(entry("one", "asked")).await.unwrap() })
        })
        .collect();
    let mut numbers = Vec::new();
    for writer in writers {
        numbers.push(writer.await.unwrap());
    }
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), 20);
    assert_eq!(place.store.journal("one").await.unwrap().len(), 20);
}

fn timing(class: &str, ms: u64, at: u64) -> Timing {
    Timing {
        class: class.to_owned(),
        model: "pi5".to_owned(),
        ms,
        at,
    }
}

#[tokio::test]
async fn the_usual_time_is_the_median_of_that_class_and_model() {
    let place = Place::new().await;
    let store = &place.store;
    assert_eq!(store.median_timing("lxd.join", "pi5").await.unwrap(), None);
    for (at, ms) in [(1, 900), (2, 10), (3, 20)] {
        store.add_timing(timing("lxd.join", ms, at)).await.unwrap();
    }
    store.add_timing(timing("other", 7, 4)).await.unwrap();
    let median = store.median_timing("lxd.join", "pi5").await.unwrap();
    assert_eq!(median, Some(20));
    store.add_timing(timing("lxd.join", 30, 5)).await.unwrap();
    let lower = store.median_timing("lxd.join", "pi5").await.unwrap();
    assert_eq!(lower, Some(20));
    assert_eq!(store.median_timing("lxd.join", "pi4").await.unwrap(), None);
}

#[tokio::test]
async fn old_timings_give_way_to_new_ones() {
    let place = Place::new().await;
    for at in 0..50 {
        place.store.add_timing(timing("c", 1, at)).await.unwrap();
    }
    for at in 50..100 {
        place.store.add_timing(timing("c", 9, at)).await.unwrap();
    }
    // Were the fifty old ones still there, the lower median would be theirs.
    let median = place.store.median_timing("c", "pi5").await.unwrap();
    assert_eq!(median, Some(9));
}
