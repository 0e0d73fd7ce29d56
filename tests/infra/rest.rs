//! LXD's client against small services on real unix sockets.

use std::sync::Mutex;

use mcloud::infra::lxd::client::Lxd;
use mcloud::infra::lxd::join::JoinRequest;
use mcloud::infra::lxd::types::{NewPool, Phase};
use mcloud::infra::rest::envelope::OperationView;
use mcloud::infra::rest::{RestError, plain, segment};
use secrecy::SecretString;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::service::{Service, http};

const ID: &str = "01a1fbd5-103c-771f-ab5f-a911a7db6b45";

fn sync(metadata: &Value) -> String {
    http(
        200,
        &json!({"type": "sync", "status_code": 200, "metadata": metadata}),
    )
}

fn refusal(status: u16, code: u16, text: &str) -> String {
    let body = json!({"type": "error", "error": text, "error_code": code, "metadata": null});
    http(status, &body)
}

fn operation(status_code: u16, err: &str) -> Value {
    json!({"id": ID, "class": "task", "description": "Joining cluster", "status": "Running",
        "status_code": status_code, "err": err, "metadata": {"create_progress": "12%"}})
}

fn begun() -> String {
    let url = format!("/1.0/operations/{ID}");
    http(
        202,
        &json!({"type": "async", "operation": url, "metadata": operation(103, "")}),
    )
}

fn quiet(_: &OperationView) {}

#[tokio::test]
async fn a_service_that_is_not_installed_is_told_from_one_that_is_stopped() {
    let dir = TempDir::new().expect("a directory");
    let socket = dir.path().join("unix.socket");
    let lxd = Lxd::new(socket.clone());
    let absent = lxd.server(None).await.expect_err("there is no socket");
    assert_eq!(
        absent,
        RestError::NoSocket {
            socket: socket.clone()
        }
    );
    drop(std::os::unix::net::UnixListener::bind(&socket).expect("a socket"));
    let stopped = lxd.server(None).await.expect_err("nobody listens");
    assert_eq!(stopped, RestError::NobodyListens { socket });
    assert!(absent.is_unreachable() && stopped.is_unreachable());
}

#[tokio::test]
async fn a_daemon_that_still_starts_is_not_ready_rather_than_broken() {
    let service = Service::answering([
        refusal(503, 503, "LXD daemon not ready yet"),
        sync(&json!({})),
    ]);
    assert_eq!(service.lxd().ready().await, Ok(false));
    assert_eq!(service.lxd().ready().await, Ok(true));
}

#[tokio::test]
async fn a_long_operation_is_waited_for_in_rounds_each_of_which_is_a_sign_of_life() {
    let service = Service::answering([
        begun(),
        sync(&operation(103, "")),
        sync(&operation(103, "")),
        sync(&operation(200, "")),
    ]);
    let heard = Mutex::new(Vec::new());
    let progress = |view: &OperationView| heard.lock().expect("one task").push(view.clone());
    let done = service.lxd().enable_cluster("pi1", &progress).await;
    assert_eq!(done, Ok(()));
    let heard = heard.into_inner().expect("one task");
    assert_eq!(heard.len(), 4);
    assert!(
        heard
            .iter()
            .all(|view| view.id == ID && view.notes == ["12%"])
    );
    let wait = format!("GET /1.0/operations/{ID}/wait?timeout=2");
    let calls = ["PUT /1.0/cluster", &wait, &wait, &wait];
    assert_eq!(service.calls(), calls);
    assert_eq!(
        service.body(0),
        json!({"server_name": "pi1", "enabled": true})
    );
}

#[tokio::test]
async fn a_wait_whose_connection_breaks_connects_again() {
    let service = Service::answering([begun(), String::new(), sync(&operation(200, ""))]);
    let done = service.lxd().delete_pool("local", &quiet).await;
    assert_eq!(done, Ok(()));
    assert_eq!(service.calls().len(), 3);
}

#[tokio::test]
async fn the_same_call_may_be_done_at_once_or_become_an_operation() {
    for answers in [
        vec![sync(&Value::Null)],
        vec![begun(), sync(&operation(200, ""))],
    ] {
        let service = Service::answering(answers);
        let pool = NewPool {
            name: "local".into(),
            driver: "zfs".into(),
            ..NewPool::default()
        };
        let done = service
            .lxd()
            .create_pool_pending("pi 1", &pool, &quiet)
            .await;
        assert_eq!(done, Ok(()));
        assert_eq!(service.calls()[0], "POST /1.0/storage-pools?target=pi%201");
        assert_eq!(
            service.body(0),
            json!({"name": "local", "driver": "zfs", "config": {}})
        );
    }
}

#[tokio::test]
async fn a_failed_operation_is_a_refusal_however_the_version_tells_it() {
    let text = "Storage pool \"local\" already exists";
    for (answer, code) in [
        (refusal(409, 409, text), 409),
        (refusal(200, 409, text), 409),
        (sync(&operation(400, text)), 400),
    ] {
        let service = Service::answering([begun(), answer]);
        let error = service
            .lxd()
            .create_pool(&NewPool::default(), &quiet)
            .await
            .expect_err("the operation failed");
        let refusal = error.refusal().expect("a refusal");
        assert_eq!((refusal.code, refusal.text.as_str()), (code, text));
    }
}

#[tokio::test]
async fn an_operation_that_is_gone_is_told_from_one_that_did_not_find_something() {
    for (text, gone) in [("Operation not found", true), ("Network not found", false)] {
        let service = Service::answering([begun(), refusal(404, 404, text)]);
        let error = service
            .lxd()
            .delete_member("pi2", true, &quiet)
            .await
            .expect_err("there is no outcome");
        assert_eq!(
            service.calls()[0],
            "DELETE /1.0/cluster/members/pi2?force=1"
        );
        assert_eq!(error == RestError::OperationGone { id: ID.into() }, gone);
        assert_eq!(error.is_not_found(), !gone);
    }
}

#[tokio::test]
async fn a_cancelled_operation_is_neither_done_nor_failed() {
    let service = Service::answering([begun(), sync(&operation(401, ""))]);
    let error = service.lxd().disable_cluster(&quiet).await;
    assert_eq!(error, Err(RestError::OperationCancelled { id: ID.into() }));
}

#[tokio::test]
async fn a_joiner_is_asked_how_it_wants_its_token_before_it_gets_it() {
    for (extensions, password) in [(json!(["explicit_trust_token"]), false), (json!([]), true)] {
        let service = Service::answering([
            sync(&json!({"api_extensions": extensions, "config": null})),
            begun(),
            sync(&operation(200, "")),
        ]);
        let request = JoinRequest {
            server_name: "pi2".into(),
            server_address: "10.0.0.12:8443".into(),
            cluster_address: "10.0.0.11:8443".into(),
            cluster_certificate: "PEM".into(),
            token: SecretString::from("dG9rZW4="),
            member_config: Vec::new(),
        };
        assert_eq!(service.lxd().join(&request, &quiet).await, Ok(()));
        assert_eq!(service.calls()[..2], ["GET /1.0", "PUT /1.0/cluster"]);
        assert_eq!(service.body(1).get("cluster_password").is_some(), password);
    }
}

#[tokio::test]
async fn what_is_no_answer_of_lxd_is_broken_and_what_ends_early_is_lost() {
    for (answer, lost) in [
        ("SSH-2.0-OpenSSH_9.6\r\n".to_owned(), false),
        (http(502, &json!("<html>")), false),
        (http(200, &json!({"type": "surprise"})), false),
        (sync(&json!({"name": 7})), false),
        (String::new(), true),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{".to_owned(),
            true,
        ),
    ] {
        let service = Service::answering([answer.clone()]);
        let error = service
            .lxd()
            .pool("local", None)
            .await
            .expect_err("no pool");
        match error {
            RestError::Lost { .. } => assert!(lost, "{answer}"),
            RestError::Broken { .. } => assert!(!lost, "{answer}"),
            other => panic!("{answer}: {other}"),
        }
    }
}

#[tokio::test]
async fn nulls_unknown_words_and_unknown_fields_are_borne() {
    let pools = json!([{"name": "local", "driver": null, "config": null, "used_by": null,
        "locations": null, "status": "Frozen", "colour": "blue"}]);
    let service = Service::answering([sync(&pools), sync(&Value::Null)]);
    let pools = service.lxd().pools().await.expect("a list");
    assert_eq!(
        (pools[0].name.as_str(), pools[0].status),
        ("local", Phase::Unknown)
    );
    assert_eq!(service.lxd().pools().await, Ok(Vec::new()));
}

#[tokio::test]
async fn a_services_text_cannot_steer_the_screen() {
    let service = Service::answering([refusal(400, 400, "no\u{1b}[2J\r\nway\u{202e}!\u{7}")]);
    let error = service.lxd().members().await.expect_err("a refusal");
    assert_eq!(error.to_string(), "no[2J  way! (code 400)");
    assert_eq!(plain(&"x".repeat(9000)).chars().count(), 2001);
    assert_eq!(segment("a/b?c=é"), "a%2Fb%3Fc%3D%C3%A9");
}
