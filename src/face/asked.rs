//! What a face asks its daemon for: the session's words, and the answers as a file.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;

use crate::engine::message::Message;
use crate::engine::node::Role;
use crate::engine::picture::Picture;
use crate::forms::Words;
use crate::rehearsal::operator::words_of;
use crate::screens::Screens;
use crate::text::sentence;
use crate::wire::face::FaceLink;
use crate::wire::{Answer, Question, ToDaemon, WireError};

/// The questions whose answers have not come yet; they come in the order of the questions.
#[derive(Debug, Default)]
pub(super) struct Asked {
    open: VecDeque<Asking>,
    /// The session whose words are known or asked for.
    session: Option<String>,
    /// Where a rehearsed joiner sees the words.
    words_at: Option<PathBuf>,
}

#[derive(Debug)]
enum Asking {
    /// The words of the session that is open.
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

    /// Looks at the rehearsed initiator's screen, once for each session that is joined.
    async fn look_over(&mut self, picture: &Picture, screens: &mut Screens) {
        let joining = picture.wizard.joining.as_ref();
        let (Some(joining), Some(at)) = (joining, &self.words_at) else {
            return;
        };
        if self.session.as_ref() == Some(&joining.session) {
            return;
        }
        // Where it cannot be seen now, the next picture looks again.
        if let Ok(Some(words)) = words_of(at).await {
            self.session = Some(joining.session.clone());
            screens.know(Some(Words(words.0)));
        }
    }

    /// Asks for the words of a session that was opened here; forgets those of one that was closed.
    pub(super) async fn follow(
        &mut self,
        link: &mut FaceLink,
        screens: &mut Screens,
    ) -> Result<(), WireError> {
        if self.words_at.is_some() {
            self.look_over(&link.picture, screens).await;
            return Ok(());
        }
        let session = session(&link.picture);
        if session == self.session.as_deref() {
            return Ok(());
        }
        self.session = session.map(str::to_owned);
        screens.know(None);
        if self.session.is_some() {
            self.ask(link, Asking::Words).await?;
        }
        Ok(())
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

    /// Takes the answer to the oldest question.
    pub(super) fn hear(&mut self, answer: Answer, screens: &mut Screens) {
        match (self.open.pop_front(), answer) {
            (Some(Asking::Words), Answer::Words { session, words }) if session == self.session => {
                screens.know(Some(Words(words.0)));
            }
            // Another session was opened meanwhile, or there was none yet: the next picture asks.
            (Some(Asking::Words), _) => self.session = None,
            (Some(Asking::Preseed(file)), Answer::Preseed { text }) => {
                screens.saved(write(&file, &text));
            }
            (Some(Asking::Preseed(file)), Answer::Failed { failure }) => {
                screens.saved(Err(failed(&file, &sentence(&failure.what))));
            }
            _ => {}
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
fn write(file: &str, text: &str) -> Result<String, String> {
    let path = std::path::absolute(PathBuf::from(file));
    let path = path.map_err(|error| failed(file, &error.to_string()))?;
    let shown = path.display().to_string();
    let written = File::create_new(&path).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    match written {
        Ok(()) => Ok(shown),
        Err(error) => Err(why(&shown, &error)),
    }
}

fn why(file: &str, error: &io::Error) -> String {
    if error.kind() == ErrorKind::AlreadyExists {
        return sentence(&Message::new("save-screen.exists").with("file", file));
    }
    failed(file, &error.to_string())
}

fn failed(file: &str, why: &str) -> String {
    let message = Message::new("save-screen.failed").with("file", file);
    sentence(&message.with("why", why.trim_end_matches('.')))
}
