//! The question where to save the preseed, and what became of it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::form::{Drawn, Editor};
use super::keymap::{Can, Command, Context, Place, Text};
use super::parts::buttons::{Button, row};
use super::parts::framed::{EDGES, Title, framed, put};
use super::parts::text::{marked, paragraph, width};
use super::{Act, theme, words};

/// The widest the box gets.
const WIDEST: u16 = 70;
/// The stops: the name, Save, Close.
const LAST: usize = 2;

/// The question, or its answer.
#[derive(Debug, Clone, Default)]
pub(super) struct Save {
    name: String,
    editor: Editor,
    focus: usize,
    /// What became of it: where it is, or why it is nowhere.
    came: Option<Result<String, String>>,
}

impl Save {
    /// The question, with a name for a start.
    pub(super) fn asked(cluster: &str) -> Self {
        let name = if cluster.is_empty() {
            "mcloud"
        } else {
            cluster
        };
        Self {
            name: format!("{name}.yaml"),
            ..Self::default()
        }
    }

    /// What the keys can do here.
    pub(super) fn context(&self) -> Context {
        let saved = self.is_saved();
        let typing = !saved && self.focus == 0;
        let enter = if saved || self.focus == LAST {
            "key.close"
        } else {
            "key.save-here"
        };
        Context {
            enter: Some(enter),
            toggle: (!typing).then_some(enter),
            text: typing.then_some(Text::File),
            ..Context::at(Place::Save)
        }
        .with(Can::Move, !saved)
        .with(Can::Groups, !saved)
        .with(Can::Sides, !saved)
    }

    /// Does what a key asks for; what comes back is to be done, or the question is closed.
    pub(super) fn press(&mut self, command: Command) -> Option<Asked> {
        if self.is_saved() {
            let closes = matches!(command, Command::Press | Command::Toggle);
            return closes.then_some(Asked::Closed);
        }
        if self.focus == 0
            && let Some(name) = self.editor.edit(Text::File, &self.name, command)
        {
            self.came = self.came.take().filter(|_| name == self.name);
            self.name = name;
            return None;
        }
        match command {
            Command::Next if self.focus == LAST => self.focus = 0,
            Command::Previous if self.focus == 0 => self.focus = LAST,
            Command::Down | Command::Right | Command::Next => {
                self.focus = (self.focus + 1).min(LAST);
            }
            Command::Up | Command::Left | Command::Previous => {
                self.focus = self.focus.saturating_sub(1);
            }
            Command::Press | Command::Toggle if self.focus == LAST => {
                return Some(Asked::Closed);
            }
            Command::Press | Command::Toggle if !self.name.trim().is_empty() => {
                return Some(Asked::Act(Act::Save(self.name.trim().to_owned())));
            }
            _ => {}
        }
        None
    }

    /// What became of it.
    pub(super) fn came(&mut self, came: Result<String, String>) {
        self.focus = 0;
        self.came = Some(came);
    }

    const fn is_saved(&self) -> bool {
        matches!(self.came, Some(Ok(_)))
    }

    /// Draws the box into the middle of `area`.
    pub(super) fn draw(&self, area: Rect, buffer: &mut Buffer) {
        let wide = area.width.saturating_sub(2).min(WIDEST);
        let inner = usize::from(wide).saturating_sub(EDGES);
        let mut lines = match &self.came {
            Some(Ok(path)) => {
                let says = words::fill("save-screen.saved", &[("file", path)]);
                marked(&Span::styled("■ ", theme::good()), &says, inner)
            }
            _ => self.question(inner),
        };
        lines.push(Line::default());
        lines.extend(self.buttons(inner));
        let title = words::say("save-screen.title");
        let title = Title {
            left: &title,
            right: "",
            style: theme::strong(),
        };
        put(framed(&title, lines, wide.into()), (area, wide), buffer);
    }

    fn question(&self, inner: usize) -> Vec<Line<'static>> {
        let mut lines = paragraph(&words::say("save-screen.where"), inner, Style::new());
        let label = words::say("save-screen.file");
        let drawn = Drawn {
            label: &label,
            beside: width(&label),
            value: &self.name,
            wide: 50,
            editor: (self.focus == 0).then_some(&self.editor),
            wrong: matches!(self.came, Some(Err(_))),
        };
        lines.extend(drawn.lines(inner));
        if let Some(Err(why)) = &self.came {
            lines.extend(marked(&Span::styled("× ", theme::bad()), why, inner));
        }
        lines
    }

    fn buttons(&self, inner: usize) -> Vec<Line<'static>> {
        let codes: &[(usize, &str)] = if self.is_saved() {
            &[(0, "key.close")]
        } else {
            &[(1, "key.save-here"), (LAST, "key.close")]
        };
        let button = |(at, code): &(usize, &str)| {
            let focused = *at == self.focus;
            Button {
                label: words::say(code),
                style: if focused {
                    theme::focus()
                } else {
                    Style::new()
                },
                focused,
            }
        };
        let buttons: Vec<_> = codes.iter().map(button).collect();
        row(&buttons, inner)
    }
}

/// Where the question stands after a key.
#[derive(Debug)]
pub(super) enum Asked {
    /// It is closed.
    Closed,
    /// This is to be done, and then it is known what became of it.
    Act(Act),
}
