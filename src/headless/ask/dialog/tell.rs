//! What is printed: a page whole, or what changed on it.

use super::{Dialog, Open};
use crate::engine::Millis;
use crate::engine::picture::Picture;
use crate::headless::ask::numbers::Numbers;
use crate::headless::ask::page::{Choice, Line, Page, Place};
use crate::headless::ask::words::fill;
use crate::text::say;

/// Where more lines than this changed, the page is printed whole.
const MOST: usize = 8;

impl Dialog {
    /// What is to be printed before the prompt, line by line; none where nothing changed since the
    /// last print and nobody answered.
    pub fn follow(&mut self, picture: &Picture, now: Millis) -> Option<Vec<String>> {
        if self.leaving.is_some_and(|asked| asked != picture.stage) {
            // It was another question.
            self.leaving = None;
        }
        let page = self.page(picture, now);
        if page.place == Place::Done {
            return None;
        }
        let answered = std::mem::take(&mut self.answered);
        match self.open.take() {
            Some(open) if open.page.place == page.place => {
                self.changes((open, answered), page, (picture, now))
            }
            open => Some(self.whole((open, answered), page, (picture, now))),
        }
    }

    /// What is asked on the last line, which has no end; empty where nothing is asked.
    pub fn prompt(&self) -> String {
        let Some(open) = &self.open else {
            return String::new();
        };
        if let Some(field) = &self.typing {
            let mut choices = open.page.choices.iter();
            let label = choices.find(|choice| choice.id == *field);
            let label = label.map(|choice| choice.label.as_str());
            return fill(
                "ask-lines.prompt-text",
                &[("label", label.unwrap_or_default())],
            );
        }
        match (&open.page.consent, &open.first) {
            (Some((_, 0)), _) => say("ask-lines.prompt-install"),
            (Some(_), _) => say("ask-lines.prompt-erase"),
            (None, Some(first)) => {
                let number = open.numbers.of(first).unwrap_or_default().to_string();
                let with = [("number", number.as_str()), ("label", &first.label)];
                fill("ask-lines.prompt-first", &with)
            }
            (None, None) if open.page.asks() => say("ask-lines.prompt"),
            (None, None) => String::new(),
        }
    }

    /// The whole page. Where it came by itself the numbers go on, so that none that is being typed
    /// means anything else now, and an empty line does nothing yet.
    fn whole(
        &mut self,
        (before, answered): (Option<Open>, bool),
        page: Page,
        (picture, now): (&Picture, Millis),
    ) -> Vec<String> {
        let mut numbers = before.map(|open| open.numbers).unwrap_or_default();
        if answered {
            numbers.renew(&page.choices);
        } else {
            numbers.follow(&page.choices);
        }
        let mut lines = vec![String::new(), page.title(&picture.me)];
        lines.extend(page.body.iter().map(|line| line.text.clone()));
        lines.extend(listed(&page, &numbers));
        self.open = Some(Open {
            first: page.suggestion().filter(|_| answered).cloned(),
            page,
            at: now,
            numbers,
        });
        lines
    }

    /// What changed on the page that was printed last.
    fn changes(
        &mut self,
        (mut open, answered): (Open, bool),
        page: Page,
        (picture, now): (&Picture, Millis),
    ) -> Option<Vec<String>> {
        // Ages that only went on are no change.
        let then = self.page(picture, open.at);
        let (new, gone) = then.since(&open.page);
        if new.len() > MOST {
            return Some(self.whole((Some(open), answered), page, (picture, now)));
        }
        let changed = page.body.iter();
        let changed = changed.filter(|line| new.contains(line.key.as_str()));
        let changed = changed.map(told);
        let gone = gone.iter();
        let gone = gone.map(|name| fill("ask-lines.gone", &[("name", name)]));
        let mut lines: Vec<_> = changed.chain(gone).collect();
        let was = listed(&open.page, &open.numbers);
        if answered {
            open.numbers.renew(&page.choices);
        } else {
            open.numbers.follow(&page.choices);
        }
        let list = listed(&page, &open.numbers);
        if was != list {
            lines.extend(list);
        }
        let still = |first: &_| page.suggestion() == Some(first);
        let first = match open.first.take() {
            _ if answered => page.suggestion().cloned(),
            first => first.filter(still),
        };
        let quiet = lines.is_empty() && !answered && open.page.consent == page.consent;
        self.open = Some(Open {
            page: then,
            first,
            ..open
        });
        (!quiet).then_some(lines)
    }
}

/// A line that changed, with what it is about where the line itself leans on a heading.
fn told(line: &Line) -> String {
    let text = line.text.trim();
    let with = [("text", text), ("name", line.name.as_str())];
    if text.contains(&line.name) {
        return fill("ask-lines.now", &with);
    }
    fill("ask-lines.now-of", &with)
}

/// The list of what can be done, by its numbers.
fn listed(page: &Page, numbers: &Numbers) -> Vec<String> {
    let mut rows: Vec<_> = page.choices.iter().collect();
    rows.sort_by_key(|choice| numbers.of(choice));
    let row = |choice: &Choice| {
        let number = numbers.of(choice).unwrap_or_default().to_string();
        let with = [("number", number.as_str()), ("label", &choice.label)];
        fill("ask-lines.choice", &with)
    };
    let head = (!rows.is_empty()).then(|| say("ask-lines.choices"));
    let rows = rows.into_iter().map(|choice| format!("  {}", row(choice)));
    head.into_iter().chain(rows).collect()
}
