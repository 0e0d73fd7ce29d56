//! Answers that were given at a console, kept as a file.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::Path;

use crate::engine::message::Message;
use crate::text::sentence;

/// Writes the answers into a file that is not there yet, and says where it is. Fails with the
/// sentence about it: they cannot be had, the file is there already, or it cannot be written.
pub fn save(file: &str, text: Result<String, Message>) -> Result<String, Message> {
    let text = text.map_err(|why| failed(file, &sentence(&why)))?;
    let path = std::path::absolute(Path::new(file));
    let path = path.map_err(|error| failed(file, &error.to_string()))?;
    let shown = path.display().to_string();
    let written = File::create_new(&path).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    match written {
        Ok(()) => Ok(shown),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Err(Message::new("save-screen.exists").with("file", shown))
        }
        Err(error) => Err(failed(&shown, &error.to_string())),
    }
}

fn failed(file: &str, why: &str) -> Message {
    let message = Message::new("save-screen.failed").with("file", file);
    message.with("why", why.trim_end_matches('.'))
}
