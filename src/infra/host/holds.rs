//! What a disk holds, as `blkid -p` reads it from the disk itself.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::process::Command;

use crate::engine::facts::{Disk, Holds};
use crate::infra::rest::plain;
use crate::world::World;

/// How long a disk may take: a healthy one takes milliseconds, one that wakes up some seconds.
const LIMIT: Duration = Duration::from_secs(30);

/// `blkid(8)`: nothing was found, and just the same if the device could not be read.
const NOTHING: i32 = 2;

/// `blkid(8)`: more than one signature, so that it names none.
const AMBIVALENT: i32 = 8;

/// Reads what `disk` holds; every failure is `Unknown` with its reason.
pub(super) async fn holds(world: &World, disk: &Disk) -> Holds {
    if disk.size == 0 {
        return Holds::Unknown("it has no medium".to_owned());
    }
    let device = world.roots.dev.join(&disk.name);
    match tokio::time::timeout(LIMIT, probe(world, &device)).await {
        Ok(holds) => holds,
        Err(_) => Holds::Unknown(format!("it gave no answer in {} s", LIMIT.as_secs())),
    }
}

async fn probe(world: &World, device: &Path) -> Holds {
    let program = &world.programs.blkid;
    let output = Command::new(program)
        .args(["-p", "-o", "export"])
        .arg(device)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await;
    match output {
        Err(error) => Holds::Unknown(format!("{} did not start: {error}", program.display())),
        Ok(output) => match output.status.code() {
            Some(0) => found(&String::from_utf8_lossy(&output.stdout)),
            Some(NOTHING) => match readable(device).await {
                Ok(()) => Holds::Nothing,
                Err(error) => Holds::Unknown(format!("it cannot be read: {error}")),
            },
            Some(AMBIVALENT) => Holds::Unknown("it holds more than one signature".to_owned()),
            _ => Holds::Unknown(failed(&output)),
        },
    }
}

/// How often a disk that seems claimed is looked at, since a look is a claim itself, and how long it
/// is in between.
const CLAIM_LOOKS: (u32, Duration) = (3, Duration::from_millis(50));

/// Whether somebody holds the disk or a partition of it for itself. Mounts, device mapper, md, swap,
/// Btrfs, ZFS and what writes to disks by itself all claim them, also where this process cannot see
/// what for: a ZFS pool has no mount that names its disk, another mount namespace shows none.
///
/// `open(2)`: `O_EXCL` without `O_CREAT` fails with `EBUSY` on a block device that is in use by the
/// system, and changes nothing.
pub(super) async fn is_claimed(world: &World, disk: &Disk) -> bool {
    let device = world.roots.dev.join(&disk.name);
    let (looks, pause) = CLAIM_LOOKS;
    let look = async {
        for _ in 0..looks {
            if !claimed(&open_alone(&device).await) {
                return false;
            }
            tokio::time::sleep(pause).await;
        }
        true
    };
    // A disk that gives no answer is told as one whose contents are unknown.
    tokio::time::timeout(LIMIT, look).await.unwrap_or(false)
}

async fn open_alone(device: &Path) -> io::Result<()> {
    let alone = i32::try_from(rustix::fs::OFlags::EXCL.bits()).unwrap_or(0);
    let mut options = tokio::fs::File::options();
    options.read(true).custom_flags(alone);
    options.open(device).await.map(drop)
}

fn claimed(opened: &io::Result<()>) -> bool {
    opened
        .as_ref()
        .is_err_and(|error| error.kind() == io::ErrorKind::ResourceBusy)
}

fn failed(output: &Output) -> String {
    let words = plain(&String::from_utf8_lossy(&output.stderr));
    format!("blkid failed ({}) {words}", output.status)
        .trim()
        .to_owned()
}

/// Makes sure that "nothing" was read from the disk and not from its silence.
async fn readable(device: &Path) -> io::Result<()> {
    let mut start = [0; 4096];
    let mut file = tokio::fs::File::open(device).await?;
    file.read(&mut start).await.map(drop)
}

/// Reads `KEY=value` lines, in which blkid puts a backslash before what a shell would take amiss.
fn found(export: &str) -> Holds {
    let said: BTreeMap<&str, String> = export
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key, plain(&unescaped(value))))
        .filter(|(_, value)| !value.is_empty())
        .collect();
    let value = |key: &str| said.get(key).cloned();
    match value("TYPE").or_else(|| value("PTTYPE")) {
        None => Holds::Unknown("blkid names no kind of what it found".to_owned()),
        Some(kind) => Holds::Found {
            kind,
            label: value("LABEL"),
            uuid: value("UUID").or_else(|| value("PTUUID")),
        },
    }
}

fn unescaped(value: &str) -> String {
    let mut chars = value.chars();
    let mut text = String::with_capacity(value.len());
    while let Some(c) = chars.next() {
        match c {
            '\\' => text.extend(chars.next()),
            other => text.push(other),
        }
    }
    text
}
