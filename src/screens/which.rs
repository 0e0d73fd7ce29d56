//! Which screen is shown.

use super::desk::Desk;
use super::words;
use crate::engine::node::Stage;
use crate::engine::picture::Picture;
use crate::forms::Step;

/// Which screen; the picture says it, and before Review the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    Form(Step),
    Review,
    Install,
    Done,
}

impl Which {
    /// The ten there are on the way to a cluster.
    pub(super) const ALL: [Self; 10] = [
        Self::Form(Step::Welcome),
        Self::Form(Step::Preflight),
        Self::Form(Step::Address),
        Self::Form(Step::Peers),
        Self::Form(Step::Trust),
        Self::Form(Step::Disks),
        Self::Form(Step::Network),
        Self::Review,
        Self::Install,
        Self::Done,
    ];

    /// The screen of a picture.
    pub(super) fn of(picture: &Picture, desk: &Desk) -> Self {
        match picture.stage {
            Stage::Ended if picture.end.is_some() => Self::Done,
            Stage::Installing | Stage::Stopped if picture.install.is_some() => Self::Install,
            Stage::Idle | Stage::Ended if !desk.is_wizard(picture) => Self::Review,
            Stage::Idle | Stage::Ended | Stage::Forming => {
                desk.step(picture).map_or(Self::Review, Self::Form)
            }
            _ => Self::Review,
        }
    }

    /// Its place among the ten screens of the product; the home screen is none of them.
    pub(super) const fn step(self) -> Option<usize> {
        Some(match self {
            Self::Form(Step::Welcome) => 1,
            Self::Form(Step::Preflight) => 2,
            Self::Form(Step::Address) => 3,
            Self::Form(Step::Peers) => 4,
            Self::Form(Step::Trust) => 5,
            Self::Form(Step::Disks) => 6,
            Self::Form(Step::Network) => 7,
            Self::Form(Step::Home) => return None,
            Self::Review => 8,
            Self::Install => 9,
            Self::Done => 10,
        })
    }

    /// Its name.
    pub(super) fn title(self) -> String {
        words::say(match self {
            Self::Form(Step::Welcome) => "screen.welcome",
            Self::Form(Step::Preflight) => "screen.preflight",
            Self::Form(Step::Address) => "screen.address",
            Self::Form(Step::Peers) => "screen.peers",
            Self::Form(Step::Trust) => "screen.trust",
            Self::Form(Step::Disks) => "screen.disks",
            Self::Form(Step::Network) => "screen.network",
            Self::Form(Step::Home) => "screen.home",
            Self::Review => "screen.review",
            Self::Install => "screen.install",
            Self::Done => "screen.done",
        })
    }
}
