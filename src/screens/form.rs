//! A form on the full screen: drawn, walked through and typed into; the same for every form.

mod body;
mod edit;
mod lay;
mod sight;
mod stops;
mod table;
mod tone;
mod words;

use std::cell::Cell;

use super::frame::Info;
use super::keymap::{Can, Command, Context, Place, Text};
use super::parts::scroll::Scroll;
use crate::forms::{Form, Wish};
use sight::Sight;
use stops::{Last, Stop, What, focused, next_group, stops};

pub(super) use edit::{Drawn, Editor};

/// What is remembered of one form: the focus, the scroll, the cursor.
#[derive(Debug, Clone, Default)]
pub(super) struct Sheet {
    /// The id of what has the focus; none while the form's own first one has it.
    focus: Option<String>,
    /// Where it was when it was drawn.
    last: Cell<Last>,
    sight: Sight,
    /// Whether the operator scrolls and the focus stays behind.
    loose: bool,
    pub(super) scroll: Scroll,
    editor: Editor,
}

impl Sheet {
    /// What the keys can do here; `back` is whether there is a form to go back to.
    pub(super) fn context(&self, form: &Form, back: bool) -> Context {
        let stops = stops(form);
        let at = self.at(form, &stops);
        let stop = stops.get(at);
        let press = stop.and_then(Stop::press);
        let (mut toggle, mut text, mut sides) = (None, None, false);
        match stop.map(|stop| stop.what) {
            Some(What::Row(row)) => {
                toggle = row.toggle.as_ref().or(press).map(|deed| deed.label);
            }
            Some(What::Field(field)) => {
                text = Some(Text::from(field.kind));
                sides = text != Some(Text::Words) && !field.value.is_empty();
            }
            Some(What::Button(button)) => {
                toggle = button.wish.as_ref().map(|_| "key.enter");
                sides = form.buttons.len() > 1;
            }
            None => {}
        }
        let lost = stop.is_some_and(|stop| self.has_lost(*stop));
        if lost {
            toggle = None;
        }
        let enter = match (press, stop) {
            _ if lost => Some("key.choose"),
            _ if self.editor.offers() => Some("key.take-letter"),
            (Some(deed), _) => Some(deed.label),
            (None, Some(stop)) if stop.is_button() => toggle,
            (None, Some(stop)) if stop.stays() => None,
            (None, stop) => stop.map(|_| "key.next-stop"),
        };
        let groups = stops.first().map(|stop| stop.group) != stops.last().map(|stop| stop.group);
        let goes_on = form.buttons.last().is_some_and(|last| last.wish.is_some());
        Context {
            enter,
            toggle,
            text,
            again: Some("key.look-again"),
            ..Context::at(Place::Form)
        }
        .with(Can::Letters, text == Some(Text::Words))
        .with(Can::Sides, sides)
        .with(Can::Move, stops.len() > 1)
        .with(Can::Scroll, stops.len() <= 1 && self.scroll.overflows())
        .with(Can::Groups, groups)
        .with(Can::Pages, self.scroll.overflows())
        .with(Can::Forward, goes_on)
        .with(Can::Back, back)
    }

    /// Does what a key asks for. What comes back is wanted of others.
    pub(super) fn press(&mut self, form: &Form, command: Command) -> Option<Wish> {
        let stops = stops(form);
        let at = self.at(form, &stops);
        let stop = *stops.get(at)?;
        if self.has_lost(stop) && matches!(command, Command::Press | Command::Toggle) {
            // The form's own first one goes on having it, whichever that will be.
            if self.focus.is_some() {
                self.go(&stops, at);
            }
            return None;
        }
        let acts = matches!(command, Command::Press | Command::Toggle);
        if acts && stop.lets_in() && !self.sight.showed(stop.id()) {
            // Keys came faster than the screen, or it was scrolled away: whoever lets somebody in has
            // seen the words.
            self.go(&stops, at);
            return None;
        }
        if let What::Field(field) = stop.what {
            let kind = Text::from(field.kind);
            if let Some(text) = self.editor.edit(kind, &field.value, command) {
                // Who types into it is there, whatever had the focus before.
                self.focus = Some(stop.id().to_owned());
                let news = text != field.value;
                return news.then(|| Wish::Note(field.id.clone(), Some(text)));
            }
        }
        if matches!(command, Command::Press | Command::Toggle) {
            // What comes of it may take the row away: the focus is on this one, wherever that is.
            self.focus = Some(stop.id().to_owned());
        }
        match command {
            Command::Down => self.down(&stops, at),
            Command::Up => self.up(&stops, at),
            Command::Left if stop.is_button() => self.side(&stops, at, false),
            Command::Right if stop.is_button() => self.side(&stops, at, true),
            Command::Next => self.go(&stops, next_group(&stops, at, true)),
            Command::Previous => self.go(&stops, next_group(&stops, at, false)),
            Command::PageDown => self.page(&stops, at, true),
            Command::PageUp => self.page(&stops, at, false),
            Command::Home => self.go(&stops, 0),
            Command::End => self.go(&stops, stops.len().saturating_sub(1)),
            Command::Toggle => return toggled(stop),
            Command::Press => return self.enter(&stops, at),
            Command::Forward => return self.forward(form, &stops),
            _ => {}
        }
        None
    }

    fn enter(&mut self, stops: &[Stop], at: usize) -> Option<Wish> {
        let stop = stops.get(at)?;
        if let What::Button(button) = stop.what {
            return button.wish.clone();
        }
        if let Some(deed) = stop.press() {
            return Some(deed.wish.clone());
        }
        if stop.stays() {
            return None;
        }
        self.go(stops, at + 1);
        None
    }

    /// What the last button does; where it does nothing, the focus goes to what is wrong, or to the
    /// button: it says why.
    fn forward(&mut self, form: &Form, stops: &[Stop]) -> Option<Wish> {
        let last = form.buttons.last()?;
        if last.wish.is_none() {
            let wrong = stops.iter().position(Stop::is_wrong);
            self.go(stops, wrong.unwrap_or(stops.len().saturating_sub(1)));
        }
        last.wish.clone()
    }

    fn down(&mut self, stops: &[Stop], at: usize) {
        if at + 1 < stops.len() {
            self.go(stops, at + 1);
        } else {
            self.loose = true;
            self.scroll.down();
        }
    }

    fn up(&mut self, stops: &[Stop], at: usize) {
        if at > 0 {
            self.go(stops, at - 1);
        } else {
            self.loose = true;
            self.scroll.up();
        }
    }

    fn side(&mut self, stops: &[Stop], at: usize, right: bool) {
        let to = if right { at + 1 } else { at.saturating_sub(1) };
        if stops.get(to).is_some_and(Stop::is_button) {
            self.go(stops, to);
        }
    }

    /// By windows: through the rows as far as there are any, then the text alone.
    fn page(&mut self, stops: &[Stop], at: usize, down: bool) {
        let page = self.scroll.page();
        let in_text = stops.iter().filter(|stop| !stop.is_button()).count();
        if at >= in_text {
            if down {
                self.scroll.page_down();
            } else if self.scroll.at_top() && in_text > 0 {
                self.go(stops, 0);
            } else {
                self.scroll.page_up();
            }
            return;
        }
        let to = if down {
            at.saturating_add(page)
        } else {
            at.saturating_sub(page)
        };
        self.go(stops, to.min(in_text.saturating_sub(1)));
    }

    fn go(&mut self, stops: &[Stop], to: usize) {
        self.loose = false;
        let Some(stop) = stops.get(to) else { return };
        if self.focus.as_deref() != Some(stop.id()) {
            self.editor = Editor::default();
        }
        self.focus = Some(stop.id().to_owned());
        self.last.set(stop.at(to));
    }

    /// Whether what had the focus has gone and `stop` has it instead, or `stop` came after the
    /// screen was drawn: what is pressed was meant for the other, so that the first key only
    /// chooses this one.
    fn has_lost(&self, stop: Stop) -> bool {
        match self.focus.as_deref() {
            Some(id) => id != stop.id() || !self.sight.had(id),
            None => !self.sight.had_focus(stop.id()),
        }
    }

    fn at(&self, form: &Form, stops: &[Stop]) -> usize {
        focused(form, stops, self.focus.as_deref(), self.last.get())
    }

    /// What was typed was taken away.
    pub(super) fn clear(&mut self) {
        self.editor = Editor::default();
    }

    /// Another form was drawn: nothing of this one is in sight any more.
    pub(super) fn hide(&self) {
        self.sight.hide();
    }

    /// What is worth knowing about what has the focus.
    pub(super) fn info(&self, form: &Form) -> Option<Info> {
        let stops = stops(form);
        let about = stops.get(self.at(form, &stops))?.about();
        let notes = about.iter();
        let notes = notes.map(|note| (tone::mark(note.tone), note.text.clone()));
        let notes: Vec<_> = notes.collect();
        (!notes.is_empty()).then(|| Info::of(notes))
    }
}

/// What Space does.
fn toggled(stop: Stop) -> Option<Wish> {
    let deed = match stop.what {
        What::Row(row) => row.toggle.as_ref().or(row.press.as_ref()),
        What::Field(_) => None,
        What::Button(button) => return button.wish.clone(),
    };
    deed.map(|deed| deed.wish.clone())
}
