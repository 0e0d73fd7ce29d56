//! The wizard as a whole: the real screens, the real forms and the real engines of a house of nodes,
//! walked through by keys.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that goes wrong may panic"
)]

mod bar;
mod begin;
mod between;
mod drawn;
mod escape;
mod eye;
mod focus;
mod four;
mod guest;
mod house;
mod judge;
mod later;
mod machine;
mod random;
mod way;
