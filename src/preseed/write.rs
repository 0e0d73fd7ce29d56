//! Answers written as a preseed; reading it gives the same answers.

use std::fmt::Write as _;

use super::size;
use crate::engine::answers::{Answers, DriverChoice, NodeAnswers, Purpose};

/// The answers as a preseed file.
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
        write_node(node, &mut add);
    }
    add("local:");
    add(&format!("  driver: {}", driver_name(answers.local.driver)));
    add(&format!("  file: {}", size::write(answers.local.file)));
    add(&format!("erase: {}", answers.erase));
    file
}

fn write_node(node: &NodeAnswers, add: &mut impl FnMut(&str)) {
    add(&format!("  - name: {}", quoted(&node.name)));
    add(&format!(
        "    address: {}",
        quoted(&node.address.to_string())
    ));
    if !node.disks.is_empty() {
        add("    disks:");
    }
    for disk in &node.disks {
        match disk.purpose {
            Purpose::Local => add("      - use: local"),
            Purpose::Ceph => add("      - use: ceph"),
        }
        if let Some(serial) = &disk.find.serial {
            add(&format!("        serial: {}", quoted(serial)));
        }
        if let Some(model) = &disk.find.model {
            add(&format!("        model: {}", quoted(model)));
        }
        if let Some(bytes) = disk.find.size {
            add(&format!("        size: {}", size::write(bytes)));
        }
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
    let is_address = text.chars().all(|c| c.is_ascii_digit() || c == '.');
    if is_address && text.chars().filter(|c| *c == '.').count() == 3 {
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
