//! Who else is there: beacons, the roster, the rhythm, and real datagrams on this machine's loopback.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "in a test, an assumption that does not hold is a failure"
)]

mod beacons;
mod clones;
mod floods;
mod links;
mod nodes;
mod rhythm;
mod rosters;

use std::net::{Ipv4Addr, SocketAddr};

use mcloud::discovery::{Beacon, Heard, Mark, PeerId, Way};
use mcloud::engine::neighbours::Standing;

/// A moment in 2025.
pub(crate) const NOW: u64 = 1_760_000_000_000;

/// A node id that differs for each number.
pub(crate) fn id(number: u32) -> PeerId {
    let digit = |place: u32| {
        let value = u8::try_from((number >> (5 * place)) & 31).unwrap();
        char::from(if value < 26 {
            b'a' + value
        } else {
            b'2' + value - 26
        })
    };
    let tail: String = (0..7).map(digit).collect();
    format!("{}{tail}q", "m".repeat(44)).parse().unwrap()
}

/// The beacon of node `number`, like no other node's.
pub(crate) fn beacon(number: u32) -> Beacon {
    Beacon {
        protocol: 1,
        id: id(number),
        name: format!("pi-{number}"),
        model: "Raspberry Pi 5 Model B Rev 1.0".to_owned(),
        serial: Mark::of_serial(&format!("serial {number}")),
        machine: Mark::of_machine_id(&format!("machine {number}")),
        standing: Standing::Looking,
        session: None,
        port: Some(9445),
        mcloud: "0.1.0".to_owned(),
        clock: NOW,
        counter: 1_000,
        peers: 0,
        asks: false,
    }
}

/// An address of a network of its own for each number.
pub(crate) fn address(number: u32) -> SocketAddr {
    let base = u32::from(Ipv4Addr::new(10, 0, 0, 0));
    SocketAddr::new(Ipv4Addr::from(base + number).into(), 9446)
}

/// Node `number`'s beacon, heard from its address by multicast.
pub(crate) fn heard(number: u32) -> Heard {
    Heard {
        beacon: beacon(number),
        source: address(number),
        by: Way::Multicast4,
    }
}
