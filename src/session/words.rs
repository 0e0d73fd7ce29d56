//! The words of a session: drawn on the initiator, typed on the joiner, and never shown by accident.

use std::fmt;

use ring::rand::{SecureRandom, SystemRandom};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};

use crate::wordlist;

/// How many words a passphrase has: 41 bits.
pub const WORDS: usize = 4;

/// So many letters decide which word of the list is meant.
const DECIDE: usize = 3;

/// The greatest multiple of the list's length that 16 bits hold: numbers from here on are drawn
/// again, so that each word is as likely as any other.
const FAIR: u16 = 64_800;

/// Why there are no words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WordsError {
    /// Too few or too many were given.
    #[error("{WORDS} words are needed, and {found} were given")]
    Count {
        /// How many were given.
        found: usize,
    },
    /// One is not in the list. The word itself is not repeated: it may be nearly right.
    #[error("word {position} is not in the list: type its first three letters and complete it")]
    Unknown {
        /// Which one, counted from 1.
        position: usize,
    },
    /// The system gives no randomness.
    #[error("the system gives no randomness")]
    Randomness,
}

/// Four words of [`wordlist`] in small letters with one blank between them. `Debug` shows none of them.
#[derive(Clone)]
pub struct Words(SecretString);

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Words(…)")
    }
}

impl Words {
    /// Four words by chance, all that three letters a word suffice for being equally likely: 994 of
    /// 1 000 of the 1 296⁴.
    pub fn draw() -> Result<Self, WordsError> {
        loop {
            let mut words = [""; WORDS];
            for word in &mut words {
                *word = one()?;
            }
            let clear = |two: &[&str]| matches!(two, [before, word] if !types_on(before, word));
            if words.windows(2).all(clear) {
                let text = Zeroizing::new(words.join(" "));
                return Ok(Self(SecretString::from(text.as_str())));
            }
        }
    }

    /// Reads words as a person types them: capitals and blanks do not matter, letters do.
    pub fn parse(typed: &str) -> Result<Self, WordsError> {
        let typed = Zeroizing::new(typed.to_lowercase());
        let found = typed.split_whitespace().count();
        if found != WORDS {
            return Err(WordsError::Count { found });
        }
        let mut text = Zeroizing::new(String::with_capacity(typed.len()));
        for (position, word) in (1..).zip(typed.split_whitespace()) {
            if !wordlist::is_word(word) {
                return Err(WordsError::Unknown { position });
            }
            if position > 1 {
                text.push(' ');
            }
            text.push_str(word);
        }
        Ok(Self(SecretString::from(text.as_str())))
    }

    /// The words, for the initiator's screen and the key alone.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// Whether the first letters of `word` are also how `before` goes on behind the letters that decide:
/// whoever types them after the three of `before` may mean either.
fn types_on(before: &str, word: &str) -> bool {
    let rest = before.get(DECIDE..).unwrap_or_default();
    !rest.is_empty() && word.starts_with(rest)
}

fn one() -> Result<&'static str, WordsError> {
    let random = SystemRandom::new();
    loop {
        let mut bytes = [0; 2];
        random
            .fill(&mut bytes)
            .map_err(|_| WordsError::Randomness)?;
        let drawn = u16::from_be_bytes(bytes);
        if drawn < FAIR
            && let Some(word) = wordlist::word(usize::from(drawn) % wordlist::COUNT)
        {
            return Ok(word);
        }
    }
}
