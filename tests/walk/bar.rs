//! The key bar and the key map are one table: what is shown works, and what is not bound does not.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::eye::is_typing;
use crate::house::House;
use crate::way::with_all;

/// The keys by their names in the key bar.
fn named(name: &str) -> Vec<KeyEvent> {
    let plain = |codes: &[KeyCode]| codes.iter().map(|code| KeyEvent::from(*code)).collect();
    match name {
        "Enter" => plain(&[KeyCode::Enter]),
        "Space" => plain(&[KeyCode::Char(' ')]),
        "0-9" => plain(&[KeyCode::Char('1')]),
        "Letters" => plain(&[KeyCode::Char('c')]),
        "↑↓" => plain(&[KeyCode::Down, KeyCode::Up]),
        "←→" => plain(&[KeyCode::Right, KeyCode::Left]),
        "Tab" => plain(&[KeyCode::Tab]),
        "PgUp" => plain(&[KeyCode::PageDown, KeyCode::PageUp]),
        "Esc" => plain(&[KeyCode::Esc]),
        "Ctrl-C" => vec![KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL)],
        f => plain(&[KeyCode::F(f.strip_prefix('F').unwrap().parse().unwrap())]),
    }
}

/// The names in the key bar at the foot of what is drawn.
fn offered(foot: &str) -> Vec<String> {
    let entries = foot.trim().split("  ").filter(|entry| !entry.is_empty());
    let names = entries.map(|entry| entry.split(' ').next().unwrap_or_default().to_owned());
    names.collect()
}

/// Whether `key` does something at the console of `who`: an act, or other things are drawn.
fn works(house: &House, who: usize, key: KeyEvent) -> bool {
    let mut house = house.clone();
    let before = house.draw(who).rows;
    house.key(who, key).is_some() || house.draw(who).rows != before
}

/// Every key that the bar offers at the console of `who` does something; how many there are.
pub(crate) fn tells_the_truth(house: &House, who: usize) -> usize {
    let drawn = house.clone().draw(who);
    let names = offered(drawn.rows.last().unwrap());
    for name in &names {
        let works = named(name).into_iter().any(|key| works(house, who, key));
        assert!(
            works,
            "{name} is offered and does nothing:\n{}",
            drawn.text()
        );
    }
    names.len()
}

/// The keys that are never bound do nothing at the console of `who`, nor do letters where nothing
/// is typed.
pub(crate) fn keeps_still(house: &House, who: usize) {
    let controls = ['s', 'q', 'z', 'a', 'b', ']', '\\', 'j', 'x'];
    let controls = controls.map(|c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL));
    let others = [KeyCode::F(2), KeyCode::F(9), KeyCode::Insert].map(KeyEvent::from);
    let letters = ['x', 'q', 'y', 'A', '/'].map(|c| KeyEvent::from(KeyCode::Char(c)));
    let drawn = house.clone().draw(who);
    let letters = letters.into_iter().filter(|_| !is_typing(&drawn));
    for key in controls.into_iter().chain(others).chain(letters) {
        assert!(
            !works(house, who, key),
            "{key:?} does something:\n{}",
            drawn.text()
        );
    }
}

#[test]
fn what_the_bar_offers_works_wherever_the_four_keys_lead() {
    let mut offered = 0;
    with_all(|reached| {
        for (house, who) in &reached.consoles {
            for size in [(80, 24), (40, 15)] {
                for (_, house) in house.places(*who, size) {
                    offered += tells_the_truth(&house, *who);
                }
            }
        }
    });
    assert!(offered > 1_000, "{offered}");
}

#[test]
fn what_is_not_bound_does_nothing_wherever_the_four_keys_lead() {
    with_all(|reached| {
        for (house, who) in &reached.consoles {
            for (_, house) in house.places(*who, (40, 10)) {
                keeps_still(&house, *who);
            }
        }
    });
}
