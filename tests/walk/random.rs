//! Keys pressed at random, on screens of any size, while things happen in the house.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use mcloud::engine::{Event, Fact, Intent};
use mcloud::screens::Act;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::between::set_link;
use crate::escape::way_out;
use crate::house::{House, failure};

/// A small generator: the same seed gives the same keys everywhere.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(sides).unwrap()).unwrap()
    }

    fn one_of<T: Copy>(&mut self, things: &[T]) -> T {
        things[self.roll(things.len())]
    }
}

const PLAIN: &[KeyCode] = &[
    KeyCode::Up,
    KeyCode::Down,
    KeyCode::Left,
    KeyCode::Right,
    KeyCode::Tab,
    KeyCode::BackTab,
    KeyCode::PageUp,
    KeyCode::PageDown,
    KeyCode::Home,
    KeyCode::End,
    KeyCode::Esc,
    KeyCode::Backspace,
    KeyCode::Delete,
    KeyCode::F(1),
    KeyCode::F(4),
    KeyCode::F(5),
    KeyCode::F(6),
    KeyCode::F(7),
    KeyCode::F(8),
    KeyCode::F(12),
    KeyCode::Char('1'),
    KeyCode::Char('2'),
    KeyCode::Char('2'),
    KeyCode::Char('0'),
    KeyCode::Char('a'),
    KeyCode::Char('e'),
    KeyCode::Char('?'),
    KeyCode::Char('/'),
    KeyCode::Insert,
];

const OFTEN: &[KeyCode] = &[
    KeyCode::Enter,
    KeyCode::Enter,
    KeyCode::F(10),
    KeyCode::Char(' '),
    KeyCode::Down,
    KeyCode::Down,
    KeyCode::Up,
];

fn some_key(dice: &mut Dice) -> KeyEvent {
    let ctrl = |c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL);
    match dice.roll(20) {
        0 => ctrl(dice.one_of(&['c', 'n', 'p', 'r', 'o', 'l', 't', 'h', 's', 'q', 'z', 'a'])),
        1..9 => dice.one_of(PLAIN).into(),
        _ => dice.one_of(OFTEN).into(),
    }
}

const SIZES: &[(u16, u16)] = &[(80, 24), (40, 15), (40, 10), (132, 43), (1, 1)];

/// Mostly small screens: the larger ones take their time.
fn some_size(dice: &mut Dice) -> (u16, u16) {
    match dice.roll(8) {
        0..5 => (40, 10),
        _ => dice.one_of(SIZES),
    }
}

/// Something happens that nobody pressed a key for.
fn happen(house: &mut House, dice: &mut Dice) {
    let who = dice.roll(2);
    match dice.roll(14) {
        0 => house.guest_comes_or_goes(),
        1 | 2 => house.guest_knocks(),
        3 => set_link(house, who, false),
        4 | 5 => set_link(house, who, true),
        6 => {
            house.now += 7_000;
            house.event(who, Event::Tick);
        }
        7 => {
            let facts = house.nodes[who].state.cluster.plan.iter();
            let steps: Vec<_> = facts
                .flat_map(|it| it.steps.iter().map(|it| it.id.clone()))
                .collect();
            if !steps.is_empty() && dice.roll(2) == 0 {
                house.failing.insert(steps[dice.roll(steps.len())].clone());
            } else {
                house.failing.clear();
            }
        }
        8 => house.full = dice.roll(4) == 0,
        9 => house.fact(who, Fact::NotGathered(None, failure())),
        _ => drop(house.work()),
    }
}

/// What a walk came to.
#[derive(Debug, Default)]
pub(crate) struct Count {
    keys: usize,
    shown: BTreeMap<String, usize>,
    escapes: usize,
    installs: usize,
    admitted: usize,
}

/// One walk: the house, what is pressed there, and what was done so far.
struct Walk {
    dice: Dice,
    house: House,
    /// The letters of the words that are still to be typed, the last first.
    typing: Vec<char>,
    trace: String,
}

impl Walk {
    fn new(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let mut house = House::built(|house| house.can_detach = !seed.is_multiple_of(3));
        house.along(dice.roll(8));
        Self {
            dice,
            house,
            typing: Vec::new(),
            trace: String::new(),
        }
    }

    /// What happens before a key is pressed at the console of `who`.
    fn before(&mut self, who: usize) {
        let (house, dice) = (&mut self.house, &mut self.dice);
        if dice.roll(40) == 0 {
            house.nodes[who].size = some_size(dice);
        }
        if dice.roll(6) == 0 {
            happen(house, dice);
            self.trace.push_str("something happens\n");
        }
        for _ in 0..dice.roll(30) {
            house.step();
        }
        if dice.roll(8) == 0 {
            house.settle();
        }
        // Often a key comes before what happened was drawn, as it does on a slow line.
        if house.nodes[who].drawn.is_none() || dice.roll(3) == 0 {
            house.draw(who);
        }
        if self.typing.is_empty() && dice.roll(12) == 0 {
            let open = house.nodes[1 - who].open.iter();
            let letters = open.flat_map(|it| it.words.chars().rev());
            self.typing = letters.filter(|c| *c != ' ').collect();
        }
    }

    fn key(&mut self, who: usize, count: &mut Count) {
        let key = match self.typing.pop() {
            Some(letter) => KeyCode::Char(letter).into(),
            None => some_key(&mut self.dice),
        };
        let size = self.house.nodes[who].size;
        let KeyEvent {
            code, modifiers, ..
        } = key;
        let _ = writeln!(self.trace, "{who} {size:?} {code:?} {modifiers:?}");
        match self.house.key(who, key) {
            Some(Act::Intent(Intent::Install { .. })) => count.installs += 1,
            Some(Act::Intents(intents)) => {
                let admits = |it: &&Intent| matches!(it, Intent::Admit { .. });
                count.admitted += intents.iter().filter(admits).count();
            }
            _ => {}
        }
        count.keys += 1;
    }

    /// `length` keys, mostly at one console.
    fn go(&mut self, (seed, length): (u64, usize), count: &mut Count) {
        for number in 1..=length {
            let other = self.dice.roll(3) == 0;
            let who = usize::from(other) ^ usize::from(seed.is_multiple_of(2));
            self.before(who);
            self.key(who, count);
            if number % 200 == 0 || number == length {
                way_out(&self.house, who);
                count.escapes += 1;
            }
            let node = &self.house.nodes[who];
            let stage = node.picture.stage;
            *count.shown.entry(format!("{who} {stage:?}")).or_default() += 1;
            if node.gone.is_some() {
                self.house.open(who);
            }
        }
    }
}

/// One walk of so many keys.
fn walk((seed, length): (u64, usize), count: &mut Count) {
    let mut walk = Walk::new(seed);
    let walked = catch_unwind(AssertUnwindSafe(|| walk.go((seed, length), count)));
    if walked.is_err() {
        let last: Vec<_> = walk.trace.lines().rev().take(25).collect();
        let last = last.join("\n");
        panic!("seed {seed} of {length} keys; the last first:\n{last}");
    }
}

/// Walks of random lengths until there were `keys` keys.
fn walks(first: u64, keys: usize) {
    let mut count = Count::default();
    let mut seed = first;
    while count.keys < keys {
        let length = 20 + Dice(seed).roll(300);
        walk((seed, length), &mut count);
        seed += 1;
    }
    reaches_all(&count);
}

/// The walks came to everything that is to be tried.
fn reaches_all(count: &Count) {
    let reached = |stage: &str| count.shown.keys().any(|it| it.ends_with(stage));
    for stage in ["Forming", "Review", "Installing", "Ended"] {
        assert!(reached(stage), "no walk came to {stage}");
    }
    assert!(count.installs > 0 && count.admitted > 0, "{count:?}");
}

#[test]
fn fifty_thousand_random_keys_break_no_rule() {
    walks(1, 50_000);
}

#[test]
fn fifty_thousand_other_random_keys_break_no_rule() {
    walks(1_000_001, 50_000);
}

/// In these somebody was let in by a key on what was not in sight: on a console of one cell, below
/// help, scrolled away.
#[test]
fn walks_that_went_wrong_once_break_no_rule() {
    let mut count = Count::default();
    for (seed, length) in [
        (2_001_169, 42),
        (2_004_347, 55),
        (3_004_532, 47),
        (2_033_129, 45),
        (3_010_769, 56),
    ] {
        walk((seed, length), &mut count);
    }
    assert_eq!(count.keys, 42 + 55 + 47 + 45 + 56);
}

/// Minutes in a release build: `cargo test --release --test walk -- --ignored`.
#[test]
#[ignore = "takes minutes"]
fn fifty_thousand_walks_break_no_rule() {
    sequences(2_000_001..2_050_001);
}

/// The other half, beside it.
#[test]
#[ignore = "takes minutes"]
fn fifty_thousand_other_walks_break_no_rule() {
    sequences(3_000_001..3_050_001);
}

/// One walk of 20 to 59 keys for each seed.
fn sequences(seeds: std::ops::Range<u64>) {
    let mut count = Count::default();
    for seed in seeds {
        walk((seed, 20 + Dice(seed).roll(40)), &mut count);
    }
    reaches_all(&count);
}
