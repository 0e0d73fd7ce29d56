//! Answers written as a preseed; reading it gives the same answers.

use std::fmt::Write as _;

use super::size;
use super::when::When;
use crate::engine::answers::{
    Answers, CephStorage, DriverChoice, GuestNetwork, NetworkKind, NodeAnswers, ProfileChoice,
    SnapChannels, UplinkKind,
};

/// The answers as a preseed file, without what means nothing beside the rest: reading gives the
/// same plan.
pub fn write(answers: &Answers) -> String {
    let mut file = String::from("# A preseed of mcloud: the answers for one cluster.\n");
    let mut add = |line: &str| {
        // Writing to a String cannot fail.
        let _ = writeln!(file, "{line}");
    };
    add(&format!("cluster: {}", quoted(&answers.cluster)));
    add(&format!("initiator: {}", quoted(&answers.initiator)));
    add("nodes:");
    for node in &answers.nodes {
        write_node(node, &answers.network, &mut add);
    }
    add("local:");
    add(&format!("  driver: {}", driver_name(answers.local.driver)));
    add(&format!("  file: {}", size::write(answers.local.file)));
    if answers.has_ceph() {
        write_ceph(&answers.ceph, &mut add);
    }
    if answers.network.kind != NetworkKind::None {
        write_network(&answers.network, &mut add);
    }
    write_snaps(&answers.snaps, &mut add);
    if answers.profile != ProfileChoice::default() {
        add(&format!("profile: {}", profile_name(answers.profile)));
    }
    add(&format!("erase: {}", answers.erase));
    file
}

fn write_node(node: &NodeAnswers, network: &GuestNetwork, add: &mut impl FnMut(&str)) {
    add(&format!("  - name: {}", quoted(&node.name)));
    add(&format!(
        "    address: {}",
        quoted(&node.address.to_string())
    ));
    if let Some(nic) = node
        .uplink
        .as_ref()
        .filter(|_| When::OverNics.holds(network))
    {
        add(&format!("    uplink: {}", quoted(nic)));
    }
    if let Some(address) = node.underlay.filter(|_| When::Ovn.holds(network)) {
        add(&format!("    underlay: {}", quoted(&address.to_string())));
    }
    if !node.disks.is_empty() {
        add("    disks:");
    }
    for disk in &node.disks {
        add(&format!("      - use: {}", disk.purpose.name()));
        if let Some(serial) = &disk.find.serial {
            add(&format!("        serial: {}", quoted(serial)));
        }
        if let Some(model) = &disk.find.model {
            add(&format!("        model: {}", quoted(model)));
        }
        if let Some(bytes) = disk.find.size {
            add(&format!("        size: {}", size::write(bytes)));
        }
        if disk.encrypt {
            add("        encrypt: true");
        }
    }
}

fn write_ceph(ceph: &CephStorage, add: &mut impl FnMut(&str)) {
    add("ceph:");
    for (key, net) in [
        ("public-network", ceph.public),
        ("internal-network", ceph.internal),
    ] {
        if let Some(net) = net {
            add(&format!("  {key}: {}", quoted(&net.to_string())));
        }
    }
    add(&format!("  filesystem: {}", ceph.filesystem));
    add(&format!("  tune: {}", ceph.tune));
    add(&format!("  existing: {}", existing_name(ceph.reuse)));
}

fn write_network(network: &GuestNetwork, add: &mut impl FnMut(&str)) {
    add("network:");
    add(&format!("  kind: {}", kind_name(network.kind)));
    let dns: Vec<_> = network
        .dns
        .iter()
        .map(|it| quoted(&it.to_string()))
        .collect();
    let dns = Some(dns).filter(|dns| !dns.is_empty());
    let text = |value: Option<String>| value.map(|value| quoted(&value));
    let keys = [
        (
            "uplink",
            When::Ovn,
            Some(uplink_name(network.uplink).to_owned()),
        ),
        (
            "vlan",
            When::OverNics,
            network.vlan.map(|it| it.to_string()),
        ),
        (
            "ipv4-gateway",
            When::Ovn,
            text(network.gateway4.map(|it| it.to_string())),
        ),
        (
            "ipv4-range",
            When::Ovn,
            text(network.range4.map(|it| it.to_string())),
        ),
        (
            "ipv6-gateway",
            When::OverNics,
            text(network.gateway6.map(|it| it.to_string())),
        ),
        (
            "dns",
            When::OverNics,
            dns.map(|dns| format!("[{}]", dns.join(", "))),
        ),
        (
            "ipv4-guests",
            When::OwnSubnet,
            text(network.guests4.map(|it| it.to_string())),
        ),
        (
            "ipv6-guests",
            When::Ovn,
            text(network.guests6.map(|it| it.to_string())),
        ),
    ];
    for (key, when, value) in keys {
        if let Some(value) = value.filter(|_| when.holds(network)) {
            add(&format!("  {key}: {value}"));
        }
    }
}

fn write_snaps(snaps: &SnapChannels, add: &mut impl FnMut(&str)) {
    add("snaps:");
    add(&format!("  install: {}", snaps.install));
    add(&format!("  lxd: {}", quoted(&snaps.lxd)));
    add(&format!("  microceph: {}", quoted(&snaps.microceph)));
    add(&format!("  microovn: {}", quoted(&snaps.microovn)));
}

/// What a preseed says of a Ceph that is there already.
pub(super) const fn existing_name(reuse: bool) -> &'static str {
    if reuse { "reuse" } else { "refuse" }
}

/// What a preseed says of a default profile that has devices already.
pub(super) const fn profile_name(choice: ProfileChoice) -> &'static str {
    match choice {
        ProfileChoice::Keep => "keep",
        ProfileChoice::Replace => "replace",
    }
}

/// The kind of the guests' network in a preseed.
pub(super) const fn kind_name(kind: NetworkKind) -> &'static str {
    match kind {
        NetworkKind::None => "none",
        NetworkKind::Ovn => "ovn",
        NetworkKind::Bridge => "bridge",
        NetworkKind::Fan => "fan",
    }
}

/// OVN's uplink in a preseed.
pub(super) const fn uplink_name(uplink: UplinkKind) -> &'static str {
    match uplink {
        UplinkKind::Nic => "nic",
        UplinkKind::Bridge => "bridge",
    }
}

/// The driver's name in a preseed.
pub(super) const fn driver_name(driver: DriverChoice) -> &'static str {
    match driver {
        DriverChoice::Auto => "auto",
        DriverChoice::Zfs => "zfs",
        DriverChoice::Btrfs => "btrfs",
        DriverChoice::Dir => "dir",
        DriverChoice::None => "none",
    }
}

/// The text as YAML takes it: bare where it can only be text, else in double quotes.
fn quoted(text: &str) -> String {
    let bare = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    // A bare word must not be one that YAML (1.1 or 1.2) reads as something else.
    let special = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    if text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(bare)
        && !special.contains(&text)
    {
        return text.to_owned();
    }
    // An IPv4 address, a network or a range of them; with three dots it is no number and no date.
    let is_address = text
        .chars()
        .all(|c| c.is_ascii_digit() || ".-/".contains(c));
    if is_address
        && text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().filter(|c| *c == '.').count() >= 3
    {
        return text.to_owned();
    }
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            // Writing to a String cannot fail.
            c => drop(write!(out, "\\U{:08X}", u32::from(c))),
        }
    }
    out.push('"');
    out
}
