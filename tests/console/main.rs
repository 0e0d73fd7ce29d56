//! The console room: what it draws, what it reads, and how it gives the terminal back.

mod backend;
mod budget;
mod keys;
mod look;
mod pty;
mod support;
