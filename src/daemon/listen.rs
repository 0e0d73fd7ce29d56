//! Where the leader listens: on every address of its node, of both families where the kernel has both.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

/// How many callers may wait to be accepted.
const BACKLOG: i32 = 128;

/// Listens on `at`; where that is every IPv4 address, on every IPv6 address too if there can be one.
pub(super) fn listen(at: SocketAddr) -> io::Result<TcpListener> {
    let every = SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), at.port());
    let both = if at.ip() == Ipv4Addr::UNSPECIFIED {
        bind(every).ok()
    } else {
        None
    };
    let listener = match both {
        Some(listener) => listener,
        None => bind(at)?,
    };
    TcpListener::from_std(listener)
}

fn bind(at: SocketAddr) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::for_address(at), Type::STREAM, Some(Protocol::TCP))?;
    if at.is_ipv6() {
        // Whatever the system's habit is (net.ipv6.bindv6only), IPv4 callers come in here.
        socket.set_only_v6(false)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&at.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// A caller's address as it is written everywhere else: an IPv4 caller of a listener of both families
/// is no IPv6 address.
pub(super) fn caller(from: SocketAddr) -> SocketAddr {
    SocketAddr::new(from.ip().to_canonical(), from.port())
}
