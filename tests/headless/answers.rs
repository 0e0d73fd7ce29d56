//! What `node list`, `cluster list` and `token …` print.

use mcloud::engine::message::{Failure, Message};
use mcloud::headless::answer;
use mcloud::wire::{Answer, ClusterInfo, NodeInfo, Secret, TokenInfo};
use rstest::rstest;
use serde_json::{Value, json};

const AT: u64 = 1_795_266_307_042;

fn nodes() -> Answer {
    let node = |name: &str, role: &str, connected| NodeInfo {
        name: name.to_owned(),
        id: format!("id-of-{name}"),
        role: role.to_owned(),
        address: "10.0.0.11".to_owned(),
        connected,
        joined: AT,
    };
    let nodes = vec![
        node("pi-a", "leader", true),
        node("a-long-name-for-a-pi", "worker", false),
    ];
    Answer::Nodes { nodes }
}

fn cluster() -> Answer {
    let cluster = Some(ClusterInfo {
        id: "c1".to_owned(),
        name: "attic".to_owned(),
        epoch: 1,
        created: AT,
        nodes: 3,
        leader: "pi-a".to_owned(),
    });
    Answer::Cluster { cluster }
}

fn token() -> TokenInfo {
    TokenInfo {
        id: "t1".to_owned(),
        node: "pi-b".to_owned(),
        created: AT,
        expires: AT + 3_600_000,
        state: "open".to_owned(),
    }
}

fn tokens() -> Answer {
    let tokens = vec![token()];
    Answer::Tokens { tokens }
}

fn parsed(answer: &Answer) -> Value {
    let line = answer::json(answer);
    assert!(!line.contains('\n'));
    serde_json::from_str(&line).expect("an answer is JSON")
}

#[test]
fn tables_are_aligned() {
    let tables = [nodes(), cluster(), tokens()].map(|answer| answer::text(&answer));
    insta::assert_snapshot!(tables.join("\n\n"));
}

#[test]
fn a_wide_name_keeps_the_columns_aligned() {
    let Answer::Tokens { mut tokens } = tokens() else {
        panic!("tokens");
    };
    let mut other = token();
    other.node = "ổ-đĩa-磁盘".to_owned();
    tokens.push(other);
    let text = answer::text(&Answer::Tokens { tokens });
    let columns: Vec<_> = text
        .lines()
        .skip(1)
        .map(|line| {
            line.split("open")
                .next()
                .map(unicode_width::UnicodeWidthStr::width)
        })
        .collect();
    assert_eq!(columns.first(), columns.last(), "{text}");
}

#[rstest]
#[case::nodes(Answer::Nodes { nodes: Vec::new() }, "nodes", "No nodes: this node is in no cluster yet")]
#[case::cluster(Answer::Cluster { cluster: None }, "clusters", "No cluster: this node is in none yet")]
#[case::tokens(Answer::Tokens { tokens: Vec::new() }, "tokens", "No tokens: none was made")]
fn an_empty_list_says_why(#[case] answer: Answer, #[case] list: &str, #[case] why: &str) {
    assert!(answer::text(&answer).starts_with(why));
    let json = parsed(&answer);
    assert_eq!(json[list], json!([]));
    let text = json["why"]["text"].as_str().expect("a reason");
    assert!(text.starts_with(why), "{text}");
}

#[test]
fn lists_in_json_have_the_names_of_the_wire_and_moments_for_people() {
    let json = parsed(&nodes());
    assert_eq!(json["v"], 1);
    assert_eq!(json["nodes"][0]["name"], "pi-a");
    assert_eq!(json["nodes"][0]["connected"], true);
    assert_eq!(json["nodes"][0]["joined"], "2026-11-21T13:05:07.042Z");
    assert_eq!(parsed(&cluster())["clusters"][0]["leader"], "pi-a");
    assert_eq!(
        parsed(&tokens())["tokens"][0]["expires"],
        "2026-11-21T14:05:07.042Z"
    );
    assert_eq!(parsed(&tokens()).get("why"), None);
}

#[test]
fn a_new_token_is_shown_whole_and_alone_on_the_last_line() {
    let secret = "e".repeat(5_000);
    let answer = Answer::Token {
        info: token(),
        token: Secret(secret.clone()),
    };
    let text = answer::text(&answer);
    assert_eq!(text.lines().last(), Some(secret.as_str()));
    assert!(
        text.starts_with("Token t1 lets pi-b join until 2026-11-21 14:05 UTC."),
        "{text}"
    );
    assert_eq!(parsed(&answer)["token"]["secret"], secret.as_str());
    assert!(!format!("{answer:?}").contains(&secret));
}

#[test]
fn a_refusal_is_told_with_causes_data_and_hint() {
    let failure = Failure::new(Message::new("begin.busy")).because("another\u{1b} undertaking");
    let answer = Answer::Failed {
        failure: failure.hint(Message::new("end.left")),
    };
    assert_eq!(
        answer::text(&answer),
        "This node is installing or belongs to another leader; nothing new was begun.\n  \
         because: another undertaking\n  data: Nothing was lost.\n  \
         hint: Left before Install; nothing was written."
    );
    assert_eq!(parsed(&answer)["failure"]["what"]["code"], "begin.busy");
}

#[test]
fn what_was_done_is_told() {
    assert_eq!(answer::text(&Answer::Done), "Done.");
    assert_eq!(parsed(&Answer::Done), json!({"v": 1, "done": true}));
}
