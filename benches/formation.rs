//! The table of whole formations: how long rehearsals of 3, 8 and 20 Pis take, beside the longest
//! chain of their steps and beside the same steps one after the other.
//!
//! A rehearsal's clock runs faster than life, and mcloud itself does not: at ten times the speed
//! each millisecond of its own counts ten. So each formation is rehearsed at two speeds, and from the
//! difference follows what is mcloud's own and what remains where the speed is life's.
#![expect(
    clippy::expect_used,
    reason = "a measurement that goes wrong may panic"
)]

#[expect(dead_code, reason = "the table of figures counts in more units")]
#[path = "parts/table.rs"]
mod table;

use std::fs;
use std::io::{BufRead, BufReader, Write as _};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use table::{Row, Unit};
use tempfile::TempDir;

/// How many Pis.
const SIZES: [u8; 3] = [3, 8, 20];

/// How many times faster than life: figures are those of the first.
const SPEEDS: [f64; 2] = [10.0, 40.0];

/// The wall time is to be this many times the critical path at most.
const AIM: f64 = 1.05;

/// Ticks of the kernel's clock in a second, as proc(5) tells CPU time on Linux.
const TICKS: f64 = 100.0;

/// What a figure is, or why there is none.
type Found<T> = Result<T, String>;

fn main() {
    // `cargo test --benches` runs this as well: nothing is measured there.
    if !std::env::args().any(|word| word == "--bench") {
        return;
    }
    let mut out = std::io::stdout();
    for nodes in SIZES {
        for row in rows(nodes) {
            writeln!(out, "{row}").expect("somebody reads");
        }
    }
}

/// How a formation went; times in seconds of World's clock.
#[derive(Debug, Clone, Copy)]
struct Formed {
    /// How many times faster than life it was.
    speed: f64,
    /// From Install to the end.
    wall: f64,
    /// The longest chain of steps that had to wait for each other.
    path: f64,
    /// All steps one after the other, as MicroCloud does them.
    series: f64,
    /// CPU seconds of all nodes and all simulated services together, from start to end.
    cpu: f64,
    /// The most memory that they took, in MiB.
    memory: f64,
}

fn rows(nodes: u8) -> Vec<Row> {
    let [slow, fast] = SPEEDS.map(|speed| form(nodes, speed));
    let both = slow.clone().and_then(|slow| both_of(slow, fast?));
    let of = |what: &str, found: Found<f64>, unit| {
        Row::new(format!("{nodes} nodes: {what}"), found, unit)
    };
    let one =
        |what: &str, of_one: fn(Formed) -> f64, unit| of(what, slow.clone().map(of_one), unit);
    let two = |what: &str, of_both: fn((Formed, Formed)) -> f64, unit| {
        of(what, both.clone().map(of_both), unit)
    };
    vec![
        one(
            "wall time, from Install to the end",
            |it| it.wall,
            Unit::Seconds,
        ),
        one("critical path", |it| it.path, Unit::Seconds),
        one(
            "wall time / critical path",
            |it| it.wall / it.path,
            Unit::Times,
        )
        .below(AIM),
        one("the same steps in series", |it| it.series, Unit::Seconds),
        one(
            "wall time / in series",
            |it| it.wall / it.series,
            Unit::Times,
        )
        .below(1.0),
        two("services' own time on the path", services, Unit::Seconds),
        two("wall time / services' own, in life", in_life, Unit::Times).below(AIM),
        one(
            "processors busy",
            |it| it.cpu / (it.wall / it.speed),
            Unit::Times,
        )
        .below(1.5),
        one("memory, all in one process", |it| it.memory, Unit::MiB),
    ]
}

/// Both measurements, where they can be told apart: on a busy machine waiting for a processor counts
/// as mcloud's own, and at the higher speed as more than there is.
fn both_of(slow: Formed, fast: Formed) -> Found<(Formed, Formed)> {
    if services((slow, fast)) > 0.0 {
        return Ok((slow, fast));
    }
    Err("this machine is too busy".to_owned())
}

/// What mcloud itself adds to the wall time: seconds of life, whatever the speed.
fn own((slow, fast): (Formed, Formed)) -> f64 {
    ((fast.wall - slow.wall) / (fast.speed - slow.speed)).max(0.0)
}

/// What is left of the wall time without it.
fn services(both: (Formed, Formed)) -> f64 {
    own(both).mul_add(-both.0.speed, both.0.wall)
}

fn in_life(both: (Formed, Formed)) -> f64 {
    (services(both) + own(both)) / services(both)
}

/// Rehearses that many Pis with all services, whose snaps are there.
fn form(nodes: u8, speed: f64) -> Found<Formed> {
    let place = TempDir::new().map_err(|error| error.to_string())?;
    let (many, fast) = (nodes.to_string(), speed.to_string());
    let mut child = Command::new(env!("CARGO_BIN_EXE_mcloud"))
        .args(["rehearse", "--json", "--seed", "7", "--there", "all"])
        .args(["--nodes", &many, "--speed", &fast])
        .env("TMPDIR", place.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let formed = followed(&mut child, speed);
    child.kill().ok();
    child.wait().ok();
    formed
}

/// Follows it to its last event, at which its process is still there.
fn followed(child: &mut Child, speed: f64) -> Found<Formed> {
    let out = child.stdout.take().ok_or("it says nothing")?;
    for line in BufReader::new(out).lines() {
        let line = line.map_err(|error| error.to_string())?;
        let event: Value = serde_json::from_str(&line).map_err(|error| error.to_string())?;
        if event.get("kind").is_none_or(|kind| kind != "done") {
            continue;
        }
        let seconds = |key: &str| {
            let ms = event.get(key).and_then(Value::as_f64);
            ms.map(|ms| ms / 1_000.0)
                .ok_or(format!("no {key}: {event}"))
        };
        if event.get("ok") != Some(&Value::Bool(true)) {
            return Err(format!("the rehearsal failed: {event}"));
        }
        return Ok(Formed {
            speed,
            wall: seconds("took_ms")?,
            path: seconds("critical_path_ms")?,
            series: seconds("in_series_ms")?,
            cpu: cpu(child.id())?,
            memory: memory(child.id())?,
        });
    }
    Err("it ended without a last event".to_owned())
}

/// The CPU seconds of a process: user and system time, proc(5)'s fields 14 and 15.
fn cpu(pid: u32) -> Found<f64> {
    let stat =
        fs::read_to_string(format!("/proc/{pid}/stat")).map_err(|error| error.to_string())?;
    // The second field is a name in parentheses, which may hold blanks.
    let (_, rest) = stat.rsplit_once(')').ok_or("proc says nothing")?;
    let times = rest.split_whitespace().skip(11).take(2);
    let ticks = times.filter_map(|ticks| ticks.parse::<f64>().ok());
    Ok(ticks.sum::<f64>() / TICKS)
}

/// The most resident memory that a process had, in MiB.
fn memory(pid: u32) -> Found<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"));
    let status = status.map_err(|error| error.to_string())?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
    kib.map(|kib| kib / 1024.0)
        .ok_or("proc says nothing".to_owned())
}
