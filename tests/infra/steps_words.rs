//! What the steps say has words, and is whole.

use mcloud::engine::message::{Failure, Message};
use mcloud::text;

/// A failure on its way to a screen: it has words, and says what to do and what it means.
pub(crate) fn heard<T>(result: Result<T, Failure>) -> Result<T, Failure> {
    if let Err(failure) = &result {
        spoken(&failure.what);
        spoken(&failure.data);
        spoken(
            failure
                .hint
                .as_ref()
                .expect("a failure says how to mend it"),
        );
    }
    result
}

/// A message's sentence, which has no hole left.
pub(crate) fn spoken(message: &Message) -> String {
    let pattern = text::codes().find(|(code, _)| *code == message.code);
    let (_, pattern) = pattern.unwrap_or_else(|| panic!("no words for {message:?}"));
    for hole in pattern.split('{').skip(1) {
        let hole = hole.split('}').next().expect("a hole ends");
        assert!(message.with.contains_key(hole), "{hole} in {message:?}");
    }
    text::sentence(message)
}
