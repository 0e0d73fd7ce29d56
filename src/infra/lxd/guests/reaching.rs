//! The proof's network: addresses, the router, the other guests, names.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{Guest, GuestProof, NIC, about, every, said, script};
use crate::engine::message::{Failure, Message};
use crate::infra::Context;
use crate::infra::lxd::client::Lxd;
use crate::infra::lxd::failures;

/// How many looks a guest has to get an address: with the pause between them a minute. Its DHCP client
/// asks every second.
const MOST_LOOKS: u32 = 120;

impl GuestProof {
    /// Each has an address, reaches its router, and the others where the network spans the members.
    pub(super) async fn prove_network(
        &self,
        context: &Context,
        lxd: &Lxd,
        (network, guests): (&str, &[Guest]),
    ) -> Result<(), Failure> {
        let found = lxd.network(network, None).await;
        let config = found.map_err(|error| failures::unanswered(&error))?.config;
        let router = config
            .get("ipv4.address")
            .and_then(|it| it.parse::<IpNet>().ok());
        let mut addresses = Vec::new();
        for guest in guests {
            addresses.push(self.address(context, lxd, guest).await?);
        }
        let list = addresses.iter().map(IpAddr::to_string).collect::<Vec<_>>();
        self.note(said("lxd.guests-addresses", guests).with("addresses", list.join(", ")));
        context.say(Message::new("lxd.guests-reaching").with("network", network));
        let router = router.map(|router| router.addr());
        let reach = guests.iter().zip(&addresses).map(|(guest, own)| {
            let others = addresses.iter().copied().filter(move |it| it != own);
            self.reaches(context, lxd, (guest, router, others.collect()))
        });
        every(reach).await?;
        if self.guests.spans && guests.len() > 1 {
            self.note(said("lxd.guests-reach", guests).with("network", network));
        }
        let Some((first, script)) = guests.first().map(|it| (it, script::resolve(&it.name))) else {
            return Ok(());
        };
        let answered = self.code(context, lxd, (first, &script)).await? == 0;
        let code = if answered {
            "lxd.guests-dns"
        } else {
            // Without internet there may be nobody to ask.
            "lxd.guests-no-dns"
        };
        self.note(Message::new(code).with("network", network));
        Ok(())
    }

    /// A guest reaches its router, and the others where the network spans the members.
    async fn reaches(
        &self,
        context: &Context,
        lxd: &Lxd,
        (guest, router, others): (&Guest, Option<IpAddr>, Vec<IpAddr>),
    ) -> Result<(), Failure> {
        if let Some(router) = router {
            let ping = script::reach(&[router]);
            self.must(context, lxd, (guest, &ping, "lxd.guest-no-router"))
                .await?;
        }
        if self.guests.spans && !others.is_empty() {
            let ping = script::reach_whole(&others);
            self.must(context, lxd, (guest, &ping, "lxd.guest-alone"))
                .await?;
        }
        Ok(())
    }

    async fn address(
        &self,
        context: &Context,
        lxd: &Lxd,
        guest: &Guest,
    ) -> Result<IpAddr, Failure> {
        for _ in 0..MOST_LOOKS {
            let found = lxd.addresses(&guest.name, NIC).await;
            let found = found.map_err(|error| failures::unanswered(&error))?;
            context.alive();
            if let Some(address) = found.into_iter().find(IpAddr::is_ipv4) {
                return Ok(address);
            }
            self.reach.pause(context).await?;
        }
        let what = about("lxd.guest-no-address", guest);
        Err(Failure::new(what).hint(Message::new("lxd.hint-guest-network")))
    }
}
