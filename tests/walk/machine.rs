//! The machines of the house: what is found where its nodes are looked at.

use std::net::{IpAddr, Ipv4Addr};

use mcloud::engine::facts::{Disk, Holds, HostFacts, Nic, NicKind};
use mcloud::engine::services::{LxdFacts, LxdState, NodeFacts};

/// The nodes that can be in the house: two with consoles, and a guest.
pub(crate) const NAMES: [&str; 3] = ["pi-a", "pi-b", "pi-c"];

pub(crate) fn address(number: usize) -> IpAddr {
    let last = u8::try_from(number).unwrap() + 11;
    IpAddr::V4(Ipv4Addr::new(10, 0, 0, last))
}

pub(crate) fn id(number: usize) -> String {
    format!("id-{}", NAMES[number])
}

pub(crate) fn number_of(name: &str) -> Option<usize> {
    NAMES.iter().position(|known| *known == name)
}

fn disk(name: &str, serial: &str, holds: Holds) -> Disk {
    Disk {
        name: name.to_owned(),
        path: format!("/dev/disk/by-id/ata-{serial}"),
        size: 240_057_409_536,
        model: Some("KINGSTON SA400".to_owned()),
        serial: Some(serial.to_owned()),
        holds,
        ..Disk::default()
    }
}

fn disks(name: &str) -> Vec<Disk> {
    let photos = Holds::Found {
        kind: "ext4".to_owned(),
        label: Some("photos".to_owned()),
        uuid: None,
    };
    let card = Disk {
        used: Some(format!("{}/", Disk::MOUNTED)),
        ..disk("mmcblk0", &format!("{name}-M"), Holds::Nothing)
    };
    let locked = Disk {
        read_only: true,
        ..disk("sdc", &format!("{name}-C"), photos.clone())
    };
    vec![
        disk("sda", &format!("{name}-A"), Holds::Nothing),
        disk("sdb", &format!("{name}-B"), photos),
        locked,
        card,
    ]
}

fn nics(number: usize) -> Vec<Nic> {
    let net = |address| vec![ipnet::IpNet::new(address, 24).unwrap()];
    let radio = IpAddr::V4(Ipv4Addr::new(10, 0, 1, u8::try_from(number).unwrap() + 11));
    let wire = Nic {
        name: "eth0".to_owned(),
        mac: format!("dc:a6:32:00:00:{number:02x}"),
        up: true,
        carrier: Some(true),
        speed_mbps: Some(1_000),
        addresses: net(address(number)),
        gateway: Some("10.0.0.1".parse().unwrap()),
        ..Nic::default()
    };
    let radio = Nic {
        name: "wlan0".to_owned(),
        mac: format!("dc:a6:32:00:01:{number:02x}"),
        addresses: net(radio),
        kind: NicKind::Wireless,
        wireless: true,
        gateway: None,
        ..wire.clone()
    };
    let bare = Nic {
        name: "eth1".to_owned(),
        up: false,
        addresses: Vec::new(),
        ..wire.clone()
    };
    vec![wire, bare, radio]
}

/// A Pi with a weak supply, an empty disk, one with photos, one that is locked, and its card.
pub(crate) fn facts(number: usize) -> NodeFacts {
    NodeFacts {
        host: HostFacts {
            hostname: NAMES[number].to_owned(),
            model: "Raspberry Pi 5 Model B Rev 1.0".to_owned(),
            memory: 8_000_000_000,
            kernel: "6.8.0-1013-raspi".to_owned(),
            arch: "aarch64".to_owned(),
            os: "Ubuntu 24.04.3 LTS".to_owned(),
            clock_synchronized: Some(true),
            under_voltage: Some(true),
            nics: nics(number),
            disks: disks(NAMES[number]),
            ..HostFacts::default()
        },
        lxd: LxdState::Answers(Box::new(LxdFacts {
            version: "5.21.3".to_owned(),
            drivers: vec!["zfs".to_owned(), "dir".to_owned()],
            can_wipe: true,
            ..LxdFacts::default()
        })),
        mcloud: "0.1.0".to_owned(),
        ..NodeFacts::default()
    }
}
