//! The disks that a node of a preseed gives away.

use serde_saphyr::Spanned;

use super::{Check, Word};
use crate::engine::answers::{DiskChoice, DiskFilter, Purpose};
use crate::preseed::error::{PreseedError, say};
use crate::preseed::raw::{Field, RawDisk, position};
use crate::preseed::source::Position;

/// The smallest disk a filter may ask for, in bytes: below it stands a size whose unit was forgotten.
const LEAST_DISK: u64 = 1_000_000;

/// A node's disks, and where the one for the local pool stands.
type Disks = (Vec<DiskChoice>, Option<Position>);

impl Check<'_> {
    /// The disks of the node called `node`.
    pub(super) fn disks(
        &self,
        node: &str,
        field: &Field<Vec<Spanned<RawDisk>>>,
    ) -> Result<Disks, PreseedError> {
        let raw = field.value().map(|(disks, _)| disks.as_slice());
        let mut disks: Vec<(DiskChoice, Position)> = Vec::new();
        let mut local_at = None;
        for raw in raw.unwrap_or_default() {
            let at = position(raw.referenced);
            let disk = self.disk(raw)?;
            if disk.purpose == Purpose::Local && local_at.replace(at).is_some() {
                let what = say("preseed.two-disks").with("node", node);
                return Err(self.error(at, &what, &say("preseed.two-disks-mend")));
            }
            let same = |(other, _): &&(DiskChoice, Position)| are_one(&other.find, &disk.find);
            if let Some((_, there)) = disks.iter().find(same) {
                let what = say("preseed.same-disk").with("line", there.line);
                return Err(self.error(at, &what, &say("preseed.same-disk-mend")));
            }
            disks.push((disk, at));
        }
        Ok((disks.into_iter().map(|(disk, _)| disk).collect(), local_at))
    }

    fn disk(&self, raw: &Spanned<RawDisk>) -> Result<DiskChoice, PreseedError> {
        let owner = position(raw.referenced);
        let raw = &raw.value;
        let word = self.needed(&raw.purpose, "use", owner)?;
        let purposes = [Purpose::Local, Purpose::Ceph];
        let named = |purpose: &Purpose| purpose.name() == word.0;
        let Some(purpose) = purposes.into_iter().find(named) else {
            return Err(self.wrong(word, "preseed.bad-use", "use"));
        };
        let find = self.filter(raw)?;
        if find == DiskFilter::default() {
            let (what, mend) = (say("preseed.any-disk"), say("preseed.any-disk-mend"));
            return Err(self.error(owner, &what, &mend));
        }
        let encrypt = self.flag(&raw.encrypt, "encrypt")?.unwrap_or_default();
        if encrypt && purpose == Purpose::Local {
            let (what, mend) = (say("preseed.encrypt"), say("preseed.encrypt-mend"));
            return Err(self.error(raw.encrypt.at().unwrap_or(owner), &what, &mend));
        }
        Ok(DiskChoice {
            purpose,
            find,
            encrypt,
        })
    }

    fn filter(&self, raw: &RawDisk) -> Result<DiskFilter, PreseedError> {
        let text = |word: Option<Word<'_>>| word.map(|(word, _)| word.to_owned());
        let size = self.word(&raw.size, "size")?;
        let size = size.map(|size| self.size(size, "size", LEAST_DISK));
        Ok(DiskFilter {
            serial: text(self.word(&raw.serial, "serial")?),
            model: text(self.word(&raw.model, "model")?),
            size: size.transpose()?,
        })
    }
}

/// Whether two filters can only mean one disk: what the one says, the other says too. As each finds
/// exactly one disk, the other's disk is the one's.
fn are_one(one: &DiskFilter, other: &DiskFilter) -> bool {
    covers(one, other) || covers(other, one)
}

/// Whether every disk that fits `narrow` fits `wide` too.
fn covers(wide: &DiskFilter, narrow: &DiskFilter) -> bool {
    fn agrees<T: PartialEq>(wide: Option<&T>, narrow: Option<&T>) -> bool {
        wide.is_none() || wide == narrow
    }
    agrees(wide.serial.as_ref(), narrow.serial.as_ref())
        && agrees(wide.model.as_ref(), narrow.model.as_ref())
        && agrees(wide.size.as_ref(), narrow.size.as_ref())
}
