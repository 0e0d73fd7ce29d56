//! What the leader tells a node about a snap.

use super::client::Snapd;
use super::installed::{ARCHITECTURE, REVISION};
use crate::infra::Inputs;

/// What the leader tells a node about the snap it is to install: the leader's own revision, and for which
/// architecture it was built, as revisions are an architecture's own. Nothing where the leader has none
/// yet, has one that was built there, or its snapd starts again just now.
pub async fn inputs(snapd: &Snapd, name: &str) -> Inputs {
    let snap = snapd.snap(name).await.ok().flatten();
    let known = snap.filter(|snap| !snap.is_local());
    let (Some(snap), Ok(system)) = (known, snapd.system_info().await) else {
        return Inputs::new();
    };
    Inputs::from([
        (REVISION.to_owned(), snap.revision),
        (ARCHITECTURE.to_owned(), system.architecture),
    ])
}
