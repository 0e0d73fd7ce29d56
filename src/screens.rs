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
mod words;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::text::Line;

use crate::engine::event::PublicEvent;
use crate::engine::node::Stage;
use crate::engine::picture::Picture;
use crate::engine::{Intent, Millis};
use frame::{Body, Header, LEAST, Room, Rooms};
use keymap::{Command, Context, Key};

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

/// Which screen; the picture says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    Review,
    Install,
    Done,
}

/// What lies on top of the screen.
#[derive(Debug)]
enum Overlay {
    Help,
    Log,
    Leave(leave::Leave),
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

impl Which {
    const ALL: [Self; 3] = [Self::Review, Self::Install, Self::Done];

    fn of(picture: &Picture) -> Self {
        match picture.stage {
            Stage::Ended if picture.end.is_some() => Self::Done,
            Stage::Installing | Stage::Stopped if picture.install.is_some() => Self::Install,
            _ => Self::Review,
        }
    }

    /// Its place among the ten screens of the product.
    const fn step(self) -> usize {
        match self {
            Self::Review => 8,
            Self::Install => 9,
            Self::Done => 10,
        }
    }

    fn title(self) -> String {
        words::say(match self {
            Self::Review => "screen.review",
            Self::Install => "screen.install",
            Self::Done => "screen.done",
        })
    }
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
    pub fn view(&self, picture: &Picture, log: &LogView, now: Now, frame: &mut Frame) {
        let area = frame.area();
        let buffer = frame.buffer_mut();
        let Some(rooms) = Rooms::of(area) else {
            return too_small(buffer);
        };
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
                self.draw_screen(picture, log, (now, &rooms), buffer);
                leave.draw(picture, self.options.can_detach, (rooms.body, buffer));
            }
            None => self.draw_screen(picture, log, (now, &rooms), buffer),
        }
        rooms.inform(&self.info(picture, now), buffer);
        rooms.keys(&self.context(picture), buffer);
    }

    fn draw_screen(
        &self,
        picture: &Picture,
        log: &LogView,
        at: (Now, &Rooms),
        buffer: &mut Buffer,
    ) {
        let (now, rooms) = at;
        let room = rooms.room();
        let which = Which::of(picture);
        let (body, scroll): (Body, _) = match which {
            Which::Review => (self.review.body(picture, now, room), &self.review.scroll),
            Which::Install => (self.install.body(picture, now, room), &self.install.scroll),
            Which::Done => (self.done.body(picture, room), &self.done.scroll),
        };
        let (shown, left) = rooms.fill(&body, scroll, buffer);
        if which == Which::Review && self.top(picture).is_none() {
            self.review.saw(picture, &body, &shown);
        }
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

    fn info(&self, picture: &Picture, now: Now) -> Vec<Line<'static>> {
        match (self.top(picture), Which::of(picture)) {
            (Some(Overlay::Log | Overlay::Help), _) | (None, Which::Done) => Vec::new(),
            (Some(Overlay::Leave(_)), _) => vec![Line::raw(words::say("leave-screen.first-stays"))],
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
                let answer = leave.press(picture, self.options.can_detach, command)?;
                self.overlay = None;
                return answer;
            }
        }
        None
    }
}

/// Says what size is needed.
fn too_small(buffer: &mut Buffer) {
    let area = buffer.area;
    let (is, least) = ((area.width, area.height), LEAST);
    let size = |size: (u16, u16)| format!("{}x{}", size.0, size.1);
    let holes = [("least", &*size(least)), ("is", &*size(is))];
    let text = words::fill("screen.too-small", &holes);
    let lines = parts::text::wrap(&text, area.width.into());
    for (line, y) in lines.iter().zip(area.top()..area.bottom()) {
        buffer.set_stringn(area.x, y, line, area.width.into(), theme::strong());
    }
}
