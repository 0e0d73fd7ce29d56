//! A form as plain text, the way a person would read it aloud.

use mcloud::forms::{Form, Note, Part, Row, Tone};

/// The form, with what is known about each row, field and button below it.
pub(crate) fn plain(form: &Form) -> String {
    let mut text = form.says.join("\n");
    for part in &form.parts {
        text.push_str("\n\n");
        text.push_str(&of(part, &form.first));
    }
    if !form.sums.is_empty() {
        text.push_str("\n\n");
        let sums: Vec<_> = form.sums.iter().map(noted).collect();
        text.push_str(&sums.join("\n"));
    }
    text.push('\n');
    for button in &form.buttons {
        let here = mark(&button.id, &form.first);
        let off = if button.wish.is_none() { " (off)" } else { "" };
        let label = &button.label;
        text.extend([format!("\n{here}[ {label} ]{off}"), about(&button.about)]);
    }
    text
}

fn of(part: &Part, first: &str) -> String {
    match part {
        Part::Note(note) => noted(note),
        Part::Named { name, value } => format!("{name}: {}", noted(value)),
        Part::Field(field) => format!(
            "{}{}: [{}]{}",
            mark(&field.id, first),
            field.label,
            field.value,
            about(&field.about)
        ),
        Part::Table { rows, empty, .. } if rows.is_empty() => format!("  ({empty})"),
        Part::Table { head, rows, .. } => {
            let mut lines: Vec<_> = Vec::new();
            if !head.is_empty() {
                lines.push(format!("  {}", head.join(" | ")));
            }
            lines.extend(rows.iter().map(|row| line(row, first)));
            lines.join("\n")
        }
    }
}

fn line(row: &Row, first: &str) -> String {
    let tick = match row.ticked {
        Some(true) => "[x] ",
        Some(false) => "[ ] ",
        None => "",
    };
    let cells: Vec<_> = row.cells.iter().filter(|cell| !cell.is_empty()).collect();
    let cells: Vec<_> = cells.into_iter().map(String::as_str).collect();
    let does = row
        .press
        .iter()
        .map(|deed| format!("  <{}>", mcloud::text::say(deed.label)));
    format!(
        "{}{tick}{}{}{}{}",
        mark(&row.id, first),
        weight(row.tone),
        cells.join(" | "),
        does.collect::<String>(),
        about(&row.about)
    )
}

fn about(notes: &[Note]) -> String {
    let lines = notes.iter().map(noted);
    let lines: Vec<_> = lines.map(|it| format!("\n      . {it}")).collect();
    lines.concat()
}

fn mark(id: &str, first: &str) -> &'static str {
    if !id.is_empty() && id == first {
        "> "
    } else {
        "  "
    }
}

fn noted(note: &Note) -> String {
    format!("{}{}", weight(note.tone), note.text)
}

const fn weight(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain | Tone::Dim => "",
        Tone::Strong => "# ",
        Tone::Good => "+ ",
        Tone::Busy => "* ",
        Tone::Warning => "! ",
        Tone::Bad => "x ",
    }
}
