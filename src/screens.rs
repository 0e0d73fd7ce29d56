//! The screens: which one, what has the focus, what lies on top; a key becomes an act.
//!
//! Screens draw a picture and nothing else, and change nothing but themselves: what the operator
//! wants leaves [`Screens::press`] as an [`Act`].

mod desk;
mod done;
mod form;
mod frame;
mod help;
mod install;
pub mod keymap;
mod leave;
mod log;
mod parts;
mod review;
mod save;
mod theme;
mod view;
mod which;
mod words;

use crate::engine::event::PublicEvent;
use crate::engine::picture::Picture;
use crate::engine::{Intent, Millis};
use crate::forms::{Step, Words};
use desk::Desk;
use keymap::{Can, Command, Context, Key};
use which::Which;

pub use desk::Forms;
pub use done::{Offer, Offers};

/// A moment, as the face's clock says it.
pub type Now = Millis;

/// The events the face has collected, the oldest first.
pub type LogView = [PublicEvent];

/// What a face can do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether the run goes on without this face.
    pub can_detach: bool,
    /// Whether this is the wizard from its first screen on.
    pub wizard: bool,
    /// Whether this is a rehearsal.
    pub rehearsal: bool,
}

/// What a key asked for that the screens cannot do themselves.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// The engine is to hear this.
    Intent(Intent),
    /// The engine is to hear these, in this order.
    Intents(Vec<Intent>),
    /// The daemon is to call the initiator with these words.
    Words(Words),
    /// The answers are to be saved as a preseed in this file; [`Screens::saved`] hears of it.
    Save(String),
    /// The face goes, the run stays.
    Detach,
    /// The face goes.
    Close,
    /// The wizard is given up, and the face goes.
    Leave,
    /// The face goes, and a rehearsal begins.
    Rehearse,
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
#[derive(Debug, Clone)]
enum Overlay {
    Help,
    Log,
    Leave(leave::Leave),
    Save(save::Save),
}

/// What there is to draw.
#[derive(Debug, Clone, Copy)]
struct Scene<'a> {
    picture: &'a Picture,
    log: &'a LogView,
    now: Now,
}

/// All screens of a face, with what each remembers of itself.
#[derive(Debug, Clone)]
pub struct Screens {
    options: Options,
    desk: Desk,
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
        Self::with_forms(options, Forms::default())
    }

    /// The same with other forms than mcloud's.
    pub fn with_forms(options: Options, forms: Forms) -> Self {
        Self {
            options,
            desk: Desk::new(options, forms),
            review: review::Review::default(),
            install: install::Install::default(),
            done: done::Done::default(),
            help: help::Help::default(),
            log: log::Log::default(),
            overlay: None,
        }
    }

    /// Notes the words of the session that is open on this node; none where none is.
    pub fn know(&mut self, words: Option<Words>) {
        self.desk.know(words);
    }

    /// Notes what a cluster that is ready offers.
    pub fn offer(&mut self, offers: Offers) {
        self.done.offers = offers;
    }

    /// Notes what became of [`Act::Save`]: where the file is, or why there is none.
    pub fn saved(&mut self, came: Result<String, String>) {
        if let Some(Overlay::Save(save)) = &mut self.overlay {
            save.came(came);
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
            Command::Save => {
                self.overlay = Some(Overlay::Save(save::Save::asked(&picture.cluster)));
                return None;
            }
            Command::Back if self.top(picture).is_some() => {
                self.overlay = None;
                return None;
            }
            Command::Leave => return self.ask(picture),
            _ => {}
        }
        if self.top(picture).is_some() {
            return self.press_on_top(picture, command);
        }
        let reply = match self.which(picture) {
            Which::Form(step) => self.desk.press((step, picture), command),
            Which::Review => self.review.press(picture, command),
            Which::Install => self.install.press(picture, command),
            Which::Done => self.done.press(command),
        };
        match reply? {
            Reply::Act(act) => {
                if act == Act::Intent(Intent::Change) {
                    self.desk.go(Step::Disks);
                }
                Some(act)
            }
            Reply::Leave => self.ask(picture),
        }
    }

    fn which(&self, picture: &Picture) -> Which {
        Which::of(picture, &self.desk)
    }

    /// What lies on top; a question about what is over already is not asked any more.
    fn top(&self, picture: &Picture) -> Option<&Overlay> {
        self.overlay.as_ref().filter(|overlay| match overlay {
            Overlay::Leave(leave) => leave.holds(picture),
            Overlay::Help | Overlay::Log | Overlay::Save(_) => true,
        })
    }

    fn context(&self, picture: &Picture) -> Context {
        match self.top(picture) {
            Some(Overlay::Help) => self.help.context(),
            Some(Overlay::Log) => self.log.context(),
            Some(Overlay::Leave(_)) => leave::Leave::context(),
            Some(Overlay::Save(save)) => save.context(),
            None => self.screen_context(picture),
        }
    }

    fn screen_context(&self, picture: &Picture) -> Context {
        match self.which(picture) {
            Which::Form(step) => {
                let form = self.desk.form(step, picture);
                let back = self.desk.has_back(step, picture);
                self.desk.sheet(step).context(&form, back)
            }
            Which::Review => {
                let context = self.review.context(picture);
                context.with(Can::Save, review::can_save(picture))
            }
            Which::Install => self.install.context(picture, self.options.can_detach),
            Which::Done => {
                let context = self.done.context(picture);
                context.with(Can::Save, review::can_save(picture))
            }
        }
    }

    /// Asks how to leave; where nothing is under way, there is nothing to ask.
    fn ask(&mut self, picture: &Picture) -> Option<Act> {
        let which = self.which(picture);
        if matches!(which, Which::Done | Which::Form(Step::Home)) {
            return Some(Act::Close);
        }
        let wizard = matches!(which, Which::Form(_));
        self.overlay = Some(Overlay::Leave(leave::Leave::asked(picture, wizard)));
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
            Overlay::Save(save) => match save.press(command)? {
                save::Asked::Act(act) => return Some(act),
                save::Asked::Closed => self.overlay = None,
            },
        }
        None
    }
}
