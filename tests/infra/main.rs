//! The machine's edge: services over recorded answers and small sockets, the host over a small sysfs.
#![expect(clippy::indexing_slicing, reason = "what a test lacks shall fail it")]

mod board;
mod disks;
mod host;
mod machine;
mod micro_failing;
mod micro_lab;
mod micro_ready;
mod micro_recordings;
mod micro_steps;
mod micro_tuning;
#[path = "../shared/patience.rs"]
mod patience;
mod recorded;
mod recordings;
mod rest;
mod service;
mod snapd_lab;
mod snapd_recordings;
mod snapd_steps;
mod steps;
mod steps_away;
mod steps_disk;
mod steps_failing;
mod steps_foreign;
mod steps_guests;
mod steps_lab;
mod steps_last;
mod steps_late;
mod steps_networks;
mod steps_overdue;
mod steps_ready;
mod steps_remote;
mod steps_stopped;
mod steps_tokens;
mod steps_web;
mod steps_words;
