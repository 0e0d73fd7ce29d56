//! Join tokens: issued, listed, deleted.

use data_encoding::{BASE64, HEXLOWER};
use serde::Deserialize;
use serde_json::{Value, json};

use super::state::Token;
use super::{App, Cluster, Errand, names};
use crate::rehearsal::envelope::{Answer, Refusal, rfc3339};

/// Milliseconds that issuing a token takes.
const ISSUED: u64 = 10;

/// Go's zero time: a token that lasts for ever.
const NEVER: &str = "0001-01-01T00:00:00Z";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wish {
    name: String,
    /// Nanoseconds; 0 for ever.
    expire_after: u64,
}

pub(super) async fn post<A: App>(errand: &Errand<A>) -> Result<Answer, Refusal> {
    let wish: Wish = errand
        .asked
        .json()
        .map_err(|text| Refusal::new(400, text))?;
    names::check_name("Token", &wish.name)?;
    errand.pass(ISSUED).await;
    let now = errand.site.now();
    let mut state = errand.site.state();
    let secret = HEXLOWER.encode(&state.dice("token").bytes(32));
    let cluster = state.cluster_mut(&errand.host)?;
    cluster
        .tokens
        .retain(|it| it.expires.is_none_or(|at| at > now));
    if cluster.tokens.iter().any(|it| it.name == wish.name) {
        let text = "Failed to create \"core_token_records\" entry: \
                    UNIQUE constraint failed: core_token_records.name";
        return Err(Refusal::internal(text));
    }
    let life = wish.expire_after / 1_000_000;
    let token = Token {
        name: wish.name,
        secret,
        expires: (life > 0).then(|| now.saturating_add(life)),
    };
    let shown = encoded(cluster, &token);
    cluster.tokens.push(token);
    Ok(Answer::sync(&Value::from(shown)))
}

pub(super) fn list<A: App>(errand: &Errand<A>) -> Result<Answer, Refusal> {
    let now = errand.site.now();
    let state = errand.site.state();
    let (_, cluster) = state.cluster(&errand.host)?;
    let good = |token: &&Token| token.expires.is_none_or(|at| at > now);
    let tokens = cluster.tokens.iter().filter(good).map(|token| {
        json!({
            "name": token.name, "token": encoded(cluster, token),
            "expires_at": token.expires.map_or(NEVER.to_owned(), rfc3339),
        })
    });
    Ok(Answer::sync(&tokens.collect()))
}

pub(super) fn delete<A: App>(errand: &Errand<A>) -> Result<Answer, Refusal> {
    let name = errand.asked.path.last().map_or("", String::as_str);
    let mut state = errand.site.state();
    let cluster = state.cluster_mut(&errand.host)?;
    let before = cluster.tokens.len();
    cluster.tokens.retain(|token| token.name != name);
    if cluster.tokens.len() == before {
        return Err(Refusal::new(404, "CoreTokenRecord not found"));
    }
    Ok(Answer::sync(&json!({})))
}

/// The text that a joiner is given; it lists the members of now.
fn encoded<A: App>(cluster: &Cluster<A>, token: &Token) -> String {
    let members = cluster.members.iter();
    let addresses: Vec<&str> = members.map(|member| member.address.as_str()).collect();
    let secret = json!({
        "secret": token.secret, "fingerprint": cluster.certificate.fingerprint,
        "join_addresses": addresses,
    });
    BASE64.encode(secret.to_string().as_bytes())
}
