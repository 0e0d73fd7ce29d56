//! The table of keys.

use ratatui::crossterm::event::{KeyCode, KeyModifiers};

use super::{Can, Command, Context, Keys, Place, Row};

const NONE: KeyModifiers = KeyModifiers::NONE;
const CTRL: KeyModifiers = KeyModifiers::CONTROL;
const ALT: KeyModifiers = KeyModifiers::ALT;

const fn row(name: &'static str, label: &'static str, keys: Keys, on: fn(&Context) -> bool) -> Row {
    Row {
        name,
        also: "",
        label,
        rank: None,
        keys,
        on,
    }
}

impl Row {
    const fn rank(mut self, rank: u8) -> Self {
        self.rank = Some(rank);
        self
    }

    const fn also(mut self, also: &'static str) -> Self {
        self.also = also;
        self
    }
}

/// The table, in the order of the key bar.
pub static TABLE: &[Row] = &[
    row("Letters", "key.type", CHARACTERS, |c| c.text.is_some()).rank(5),
    row("Backspace", "key.erase", ERASE_TEXT, |c| c.text.is_some()).also("Ctrl-H"),
    row("Ctrl-U", "key.clear", CLEAR, |c| c.text.is_some()),
    row("Enter", "key.enter", ENTER, |c| c.enter.is_some()).rank(1),
    row("Space", "key.count", SPACE, |c| c.can(Can::Type)).rank(10),
    row("Space", "key.level", SPACE, |c| c.place == Place::Log).rank(7),
    row("Space", "key.letter", SPACE, |c| c.can(Can::Letters)).rank(10),
    row("Space", "key.toggle", SPACE, |c| c.toggle.is_some()).rank(1),
    row("Space", "key.enter", SPACE, |c| {
        c.enter.is_some() && !c.can(Can::Type) && !is_sheet(c) && c.place != Place::Log
    }),
    row("0-9", "key.digits", DIGITS, |c| c.can(Can::Count)).rank(5),
    row("Backspace", "key.erase", ERASE, |c| c.can(Can::Count)).also("Ctrl-H"),
    row("↑↓", "key.scroll", ARROWS, |c| c.can(Can::Scroll)).rank(8),
    row("↑↓", "key.move", ARROWS, |c| c.place == Place::Leave).rank(5),
    row("↑↓", "key.move", ARROWS, |c| {
        c.place != Place::Leave && !c.can(Can::Scroll) && c.can(Can::Move)
    }),
    row("←→", "key.nodes", SIDES, |c| {
        c.can(Can::Columns) || c.place == Place::Log
    })
    .rank(8),
    row("←→", "key.move", SIDES, |c| {
        let moves = !c.can(Can::Columns) && c.place != Place::Log && c.can(Can::Move);
        (moves && !is_sheet(c)) || c.can(Can::Sides)
    }),
    row("Tab", "key.next-stop", TAB, |c| {
        c.can(Can::Groups) || (c.can(Can::Move) && !is_sheet(c))
    })
    .rank(11)
    .also("Shift-Tab"),
    row("PgUp PgDn", "key.pages", PAGES, |c| c.can(Can::Scroll)).also("Home, End"),
    row("PgUp PgDn", "key.scroll", PAGES, |c| {
        c.can(Can::Pages) && !c.can(Can::Scroll)
    })
    .rank(8)
    .also("Home, End"),
    row("Home End", "key.move", ENDS, |c| {
        is_sheet(c) && !c.can(Can::Pages)
    }),
    row("F5", "key.again", AGAIN, |c| c.again.is_some())
        .rank(5)
        .also("Ctrl-R"),
    row("F6", "key.log", LOG, |c| c.place != Place::Log)
        .rank(6)
        .also("Ctrl-O"),
    row("F7", "key.save", SAVE, |c| c.can(Can::Save)).rank(7),
    row("F8", "key.detach", DETACH, |c| c.can(Can::Detach)).rank(6),
    row("F10", "key.install", FORWARD, |c| {
        c.can(Can::Forward) && c.place != Place::Form
    })
    .rank(6)
    .also("Ctrl-N"),
    row("Esc", "key.back", BACK, |c| c.can(Can::Back))
        .rank(4)
        .also("Ctrl-P"),
    row("F10", "key.go-on", FORWARD, |c| {
        c.can(Can::Forward) && c.place == Place::Form
    })
    .rank(3)
    .also("Ctrl-N"),
    row("F10", "key.go-on", FORWARD, |c| {
        !c.can(Can::Forward) && c.place == Place::Form
    })
    .also("Ctrl-N"),
    row("Esc", "key.close", BACK, |c| {
        matches!(
            c.place,
            Place::Log | Place::Help | Place::Leave | Place::Save
        )
    })
    .rank(3)
    .also("Ctrl-P"),
    row("Ctrl-C", "key.leave", LEAVE, |c| {
        !matches!(c.place, Place::Leave | Place::Done)
    })
    .rank(9),
    row("Ctrl-C", "key.close", LEAVE, |c| c.place == Place::Done),
    row("F3", "key.repaint", REPAINT, |_| true).also("Ctrl-L"),
    row("F4", "key.look", LOOK, |_| true).also("Ctrl-T"),
    row("F1", "key.help", HELP, |c| c.place != Place::Help)
        .rank(2)
        .also("?"),
];

/// Whether what has the focus is one of many rows, fields and buttons.
fn is_sheet(context: &Context) -> bool {
    matches!(context.place, Place::Form | Place::Save)
}

const CHARACTERS: Keys = &[];
const ENTER: Keys = &[(KeyCode::Enter, NONE, Command::Press)];
const SPACE: Keys = &[(KeyCode::Char(' '), NONE, Command::Toggle)];
const ARROWS: Keys = &[
    (KeyCode::Up, NONE, Command::Up),
    (KeyCode::Down, NONE, Command::Down),
];
const SIDES: Keys = &[
    (KeyCode::Left, NONE, Command::Left),
    (KeyCode::Right, NONE, Command::Right),
];
/// Shift-Tab is Alt+Tab on the Linux console with Debian's keymaps (`Meta_Tab`).
const TAB: Keys = &[
    (KeyCode::Tab, NONE, Command::Next),
    (KeyCode::BackTab, NONE, Command::Previous),
    (KeyCode::Tab, ALT, Command::Previous),
];
const PAGES: Keys = &[
    (KeyCode::PageUp, NONE, Command::PageUp),
    (KeyCode::PageDown, NONE, Command::PageDown),
    (KeyCode::Home, NONE, Command::Home),
    (KeyCode::End, NONE, Command::End),
];
const DIGITS: Keys = &[
    (KeyCode::Char('0'), NONE, Command::Digit(0)),
    (KeyCode::Char('1'), NONE, Command::Digit(1)),
    (KeyCode::Char('2'), NONE, Command::Digit(2)),
    (KeyCode::Char('3'), NONE, Command::Digit(3)),
    (KeyCode::Char('4'), NONE, Command::Digit(4)),
    (KeyCode::Char('5'), NONE, Command::Digit(5)),
    (KeyCode::Char('6'), NONE, Command::Digit(6)),
    (KeyCode::Char('7'), NONE, Command::Digit(7)),
    (KeyCode::Char('8'), NONE, Command::Digit(8)),
    (KeyCode::Char('9'), NONE, Command::Digit(9)),
];
const ERASE: Keys = &[
    (KeyCode::Backspace, NONE, Command::Erase),
    (KeyCode::Delete, NONE, Command::Erase),
    (KeyCode::Char('h'), CTRL, Command::Erase),
];
const ERASE_TEXT: Keys = &[
    (KeyCode::Backspace, NONE, Command::Erase),
    (KeyCode::Char('h'), CTRL, Command::Erase),
    (KeyCode::Delete, NONE, Command::Delete),
];
const CLEAR: Keys = &[(KeyCode::Char('u'), CTRL, Command::Clear)];
const ENDS: Keys = &[
    (KeyCode::Home, NONE, Command::Home),
    (KeyCode::End, NONE, Command::End),
    (KeyCode::PageUp, NONE, Command::PageUp),
    (KeyCode::PageDown, NONE, Command::PageDown),
];
const SAVE: Keys = &[(KeyCode::F(7), NONE, Command::Save)];
const AGAIN: Keys = &[
    (KeyCode::F(5), NONE, Command::Again),
    (KeyCode::Char('r'), CTRL, Command::Again),
];
const LOG: Keys = &[
    (KeyCode::F(6), NONE, Command::Log),
    (KeyCode::Char('o'), CTRL, Command::Log),
];
const DETACH: Keys = &[(KeyCode::F(8), NONE, Command::Detach)];
const FORWARD: Keys = &[
    (KeyCode::F(10), NONE, Command::Forward),
    (KeyCode::Char('n'), CTRL, Command::Forward),
];
const BACK: Keys = &[
    (KeyCode::Esc, NONE, Command::Back),
    (KeyCode::Char('p'), CTRL, Command::Back),
];
const LEAVE: Keys = &[(KeyCode::Char('c'), CTRL, Command::Leave)];
const REPAINT: Keys = &[
    (KeyCode::F(3), NONE, Command::Repaint),
    (KeyCode::Char('l'), CTRL, Command::Repaint),
];
const LOOK: Keys = &[
    (KeyCode::F(4), NONE, Command::Look),
    (KeyCode::Char('t'), CTRL, Command::Look),
];
const HELP: Keys = &[
    (KeyCode::F(1), NONE, Command::Help),
    (KeyCode::Char('?'), NONE, Command::Help),
];
