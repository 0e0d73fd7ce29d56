//! Whether a join token that is out may be given once more: a second one for the same name voids it, and it
//! may be in use.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::engine::Millis;

/// How long a token must be good yet, in milliseconds: a joiner may have to wait for others first.
const LEAST_MS: i128 = 900_000;

/// Whether a token that expires then (RFC 3339) is good for long enough. One that does not say so is not.
pub(in crate::infra) fn lasts(expires_at: &str, now: Millis) -> bool {
    let expires = OffsetDateTime::parse(expires_at, &Rfc3339);
    expires.is_ok_and(|at| at.unix_timestamp_nanos() / 1_000_000 - i128::from(now) > LEAST_MS)
}
