//! The faces without a screen, the preseed, the command line: what they read and what they print.

mod preseed_errors;
mod preseed_files;
