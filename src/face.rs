//! The full-screen face: console, screens and the wire client in one loop.
//!
//! It draws what the daemon shows and sends what the operator wants. A closed terminal, a killed
//! face or a lost link costs the face, never the run.

mod left;
mod options;

use std::io;
use std::time::Duration;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tokio::time::{Instant, MissedTickBehavior};

use crate::console::{self, Console, Event};
use crate::engine::Intent;
use crate::engine::event::{PublicEvent, What};
use crate::engine::node::Stage;
use crate::forms::Words;
use crate::preseed;
use crate::screens::{self, Act, Screens};
use crate::text::sentence;
use crate::wire::face::{Asked, FaceLink, How, News};
use crate::wire::{FromDaemon, Offer, Offers, WireError};
use crate::world::Clock;
pub use left::Left;
pub use options::{Opens, Options};

/// Most events a face keeps for its log.
const KEEP: usize = 5_000;

/// How often the screen may change, on a quick terminal and on a slow serial line.
const FRAME: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(500));

/// How often elapsed times are drawn anew, at the most: twice a second, so that none of them stands
/// still for longer than its second. A tick costs about 80 bytes, and nothing where no second has gone
/// on a screen without a run.
pub const TICK: Duration = Duration::from_millis(500);

/// Opens the console, shows the undertaking until the face is left, and gives the console back.
pub async fn run(link: &mut FaceLink, options: Options) -> io::Result<Left> {
    let mut console = Console::open(console::Options::of_process(options.look))?;
    let mut face = Face::new(options);
    let left = face.run(link, &mut console).await;
    console.close()?;
    let how = left?;
    Ok(Left {
        how,
        done: face.done,
        failures: face.failures,
        offers: face.offers,
    })
}

struct Face {
    screens: Screens,
    clock: Clock,
    old: Option<u64>,
    opens: Opens,
    asked: Asked,
    log: Vec<PublicEvent>,
    done: Option<PublicEvent>,
    failures: Vec<PublicEvent>,
    offers: Offers,
    /// Whether what is shown is older than what is known.
    stale: bool,
    drawn: Option<Instant>,
}

impl Face {
    fn new(options: Options) -> Self {
        Self {
            screens: Screens::new(screens::Options {
                can_detach: options.can_detach,
                wizard: options.opens != Opens::Undertaking,
                rehearsal: options.rehearsal,
            }),
            clock: options.clock,
            old: options.old,
            opens: options.opens,
            asked: Asked::new(options.words_at),
            log: Vec::new(),
            done: None,
            failures: Vec::new(),
            offers: Offers::default(),
            stale: true,
            drawn: None,
        }
    }

    async fn run(&mut self, link: &mut FaceLink, console: &mut Console) -> io::Result<How> {
        let slow = console.is_slow();
        let frame = if slow { FRAME.1 } else { FRAME.0 };
        let mut tick = tokio::time::interval(self.tick());
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        if self.open(link).await.is_err() {
            return Ok(How::DaemonEnded);
        }
        loop {
            let due = self.drawn.map_or_else(Instant::now, |drawn| drawn + frame);
            let heard = tokio::select! {
                biased;
                event = console.next_event() => {
                    if let Some(how) = self.hear_console(link, console, event).await? {
                        return Ok(how);
                    }
                    continue;
                }
                heard = link.receive() => heard,
                () = tokio::time::sleep_until(due), if self.stale => {
                    self.draw(link, console)?;
                    if let Some(how) = self.over(link) { return Ok(how) }
                    continue;
                }
                _ = tick.tick() => {
                    self.stale = true;
                    continue;
                }
            };
            let Ok(heard) = heard else {
                return Ok(How::DaemonEnded);
            };
            let pictured = matches!(heard, FromDaemon::Picture { .. });
            self.hear_daemon(link, heard);
            if pictured && self.follow(link).await.is_err() {
                return Ok(How::DaemonEnded);
            }
        }
    }

    /// Opens the wizard, if this is one.
    async fn open(&mut self, link: &mut FaceLink) -> Result<(), WireError> {
        if let Opens::Wizard(part) = self.opens {
            link.intend([Intent::Open { part }]).await?;
        }
        self.follow(link).await
    }

    /// Asks for what the link's picture calls for.
    async fn follow(&mut self, link: &mut FaceLink) -> Result<(), WireError> {
        let news = self.asked.follow(link).await?;
        self.know(news);
        Ok(())
    }

    fn know(&mut self, news: Option<News>) {
        match news {
            None => {}
            Some(News::Offers(offers)) => self.offer(offers),
            Some(News::Words(words)) => self.screens.know(words.map(|words| Words(words.0))),
            Some(News::Preseed(file, text)) => {
                let came = preseed::save(&file, text);
                self.screens.saved(came.map_err(|why| sentence(&why)));
            }
        }
    }

    fn offer(&mut self, offers: Offers) {
        let shown = |offer: &Offer| screens::Offer {
            secret: Words(offer.secret.0.clone()),
            expires: offer.expires,
        };
        self.screens.offer(screens::Offers {
            join: offers.join.as_ref().map(shown),
            web: offers.web.as_ref().map(shown),
        });
        self.offers = offers;
    }

    /// A tick of the clock that is shown, within reason.
    fn tick(&self) -> Duration {
        self.clock
            .in_life(TICK)
            .clamp(Duration::from_millis(100), TICK)
    }

    fn hear_daemon(&mut self, link: &mut FaceLink, heard: FromDaemon) {
        match heard {
            FromDaemon::Picture { picture } => link.picture = picture,
            FromDaemon::Answer { answer } => {
                let news = self.asked.hear(answer);
                self.know(news);
            }
            FromDaemon::Event { undertaking, event } if Some(undertaking) != self.old => {
                self.old = None;
                match &event.what {
                    What::Hello { .. } => {
                        self.failures.clear();
                        self.done = None;
                    }
                    What::Failure { .. } => self.failures.push(event.as_ref().clone()),
                    What::Done { .. } => self.done = Some(event.as_ref().clone()),
                    _ => {}
                }
                if self.log.len() >= KEEP {
                    self.log.drain(..KEEP / 10);
                }
                self.log.push(*event);
            }
            _ => return,
        }
        self.stale = true;
    }

    async fn hear_console(
        &mut self,
        link: &mut FaceLink,
        console: &mut Console,
        event: Event,
    ) -> io::Result<Option<How>> {
        self.stale = true;
        let key = match event {
            Event::Key(key) => key,
            Event::Interrupt => KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL),
            Event::Resize | Event::Ready => return Ok(None),
            Event::Terminate | Event::Hangup => return Ok(Some(How::Gone)),
        };
        match self.screens.press(&link.picture, key) {
            None => Ok(None),
            Some(Act::Repaint) => console.repaint().map(|()| None),
            Some(Act::NextLook) => {
                let next = console.look().cycle();
                console.set_look(next).map(|()| None)
            }
            Some(act) => {
                let done = self.act(link, act).await;
                Ok(done.unwrap_or(Some(How::DaemonEnded)))
            }
        }
    }

    /// Does what the operator wants of the daemon or of the face; says whether that ends the face.
    async fn act(&mut self, link: &mut FaceLink, act: Act) -> Result<Option<How>, WireError> {
        match act {
            Act::Intent(intent) => link.intend([intent]).await?,
            Act::Intents(intents) => link.intend(intents).await?,
            Act::Words(words) => link.call(words.0).await?,
            Act::Save(file) => self.asked.save(link, file).await?,
            Act::Leave => {
                link.intend([Intent::Leave]).await?;
                return Ok(Some(How::Left));
            }
            Act::Detach => return Ok(Some(How::Detached)),
            Act::Close => return Ok(Some(self.closed(link))),
            Act::Rehearse => return Ok(Some(How::Rehearse)),
            Act::Repaint | Act::NextLook => {}
        }
        Ok(None)
    }

    /// How a face is left that is closed.
    fn closed(&mut self, link: &FaceLink) -> How {
        let picture = &link.picture;
        let how = How::closed(picture, self.old.is_some());
        if let (How::Done(_), None, Some(end)) = (how, &self.done, &picture.end) {
            self.done = Some(PublicEvent {
                at: end.at,
                node: picture.leader.clone(),
                what: end.told(),
            });
        }
        match self.exit() {
            _ if matches!(how, How::Done(_)) => how,
            Some(exit) => How::Done(exit),
            None if how == How::Left && self.opens == Opens::Undertaking => How::Gone,
            None => how,
        }
    }

    /// The exit code that came with the end of the undertaking.
    fn exit(&self) -> Option<u8> {
        match self.done.as_ref()?.what {
            What::Done { exit, .. } => Some(exit),
            _ => None,
        }
    }

    fn draw(&mut self, link: &FaceLink, console: &mut Console) -> io::Result<()> {
        // What is left of the last undertaking is not shown for the new one.
        if self.old.is_some() && link.picture.stage == Stage::Ended {
            self.stale = false;
            return Ok(());
        }
        let now = self.clock.now();
        console.draw(|frame| self.screens.view(&link.picture, &self.log, now, frame))?;
        self.stale = false;
        self.drawn = Some(Instant::now());
        Ok(())
    }

    /// How the face ends by itself: the answers came from a preseed, and the end was drawn with all
    /// that there is to it.
    fn over(&self, link: &FaceLink) -> Option<How> {
        let ended = link.picture.unattended && link.picture.stage == Stage::Ended;
        let whole = ended && !self.asked.awaits_offers();
        self.exit().filter(|_| whole).map(How::Done)
    }
}
