//! The local pool of a preseed.

use super::{Check, Placed};
use crate::engine::answers::{DriverChoice, LocalPool};
use crate::preseed::error::{PreseedError, say};
use crate::preseed::raw::RawLocal;
use crate::preseed::write;

/// The smallest loop file, in bytes: below it stands a size whose unit was forgotten.
const LEAST_FILE: u64 = 1 << 30;

impl Check<'_> {
    pub(super) fn local(&self, raw: Option<&RawLocal>) -> Result<LocalPool, PreseedError> {
        let mut local = LocalPool::default();
        let Some(raw) = raw else {
            return Ok(local);
        };
        if let Some((word, at)) = self.word(&raw.driver, "driver")? {
            let all = [
                DriverChoice::Auto,
                DriverChoice::Zfs,
                DriverChoice::Btrfs,
                DriverChoice::Dir,
                DriverChoice::None,
            ];
            let named = |driver: &DriverChoice| write::driver_name(*driver) == word;
            local.driver = all
                .into_iter()
                .find(named)
                .ok_or_else(|| self.wrong((word, at), "preseed.bad-driver", "driver"))?;
        }
        if let Some(file) = self.word(&raw.file, "file")? {
            local.file = self.size(file, "file", LEAST_FILE)?;
        }
        Ok(local)
    }

    /// A disk given to a pool that is not made would silently stay unused.
    pub(super) fn no_idle_disk(
        &self,
        local: &LocalPool,
        nodes: &[Placed],
    ) -> Result<(), PreseedError> {
        if local.driver != DriverChoice::None {
            return Ok(());
        }
        match nodes.iter().find_map(|placed| placed.local_at) {
            Some(at) => {
                let (what, mend) = (say("preseed.idle-disk"), say("preseed.idle-disk-mend"));
                Err(self.error(at, &what, &mend))
            }
            None => Ok(()),
        }
    }
}
