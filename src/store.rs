//! The leader's database.
