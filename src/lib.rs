//! The map of the house: one engine, one daemon around it, faces in front, the machine behind.

pub mod cli;
pub mod console;
pub mod daemon;
pub mod discovery;
pub mod engine;
pub mod face;
pub mod forms;
pub mod front;
pub mod headless;
pub mod infra;
pub mod preseed;
pub mod rehearsal;
pub mod screens;
pub mod session;
pub mod store;
pub mod text;
pub mod usual;
pub mod wire;
pub mod wordlist;
pub mod world;
