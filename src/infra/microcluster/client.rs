//! microcluster's core API, call by call. Nothing is asynchronous: a call answers when it is done, and
//! one whose caller hangs up is cancelled half-way, so none that changes something has a deadline.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Value, json};

use super::refusals::{Meaning, meaning};
use super::types::{Config, Core, Member, Placed, Token};
use crate::infra::rest::envelope::{Reply, parse};
use crate::infra::rest::{Answer, Call, Patience, Refusal, Rest, RestError, plain, segment};

/// How long a join token lives, in nanoseconds: an hour, as Go's `time.Duration` is told.
const TOKEN_LIFE: u64 = 3_600_000_000_000;

/// The microcluster application behind a socket.
#[derive(Debug, Clone)]
pub struct Micro {
    rest: Rest,
}

/// What a daemon is told of itself when it begins a cluster or joins one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// Its member name: its host name, which the application's services use too.
    pub name: String,
    /// Its address.
    pub address: SocketAddr,
    /// The application's own keys.
    pub config: Config,
}

impl Micro {
    /// The application that listens on `socket`.
    pub fn new(socket: PathBuf) -> Self {
        Self {
            rest: Rest::new(socket),
        }
    }

    /// Where it listens.
    pub fn socket(&self) -> &Path {
        self.rest.socket()
    }

    /// `GET /core/1.0`: the daemon; answers in every state.
    pub async fn core(&self) -> Result<Core, RestError> {
        self.get("/core/1.0").await
    }

    /// Whether the daemon is up, in a cluster or not; `false` while it starts or stops (503).
    pub async fn ready(&self) -> Result<bool, RestError> {
        match self.get::<IgnoredAny>("/core/1.0/ready").await {
            Ok(_) => Ok(true),
            Err(RestError::Refused(refusal)) if refusal.code == 503 => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The members of its cluster; none while it is in no cluster.
    pub async fn members(&self) -> Result<Vec<Member>, RestError> {
        match self.get::<Option<Vec<Member>>>("/core/1.0/cluster").await {
            Ok(members) => Ok(members.unwrap_or_default()),
            Err(error) if is_uninitialised(&error) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Makes this daemon the first member of a cluster. It is listed long before it is done: only
    /// the answer means that.
    pub async fn bootstrap(&self, control: &Control) -> Result<(), RestError> {
        self.control(control, None).await
    }

    /// Makes this daemon a member of the cluster that made the token for its name.
    pub async fn join(&self, control: &Control, token: &SecretString) -> Result<(), RestError> {
        self.control(control, Some(token)).await
    }

    async fn control(
        &self,
        control: &Control,
        token: Option<&SecretString>,
    ) -> Result<(), RestError> {
        let body = json!({
            "bootstrap": token.is_none(),
            "name": control.name,
            "address": control.address.to_string(),
            "join_token": token.map_or("", ExposeSecret::expose_secret),
            "config": control.config,
        });
        self.work(Call::post("/core/control", body)).await
    }

    /// The tokens that were neither used nor have expired.
    pub async fn tokens(&self) -> Result<Vec<Token>, RestError> {
        let tokens: Option<Vec<Token>> = self.get("/core/control/tokens").await?;
        Ok(tokens.unwrap_or_default())
    }

    /// A token for a joiner called `name`. There can be one for a name: an earlier one is deleted,
    /// or given once more where it cannot be.
    pub async fn token(&self, name: &str) -> Result<SecretString, RestError> {
        let error = match self.create_token(name).await {
            Err(error) if means(&error, Meaning::TokenExists) => error,
            other => return other,
        };
        let earlier = self.tokens().await?.into_iter().find(|it| it.name == name);
        if self.delete_token(name).await.is_ok() {
            return self.create_token(name).await;
        }
        earlier.map(|token| token.token).ok_or(error)
    }

    async fn create_token(&self, name: &str) -> Result<SecretString, RestError> {
        let body = json!({ "name": name, "expire_after": TOKEN_LIFE });
        let call = Call::post("/core/control/tokens", body);
        self.ask::<String>(call).await.map(SecretString::from)
    }

    /// Takes a token back; one that is not there is no error. Newer versions know one path and
    /// older ones another: a version says `Not Found` to the other's.
    pub async fn delete_token(&self, name: &str) -> Result<(), RestError> {
        let mut unknown = None;
        for path in ["/core/control/tokens", "/core/1.0/tokens"] {
            let call = Call::delete(format!("{path}/{}", segment(name)));
            match self.ask::<IgnoredAny>(call).await {
                Ok(_) => return Ok(()),
                Err(error) if means(&error, Meaning::TokenRefused) => return Ok(()),
                Err(error) if error.is_not_found() => unknown = Some(error),
                Err(error) => return Err(error),
            }
        }
        unknown.map_or(Ok(()), Err)
    }

    /// Takes a member out, which empties it; `force` also where it, or its application, says no.
    /// The address is for newer versions, which may not know it any more. A member that is not there
    /// is no error.
    pub async fn delete_member(
        &self,
        name: &str,
        address: SocketAddr,
        force: bool,
    ) -> Result<(), RestError> {
        let force = if force { "force=1&" } else { "" };
        let address = segment(&address.to_string());
        let path = format!(
            "/core/1.0/cluster/{}?{force}address={address}",
            segment(name)
        );
        match self.work(Call::delete(path)).await {
            Err(error) if means(&error, Meaning::MemberMissing) || error.is_not_found() => Ok(()),
            other => other,
        }
    }

    /// Which service runs where; none while it is in no cluster.
    pub async fn services(&self) -> Result<Vec<Placed>, RestError> {
        self.list("/1.0/services").await
    }

    /// A list of the application's; none while it is in no cluster.
    pub(in crate::infra) async fn list<T: DeserializeOwned>(
        &self,
        path: &str,
    ) -> Result<Vec<T>, RestError> {
        match self.get::<Option<Vec<T>>>(path).await {
            Ok(list) => Ok(list.unwrap_or_default()),
            Err(error) if is_uninitialised(&error) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    pub(in crate::infra) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
    ) -> Result<T, RestError> {
        self.ask(Call::get(path)).await
    }

    /// A call that answers when what it began is done, however long that takes.
    pub(in crate::infra) async fn work(&self, call: Call) -> Result<(), RestError> {
        self.long::<IgnoredAny>(call).await.map(drop)
    }

    /// The same, with what it answers.
    pub(in crate::infra) async fn long<T: DeserializeOwned>(
        &self,
        call: Call,
    ) -> Result<T, RestError> {
        self.ask(call.patience(Patience::WhileConnected)).await
    }

    pub(in crate::infra) async fn ask<T: DeserializeOwned>(
        &self,
        call: Call,
    ) -> Result<T, RestError> {
        read(&self.rest.send(&call).await?)
    }
}

/// Whether an error is a refusal of that meaning.
fn means(error: &RestError, meant: Meaning) -> bool {
    error.refusal().is_some_and(|it| meaning(it) == meant)
}

/// Whether a daemon says that it is in no cluster.
fn is_uninitialised(error: &RestError) -> bool {
    means(error, Meaning::NotInitialised)
}

/// The parts of an envelope in which a no hides behind a yes.
#[derive(Deserialize)]
struct Verdict {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    status_code: u16,
    #[serde(default)]
    metadata: Value,
}

/// Reads one answer by its body: HTTP status 200 can come with `type` `error`, and with a `sync`
/// whose `status_code` is 400 and whose reason is in the `metadata`.
///
/// Fails with `Refused` where the application said no, and with `Broken` where this is none of its
/// answers.
pub fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, RestError> {
    if let Ok(verdict) = serde_json::from_slice::<Verdict>(&answer.body)
        && verdict.kind == "sync"
        && verdict.status_code >= 400
    {
        return Err(hidden(answer.status, &verdict).into());
    }
    match parse(answer.status, &answer.body)? {
        Reply::Sync(thing) => Ok(thing),
        Reply::Async(operation) => Err(RestError::Broken {
            reason: format!(
                "an operation ({}) instead of an answer",
                operation.description
            ),
        }),
    }
}

fn hidden(status: u16, verdict: &Verdict) -> Refusal {
    let said = match verdict.metadata.get("error").unwrap_or(&verdict.metadata) {
        Value::String(text) => plain(text),
        Value::Null => String::new(),
        other => plain(&other.to_string()),
    };
    Refusal {
        status,
        code: verdict.status_code,
        text: if said.is_empty() {
            "no reason given".to_owned()
        } else {
            said
        },
    }
}
