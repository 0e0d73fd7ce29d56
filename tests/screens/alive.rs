//! Install moves, also while nothing comes to its end: never more than a second without a change.

use std::time::Duration;

use mcloud::console::Look;
use mcloud::engine::node::Stage;
use mcloud::face::TICK;

use crate::bytes::Drawn;
use crate::pictures;

/// What a line of 9600 baud passes in a second: start, eight bits, stop.
const SLOW_LINE: usize = 960;

const SIZES: [(u16, u16); 5] = [(40, 10), (40, 15), (80, 24), (100, 30), (200, 60)];

#[test]
fn every_tick_moves_something_on_install_whatever_the_size_and_look() {
    let tick = u64::try_from(TICK.as_millis()).unwrap();
    let (mut seen, mut most) = (0, 0);
    for look in [Look::Color, Look::Mono, Look::Ascii] {
        for (width, height) in SIZES {
            for (name, desk) in pictures::all() {
                if desk.picture.stage != Stage::Installing {
                    continue;
                }
                let mut drawn = Drawn::new(desk.sized(width, height), look);
                // Wherever in a second the ticks fall.
                for _ in 0..7 {
                    drawn.desk.now += 70;
                    drawn.whole();
                    for _ in 0..4 {
                        drawn.desk.now += tick;
                        let bytes = drawn.frame();
                        assert!(bytes > 0, "{name} stands still at {width}x{height}");
                        most = most.max(bytes);
                    }
                }
                seen += 1;
            }
        }
    }
    assert!(seen >= 3 * SIZES.len() * 3, "{seen} pictures of a run");
    // A tick and its way over a slow line are a second at most.
    let way = Duration::from_millis(u64::try_from(most * 1_000 / SLOW_LINE).unwrap());
    assert!(TICK + way <= Duration::from_secs(1), "{most} bytes");
}
