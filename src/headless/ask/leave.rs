//! The question how to leave, as a page: staying is the first answer.

use super::page::{Act, Page, Place};
use crate::engine::Intent;
use crate::engine::node::{Role, Stage};
use crate::engine::picture::Picture;
use crate::text::say;

/// The page. There is always an answer that leaves.
pub(super) fn page(picture: &Picture, can_detach: bool, wizard: bool) -> Page {
    let mut page = Page::new(Place::Leave(picture.stage));
    page.says(say(match picture.stage {
        Stage::Installing => "leave-screen.while-installing",
        Stage::Stopped => "leave-screen.while-stopped",
        _ if picture.touched => "leave-screen.before-install-touched",
        Stage::Forming => "leave-screen.while-forming",
        _ => "leave-screen.before-install",
    }));
    page.choose("stay", say("leave-screen.stay"), Act::Stay);
    "stay".clone_into(&mut page.first);
    let runs = matches!(picture.stage, Stage::Installing | Stage::Stopped);
    if runs && can_detach {
        page.choose("detach", say("leave-screen.detach"), Act::Detach);
    }
    let leave = if picture.touched {
        "leave-screen.leave-touched"
    } else {
        "leave-screen.leave"
    };
    let leads = picture.role == Role::Leader;
    match picture.stage {
        Stage::Installing if leads => {
            page.intent("stop", say("leave-screen.stop"), Intent::Stop);
        }
        Stage::Stopped if leads => {
            page.intent("end", say("leave-screen.end-here"), Intent::Leave);
        }
        Stage::Forming | Stage::Gathering | Stage::Review if leads || !picture.touched => {
            page.intent("leave", say(leave), Intent::Leave);
        }
        Stage::Idle | Stage::Ended if wizard => {
            page.choose("leave", say(leave), Act::GiveUp);
        }
        _ if page.choices.len() == 1 => {
            let close = Act::Wish(crate::forms::Wish::Close);
            page.choose("close", say("leave-screen.close"), close);
        }
        _ => {}
    }
    page
}
