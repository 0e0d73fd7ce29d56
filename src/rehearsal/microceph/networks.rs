//! The networks of a Ceph, and what MicroCeph checks of them before a bootstrap.

use std::net::IpAddr;

use ipnet::IpNet;

use super::NodeSpec;
use crate::rehearsal::microcluster::Control;

/// The networks that a bootstrap ends with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Networks {
    pub(super) public: String,
    pub(super) cluster: String,
}

/// The networks that `control` asks for on the host of `spec`.
pub(super) fn asked(spec: &NodeSpec, control: &Control) -> Result<Networks, String> {
    let monitor = monitor_address(spec, control)?;
    let own = spec.networks.iter().find(|net| net.addr() == monitor);
    let Some(own) = own else {
        let all = shown(&spec.networks);
        return Err(format!(
            "failed to locate monIP {monitor} on host: \
             provided mon-ip ({monitor}) does not belong to any suitable network: {all}"
        ));
    };
    let public = control.key("PublicNet");
    let public = public.map_or_else(|| own.trunc().to_string(), str::to_owned);
    if !subnets(&public)?.iter().any(|net| net.contains(&monitor)) {
        return Err(format!(
            "monIP {monitor} is not available on public network {public}"
        ));
    }
    let cluster = control.key("ClusterNet").unwrap_or(&public).to_owned();
    first_address(spec, &cluster)?;
    Ok(Networks { public, cluster })
}

/// Where the monitor listens: as told, else the member's own address, else the first address that
/// lies in the public network.
fn monitor_address(spec: &NodeSpec, control: &Control) -> Result<IpAddr, String> {
    if let Some(told) = control.key("MonIp") {
        return told.parse().map_err(|_| {
            let all = shown(&spec.networks);
            format!(
                "failed to locate monIP {told} on host: \
                 provided mon-ip ({told}) does not belong to any suitable network: {all}"
            )
        });
    }
    let member = control.address.parse::<std::net::SocketAddr>();
    let member = member.map(|it| it.ip()).ok();
    let Some(public) = control.key("PublicNet") else {
        return member.ok_or_else(|| format!("invalid IP address: {}", control.address));
    };
    let subnets = subnets(public)?;
    let lies_in = |ip: &IpAddr| subnets.iter().any(|net| net.contains(ip));
    match member.filter(lies_in) {
        Some(member) => Ok(member),
        None => first_address(spec, public),
    }
}

/// The first address of the host in one of `networks`, a comma list.
pub(super) fn first_address(spec: &NodeSpec, networks: &str) -> Result<IpAddr, String> {
    let subnets = subnets(networks)?;
    let own = spec.networks.iter().map(IpNet::addr);
    let mut fits = own.filter(|ip| subnets.iter().any(|net| net.contains(ip)));
    fits.next().ok_or_else(|| {
        let all = shown(&subnets);
        format!("no local IP belongs to any of the listed subnets {all}")
    })
}

/// The networks of a comma list, as they were written.
fn subnets(list: &str) -> Result<Vec<IpNet>, String> {
    let each = list.split(',').map(str::trim);
    each.map(|net| {
        net.parse()
            .map_err(|_| format!("invalid CIDR address: {net}"))
    })
    .collect()
}

/// Networks as Go shows a list.
fn shown(networks: &[IpNet]) -> String {
    let each: Vec<String> = networks.iter().map(IpNet::to_string).collect();
    format!("[{}]", each.join(" "))
}
