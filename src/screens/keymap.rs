//! The keys: one table for what a key does, for the key bar, and for Help.

mod table;
mod text;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

pub use table::TABLE;
pub use text::Text;

/// A key as the console gives it.
pub type Key = KeyEvent;

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// One up.
    Up,
    /// One down.
    Down,
    /// One to the left.
    Left,
    /// One to the right.
    Right,
    /// The next stop.
    Next,
    /// The stop before.
    Previous,
    /// One window up.
    PageUp,
    /// One window down.
    PageDown,
    /// To the beginning.
    Home,
    /// To the end.
    End,
    /// Press what has the focus.
    Press,
    /// Change what has the focus.
    Toggle,
    /// A digit.
    Digit(u8),
    /// A character to be typed.
    Character(char),
    /// Take back what stands before the cursor.
    Erase,
    /// Take back what stands at the cursor.
    Delete,
    /// Take back all that was typed here.
    Clear,
    /// Close what is open on top, or go back.
    Back,
    /// To the next screen.
    Forward,
    /// Look again, or try again.
    Again,
    /// Open or close the log.
    Log,
    /// Ask where to save the preseed.
    Save,
    /// Leave the run to itself.
    Detach,
    /// Ask how to leave.
    Leave,
    /// Open or close Help.
    Help,
    /// Draw everything anew.
    Repaint,
    /// The next look: colour, mono, ASCII.
    Look,
}

/// Where the operator is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A form: what is asked before Review.
    Form,
    /// Review, while nodes are awaited, the plan is being made, or something must be mended.
    Waiting,
    /// Review with a plan.
    Ready,
    /// Install.
    Install,
    /// Done.
    Done,
    /// The log on top.
    Log,
    /// Help on top.
    Help,
    /// The question how to leave on top.
    Leave,
    /// The question where to save the preseed on top.
    Save,
}

/// What else the keys depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Can {
    /// A number is asked for.
    Count,
    /// The number has the focus.
    Type,
    /// Install can be asked for.
    Forward,
    /// There is more than fits, and the arrows show it.
    Scroll,
    /// There is more than fits, and the arrows do something else.
    Pages,
    /// There are more columns than fit.
    Columns,
    /// The focus can go somewhere.
    Move,
    /// There are groups that Tab goes through.
    Groups,
    /// Left and Right do something.
    Sides,
    /// Letters can be chosen without typing them.
    Letters,
    /// There is a screen to go back to.
    Back,
    /// The answers can be saved as a preseed.
    Save,
    /// The run goes on without this face.
    Detach,
}

/// What a key's effect depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// Where the operator is.
    pub place: Place,
    /// What Enter would do, as the code of its label; none where it would do nothing.
    pub enter: Option<&'static str>,
    /// What Space would do where that is something else, likewise.
    pub toggle: Option<&'static str>,
    /// What is being typed.
    pub text: Option<Text>,
    /// What F5 would do, likewise.
    pub again: Option<&'static str>,
    /// What else can be done here.
    pub also: Vec<Can>,
}

impl Context {
    /// A place where nothing can be done but look.
    pub const fn at(place: Place) -> Self {
        Self {
            place,
            enter: None,
            toggle: None,
            text: None,
            again: None,
            also: Vec::new(),
        }
    }

    /// The same, and `can` where `really`.
    #[must_use]
    pub fn with(mut self, can: Can, really: bool) -> Self {
        self.also.extend(really.then_some(can));
        self
    }

    /// Whether `can` holds here.
    pub fn can(&self, can: Can) -> bool {
        self.also.contains(&can)
    }
}

/// One row of the table.
#[derive(Debug)]
pub struct Row {
    /// The keys' name in the key bar.
    pub name: &'static str,
    /// Other keys that do the same, as Help names them.
    pub also: &'static str,
    /// What the row does, as the code of its label; `key.enter`, `key.toggle` and `key.again` are
    /// what the context says.
    pub label: &'static str,
    /// Its place in the key bar: what has the highest number gives way first; none is never there.
    pub rank: Option<u8>,
    /// The keys, and what each asks for; none: the characters that can be typed.
    keys: Keys,
    /// Where it works.
    on: fn(&Context) -> bool,
}

type Keys = &'static [(KeyCode, KeyModifiers, Command)];

impl Row {
    /// Whether it works in `context`.
    pub fn works(&self, context: &Context) -> bool {
        (self.on)(context)
    }

    fn asks(&self, key: (KeyCode, KeyModifiers), context: &Context) -> Option<Command> {
        let mut keys = self.keys.iter();
        let listed = keys.find(|(code, modifiers, _)| (*code, *modifiers) == key);
        match (listed, key) {
            (Some((.., command)), _) => Some(*command),
            (None, (KeyCode::Char(c), KeyModifiers::NONE)) if self.keys.is_empty() => {
                context.text?.takes(c).map(Command::Character)
            }
            _ => None,
        }
    }

    /// The code of its label in `context`.
    pub fn label_in(&self, context: &Context) -> &'static str {
        match self.label {
            "key.enter" => context.enter.unwrap_or(self.label),
            "key.toggle" => context.toggle.unwrap_or(self.label),
            "key.again" => context.again.unwrap_or(self.label),
            label => label,
        }
    }
}

/// What `key` asks for in `context`; nothing where the table has no such key there.
pub fn command(key: Key, context: &Context) -> Option<Command> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    let key = plain(key);
    let mut rows = TABLE.iter().filter(|row| row.works(context));
    rows.find_map(|row| row.asks(key, context))
}

/// Terminals differ in whether they report Shift with what Shift has made already.
fn plain(key: Key) -> (KeyCode, KeyModifiers) {
    let modifiers = key.modifiers;
    match key.code {
        KeyCode::Char(c) if modifiers.contains(KeyModifiers::CONTROL) => (
            KeyCode::Char(c.to_ascii_lowercase()),
            modifiers - KeyModifiers::SHIFT,
        ),
        KeyCode::Char(_) | KeyCode::BackTab => (key.code, modifiers - KeyModifiers::SHIFT),
        code => (code, modifiers),
    }
}
