//! How much faster monitors may elect and propose while a cluster forms: as fast as was measured to
//! work on fast storage, and slower the longer this node takes to write something down for good.
//!
//! Measured with Ceph 18.2: with the values at their best three nodes formed in 18.2 s instead of 29.7.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use crate::world::Clock;

/// The variables, what Ceph makes them and what they are at their best, in seconds.
pub const VARIABLES: [(&str, f64, f64); 4] = [
    (ELECTION, 5.0, 1.0),
    ("mon_probe_timeout", 2.0, 0.3),
    ("paxos_propose_interval", 1.0, 0.05),
    ("paxos_min_wait", 0.05, 0.01),
];

/// How long an election may take. The others go with it.
const ELECTION: &str = "mon_election_timeout";

/// An election is a few rounds, in each of which each monitor writes a few times: so many writes fit
/// into its timeout with room to spare.
const WRITES: f64 = 200.0;

/// How near two values are that are the same.
const NEAR: f64 = 0.000_5;

/// How often a write is measured.
const SAMPLES: usize = 5;

/// How much is written each time.
const BLOCK: [u8; 4096] = [0x5a; 4096];

/// Values for all variables, in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Values([f64; 4]);

impl Values {
    /// Ceph's defaults.
    pub const fn defaults() -> Self {
        let [(_, a, _), (_, b, _), (_, c, _), (_, d, _)] = VARIABLES;
        Self([a, b, c, d])
    }

    /// What suits a node on which one small write takes that long to be kept; none where Ceph's
    /// defaults are not too slow for it.
    pub fn for_write(takes: Duration) -> Option<Self> {
        let [(_, slow, fast), ..] = VARIABLES;
        let election = (takes.as_secs_f64() * WRITES).clamp(fast, slow);
        (election < slow).then(|| Self::of(election))
    }

    /// The values that go with an election timeout.
    fn of(election: f64) -> Self {
        let [(_, slow, fast), ..] = VARIABLES;
        let share = (election - fast) / (slow - fast);
        Self(VARIABLES.map(|(_, slow, fast)| fast + share * (slow - fast)))
    }

    /// Values as a monitor tells them, in the order of [`VARIABLES`]; none where one is no number.
    pub fn told(values: &[String]) -> Option<Self> {
        let mut numbers = values.iter().map(|it| it.trim().parse::<f64>());
        let mut next = || numbers.next()?.ok();
        Some(Self([next()?, next()?, next()?, next()?]))
    }

    /// Each variable with its value as Ceph is told it.
    pub fn each(&self) -> impl Iterator<Item = (&'static str, String)> {
        VARIABLES
            .iter()
            .zip(self.0)
            .map(|((name, ..), value)| (*name, format!("{value:.3}")))
    }

    /// Whether they are the same, but for how Ceph rounds.
    pub fn is(&self, other: &Self) -> bool {
        let mut pairs = self.0.iter().zip(&other.0);
        pairs.all(|(one, other)| (one - other).abs() < NEAR)
    }

    /// Whether they are a tuning: faster than the defaults, and all going with the election timeout.
    pub fn are_tuned(&self) -> bool {
        let ([(_, slow, fast), ..], [election, ..]) = (VARIABLES, self.0);
        let inside = election > fast - NEAR && election < slow - NEAR;
        inside && self.is(&Self::of(election))
    }

    /// The election timeout, in seconds.
    pub fn election(&self) -> f64 {
        let [election, ..] = self.0;
        election
    }
}

/// How long one small write in `dir` takes until it is kept, in life's time: the median of five.
pub fn write_takes(dir: &Path, clock: &Clock) -> io::Result<Duration> {
    let mut file = tempfile::tempfile_in(dir)?;
    let mut taken = Vec::with_capacity(SAMPLES);
    for _ in 0..SAMPLES {
        taken.push(one_write(&mut file, clock)?);
    }
    taken.sort_unstable();
    let median = taken.get(SAMPLES / 2).copied().unwrap_or_default();
    Ok(clock.in_life(Duration::from_millis(median)))
}

fn one_write(file: &mut File, clock: &Clock) -> io::Result<u64> {
    let began = clock.now();
    file.write_all(&BLOCK)?;
    file.sync_all()?;
    Ok(clock.now().saturating_sub(began))
}
