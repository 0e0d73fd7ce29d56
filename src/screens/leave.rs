//! The question how to leave: staying is the first answer.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::keymap::{Can, Command, Context, Place};
use super::parts::framed::{EDGES, Title, framed, put};
use super::parts::text::{cut, paragraph};
use super::{Act, theme, words};
use crate::engine::Intent;
use crate::engine::node::{Role, Stage};
use crate::engine::picture::Picture;

/// The widest the box gets.
const WIDEST: u16 = 66;

/// The question, asked at one stage: at another it is another question.
#[derive(Debug, Clone)]
pub(super) struct Leave {
    stage: Stage,
    /// Whether the wizard is left, before anything was begun.
    wizard: bool,
    focus: usize,
}

/// Where the question stands after a key.
#[derive(Debug)]
pub(super) enum Asked {
    /// It is still open.
    Still,
    /// It was answered, and this is to be done; staying is nothing.
    Answered(Option<Act>),
}

/// One answer.
#[derive(Debug, Clone, PartialEq)]
struct Answer {
    /// The code of its sentence.
    code: &'static str,
    /// What it does; staying does nothing.
    act: Option<Act>,
}

impl Leave {
    /// The question as it stands now.
    pub(super) fn asked(picture: &Picture, wizard: bool) -> Self {
        Self {
            stage: picture.stage,
            wizard,
            focus: 0,
        }
    }

    /// Whether the question is still the one that was asked.
    pub(super) fn holds(&self, picture: &Picture) -> bool {
        self.stage == picture.stage
    }

    /// What the keys can do here.
    pub(super) fn context() -> Context {
        Context {
            enter: Some("key.choose"),
            ..Context::at(Place::Leave)
        }
        .with(Can::Move, true)
    }

    /// Does what a key asks for.
    pub(super) fn press(&mut self, picture: &Picture, can_detach: bool, command: Command) -> Asked {
        let answers = self.answers(picture, can_detach);
        let last = answers.len().saturating_sub(1);
        match command {
            Command::Next if self.focus >= last => self.focus = 0,
            Command::Previous if self.focus == 0 => self.focus = last,
            Command::Down | Command::Right | Command::Next => {
                self.focus = (self.focus + 1).min(last);
            }
            Command::Up | Command::Left | Command::Previous => {
                self.focus = self.focus.saturating_sub(1);
            }
            Command::Press | Command::Toggle => {
                let answer = answers.into_iter().nth(self.focus);
                return Asked::Answered(answer.and_then(|answer| answer.act));
            }
            _ => {}
        }
        Asked::Still
    }

    /// Draws the box into the middle of `area`.
    pub(super) fn draw(&self, picture: &Picture, can_detach: bool, target: (Rect, &mut Buffer)) {
        let (area, buffer) = target;
        let width = area.width.saturating_sub(2).min(WIDEST);
        let inner = usize::from(width).saturating_sub(EDGES);
        let mut lines = paragraph(&words::say(question(picture)), inner, Style::new());
        lines.push(Line::default());
        for (at, answer) in self.answers(picture, can_detach).iter().enumerate() {
            let focused = at == self.focus;
            let mark = if focused { "▶" } else { " " };
            let text = cut(&format!("{mark} {}", words::say(answer.code)), inner);
            lines.push(Line::styled(
                text,
                if focused {
                    theme::focus()
                } else {
                    Style::new()
                },
            ));
        }
        let title = words::say("leave-screen.title");
        let title = Title {
            left: &title,
            right: "",
            style: theme::strong(),
        };
        put(framed(&title, lines, width.into()), (area, width), buffer);
    }
}

/// The answer that leaves before Install.
const fn leave(picture: &Picture) -> &'static str {
    if picture.touched {
        "leave-screen.leave-touched"
    } else {
        "leave-screen.leave"
    }
}

fn question(picture: &Picture) -> &'static str {
    match picture.stage {
        Stage::Installing => "leave-screen.while-installing",
        Stage::Stopped => "leave-screen.while-stopped",
        _ if picture.touched => "leave-screen.before-install-touched",
        Stage::Forming => "leave-screen.while-forming",
        _ => "leave-screen.before-install",
    }
}

impl Leave {
    /// The answers. There is always one that leaves.
    fn answers(&self, picture: &Picture, can_detach: bool) -> Vec<Answer> {
        let leads = picture.role == Role::Leader;
        let intent = |code, intent| Answer {
            code,
            act: Some(Act::Intent(intent)),
        };
        let mut answers = vec![Answer {
            code: "leave-screen.stay",
            act: None,
        }];
        let runs = matches!(picture.stage, Stage::Installing | Stage::Stopped);
        if can_detach && runs {
            answers.push(Answer {
                code: "leave-screen.detach",
                act: Some(Act::Detach),
            });
        }
        match picture.stage {
            Stage::Installing if leads => answers.push(intent("leave-screen.stop", Intent::Stop)),
            Stage::Stopped if leads => answers.push(intent("leave-screen.end-here", Intent::Leave)),
            Stage::Forming | Stage::Gathering | Stage::Review if leads || !picture.touched => {
                answers.push(intent(leave(picture), Intent::Leave));
            }
            Stage::Idle | Stage::Ended if self.wizard => answers.push(Answer {
                code: leave(picture),
                act: Some(Act::Leave),
            }),
            _ => {}
        }
        if answers.len() == 1 {
            answers.push(Answer {
                code: "leave-screen.close",
                act: Some(Act::Close),
            });
        }
        answers
    }
}
