//! The situations a console can be in, each with its name.

use mcloud::engine::message::Message;
use mcloud::engine::node::{End, Stage as How};
use mcloud::engine::services::LxdState;
use mcloud::forms::Words;
use mcloud::screens::{Offer, Offers};
use ratatui::crossterm::event::KeyCode;

use crate::desk::Desk;
use crate::stage::{Stage, answers, failure};

pub(crate) fn waiting() -> Desk {
    Desk::of(
        &Stage::new(3)
            .begin(answers(3, &[0, 1, 2]), false)
            .joined(1)
            .after(42_000),
    )
}

pub(crate) fn waiting_joiner() -> Desk {
    let stage = Stage::new(3)
        .begin(answers(3, &[]), false)
        .joined(1)
        .after(42_000);
    Desk::at(stage.picture_at("pi-b", true), &stage)
}

pub(crate) fn blocked() -> Desk {
    let mut stage = Stage::new(3);
    stage.facts[1].lxd = LxdState::Absent;
    stage.facts[2].lxd = LxdState::Stopped;
    Desk::of(&stage.begin(answers(3, &[]), false).joined(2))
}

pub(crate) fn planned() -> Stage {
    Stage::new(3).begin(answers(3, &[0, 1, 2]), false).joined(2)
}

pub(crate) fn ready() -> Desk {
    Desk::of(&planned())
}

pub(crate) fn ready_at_joiner() -> Desk {
    let stage = planned();
    Desk::at(stage.picture_at("pi-b", true), &stage)
}

pub(crate) fn ready_without_erasures() -> Desk {
    Desk::of(&Stage::new(3).begin(answers(3, &[]), false).joined(2))
}

/// More disks to erase than fit on a small screen.
pub(crate) fn ready_with_many() -> Desk {
    let all: Vec<_> = (0..20).collect();
    Desk::of(&Stage::new(20).begin(answers(20, &all), false).joined(19))
}

pub(crate) fn sealing() -> Desk {
    let mut desk = ready();
    desk.picture.stage = How::Sealing;
    desk
}

fn join_step(stage: Stage) -> Stage {
    let doing = Message::new("link.up");
    stage.says("lxd.join@pi-b", doing, Some((62, 100)))
}

pub(crate) fn running() -> Desk {
    Desk::of(&join_step(planned().installed().after(30_000)).after(6_000))
}

/// A step takes longer than it usually does.
pub(crate) fn late() -> Desk {
    let mut desk = Desk::of(&planned().installed().after(30_000));
    desk.now += 70_000;
    desk
}

pub(crate) fn running_at_joiner() -> Desk {
    let stage = join_step(planned().installed().after(30_000));
    Desk::at(stage.picture_at("pi-c", false), &stage)
}

pub(crate) fn eight() -> Desk {
    Desk::of(
        &Stage::new(8)
            .begin(answers(8, &[0]), false)
            .joined(7)
            .installed()
            .after(70_000),
    )
}

pub(crate) fn failed_stage() -> Stage {
    let mut stage = planned().installed();
    stage.failing.insert("lxd.join@pi-c".to_owned(), failure());
    stage.after(240_000)
}

pub(crate) fn failed() -> Desk {
    Desk::of(&failed_stage())
}

pub(crate) fn failed_at_joiner() -> Desk {
    let stage = failed_stage();
    Desk::at(stage.picture_at("pi-c", true), &stage)
}

/// Two steps stopped.
pub(crate) fn failed_twice() -> Desk {
    let mut stage = planned().installed();
    for step in ["lxd.join@pi-b", "lxd.join@pi-c"] {
        stage.failing.insert(step.to_owned(), failure());
    }
    Desk::of(&stage.after(240_000))
}

pub(crate) fn done() -> Desk {
    let mut stage = planned().installed().after(300_000);
    let proven = ["link.up", "control.state"];
    let end = stage.state.cluster.end.as_mut().expect("the run is over");
    end.proven = proven
        .map(|code| Message::new(code).with("cluster", "attic"))
        .to_vec();
    Desk::of(&stage)
}

/// The same at the leader, which offers a token and the way into LXD's web interface.
pub(crate) fn done_with_offers() -> Desk {
    let mut desk = done();
    let offer = |secret: String, hours: u64| Offer {
        secret: Words(secret),
        expires: desk.now + hours * 3_600_000,
    };
    let offers = Offers {
        join: Some(offer("mcj1".repeat(60), 1)),
        web: Some(offer("https://10.0.0.11:8443?token=eyJ".to_owned(), 24)),
    };
    desk.screens.offer(offers);
    // The offers are below the fold of a small console.
    desk.press(KeyCode::End);
    desk
}

pub(crate) fn done_badly() -> Desk {
    let mut stage = failed_stage();
    stage.intend(mcloud::engine::Intent::Leave);
    Desk::of(&stage)
}

pub(crate) fn refused() -> Desk {
    let stage = Stage::new(3);
    let mut desk = Desk::of(&stage);
    desk.picture.stage = How::Ended;
    desk.picture.end = Some(End {
        at: stage.now,
        ok: false,
        exit: 1,
        members: 0,
        took_ms: 4_200,
        proven: Vec::new(),
        why: Some(failure().what),
        failure: Some(failure()),
        timing: None,
    });
    desk
}

pub(crate) fn left() -> Desk {
    let mut stage = planned();
    stage.intend(mcloud::engine::Intent::Leave);
    Desk::of(&stage)
}

pub(crate) fn idle() -> Desk {
    Desk::of(&Stage::new(1))
}

/// Every situation.
pub(crate) fn all() -> Vec<(&'static str, Desk)> {
    vec![
        ("idle", idle()),
        ("waiting", waiting()),
        ("waiting joiner", waiting_joiner()),
        ("blocked", blocked()),
        ("ready", ready()),
        ("ready at a joiner", ready_at_joiner()),
        ("ready without erasures", ready_without_erasures()),
        ("ready with many", ready_with_many()),
        ("sealing", sealing()),
        ("running", running()),
        ("late", late()),
        ("running at a joiner", running_at_joiner()),
        ("eight nodes", eight()),
        ("failed", failed()),
        ("failed at a joiner", failed_at_joiner()),
        ("failed twice", failed_twice()),
        ("done", done()),
        ("done badly", done_badly()),
        ("refused", refused()),
        ("left", left()),
    ]
}
