//! Every sentence mcloud says, by message code.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use crate::engine::Millis;
use crate::engine::message::Message;

const MINUTE: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day] [hour]:[minute]");

static ENGLISH: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let table: toml::Table = toml::from_str(include_str!("../assets/text/en.toml"))
        .expect("assets/text/en.toml is checked by a test");
    let mut sentences = BTreeMap::new();
    for (room, value) in &table {
        for (key, sentence) in value.as_table().into_iter().flatten() {
            if let Some(sentence) = sentence.as_str() {
                sentences.insert(format!("{room}.{key}"), sentence.to_owned());
            }
        }
    }
    sentences
});

/// The sentence of a message, its holes filled. An unknown code is shown as it is, with what it
/// came with: a newer peer may say what this mcloud has no words for.
pub fn sentence(message: &Message) -> String {
    let Some(pattern) = ENGLISH.get(&message.code) else {
        let with = message
            .with
            .iter()
            .map(|(hole, value)| format!(" {hole}={value}"));
        return format!("{}{}", message.code, with.collect::<String>());
    };
    let mut text = pattern.clone();
    for (hole, value) in &message.with {
        text = text.replace(&format!("{{{hole}}}"), value);
    }
    text
}

/// The sentence of a code with its holes filled; what fills them is stripped of control characters.
pub fn fill(code: &str, with: &[(&str, &str)]) -> String {
    let message = with
        .iter()
        .fold(Message::new(code), |message, (hole, value)| {
            message.with(hole, value)
        });
    sentence(&message)
}

/// The command with which a machine joins by this token.
pub fn join_command(token: &str) -> String {
    format!("mcloud join --token {token}")
}

/// How long ago something was, by its ms, coarse so that a quiet screen stays quiet: `now`,
/// `15 s ago`, `3 min ago`.
pub fn ago(ms: u64) -> String {
    let time = match ms / 1_000 {
        0..10 => return say("screen.now"),
        s @ 10..60 => format!("{} s", s / 5 * 5),
        s @ 60..3_600 => format!("{} min", s / 60),
        s => format!("{} h", s / 3_600),
    };
    fill("screen.ago", &[("time", &time)])
}

/// A moment's day and minute, UTC: `2026-11-21 13:05`. One beyond the year 9999 is shown as 1970.
pub fn minute(at: Millis) -> String {
    let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(at) * 1_000_000);
    let moment = moment.unwrap_or(OffsetDateTime::UNIX_EPOCH);
    moment.format(MINUTE).unwrap_or_default()
}

/// `pi-a`, `pi-a and pi-b`, `pi-a, pi-b and pi-c`.
pub fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.into_iter().collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => {
            let with = [("all", &*first.join(", ")), ("last", last)];
            fill("screen.and", &with)
        }
    }
}

/// All codes that have a sentence.
pub fn codes() -> impl Iterator<Item = (&'static str, &'static str)> {
    ENGLISH
        .iter()
        .map(|(code, sentence)| (code.as_str(), sentence.as_str()))
}

/// The sentence of a code without holes.
pub fn say(code: &str) -> String {
    sentence(&Message::new(code))
}
