//! Sizes as people write them: `512GB`, `476GiB`, or bytes.

/// The units, the largest first; decimal as vendors count, binary as memory is counted.
const UNITS: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("TB", 1_000_000_000_000),
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("kB", 1_000),
    ("B", 1),
];

/// The bytes that `text` means; none where it is no size, or zero, or beyond 2^64.
pub(super) fn parse(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let number = text.strip_suffix(digits)?;
    let unit = digits.trim_start();
    let scale = if unit.is_empty() {
        1
    } else {
        let same = |(name, _): &&(&str, u64)| name.eq_ignore_ascii_case(unit);
        UNITS.iter().find(same)?.1
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    if whole.is_empty() || part.is_empty() || part.len() > 3 || part.contains('.') {
        return None;
    }
    let tenths = 10_u64.checked_pow(u32::try_from(part.len()).ok()?)?;
    let small = u128::from(scale) * u128::from(part.parse::<u64>().ok()?);
    if small % u128::from(tenths) != 0 {
        return None;
    }
    let large = u128::from(scale) * u128::from(whole.parse::<u64>().ok()?);
    let bytes = large + small / u128::from(tenths);
    u64::try_from(bytes).ok().filter(|bytes| *bytes > 0)
}

/// A size as a preseed says it: `bytes` in the largest unit in which they are whole, so that a preseed
/// that is read gives them back.
pub(super) fn write(bytes: u64) -> String {
    let whole = |(_, scale): &&(&str, u64)| bytes >= *scale && bytes.is_multiple_of(*scale);
    match UNITS.iter().find(whole) {
        Some(("B", _)) | None => bytes.to_string(),
        Some((unit, scale)) => format!("{}{unit}", bytes / scale),
    }
}
