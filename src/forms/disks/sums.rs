//! What follows from the choices on Disks: Ceph and what it survives, the local pool, what is erased.

use super::super::parts::{fill, list, nodes, note};
use super::super::{Known, Note, Tone};
use super::{driver_of, given, gives, takes_disks};
use crate::engine::answers::{DriverChoice, Purpose};
use crate::engine::message::Message;
use crate::engine::picture::wizard::NodeDisks;
use crate::engine::picture::{bytes_in_words, file_in_words};
use crate::engine::preflight::Refusal;
use crate::text::{say, sentence};

pub(super) fn sums(known: Known<'_>) -> Vec<Note> {
    let all = &known.picture.wizard.disks;
    if all.is_empty() {
        return vec![note(Tone::Busy, say("disks.no-nodes"))];
    }
    let mut notes = ceph(known);
    notes.extend(pool(known));
    let wrong = wrong(known).into_iter();
    notes.extend(wrong.map(|why| note(Tone::Bad, why)));
    notes.push(erased(known));
    let unknown: Vec<_> = all.iter().filter(|node| !node.known).map(name).collect();
    if !unknown.is_empty() {
        let with = list(unknown);
        notes.push(note(
            Tone::Busy,
            fill("disks.still-looking", &[("nodes", &with)]),
        ));
    }
    notes
}

const fn name(node: &NodeDisks) -> &str {
    node.node.as_str()
}

/// Why the choices cannot be: of the local pool, or of Ceph.
pub(super) fn wrong(known: Known<'_>) -> Option<String> {
    let wizard = &known.picture.wizard;
    let impossible = !wizard.ceph.offered && super::has_ceph(known);
    wrong_pool(known).or_else(|| impossible.then(|| say("disks.sum-no-ceph-wrong")))
}

/// Why the local pool cannot be: a driver that not every node has, or a disk for a pool that takes
/// none.
pub(super) fn wrong_pool(known: Known<'_>) -> Option<String> {
    let wizard = &known.picture.wizard;
    let all = &wizard.disks;
    if !wizard.pool.possible && !all.is_empty() && all.iter().all(|node| node.known) {
        return Some(say("disks.sum-impossible"));
    }
    let idle = all.iter().filter(|node| given(node).is_some());
    let idle: Vec<_> = idle.map(name).collect();
    let is_idle = !takes_disks(known) && !idle.is_empty();
    is_idle.then(|| fill("disks.sum-idle", &[("nodes", &list(idle))]))
}

/// What distributed storage comes to, or why there is none.
fn ceph(known: Known<'_>) -> Vec<Note> {
    let wizard = &known.picture.wizard;
    if !wizard.ceph.offered {
        let all = wizard.disks.iter();
        let lacks = all.filter_map(|node| Some((name(node), node.no_ceph.as_ref()?)));
        return lacking("disks.sum-no-ceph", lacks);
    }
    let sizes: Vec<Vec<u64>> = wizard.disks.iter().map(sizes).collect();
    let sizes: Vec<_> = sizes.into_iter().filter(|node| !node.is_empty()).collect();
    if sizes.is_empty() && wizard.ceph.storage.reuse {
        return vec![note(Tone::Good, say("disks.sum-reuse"))];
    }
    if sizes.is_empty() {
        return vec![note(Tone::Plain, say("disks.sum-ceph-none"))];
    }
    vec![comes_to(&sizes, wizard.ceph.storage.reuse)]
}

/// The sizes of the disks that a node gives to Ceph.
fn sizes(node: &NodeDisks) -> Vec<u64> {
    let disks = node.disks.iter();
    let given = disks.filter(|disk| disk.purpose == Some(Purpose::Ceph) && !disk.gone);
    given.map(|disk| disk.size).collect()
}

/// Ceph keeps so many copies, or as many as there are disks.
const MOST_COPIES: usize = 3;

/// From so many nodes with disks on, `MicroCeph` keeps each copy on another node; below that only on
/// another disk (contracts, 5: `microceph_auto_host` and `microceph_auto_osd`).
const HOSTS: usize = 3;

fn comes_to(sizes: &[Vec<u64>], more: bool) -> Note {
    let disks = sizes.iter().map(Vec::len).sum::<usize>();
    let copies = disks.min(MOST_COPIES);
    let by_node = sizes.len() >= HOSTS;
    let apart: Vec<u64> = if by_node {
        let sums = sizes.iter();
        sums.map(|node| node.iter().sum()).collect()
    } else {
        sizes.iter().flatten().copied().collect()
    };
    let raw = apart.iter().sum();
    let (tone, survives) = match (sizes.len(), disks) {
        _ if more => (Tone::Plain, say("disks.survives-more")),
        _ if by_node => (Tone::Good, say("disks.survives-node")),
        (_, 1) => (Tone::Warning, say("disks.survives-nothing")),
        (1, _) => (Tone::Warning, say("disks.survives-disk-one")),
        _ => (Tone::Warning, say("disks.survives-disk")),
    };
    let count = if disks == 1 {
        "disks.one-disk"
    } else {
        "disks.some-disks"
    };
    let times = if copies == 1 {
        "disks.one-copy"
    } else {
        "disks.some-copies"
    };
    let with = [
        ("disks", &*fill(count, &[("count", &disks.to_string())])),
        ("nodes", &*nodes(sizes.len())),
        ("copies", &*fill(times, &[("count", &copies.to_string())])),
        ("raw", &*bytes_in_words(raw)),
        ("usable", &*bytes_in_words(usable(apart, copies))),
        ("survives", &*survives),
    ];
    note(tone, fill("disks.sum-ceph", &with))
}

/// How much can be stored with so many copies, each in another place: the largest places cannot be
/// filled where the others are too small to hold the other copies.
fn usable(mut places: Vec<u64>, copies: usize) -> u64 {
    places.sort_unstable_by(|one, other| other.cmp(one));
    let mut rest = places.iter().sum::<u64>();
    let mut least = u64::MAX;
    for (place, copies) in places.iter().zip((1..=copies).rev()) {
        least = least.min(rest / u64::try_from(copies).unwrap_or(1));
        rest -= place;
    }
    least
}

/// What the nodes lack, those with the same reason together; `code` begins the first sentence.
pub(in crate::forms) fn lacking<'a>(
    code: &str,
    nodes: impl Iterator<Item = (&'a str, &'a Refusal)>,
) -> Vec<Note> {
    let mut groups: Vec<(Vec<&str>, &Refusal)> = Vec::new();
    for (node, refusal) in nodes {
        let same = |group: &&mut (Vec<&str>, &Refusal)| group.1.why.code == refusal.why.code;
        match groups.iter_mut().find(same) {
            Some((names, _)) => names.push(node),
            None => groups.push((vec![node], refusal)),
        }
    }
    let mut said = Vec::new();
    for (names, refusal) in groups {
        let names = list(names);
        let told = |says: &Message| sentence(&says.clone().with("node", &names));
        let why = told(&refusal.why);
        said.push(note(Tone::Warning, fill(code, &[("why", &why)])));
        let mend = refusal.mend.iter();
        said.extend(mend.map(|mend| note(Tone::Plain, told(mend))));
    }
    said
}

/// What the local pool comes to.
fn pool(known: Known<'_>) -> Vec<Note> {
    let wizard = &known.picture.wizard;
    let all = &wizard.disks;
    if wizard.pool.local.driver == DriverChoice::None {
        let ceph = all.iter().any(|node| gives(node, Purpose::Ceph));
        let code = if ceph {
            "disks.sum-no-local"
        } else {
            "disks.sum-no-pool"
        };
        let tone = if ceph { Tone::Plain } else { Tone::Warning };
        return vec![note(tone, say(code))];
    }
    let Some(driver) = driver_of(known) else {
        return vec![note(Tone::Dim, say("disks.sum-unknown"))];
    };
    if driver == "dir" {
        return vec![note(Tone::Plain, say("disks.sum-dir"))];
    }
    let (with, without): (Vec<_>, Vec<_>) = all.iter().partition(|node| given(node).is_some());
    let holes = [
        ("driver", driver),
        ("count", &with.len().to_string()),
        ("nodes", &nodes(all.len())),
    ];
    let tone = if without.is_empty() {
        Tone::Good
    } else {
        Tone::Plain
    };
    let mut notes = vec![note(tone, fill("disks.sum-disks", &holes))];
    if !without.is_empty() {
        let size = file_in_words(wizard.pool.local.file);
        let names = list(without.into_iter().map(name));
        let holes = [("nodes", names.as_str()), ("size", size.as_str())];
        notes.push(note(Tone::Warning, fill("disks.sum-files", &holes)));
    }
    notes
}

/// The disks that will lose what they hold.
fn erased(known: Known<'_>) -> Note {
    let all = known.picture.wizard.disks.iter();
    let lost: Vec<_> = all
        .flat_map(|node| node.disks.iter().map(move |disk| (node, disk)))
        .filter(|(_, disk)| disk.erases && disk.purpose.is_some())
        .filter(|(_, disk)| takes_disks(known) || disk.purpose == Some(Purpose::Ceph))
        .map(|(node, disk)| format!("{} {}", node.node, disk.name))
        .collect();
    if lost.is_empty() {
        return note(Tone::Good, say("disks.sum-keeps"));
    }
    let disks = list(lost.iter().map(String::as_str));
    note(
        Tone::Warning,
        fill("disks.sum-erases", &[("disks", &disks)]),
    )
}
