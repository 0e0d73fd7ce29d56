//! Every screen at every size: never a panic, never a glyph that a console lacks.

use std::collections::BTreeSet;

use ratatui::crossterm::event::KeyCode;

use crate::desk::Desk;
use crate::{generic, pictures};

/// Every glyph that every Linux console font has, beside ASCII.
const GLYPHS: &str = "─│┌┐└┘├┤┬┴┼═║█░▒■•·×▶◀▲▼←↑→↓»«°";

fn sizes() -> Vec<(u16, u16)> {
    let small = (1..=50).flat_map(|width| (1..=30).map(move |height| (width, height)));
    let large = (1..=200)
        .step_by(17)
        .flat_map(|w| (1..=60).step_by(7).map(move |h| (w, h)));
    small.chain(large).chain([(200, 60)]).collect()
}

fn at_every_size(mut desk: Desk) {
    for (width, height) in sizes() {
        desk.size = (width, height);
        let text = desk.draw();
        let strange: String = text
            .chars()
            .filter(|c| !c.is_ascii() && !GLYPHS.contains(*c))
            .collect();
        assert_eq!(strange, "", "at {width}x{height}");
    }
}

#[test]
fn every_screen_is_drawn_at_every_size() {
    for (_, desk) in pictures::all() {
        at_every_size(desk);
    }
}

#[test]
fn every_form_is_drawn_at_every_size() {
    for wanted in ["address", "peers", "disks"] {
        at_every_size(generic::at(wanted, 5));
    }
    let mut desk = pictures::ready();
    desk.press(KeyCode::F(7));
    at_every_size(desk);
}

#[test]
fn every_overlay_is_drawn_at_every_size() {
    for code in [KeyCode::F(1), KeyCode::F(6)] {
        for mut desk in [
            pictures::ready_with_many(),
            pictures::failed_twice(),
            pictures::done(),
        ] {
            desk.press(code);
            at_every_size(desk);
        }
    }
    for mut desk in [pictures::waiting(), pictures::running(), pictures::failed()] {
        desk.ctrl('c');
        at_every_size(desk);
    }
}

#[test]
fn the_glyphs_of_a_run_are_seen_at_all() {
    let drawn: BTreeSet<char> = pictures::running().draw().chars().collect();
    for glyph in ['█', '░', '■', '•', '·', '▶'] {
        assert!(drawn.contains(&glyph), "{glyph}");
    }
}

#[test]
fn below_the_least_size_it_says_what_it_needs() {
    let desk = pictures::ready().sized(39, 10);
    assert!(desk.shows("40x10"), "{}", desk.draw());
    assert!(!pictures::ready().sized(40, 10).shows("40x10"));
}

#[test]
fn rules_fold_below_twenty_four_rows() {
    let rule = "─".repeat(80);
    assert!(pictures::done().sized(80, 24).shows(&rule));
    assert!(!pictures::done().sized(80, 23).shows(&rule));
}

#[test]
fn the_rail_names_all_ten_screens() {
    let text = pictures::running().sized(100, 30).draw();
    for there in [
        "■ Welcome",
        "■ Network",
        "■ Review",
        "▶ • Install",
        "· Done",
    ] {
        assert!(text.contains(there), "{there}\n{text}");
    }
    assert!(!pictures::running().sized(99, 30).shows("■ Review"));
}

#[test]
fn a_second_of_waiting_changes_only_a_few_cells() {
    for (name, mut desk) in pictures::all() {
        let before: Vec<char> = desk.draw().chars().collect();
        desk.now += 1_000;
        let after: Vec<char> = desk.draw().chars().collect();
        let changed = before.iter().zip(&after).filter(|(a, b)| a != b).count();
        assert!(changed <= 12, "{name}: {changed} cells");
        assert_eq!(before.len(), after.len(), "{name} moved");
    }
}
