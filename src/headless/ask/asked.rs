//! What the dialog asks its daemon for: the session's words, and the answers as a file.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

use super::dialog::Dialog;
use super::words::fill;
use crate::engine::node::Role;
use crate::engine::picture::Picture;
use crate::forms::Words;
use crate::rehearsal::operator::words_of;
use crate::text::sentence;
use crate::wire::face::FaceLink;
use crate::wire::{Answer, Question, ToDaemon, WireError};

/// The questions whose answers have not come yet; they come in the order of the questions.
#[derive(Debug, Default)]
pub(super) struct Asked {
    open: VecDeque<Asking>,
    /// The session whose words are known or asked for.
    session: Option<String>,
    /// The socket of a rehearsal's initiator, where a rehearsed joiner sees the words.
    words_at: Option<PathBuf>,
}

#[derive(Debug)]
enum Asking {
    Words,
    /// The answers, to be written into this file.
    Preseed(String),
}

impl Asked {
    pub(super) fn new(words_at: Option<PathBuf>) -> Self {
        Self {
            words_at,
            ..Self::default()
        }
    }

    /// Asks for the words of a session that was opened here; forgets those of one that was closed.
    /// Says whether the dialog knows something else now.
    pub(super) async fn follow(
        &mut self,
        link: &mut FaceLink,
        dialog: &mut Dialog,
    ) -> Result<bool, WireError> {
        if self.words_at.is_some() {
            return Ok(self.look_over(&link.picture, dialog).await);
        }
        let session = session(&link.picture);
        if session == self.session.as_deref() {
            return Ok(false);
        }
        self.session = session.map(str::to_owned);
        dialog.know(None);
        if self.session.is_some() {
            self.ask(link, Asking::Words).await?;
        }
        Ok(true)
    }

    /// Looks at the rehearsed initiator's screen, once for each session that is joined.
    async fn look_over(&mut self, picture: &Picture, dialog: &mut Dialog) -> bool {
        let joining = picture.wizard.joining.as_ref();
        let (Some(joining), Some(at)) = (joining, &self.words_at) else {
            return false;
        };
        if self.session.as_ref() == Some(&joining.session) {
            return false;
        }
        // Where it cannot be seen now, the next picture looks again.
        let Ok(Some(words)) = words_of(at).await else {
            return false;
        };
        self.session = Some(joining.session.clone());
        dialog.know(Some(Words(words.0)));
        true
    }

    /// Asks for the answers, to be written into `file`.
    pub(super) async fn save(
        &mut self,
        link: &mut FaceLink,
        file: String,
    ) -> Result<(), WireError> {
        self.ask(link, Asking::Preseed(file)).await
    }

    async fn ask(&mut self, link: &mut FaceLink, asking: Asking) -> Result<(), WireError> {
        let question = match asking {
            Asking::Words => Question::Words,
            Asking::Preseed(_) => Question::Preseed,
        };
        self.open.push_back(asking);
        link.send(&ToDaemon::Ask { question }).await
    }

    /// Takes the answer to the oldest question, and says what came of it.
    pub(super) fn hear(&mut self, answer: Answer, dialog: &mut Dialog) -> Option<String> {
        match (self.open.pop_front()?, answer) {
            (Asking::Words, Answer::Words { session, words }) if session == self.session => {
                dialog.know(Some(Words(words.0)));
                None
            }
            // Another session was opened meanwhile, or there was none yet: the next picture asks.
            (Asking::Words, _) => {
                self.session = None;
                None
            }
            (Asking::Preseed(file), Answer::Preseed { text }) => Some(write(&file, &text)),
            (Asking::Preseed(file), Answer::Failed { failure }) => {
                Some(failed(&file, &sentence(&failure.what)))
            }
            (Asking::Preseed(_), _) => None,
        }
    }
}

/// The session that is open on the node of this picture, where it leads.
fn session(picture: &Picture) -> Option<&str> {
    let session = picture.wizard.session.as_ref();
    let session = session.filter(|_| picture.role == Role::Leader);
    session
        .map(|session| session.id.as_str())
        .filter(|id| !id.is_empty())
}

/// Writes a file that is not there yet, and says where it is or why it is not.
fn write(file: &str, text: &str) -> String {
    let path = match std::path::absolute(PathBuf::from(file)) {
        Ok(path) => path,
        Err(error) => return failed(file, &error.to_string()),
    };
    let shown = path.display().to_string();
    let written = File::create_new(&path).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    match written {
        Ok(()) => fill("save-screen.saved", &[("file", &shown)]),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            fill("save-screen.exists", &[("file", &shown)])
        }
        Err(error) => failed(&shown, &error.to_string()),
    }
}

fn failed(file: &str, why: &str) -> String {
    let why = why.trim_end_matches('.');
    fill("save-screen.failed", &[("file", file), ("why", why)])
}
