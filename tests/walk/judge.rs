//! What must hold whatever is pressed and whatever happens.

use mcloud::engine::preflight::disk_choices;
use mcloud::engine::services::LxdState;
use mcloud::engine::{Effect, Intent};
use mcloud::screens::Act;

use crate::eye::stops;
use crate::house::House;
use crate::machine::{facts, number_of};

/// What a key asked for at the console of `who`, before it is done.
pub(crate) fn act(house: &House, who: usize, act: &Act) {
    let intents = match act {
        Act::Intent(intent) => std::slice::from_ref(intent),
        Act::Intents(intents) => intents,
        _ => return,
    };
    for intent in intents {
        match intent {
            Intent::Admit { id, check } => admits(house, who, (id, check)),
            Intent::Install { digest, erase } => installs(house, who, (digest, *erase)),
            _ => {}
        }
    }
}

/// Nobody is let in but by a key on the row that says so: it had the focus when it was drawn last,
/// or keys that were pressed since led the focus there on what was drawn.
fn admits(house: &House, who: usize, (id, check): (&str, &[String])) {
    let node = &house.nodes[who];
    let drawn = node.drawn.as_ref();
    let drawn = drawn.expect("nobody is let in on a console that was never drawn");
    let wanted = format!("admit:{id}");
    let focus = drawn.focus();
    let form = drawn.form.as_ref();
    let shown = form.is_some_and(|form| stops(&form.1).contains(&wanted));
    let led = node.ahead > 0 && shown;
    assert!(
        led || focus.as_ref() == Some(&wanted),
        "{id} is let in by a key on {focus:?}:\n{}",
        drawn.text()
    );
    let text = drawn.text();
    assert!(
        check.iter().all(|word| text.contains(word)),
        "{id} is let in with {check:?}, which are not on the screen:\n{text}"
    );
}

/// Install begins only where every disk that is erased was in sight, and their number was typed.
fn installs(house: &House, who: usize, (digest, erase): (&str, usize)) {
    let node = &house.nodes[who];
    let review = node.picture.review.as_ref().expect("there is a plan");
    assert_eq!(
        review.digest.as_deref(),
        Some(digest),
        "another plan is shown"
    );
    assert_eq!(review.erasures.len(), erase, "another number is shown");
    if erase > 0 {
        assert_eq!(
            node.seen.digest.as_deref(),
            Some(digest),
            "it was never drawn"
        );
        for disk in &review.erasures {
            let seen = node.seen.serials.contains(&disk.serial);
            assert!(seen, "{} was never in sight", disk.serial);
        }
        let shown = house.glance(who);
        assert_eq!(
            typed(&shown),
            Some(erase),
            "another number stands:\n{shown}"
        );
    }
}

/// The number in the field of Review, as it is drawn; 02 is 2.
fn typed(shown: &str) -> Option<usize> {
    let (_, field) = shown.rsplit_once("erased:")?;
    let (_, field) = field.split_once("[ ")?;
    let digits = field.chars().take_while(char::is_ascii_digit);
    digits.collect::<String>().parse().ok()
}

/// Nothing is written before Install was pressed at the console that leads.
pub(crate) fn effect(house: &House, who: usize, effect: &Effect) {
    if !matches!(
        effect,
        Effect::Do(_) | Effect::Send { .. } | Effect::Journal { .. }
    ) {
        return;
    }
    let leader = match house.nodes[who].link {
        Some((leader, _)) if !house.nodes[who].state.leads() => leader,
        _ => who,
    };
    assert!(
        house.nodes[leader].installs,
        "before Install this writes: {effect:?}"
    );
}

/// No disk that cannot be chosen is in the answers.
pub(crate) fn state(house: &House, who: usize) {
    let answers = house.nodes[who].state.cluster.answers.iter();
    for node in answers.flat_map(|answers| &answers.nodes) {
        for choice in &node.disks {
            let found = facts(number_of(&node.name).unwrap());
            let LxdState::Answers(lxd) = &found.lxd else {
                continue;
            };
            let offers = disk_choices(&found.host.disks, lxd.can_wipe);
            let fits = offers
                .iter()
                .find(|offer| choice.find.fits(&offer.disk))
                .expect("a disk that is there is chosen");
            assert!(fits.unusable.is_none(), "{} is chosen", fits.disk.name);
        }
    }
}
