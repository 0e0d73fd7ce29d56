//! What holds for every form in every situation.

use std::collections::BTreeSet;

use mcloud::forms::{Form, Note, Part, Row, Step};

use super::plain::plain;
use super::situations::all;

fn rows(form: &Form) -> impl Iterator<Item = &Row> {
    form.parts.iter().flat_map(|part| match part {
        Part::Table { rows, .. } => rows.as_slice(),
        _ => &[],
    })
}

fn ids(form: &Form) -> Vec<&str> {
    let rows = rows(form)
        .map(|row| row.id.as_str())
        .filter(|id| !id.is_empty());
    let fields = form.parts.iter().filter_map(|part| match part {
        Part::Field(field) => Some(field.id.as_str()),
        _ => None,
    });
    let buttons = form.buttons.iter().map(|button| button.id.as_str());
    rows.chain(fields).chain(buttons).collect()
}

fn texts(form: &Form) -> Vec<String> {
    let notes = |notes: &[Note]| -> Vec<_> { notes.iter().map(|it| it.text.clone()).collect() };
    let mut all = form.says.clone();
    all.extend(notes(&form.sums));
    for part in &form.parts {
        match part {
            Part::Note(note) => all.push(note.text.clone()),
            Part::Named { name, value } => all.extend([name.clone(), value.text.clone()]),
            Part::Table { head, rows, empty } => {
                all.extend(head.clone());
                all.push(empty.clone());
                for row in rows {
                    all.extend(row.cells.clone());
                    all.extend(notes(&row.about));
                }
            }
            Part::Field(field) => {
                all.push(field.label.clone());
                all.extend(notes(&field.about));
            }
        }
    }
    for button in &form.buttons {
        all.push(button.label.clone());
        all.extend(notes(&button.about));
    }
    all
}

#[test]
fn every_id_is_unique_and_the_first_one_exists() {
    for (name, step, stage) in all() {
        let form = stage.form(step);
        let ids = ids(&form);
        let unique: BTreeSet<_> = ids.iter().collect();
        assert_eq!(ids.len(), unique.len(), "{name}: {ids:?}");
        assert!(ids.contains(&form.first.as_str()), "{name}: {}", form.first);
    }
}

#[test]
fn whatever_cannot_be_chosen_says_why() {
    for (name, step, stage) in all() {
        let form = stage.form(step);
        for row in rows(&form).filter(|row| !row.id.is_empty()) {
            assert!(!row.about.is_empty(), "{name}: nothing about {}", row.id);
        }
        for button in form.buttons.iter().filter(|it| it.wish.is_none()) {
            assert!(!button.about.is_empty(), "{name}: why not {}", button.id);
        }
        for part in &form.parts {
            match part {
                Part::Table { empty, .. } => assert!(!empty.is_empty(), "{name}"),
                Part::Field(field) => assert!(!field.about.is_empty(), "{name}: {}", field.id),
                _ => {}
            }
        }
    }
}

#[test]
fn every_row_has_a_cell_for_each_head() {
    for (name, step, stage) in all() {
        for part in &stage.form(step).parts {
            if let Part::Table { head, rows, .. } = part {
                for row in rows.iter().filter(|_| !head.is_empty()) {
                    assert_eq!(row.cells.len(), head.len(), "{name}: {}", row.id);
                }
            }
        }
    }
}

#[test]
fn every_sentence_is_known_and_its_holes_are_filled() {
    let is_code = |text: &str| {
        let word = text.split(' ').next().unwrap_or_default();
        let (room, rest) = word.split_once('.').unwrap_or_default();
        let plain = |part: &str| part.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        !room.is_empty() && !rest.is_empty() && plain(room) && plain(rest)
    };
    for (name, step, stage) in all() {
        for text in texts(&stage.form(step)) {
            assert!(!text.contains('{'), "{name}: {text}");
            assert!(!is_code(&text), "{name}: no sentence for {text}");
        }
    }
}

#[test]
fn every_form_has_a_button_that_always_leads_out_of_it() {
    for (name, step, stage) in all() {
        let form = stage.form(step);
        let out = ["back", "leave", "close"];
        let leads_out = form
            .buttons
            .iter()
            .any(|button| out.contains(&button.id.as_str()) && button.wish.is_some());
        assert!(leads_out, "{name}");
    }
}

#[test]
fn no_key_label_is_without_its_words() {
    let codes: BTreeSet<_> = mcloud::text::codes().map(|(code, _)| code).collect();
    for (name, step, stage) in all() {
        let form = stage.form(step);
        for deed in rows(&form).flat_map(|row| row.press.iter().chain(&row.toggle)) {
            assert!(codes.contains(deed.label), "{name}: {}", deed.label);
        }
    }
}

/// Hostile names come over the network: a name is shown, and steers nothing.
#[test]
fn what_peers_call_themselves_cannot_steer_the_console() {
    let mut evil = super::stage::attic(0);
    evil.name = "pi\u{1b}[2J\u{202e}a".to_owned();
    evil.standing = mcloud::engine::neighbours::Standing::Open {
        cluster: "at\ntic\u{7}".to_owned(),
    };
    for step in [Step::Welcome, Step::Peers] {
        let stage = super::situations::joins(super::stage::Stage::open(1));
        let form = stage.hears(vec![evil.clone()]).form(step);
        for text in texts(&form) {
            let steers = |c: char| c.is_control() || c == '\u{202e}';
            assert!(!text.chars().any(steers), "{step:?}: {text:?}");
        }
        assert!(plain(&form).contains("at tic"), "{step:?}");
    }
}

#[test]
fn after_a_run_no_form_says_that_nothing_was_written() {
    for (name, step, mut stage) in all() {
        stage.state.cluster.touched = true;
        for text in texts(&stage.form(step)) {
            let text = text.to_lowercase();
            for claim in [
                "is written yet",
                "nothing has been written",
                "nothing was written",
            ] {
                assert!(!text.contains(claim), "{name}: {text}");
            }
        }
    }
}
