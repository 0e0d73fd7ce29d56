//! Ways back and out: Esc is harmless, Ctrl-C asks first, and nothing is a trap.

use mcloud::engine::Intent;
use mcloud::engine::node::Stage;
use mcloud::screens::Act;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::house::House;
use crate::way::with_all;

fn ctrl(letter: char) -> KeyEvent {
    KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL)
}

/// So often what is asked is answered until the face must be gone.
const ROUNDS: usize = 8;

/// Leaves the console of `who` of another house like this one: what lies on top is closed, then
/// Ctrl-C asks, and the last answer leaves.
pub(crate) fn way_out(house: &House, who: usize) {
    if house.nodes[who].gone.is_some() {
        return;
    }
    let mut house = house.clone();
    house.full = false;
    house.failing.clear();
    for _ in 0..ROUNDS {
        house.draw(who);
        let top = house.key(who, KeyCode::Esc);
        assert!(house.nodes[who].gone.is_none(), "Esc left: {top:?}");
        house.settle();
        house.draw(who);
        house.key(who, ctrl('c'));
        for key in [KeyCode::Down, KeyCode::Down, KeyCode::Down, KeyCode::Enter] {
            if house.nodes[who].gone.is_some() {
                return;
            }
            house.draw(who);
            house.key(who, key);
        }
        house.settle();
        while house.work() {}
        if house.nodes[who].gone.is_some() {
            return;
        }
    }
    panic!("there is no way out:\n{}", house.glance(who));
}

/// What must stay as it is: every engine, and who is there.
fn still(house: &House) -> (Vec<mcloud::engine::State>, Vec<Option<crate::house::Gone>>) {
    let states = house.nodes.iter().map(|node| node.state.clone());
    let gone = house.nodes.iter().map(|node| node.gone);
    (states.collect(), gone.collect())
}

#[test]
fn going_back_changes_no_answer_admits_nobody_and_leaves_nothing() {
    let mut tried = 0;
    with_all(|reached| {
        for (house, who) in &reached.consoles {
            for (_, house) in house.places(*who, (80, 24)) {
                for key in [KeyCode::Esc.into(), ctrl('p')] {
                    goes_back(house.clone(), *who, key);
                    tried += 1;
                }
            }
        }
    });
    assert!(tried > 400, "{tried} places");
}

/// So many screens there are, and one more.
const SCREENS: usize = 11;

fn goes_back(mut house: House, who: usize, key: KeyEvent) {
    let reviews = house.nodes[who].picture.review.is_some();
    for _ in 0..SCREENS {
        let before = still(&house);
        let answers = house.nodes[who].state.cluster.answers.clone();
        house.draw(who);
        let act = house.key(who, key);
        if act == Some(Act::Intent(Intent::Change)) {
            assert!(reviews || house.nodes[who].picture.stage == Stage::Forming);
            assert_eq!(house.nodes[who].state.cluster.answers, answers);
            house.settle();
            continue;
        }
        assert_eq!(act, None, "going back is no act");
        assert!(still(&house) == before, "going back changed something");
    }
}

#[test]
fn ctrl_c_asks_and_the_first_answer_is_to_stay() {
    with_all(|reached| {
        for (house, who) in &reached.consoles {
            let mut house = house.clone();
            if house.nodes[*who].picture.stage == Stage::Ended {
                continue;
            }
            let before = (still(&house), house.draw(*who).text());
            assert_eq!(house.key(*who, ctrl('c')), None, "{}", before.1);
            let asked = house.draw(*who).text();
            assert!(
                asked.contains("▶ Stay") || before.1.contains("▶ Stay"),
                "{asked}"
            );
            assert_eq!(house.key(*who, KeyCode::Enter), None);
            assert!(still(&house) == before.0);
            let after = house.draw(*who).text();
            assert!(after == before.1 || before.1.contains("▶"), "{after}");
        }
    });
}

#[test]
fn there_is_a_way_out_of_wherever_the_four_keys_lead() {
    with_all(|reached| {
        for (house, who) in &reached.consoles {
            way_out(house, *who);
        }
    });
}
