//! The simulated Pis of a rehearsal: the services' daemons, played on real unix sockets.

pub mod fault;
pub mod lxd;
