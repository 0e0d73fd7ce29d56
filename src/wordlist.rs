//! The 1 296 words of a session's passphrase, and how a few letters become one of them.

use std::sync::LazyLock;

/// How many words the list has: 6 to the power of 4, so a word has 10.34 bits.
pub const COUNT: usize = 1296;

/// The EFF's second short list (`assets/words/README.md`), in the order of its letters. No two words
/// share their first three letters.
static WORDS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    include_str!("../assets/words/eff-short-2.txt")
        .lines()
        .collect()
});

/// The word at `index`, counted from 0; none from [`COUNT`] on.
pub fn word(index: usize) -> Option<&'static str> {
    WORDS.get(index).copied()
}

/// Whether `text` is a word of the list, in small letters.
pub fn is_word(text: &str) -> bool {
    WORDS.binary_search(&text).is_ok()
}

/// All words that begin with `prefix`, in the list's order; the whole list for an empty one. Capital
/// letters count as small ones.
pub fn beginning(prefix: &str) -> impl Iterator<Item = &'static str> {
    let prefix = prefix.to_ascii_lowercase();
    let from = WORDS.partition_point(|word| *word < prefix.as_str());
    WORDS
        .iter()
        .skip(from)
        .copied()
        .take_while(move |word| word.starts_with(&prefix))
}

/// The one word that begins with `prefix`: three letters decide, and fewer where they are enough.
pub fn complete(prefix: &str) -> Option<&'static str> {
    let mut found = beginning(prefix);
    match (found.next(), found.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}
