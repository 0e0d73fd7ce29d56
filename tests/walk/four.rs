//! Up, Down, Space and Enter suffice for everything, and letters for the words.

use std::collections::BTreeSet;

use mcloud::forms::Step;

use crate::eye::stops;
use crate::way::{is_done, with_all};

#[test]
fn four_keys_lead_both_consoles_through_every_screen_to_done() {
    with_all(|reached| {
        assert!(reached.consoles.iter().any(|(house, _)| is_done(house)));
        for console in 0..2 {
            let mut shown = BTreeSet::new();
            for (house, who) in reached.consoles.iter().filter(|(_, who)| *who == console) {
                let drawn = house.clone().draw(*who);
                shown.insert(drawn.form.as_ref().map_or_else(
                    || format!("{:?}", house.nodes[*who].picture.stage),
                    |form| format!("{:?}", form.0),
                ));
            }
            let steps = [
                Step::Welcome,
                Step::Preflight,
                Step::Address,
                Step::Peers,
                Step::Trust,
                Step::Disks,
                Step::Network,
            ];
            let steps = steps.map(|step| format!("{step:?}"));
            let then = ["Review", "Installing", "Ended"].map(str::to_owned);
            for screen in steps.into_iter().chain(then) {
                assert!(shown.contains(&screen), "{console} never shows {screen}");
            }
        }
    });
}

#[test]
fn every_row_field_and_button_can_be_focused_also_on_a_small_screen() {
    let mut focused = 0;
    with_all(|reached| {
        for (house, who) in &reached.consoles {
            for size in [(80, 24), (40, 15)] {
                let drawn = house.clone().draw(*who);
                let Some(form) = &drawn.form else { continue };
                let places = house.places(*who, size);
                for stop in stops(&form.1) {
                    let there = places.iter().any(|(place, _)| *place == stop);
                    assert!(
                        there,
                        "{stop} cannot be reached at {size:?}:\n{}",
                        drawn.text()
                    );
                    focused += 1;
                }
            }
        }
    });
    assert!(focused > 500, "{focused}");
}
