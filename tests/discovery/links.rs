//! Which NICs discovery is on.

use std::net::{IpAddr, Ipv4Addr};

use mcloud::discovery::{Link, links};
use mcloud::engine::facts::Nic;

fn nic(name: &str, up: bool, addresses: &[&str]) -> Nic {
    Nic {
        name: name.to_owned(),
        up,
        addresses: addresses.iter().map(|net| net.parse().unwrap()).collect(),
        ..Nic::default()
    }
}

fn link(name: &str, addresses: &[&str]) -> Link {
    Link {
        name: name.to_owned(),
        addresses: addresses.iter().map(|net| net.parse().unwrap()).collect(),
    }
}

fn nics() -> [Nic; 3] {
    [
        nic("eth0", true, &["192.0.2.2/24", "fe80::1/64"]),
        nic("eth1", false, &["198.51.100.2/24"]),
        nic("wlan0", true, &[]),
    ]
}

#[test]
fn a_machine_is_on_every_nic_that_is_up_even_without_an_address() {
    let found = links(Ipv4Addr::UNSPECIFIED.into(), &nics());
    let expected = [
        link("eth0", &["192.0.2.2/24", "fe80::1/64"]),
        link("wlan0", &[]),
    ];
    assert_eq!(found, expected);
}

#[test]
fn an_address_of_the_machine_means_the_nic_that_has_it_alone() {
    let address: IpAddr = "192.0.2.2".parse().unwrap();
    assert_eq!(links(address, &nics()), [link("eth0", &["192.0.2.2/24"])]);
}

#[test]
fn a_rehearsals_pi_is_on_loopback_with_its_own_address() {
    let address: IpAddr = "127.0.0.12".parse().unwrap();
    let simulated = [nic("eth0", true, &["127.0.0.12/8"])];
    assert_eq!(links(address, &simulated), [link("lo", &["127.0.0.12/8"])]);
}
