//! What a frame costs: build, diff and encoding, for every screen, size and look, with its bytes.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a measurement that goes wrong may panic"
)]

#[expect(dead_code, reason = "the screens' tests need more of it")]
#[path = "../tests/screens/desk.rs"]
mod desk;
#[path = "parts/drawn.rs"]
mod drawn;
#[expect(dead_code, reason = "the screens' tests need more of them")]
#[path = "../tests/screens/pictures.rs"]
mod pictures;
#[path = "../tests/screens/stage.rs"]
mod stage;

use std::fmt;

use divan::Bencher;
use drawn::{Case, Drawn};

/// A case whose name tells the bytes of its frame.
struct Counted {
    case: Case,
    bytes: usize,
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}, {} bytes", self.case, self.bytes)
    }
}

fn counted(frame: fn(&mut Drawn) -> usize) -> Vec<Counted> {
    let count = |case: Case| {
        let bytes = frame(&mut case.drawn());
        Counted { case, bytes }
    };
    drawn::cases().into_iter().map(count).collect()
}

/// All of the screen, as after a key that changes the screen or on a terminal that was resized.
#[divan::bench(args = counted(Drawn::whole))]
fn whole(bencher: Bencher, counted: &Counted) {
    let mut drawn = counted.case.drawn();
    bencher.bench_local(|| drawn.whole());
}

/// What a second changes.
#[divan::bench(args = counted(Drawn::tick))]
fn tick(bencher: Bencher, counted: &Counted) {
    let mut drawn = counted.case.drawn();
    bencher.bench_local(|| drawn.tick());
}

fn main() {
    divan::main();
}
