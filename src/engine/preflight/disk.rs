//! Which disks can be given to a service, and which filter finds exactly one of them.

use serde::{Deserialize, Serialize};

use super::{Check, Verdict};
use crate::engine::answers::{DiskFilter, Given, NodeAnswers, Purpose};
use crate::engine::facts::{Disk, Holds, Module};
use crate::engine::message::Message;
use crate::engine::services::NodeFacts;

/// The smallest disk that is worth a pool, in bytes.
pub const LEAST_DISK: u64 = 1_000_000_000;

/// USB 2, in Mb/s: what is agreed on in a slow port, by a slow cable, or through a slow hub.
const USB_2: u32 = 480;

/// Why a disk cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The reason.
    pub why: Message,
    /// The way to mend it; none where there is none, as for the disk that the system runs from.
    pub mend: Option<Message>,
}

/// One disk as a choice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DiskOffer {
    /// The disk.
    pub disk: Disk,
    /// What it holds in a few words; empty if it holds nothing.
    pub holds: String,
    /// Why it cannot be chosen; none if it can.
    pub unusable: Option<Refusal>,
    /// Whether choosing it erases something.
    pub erases: bool,
    /// What is to be said against choosing it.
    pub warnings: Vec<Message>,
    /// The filter that finds this disk and no other of the node; none where there is none.
    pub filter: Option<DiskFilter>,
}

/// Every disk of a node, in the order of the kernel's names, with what can be said of each.
/// `can_wipe` is whether the node's LXD can wipe a disk that holds something.
pub fn disk_choices(disks: &[Disk], can_wipe: bool) -> Vec<DiskOffer> {
    let mut offers: Vec<_> = disks
        .iter()
        .map(|disk| {
            let filter = filter(disks, disk);
            let nameless = || filter.is_none().then(|| twin(disks, disk));
            let alike = || alike(disks, disk);
            let holds = disk.holds.in_words(&disk.partitions);
            DiskOffer {
                unusable: refusal(disk, can_wipe).or_else(alike).or_else(nameless),
                erases: !holds.is_empty(),
                holds,
                warnings: warnings(disk),
                filter,
                disk: disk.clone(),
            }
        })
        .collect();
    offers.sort_by_key(|offer| (offer.disk.name.len(), offer.disk.name.clone()));
    offers
}

/// Why a disk cannot be given to a new pool, whoever wants it: the Disks screen and the plan refuse
/// the same ones.
pub(in crate::engine) fn refusal(disk: &Disk, can_wipe: bool) -> Option<Refusal> {
    let renamed = || {
        let bare = !disk.has_lasting_path();
        bare.then(|| refuse(disk, "check.disk-renamed", "", Some("disk.mend-renamed")))
    };
    in_use(disk)
        .or_else(|| unfit(disk))
        .or_else(renamed)
        .or_else(|| {
            let holds = disk.holds.in_words(&disk.partitions);
            let kept = !holds.is_empty() && !can_wipe;
            kept.then(|| refuse(disk, "check.disk-wipe", &holds, Some("disk.mend-wipe")))
        })
}

fn refuse(disk: &Disk, code: &str, why: &str, mend: Option<&str>) -> Refusal {
    let say = |code: &str| {
        Message::new(code)
            .with("disk", &disk.name)
            .with("path", &disk.path)
            .with("why", why)
    };
    Refusal {
        why: say(code),
        mend: mend.map(say),
    }
}

/// Somebody uses it. The disk that the system runs or starts from can never be chosen.
fn in_use(disk: &Disk) -> Option<Refusal> {
    let used = disk.used.as_deref()?;
    let refuse = |code, why: &str, mend| Some(refuse(disk, code, why, mend));
    if disk.is_system() {
        return refuse("check.disk-system", used, None);
    }
    if let Some(place) = used.strip_prefix(Disk::MOUNTED) {
        let mut refusal = refuse("check.disk-used", used, Some("disk.mend-mounted"))?;
        refusal.mend = refusal.mend.map(|mend| mend.with("place", place));
        return Some(refusal);
    }
    let zfs = matches!(&disk.holds, Holds::Found { kind, .. } if kind == "zfs_member");
    let mend = match used {
        Disk::SWAP => "disk.mend-swap",
        _ if zfs => "disk.mend-zfs",
        _ if used.starts_with(Disk::STACKED) => "disk.mend-stacked",
        _ => "disk.mend-claimed",
    };
    refuse("check.disk-used", used, Some(mend))
}

/// It cannot be written to, told apart, or read, or it is too small. This holds for the disk of a
/// pool that is made, too.
pub(in crate::engine) fn unfit(disk: &Disk) -> Option<Refusal> {
    let refuse = |code, why: &str, mend| Some(refuse(disk, code, why, Some(mend)));
    if disk.read_only {
        return refuse("check.disk-read-only", "", "disk.mend-read-only");
    }
    // A kernel name is nobody's own: after the next start it may be another disk's.
    if disk.serial.is_none() && !disk.has_lasting_path() {
        return refuse("check.disk-nameless", "", "disk.mend-nameless");
    }
    match &disk.holds {
        Holds::Unknown(why) => refuse("check.disk-unknown", why, "disk.mend-unknown"),
        _ if (1..LEAST_DISK).contains(&disk.size) => {
            refuse("check.disk-small", "", "disk.mend-small")
        }
        _ => None,
    }
}

/// Why a disk cannot be given away though its filter finds it alone: another has its serial number, and
/// its path does not name the port that tells them apart.
pub(in crate::engine) fn alike(disks: &[Disk], disk: &Disk) -> Option<Refusal> {
    let has_twin = disks.iter().any(|other| disk.is_like(other));
    (has_twin && !disk.is_by_port()).then(|| twin(disks, disk))
}

/// The disks that nothing tells from `disk`.
fn twin(disks: &[Disk], disk: &Disk) -> Refusal {
    let same = |other: &&Disk| {
        let unnamed = disk.serial.is_none() && other.serial.is_none();
        let alike = unnamed && other.model == disk.model && other.name != disk.name;
        alike || disk.is_like(other)
    };
    let others = disks.iter().filter(same).map(|other| other.name.as_str());
    let others = others.collect::<Vec<_>>().join(", ");
    refuse(disk, "check.disk-twin", &others, Some("disk.mend-twin"))
}

/// The filter with the fewest words that finds `disk` alone: its serial number, or else what tells
/// it apart together with its model and size.
fn filter(disks: &[Disk], disk: &Disk) -> Option<DiskFilter> {
    let by_serial = DiskFilter {
        serial: disk.serial.clone(),
        ..DiskFilter::default()
    };
    let by_all = DiskFilter {
        serial: disk.serial.clone(),
        model: disk.model.clone(),
        size: Some(disk.size),
    };
    [by_serial, by_all].into_iter().find(|filter| {
        let mut fitting = disks.iter().filter(|disk| filter.fits(disk));
        fitting.next() == Some(disk) && fitting.next().is_none()
    })
}

fn warnings(disk: &Disk) -> Vec<Message> {
    let say = |code: &str| Message::new(code).with("disk", &disk.name);
    let mut said = Vec::new();
    if let Some(speed) = disk.usb_speed_mbps.filter(|speed| *speed <= USB_2) {
        said.push(say("disk.slow-usb").with("speed", speed));
    }
    if disk.is_by_port() {
        said.push(say("disk.by-port"));
    }
    if disk.transport.as_deref() == Some("mmc") {
        said.push(say("disk.card"));
    } else if disk.removable {
        said.push(say("disk.removable"));
    }
    said
}

/// What one disk of a node can be given away for, as far as the disk itself goes: whether there is a
/// Ceph to give it to is another question. `offer` is of [`disk_choices`] where disks can be wiped:
/// LXD may be unable to, `MicroCeph` never is.
pub fn given_for(facts: &NodeFacts, offer: &DiskOffer) -> Vec<Given> {
    if offer.unusable.is_some() {
        return Vec::new();
    }
    let given = |purpose, encrypt| Given { purpose, encrypt };
    let mut all = vec![given(Purpose::Ceph, false)];
    if can_encrypt(facts) {
        all.push(given(Purpose::Ceph, true));
    }
    if facts.can_wipe() || !offer.erases {
        all.push(given(Purpose::Local, false));
    }
    all
}

/// Whether disks can be encrypted: by `MicroCeph`'s word, and where it has none, as squid's or one in no
/// cluster, by the kernel's module.
fn can_encrypt(facts: &NodeFacts) -> bool {
    let ceph = facts.ceph.facts();
    match ceph.and_then(|ceph| ceph.no_encryption.as_deref()) {
        Some(why) => why.is_empty(),
        None => matches!(
            facts.host.modules.get("dm_crypt"),
            Some(Module::There | Module::Available)
        ),
    }
}

/// What is to be said of the disks that were chosen for a node.
pub(super) fn chosen_disks(node: &NodeAnswers, facts: &NodeFacts) -> Vec<Check> {
    let chosen: Vec<_> = node
        .disks
        .iter()
        .filter_map(|choice| {
            let disks = facts.host.disks.iter();
            let mut fitting = disks.filter(|disk| choice.find.fits(disk));
            let disk = fitting.next().filter(|_| fitting.next().is_none())?;
            Some((choice, disk))
        })
        .collect();
    let mut checks = Vec::new();
    for (at, (choice, disk)) in chosen.iter().enumerate() {
        let say = |code: &str| {
            let says = Message::new(code).with("node", &node.name);
            says.with("disk", &disk.name)
        };
        for says in warnings(disk) {
            let says = says.with("node", &node.name);
            let check = Check::new("disk", &node.name, Verdict::Warning, says);
            checks.push(check.read(&disk.path, disk.transport.as_deref().unwrap_or("-")));
        }
        let twice = chosen
            .iter()
            .take(at)
            .any(|(_, other)| other.path == disk.path);
        if twice {
            checks.push(disk_check(&node.name, say("check.disk-twice")));
        }
        if choice.encrypt && choice.purpose == Purpose::Local {
            checks.push(disk_check(&node.name, say("check.disk-encrypt-local")));
        }
        let why = facts
            .ceph
            .facts()
            .and_then(|it| it.no_encryption.as_deref());
        if let Some(why) = why.filter(|why| choice.encrypt && !why.is_empty()) {
            let says = say("check.disk-encrypt").with("why", why);
            checks.push(disk_check(&node.name, says));
        }
    }
    let locals = chosen
        .iter()
        .filter(|(choice, _)| choice.purpose == Purpose::Local);
    if locals.count() > 1 {
        let says = Message::new("check.disk-locals").with("node", &node.name);
        checks.push(disk_check(&node.name, says));
    }
    checks
}

/// The check that a plan's disks fit the facts; made where the plan is made.
pub(in crate::engine) fn disk_check(node: &str, says: Message) -> Check {
    Check::new("disk", node, Verdict::Blocking, says)
        .fix(Message::new("check.disk-fix").with("node", node))
}
