//! The screens: which one, what has the focus, what lies on top; a key becomes an act.
//!
//! Screens draw a picture and nothing else, and change nothing but themselves: what the operator
//! wants leaves [`Screens::press`] as an [`Act`].

mod done;
mod frame;
mod help;
mod install;
pub mod keymap;
mod leave;
mod log;
mod parts;
mod review;
mod theme;
mod which;
mod words;

use ratatui::Frame;
use ratatui::buffer::Buffer;

use crate::engine::event::PublicEvent;
use crate::engine::picture::Picture;
use crate::engine::{Intent, Millis};
use frame::{Body, Header, Info, Room, Rooms};
use keymap::{Command, Context, Key};
use which::Which;

/// A moment, as the face's clock says it.
pub type Now = Millis;

/// The events the face has collected, the oldest first.
pub type LogView = [PublicEvent];

/// What a face can do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether the run goes on without this face.
    pub can_detach: bool,
}

/// What a key asked for that the screens cannot do themselves.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// The engine is to hear this.
    Intent(Intent),
    /// The face goes, the run stays.
    Detach,
    /// The face goes.
    Close,
    /// Everything is to be drawn anew.
    Repaint,
    /// The next look: colour, mono, ASCII.
    NextLook,
}

/// What a screen answers to a key.
#[derive(Debug)]
enum Reply {
    /// This is to be done.
    Act(Act),
    /// It is to be asked how to leave.
    Leave,
}

/// What lies on top of the screen.
#[derive(Debug)]
enum Overlay {
    Help,
    Log,
    Leave(leave::Leave),
}

/// What there is to draw.
#[derive(Debug, Clone, Copy)]
struct Scene<'a> {
    picture: &'a Picture,
    log: &'a LogView,
    now: Now,
}

/// All screens of a face, with what each remembers of itself.
#[derive(Debug)]
pub struct Screens {
    options: Options,
    review: review::Review,
    install: install::Install,
    done: done::Done,
    help: help::Help,
    log: log::Log,
    overlay: Option<Overlay>,
}

impl Screens {
    /// Screens that remember nothing yet.
    pub fn new(options: Options) -> Self {
        Self {
            options,
            review: review::Review::default(),
            install: install::Install::default(),
            done: done::Done::default(),
            help: help::Help::default(),
            log: log::Log::default(),
            overlay: None,
        }
    }

    /// Does what `key` asks for. What comes back is the face's to do.
    pub fn press(&mut self, picture: &Picture, key: Key) -> Option<Act> {
        let command = keymap::command(key, &self.context(picture))?;
        match command {
            Command::Repaint => return Some(Act::Repaint),
            Command::Look => return Some(Act::NextLook),
            Command::Help => {
                self.help = help::Help::default();
                self.overlay = Some(Overlay::Help);
                return None;
            }
            Command::Log => {
                self.overlay = Some(Overlay::Log);
                return None;
            }
            Command::Back => {
                self.overlay = None;
                return None;
            }
            Command::Leave => return self.ask(picture),
            _ => {}
        }
        if self.top(picture).is_some() {
            return self.press_on_top(picture, command);
        }
        let reply = match Which::of(picture) {
            Which::Review => self.review.press(picture, command),
            Which::Install => self.install.press(picture, command),
            Which::Done => self.done.press(command),
        };
        match reply? {
            Reply::Act(act) => Some(act),
            Reply::Leave => self.ask(picture),
        }
    }

    /// Draws the screen with what lies on top of it.
    #[expect(
        clippy::too_many_arguments,
        reason = "what is drawn, when, and where to: each comes from elsewhere in the face"
    )]
    pub fn view(&self, picture: &Picture, log: &LogView, now: Now, frame: &mut Frame) {
        let area = frame.area();
        let buffer = frame.buffer_mut();
        let Some(rooms) = Rooms::of(area) else {
            return frame::too_small(buffer);
        };
        let scene = Scene { picture, log, now };
        let which = Which::of(picture);
        let title = match self.top(picture) {
            Some(Overlay::Help) => words::say("screen.help"),
            Some(Overlay::Log) => words::say("screen.log"),
            _ => which.title(),
        };
        let header = Header {
            version: &picture.mcloud,
            cluster: &picture.cluster,
            title: &title,
            me: &picture.me,
            step: which.step(),
        };
        let names = Which::ALL.map(|which| (which.step(), which.title()));
        rooms.draw(&header, &names, buffer);
        match self.top(picture) {
            Some(Overlay::Help) => {
                let body = help::body(which, &self.screen_context(picture), rooms.room());
                rooms.fill(&body, &self.help.scroll, buffer);
            }
            Some(Overlay::Log) => {
                rooms.divide(rooms.body.y, &self.log.title(picture), buffer);
                self.log.draw(picture, log, (rooms.below_title(), buffer));
            }
            Some(Overlay::Leave(leave)) => {
                self.draw_screen(&scene, &rooms, buffer);
                leave.draw(picture, self.options.can_detach, (rooms.body, buffer));
            }
            None => self.draw_screen(&scene, &rooms, buffer),
        }
        if let Some(info) = self.info(picture, now) {
            rooms.inform(&info, buffer);
        }
        rooms.keys(&self.context(picture), buffer);
    }

    fn draw_screen(&self, scene: &Scene, rooms: &Rooms, buffer: &mut Buffer) {
        let Scene { picture, log, now } = *scene;
        let room = rooms.room();
        let which = Which::of(picture);
        let (body, scroll): (Body, _) = match which {
            Which::Review => {
                // What comes into sight now may move the focus: it is noted before it is drawn.
                let body = self.review.body(picture, now, room);
                let sight = rooms.sight(&body, &self.review.scroll);
                if self.top(picture).is_none() {
                    self.review.saw(picture, &body, &sight);
                }
                (self.review.body(picture, now, room), &self.review.scroll)
            }
            Which::Install => (self.install.body(picture, now, room), &self.install.scroll),
            Which::Done => (done::Done::body(picture, room), &self.done.scroll),
        };
        let left = rooms.fill(&body, scroll, buffer);
        let least = if which == Which::Install { 2 } else { 4 };
        if left.height < least || !(rooms.log || which == Which::Install) {
            return;
        }
        rooms.divide(left.y, &self.log.title(picture), buffer);
        let room = Room {
            height: usize::from(left.height.saturating_sub(1)),
            ..room
        };
        let lines = self.log.tail(picture, log, room);
        for (line, y) in lines.iter().zip(left.y.saturating_add(1)..left.bottom()) {
            buffer.set_line(left.x + 1, y, line, left.width.saturating_sub(2));
        }
    }

    fn info(&self, picture: &Picture, now: Now) -> Option<Info> {
        let lost = picture.link.filter(|link| !link.up);
        match (self.top(picture), Which::of(picture)) {
            (Some(Overlay::Log | Overlay::Help), _) | (None, Which::Done) => None,
            (Some(Overlay::Leave(_)), _) => {
                Some(Info::plain(words::say("leave-screen.first-stays")))
            }
            (None, which) if lost.is_some() => {
                let time = words::ago(now.saturating_sub(lost?.since));
                let code = match which {
                    Which::Install => "install-screen.link-down",
                    _ => "review.link-down",
                };
                Some(Info::warning(words::fill(code, &[("time", &time)])))
            }
            (None, Which::Review) => self.review.info(picture),
            (None, Which::Install) => self.install.info(picture, now),
        }
    }

    /// What lies on top; a question about what is over already is not asked any more.
    fn top(&self, picture: &Picture) -> Option<&Overlay> {
        self.overlay.as_ref().filter(|overlay| match overlay {
            Overlay::Leave(leave) => leave.holds(picture),
            Overlay::Help | Overlay::Log => true,
        })
    }

    fn context(&self, picture: &Picture) -> Context {
        match self.top(picture) {
            Some(Overlay::Help) => self.help.context(),
            Some(Overlay::Log) => self.log.context(),
            Some(Overlay::Leave(_)) => leave::Leave::context(),
            None => self.screen_context(picture),
        }
    }

    fn screen_context(&self, picture: &Picture) -> Context {
        match Which::of(picture) {
            Which::Review => self.review.context(picture),
            Which::Install => self.install.context(picture, self.options.can_detach),
            Which::Done => self.done.context(picture),
        }
    }

    /// Asks how to leave; where all is over, there is nothing to ask.
    fn ask(&mut self, picture: &Picture) -> Option<Act> {
        if Which::of(picture) == Which::Done {
            return Some(Act::Close);
        }
        self.overlay = Some(Overlay::Leave(leave::Leave::asked(picture)));
        None
    }

    fn press_on_top(&mut self, picture: &Picture, command: Command) -> Option<Act> {
        match self.overlay.as_mut()? {
            Overlay::Help => self.help.press(command),
            Overlay::Log => self.log.press(picture, command),
            Overlay::Leave(leave) => {
                let asked = leave.press(picture, self.options.can_detach, command);
                if let leave::Asked::Answered(act) = asked {
                    self.overlay = None;
                    return act;
                }
            }
        }
        None
    }
}
