//! The engine: events in, a new state and effects out.

/// A moment: milliseconds since 1970, UTC, by World's clock.
pub type Millis = u64;
