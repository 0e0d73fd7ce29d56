//! The faces without a screen, the preseed, the command line: what they read and what they print.

mod answers;
mod command_line;
mod dialog;
mod events;
mod lines;
mod preseed_errors;
mod preseed_files;
mod preseed_machines;
mod preseed_services;
mod preseed_shown;
mod preseed_together;
mod preseed_words;
mod preseed_written;
mod samples;
mod shell;
mod shipped;
mod trial;
