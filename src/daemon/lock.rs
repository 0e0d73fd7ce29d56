//! The lock that keeps a second daemon away from a node.

use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use super::DaemonError;

/// A node that is taken. It is let go in so many words: a program that is just being started by
/// another thread holds a copy of the file for a moment, and with it the lock.
#[derive(Debug)]
pub(super) struct Lock(std::fs::File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Where this fails, the end of the process does it.
        let _ = rustix::fs::flock(&self.0, rustix::fs::FlockOperation::Unlock);
    }
}

/// Takes the node for this process; the lock goes with the process, however it ends.
pub(super) fn lock(path: PathBuf) -> Result<Lock, DaemonError> {
    let file = std::fs::File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&path)
        .map_err(|error| DaemonError::Place(path.clone(), error))?;
    match rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Lock(file)),
        Err(_) => Err(DaemonError::Owned(path)),
    }
}
