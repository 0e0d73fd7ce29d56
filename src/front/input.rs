//! What the user gave: preseeds and tokens, from files or standard input.

use std::io::Read;
use std::path::Path;

use super::Exit;
use crate::preseed::{self, Preseed};
use crate::wire::Secret;

/// The most of a file that is read: a preseed of 64 nodes has a few kilobytes.
const LARGEST: u64 = 1024 * 1024;

/// Reads a preseed; `-` is standard input.
pub(super) fn preseed(path: &Path) -> Result<Preseed, Exit> {
    let name = path.display().to_string();
    let bytes = bytes(path)?;
    let text = preseed::text(&bytes, &name).map_err(Exit::input)?;
    preseed::read(&text, &name).map_err(Exit::input)
}

/// Reads a join token from its file; `-` is standard input.
pub(super) fn token(path: &Path) -> Result<Secret, Exit> {
    let text = String::from_utf8(bytes(path)?)
        .map_err(|_| Exit::input(format_args!("{}: this is no token", path.display())))?;
    Ok(Secret(text.trim().to_owned()))
}

fn bytes(path: &Path) -> Result<Vec<u8>, Exit> {
    let failed = |error| Exit::input(format_args!("{}: {error}", path.display()));
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin()
            .take(LARGEST)
            .read_to_end(&mut bytes)
            .map_err(failed)?;
    } else {
        let file = std::fs::File::open(path).map_err(failed)?;
        file.take(LARGEST).read_to_end(&mut bytes).map_err(failed)?;
    }
    Ok(bytes)
}
