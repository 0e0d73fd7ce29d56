//! Opening one socket of discovery: what must be set, and what may fail without harm.

use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6};

use ipnet::IpNet;
use rustix::net::{AddressFamily, SocketType, netdevice};
use socket2::{Domain, InterfaceIndexOrAddress, Protocol, Socket, Type};
use tokio::net::UdpSocket;

use super::links::{GROUP6, Place};

/// The index of the NIC `name`; an error once it is gone.
pub(super) fn index(name: &str) -> io::Result<u32> {
    let any = rustix::net::socket(AddressFamily::INET, SocketType::DGRAM, None)?;
    Ok(netdevice::name_to_index(any, name)?)
}

/// This node's IPv6 address on the link of the NIC with `index`; none while it has none. The list of
/// addresses that is shown leaves these out, so the kernel is asked from where it would speak.
pub(super) fn link_local(index: u32) -> Option<IpNet> {
    let any = std::net::UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0)).ok()?;
    // Connecting a datagram socket sends nothing, and the port is never used.
    any.connect(SocketAddrV6::new(GROUP6, 9, 0, index)).ok()?;
    match any.local_addr().ok()?.ip() {
        IpAddr::V6(own) if own.is_unicast_link_local() => IpNet::new(own.into(), 64).ok(),
        _ => None,
    }
}

/// The socket of `place`. Must be called in a runtime.
pub(super) fn open(place: &Place) -> io::Result<UdpSocket> {
    let socket = Socket::new(
        Domain::for_address(place.bind),
        Type::DGRAM,
        Some(Protocol::UDP),
    )?;
    // More than one NIC hears the group at one port. Another process of this host may share it
    // too: what it could hear or say there is no secret and no truth.
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    socket.set_nonblocking(true)?;
    // Needs a privilege, or Linux 5.7. Without it the groups' interface still holds, and a
    // broadcast may be heard on two NICs.
    let _ = socket.bind_device(Some(place.nic.as_bytes()));
    match place.bind {
        SocketAddr::V4(_) => prepare4(&socket, place)?,
        SocketAddr::V6(_) => prepare6(&socket, place)?,
    }
    socket.bind(&place.bind.into())?;
    join(&socket, place)?;
    UdpSocket::from_std(socket.into())
}

fn prepare4(socket: &Socket, place: &Place) -> io::Result<()> {
    // Only groups this socket joined itself; some kernels and emulators don't know the option.
    let _ = socket.set_multicast_all_v4(false);
    let Some(IpAddr::V4(own)) = place.own.map(|net| net.addr()) else {
        return Ok(());
    };
    socket.set_multicast_if_v4(&own)?;
    socket.set_multicast_ttl_v4(1)?;
    socket.set_multicast_loop_v4(true)?;
    socket.set_broadcast(true)
}

fn prepare6(socket: &Socket, place: &Place) -> io::Result<()> {
    socket.set_only_v6(true)?;
    let _ = socket.set_multicast_all_v6(false);
    if place.own.is_none() {
        return Ok(());
    }
    socket.set_multicast_if_v6(place.index)?;
    socket.set_multicast_hops_v6(1)?;
    socket.set_multicast_loop_v6(true)
}

fn join(socket: &Socket, place: &Place) -> io::Result<()> {
    match place.bind.ip() {
        IpAddr::V4(group) if group.is_multicast() => {
            socket.join_multicast_v4_n(&group, &InterfaceIndexOrAddress::Index(place.index))
        }
        IpAddr::V6(group) if group.is_multicast() => socket.join_multicast_v6(&group, place.index),
        _ => Ok(()),
    }
}
