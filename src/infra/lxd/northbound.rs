//! The step that tells LXD where OVN's northbound databases are.

use std::collections::BTreeSet;

use serde_json::Value;

use super::failures;
use super::reach::{Reach, leaves_open};
use super::types::{Config, Server};
use crate::engine::Seen;
use crate::engine::message::{Failure, Message};
use crate::infra::microovn::client::MicroOvn;
use crate::infra::rest::{Call, Rest};
use crate::infra::{Context, Doing, Step};
use crate::world::World;

/// Where LXD keeps it; empty is LXD's own way of finding out.
const KEY: &str = "network.ovn.northbound_connection";

/// The extension with which that way leads to MicroOVN, where the snap lets LXD see its file.
const DYNAMIC: &str = "ovn_dynamic_northbound_connection";

/// The snap's plug for that file.
const PLUG: &str = "ovn-env";

/// LXD knows where OVN's northbound databases are: on MicroOVN's members that have them now.
#[derive(Debug)]
pub(super) struct Northbound {
    pub(super) reach: Reach,
}

/// What LXD knows, and what it is to know.
struct Found {
    set: String,
    wanted: Option<String>,
}

impl Found {
    /// Whether nothing is to be done; the order of the databases is nobody's business.
    fn is_right(&self) -> bool {
        let of = |text: &str| -> BTreeSet<String> { text.split(',').map(str::to_owned).collect() };
        let wanted = self.wanted.as_ref();
        wanted.is_none_or(|wanted| of(wanted) == of(&self.set))
    }

    fn done(&self) -> Vec<Message> {
        vec![if self.wanted.is_none() {
            Message::new("lxd.northbound-found")
        } else {
            Message::new("lxd.northbound-set").with("at", &self.set)
        }]
    }
}

/// Whether LXD reads MicroOVN's own file, so that it needs not be told.
async fn finds_out(world: &World, server: &Server) -> bool {
    if !server.has(DYNAMIC) {
        return false;
    }
    let call = Call::get("/v2/connections?snap=lxd&interface=content");
    let Ok(answer) = Rest::new(world.snapd_socket.clone()).send(&call).await else {
        // Without snapd there is no plug.
        return false;
    };
    let told: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let established = told
        .pointer("/result/established")
        .and_then(Value::as_array);
    established.into_iter().flatten().any(|connection| {
        let plug = |key: &str| connection.pointer(key).and_then(Value::as_str);
        plug("/plug/snap") == Some("lxd") && plug("/plug/plug") == Some(PLUG)
    })
}

impl Northbound {
    async fn look(&self) -> Result<Found, Failure> {
        let lxd = self.reach.lxd().await?;
        let server = lxd.server(None).await;
        let server = server.map_err(|error| failures::unanswered(&error))?;
        let set = server.config.get(KEY).cloned().unwrap_or_default();
        if set.is_empty() && finds_out(&self.reach.world, &server).await {
            return Ok(Found { set, wanted: None });
        }
        let ovn = MicroOvn::new(self.reach.world.microovn_socket.clone());
        let wanted = ovn.northbound().await.map_err(|error| {
            Failure::new(Message::new("lxd.northbound-unknown"))
                .because(&error)
                .hint(Message::new("lxd.hint-ovn"))
        })?;
        let wanted = Some(wanted);
        Ok(Found { set, wanted })
    }

    async fn tell(&self, context: &Context) -> Result<(), Failure> {
        let found = self.look().await?;
        let Some(wanted) = found.wanted.as_ref().filter(|_| !found.is_right()) else {
            return Ok(());
        };
        let lxd = self.reach.lxd().await?;
        let keys = Config::from([(KEY.to_owned(), wanted.clone())]);
        match lxd.patch_server(&keys, None, &|_| context.alive()).await {
            Err(error) if !leaves_open(&error) => Err(failures::failed(
                Message::new("lxd.northbound-failed").with("at", wanted),
                &error,
            )),
            _ => Ok(()),
        }
    }
}

impl Step for Northbound {
    fn observe<'a>(&'a self, _: &'a Context) -> Doing<'a, Result<Seen, Failure>> {
        Box::pin(async move {
            let found = self.look().await?;
            if found.is_right() {
                return Ok(Seen::There(found.done()));
            }
            Ok(Seen::Missing(match found.set.as_str() {
                "" => "not told".to_owned(),
                set => set.to_owned(),
            }))
        })
    }

    fn apply<'a>(&'a self, context: &'a Context) -> Doing<'a, Result<(), Failure>> {
        Box::pin(self.tell(context))
    }

    fn verify<'a>(&'a self, _: &'a Context) -> Doing<'a, Result<Vec<Message>, Failure>> {
        Box::pin(async move {
            let found = self.look().await?;
            if found.is_right() {
                return Ok(found.done());
            }
            let what = Message::new("lxd.key-not-kept").with("key", KEY);
            Err(Failure::new(what).hint(Message::new("lxd.hint-log")))
        })
    }
}
