//! The daemon's answers to `node list`, `cluster list` and `token …`, as text and as JSON.

use serde::Serialize;
use serde_json::Value;

use super::moment::{minute, rfc_3339};
use super::{json, lines, offers, table};
use crate::engine::message::Message;
use crate::text::sentence;
use crate::wire::{Answer, ClusterInfo, NodeInfo, Secret, TokenInfo};

/// The answer for people, without a line end. An empty list says why it is empty. A new token's
/// secret is shown, once: that is what was asked for.
pub fn text(answer: &Answer) -> String {
    let says = |code: &str| sentence(&Message::new(code));
    match answer {
        Answer::Nodes { nodes } if nodes.is_empty() => says("headless.no-nodes"),
        Answer::Nodes { nodes } => node_table(nodes),
        Answer::Cluster { cluster: None } => says("headless.no-cluster"),
        Answer::Cluster {
            cluster: Some(cluster),
        } => cluster_table(cluster),
        Answer::Tokens { tokens } if tokens.is_empty() => says("headless.no-tokens"),
        Answer::Tokens { tokens } => token_table(tokens),
        Answer::Token { info, token } => new_token(info, token),
        Answer::Words { words, .. } => words.0.clone(),
        Answer::Preseed { text } => text.clone(),
        Answer::Facts { nodes, .. } => nodes.keys().cloned().collect::<Vec<_>>().join("\n"),
        Answer::Offers { offers } => offers::lines(offers).join("\n"),
        Answer::Done => says("headless.command-done"),
        Answer::Failed { failure } => lines::failure(failure),
    }
}

/// The answer as one line of JSON: `v`, and `nodes`, `clusters`, `tokens`, `token`, `done` or
/// `failure`. Beside an empty list stands `why`.
pub fn json(answer: &Answer) -> String {
    let (name, list, empty) = match answer {
        Answer::Nodes { nodes } => ("nodes", each(nodes), "headless.no-nodes"),
        Answer::Cluster { cluster } => {
            let clusters: Vec<_> = cluster.iter().collect();
            ("clusters", each(&clusters), "headless.no-cluster")
        }
        Answer::Tokens { tokens } => ("tokens", each(tokens), "headless.no-tokens"),
        Answer::Token { info, token } => {
            let mut info = dated(json::shown(info));
            if let Value::Object(fields) = &mut info {
                fields.insert("secret".to_owned(), Value::String(token.0.clone()));
            }
            return json::document("token", &info).to_string();
        }
        Answer::Words { words, .. } => {
            return json::document("words", &Value::String(words.0.clone())).to_string();
        }
        Answer::Preseed { text } => {
            return json::document("preseed", &Value::String(text.clone())).to_string();
        }
        Answer::Facts { nodes, .. } => {
            return json::document("facts", &json::shown(nodes)).to_string();
        }
        Answer::Offers { offers } => {
            return json::document("offers", &offers::fields(offers).into()).to_string();
        }
        Answer::Done => return json::document("done", &Value::Bool(true)).to_string(),
        Answer::Failed { failure } => return json::failure(failure),
    };
    let why = list.is_empty().then(|| json::message(&Message::new(empty)));
    let mut document = json::document(name, &Value::Array(list));
    if let (Value::Object(fields), Some(why)) = (&mut document, why) {
        fields.insert("why".to_owned(), why);
    }
    document.to_string()
}

fn each(rows: &[impl Serialize]) -> Vec<Value> {
    rows.iter().map(|row| dated(json::shown(row))).collect()
}

/// The row with its moments as RFC 3339.
fn dated(mut row: Value) -> Value {
    for name in ["joined", "created", "expires"] {
        if let Some(moment) = row.get_mut(name)
            && let Some(at) = moment.as_u64()
        {
            *moment = Value::String(rfc_3339(at));
        }
    }
    row
}

fn node_table(nodes: &[NodeInfo]) -> String {
    let row = |node: &NodeInfo| {
        let connected = if node.connected { "yes" } else { "no" };
        [
            node.name.clone(),
            node.role.clone(),
            node.address.clone(),
            connected.to_owned(),
            minute(node.joined),
            node.id.clone(),
        ]
    };
    let titles = ["NAME", "ROLE", "ADDRESS", "CONNECTED", "JOINED (UTC)", "ID"];
    table::aligned(titles, &nodes.iter().map(row).collect::<Vec<_>>())
}

fn cluster_table(cluster: &ClusterInfo) -> String {
    let row = [
        cluster.name.clone(),
        cluster.leader.clone(),
        cluster.nodes.to_string(),
        cluster.epoch.to_string(),
        minute(cluster.created),
        cluster.id.clone(),
    ];
    let titles = ["NAME", "LEADER", "NODES", "EPOCH", "CREATED (UTC)", "ID"];
    table::aligned(titles, &[row])
}

fn token_table(tokens: &[TokenInfo]) -> String {
    let row = |token: &TokenInfo| {
        [
            token.id.clone(),
            token.node.clone(),
            token.state.clone(),
            minute(token.created),
            minute(token.expires),
        ]
    };
    let titles = ["ID", "NODE", "STATE", "CREATED (UTC)", "EXPIRES (UTC)"];
    table::aligned(titles, &tokens.iter().map(row).collect::<Vec<_>>())
}

/// The token stands alone on the last line: scripts take it with `tail -n 1`.
fn new_token(info: &TokenInfo, token: &Secret) -> String {
    let says = Message::new("headless.token-made")
        .with("node", &info.node)
        .with("id", &info.id)
        .with("expires", minute(info.expires));
    format!("{}\n{}", sentence(&says), plain_token(token))
}

/// A token is longer than other text may be, so only its control characters go.
fn plain_token(token: &Secret) -> String {
    let Secret(token) = token;
    token.chars().filter(|c| !c.is_control()).collect()
}
