//! The calls about LXD's web interface: whether it is served, and who is let into it.

use secrecy::SecretString;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;

use super::Lxd;
use crate::infra::rest::envelope::Reply;
use crate::infra::rest::{Call, RestError};

/// LXD's name for the one identity whose token a browser may bring in the address. There is at most
/// one of this type, and its token is good for a day (`lxd/identities.go`).
const TYPE: &str = "Initial UI token bearer";

/// Its name, as `lxd init` and MicroCloud give it.
const NAME: &str = "ui-admin-initial";

/// What LXD serves in the interface's place where it was not installed or is switched off.
const SWITCHED_OFF: &str = "not enabled";

/// A token that LXD issued.
#[derive(Deserialize)]
struct Issued {
    token: SecretString,
}

impl Lxd {
    /// Whether this LXD serves its web interface: a page, where everything else answers in JSON.
    pub async fn serves_web(&self) -> bool {
        let Ok(answer) = self.rest.send(&Call::get("/ui/")).await else {
            return false;
        };
        let page = String::from_utf8_lossy(&answer.body);
        answer.status == 200 && page.trim_start().starts_with('<') && !page.contains(SWITCHED_OFF)
    }

    /// Makes the identity of the first browser; refused where there is one already.
    pub async fn create_web_identity(&self) -> Result<(), RestError> {
        let body = json!({ "type": TYPE, "name": NAME, "groups": null });
        let call = Call::post("/1.0/auth/identities/bearer", body);
        self.ask::<IgnoredAny>(call).await.map(drop)
    }

    /// A token for that identity; one that was issued before is void. LXD gives it on this socket
    /// alone, and for one day: it does not let itself be told how long.
    pub async fn issue_web_token(&self) -> Result<SecretString, RestError> {
        let path = format!("/1.0/auth/identities/bearer/{NAME}/token");
        match self.ask::<Issued>(Call::post(path, json!({}))).await? {
            Reply::Sync(issued) => Ok(issued.token),
            Reply::Async(operation) => Err(RestError::Broken {
                reason: format!(
                    "an operation ({}) instead of a token",
                    operation.description
                ),
            }),
        }
    }
}
