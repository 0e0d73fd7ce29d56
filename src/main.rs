//! The front door: arguments, then one face or one daemon.

use std::process::ExitCode;

fn main() -> ExitCode {
    mcloud::front::run(mcloud::cli::parse())
}
