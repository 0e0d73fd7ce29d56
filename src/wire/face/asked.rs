//! What a face asks its daemon for: the session's words, and the answers as a preseed.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use super::{FaceError, FaceLink};
use crate::engine::Millis;
use crate::engine::message::Message;
use crate::engine::node::{Role, Stage};
use crate::engine::picture::Picture;
use crate::wire::{Answer, FromDaemon, Offers, Question, Secret, ToDaemon, WireError};

/// What a face knows that it did not know before.
#[derive(Debug, PartialEq)]
pub enum News {
    /// The words of the session that is open here, or that is joined in a rehearsal; none where none
    /// are known any more.
    Words(Option<Secret>),
    /// For this file the answers as a preseed, or why there are none.
    Preseed(String, Result<String, Message>),
    /// What the cluster that is ready offers.
    Offers(Offers),
}

/// The questions whose answers have not come yet; they come in the order of the questions.
#[derive(Debug, Default)]
pub struct Asked {
    open: VecDeque<Asking>,
    /// The session whose words are known or asked for.
    session: Option<String>,
    /// When the undertaking ended whose offers are known or asked for.
    ended: Option<Millis>,
    /// The socket of a rehearsal's initiator, where a rehearsed joiner sees the words.
    words_at: Option<PathBuf>,
}

#[derive(Debug)]
enum Asking {
    /// The words of the session that is open.
    Words,
    /// The answers, for this file.
    Preseed(String),
    /// What a cluster that is ready offers.
    Offers,
}

impl Asked {
    /// Nothing was asked yet. `words_at` is the socket of a rehearsal's initiator: whoever sits in
    /// one room sees the words on its screen.
    pub fn new(words_at: Option<PathBuf>) -> Self {
        Self {
            words_at,
            ..Self::default()
        }
    }

    /// Asks for what the link's picture calls for: the words of a session that was opened (those of
    /// one that was closed are forgotten), what a cluster offers that is ready. Fails where the daemon
    /// has gone.
    pub async fn follow(&mut self, link: &mut FaceLink) -> Result<Option<News>, WireError> {
        let ended = ended_well(&link.picture);
        if std::mem::replace(&mut self.ended, ended) != ended && ended.is_some() {
            self.ask(link, Asking::Offers).await?;
        }
        if self.words_at.is_some() {
            return Ok(self.look_over(&link.picture).await);
        }
        let session = session(&link.picture);
        if session == self.session.as_deref() {
            return Ok(None);
        }
        self.session = session.map(str::to_owned);
        if self.session.is_some() {
            self.ask(link, Asking::Words).await?;
        }
        Ok(Some(News::Words(None)))
    }

    /// Looks at the rehearsed initiator's screen, once for each session that is joined.
    async fn look_over(&mut self, picture: &Picture) -> Option<News> {
        let joining = picture.wizard.joining.as_ref()?;
        if self.session.as_ref() == Some(&joining.session) {
            return None;
        }
        // Where it cannot be seen now, the next picture looks again.
        let words = words_of(self.words_at.as_deref()?).await.ok()??;
        self.session = Some(joining.session.clone());
        Some(News::Words(Some(words)))
    }

    /// Asks for the answers, for `file`. Fails where the daemon has gone.
    pub async fn save(&mut self, link: &mut FaceLink, file: String) -> Result<(), WireError> {
        self.ask(link, Asking::Preseed(file)).await
    }

    async fn ask(&mut self, link: &mut FaceLink, asking: Asking) -> Result<(), WireError> {
        let question = match asking {
            Asking::Words => Question::Words,
            Asking::Preseed(_) => Question::Preseed,
            Asking::Offers => Question::Offers,
        };
        self.open.push_back(asking);
        link.send(&ToDaemon::Ask { question }).await
    }

    /// Whether it is still to be heard what the cluster offers.
    pub fn awaits_offers(&self) -> bool {
        self.open
            .iter()
            .any(|asking| matches!(asking, Asking::Offers))
    }

    /// Takes the answer to the oldest question.
    pub fn hear(&mut self, answer: Answer) -> Option<News> {
        match (self.open.pop_front()?, answer) {
            (Asking::Words, Answer::Words { session, words }) if session == self.session => {
                Some(News::Words(Some(words)))
            }
            // Another session was opened meanwhile, or there was none yet: the next picture asks.
            (Asking::Words, _) => {
                self.session = None;
                None
            }
            (Asking::Preseed(file), Answer::Preseed { text }) => {
                Some(News::Preseed(file, Ok(text)))
            }
            (Asking::Preseed(file), Answer::Failed { failure }) => {
                Some(News::Preseed(file, Err(failure.what)))
            }
            (Asking::Offers, Answer::Offers { offers }) => Some(News::Offers(offers)),
            (Asking::Preseed(_) | Asking::Offers, _) => None,
        }
    }
}

/// When the undertaking of this picture ended well, on the node that led it.
fn ended_well(picture: &Picture) -> Option<Millis> {
    let ended = picture.role == Role::Leader && picture.stage == Stage::Ended;
    let end = picture.end.as_ref().filter(|end| ended && end.ok)?;
    Some(end.at)
}

/// The session that is open on the node of this picture, where it leads.
fn session(picture: &Picture) -> Option<&str> {
    let session = picture.wizard.session.as_ref();
    let session = session.filter(|_| picture.role == Role::Leader);
    session
        .map(|session| session.id.as_str())
        .filter(|id| !id.is_empty())
}

/// The words on the screen of the initiator whose daemon listens on this socket; none while its
/// session is not open.
pub async fn words_of(initiator: &Path) -> Result<Option<Secret>, FaceError> {
    let mut link = FaceLink::connect(initiator, false).await?;
    let question = Question::Words;
    link.send(&ToDaemon::Ask { question }).await?;
    loop {
        if let FromDaemon::Answer { answer } = link.receive().await? {
            return Ok(match answer {
                Answer::Words {
                    session: Some(_),
                    words,
                } => Some(words),
                _ => None,
            });
        }
    }
}
