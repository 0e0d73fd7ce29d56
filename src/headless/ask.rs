//! The line face, question by question: for a screen reader, a dumb terminal, a teletype.
//!
//! It asks what the full screen shows, from the same forms. A line is an answer; what changes
//! meanwhile is told in a line. A closed terminal costs the face, never the run.

pub mod dialog;
mod ending;
mod form;
mod install;
mod leave;
mod numbers;
mod page;
mod review;
mod voice;
mod words;

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use tokio::io::{AsyncBufRead, AsyncBufReadExt};
use tokio::time::Instant;

use super::offers;
use crate::engine::Intent;
use crate::engine::event::What;
use crate::engine::node::Stage;
use crate::engine::wizard::Part;
use crate::forms::Words;
use crate::preseed;
use crate::text::{fill, sentence};
use crate::wire::face::{Asked, FaceLink, How, News};
use crate::wire::{FromDaemon, WireError};
use crate::world::Clock;
use dialog::{Dialog, Do, Manner};
use ending::Signals;
use voice::{Voice, told};

/// So long is waited for what an answer does before it is told: several changes are told at once.
const ANSWER: Duration = Duration::from_millis(400);

/// So long after a change that came by itself the page is told anew.
const SETTLES: Duration = Duration::from_millis(250);

/// How a line face behaves.
#[derive(Debug)]
pub struct Options {
    /// The clock of the daemon it shows.
    pub clock: Clock,
    /// What the node is to be, where the command line said it.
    pub part: Option<Part>,
    /// Whether the run goes on without this face.
    pub can_detach: bool,
    /// Whether this is a rehearsal.
    pub rehearsal: bool,
    /// The socket of a rehearsal's initiator: whoever sits in one room sees the words on its screen.
    pub words_at: Option<PathBuf>,
    /// The undertaking that was the last one when the face began: it is passed over.
    pub old: Option<u64>,
}

impl Options {
    /// The wizard of this node, on its daemon.
    pub fn on_this_node(part: Option<Part>, old: Option<u64>) -> Self {
        Self {
            clock: Clock::real(),
            part,
            can_detach: true,
            rehearsal: false,
            words_at: None,
            old,
        }
    }

    /// The wizard of a simulated node.
    pub const fn in_a_rehearsal(clock: Clock, words_at: Option<PathBuf>) -> Self {
        Self {
            clock,
            part: None,
            can_detach: false,
            rehearsal: true,
            words_at,
            old: None,
        }
    }
}

/// Asks and answers until the undertaking ends or the face is left.
pub async fn run(
    link: &mut FaceLink,
    options: Options,
    input: &mut (impl AsyncBufRead + Unpin),
    out: &mut impl Write,
) -> io::Result<How> {
    let mut face = Face {
        dialog: Dialog::new(Manner {
            wizard: true,
            rehearsal: options.rehearsal,
            can_detach: options.can_detach,
        }),
        asked: Asked::new(options.words_at),
        voice: Voice::new(out),
        clock: options.clock,
        old: options.old,
        can_detach: options.can_detach,
        due: Some(Instant::now() + ANSWER),
        leaving: false,
        ear: Ear::Waits,
    };
    let part = options.part;
    if link.intend([Intent::Open { part }]).await.is_err() {
        return Ok(How::DaemonEnded);
    }
    face.run(link, input).await
}

struct Face<W> {
    dialog: Dialog,
    asked: Asked,
    voice: Voice<W>,
    clock: Clock,
    old: Option<u64>,
    can_detach: bool,
    /// When the page is told anew.
    due: Option<Instant>,
    /// Whether the operator left, and the end is waited for.
    leaving: bool,
    ear: Ear,
}

/// Whether an answer is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ear {
    /// It is.
    Open,
    /// What the last one did is to be told first.
    Waits,
    /// Nobody answers any more.
    Closed,
}

impl<W: Write> Face<W> {
    async fn run(
        &mut self,
        link: &mut FaceLink,
        input: &mut (impl AsyncBufRead + Unpin),
    ) -> io::Result<How> {
        let mut signals = Signals::new()?;
        let mut bytes = Vec::new();
        loop {
            let due = self.due.unwrap_or_else(Instant::now);
            let how = tokio::select! {
                biased;
                gone = signals.next() => {
                    if gone { return Ok(How::Gone) }
                    self.interrupted(link).await
                }
                () = tokio::time::sleep_until(due), if self.due.is_some() => {
                    self.tell(link)?;
                    continue;
                }
                heard = link.receive() => match heard {
                    Ok(heard) => self.hear_daemon(link, heard).await?,
                    Err(_) => Ok(Some(How::DaemonEnded)),
                },
                read = input.read_until(b'\n', &mut bytes), if self.ear == Ear::Open => {
                    if read? == 0 {
                        self.ear = Ear::Closed;
                        self.end_of_input(link).await
                    } else {
                        let text = String::from_utf8_lossy(&bytes).into_owned();
                        bytes.clear();
                        self.answer(link, &text).await?
                    }
                }
            };
            match how {
                Ok(None) => {}
                Ok(Some(how)) => return Ok(how),
                Err(_) => return Ok(How::DaemonEnded),
            }
        }
    }

    /// Tells what is asked now, or what changed.
    fn tell(&mut self, link: &FaceLink) -> io::Result<()> {
        self.due = None;
        if self.ear == Ear::Waits {
            self.ear = Ear::Open;
        }
        let stale = self.old.is_some() && link.picture.stage == Stage::Ended;
        if stale || self.leaving {
            return Ok(());
        }
        let now = self.clock.now();
        if let Some(lines) = self.dialog.follow(&link.picture, now) {
            self.voice.say(&lines)?;
            self.voice.ask(&self.dialog.prompt())?;
        }
        Ok(())
    }

    async fn hear_daemon(
        &mut self,
        link: &mut FaceLink,
        heard: FromDaemon,
    ) -> io::Result<Result<Option<How>, WireError>> {
        match heard {
            FromDaemon::Picture { picture } => {
                link.picture = picture;
                self.due.get_or_insert_with(|| Instant::now() + SETTLES);
                match self.asked.follow(link).await {
                    Ok(news) => drop(self.know(news)),
                    Err(error) => return Ok(Err(error)),
                }
                let left = self.leaving && link.picture.stage == Stage::Idle;
                return Ok(Ok(left.then_some(How::Left)));
            }
            FromDaemon::Answer { answer } => {
                let news = self.asked.hear(answer);
                if let Some(says) = self.know(news) {
                    self.voice.interject(says, &self.dialog.prompt())?;
                }
                self.due.get_or_insert_with(|| Instant::now() + SETTLES);
            }
            FromDaemon::Event { undertaking, event } if Some(undertaking) != self.old => {
                self.old = None;
                if let Some(line) = told(&event, &link.picture) {
                    let ended = matches!(event.what, What::Done { .. });
                    let prompt = Some(self.dialog.prompt()).filter(|_| !ended);
                    self.voice.interject(line, &prompt.unwrap_or_default())?;
                }
                if let What::Done { exit, ok, .. } = event.what {
                    if ok && let Ok(offers) = link.offers().await {
                        self.voice.say(&offers::lines(&offers))?;
                    }
                    return Ok(Ok(Some(How::Done(exit))));
                }
            }
            _ => {}
        }
        Ok(Ok(None))
    }

    /// Takes in what was asked for; what is to be told of it at once.
    fn know(&mut self, news: Option<News>) -> Option<String> {
        match news? {
            // They are told with the end.
            News::Offers(_) => None,
            News::Words(words) => {
                self.dialog.know(words.map(|words| Words(words.0)));
                None
            }
            News::Preseed(file, text) => Some(match preseed::save(&file, text) {
                Ok(path) => fill("save-screen.saved", &[("file", &path)]),
                Err(why) => sentence(&why),
            }),
        }
    }

    /// Does what a line of the operator's asks for.
    async fn answer(
        &mut self,
        link: &mut FaceLink,
        text: &str,
    ) -> io::Result<Result<Option<How>, WireError>> {
        self.voice.answered();
        let heard = self.dialog.hear(&link.picture, self.clock.now(), text);
        self.voice.say(&heard.says)?;
        self.due = Some(Instant::now());
        self.ear = Ear::Waits;
        for act in heard.acts {
            if !matches!(act, Do::Save(_)) {
                self.due = Some(Instant::now() + ANSWER);
            }
            match self.act(link, act).await {
                Ok(None) => {}
                ended => return Ok(ended),
            }
        }
        Ok(Ok(None))
    }

    async fn act(&mut self, link: &mut FaceLink, act: Do) -> Result<Option<How>, WireError> {
        match act {
            Do::Intents(intents) => link.intend(intents).await?,
            Do::Words(words) => link.call(words.0).await?,
            Do::Save(file) => self.asked.save(link, file).await?,
            Do::GiveUp => return self.leave(link).await,
            Do::Detach => return Ok(Some(How::Detached)),
            Do::Close => return Ok(Some(self.closed(link))),
            Do::Rehearse => return Ok(Some(How::Rehearse)),
        }
        Ok(None)
    }
}
