//! Files that only mcloud may read, written so that a power cut leaves the old or the new one.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use secrecy::zeroize::Zeroizing;
use tempfile::NamedTempFile;

/// No key, certificate or membership file of mcloud comes near this size.
const LARGEST: u64 = 64 * 1024;

/// The mode bits that let anybody but the owner in.
const OTHERS: u32 = 0o077;

/// Why a private file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// The system said no.
    #[error("{path}: {source}")]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Others may read it. It is refused, not repaired: they may have read it already, and the
    /// directory may be one that mcloud did not make.
    #[error(
        "{path} has mode {mode:04o}, others may read it: if nobody can have done so, \
         run \"chmod go= {path}\"; if somebody can, remove it"
    )]
    Open {
        /// The file or directory.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A link, a device, or a file where a directory belongs.
    #[error("{path} is not {expected}: move it away")]
    Kind {
        /// What was found.
        path: PathBuf,
        /// What belongs there.
        expected: &'static str,
    },
    /// Too long to be one of mcloud's.
    #[error("{path} is longer than {LARGEST} bytes, so it is not mcloud's: move it away")]
    TooLong {
        /// The file.
        path: PathBuf,
    },
}

/// Makes `dir` with mode 0700; one that is there already must be closed to others.
pub fn private_dir(dir: &Path) -> Result<(), FilesError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(|source| at(dir, source))?;
    let found = fs::metadata(dir).map_err(|source| at(dir, source))?;
    closed(dir, found.mode())
}

/// Reads a file closed to others; none where there is no file. The text is wiped when dropped.
pub fn read_private(path: &Path) -> Result<Option<Zeroizing<String>>, FilesError> {
    let link = match fs::symlink_metadata(path) {
        Ok(link) => link,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(at(path, source)),
    };
    if !link.is_file() {
        return Err(FilesError::Kind {
            path: path.to_path_buf(),
            expected: "a plain file",
        });
    }
    let mut file = File::open(path).map_err(|source| at(path, source))?;
    let found = file.metadata().map_err(|source| at(path, source))?;
    closed(path, found.mode())?;
    if found.len() > LARGEST {
        return Err(FilesError::TooLong {
            path: path.to_path_buf(),
        });
    }
    let mut text = Zeroizing::new(String::new());
    file.read_to_string(&mut text)
        .map_err(|source| at(path, source))?;
    Ok(Some(text))
}

/// Writes a file of mode 0600 in one piece, in place of an older one.
pub fn write_private(path: &Path, text: &str) -> Result<(), FilesError> {
    let file = written(path, text)?;
    file.persist(path)
        .map_err(|failed| at(path, failed.error))?;
    settle(path)
}

/// Writes a file of mode 0600 in one piece. False, and nothing written, if there was one.
pub fn write_private_once(path: &Path, text: &str) -> Result<bool, FilesError> {
    match written(path, text)?.persist_noclobber(path) {
        Ok(_) => settle(path).map(|()| true),
        Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(failed) => Err(at(path, failed.error)),
    }
}

/// A file beside `path` that holds `text`, on the medium already. Temporary files are made 0600.
fn written(path: &Path, text: &str) -> Result<NamedTempFile, FilesError> {
    let write = || -> io::Result<NamedTempFile> {
        let mut file = NamedTempFile::new_in(parent(path))?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        Ok(file)
    };
    write().map_err(|source| at(path, source))
}

/// Puts the directory's entry on the medium: without it a power cut may lose the new name.
fn settle(path: &Path) -> Result<(), FilesError> {
    let dir = parent(path);
    File::open(dir)
        .and_then(|dir| dir.sync_all())
        .map_err(|source| at(dir, source))
}

fn parent(path: &Path) -> &Path {
    path.parent()
        .filter(|dir| !dir.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

fn closed(path: &Path, mode: u32) -> Result<(), FilesError> {
    if mode & OTHERS == 0 {
        return Ok(());
    }
    Err(FilesError::Open {
        path: path.to_path_buf(),
        mode: mode & 0o7777,
    })
}

fn at(path: &Path, source: io::Error) -> FilesError {
    FilesError::Io {
        path: path.to_path_buf(),
        source,
    }
}
