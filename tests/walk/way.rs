//! The ways through the house: every choice at both consoles, by the four keys.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{LazyLock, Mutex};

use mcloud::engine::node::Stage;
use mcloud::engine::wizard::Part;
use ratatui::crossterm::event::KeyCode;

use crate::eye::{Drawn, stops};
use crate::house::House;

/// More keys than any form has stops and lines.
const MANY: usize = 120;

pub(crate) const ENTER: KeyCode = KeyCode::Enter;
pub(crate) const SPACE: KeyCode = KeyCode::Char(' ');

impl House {
    /// Draws the console of `who`, then presses a key at it.
    pub(crate) fn press(&mut self, who: usize, key: KeyCode) {
        self.draw(who);
        self.key(who, key);
    }

    /// Draws the console of `who` as it is at a size.
    fn sized(&mut self, who: usize, size: (u16, u16)) -> Drawn {
        self.nodes[who].size = size;
        self.draw(who)
    }

    /// A house for each place that the focus can be led to by Up and Down at the console of `who`.
    pub(crate) fn places(&self, who: usize, size: (u16, u16)) -> Vec<(String, Self)> {
        let mut house = self.clone();
        let mut before = house.sized(who, size).text();
        for _ in 0..MANY {
            house.key(who, KeyCode::Up);
            let now = house.draw(who).text();
            if now == before {
                break;
            }
            before = now;
        }
        let mut places: Vec<(String, Self)> = Vec::new();
        let mut drawn = house.draw(who);
        loop {
            let text = drawn.text();
            let place = drawn.focus().unwrap_or_else(|| text.clone());
            if places.iter().all(|(known, _)| *known != place) {
                places.push((place, house.clone()));
            }
            house.key(who, KeyCode::Down);
            drawn = house.draw(who);
            if drawn.text() == text || places.len() > MANY {
                return places;
            }
        }
    }

    /// What tells the situation at the console of `who` from others, the place of its focus and
    /// the choices of disks aside.
    fn situation(&self, who: usize) -> String {
        if let Some(gone) = self.nodes[who].gone {
            return format!("{gone:?}");
        }
        let mut house = self.clone();
        let drawn = house.sized(who, (80, 24));
        let Some(form) = &drawn.form else {
            return house.screen(who, &drawn);
        };
        let state = &house.nodes[who].state;
        format!(
            "{:?} {:?} {:?} {:?} {:?}",
            form.0,
            stops(&form.1),
            form.1
                .buttons
                .iter()
                .map(|it| it.wish.is_some())
                .collect::<Vec<_>>(),
            state.cluster.stage,
            state.local.part,
        )
    }

    /// The same where there is no form: what can be pressed there, and whether the number is right.
    fn screen(&self, who: usize, drawn: &Drawn) -> String {
        let picture = &self.nodes[who].picture;
        let erased = picture.review.as_ref().map_or(0, |it| it.erasures.len());
        let right = drawn.text().contains(&format!("[ {erased}"));
        let buttons = drawn.rows.iter().filter(|row| row.contains("[ "));
        let mut buttons: String = buttons.map(String::as_str).collect();
        buttons.retain(char::is_alphabetic);
        let running = picture.install.as_ref().map(|it| it.permille);
        let stage = picture.stage;
        let title: String = drawn.header().chars().filter(|c| !c.is_numeric()).collect();
        format!("{title} {stage:?} {right} {buttons} {running:?}")
    }

    /// How many disks are chosen, and how many of them are erased.
    fn chosen(&self) -> (usize, usize) {
        let nodes = self.nodes.iter();
        let rows = nodes.flat_map(|node| &node.picture.wizard.disks);
        let disks = rows.flat_map(|node| &node.disks);
        let chosen: Vec<_> = disks.filter(|disk| disk.purpose.is_some()).collect();
        let erased = chosen.iter().filter(|disk| disk.erases).count();
        (chosen.len(), erased)
    }

    /// What can follow: Enter and Space in every place of the focus, the right words, and the world.
    fn next(&self) -> Vec<Self> {
        let mut next = Vec::new();
        for who in 0..self.nodes.len() {
            for (place, house) in self.places(who, (80, 24)) {
                for key in [ENTER, SPACE] {
                    let mut house = house.clone();
                    house.key(who, key);
                    house.settle();
                    next.push(house);
                }
                if place == "words" {
                    let mut house = house;
                    house.type_words(who);
                    house.press(who, ENTER);
                    house.settle();
                    next.push(house);
                }
            }
        }
        let mut house = self.clone();
        // A step is looked at, then it is applied.
        if house.work() {
            house.work();
            next.push(house);
        }
        next
    }

    /// Types the words that the other console shows.
    pub(crate) fn type_words(&mut self, who: usize) {
        let other = &self.nodes[1 - who];
        let words = other.open.as_ref().map(|open| open.words.clone());
        for letter in words.unwrap_or_default().chars().filter(|c| *c != ' ') {
            self.press(who, KeyCode::Char(letter));
        }
    }
}

/// The situations that were reached by the four keys.
pub(crate) struct Reached {
    /// A house for each, and at which console it was new.
    pub(crate) consoles: Vec<(House, usize)>,
    /// How many houses there were in all.
    pub(crate) houses: usize,
    /// The keys of the situations at both consoles together that were left out, as there were too many.
    pub(crate) left: usize,
}

/// So many houses are looked at.
const MOST: usize = 70;

/// The house that is nearest to a cluster of both nodes.
fn furthest(open: &mut Vec<House>) -> Option<House> {
    let far = |house: &House| {
        let [first, second] = [0, 1].map(|who| &house.nodes[who].state);
        let alone = first.cluster.nodes.len() < 2;
        let stage = match first.cluster.stage {
            Stage::Idle => 0,
            Stage::Ended if alone => 0,
            _ if alone => 1,
            Stage::Forming | Stage::Stopped => 2,
            Stage::Gathering | Stage::Review => 3,
            Stage::Sealing | Stage::Installing => 4,
            Stage::Ended => 5,
        };
        let joining = second.local.joining.as_ref();
        let part = usize::from(second.local.part.is_some());
        let asks = joining.map_or(0, |it| 1 + it.state as usize);
        let run = first.cluster.run.iter().flat_map(|run| run.steps.values());
        (
            stage,
            asks,
            part,
            run.filter(|step| step.state.is_there()).count(),
        )
    };
    let best = (0..open.len()).max_by_key(|at| far(&open[*at]))?;
    Some(open.swap_remove(best))
}

/// The situations that the four keys lead to from `start`; about `most` houses are looked at.
pub(crate) fn walk(start: House, most: usize) -> Reached {
    let mut reached = Reached {
        consoles: Vec::new(),
        houses: 0,
        left: 0,
    };
    let (mut known, mut pairs) = (BTreeSet::new(), BTreeSet::new());
    let mut open = vec![start];
    while let Some(house) = furthest(&mut open) {
        let both = [house.situation(0), house.situation(1)];
        let mut hasher = DefaultHasher::new();
        (&both, house.chosen(), format!("{:?}", house.orders)).hash(&mut hasher);
        if !pairs.insert(hasher.finish()) {
            continue;
        }
        let mut fresh = false;
        for (who, situation) in both.iter().enumerate() {
            if house.nodes[who].gone.is_none() && known.insert((who, situation.clone())) {
                fresh = true;
                reached.consoles.push((house.clone(), who));
            }
        }
        let gone = house.nodes.iter().any(|node| node.gone.is_some());
        // One that starts and one that joins: the other way round it is the same.
        let parts = [Part::Joiner, Part::Initiator];
        let mut parts = parts.iter().zip(&house.nodes);
        let gone = gone || parts.any(|(part, node)| node.state.local.part == Some(*part));
        if gone || (reached.houses >= most && !fresh) {
            reached.left += usize::from(!gone);
            continue;
        }
        reached.houses += 1;
        open.extend(house.next());
    }
    reached
}

static REACHED: LazyLock<Mutex<Reached>> = LazyLock::new(|| Mutex::new(walk(House::new(), MOST)));

/// Does something with all situations that the four keys lead to.
pub(crate) fn with_all<T>(look: impl FnOnce(&Reached) -> T) -> T {
    // A test that failed meanwhile changed nothing in it.
    let reached = REACHED
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    look(&reached)
}

/// Whether both consoles show that the cluster is there.
pub(crate) fn is_done(house: &House) -> bool {
    let done = |stage| stage == Stage::Ended;
    house.nodes.iter().all(|node| {
        let end = node.picture.end.as_ref();
        done(node.picture.stage) && end.is_some_and(|end| end.ok)
    })
}
