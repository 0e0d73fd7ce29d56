//! Up, Down, Space and Enter suffice also after Install: where a run stopped, where one is taken up
//! again, and at home.

use std::collections::BTreeMap;

use mcloud::engine::node::Stage;
use mcloud::engine::picture::Picture;
use mcloud::forms::Step;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::eye::stops;
use crate::house::{Gone, House};
use crate::way::{ENTER, SPACE, is_done, walk};

/// What fails where something is to fail: the joiner's joining.
const FAILS: &str = "lxd.join@pi-b";

/// More rounds of orders than any run of the house has.
const MANY: usize = 60;

/// So many houses are looked at from Review to Done.
const FEW: usize = 12;

/// Does what is ordered until nothing is ordered any more.
fn work(house: &mut House) {
    for _ in 0..MANY {
        if !house.work() {
            return;
        }
    }
    panic!("the run never comes to an end");
}

/// A run of both nodes that stopped: pi-b could not join.
fn stopped() -> House {
    let mut house = House::new();
    house.failing.insert(FAILS.to_owned());
    house.along(7);
    work(&mut house);
    assert_eq!(house.nodes[0].picture.stage, Stage::Stopped);
    house
}

/// Both nodes are in a cluster, and mcloud was run at both again.
fn at_home() -> House {
    let mut house = House::new();
    house.along(7);
    work(&mut house);
    for who in 0..2 {
        house.press(who, ENTER);
        assert_eq!(house.nodes[who].gone, Some(Gone::Closed));
    }
    for who in 0..2 {
        house.open(who);
    }
    house.settle();
    house
}

/// A run that stopped and was left, after which mcloud was run again where it was led.
fn left() -> House {
    let mut house = chosen(&stopped(), "End here");
    house.press(0, ENTER);
    house.failing.clear();
    house.open(0);
    house.settle();
    house
}

/// What can be chosen at the console of `who` by Up and Down: the focused button of each place.
fn buttons(house: &House, who: usize, size: (u16, u16)) -> BTreeMap<String, House> {
    let places = house.places(who, size);
    let focused = |(_, house): &(String, House)| {
        let text = house.clone().draw(who).text();
        let label = text.split("▶[ ").nth(1)?;
        Some(label.split(" ]").next()?.to_owned())
    };
    let button = |place: (String, House)| Some((focused(&place)?, place.1));
    places.into_iter().filter_map(button).collect()
}

/// The house after Enter on the button of pi-a's console that begins so; Space does the same.
fn chosen(house: &House, label: &str) -> House {
    let at = buttons(house, 0, (80, 24));
    let found = at.iter().find(|(name, _)| name.starts_with(label));
    let Some((_, there)) = found else {
        panic!("no {label} among {:?}", at.keys());
    };
    let [by_enter, by_space] = [ENTER, SPACE].map(|key| {
        let mut house = there.clone();
        house.press(0, key);
        house.settle();
        house
    });
    let (one, other) = (&by_enter.nodes[0].picture, &by_space.nodes[0].picture);
    assert_eq!(one, other, "Space is another key than Enter on {label}");
    by_enter
}

fn leader(house: &House) -> &Picture {
    &house.nodes[0].picture
}

#[test]
fn where_a_run_stopped_four_keys_reach_every_way_on() {
    let house = stopped();
    for size in [(80, 24), (40, 15)] {
        let there = buttons(&house, 0, size);
        let labels: Vec<_> = there.keys().map(String::as_str).collect();
        for label in ["Retry", "Go on without", "Change", "Report", "End here"] {
            assert!(
                labels.iter().any(|name| name.starts_with(label)),
                "{label} cannot be reached at {size:?}: {labels:?}"
            );
        }
        assert!(buttons(&house, 1, size).is_empty(), "a joiner decides");
    }
    let again = chosen(&house, "Retry");
    assert_eq!(leader(&again).stage, Stage::Installing);
    let without = chosen(&house, "Go on without");
    assert_eq!(leader(&without).nodes.len(), 1);
    let change = chosen(&house, "Change");
    assert_eq!(leader(&change).stage, Stage::Forming);
    assert!(change.clone().draw(0).form.is_some());
    let report = chosen(&house, "Report");
    assert!(leader(&report).report.is_some());
    assert_eq!(leader(&report).stage, Stage::Stopped);
    let left = chosen(&house, "End here");
    assert_eq!(leader(&left).stage, Stage::Ended);
}

#[test]
fn a_step_that_is_tried_again_leads_to_done_by_enter_alone() {
    let mut house = stopped();
    house.failing.clear();
    let mut house = chosen(&house, "Retry");
    work(&mut house);
    for who in 0..2 {
        let end = house.nodes[who].picture.end.as_ref();
        assert!(end.is_some_and(|end| end.ok), "{who} is not done");
        house.press(who, ENTER);
        assert_eq!(house.nodes[who].gone, Some(Gone::Closed));
    }
}

#[test]
fn a_run_that_was_left_is_taken_up_by_enter_on_welcome() {
    let mut house = left();
    let drawn = house.draw(0);
    let form = drawn.form.as_ref().expect("a form is shown");
    assert_eq!(form.0, Step::Welcome);
    assert_eq!(drawn.focus().as_deref(), Some("resume"));
    let places: Vec<_> = house.places(0, (40, 15));
    for stop in stops(&form.1) {
        let there = places.iter().any(|(place, _)| *place == stop);
        assert!(there, "{stop} cannot be reached:\n{}", drawn.text());
    }
    let mut leaves = house.clone();
    let asked = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    leaves.key(0, asked);
    for text in [drawn.text(), leaves.draw(0).text()] {
        let text = text.to_lowercase();
        let untrue = text.contains("was written") || text.contains("has been written");
        assert!(!untrue, "{text}");
    }
    house.press(0, ENTER);
    house.settle();
    assert_eq!(leader(&house).stage, Stage::Review);
    // Both disks with photos: Space is the number's next value.
    for _ in 0..leader(&house)
        .review
        .as_ref()
        .map_or(0, |it| it.erasures.len())
    {
        house.press(0, SPACE);
    }
    let reached = walk(house, FEW);
    assert!(reached.consoles.iter().any(|(house, _)| is_done(house)));
}

#[test]
fn at_home_four_keys_reach_every_row_and_only_close_does_something() {
    let house = at_home();
    for who in 0..2 {
        for size in [(80, 24), (40, 15)] {
            let drawn = house.clone().draw(who);
            let form = drawn.form.as_ref().expect("home is a form");
            assert_eq!(form.0, Step::Home);
            let places = house.places(who, size);
            for stop in stops(&form.1) {
                let found = places.iter().find(|(place, _)| *place == stop);
                let (_, there) = found.expect("every row and button can be focused");
                for key in [ENTER, SPACE] {
                    let mut house = there.clone();
                    house.press(who, key);
                    let gone = stop.starts_with("close").then_some(Gone::Closed);
                    assert_eq!(house.nodes[who].gone, gone, "{key:?} on {stop}");
                }
            }
        }
    }
}
