//! What it means that `MicroCeph` refuses a disk: its sentences, told apart where there is another way
//! on from each.

use crate::engine::message::{Failure, Message};
use crate::engine::plan::DiskUse;
use crate::infra::microcluster::{App, failures};
use crate::infra::rest::{Refusal, RestError};

/// Why `MicroCeph` refuses a disk. Read from its sentences, recorded from main where they could be made
/// to appear; the rest is in its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskMeaning {
    /// It has a partition table.
    Partitioned,
    /// It holds a file system, or the label of an OSD.
    Holds,
    /// Something on it is mounted.
    Mounted,
    /// It is on record already: an OSD, or what an interrupted attempt left.
    Recorded,
    /// It is smaller than an OSD can be.
    TooSmall,
    /// There is no disk at that path.
    NotThere,
    /// This machine cannot encrypt.
    NoEncryption,
    /// What it holds could not be erased.
    NotWiped,
    /// Anything else: the sentence is all there is.
    Other,
}

use DiskMeaning::{
    Holds, Mounted, NoEncryption, NotThere, NotWiped, Other, Partitioned, Recorded, TooSmall,
};

/// Parts of sentences in lower case, the hint for each, and whether the disk may be erased by then; the
/// first that fits counts.
const SENTENCES: &[(&str, DiskMeaning)] = &[
    ("has partitions", Partitioned),
    ("is not pristine", Holds),
    ("is currently mounted", Mounted),
    ("\"disks\" entry already exists", Recorded),
    ("smaller than", TooSmall),
    ("minimum osd", TooSmall),
    ("invalid disk path", NotThere),
    ("encryption unsupported", NoEncryption),
    ("encryption is not supported", NoEncryption),
    ("failed to wipe device", NotWiped),
];

/// Why a disk was refused.
pub fn meaning(refusal: &Refusal) -> DiskMeaning {
    let text = refusal.text.to_lowercase();
    let known = SENTENCES.iter().find(|(part, _)| text.contains(part));
    known.map_or(Other, |(_, meaning)| *meaning)
}

/// A disk that was not taken, with `MicroCeph`'s own words, the way on, and what it means for what the
/// disk holds.
pub(super) fn refused(app: App, disk: &DiskUse, wipe: bool, error: &RestError) -> Failure {
    let say = |code: &str| {
        Message::new(code)
            .with("disk", &disk.name)
            .with("node", &disk.node)
    };
    let what = say("microceph.disk-failed").with("path", &disk.path);
    let meant = error.refusal().map(meaning);
    let data = match meant {
        Some(Partitioned | Holds | Mounted | Recorded | TooSmall | NotThere | NoEncryption) => {
            "microceph.data-disk-untouched"
        }
        _ if error.is_unreachable() => "microceph.data-disk-untouched",
        _ if wipe => "microceph.data-disk-wiped",
        _ => "microceph.data-disk",
    };
    let hint = match meant {
        Some(Partitioned | Holds) => "microceph.hint-holds",
        Some(Mounted) => "microceph.hint-mounted",
        Some(Recorded) => "microceph.hint-recorded",
        Some(TooSmall) => "microceph.hint-small",
        Some(NotThere) => "microceph.hint-look",
        Some(NoEncryption) => "microceph.hint-encryption",
        Some(NotWiped) => "microceph.hint-wipe",
        Some(Other) => "microceph.hint-log",
        None => return failures::failed(app, what, error).data(say(data)),
    };
    Failure::new(what)
        .because(error)
        .hint(say(hint).with("path", &disk.path))
        .data(say(data))
}
