//! Whether what a preseed says of networks fits together, and fits the nodes.

use super::{Check, Placed};
use crate::engine::answers::{CephStorage, GuestNetwork};
use crate::engine::preflight::{Mistake, NodeNics, Setting, Verdict, network_mistakes};
use crate::preseed::error::{PreseedError, say};
use crate::preseed::raw::{Raw, RawNetwork};
use crate::preseed::source::Position;
use crate::preseed::when::When;
use crate::preseed::write::{kind_name, uplink_name};

/// What was read of networks.
pub(super) struct Networks<'a> {
    pub(super) raw: &'a Raw,
    pub(super) network: &'a GuestNetwork,
    /// Ceph, where it is made anew.
    pub(super) ceph: Option<&'a CephStorage>,
    pub(super) nodes: &'a [Placed],
}

impl Check<'_> {
    /// Every key means something, and the screens' own rules find nothing wrong.
    pub(super) fn networks(&self, read: &Networks<'_>) -> Result<(), PreseedError> {
        if let Some((raw, _)) = read.raw.network.value() {
            self.no_idle_key(raw, read.network)?;
        }
        let mut nodes = read.nodes.iter();
        nodes.try_for_each(|placed| self.node_fits(placed, read.network))?;
        let nodes = read.nodes.iter();
        // The machines are not known yet: their NICs are looked at before Install.
        let nodes: Vec<_> = nodes.map(|it| NodeNics::of(&it.node, &[])).collect();
        let mut mistakes = network_mistakes(read.network, read.ceph, &nodes).into_iter();
        match mistakes.find(|mistake| mistake.verdict == Verdict::Blocking) {
            Some(mistake) => Err(self.mistake(&mistake, read)),
            None => Ok(()),
        }
    }

    /// The screens' sentences in our form, which has no full stops.
    fn mistake(&self, mistake: &Mistake, read: &Networks<'_>) -> PreseedError {
        let mut error = self.error(place(mistake, read), &mistake.says, &mistake.fix);
        for text in [&mut error.what, &mut error.mend] {
            text.truncate(text.trim_end_matches('.').len());
        }
        error
    }

    /// A node says what the network needs of it, and nothing else.
    fn node_fits(&self, placed: &Placed, network: &GuestNetwork) -> Result<(), PreseedError> {
        let keys = [
            ("uplink", placed.uplink_at, When::OverNics),
            ("underlay", placed.underlay_at, When::Ovn),
        ];
        self.none_idle(&keys, network)?;
        if When::OverNics.holds(network) && placed.node.uplink.is_none() {
            let what = say("preseed.no-uplink").with("node", &placed.node.name);
            return Err(self.error(placed.name_at, &what, &say("preseed.no-uplink-mend")));
        }
        Ok(())
    }

    fn no_idle_key(&self, raw: &RawNetwork, network: &GuestNetwork) -> Result<(), PreseedError> {
        let keys = [
            ("uplink", raw.uplink.at(), When::Ovn),
            ("vlan", raw.vlan.at(), When::OverNics),
            ("ipv4-gateway", raw.ipv4_gateway.at(), When::Ovn),
            ("ipv4-range", raw.ipv4_range.at(), When::Ovn),
            ("ipv6-gateway", raw.ipv6_gateway.at(), When::OverNics),
            ("dns", raw.dns.at(), When::OverNics),
            ("ipv4-guests", raw.ipv4_guests.at(), When::OwnSubnet),
            ("ipv6-guests", raw.ipv6_guests.at(), When::Ovn),
        ];
        self.none_idle(&keys, network)
    }

    /// What means nothing here would silently be without effect.
    fn none_idle(
        &self,
        keys: &[(&str, Option<Position>, When)],
        network: &GuestNetwork,
    ) -> Result<(), PreseedError> {
        let mut idle = keys.iter().filter(|(_, _, when)| !when.holds(network));
        let Some((key, at, when)) = idle.find_map(|(key, at, when)| Some((key, (*at)?, when)))
        else {
            return Ok(());
        };
        let chosen = if When::Ovn.holds(network) {
            format!("uplink: {}", uplink_name(network.uplink))
        } else {
            format!("kind: {}", kind_name(network.kind))
        };
        let what = say("preseed.idle-key")
            .with("key", key)
            .with("chosen", chosen);
        Err(self.error(at, &what, &say(when.mend())))
    }
}

/// Where the answer stands that a mistake is about; where it is left out, what it belongs to.
fn place(mistake: &Mistake, read: &Networks<'_>) -> Position {
    let start = Position { line: 1, column: 1 };
    let name = mistake.node.as_ref();
    let node = name.and_then(|name| read.nodes.iter().find(|it| it.node.name == *name));
    let (network, at) = match read.raw.network.value() {
        Some((network, at)) => (Some(network), at),
        None => (None, start),
    };
    let ceph = read.raw.ceph.value().map(|(ceph, _)| ceph);
    let found = match mistake.setting {
        Setting::Uplink => node.map(|node| node.uplink_at.unwrap_or(node.name_at)),
        Setting::Underlay => node.map(|node| node.underlay_at.unwrap_or(node.address_at)),
        Setting::Public => ceph.and_then(|ceph| ceph.public_network.at()),
        Setting::Internal => ceph.and_then(|ceph| ceph.internal_network.at()),
        setting => network.and_then(|network| of_network(network, setting)),
    };
    found.unwrap_or(at)
}

fn of_network(network: &RawNetwork, setting: Setting) -> Option<Position> {
    let gateway4 = network.ipv4_gateway.at();
    match setting {
        Setting::Vlan => network.vlan.at(),
        Setting::Gateway4 => gateway4.or_else(|| network.ipv4_range.at()),
        Setting::Range4 => network.ipv4_range.at().or(gateway4),
        Setting::Gateway6 => network.ipv6_gateway.at(),
        Setting::Dns => network.dns.at(),
        Setting::Guests4 => network.ipv4_guests.at(),
        Setting::Guests6 => network.ipv6_guests.at(),
        _ => network.kind.at(),
    }
}
