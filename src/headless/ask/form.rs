//! A form as a page: what it says, its tables as sentences, and what can be done.

use std::collections::BTreeMap;

use super::page::{Act, Choice, Page, Place};
use super::words::{fill, weighed};
use crate::engine::message::plain;
use crate::forms::{Button, Deed, Field, FieldKind, Form, Note, Part, Row, Step, Tone};
use crate::text::say;

/// The page of a form.
pub(super) fn page(step: Step, form: &Form) -> Page {
    let mut page = Page::new(Place::Form(step));
    for says in &form.says {
        page.says(says);
    }
    for part in &form.parts {
        match part {
            // How a screen looks is nothing to a line.
            Part::Note(note) if note.text == say("welcome.look") => {}
            Part::Note(note) => page.says(weighed(note)),
            Part::Named { name, value } => {
                let with = [("name", name.as_str()), ("value", value.text.as_str())];
                let text = fill("ask-lines.named", &with);
                page.line(format!("named:{name}"), text, name.clone());
            }
            Part::Table { head, rows, empty } => table(&mut page, head, rows, empty),
            Part::Field(field) => self::field(&mut page, field),
        }
    }
    for sum in &form.sums {
        page.says(weighed(sum));
    }
    for button in &form.buttons {
        self::button(&mut page, button);
    }
    page.first.clone_from(&form.first);
    page
}

fn table(page: &mut Page, head: &[String], rows: &[Row], empty: &str) {
    if rows.is_empty() {
        return page.says(empty);
    }
    let mut names = BTreeMap::<_, usize>::new();
    let mut heading = String::new();
    for row in rows {
        if row.id.is_empty() {
            let cells: Vec<_> = filled(row).map(|(_, cell)| plain(cell)).collect();
            heading = cells.first().cloned().unwrap_or_default();
            let with = [("text", &*cells.join(", "))];
            let text = fill("ask-lines.heading", &with);
            page.line(format!("heading:{heading}"), text, heading.clone());
            continue;
        }
        let name = name(row, &heading);
        // Rows that begin alike are told apart by all their cells.
        let seen = names.entry(name.clone()).or_default();
        *seen += 1;
        let name = if *seen > 1 { whole(row) } else { name };
        read(page, head, row, &name);
        choices(page, row, &name);
    }
}

/// The cells that hold something, each with its column.
fn filled(row: &Row) -> impl Iterator<Item = (usize, &str)> {
    let cells = row.cells.iter().map(String::as_str).enumerate();
    cells.filter(|(_, cell)| !cell.is_empty() && *cell != "-")
}

/// What a row is called: its first cell, and the heading above it.
fn name(row: &Row, heading: &str) -> String {
    let first = row.cells.first().map(|cell| plain(cell));
    let first = first.unwrap_or_default();
    if heading.is_empty() {
        return first;
    }
    fill("ask-lines.of", &[("row", &first), ("heading", heading)])
}

fn whole(row: &Row) -> String {
    let cells: Vec<_> = filled(row).map(|(_, cell)| plain(cell)).collect();
    cells.join(", ")
}

/// A row as sentences: where columns have heads, each cell follows the name of its column.
fn sentence(head: &[String], row: &Row) -> String {
    let cell = |(at, cell): (usize, &str)| {
        // What stands apart in a cell is told apart by a comma.
        let cell = plain(cell).trim_end_matches('.').replace("  ", ", ");
        match head.get(at).filter(|_| at > 0) {
            Some(head) => fill("ask-lines.named", &[("name", head), ("value", &cell)]),
            None => cell,
        }
    };
    let ticked = row.ticked.map(|ticked| {
        say(if ticked {
            "ask-lines.ticked"
        } else {
            "ask-lines.not-ticked"
        })
    });
    let cells: Vec<_> = filled(row).map(cell).chain(ticked).collect();
    let between = if head.is_empty() { ": " } else { ". " };
    format!("{}.", cells.join(between))
}

/// Whether a row is nothing but what can be done: one sentence.
fn speaks(row: &Row) -> bool {
    row.press.is_some() && row.cells.len() == 1
}

/// What there is to read of a row: itself, and below it what keeps it from being chosen or speaks
/// against it.
fn read(page: &mut Page, head: &[String], row: &Row, name: &str) {
    let mut text = format!("  {}", sentence(head, row));
    let grave = |note: &&Note| matches!(note.tone, Tone::Warning | Tone::Bad);
    let mut notes: Vec<_> = if row.press.is_some() || row.toggle.is_some() {
        row.about.iter().filter(grave).collect()
    } else {
        let said = row.about.iter().filter(|note| note.tone != Tone::Dim);
        said.collect()
    };
    if notes.is_empty() && row.press.is_none() {
        notes.extend(row.about.first());
    }
    if speaks(row) && notes.is_empty() {
        return;
    }
    // What the row says already is not said twice.
    let known = |note: &&&Note| !text.contains(note.text.trim_end_matches('.'));
    let below = notes.iter().filter(known).map(|note| match note.tone {
        // The reason why a row cannot be chosen is a sentence of its own.
        Tone::Bad => note.text.clone(),
        _ => weighed(note),
    });
    let below: Vec<_> = below.collect();
    for note in below {
        text.push_str("\n    ");
        text.push_str(&note);
    }
    page.line(format!("row:{}", row.id), text, name.to_owned());
}

fn choices(page: &mut Page, row: &Row, name: &str) {
    for deed in row.press.iter().chain(&row.toggle) {
        let label = labelled(deed, row, name);
        page.add(Choice {
            id: row.id.clone(),
            label,
            about: about(&row.about),
            act: Act::Wish(deed.wish.clone()),
        });
    }
}

/// The label of a row's deed; a row that says itself what it does needs no other.
fn labelled(deed: &Deed, row: &Row, name: &str) -> String {
    let label = say(match deed.label {
        // On a screen the cursor tells it from the way on.
        "key.next-value" => "ask-lines.other-value",
        label => label,
    });
    let label = label.trim_end_matches('.');
    if speaks(row) || name.starts_with(label) {
        return name.to_owned();
    }
    fill("ask-lines.named", &[("name", label), ("value", name)])
}

fn about(notes: &[Note]) -> Vec<String> {
    notes.iter().map(weighed).collect()
}

/// A field: what is in it, unless those are the words.
fn field(page: &mut Page, field: &Field) {
    let value = match field.kind {
        FieldKind::Words => String::new(),
        _ => plain(&field.value),
    };
    let value = if value.is_empty() {
        say("ask-lines.nothing-typed")
    } else {
        value
    };
    let with = [("name", field.label.as_str()), ("value", value.as_str())];
    let mut text = fill("ask-lines.named", &with);
    for note in &field.about {
        text.push_str("\n    ");
        text.push_str(&weighed(note));
    }
    page.line(format!("field:{}", field.id), text, field.label.clone());
    let with = [("field", field.label.as_str())];
    page.add(Choice {
        id: field.id.clone(),
        label: fill("ask-lines.type", &with),
        about: about(&field.about),
        act: Act::Type,
    });
}

/// A button: a choice, or the reason why it is none.
fn button(page: &mut Page, button: &Button) {
    let label = button.label.trim_end_matches('.');
    let Some(wish) = &button.wish else {
        let why: Vec<_> = button.about.iter().map(|note| note.text.clone()).collect();
        let with = [("name", label), ("value", &*why.join(" "))];
        let text = fill("ask-lines.not-now", &with);
        return page.line(format!("button:{}", button.id), text, String::new());
    };
    page.add(Choice {
        id: button.id.clone(),
        label: label.to_owned(),
        about: about(&button.about),
        act: Act::Wish(wish.clone()),
    });
}
