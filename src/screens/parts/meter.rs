//! A bar that fills from the left.

/// How long the end of a live bar stands, in ms.
const BEAT: u64 = 500;

/// `room` columns of which `permille` thousandths are full. It is full only at the end.
pub(crate) fn meter(permille: u16, room: usize) -> String {
    let permille = usize::from(permille.min(1_000));
    let full = room.saturating_mul(permille) / 1_000;
    format!(
        "{}{}",
        "█".repeat(full),
        "░".repeat(room.saturating_sub(full))
    )
}

/// The same while something is under way: the first column that is not full goes up and down with
/// every half second of `gone` (ms), so that a screen on which nothing comes to its end still moves.
pub(crate) fn live(permille: u16, room: usize, gone: u64) -> String {
    let meter = meter(permille, room);
    if (gone / BEAT).is_multiple_of(2) {
        meter
    } else {
        meter.replacen('░', "▒", 1)
    }
}
