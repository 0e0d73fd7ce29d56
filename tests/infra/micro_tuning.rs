//! How far a monitor is hurried, and what its admin socket says.

use std::time::Duration;

use mcloud::infra::microceph::admin::{Admin, AdminError};
use mcloud::infra::microceph::tuning::{Values, write_takes};
use mcloud::world::Clock;
use rstest::rstest;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixListener;

#[rstest]
#[case::fast_storage(1, Some("1.000 0.300 0.050 0.010"))]
#[case::just_slower(5, Some("1.000 0.300 0.050 0.010"))]
#[case::a_card(15, Some("3.000 1.150 0.525 0.030"))]
#[case::a_poor_card(25, None)]
#[case::hardly_any(900, None)]
fn the_slower_a_write_is_the_less_is_a_monitor_hurried(
    #[case] ms: u64,
    #[case] expected: Option<&str>,
) {
    let values = Values::for_write(Duration::from_millis(ms));
    let told = values.map(|values| {
        let each: Vec<String> = values.each().map(|(_, value)| value).collect();
        each.join(" ")
    });
    assert_eq!(told.as_deref(), expected);
    assert!(values.is_none_or(|values| values.are_tuned()));
}

#[test]
fn a_tuning_is_told_from_defaults_and_from_what_somebody_else_set() {
    let told = |values: [&str; 4]| Values::told(&values.map(str::to_owned)).expect("numbers");
    assert!(!Values::defaults().are_tuned());
    assert!(told(["5.000000", "2.000000", "1.000000", "0.050000"]).is(&Values::defaults()));
    assert!(told(["1.000000", "0.300000", "0.050000", "0.010000"]).are_tuned());
    assert!(!told(["1.000000", "2.000000", "1.000000", "0.050000"]).are_tuned());
    assert!(!told(["0.100000", "0.300000", "0.050000", "0.010000"]).are_tuned());
    assert_eq!(Values::told(&["1".to_owned()]), None);
}

#[test]
fn a_write_is_measured_where_there_is_a_directory() {
    let dir = TempDir::new().expect("a directory");
    let clock = Clock::real();
    assert!(write_takes(dir.path(), &clock).is_ok());
    assert!(write_takes(&dir.path().join("none"), &clock).is_err());
}

/// Answers each command with the next of `answers`, each on a connection of its own.
fn daemon(answers: &'static [&'static [u8]]) -> (TempDir, Admin) {
    let dir = TempDir::new().expect("a directory");
    let socket = dir.path().join("ceph-mon.pi-1.asok");
    let listener = UnixListener::bind(&socket).expect("a socket");
    tokio::spawn(async move {
        for answer in answers {
            let (stream, _) = listener.accept().await.expect("a caller");
            let mut stream = BufReader::new(stream);
            let mut command = Vec::new();
            stream.read_until(0, &mut command).await.expect("a command");
            stream.write_all(answer).await.expect("the caller listens");
        }
    });
    (dir, Admin::new(socket))
}

#[tokio::test]
async fn what_an_admin_socket_answers_is_read_to_the_letter() {
    let (dir, admin) = daemon(&[
        b"\x00\x00\x00\x26{\"mon_election_timeout\": \"5.000000\"  }\n",
        b"\x00\x00\x00\x16{\"error\": \"no such it\"}",
        b"\x00\x00\x00\x1cERROR: (22) Invalid argument",
        b"\x00\x00\x00\xff{",
        b"\xff\xff\xff\xff{",
    ]);
    assert_eq!(
        admin.get("mon_election_timeout").await.expect("a value"),
        "5.000000"
    );
    let words = [
        "no such it",
        "ERROR: (22) Invalid argument",
        "broke off",
        "too long",
    ];
    for expected in words {
        let error = admin
            .set("mon_election_timeout", "1")
            .await
            .expect_err("a no");
        assert!(error.to_string().contains(expected), "{error}");
    }
    let none = Admin::new(dir.path().join("ceph-mon.pi-2.asok"));
    assert!(matches!(none.state().await, Err(AdminError::Absent { .. })));
}
