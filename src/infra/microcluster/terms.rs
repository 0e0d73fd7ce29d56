//! On what terms a daemon begins or joins a cluster, and what must hold on this machine before it is
//! asked: an application checks some of it late, and some not at all.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

use super::client::Control;
use super::failures;
use super::reach::Reach;
use super::types::Config;
use crate::engine::message::{Failure, Message};
use crate::infra::host;

/// What must hold on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::infra) enum Need {
    /// The address is one of its own.
    Own(IpAddr),
    /// The address lies in the network.
    Within(IpAddr, IpNet),
    /// One of its addresses lies in the network.
    In(IpNet),
}

/// A key that a daemon knows from some version on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::infra) struct Newer {
    /// The key.
    pub(in crate::infra) key: &'static str,
    /// The API extension that came with it.
    pub(in crate::infra) extension: &'static str,
    /// Whether it says what the daemon would do without it.
    pub(in crate::infra) usual: bool,
}

/// Who a daemon is to be, with what, and what must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::infra) struct Terms {
    pub(in crate::infra) name: String,
    pub(in crate::infra) address: SocketAddr,
    pub(in crate::infra) config: Config,
    pub(in crate::infra) needs: Vec<Need>,
    pub(in crate::infra) newer: Option<Newer>,
}

impl Terms {
    /// The call's words, once everything was looked at that can make it fail late.
    pub(in crate::infra) async fn control(&self, reach: &Reach) -> Result<Control, Failure> {
        self.fits(reach)?;
        let mut config = self.config.clone();
        if let Some(newer) = self.newer {
            let core = reach.micro.core().await;
            let core = core.map_err(|error| failures::unanswered(reach.app, &error))?;
            if !core.has(newer.extension) {
                self.is_dispensable(reach, newer)?;
                config.remove(newer.key);
            }
        }
        Ok(Control {
            name: self.name.clone(),
            address: self.address,
            config,
        })
    }

    fn is_dispensable(&self, reach: &Reach, newer: Newer) -> Result<(), Failure> {
        if newer.usual {
            return Ok(());
        }
        let value = self.config.get(newer.key).map_or("", String::as_str);
        let what = reach.app.say("micro.key-too-new").with("key", newer.key);
        Err(Failure::new(what.with("value", value)).hint(reach.app.say("micro.hint-versions")))
    }

    fn fits(&self, reach: &Reach) -> Result<(), Failure> {
        let app = reach.app;
        // The services ask the kernel, which calls a node as its file does only since the last start.
        let kernel = host::nodename(&reach.world);
        let found = match kernel.as_str() {
            "" => host::hostname(&reach.world),
            _ => kernel,
        };
        if found != self.name {
            let what = app.say("micro.other-name").with("name", &self.name);
            return Err(Failure::new(what.with("found", found)).hint(app.say("micro.hint-name")));
        }
        let nics = host::nics(&reach.world).map_err(|error| {
            let what = app.say("micro.addresses-unread");
            Failure::new(what)
                .because(error)
                .hint(app.say("micro.hint-again"))
        })?;
        let own: Vec<IpAddr> = nics
            .iter()
            .flat_map(|nic| &nic.addresses)
            .map(IpNet::addr)
            .collect();
        let needs = [Need::Own(self.address.ip())];
        let mut needs = needs.iter().chain(&self.needs);
        needs.try_for_each(|need| self.holds(reach, *need, &own))
    }

    fn holds(&self, reach: &Reach, need: Need, own: &[IpAddr]) -> Result<(), Failure> {
        let app = reach.app;
        let say = |code: &str| app.say(code).with("name", &self.name);
        let lacks = |what: Message, hint: &str| {
            let found: Vec<String> = own.iter().map(ToString::to_string).collect();
            let found = match found.as_slice() {
                [] => "none".to_owned(),
                some => some.join(", "),
            };
            Err(Failure::new(what.with("found", found)).hint(say(hint)))
        };
        match need {
            Need::Own(address) if !own.contains(&address) => lacks(
                say("micro.address-elsewhere").with("address", address),
                "micro.hint-address",
            ),
            Need::Within(address, network) if !network.contains(&address) => {
                let what = say("micro.address-outside").with("address", address);
                lacks(what.with("network", network), "micro.hint-network")
            }
            Need::In(network) if !own.iter().any(|it| network.contains(it)) => lacks(
                say("micro.network-elsewhere").with("network", network),
                "micro.hint-network",
            ),
            _ => Ok(()),
        }
    }
}
