//! Rehearsals at a terminal without a screen: the real program, asked and answered line by line.

use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use tempfile::TempDir;

/// No condition takes longer than this, on any machine.
const BOUND: Duration = Duration::from_mins(2);

/// Somebody at a teletype.
struct Teletype {
    _master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    paper: Receiver<Vec<u8>>,
    /// All that was printed.
    text: String,
    child: Box<dyn Child + Send + Sync>,
    place: TempDir,
}

impl Teletype {
    fn rehearse(words: &[&str]) -> Self {
        let pair = native_pty_system().openpty(PtySize::default());
        let pair = pair.expect("there are terminals");
        let place = TempDir::new().expect("a directory");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_mcloud"));
        command.env_clear();
        command.env("TERM", "dumb");
        command.env("TMPDIR", place.path());
        command.args(["rehearse", "--lines", "--speed", "20"]);
        command.args(words);
        let child = pair.slave.spawn_command(command);
        let mut reader = pair.master.try_clone_reader().expect("it can be read");
        let (sender, paper) = channel();
        thread::spawn(move || {
            let mut bytes = vec![0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                if sender.send(bytes[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self {
            keys: pair.master.take_writer().expect("it has keys"),
            _master: pair.master,
            paper,
            text: String::new(),
            child: child.expect("the program starts"),
            place,
        }
    }

    fn read(&mut self) {
        let bytes = self.paper.recv_timeout(BOUND);
        let bytes = bytes.unwrap_or_else(|_| panic!("nothing more after\n{}", self.text));
        self.text += &String::from_utf8_lossy(&bytes);
    }

    /// Waits until `text` was printed, ever.
    fn until(&mut self, text: &str) {
        while !self.text.contains(text) {
            self.read();
        }
    }

    /// The number that the last list has before a choice with `label` in it, once it was asked.
    fn number(&mut self, label: &str) -> String {
        loop {
            let from = self.text.rfind("What can be done:").unwrap_or(0);
            let list = self.text.get(from..).unwrap_or_default();
            let rows = list.lines().filter_map(|line| line.trim().split_once(". "));
            let whole = rows.clone().find(|(_, row)| *row == label);
            let number = whole.or_else(|| rows.clone().find(|(_, row)| row.contains(label)));
            match number {
                Some((number, _)) if list.ends_with("): ") => return number.to_owned(),
                _ => self.read(),
            }
        }
    }

    /// Types a line once it is asked for.
    fn say(&mut self, line: &str) {
        while !self.text.ends_with("): ") {
            self.read();
        }
        // What follows is another answer's.
        self.text.push('\n');
        writeln!(self.keys, "{line}").expect("the terminal takes a line");
    }

    fn choose(&mut self, label: &str) {
        let number = self.number(label);
        self.say(&number);
    }

    fn exit(mut self) -> (u32, String) {
        while let Ok(bytes) = self.paper.recv_timeout(BOUND) {
            self.text += &String::from_utf8_lossy(&bytes);
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                break;
            }
        }
        let code = self.child.wait().expect("it ends").exit_code();
        let left = self.place.path().read_dir().expect("the place");
        assert_eq!(left.count(), 0, "something is left behind");
        (code, self.text)
    }
}

#[test]
fn three_pis_become_a_cluster_by_answers_in_lines() {
    let mut seat = Teletype::rehearse(&["--nodes", "3"]);
    seat.choose("Start a cluster");
    seat.until("Address, step 3 of 10");
    seat.choose("Next");
    seat.until("Peers, step 4 of 10");
    seat.choose("Next");
    for joiner in ["pi-b", "pi-c"] {
        seat.choose(&format!("let {joiner} in"));
        seat.until(&format!("Now: {joiner}. Address"));
    }
    seat.until("With this node: 3 nodes.");
    seat.choose("Next");
    seat.until("Disks, step 6 of 10");
    for joiner in ["pi-b", "pi-c"] {
        seat.until(&format!("Use: Ceph, by {joiner}"));
    }
    seat.choose("Suggest");
    seat.until("Now: sda of pi-a (here): ");
    seat.choose("Next");
    seat.until("Network, step 7 of 10");
    seat.choose("Review");
    seat.until("Review, step 8 of 10");
    seat.until("Type install to go on");
    seat.say("yes");
    seat.until("Type install to go on; or b");
    seat.say("install");
    let (code, text) = seat.exit();
    assert_eq!(code, 0, "{text}");
    assert!(
        text.contains("proven: pi-a leads LXD's database."),
        "{text}"
    );
    assert!(text.contains("members: 3"), "{text}");
}

#[test]
fn a_joiner_types_the_words_compares_and_sees_it_through_in_lines() {
    let mut seat = Teletype::rehearse(&["--nodes", "3", "--as", "joiner"]);
    seat.choose("Join rehearsal");
    seat.until("Trust, step 5 of 10");
    seat.until("It shows: ");
    let number = seat.number("Type: Words");
    let after = seat.text.split("It shows: ").last().unwrap_or_default();
    let words = after.lines().next().unwrap_or_default().trim().to_owned();
    assert_eq!(words.split_whitespace().count(), 4, "{words}");
    seat.say(&number);
    // Three letters of each are enough.
    let short = words.split_whitespace().filter_map(|word| word.get(..3));
    let short: Vec<_> = short.collect();
    seat.say(&short.join(" "));
    seat.choose("They are the same");
    seat.until("Disks, step 6 of 10");
    seat.choose("Suggest");
    let (code, text) = seat.exit();
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("members: 3"), "{text}");
}

#[test]
fn leaving_at_the_first_question_asks_first_and_ends_with_exit_code_3() {
    let mut seat = Teletype::rehearse(&[]);
    seat.until("Welcome, step 1 of 10");
    seat.say("l");
    seat.choose("Stay");
    seat.until("Stay\r\n");
    seat.say("l");
    seat.choose("Leave: nothing was written");
    let (code, text) = seat.exit();
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("nothing was written."), "{text}");
}

#[test]
fn the_end_of_input_before_install_leaves_with_exit_code_3() {
    let mut seat = Teletype::rehearse(&[]);
    seat.until("helps): ");
    seat.keys
        .write_all(b"\x04")
        .expect("the terminal takes a key");
    let (code, text) = seat.exit();
    assert_eq!(code, 3, "{text}");
}
