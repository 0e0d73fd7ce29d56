//! How much the terminal can show: colours, lines only, or ASCII; and who decides it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::env;
use std::str::FromStr;
use std::sync::LazyLock;

use ratatui::text::Span;

use super::line::Kind;

/// The glyphs beyond ASCII that a screen may draw, one a line, each followed by the ASCII
/// character that stands for it. All of them are in the kernel's own console font and in Debian's
/// `Lat15` and `Uni2` fonts.
pub const GLYPHS: &str = include_str!("../../assets/glyphs.txt");

/// What stands for a character that cannot be shown.
const UNKNOWN: char = '?';

static STAND_INS: LazyLock<BTreeMap<char, char>> = LazyLock::new(|| {
    GLYPHS
        .lines()
        .filter_map(|line| {
            let (glyph, ascii) = line.split_once(' ')?;
            Some((glyph.chars().next()?, ascii.chars().next()?))
        })
        .collect()
});

/// Whether a screen may draw `glyph`: printable ASCII, or one of [`GLYPHS`].
pub fn is_allowed(glyph: char) -> bool {
    matches!(glyph, ' '..='~') || STAND_INS.contains_key(&glyph)
}

/// How the screens look on this terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Look {
    /// Sixteen colours and the line glyphs.
    Color,
    /// The line glyphs; bold, dim, underlined and reversed, but no colour.
    Mono,
    /// As `Mono`, every glyph replaced by one ASCII character.
    Ascii,
}

impl Look {
    /// The next look, for the key that changes it: colour, mono, ASCII, and round again.
    #[must_use]
    pub fn cycle(self) -> Self {
        match self {
            Self::Color => Self::Mono,
            Self::Mono => Self::Ascii,
            Self::Ascii => Self::Color,
        }
    }

    /// The name of this look, as `--look` takes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Color => "color",
            Self::Mono => "mono",
            Self::Ascii => "ascii",
        }
    }

    /// `symbol` (one cell's text) as this look shows it, as many columns wide as before. Control
    /// characters never pass.
    pub fn shows(self, symbol: &str) -> Cow<'_, str> {
        if let [b' '..=b'~'] = symbol.as_bytes() {
            return Cow::Borrowed(symbol);
        }
        let columns = Span::raw(symbol).width();
        match self {
            Self::Ascii => Cow::Owned(in_ascii(symbol, columns)),
            _ if columns == 0 || symbol.chars().any(char::is_control) => {
                Cow::Owned(String::from(UNKNOWN).repeat(columns.max(1)))
            }
            _ => Cow::Borrowed(symbol),
        }
    }
}

fn in_ascii(symbol: &str, columns: usize) -> String {
    let stand_in = |glyph: char| match glyph {
        ' '..='~' => Some(glyph),
        // A mark that takes no column of its own goes with the letter that carries it.
        _ if Span::raw(glyph.to_string()).width() == 0 && !glyph.is_control() => None,
        _ => Some(STAND_INS.get(&glyph).copied().unwrap_or(UNKNOWN)),
    };
    symbol
        .chars()
        .filter_map(stand_in)
        .chain(std::iter::repeat(UNKNOWN))
        .take(columns.max(1))
        .collect()
}

/// Which look the operator asked for with `--look`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Wish {
    /// What the terminal seems to be able to do.
    #[default]
    Auto,
    /// This one, whatever the terminal says.
    Fixed(Look),
}

/// A word after `--look` that is none of the looks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no such look; the looks are auto, color, mono and ascii")]
pub struct NoSuchLook;

impl FromStr for Wish {
    type Err = NoSuchLook;

    fn from_str(word: &str) -> Result<Self, NoSuchLook> {
        match word {
            "auto" => Ok(Self::Auto),
            "color" => Ok(Self::Fixed(Look::Color)),
            "mono" => Ok(Self::Fixed(Look::Mono)),
            "ascii" => Ok(Self::Fixed(Look::Ascii)),
            _ => Err(NoSuchLook),
        }
    }
}

impl Wish {
    /// The look to begin with on a terminal of this kind. For [`Wish::Auto`]: ASCII on a serial
    /// line, on the oldest terminal types and without a UTF-8 locale (but the Linux console has
    /// the glyphs in its font whatever the locale); mono where `NO_COLOR` is set; else colours.
    pub fn resolve(self, kind: Kind, environment: &Environment) -> Look {
        let term = environment.term.as_str();
        let old =
            term.is_empty() || term == "dumb" || term.starts_with("vt1") || term.starts_with("vt2");
        match self {
            Self::Fixed(look) => look,
            Self::Auto if kind == Kind::Serial || old => Look::Ascii,
            Self::Auto if term != "linux" && !environment.is_utf8() => Look::Ascii,
            Self::Auto if environment.no_color => Look::Mono,
            Self::Auto => Look::Color,
        }
    }
}

/// What the environment variables say about the terminal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Environment {
    /// `TERM`.
    pub term: String,
    /// The first that is not empty of `LC_ALL`, `LC_CTYPE`, `LANG`.
    pub locale: String,
    /// `NO_COLOR` is set and not empty (<https://no-color.org>).
    pub no_color: bool,
    /// `COLUMNS`, where it is a number.
    pub columns: Option<u16>,
    /// `LINES`, where it is a number.
    pub lines: Option<u16>,
}

impl Environment {
    /// The environment of this process.
    pub fn of_process() -> Self {
        Self::read(|name| env::var(name).ok())
    }

    /// The environment that `variable` tells, by name.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Self {
        let filled = |name: &str| variable(name).filter(|value| !value.is_empty());
        Self {
            term: filled("TERM").unwrap_or_default(),
            locale: ["LC_ALL", "LC_CTYPE", "LANG"]
                .into_iter()
                .find_map(filled)
                .unwrap_or_default(),
            no_color: filled("NO_COLOR").is_some(),
            columns: filled("COLUMNS").and_then(|value| value.parse().ok()),
            lines: filled("LINES").and_then(|value| value.parse().ok()),
        }
    }

    fn is_utf8(&self) -> bool {
        let locale = self.locale.to_ascii_lowercase();
        locale.ends_with("utf-8") || locale.ends_with("utf8") || locale.contains("utf-8@")
    }
}
