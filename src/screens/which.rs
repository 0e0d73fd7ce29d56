//! Which screen is shown.

use super::words;
use crate::engine::node::Stage;
use crate::engine::picture::Picture;

/// Which screen; the picture says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    Review,
    Install,
    Done,
}

impl Which {
    /// All there are.
    pub(super) const ALL: [Self; 3] = [Self::Review, Self::Install, Self::Done];

    /// The screen of a picture.
    pub(super) fn of(picture: &Picture) -> Self {
        match picture.stage {
            Stage::Ended if picture.end.is_some() => Self::Done,
            Stage::Installing | Stage::Stopped if picture.install.is_some() => Self::Install,
            _ => Self::Review,
        }
    }

    /// Its place among the ten screens of the product.
    pub(super) const fn step(self) -> usize {
        match self {
            Self::Review => 8,
            Self::Install => 9,
            Self::Done => 10,
        }
    }

    /// Its name.
    pub(super) fn title(self) -> String {
        words::say(match self {
            Self::Review => "screen.review",
            Self::Install => "screen.install",
            Self::Done => "screen.done",
        })
    }
}
