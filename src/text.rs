//! Every sentence mcloud says, by message code.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::engine::message::Message;

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
