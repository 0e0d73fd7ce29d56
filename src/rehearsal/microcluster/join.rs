//! Joining a cluster with a token.

use data_encoding::BASE64;
use serde::Deserialize;

use super::{App, Control, Errand, Site, State, names, position};
use crate::engine::Millis;
use crate::rehearsal::envelope::Refusal;

/// Milliseconds until an address at which nothing answers is given up, as recorded.
const UNREACHABLE: u64 = 3_097;

/// Milliseconds that the authorisation takes.
const AUTHORISED: u64 = 150;

/// Milliseconds after which the second of two joins at once fails.
const UNCONFIRMED: u64 = 1_500;

/// What a token says.
#[derive(Debug, Deserialize)]
struct Ticket {
    secret: String,
    fingerprint: String,
    join_addresses: Vec<String>,
}

/// Why a joiner is turned away.
struct Turned {
    refusal: Refusal,
    /// Its name and address stay: the cluster did not get as far as to authorise it.
    keeps_name: bool,
}

impl From<Refusal> for Turned {
    fn from(refusal: Refusal) -> Self {
        Self {
            refusal,
            keeps_name: false,
        }
    }
}

pub(super) async fn join<A: App>(errand: &Errand<A>, control: &Control) -> Result<(), Refusal> {
    let (site, host) = (&errand.site, &errand.host);
    let authorised = {
        let mut state = site.state();
        authorise(&mut state, control, site.now())
    };
    let id = match authorised {
        Ok(id) => id,
        Err(turned) => {
            if !turned.keeps_name {
                site.state().reset(host, None);
            }
            return Err(turned.refusal);
        }
    };
    let (under_way, others) = UnderWay::begin(site, id);
    if let Err(gone) = errand.pass_while_asked(AUTHORISED).await {
        site.state().reset(host, None);
        return Err(gone);
    }
    {
        let now = site.now();
        let mut state = site.state();
        state.admit(host, control.member(), (id, now));
    }
    if others > 0 && A::IDENTITY.one_join {
        errand.pass(UNCONFIRMED).await;
        return Err(unconfirmed(errand, control));
    }
    A::enrol(&mut site.state(), host, control);
    let started = A::start(errand, control).await;
    drop(under_way);
    if started.is_err() {
        let row = (!errand.is_gone()).then_some("PENDING");
        let mut state = site.state();
        A::leave(&mut state, host, &control.name, id);
        state.reset(host, row);
    }
    started
}

/// The second of two joins at once: measured, it fails and stays listed as a voter.
fn unconfirmed<A: App>(errand: &Errand<A>, control: &Control) -> Refusal {
    let mut state = errand.site.state();
    let others = state.cluster(&errand.host);
    let others = others.map_or(0, |(_, cluster)| cluster.members.len().saturating_sub(1));
    state.reset(&errand.host, Some("voter"));
    let name = &control.name;
    Refusal::internal(format!(
        "Failed to confirm new member \"{name}\" on any existing system ({others}): \
         Failed adding truststore entry to any cluster node"
    ))
}

/// Finds the cluster that `control`'s token is for, and spends the token.
fn authorise<A: App>(state: &mut State<A>, control: &Control, now: Millis) -> Result<u64, Turned> {
    let ticket = decoded(&control.join_token)?;
    let attempts = ticket.join_addresses.len();
    let failed = |code: u16, why: &str| {
        let text = format!("{attempts} join attempts were unsuccessful. Last error: {why}");
        Refusal::new(code, text)
    };
    let Some(id) = state.cluster_at(&ticket.join_addresses) else {
        let last = ticket.join_addresses.last().map_or("", String::as_str);
        let why = format!(
            "Get \"https://{last}\": Unable to connect to: {last} \
             ([dial tcp {last}: connect: no route to host])"
        );
        return Err(failed(500, &why).after(UNREACHABLE).into());
    };
    let Some(cluster) = state.by_id(id) else {
        return Err(failed(404, "CoreTokenRecord not found").into());
    };
    let (theirs, told) = (&cluster.certificate.fingerprint, &ticket.fingerprint);
    if theirs != told {
        let text = format!(
            "Cluster certificate token does not match that of cluster member. \
             Expected: \"{theirs}\", actual: \"{told}\""
        );
        return Err(Refusal::internal(text).into());
    }
    let found = cluster.tokens.iter().find(|it| it.secret == ticket.secret);
    let Some(token) = found else {
        return Err(failed(404, "CoreTokenRecord not found").into());
    };
    if token.name != control.name {
        let why = "Joining server certificate SAN does not contain join token name";
        return Err(Turned {
            refusal: failed(500, why),
            keeps_name: true,
        });
    }
    if token.expires.is_some_and(|at| at <= now) {
        return Err(failed(500, "Token expired").into());
    }
    for member in &cluster.members {
        let (what, which) = match (member.name == control.name, &member.address) {
            (true, _) => ("name", &member.name),
            (false, address) if *address == control.address => ("address", address),
            _ => continue,
        };
        let text = format!("Remote with {what} \"{which}\" exists");
        return Err(Refusal::internal(text).into());
    }
    cluster.tokens.retain(|it| it.secret != ticket.secret);
    Ok(id)
}

fn decoded(token: &str) -> Result<Ticket, Refusal> {
    let bad = |at: usize| format!("illegal base64 data at input byte {at}");
    let bytes = match position(token) {
        Some(at) => return Err(Refusal::internal(bad(at))),
        None => BASE64.decode(token.as_bytes()),
    };
    let bytes = bytes.map_err(|error| Refusal::internal(bad(error.position)))?;
    serde_json::from_slice(&bytes).map_err(|_| Refusal::internal(names::not_json(&bytes)))
}

/// A join that is under way in a cluster.
struct UnderWay<A: App> {
    site: Site<A>,
    id: u64,
}

impl<A: App> UnderWay<A> {
    /// Counts the join, and tells how many there are beside it.
    fn begin(site: &Site<A>, id: u64) -> (Self, usize) {
        let mut state = site.state();
        let others = state.by_id(id).map_or(0, |cluster| {
            cluster.joining += 1;
            cluster.joining - 1
        });
        let site = site.clone();
        (Self { site, id }, others)
    }
}

impl<A: App> Drop for UnderWay<A> {
    fn drop(&mut self) {
        if let Some(cluster) = self.site.state().by_id(self.id) {
            cluster.joining = cluster.joining.saturating_sub(1);
        }
    }
}
