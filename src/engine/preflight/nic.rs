//! Which addresses can carry the cluster's traffic, and what is to be said of the one chosen.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::{Check, Verdict};
use crate::engine::facts::{HostFacts, Nic, NicKind};
use crate::engine::message::Message;

/// A cluster's traffic through less than this is slow: a gigabit, in Mb/s.
const FAST: u32 = 1_000;

/// How services call the bridges and tunnels they make for their own guests: `lxdbr0`, `docker0`, …
/// An address on one of them is not reached from another node.
const OF_GUESTS: &[&str] = &[
    "br-int",
    "cni",
    "docker",
    "flannel",
    "incusbr",
    "lxcbr",
    "lxdbr",
    "lxdfan",
    "lxdovn",
    "ovs-system",
    "podman",
    "tap",
    "veth",
    "virbr",
    "vnet",
];

/// Whether a service made this NIC for its guests. Docker calls the bridges of further networks
/// `br-` and twelve hexadecimal digits.
fn is_of_guests(nic: &Nic) -> bool {
    let docker = |rest: &str| rest.len() == 12 && rest.chars().all(|c| c.is_ascii_hexdigit());
    let named = OF_GUESTS.iter().any(|start| nic.name.starts_with(start))
        || nic.name.strip_prefix("br-").is_some_and(docker);
    named && matches!(nic.kind, NicKind::Bridge | NicKind::Virtual)
}

/// One NIC's address as a choice for cluster traffic, or a NIC without one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressChoice {
    /// The NIC's name.
    pub nic: String,
    /// The address with its prefix length; none for a NIC that has none.
    pub address: Option<IpNet>,
    /// Why it cannot be chosen, and how to mend that; none if it can.
    pub unusable: Option<Message>,
    /// What is to be said against choosing it.
    pub warnings: Vec<Message>,
    /// Whether it is the one to choose where nobody says otherwise: one choice at most.
    pub suggested: bool,
}

/// Every NIC and every address of a machine, in their order, with what can be said of each.
///
/// Suggested is the usable address with a cable before one by radio, then one of a NIC with a
/// default route, then IPv4, then one of hardware, then the first.
pub fn usable_addresses(host: &HostFacts) -> Vec<AddressChoice> {
    let mut choices = Vec::new();
    let mut best: Option<(_, usize)> = None;
    for nic in &host.nics {
        if nic.addresses.is_empty() {
            let why = unusable_nic(nic).unwrap_or_else(|| say(nic, "nic.no-address"));
            choices.push(choice(nic, None, Some(why)));
        }
        for address in &nic.addresses {
            let why = unusable(nic, *address);
            let rank = (
                nic.wireless,
                nic.gateway.is_none(),
                address.addr().is_ipv6(),
                nic.kind == NicKind::Virtual,
            );
            if why.is_none() && best.is_none_or(|(known, _)| rank < known) {
                best = Some((rank, choices.len()));
            }
            choices.push(choice(nic, Some(*address), why));
        }
    }
    if let Some(chosen) = best.and_then(|(_, at)| choices.get_mut(at)) {
        chosen.suggested = true;
    }
    choices
}

fn choice(nic: &Nic, address: Option<IpNet>, unusable: Option<Message>) -> AddressChoice {
    AddressChoice {
        nic: nic.name.clone(),
        address,
        unusable,
        warnings: warnings(nic, address.map(|net| net.addr())),
        suggested: false,
    }
}

fn say(nic: &Nic, code: &str) -> Message {
    Message::new(code).with("nic", &nic.name)
}

/// Why no address of a NIC can be used.
fn unusable_nic(nic: &Nic) -> Option<Message> {
    if is_loopback(nic) {
        return Some(say(nic, "nic.loopback"));
    }
    if let Some(master) = &nic.master {
        return Some(say(nic, "nic.part-of").with("master", master));
    }
    if is_of_guests(nic) {
        return Some(say(nic, "nic.of-guests"));
    }
    match (nic.up, nic.carrier) {
        (true, _) => None,
        (false, Some(false)) if nic.wireless => Some(say(nic, "nic.not-joined")),
        (false, Some(false)) => Some(say(nic, "nic.no-carrier")),
        (false, _) => Some(say(nic, "nic.down")),
    }
}

fn is_loopback(nic: &Nic) -> bool {
    let number = nic.name.strip_prefix("lo");
    number.is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit()))
}

/// Why this address of a NIC cannot be used. A simulated board's is a loopback address on a NIC that
/// is none: what the kernel calls loopback is told by the NIC.
fn unusable(nic: &Nic, address: IpNet) -> Option<Message> {
    if let Some(why) = unusable_nic(nic) {
        return Some(why);
    }
    let code = match address.addr() {
        IpAddr::V4(v4) if v4.is_link_local() => "nic.link-local",
        IpAddr::V6(v6) if v6.is_unicast_link_local() => "nic.link-local",
        ip if ip.is_unspecified() || ip.is_multicast() => "nic.no-host",
        _ => return None,
    };
    Some(say(nic, code).with("address", address.addr()))
}

fn warnings(nic: &Nic, address: Option<IpAddr>) -> Vec<Message> {
    let mut said = Vec::new();
    if nic.wireless {
        said.push(say(nic, "nic.wireless"));
    }
    if let Some(leased) = address.filter(|address| nic.leased.contains(address)) {
        said.push(
            say(nic, "nic.leased")
                .with("address", leased)
                .with("mac", &nic.mac),
        );
    }
    if let Some(speed) = nic.speed_mbps.filter(|speed| *speed < FAST) {
        said.push(say(nic, "nic.slow").with("speed", speed));
    }
    if let Some(speed) = nic.usb_speed_mbps.filter(|speed| *speed < FAST) {
        said.push(say(nic, "nic.usb").with("speed", speed));
    }
    said
}

/// Whether the machine has any address that can be used.
pub(super) fn any_address(node: &str, host: &HostFacts) -> Check {
    let choices = usable_addresses(host);
    let told = |choice: &AddressChoice| match choice.address {
        Some(address) => format!("{} {address}", choice.nic),
        None => choice.nic.clone(),
    };
    let all = choices.iter().map(told).collect::<Vec<_>>().join(", ");
    let best = choices.iter().find(|choice| choice.suggested);
    let check = if let Some((best, address)) = best.and_then(|best| Some((best, best.address?))) {
        let says = Message::new("check.address").with("node", node);
        let says = says.with("nic", &best.nic).with("address", address);
        Check::new("address", node, Verdict::Good, says)
    } else {
        let says = Message::new("check.address-none").with("node", node);
        let why = choices.into_iter().find_map(|choice| choice.unusable);
        let fix = why.unwrap_or_else(|| Message::new("check.address-none-fix"));
        Check::new("address", node, Verdict::Blocking, says).fix(fix)
    };
    let read = check.read("/sys/class/net", if all.is_empty() { "-" } else { &all });
    read.means("check.address-means")
}

/// What is to be said against the address that was chosen: that the node has it not, or that it does
/// not suit. A slow NIC is nobody's fault: the Address screen tells it, and it keeps nobody.
pub(super) fn chosen_address(node: &str, host: &HostFacts, wanted: IpAddr) -> Vec<Check> {
    let choices = usable_addresses(host);
    let has = |choice: &&AddressChoice| choice.address.is_some_and(|net| net.addr() == wanted);
    let Some(chosen) = choices.iter().find(has) else {
        return vec![missing(node, host, wanted)];
    };
    let about = |says: Message| {
        let says = says.with("node", node);
        let check = Check::new("address", node, Verdict::Warning, says);
        check.read(&chosen.nic, wanted).means("check.address-means")
    };
    let mild = |says: &&Message| !matches!(says.code.as_str(), "nic.slow" | "nic.usb");
    let warnings = chosen.warnings.iter().filter(mild);
    let against = chosen.unusable.iter().chain(warnings);
    against.cloned().map(about).collect()
}

/// The address of the answers is none that the node has.
fn missing(node: &str, host: &HostFacts, wanted: IpAddr) -> Check {
    let all = host.nics.iter().flat_map(|nic| &nic.addresses);
    let has = all
        .map(IpNet::addr)
        .filter(|address| !address.is_loopback())
        .map(|address| address.to_string());
    let says = Message::new("check.address-missing")
        .with("node", node)
        .with("address", wanted)
        .with("has", has.collect::<Vec<_>>().join(", "));
    Check::new("address", node, Verdict::Blocking, says)
        .fix(Message::new("check.address-missing-fix").with("node", node))
        .means("check.address-means")
}
