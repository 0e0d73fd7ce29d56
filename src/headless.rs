//! The faces without a screen: lines and JSON, and the questions of the line face. Told events become
//! text here; only `ask` reads and writes, on streams it is given.

pub mod answer;
pub mod ask;
pub mod json;
pub mod lines;
mod moment;
pub mod offers;
mod table;
pub mod trial;
