//! How much a frame costs on the line: one write, at most 4 kB, a tick at most 200 bytes.

use mcloud::console::Look;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};

use crate::support::{Memory, lines, painter, show};

/// An Install screen of 80×24 with something in every row, in five colours.
fn dense(clock: &str, timer: &str) -> Buffer {
    let rule = "─".repeat(80);
    let phases = [
        "Preflight",
        "Control",
        "LXD",
        "MicroCeph",
        "MicroOVN",
        "Attach",
        "Finalize",
    ];
    let mut rows = vec![
        format!(" mcloud 0.1   attic                Installing               pi-a   {clock}"),
        rule.clone(),
        format!(
            " {}{}  47 %   03:52 gone, about 4 min left",
            "█".repeat(19),
            "░".repeat(21)
        ),
    ];
    rows.extend(phases.map(|phase| {
        format!(" ▶ {phase:<14} ■ 1:48 took    • {timer} running  × 0:12 stopped   » skipped    ok")
    }));
    rows.push(format!(" ┌ Stopped: MicroCeph on pi-c {}┐", "─".repeat(49)));
    let cause = "Could not add nvme0n1: it is not empty (ceph data of another cluster).";
    rows.extend((0..5).map(|_| format!(" │ {cause:<75} │")));
    rows.push(format!(" └{}┘", "─".repeat(77)));
    rows.extend((40..44).map(|second| {
        format!(
            " 12:03:{second} pi-b  microceph  osd.1 up on nvme0n1 and the cluster is healthy now"
        )
    }));
    rows.push(rule);
    rows.push(" • MicroCeph on pi-b: 41 s so far, usually 40 to 70 s. Attempt 1.".to_owned());
    rows.push(" Enter Step  Tab Next stop  F6 Log  F8 Detach  Ctrl-C Leave...  F1 Help".to_owned());
    assert_eq!(rows.len(), 24);
    let mut picture = lines(80, 24, &rows.join("\n"));
    paint(&mut picture);
    picture
}

fn paint(picture: &mut Buffer) {
    for cell in &mut picture.content {
        let color = match cell.symbol() {
            "■" | "█" => Color::Green,
            "•" => Color::Cyan,
            "×" => Color::Red,
            "»" => Color::Yellow,
            "░" | "─" | "│" => Color::DarkGray,
            _ => continue,
        };
        cell.set_fg(color);
    }
    let width = picture.area.width;
    let row = |y| Rect::new(0, y, width, 1);
    picture.set_style(row(0), Style::new().reversed());
    picture.set_style(row(8), Style::new().reversed());
}

#[test]
fn a_dense_frame_is_at_most_4_kb_in_every_look() {
    for look in [Look::Color, Look::Mono, Look::Ascii] {
        let mut memory = Memory::new(80, 24);
        let mut painter = painter(&mut memory, look);
        painter.resize(Rect::new(0, 0, 80, 24)).unwrap();
        show(&mut painter, &dense("12:03:40", "0:41"));
        let bytes = painter.backend().bytes();
        assert!(bytes > 1_500, "not dense: {bytes} bytes");
        assert!(bytes <= 4_000, "{look:?}: {bytes} bytes");
    }
}

#[test]
fn a_tick_of_the_clock_and_the_timers_is_at_most_200_bytes() {
    for look in [Look::Color, Look::Mono, Look::Ascii] {
        let mut memory = Memory::new(80, 24);
        let mut painter = painter(&mut memory, look);
        painter.resize(Rect::new(0, 0, 80, 24)).unwrap();
        show(&mut painter, &dense("12:03:40", "0:41"));
        show(&mut painter, &dense("12:03:41", "0:42"));
        let bytes = painter.backend().bytes();
        assert!(bytes > 0 && bytes <= 200, "{look:?}: {bytes} bytes");
    }
}

#[test]
fn a_frame_in_which_nothing_changed_is_not_even_a_write() {
    let mut memory = Memory::new(80, 24);
    let mut painter = painter(&mut memory, Look::Color);
    show(&mut painter, &dense("12:03:40", "0:41"));
    show(&mut painter, &dense("12:03:40", "0:41"));
    assert_eq!(painter.backend().bytes(), 0);
    drop(painter);
    assert_eq!(memory.writes.len(), 1);
}

#[test]
fn the_end_of_a_row_is_erased_instead_of_overwritten() {
    let mut memory = Memory::new(80, 2);
    let mut painter = painter(&mut memory, Look::Color);
    show(&mut painter, &lines(80, 2, &"x".repeat(80)));
    show(&mut painter, &lines(80, 2, "x"));
    assert!(
        painter.backend().bytes() < 12,
        "{}",
        painter.backend().bytes()
    );
}

#[test]
fn what_the_device_does_not_take_at_once_is_given_to_it_later() {
    let mut whole = Memory::new(80, 24);
    show(
        &mut painter(&mut whole, Look::Color),
        &dense("12:03:40", "0:41"),
    );
    let mut narrow = Memory::new(80, 24);
    narrow.room = 1_000;
    let mut painter = painter(&mut narrow, Look::Color);
    show(&mut painter, &dense("12:03:40", "0:41"));
    assert!(!painter.backend_mut().drain().unwrap());
    assert_eq!(painter.backend().bytes(), whole.bytes().len());
    let (_, rest) = whole.writes[0].split_at(1_000);
    drop(painter);
    assert_eq!(narrow.bytes(), whole.writes[0][..1_000].to_vec());
    assert!(!rest.is_empty());
}
