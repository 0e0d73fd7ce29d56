//! How far Review is, and which buttons it has there.

use crate::engine::node::{Role, Stage};
use crate::engine::picture::Picture;
use crate::engine::preflight::Verdict;

/// How far Review is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stand {
    Idle,
    Gathering,
    Blocked,
    Unsealed,
    Ready,
    Sealing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Press {
    Install,
    LookAgain,
    Leave,
}

impl Stand {
    pub(super) fn of(picture: &Picture) -> Self {
        let blocking = |check: &_| matches!(check, Verdict::Blocking);
        let sealed = picture.review.as_ref().is_some_and(|r| r.digest.is_some());
        match picture.stage {
            Stage::Idle => Self::Idle,
            Stage::Gathering => Self::Gathering,
            Stage::Sealing => Self::Sealing,
            _ if picture.checks.iter().any(|check| blocking(&check.verdict)) => Self::Blocked,
            _ if sealed => Self::Ready,
            _ => Self::Unsealed,
        }
    }
}

/// The digest of the plan that is shown.
pub(super) fn digest(picture: &Picture) -> Option<&str> {
    picture.review.as_ref()?.digest.as_deref()
}

/// How many disks will lose what they hold.
pub(super) fn erasures(picture: &Picture) -> usize {
    picture.review.as_ref().map_or(0, |r| r.erasures.len())
}

/// Whether this console decides about Install.
pub(super) fn decides(picture: &Picture) -> bool {
    Stand::of(picture) == Stand::Ready && picture.role == Role::Leader && !picture.unattended
}

pub(super) fn buttons(picture: &Picture) -> Vec<Press> {
    let leads = picture.role == Role::Leader && !picture.unattended;
    let first = match Stand::of(picture) {
        Stand::Ready if leads => Some(Press::Install),
        Stand::Gathering | Stand::Blocked if leads => Some(Press::LookAgain),
        Stand::Sealing => return Vec::new(),
        _ => None,
    };
    first.into_iter().chain([Press::Leave]).collect()
}

pub(super) const fn label(press: Press) -> &'static str {
    match press {
        Press::Install => "key.install",
        Press::LookAgain => "key.look-again",
        Press::Leave => "key.leave",
    }
}

/// Whether this console can go back from Review: the answers were chosen here, and nothing was
/// begun.
pub(super) fn can_change(picture: &Picture) -> bool {
    let chosen = picture.wizard.session.is_some() && !picture.unattended;
    let before = matches!(picture.stage, Stage::Gathering | Stage::Review);
    chosen && before && picture.role == Role::Leader
}

/// Whether this console has answers of its own to save: a preseed's are in a file already.
pub(in crate::screens) fn can_save(picture: &Picture) -> bool {
    let stage = matches!(
        picture.stage,
        Stage::Gathering | Stage::Review | Stage::Ended
    );
    stage && picture.role == Role::Leader && !picture.unattended && !picture.nodes.is_empty()
}
