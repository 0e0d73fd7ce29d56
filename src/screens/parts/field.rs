//! A number that is typed.

/// The most digits that are taken.
const MOST: usize = 4;

/// A number being typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Number {
    digits: String,
}

impl Number {
    /// Takes one more digit, 0 to 9.
    pub(crate) fn push(&mut self, digit: u8) {
        if let Some(digit) = char::from_digit(digit.into(), 10).filter(|_| self.digits.len() < MOST)
        {
            self.digits.push(digit);
        }
    }

    /// Forgets the last digit.
    pub(crate) fn erase(&mut self) {
        self.digits.pop();
    }

    /// The next number; after 99 comes nothing.
    pub(crate) fn step(&mut self) {
        self.digits = match self.value() {
            Some(99..) => String::new(),
            Some(value) => (value + 1).to_string(),
            None => "1".to_owned(),
        };
    }

    /// What was typed; none where nothing was.
    pub(crate) fn value(&self) -> Option<usize> {
        self.digits.parse().ok()
    }

    /// What is shown between the brackets; where it is being typed, with a cursor.
    pub(crate) fn shown(&self, focused: bool) -> String {
        let cursor = if focused { "_" } else { "" };
        format!("[ {:<5}]", format!("{}{cursor}", self.digits))
    }
}
