//! The table of figures: what was measured, and what is aimed at.

use std::fmt;

/// What figures are counted in.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Unit {
    Seconds,
    Milliseconds,
    Times,
    MiB,
    Bytes,
}

/// One figure.
#[derive(Debug)]
pub(crate) struct Row {
    what: String,
    /// The figure, or why there is none.
    found: Result<f64, String>,
    unit: Unit,
    /// It is to be less than this, where something is aimed at.
    aim: Option<f64>,
}

impl Row {
    pub(crate) fn new(what: impl Into<String>, found: Result<f64, String>, unit: Unit) -> Self {
        Self {
            what: what.into(),
            found,
            unit,
            aim: None,
        }
    }

    pub(crate) fn below(self, aim: f64) -> Self {
        Self {
            aim: Some(aim),
            ..self
        }
    }
}

impl Unit {
    fn tells(self, figure: f64) -> String {
        match self {
            Self::Seconds => format!("{figure:.1} s"),
            Self::Milliseconds => format!("{figure:.3} ms"),
            Self::Times => format!("{figure:.3}"),
            Self::MiB => format!("{figure:.1} MiB"),
            Self::Bytes => format!("{figure:.0} bytes"),
        }
    }

    fn aims(self, figure: f64) -> String {
        match self {
            Self::Seconds => format!("{figure} s"),
            Self::Milliseconds => format!("{figure} ms"),
            Self::Times => format!("{figure}"),
            Self::MiB => format!("{figure} MiB"),
            Self::Bytes => format!("{figure} bytes"),
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let found = match &self.found {
            Ok(figure) => self.unit.tells(*figure),
            Err(why) => return write!(f, "{:<52}  not measured: {why}", self.what),
        };
        let Some(aim) = self.aim else {
            return write!(f, "{:<52}{found:>14}", self.what);
        };
        let met = self.found.as_ref().is_ok_and(|figure| *figure < aim);
        let verdict = if met { "" } else { "  MISSED" };
        let aim = self.unit.aims(aim);
        write!(f, "{:<52}{found:>14}   < {aim}{verdict}", self.what)
    }
}
