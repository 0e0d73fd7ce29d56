//! A bar that fills from the left.

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
