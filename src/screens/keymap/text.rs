//! What can be typed where.

/// What is being typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text {
    /// A cluster's name.
    Name,
    /// An IP address.
    Address,
    /// Addresses, a subnet, a range, a list, a number.
    Network,
    /// The words of a session.
    Words,
    /// The name of a file.
    File,
}

impl Text {
    /// `c` as it goes into the text; none where it cannot be in one.
    pub fn takes(self, c: char) -> Option<char> {
        let small = c.to_ascii_lowercase();
        match self {
            Self::Name => (small.is_ascii_alphanumeric() || c == '-').then_some(small),
            Self::Address => (c.is_ascii_hexdigit() || matches!(c, '.' | ':')).then_some(small),
            Self::Network => (c.is_ascii_hexdigit() || ".:/-,".contains(c)).then_some(small),
            Self::Words => small.is_ascii_lowercase().then_some(small),
            Self::File => (c == ' ' || c.is_ascii_graphic()).then_some(c),
        }
    }
}
