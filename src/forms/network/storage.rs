//! Ceph's networks: of those in which every node has an address.

use ipnet::IpNet;

use super::super::parts::{deed, fill, intend, leader, note};
use super::super::{Known, Row, Tone};
use super::draft::Draft;
use crate::engine::Intent;
use crate::engine::answers::CephStorage;
use crate::engine::picture::wizard::NodeNetwork;
use crate::engine::preflight::Setting;
use crate::text::say;

/// Ceph's two networks, where it is made anew.
pub(super) fn rows(known: Known<'_>, draft: &Draft, leads: bool) -> Vec<Row> {
    let storage = &known.picture.wizard.ceph.storage;
    if !super::super::disks::has_ceph(known) || storage.reuse {
        return Vec::new();
    }
    let shared = shared(&known.picture.wizard.networks);
    let usual = shared.first().map_or_else(
        || say("network.ceph-cluster"),
        |net| fill("network.ceph-cluster-net", &[("network", &net.to_string())]),
    );
    // The first one is that of the cluster addresses: naming it would say the same.
    let others: Vec<_> = shared.into_iter().skip(1).collect();
    let internal = if storage.public.is_some() {
        say("network.ceph-same")
    } else {
        usual.clone()
    };
    let public = Row {
        id: "ceph-public".to_owned(),
        cells: vec![
            say("network.public"),
            storage.public.map_or(usual, |net| net.to_string()),
        ],
        ..row(
            known,
            draft,
            (Setting::Public, leads && !others.is_empty()),
            {
                CephStorage {
                    public: after(storage.public, &others),
                    ..storage.clone()
                }
            },
        )
    };
    let inner: Vec<_> = others
        .iter()
        .copied()
        .filter(|net| storage.public != Some(*net))
        .collect();
    let internal = Row {
        id: "ceph-internal".to_owned(),
        cells: vec![
            say("network.internal"),
            storage.internal.map_or(internal, |net| net.to_string()),
        ],
        ..row(
            known,
            draft,
            (
                Setting::Internal,
                leads && (!inner.is_empty() || storage.internal.is_some()),
            ),
            {
                CephStorage {
                    internal: after(storage.internal, &inner),
                    ..storage.clone()
                }
            },
        )
    };
    vec![public, internal]
}

fn row(known: Known<'_>, draft: &Draft, (setting, can): (Setting, bool), next: CephStorage) -> Row {
    let mut about = draft.about(setting, None);
    let leads = leader(&known.picture.leader);
    about.push(match (can, setting) {
        (true, Setting::Public) => note(Tone::Plain, say("network.public-about")),
        (true, _) => note(Tone::Plain, say("network.internal-about")),
        (false, _) if known.picture.me == known.picture.leader => {
            note(Tone::Dim, say("network.ceph-only"))
        }
        (false, _) => note(Tone::Dim, fill("network.not-here", &[("leader", &leads)])),
    });
    Row {
        tone: draft.tone(setting, None),
        about,
        press: can
            .then(|| intend(Intent::Storage { ceph: next }))
            .and_then(|wish| deed("key.next-value", wish)),
        ..Row::default()
    }
}

/// What comes after `now`, round and round with none as the last.
fn after(now: Option<IpNet>, others: &[IpNet]) -> Option<IpNet> {
    let Some(now) = now else {
        return others.first().copied();
    };
    let at = others.iter().position(|net| *net == now);
    at.and_then(|at| others.get(at + 1)).copied()
}

/// The networks in which every node has an address, that of the first node's cluster address first.
fn shared(nodes: &[NodeNetwork]) -> Vec<IpNet> {
    let looked_at = || nodes.iter().filter(|node| !node.nics.is_empty());
    let Some(first) = looked_at().next() else {
        return Vec::new();
    };
    let has = |node: &NodeNetwork, net: &IpNet| {
        let own = node.nics().addresses();
        own.iter().any(|own| net.contains(&own.addr()))
    };
    let mut shared: Vec<IpNet> = Vec::new();
    for net in first.nics().addresses().iter().map(IpNet::trunc) {
        if looked_at().all(|node| has(node, &net)) && !shared.contains(&net) {
            shared.push(net);
        }
    }
    shared
}
