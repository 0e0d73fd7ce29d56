//! The NICs of a simulated Pi.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use crate::engine::facts::{Nic, NicKind};

/// The router of the simulated network.
const GATEWAY: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 254));

/// The same where addresses are IPv6.
const GATEWAY6: IpAddr = IpAddr::V6(Ipv6Addr::new(0xfd42, 0x6d63, 0, 0, 0, 0, 0, 254));

/// The NICs of the Pi called `name`: its cable; `more` beside it, of which the first has no address
/// and the others one in a network of their own; and on `pi-b` a radio that nobody has set up.
pub(in crate::rehearsal) fn nics(name: &str, address: IpAddr, more: usize) -> Vec<Nic> {
    let last = last_octet(address);
    let own = |third: u8| match address {
        IpAddr::V4(_) => IpNet::new(Ipv4Addr::new(10, third, 0, last).into(), 24),
        IpAddr::V6(_) => {
            let (third, last) = (u16::from(third), u16::from(last));
            let own = Ipv6Addr::new(0xfd42, third, 0, 0, 0, 0, 0, last);
            IpNet::new(own.into(), 64)
        }
    };
    let (gateway, length) = match address {
        IpAddr::V4(_) => (GATEWAY, 8),
        IpAddr::V6(_) => (GATEWAY6, 64),
    };
    let cable = [
        (0, IpNet::new(address, length).ok()),
        (1, None),
        (2, own(8).ok()),
        (3, own(9).ok()),
    ];
    let cables = cable.into_iter().take(more.saturating_add(1));
    let mut nics: Vec<_> = cables
        .map(|(number, net)| Nic {
            addresses: net.into_iter().collect(),
            speed_mbps: Some(1_000),
            gateway: (number == 0).then_some(gateway),
            ..nic(format!("eth{number}"), mac(number, last))
        })
        .collect();
    if name == "pi-b" {
        nics.push(Nic {
            kind: NicKind::Wireless,
            wireless: true,
            ..nic("wlan0".to_owned(), mac(9, last))
        });
    }
    nics
}

fn nic(name: String, mac: String) -> Nic {
    Nic {
        name,
        mac,
        up: true,
        carrier: Some(true),
        mtu: Some(1_500),
        ..Nic::default()
    }
}

fn mac(number: u8, last: u8) -> String {
    format!("d8:3a:dd:00:{number:02x}:{last:02x}")
}

fn last_octet(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(v4) => v4.octets()[3],
        IpAddr::V6(v6) => v6.octets()[15],
    }
}
