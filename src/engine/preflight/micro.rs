//! `MicroCeph` and `MicroOVN` on a node: there, to be installed, or impossible; and whose cluster.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::disk::Refusal;
use super::{Check, Verdict, revisions};
use crate::engine::answers::{Answers, Purpose, SnapChannels};
use crate::engine::facts::Disk;
use crate::engine::message::Message;
use crate::engine::services::{MicroFacts, MicroMember, MicroState, NodeFacts, Osd, SnapdState};

/// One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Micro {
    /// `MicroCeph`.
    Ceph,
    /// `MicroOVN`.
    Ovn,
}

impl Micro {
    /// Its name as people write it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Ceph => "MicroCeph",
            Self::Ovn => "MicroOVN",
        }
    }

    /// The name of its snap.
    pub const fn snap(self) -> &'static str {
        match self {
            Self::Ceph => "microceph",
            Self::Ovn => "microovn",
        }
    }

    /// How a node's was found.
    pub const fn state(self, facts: &NodeFacts) -> &MicroState {
        match self {
            Self::Ceph => &facts.ceph,
            Self::Ovn => &facts.ovn,
        }
    }

    fn channel(self, snaps: &SnapChannels) -> &str {
        match self {
            Self::Ceph => &snaps.microceph,
            Self::Ovn => &snaps.microovn,
        }
    }

    fn is_wanted(self, answers: &Answers) -> bool {
        match self {
            Self::Ceph => answers.has_ceph(),
            Self::Ovn => answers.has_ovn(),
        }
    }

    fn say(self, node: &str, code: &str) -> Message {
        let says = Message::new(code).with("service", self.title());
        says.with("snap", self.snap()).with("node", node)
    }
}

/// Why the service can neither be used nor installed on a node, and how to mend that; none where it
/// can. Disks and Network offer nothing that needs it then, and the plan refuses what does.
pub fn lacks(
    service: Micro,
    node: &str,
    facts: &NodeFacts,
    snaps: &SnapChannels,
) -> Option<Refusal> {
    let say = |code: &str| {
        let says = service.say(node, code);
        says.with("channel", service.channel(snaps))
    };
    let refuse = |why: Message, mend: &str| {
        let mend = Some(say(mend));
        Some(Refusal { why, mend })
    };
    match service.state(facts) {
        MicroState::Absent if !matches!(facts.snapd, SnapdState::Answers(_)) => {
            refuse(say("micro.no-snapd"), "micro.no-snapd-fix")
        }
        MicroState::Absent if !snaps.install => refuse(say("micro.declined"), "micro.declined-fix"),
        MicroState::NotPermitted => refuse(say("micro.not-permitted"), "micro.not-permitted-fix"),
        MicroState::Broken(words) => {
            refuse(say("micro.broken").with("words", words), "micro.broken-fix")
        }
        MicroState::Absent | MicroState::Stopped | MicroState::Answers(_) => None,
    }
}

/// Whether a node's service can be used in the cluster that is `meant`; while none is, what can be
/// said of it: then nothing keeps anybody.
pub(super) fn check_micro(
    service: Micro,
    node: &str,
    facts: &NodeFacts,
    meant: Option<&Answers>,
) -> Check {
    let usual = SnapChannels::default();
    let snaps = meant.map_or(&usual, |answers| &answers.snaps);
    let say = |code: &str| {
        let says = service.say(node, code);
        says.with("channel", service.channel(snaps))
    };
    let check = |verdict, says| Check::new(service.snap(), node, verdict, says);
    let needed = meant.is_some_and(|answers| service.is_wanted(answers));
    let found = match (lacks(service, node, facts, snaps), service.state(facts)) {
        (Some(lack), _) if needed => {
            let found = check(Verdict::Blocking, lack.why);
            match lack.mend {
                Some(mend) => found.fix(mend),
                None => found,
            }
        }
        // Disks and Network say how to mend it, where somebody might want it.
        (Some(lack), _) => check(Verdict::Good, lack.why),
        (None, MicroState::Answers(found)) => {
            let meant = meant.filter(|_| needed);
            check_answering(service, (node, facts), found, meant)
        }
        (None, MicroState::Stopped) if needed => {
            check(Verdict::Warning, say("micro.stopped")).fix(say("micro.stopped-fix"))
        }
        (None, MicroState::Stopped) => check(Verdict::Good, say("micro.stopped")),
        (None, _) => check(Verdict::Good, say("micro.to-install")),
    };
    let read = match service.state(facts) {
        MicroState::Absent => "not there",
        MicroState::Stopped => "no answer",
        MicroState::NotPermitted => "permission denied",
        MicroState::Broken(words) => words,
        MicroState::Answers(found) => &found.version,
    };
    let found = match found.evidence {
        Some(_) => found,
        None => found.read("control.socket", read),
    };
    found.means(match service {
        Micro::Ceph => "micro.ceph-means",
        Micro::Ovn => "micro.ovn-means",
    })
}

fn check_answering(
    service: Micro,
    (node, facts): (&str, &NodeFacts),
    found: &MicroFacts,
    meant: Option<&Answers>,
) -> Check {
    let names: Vec<_> = found.members.iter().map(|it| it.name.as_str()).collect();
    let names = names.join(", ");
    let say = |code: &str| {
        let says = service.say(node, code).with("version", &found.version);
        says.with("members", &names)
    };
    let check = |verdict, says| {
        let read = format!("version {}, members {names}", found.version);
        Check::new(service.snap(), node, verdict, says).read("GET /core/1.0/cluster", read)
    };
    let Some(answers) = meant else {
        let code = if found.members.is_empty() {
            "micro.fresh"
        } else {
            "micro.clustered"
        };
        return check(Verdict::Good, say(code));
    };
    if found.members.is_empty() {
        return check(Verdict::Good, say("micro.fresh"));
    }
    if service == Micro::Ceph && answers.ceph.reuse {
        return check(Verdict::Good, say("micro.reused"));
    }
    if let Some(other) = found.members.iter().find(|it| !is_planned(it, answers)) {
        let says = say("micro.foreign").with("other", &other.name);
        return check(Verdict::Blocking, says).fix(say(foreign_fix(service)));
    }
    let strange = (service == Micro::Ceph)
        .then(|| strange_disk(node, facts, answers))
        .flatten();
    match strange {
        Some(path) => {
            let says = say("micro.foreign-disk").with("path", path);
            check(Verdict::Blocking, says).fix(say(foreign_fix(service)))
        }
        None => check(Verdict::Good, say("micro.ours")),
    }
}

const fn foreign_fix(service: Micro) -> &'static str {
    match service {
        Micro::Ceph => "micro.foreign-ceph-fix",
        Micro::Ovn => "micro.foreign-ovn-fix",
    }
}

/// Whether a member is one that the answers name, at its address.
fn is_planned(member: &MicroMember, answers: &Answers) -> bool {
    let address = member.address.parse::<SocketAddr>();
    let address = address.map(|address| address.ip());
    answers.nodes.iter().any(|node| {
        node.name == member.name && address.as_ref().map_or(true, |it| *it == node.address)
    })
}

/// A disk of this node that Ceph has and nobody gave it: then the Ceph that is there is somebody's.
fn strange_disk(node: &str, facts: &NodeFacts, answers: &Answers) -> Option<String> {
    let chosen = |disk: &Disk| {
        let own = answers.node(node)?;
        let mut given = own.disks_for(Purpose::Ceph);
        given.find(|choice| choice.find.fits(disk))
    };
    let given = |osd: &Osd| {
        let mut disks = facts.host.disks.iter();
        disks.any(|disk| osd.is_on(disk) && chosen(disk).is_some())
    };
    let disks = facts.ceph.facts().map_or(&[][..], |ceph| &ceph.disks);
    let mut own = disks.iter().filter(|osd| osd.member == node);
    own.find(|osd| !given(osd)).map(|osd| osd.path.clone())
}

/// The comparisons of the nodes' services: one `MicroCeph` and one `MicroOVN` at most, and the initiator in
/// it, since every other node joins through it; and one revision of each snap.
pub fn check_services(answers: &Answers, facts: &BTreeMap<String, NodeFacts>) -> Vec<Check> {
    let services = [Micro::Ceph, Micro::Ovn].into_iter();
    let wanted = services.filter(|service| service.is_wanted(answers));
    let compared = wanted.flat_map(|service| compare(service, answers, facts));
    compared.chain(revisions::compare(answers, facts)).collect()
}

fn compare(service: Micro, answers: &Answers, facts: &BTreeMap<String, NodeFacts>) -> Vec<Check> {
    let members = |node: &str| {
        facts
            .get(node)
            .map_or(&[][..], |it| service.state(it).members())
    };
    let say = |node: &str, code: &str| service.say(node, code);
    let check = |node: &str, says: Message, fix: Message| {
        Check::new(service.snap(), node, Verdict::Blocking, says).fix(fix)
    };
    let names = answers.nodes.iter().map(|node| node.name.as_str());
    let in_one: Vec<_> = names.filter(|name| !members(name).is_empty()).collect();
    let (Some(first), initiator) = (in_one.first().copied(), answers.initiator.as_str()) else {
        let reuse = service == Micro::Ceph && answers.ceph.reuse;
        let says = say(&answers.initiator, "micro.none-to-reuse");
        let fix = say(&answers.initiator, "micro.none-to-reuse-fix");
        return reuse
            .then(|| check(&answers.initiator, says, fix))
            .into_iter()
            .collect();
    };
    if members(initiator).is_empty() {
        let says = say(initiator, "micro.initiator-out").with("other", first);
        let fix = say(initiator, "micro.initiator-out-fix").with("other", first);
        return vec![check(initiator, says, fix)];
    }
    let one = members(initiator);
    let apart = |node: &&str| {
        let own = members(node);
        !own.iter()
            .any(|it| one.iter().any(|other| other.address == it.address))
    };
    let apart = in_one.into_iter().filter(apart).map(|node| {
        let says = say(node, "micro.two").with("other", initiator);
        check(node, says, say(node, "micro.two-fix"))
    });
    apart.collect()
}
