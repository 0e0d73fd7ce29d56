//! What screens are put together from; nothing in here knows mcloud.

pub(super) mod buttons;
pub(super) mod field;
pub(super) mod framed;
pub(super) mod matrix;
pub(super) mod meter;
pub(super) mod scroll;
pub(super) mod table;
pub(super) mod text;
