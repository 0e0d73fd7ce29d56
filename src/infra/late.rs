//! Waits that come to an end: what comes by itself is awaited for long, and then said to be late.

use crate::engine::Millis;
use crate::engine::message::Failure;
use crate::world::Clock;

/// How long what comes by itself is awaited, in milliseconds: many times what a Pi's slowest daemon
/// takes to start anew, and long enough to plug in a cable that was pulled.
const MOST_MS: Millis = 600_000;

/// How many looks at least find it lacking before that counts: a look may take long itself.
const LEAST_LOOKS: u32 = 20;

/// What comes by itself and is not there yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::infra) struct Late {
    /// What is lacking, for the journal.
    pub(in crate::infra) lacking: String,
    /// What it comes to where it stays so: said with the hole `minutes` filled.
    pub(in crate::infra) failure: Failure,
}

impl Late {
    /// `lacking` is awaited; it comes to `failure` where it does not come.
    pub(in crate::infra) fn new(lacking: impl Into<String>, failure: Failure) -> Box<Self> {
        let lacking = lacking.into();
        Box::new(Self { lacking, failure })
    }
}

/// One wait.
#[derive(Debug)]
pub(in crate::infra) struct Wait {
    clock: Clock,
    began: Millis,
    looks: u32,
}

impl Wait {
    /// A wait that begins now.
    pub(in crate::infra) fn begin(clock: &Clock) -> Self {
        Self {
            clock: clock.clone(),
            began: clock.now(),
            looks: 0,
        }
    }

    /// One more look found it lacking: fails with `late` where it has been awaited for long enough.
    pub(in crate::infra) fn goes_on(&mut self, late: Failure) -> Result<(), Failure> {
        self.looks = self.looks.saturating_add(1);
        let gone = self.clock.now().saturating_sub(self.began);
        if self.looks < LEAST_LOOKS || gone <= MOST_MS {
            return Ok(());
        }
        let what = late.what.clone().with("minutes", gone / 60_000);
        Err(Failure { what, ..late })
    }
}
