//! What a machine is: its board, its system, its NICs, and the file that stands for them.

use std::collections::BTreeMap;

use mcloud::engine::facts::{HostFacts, Nic};
use mcloud::infra::host::{self, HostError, nics};
use serde_json::json;

use crate::machine::Machine;

fn nic(machine: &Machine, name: &str, files: &[(&str, &str)]) {
    for (file, text) in files {
        machine.file(&format!("sys/class/net/{name}/{file}"), text);
    }
}

#[test]
fn a_nic_is_up_when_it_works_and_loopback_is_none() {
    let machine = Machine::new();
    let mac = ("address", "dc:a6:32:00:00:01\n");
    nic(
        &machine,
        "t-eth",
        &[mac, ("operstate", "up\n"), ("speed", "1000\n")],
    );
    nic(
        &machine,
        "t-wlan",
        &[mac, ("operstate", "down\n"), ("speed", "-1\n")],
    );
    nic(
        &machine,
        "t-bridge",
        &[("operstate", "unknown\n"), ("carrier", "1\n")],
    );
    nic(
        &machine,
        "t-tunnel",
        &[("operstate", "unknown\n"), ("carrier", "0\n")],
    );
    nic(
        &machine,
        "t-lo",
        &[
            ("type", "772\n"),
            ("operstate", "unknown\n"),
            ("carrier", "1\n"),
        ],
    );
    machine.file("sys/class/net/bonding_masters", "");
    let nics = nics::nics(&machine.world.roots).expect("a list");
    let told: BTreeMap<_, _> = nics
        .iter()
        .map(|nic| {
            (
                nic.name.as_str(),
                (nic.up, nic.speed_mbps, nic.mac.as_str()),
            )
        })
        .collect();
    let expected = [
        ("t-eth", (true, Some(1000), "dc:a6:32:00:00:01")),
        ("t-wlan", (false, None, "dc:a6:32:00:00:01")),
        ("t-bridge", (true, None, "")),
        ("t-tunnel", (false, None, "")),
    ];
    assert_eq!(told, BTreeMap::from(expected));
}

#[test]
fn a_nics_addresses_carry_their_prefix_lengths() {
    let machine = Machine::new();
    nic(&machine, "lo", &[("operstate", "up\n")]);
    let nics = nics::nics(&machine.world.roots).expect("a list");
    let loopback = "127.0.0.1/8".parse().expect("an address");
    assert!(nics[0].addresses.contains(&loopback), "{nics:?}");
}

#[tokio::test]
async fn a_board_names_itself_by_its_device_tree() {
    let machine = Machine::new();
    machine
        .file("sys/class/net/x", "")
        .file("etc/hostname", "pi1\n")
        .file("proc/device-tree/model", "Raspberry Pi 5 Model B Rev 1.0\0")
        .file("proc/device-tree/serial-number", "10000000abcd\0")
        .file("sys/class/dmi/id/product_name", "Other\n");
    let facts = host::facts(&machine.world).await.expect("facts");
    assert_eq!(facts.hostname, "pi1");
    assert_eq!(facts.model, "Raspberry Pi 5 Model B Rev 1.0");
    assert_eq!(facts.serial.as_deref(), Some("10000000abcd"));
    assert!(facts.memory > 0 && facts.cpus > 0);
    assert!(!facts.kernel.is_empty() && !facts.arch.is_empty());
}

#[tokio::test]
async fn a_pc_names_itself_by_dmi_unless_its_maker_left_that_blank() {
    let machine = Machine::new();
    machine
        .file("sys/class/net/x", "")
        .file("sys/class/dmi/id/product_name", "NUC\n")
        .file(
            "sys/class/dmi/id/product_serial",
            "To be filled by O.E.M.\n",
        );
    let facts = host::facts(&machine.world).await.expect("facts");
    assert_eq!(facts.model, "NUC");
    assert_eq!(facts.serial, None);
    assert!(!facts.hostname.is_empty(), "the kernel knows a name");
}

#[tokio::test]
async fn in_a_rehearsal_a_file_stands_for_all_but_the_disks() {
    let mut machine = Machine::new();
    let nic = Nic {
        name: "eth0".into(),
        mac: "dc:a6:32:00:00:01".into(),
        up: true,
        speed_mbps: Some(1000),
        addresses: vec!["127.0.0.11/24".parse().expect("an address")],
        ..Nic::default()
    };
    let file = json!({"hostname": "pi-a", "model": "Raspberry Pi 5", "memory": 8, "cpus": 4,
        "kernel": "6.8", "arch": "aarch64", "nics": [nic], "disks": [{"name": "not-this"}]});
    machine
        .disk("sda", "8:0")
        .file("etc/hostname", "this-machine\n")
        .file("host.json", &file.to_string());
    machine.world.simulated_host = Some(machine.path("host.json"));
    let facts = host::facts(&machine.world).await.expect("facts");
    let expected = HostFacts {
        hostname: "pi-a".into(),
        model: "Raspberry Pi 5".into(),
        serial: None,
        memory: 8,
        cpus: 4,
        kernel: "6.8".into(),
        arch: "aarch64".into(),
        nics: vec![nic],
        disks: machine.disks().await,
        kvm: Some(false),
        ..HostFacts::default()
    };
    assert_eq!(facts, expected);
    assert_eq!(facts.disks[0].name, "sda");
}

#[tokio::test]
async fn a_machine_that_cannot_be_read_says_where_it_failed() {
    let mut machine = Machine::new();
    let missing = host::facts(&machine.world).await.expect_err("no class/net");
    assert!(matches!(missing, HostError::Unlisted { path, .. } if path.ends_with("class/net")));
    machine.file("host.json", "{\n  \"memory\": \"much\"}");
    machine.world.simulated_host = Some(machine.path("host.json"));
    let refused = host::facts(&machine.world).await.expect_err("no machine");
    assert!(refused.to_string().contains("host.json"), "{refused}");
    assert!(refused.to_string().contains("line 2"), "{refused}");
}
