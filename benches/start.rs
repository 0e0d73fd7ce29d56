//! The table of figures: frames, start, memory, size and handshakes of the binary, with the aims.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a measurement that goes wrong may panic"
)]

#[expect(dead_code, reason = "the screens' tests need more of it")]
#[path = "../tests/screens/desk.rs"]
mod desk;
#[expect(dead_code, reason = "the face's tests need more of it")]
#[path = "../tests/face/device.rs"]
mod device;
#[path = "parts/drawn.rs"]
mod drawn;
#[path = "parts/handshake.rs"]
mod handshake;
#[path = "parts/peers.rs"]
mod peers;
#[expect(dead_code, reason = "the screens' tests need more of them")]
#[path = "../tests/screens/pictures.rs"]
mod pictures;
#[path = "parts/process.rs"]
mod process;
#[path = "../tests/screens/stage.rs"]
mod stage;
#[expect(dead_code, reason = "formations count in more units")]
#[path = "parts/table.rs"]
mod table;

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::IpAddr;
use std::path::Path;

use drawn::{Case, Drawn};
use handshake::Leader;
use mcloud::preseed::is_name;
use mcloud::world::{Clock, World};
use process::{Daemon, Found, Seat};
use table::{Row, Unit};
use tempfile::TempDir;

/// How long a frame is measured, in milliseconds: long beside the clock's one.
const LONG_ENOUGH: u64 = 100;

/// How often mcloud is started; the median counts.
const STARTS: usize = 9;

/// How many handshakes are measured.
const HANDSHAKES: u32 = 200;

/// The nodes beside this machine: one comes, and one never does, so that nothing is ever installed.
const COMES: (&str, &str) = ("bench-comes", "198.51.100.1");
const STAYS_AWAY: (&str, &str) = ("bench-stays-away", "198.51.100.2");

fn main() {
    // `cargo test --benches` runs this as well: nothing is measured there.
    if !std::env::args().any(|word| word == "--bench") {
        return;
    }
    let mut out = std::io::stdout();
    let mut rows = frames();
    rows.push(first_frame());
    rows.push(cold_start());
    rows.push(first_peer());
    rows.extend(formed());
    rows.push(size());
    rows.extend(handshakes());
    for row in rows {
        writeln!(out, "{row}").expect("somebody reads");
    }
}

/// Frames at the sizes that have aims: the slowest and the longest of all screens and looks. The
/// aims in bytes are those of the screens' tests.
fn frames() -> Vec<Row> {
    let mut rows = Vec::new();
    for (size, aim) in [((80, 24), 1.0), ((200, 60), 3.0)] {
        let (width, height) = size;
        let cases = drawn::cases().into_iter().filter(|case| case.size == size);
        let cases: Vec<Case> = cases.collect();
        for (name, frame) in [
            ("all drawn", Drawn::whole as fn(&mut Drawn) -> usize),
            ("a second later", Drawn::tick),
        ] {
            let slowest = cases.iter().map(|case| (per_frame(case, frame), case));
            let slowest = slowest.max_by(|one, other| one.0.total_cmp(&other.0));
            let (ms, case) = slowest.expect("there are screens");
            let what = format!(
                "frame {width}x{height}, {name}, slowest: {}, {}",
                case.screen,
                case.look.name()
            );
            rows.push(Row::new(what, Ok(ms), Unit::Milliseconds).below(aim));
        }
        let bytes = |case: &Case| case.drawn().whole();
        let most = cases.iter().map(bytes).max().unwrap_or_default();
        let most = u32::try_from(most).map(f64::from);
        let what = format!("frame {width}x{height}, all drawn, longest");
        let row = Row::new(what, most.map_err(|error| error.to_string()), Unit::Bytes);
        rows.push(if size == (80, 24) {
            row.below(4_000.0)
        } else {
            row
        });
    }
    rows
}

/// What a frame takes in milliseconds: build, diff and encoding.
fn per_frame(case: &Case, frame: fn(&mut Drawn) -> usize) -> f64 {
    let mut drawn = case.drawn();
    let clock = Clock::real();
    let began = clock.now();
    let mut count = 0_u32;
    while clock.now() - began < LONG_ENOUGH {
        for _ in 0..20 {
            std::hint::black_box(frame(&mut drawn));
        }
        count += 20;
    }
    milliseconds(clock.now() - began) / f64::from(count)
}

fn milliseconds(ms: u64) -> f64 {
    u32::try_from(ms).map_or(f64::INFINITY, f64::from)
}

/// From the start of a rehearsal, with its three Pis, to Welcome on the screen.
fn first_frame() -> Row {
    let what = "start of rehearse --nodes 3 to its first frame";
    let found = until_shown(&["rehearse", "--nodes", "3"], "Welcome");
    Row::new(what, found, Unit::Milliseconds).below(50.0)
}

/// From the start of mcloud on a node where none runs yet, its daemon included, to Welcome.
fn cold_start() -> Row {
    let found = median(|| {
        let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
        let state = dir.path().join("state");
        let clock = Clock::real();
        let began = clock.now();
        let mut seat = Seat::run(&["--state-dir", &state.display().to_string()])?;
        let shown = seat.until("Welcome");
        let took = clock.now() - began;
        // The daemon ends with us.
        let daemon = Daemon::of(&state);
        shown.and(daemon).map(|_| milliseconds(took))
    });
    let what = "cold start of mcloud and its daemon to the first frame";
    Row::new(what, found, Unit::Milliseconds).below(50.0)
}

/// From the start of a daemon to the first peer that it hears.
fn first_peer() -> Row {
    let found = median(|| peers::until_heard().map(milliseconds));
    let what = "start of a node to its first peer";
    Row::new(what, found, Unit::Milliseconds).below(300.0)
}

/// The median of the times from the start of mcloud to `text` on the screen, in milliseconds.
fn until_shown(words: &[&str], text: &str) -> Found<f64> {
    median(|| {
        let clock = Clock::real();
        let began = clock.now();
        let mut seat = Seat::run(words)?;
        seat.until(text)?;
        Ok(milliseconds(clock.now() - began))
    })
}

fn median(once: impl Fn() -> Found<f64>) -> Found<f64> {
    let mut times: Vec<_> = (0..STARTS).map(|_| once()).collect::<Found<_>>()?;
    times.sort_by(f64::total_cmp);
    times
        .get(STARTS / 2)
        .copied()
        .ok_or("it never started".to_owned())
}

/// This machine leads and waits, a second node of its own has joined it.
struct Formation {
    leader: Daemon,
    agent: Daemon,
    face: Seat,
    joiner: Seat,
    /// Where the joiner keeps its state.
    joins: String,
    _dir: TempDir,
}

impl Formation {
    fn new() -> Found<Self> {
        let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
        let at = |name: &str| dir.path().join(name).display().to_string();
        write_preseed(Path::new(&at("preseed.yaml")))?;
        let (leads, joins) = (at("leads"), at("joins"));
        let (preseed, tokens) = (at("preseed.yaml"), at("tokens"));
        let answers = ["init", "--preseed", &preseed, "--tokens", &tokens];
        let words = [&answers[..], &["--state-dir", &leads]].concat();
        let mut face = Seat::run(&words)?;
        let token = at(&format!("tokens/{}.token", COMES.0));
        let shown = face.until_file(Path::new(&token));
        // A daemon that is there ends with us, whatever else went wrong.
        let leader = Daemon::of(Path::new(&leads));
        shown?;
        let leader = leader?;
        let joiner = Seat::run(&["join", "--token-file", &token, "--state-dir", &joins])?;
        let shown = face.until(&format!("Waiting for {},", STAYS_AWAY.0));
        let agent = Daemon::of(Path::new(&joins));
        shown?;
        let agent = agent?;
        Ok(Self {
            leader,
            agent,
            face,
            joiner,
            joins,
            _dir: dir,
        })
    }
}

/// A preseed of this machine and the two others.
fn write_preseed(path: &Path) -> Found<()> {
    let hostname = mcloud::infra::host::hostname(&World::machine());
    let name = hostname.split('.').next().unwrap_or_default();
    let name = name.to_ascii_lowercase();
    if !is_name(&name) {
        return Err(format!("{hostname} cannot be a node's name"));
    }
    let nics = if_addrs::get_if_addrs().map_err(|error| error.to_string())?;
    let address = nics
        .iter()
        .map(if_addrs::Interface::ip)
        .find(IpAddr::is_ipv4);
    let address = address
        .ok_or("this machine has no IPv4 address")?
        .to_string();
    let mut text = format!("cluster: bench\ninitiator: {name}\nnodes:\n");
    for (name, address) in [(&*name, &*address), COMES, STAYS_AWAY] {
        write!(text, "  - name: {name}\n    address: {address}\n")
            .map_err(|error| error.to_string())?;
    }
    std::fs::write(path, text).map_err(|error| error.to_string())
}

/// What needs a cluster: a face that comes to a daemon that runs, and the memory of a face and of
/// the two daemons when a node has joined.
fn formed() -> Vec<Row> {
    let formation = Formation::new();
    let of = |what: &str, found: fn(&Formation) -> Found<f64>, unit| {
        let found = formation.as_ref().map_err(Clone::clone).and_then(found);
        Row::new(what, found, unit)
    };
    let attach = |all: &Formation| until_shown(&["join", "--state-dir", &all.joins], "Review");
    let face = |all: &Formation| Ok(all.face.memory()?.max(all.joiner.memory()?));
    let first = "start of a face at its daemon to its first frame";
    vec![
        of(first, attach, Unit::Milliseconds).below(50.0),
        of("memory of a face", face, Unit::MiB).below(20.0),
        of(
            "memory of mcloudd, leading",
            |all| all.leader.memory(),
            Unit::MiB,
        )
        .below(30.0),
        of(
            "memory of mcloud-agent, joined",
            |all| all.agent.memory(),
            Unit::MiB,
        )
        .below(20.0),
    ]
}

/// The binary as it is shipped, stripped by its profile.
fn size() -> Row {
    let binary = std::fs::metadata(env!("CARGO_BIN_EXE_mcloud"));
    let bytes = binary
        .map_err(|error| error.to_string())
        .and_then(|binary| {
            let bytes = u32::try_from(binary.len()).map_err(|error| error.to_string())?;
            Ok(f64::from(bytes) / 1_048_576.0)
        });
    Row::new("the stripped binary", bytes, Unit::MiB).below(10.0)
}

/// A handshake's name, and a machine that comes with it.
type Kind = (&'static str, fn(&Leader));

/// What being asked in costs the leader: CPU time of its thread alone. A new kind of handshake is a
/// line here.
fn handshakes() -> Vec<Row> {
    let kinds: [Kind; 3] = [
        ("a trust handshake", Leader::join_by_words),
        ("a join by token", |leader| drop(leader.join_by_token())),
        ("an agent's handshake", Leader::greet_agent),
    ];
    let measured = kinds.map(|(name, comes)| {
        let leader = Leader::start();
        for _ in 0..HANDSHAKES {
            comes(&leader);
        }
        let told = leader.stop().ok_or("this kernel does not tell".to_owned());
        let each = told.map(|all| milliseconds(all / 1_000) / 1_000.0 / f64::from(HANDSHAKES));
        let what = format!("CPU time of {name} on the leader");
        Row::new(what, each, Unit::Milliseconds).below(10.0)
    });
    measured.into()
}
