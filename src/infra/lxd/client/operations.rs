//! The calls about operations: what runs, waiting for it, and the tokens that operations hold.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::Lxd;
use crate::infra::lxd::join::JoinToken;
use crate::infra::rest::envelope::{Operation, Progress, Reply};
use crate::infra::rest::{Call, Patience, RestError, plain, segment};

/// How long one round of waiting for an operation is, in seconds.
const ROUND: u32 = 2;

/// What LXD 5.0 says where a round is over and the operation is not.
const ROUND_OVER: &str = "context deadline exceeded";

/// How often a wait whose connection broke connects again before it gives up.
const RECONNECTS: u32 = 40;

/// The pause between rounds, so that a service that answers early is not asked all the time.
const PAUSE: Duration = Duration::from_millis(250);

impl Lxd {
    /// A token for a joiner called `name`. LXD makes one for a member's name too, and an earlier
    /// token for the same name becomes void.
    pub async fn create_token(&self, name: &str) -> Result<JoinToken, RestError> {
        let body = json!({ "server_name": name });
        match self.ask(Call::post("/1.0/cluster/members", body)).await? {
            Reply::Async(operation) => JoinToken::from_operation(&operation),
            Reply::Sync(IgnoredAny) => Err(RestError::Broken {
                reason: "a join token without an operation".to_owned(),
            }),
        }
    }

    /// Takes a token back, or cancels another operation.
    pub async fn cancel_operation(&self, id: &str) -> Result<(), RestError> {
        let call = Call::delete(format!("/1.0/operations/{}", segment(id)));
        self.ask::<IgnoredAny>(call).await.map(drop)
    }

    /// The tokens that are out: neither used nor taken back, though they may have expired.
    pub async fn tokens(&self) -> Result<Vec<JoinToken>, RestError> {
        let running = self.operations().await?.into_iter();
        let tokens = running.filter(|it| it.class == "token");
        // One that is no join token is another's business.
        Ok(tokens
            .filter_map(|it| JoinToken::from_operation(&it).ok())
            .collect())
    }

    /// The tasks that run and are described so, in LXD's words; those that tell what they make, only where
    /// that is `entity` (its path).
    pub async fn running(
        &self,
        description: &str,
        entity: &str,
    ) -> Result<Vec<Operation>, RestError> {
        let makes = |it: &Operation| {
            let url = it.metadata.get("entity_url").and_then(Value::as_str);
            url.is_none_or(|url| url.split('?').next() == Some(entity))
        };
        let mut running = self.operations().await?;
        running.retain(|it| it.description == description && makes(it));
        Ok(running)
    }

    /// All operations that are not over.
    async fn operations(&self) -> Result<Vec<Operation>, RestError> {
        let all: Option<BTreeMap<String, Vec<Operation>>> =
            self.get("/1.0/operations?recursion=1").await?;
        let all = all.unwrap_or_default().into_values().flatten();
        Ok(all.filter(Operation::is_running).collect())
    }

    /// Waits until an operation is over, however long it runs: `progress` hears of every round.
    ///
    /// `Refused` if it failed, `OperationGone` if LXD forgot it (after about five seconds, or by a
    /// restart), so that the caller looks at what it was to make.
    /// `Left` if it was not to be awaited any more.
    pub async fn wait_for(
        &self,
        operation: &Operation,
        progress: Progress<'_>,
    ) -> Result<Operation, RestError> {
        let left = || RestError::Left {
            id: plain(&operation.id),
            what: operation.description.clone(),
        };
        tokio::select! {
            biased;
            () = self.leave.cancelled() => Err(left()),
            ended = self.to_the_end(&operation.id, progress) => ended,
        }
    }

    async fn to_the_end(&self, id: &str, progress: Progress<'_>) -> Result<Operation, RestError> {
        let path = format!("/1.0/operations/{}/wait?timeout={ROUND}", segment(id));
        let call = Call::get(path).patience(Patience::WhileConnected);
        let mut broken = 0;
        loop {
            let round = match self.ask::<Operation>(call.clone()).await {
                // LXD 5.0 has an error instead of the operation that goes on.
                Err(RestError::Refused(refusal)) if refusal.text == ROUND_OVER => {
                    let path = format!("/1.0/operations/{}", segment(id));
                    self.ask::<Operation>(Call::get(path)).await
                }
                round => round,
            };
            match round {
                Ok(Reply::Sync(operation) | Reply::Async(operation)) => {
                    broken = 0;
                    progress(&operation.view());
                    if operation.outcome()? {
                        return Ok(operation);
                    }
                }
                Err(RestError::Lost { .. } | RestError::NobodyListens { .. })
                    if broken < RECONNECTS =>
                {
                    broken += 1;
                }
                Err(error) => return Err(gone(id, error)),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Tells an operation that is not there from one that failed for lack of something else.
fn gone(id: &str, error: RestError) -> RestError {
    match error.refusal() {
        Some(refusal)
            if refusal.code == 404 && refusal.text.eq_ignore_ascii_case("operation not found") =>
        {
            RestError::OperationGone { id: plain(id) }
        }
        _ => error,
    }
}
