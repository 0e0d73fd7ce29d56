//! Who looks at a console: what is drawn, which form it is, and what has the focus.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::sync::Arc;

use mcloud::engine::node::Stage;
use mcloud::engine::picture::Picture;
use mcloud::forms::{self, Form, Known, Note, Part, Step, Tone};
use mcloud::screens::{Forms, Screens};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use crate::house::House;

thread_local! {
    /// The form that was made last.
    static MADE: RefCell<Option<(Step, Form)>> = const { RefCell::new(None) };
    /// Whether each row, field and button is to say its number instead of what is worth knowing.
    static NUMBERED: Cell<bool> = const { Cell::new(false) };
}

/// mcloud's own forms, noted as they are made.
pub(crate) fn forms() -> Forms {
    Forms {
        form: noted,
        ..Forms::default()
    }
}

fn noted(step: Step, known: Known<'_>) -> Form {
    let mut form = forms::form(step, known);
    if NUMBERED.get() {
        number(&mut form);
    } else {
        MADE.with_borrow_mut(|made| *made = Some((step, form.clone())));
    }
    form
}

fn number(form: &mut Form) {
    let mut number = 0;
    let mut say = |about: &mut Vec<Note>| {
        *about = vec![Note {
            tone: Tone::Plain,
            text: format!("stop@{number}@"),
        }];
        number += 1;
    };
    for part in &mut form.parts {
        match part {
            Part::Table { rows, .. } => {
                let rows = rows.iter_mut().filter(|row| !row.id.is_empty());
                rows.for_each(|row| say(&mut row.about));
            }
            Part::Field(field) => say(&mut field.about),
            Part::Note(_) | Part::Named { .. } => {}
        }
    }
    for button in &mut form.buttons {
        say(&mut button.about);
    }
}

/// The ids of what can have the focus, from top to bottom.
pub(crate) fn stops(form: &Form) -> Vec<String> {
    let of_part = |part: &Part| match part {
        Part::Table { rows, .. } => {
            let rows = rows.iter().filter(|row| !row.id.is_empty());
            rows.map(|row| row.id.clone()).collect()
        }
        Part::Field(field) => vec![field.id.clone()],
        Part::Note(_) | Part::Named { .. } => Vec::new(),
    };
    let parts = form.parts.iter().flat_map(of_part);
    let buttons = form.buttons.iter().map(|button| button.id.clone());
    parts.chain(buttons).collect()
}

/// What a console showed when it was drawn last.
#[derive(Clone)]
pub(crate) struct Drawn {
    screens: Screens,
    picture: Arc<Picture>,
    now: u64,
    pub(crate) rows: Arc<Vec<String>>,
    /// The form that it was; none where there was none, or something lay on top.
    pub(crate) form: Option<Arc<(Step, Form)>>,
}

/// Which disks of the plan that is shown were in sight on a console.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    pub(crate) digest: Option<String>,
    pub(crate) serials: BTreeSet<String>,
}

impl Drawn {
    /// The id of what had the focus; none where there was no form, or something lay on top.
    pub(crate) fn focus(&self) -> Option<String> {
        let form = self.form.as_ref()?;
        let mut picture = Picture::clone(&self.picture);
        if let Some(link) = &mut picture.link {
            // A lost link is said where the number is to stand.
            link.up = true;
        }
        let screens = self.screens.clone();
        NUMBERED.set(true);
        let rows = draw(&screens, &picture, (&[], self.now, (40, 10)));
        NUMBERED.set(false);
        let number = rows.iter().find_map(|row| row.split('@').nth(1));
        let number: usize = number?.parse().ok()?;
        stops(&form.1).get(number).cloned()
    }

    /// What is drawn, as one text.
    pub(crate) fn text(&self) -> String {
        self.rows.join("\n")
    }

    /// The screen's name and step, as the header says them.
    pub(crate) fn header(&self) -> &str {
        self.rows.first().map_or("", |row| row.trim())
    }
}

type Log<'a> = &'a [mcloud::engine::event::PublicEvent];

fn draw(
    screens: &Screens,
    picture: &Picture,
    (log, now, size): (Log, u64, (u16, u16)),
) -> Vec<String> {
    let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).unwrap();
    let mut frame = terminal.get_frame();
    screens.view(picture, log, now, &mut frame);
    let buffer = frame.buffer_mut();
    let rows = buffer.content.chunks(usize::from(size.0));
    let text = |row: &[ratatui::buffer::Cell]| {
        let cells = row.iter().map(ratatui::buffer::Cell::symbol);
        cells.collect::<String>().trim_end().to_owned()
    };
    rows.map(text).collect()
}

impl House {
    /// What the console of `who` would show now at a size of 80×24.
    pub(crate) fn glance(&self, who: usize) -> String {
        let node = &self.nodes[who];
        let (screens, now) = (node.screens.clone(), self.now);
        draw(&screens, &node.picture, (&node.log, now, (80, 24))).join("\n")
    }

    /// Draws the console of `who`.
    pub(crate) fn draw(&mut self, who: usize) -> Drawn {
        self.look(who);
        let now = self.now;
        let node = &mut self.nodes[who];
        node.ahead = 0;
        MADE.set(None);
        let rows = draw(&node.screens, &node.picture, (&node.log, now, node.size));
        note_sight(&mut node.seen, &node.picture, &rows);
        let drawn = Drawn {
            screens: node.screens.clone(),
            picture: Arc::clone(&node.picture),
            now,
            rows: Arc::new(rows),
            form: MADE.take().map(Arc::new),
        };
        node.drawn = Some(drawn.clone());
        drawn
    }
}

/// Notes which of the disks that Review lists can be read in `rows`.
fn note_sight(seen: &mut Seen, picture: &Picture, rows: &[String]) {
    let review = picture.review.as_ref();
    let Some(review) = review.filter(|_| picture.stage == Stage::Review) else {
        return;
    };
    if seen.digest != review.digest {
        *seen = Seen {
            digest: review.digest.clone(),
            ..Seen::default()
        };
    }
    let mut text = rows.concat();
    text.retain(|c| !c.is_whitespace() && c != '│');
    for disk in &review.erasures {
        if text.contains(&disk.serial) {
            seen.serials.insert(disk.serial.clone());
        }
    }
}

/// Whether letters are typed into what has the focus.
pub(crate) fn is_typing(drawn: &Drawn) -> bool {
    if let Some(focus) = drawn.focus() {
        let form = drawn.form.as_ref();
        let parts = form.iter().flat_map(|form| &form.1.parts);
        let mut fields = parts.filter_map(|part| match part {
            Part::Field(field) => Some(&field.id),
            _ => None,
        });
        return fields.any(|id| *id == focus);
    }
    // The name of a file, on top of another screen.
    drawn.text().contains("Save it here") || drawn.text().contains(".yaml")
}
