//! Whether a node's LXD can be used: is it there, does it answer, is it somebody else's?

use super::{Check, Verdict};
use crate::engine::answers::{Answers, SnapChannels};
use crate::engine::message::Message;
use crate::engine::plan::{LOCAL_POOL, LXD_PORT};
use crate::engine::services::{LxdFacts, LxdState, NodeFacts, SnapdState};

/// How the versions begin that can do less with Ceph and OVN than MicroCeph and MicroOVN are made for.
const OLD: &str = "5.0.";

/// Whether the LXD of a node is this cluster's already.
///
/// It is when exactly the planned names and addresses are its members, or when it carries this
/// cluster's mark and has no member that is not planned (a run that was interrupted, or a node
/// that is added). Another mcloud's mark says that it is not: the first step would refuse it too.
pub fn is_ours(lxd: &LxdFacts, answers: &Answers, cluster: &str) -> bool {
    let planned = |name: &str, address: &str| {
        answers.nodes.iter().any(|node| {
            node.name == name
                && std::net::SocketAddr::new(node.address, LXD_PORT).to_string() == address
        })
    };
    lxd.clustered
        && lxd
            .members
            .iter()
            .all(|member| planned(&member.name, &member.address))
        && match &lxd.mark {
            Some(mark) => mark == cluster,
            None => lxd.members.len() == answers.nodes.len(),
        }
}

/// Whether the LXD of a node can be used in the cluster that is `meant`, which has these answers
/// and this id. While none is meant yet, a cluster with an mcloud's mark may be the one.
pub(super) fn check_lxd(node: &str, facts: &NodeFacts, meant: Option<(&Answers, &str)>) -> Check {
    let say = |code: &str| Message::new(code).with("node", node);
    let check = |verdict, says| Check::new("lxd", node, verdict, says);
    let socket = "unix.socket";
    let usual = SnapChannels::default();
    let snaps = meant.map_or(&usual, |(answers, _)| &answers.snaps);
    let can_install = matches!(facts.snapd, SnapdState::Answers(_));
    let say = |code: &str| say(code).with("channel", &snaps.lxd);
    let found = match &facts.lxd {
        LxdState::Absent if can_install && snaps.install => {
            check(Verdict::Good, say("check.lxd-to-install")).read(socket, "not there")
        }
        LxdState::Absent if can_install => check(Verdict::Blocking, say("check.lxd-absent"))
            .fix(say("check.lxd-declined-fix"))
            .read(socket, "not there"),
        LxdState::Absent => check(Verdict::Blocking, say("check.lxd-absent"))
            .fix(say("check.lxd-absent-fix"))
            .read(socket, "not there"),
        LxdState::Stopped => check(Verdict::Warning, say("check.lxd-stopped"))
            .fix(say("check.lxd-stopped-fix"))
            .read(socket, "no answer"),
        LxdState::NotPermitted => check(Verdict::Blocking, say("check.lxd-not-permitted"))
            .fix(Message::new("check.lxd-not-permitted-fix"))
            .read(socket, "permission denied"),
        LxdState::Broken(words) => {
            let says = say("check.lxd-broken").with("words", words);
            check(Verdict::Blocking, says)
                .fix(say("check.lxd-broken-fix"))
                .read("GET /1.0", words)
        }
        LxdState::Answers(lxd) => {
            let members = lxd.members.len();
            let read = format!("version {}, members {members}", lxd.version);
            check_answering(node, lxd, meant).read("GET /1.0", read)
        }
    };
    found.means("check.lxd-means")
}

fn check_answering(node: &str, lxd: &LxdFacts, meant: Option<(&Answers, &str)>) -> Check {
    let say = |code: &str| Message::new(code).with("node", node);
    let check = |verdict, says| Check::new("lxd", node, verdict, says);
    let version = |code: &str| say(code).with("version", &lxd.version);
    if meant.is_some_and(|(answers, cluster)| is_ours(lxd, answers, cluster)) {
        return check(Verdict::Good, version("check.lxd-ours"));
    }
    if lxd.clustered && meant.is_none() && lxd.mark.is_some() {
        return check(Verdict::Good, version("check.lxd-marked"));
    }
    if lxd.clustered {
        let members = lxd.members.iter().map(|member| member.name.as_str());
        let members = members.collect::<Vec<_>>().join(", ");
        let says = say("check.lxd-clustered").with("members", members);
        return check(Verdict::Blocking, says).fix(say("check.lxd-clustered-fix"));
    }
    if let Some(pool) = lxd.pools.first() {
        let named = |code: &str| say(code).with("pool", &pool.name);
        let says = named("check.lxd-pool").with("driver", &pool.driver);
        return check(Verdict::Blocking, says).fix(named("check.lxd-pool-fix"));
    }
    if let Some(network) = lxd.networks.first() {
        let named = |code: &str| say(code).with("network", network);
        let says = named("check.lxd-network");
        return check(Verdict::Blocking, says).fix(named("check.lxd-network-fix"));
    }
    let spans = meant.is_some_and(|(answers, _)| answers.has_ceph() || answers.has_ovn());
    if spans && lxd.version.starts_with(OLD) {
        let fix = Message::new("check.lxd-old-fix");
        return check(Verdict::Warning, version("check.lxd-old")).fix(fix);
    }
    check(Verdict::Good, version("check.lxd-fresh"))
}

/// The check that every node can use the local pool's driver.
pub(in crate::engine) fn driver_check(node: &str, driver: &str) -> Check {
    let says = Message::new("check.driver-missing")
        .with("node", node)
        .with("driver", driver)
        .with("pool", LOCAL_POOL);
    Check::new("driver", node, Verdict::Blocking, says)
        .fix(Message::new("check.driver-missing-fix").with("driver", driver))
}
