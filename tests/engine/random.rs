//! The engine under random events: it never panics, and never applies what it must not.

use mcloud::engine::answers::Newcomer;
use mcloud::engine::message::{Failure, Message};
use mcloud::engine::node::Stage as Far;
use mcloud::engine::picture::{Painter, picture};
use mcloud::engine::{Effect, Event, Fact, Intent, Order, Progress, Recorded, Seen, Verb};

use crate::stage::{NAMES, Stage, answers, facts};

/// A small generator: the same seed gives the same events everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(sides).unwrap()).unwrap()
    }
}

fn some_order(stage: &Stage, dice: &mut Dice) -> Order {
    let steps: Vec<String> = stage
        .state
        .cluster
        .plan
        .iter()
        .flat_map(|plan| plan.steps.iter().map(|step| step.id.clone()))
        .collect();
    let step = match steps.len() {
        0 => "lxd.join@pi-b".to_owned(),
        n => steps[dice.roll(n)].clone(),
    };
    Order {
        run: stage
            .state
            .cluster
            .run
            .as_ref()
            .map(|run| run.id.clone())
            .unwrap_or_default(),
        digest: stage.state.cluster.digest.clone().unwrap_or_default(),
        step,
        attempt: u32::try_from(dice.roll(3)).unwrap(),
        verb: if dice.roll(2) == 0 {
            Verb::Observe
        } else {
            Verb::Apply
        },
    }
}

fn some_event(stage: &Stage, dice: &mut Dice) -> Event {
    let node = NAMES[dice.roll(3)].to_owned();
    let failure = || Failure::new(Message::new("test.failed"));
    let order = some_order(stage, dice);
    let fact = match dice.roll(18) {
        0 => Fact::LinkUp(node),
        1 => Fact::LinkDown(node),
        2 => Fact::Heard(node),
        3 => Fact::PeerLeft(node),
        4 => Fact::Joined {
            node,
            id: "x".to_owned(),
            session: false,
        },
        5 => Fact::Facts {
            node: Some(node),
            facts: Box::new(facts(dice.roll(3))),
        },
        6 => Fact::Observed(order, Ok(Seen::There(Vec::new()))),
        7 => Fact::Observed(order, Err(failure())),
        8 => Fact::Ended(order, Err(failure())),
        9 => Fact::Progress(order, Progress::default()),
        10 => Fact::NotGathered(None, failure()),
        11 => Fact::NotJournaled(
            Recorded::Step {
                step: order.step,
                attempt: 1,
            },
            failure(),
        ),
        12 => Fact::JoinRefused(failure()),
        13 => {
            let unattended = dice.roll(2) == 0;
            Fact::Came(node, crate::stage::newcomer(2, unattended))
        }
        _ => return some_intent(stage, dice, order.step),
    };
    Event::Fact(fact)
}

fn some_intent(stage: &Stage, dice: &mut Dice, step: String) -> Event {
    Event::Intent(match dice.roll(10) {
        0 => Intent::Begin {
            answers: Box::new(answers(3)),
            unattended: dice.roll(2) == 0,
            tokens: None,
        },
        1 => Intent::Join {
            name: None,
            newcomer: Newcomer::default(),
        },
        2 => Intent::LookAgain,
        3 => Intent::Retry { step },
        4 => Intent::Stop,
        5 => Intent::Leave,
        6 => Intent::Install {
            digest: stage.state.cluster.digest.clone().unwrap_or_default(),
            erase: dice.roll(2),
        },
        7 => Intent::Grow,
        8 => Intent::Open { part: None },
        _ => return Event::Tick,
    })
}

/// `Stage` checks at every apply that the journal knows the step, that what it needs is there and
/// that its locks are free; here events come in any order, also ones that make no sense.
#[test]
fn a_hundred_thousand_random_events_break_no_rule() {
    let mut finished = 0;
    for seed in 0..1_000 {
        let mut dice = Dice(seed);
        let mut stage = Stage::new(3);
        for _ in 0..100 {
            let event = some_event(&stage, &mut dice);
            stage.event(event);
            // Effects are done late and out of order, as the world does them.
            for _ in 0..dice.roll(6) {
                if !stage.waiting.is_empty() {
                    let at = dice.roll(stage.waiting.len());
                    let effect = stage.waiting.remove(at);
                    stage.perform(effect);
                }
            }
        }
        finished += usize::from(stage.state.cluster.stage == Far::Ended);
    }
    assert!(
        finished > 0,
        "not one of the random runs came to an end: the events are too wild"
    );
}

#[test]
fn a_run_whose_effects_come_in_any_order_ends_well() {
    for seed in 0..200 {
        let mut dice = Dice(seed);
        let mut stage = Stage::new(3);
        stage.begin(answers(3), false);
        let digest = stage.state.cluster.digest.clone().unwrap();
        stage.event(Event::Intent(Intent::Install { digest, erase: 0 }));
        while !stage.waiting.is_empty() {
            let at = dice.roll(stage.waiting.len());
            let effect: Effect = stage.waiting.remove(at);
            stage.perform(effect);
        }
        assert_eq!(stage.done(), Some((true, 0, 3)), "seed {seed}");
    }
}

/// A painter keeps what it drew: whatever happens, it shows what one that knows nothing would show.
#[test]
fn a_painter_that_has_drawn_before_shows_nothing_of_yesterday() {
    for seed in 0..20 {
        let mut dice = Dice(seed);
        let mut stage = Stage::new(3);
        let mut painter = Painter::default();
        for _ in 0..100 {
            let event = some_event(&stage, &mut dice);
            stage.event(event);
            let shown = painter.paint(&stage.state, stage.now);
            assert_eq!(shown, picture(&stage.state, stage.now), "seed {seed}");
            if !stage.waiting.is_empty() {
                let at = dice.roll(stage.waiting.len());
                let effect = stage.waiting.remove(at);
                stage.perform(effect);
            }
        }
    }
}

#[test]
fn a_painter_follows_a_run_to_its_end_and_the_time_between() {
    let mut dice = Dice(7);
    let mut stage = Stage::new(3);
    let mut painter = Painter::default();
    stage.begin(answers(3), false);
    let digest = stage.state.cluster.digest.clone().unwrap();
    stage.event(Event::Intent(Intent::Install { digest, erase: 0 }));
    while !stage.waiting.is_empty() {
        let at = dice.roll(stage.waiting.len());
        let effect: Effect = stage.waiting.remove(at);
        stage.perform(effect);
        for later in [0, 1, 5_000] {
            let now = stage.now + later;
            assert_eq!(painter.paint(&stage.state, now), picture(&stage.state, now));
        }
    }
    assert_eq!(stage.done(), Some((true, 0, 3)));
}
