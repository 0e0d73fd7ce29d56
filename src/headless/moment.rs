//! Moments and durations in words.

use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use crate::engine::Millis;
pub(super) use crate::text::minute;

const RFC_3339: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
const CLOCK: &[BorrowedFormatItem<'_>] = format_description!("[hour]:[minute]:[second]");

/// The moment as RFC 3339 with milliseconds, UTC. A moment beyond the year 9999 is shown as 1970.
pub(super) fn rfc_3339(at: Millis) -> String {
    written(at, RFC_3339)
}

/// The moment's time of day, UTC.
pub(super) fn clock(at: Millis) -> String {
    written(at, CLOCK)
}

fn written(at: Millis, format: &[BorrowedFormatItem<'_>]) -> String {
    let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(at) * 1_000_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH);
    moment.format(format).unwrap_or_default()
}

/// A duration in words: `0.4 s`, `12 s`, `2 min 05 s`, `1 h 02 min`.
pub(super) fn took(ms: u64) -> String {
    if ms < 10_000 {
        let tenths = ms.saturating_add(50) / 100;
        format!("{}.{} s", tenths / 10, tenths % 10)
    } else {
        passed(ms)
    }
}

/// The same in whole seconds, for what goes on.
pub(super) fn passed(ms: u64) -> String {
    let seconds = ms / 1_000;
    match seconds {
        0..120 => format!("{seconds} s"),
        120..3_600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3_600, seconds / 60 % 60),
    }
}
