//! The front door: arguments, then one face or one daemon.

fn main() {}
