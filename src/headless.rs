//! The faces without a screen: lines and JSON. Pure: what is told becomes text, main writes it.

pub mod answer;
pub mod json;
pub mod lines;
mod moment;
mod table;
