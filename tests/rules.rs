//! The house's own rules: who may know whom, how files begin, which words and glyphs there are.
#![expect(
    clippy::expect_used,
    clippy::string_slice,
    reason = "a test that cannot read the house fails"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What the files of discovery without sockets must not use.
const NO_OUTSIDE: &[&str] = &[
    "std::fs",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
    "std::env",
    "std::net::Tcp",
    "std::net::Udp",
    "tokio",
    "socket2",
    "crate::world",
];

/// What each room must not use, as `ARCHITECTURE.md` says.
const FORBIDDEN: &[(&str, &[&str])] = &[
    (
        "engine",
        &[
            "std::fs",
            "std::process",
            "std::thread",
            "std::time::Instant",
            "std::time::SystemTime",
            "std::env",
            "std::net::Tcp",
            "std::net::Udp",
            "tokio",
            "rusqlite",
            "rustls",
            "ratatui",
            "crossterm",
            "crate::wire",
            "crate::world",
            "crate::infra",
            "crate::daemon",
            "crate::session",
            "crate::store",
            "crate::screens",
            "crate::console",
            "crate::text",
        ],
    ),
    (
        "wire",
        &[
            "crate::screens",
            "crate::infra",
            "crate::session",
            "crate::store",
            "crate::daemon",
            "ratatui",
        ],
    ),
    (
        "forms",
        &[
            "tokio",
            "std::fs",
            "std::net::Tcp",
            "std::net::Udp",
            "ratatui",
            "crossterm",
            "crate::screens",
            "crate::wire",
            "crate::daemon",
            "crate::infra",
            "crate::session",
            "crate::store",
            "crate::discovery",
        ],
    ),
    (
        "screens",
        &[
            "tokio",
            "crate::infra",
            "crate::discovery",
            "crate::session",
            "crate::console",
            "crate::daemon",
            "crate::store",
            "crate::wire",
            "crate::world",
            "std::fs",
            "std::net",
            "std::process",
            "std::time::Instant",
        ],
    ),
    (
        "console",
        &[
            "crate::engine",
            "crate::screens",
            "crate::infra",
            "crate::wire",
            "crate::daemon",
        ],
    ),
    (
        "face",
        &[
            "crate::infra",
            "crate::session",
            "crate::discovery",
            "crate::store",
            "crate::daemon",
        ],
    ),
    (
        "headless",
        &[
            "ratatui",
            "crossterm",
            "crate::screens",
            "crate::console",
            "crate::infra",
            "crate::daemon",
        ],
    ),
    (
        "preseed",
        &[
            "ratatui",
            "crossterm",
            "crate::screens",
            "crate::console",
            "crate::infra",
            "crate::daemon",
        ],
    ),
    (
        "session",
        &[
            "crate::screens",
            "crate::console",
            "crate::store",
            "crate::infra",
            "crate::daemon",
        ],
    ),
    (
        "discovery",
        &[
            "ratatui",
            "crossterm",
            "crate::screens",
            "crate::console",
            "crate::session",
            "crate::store",
            "crate::infra",
            "crate::wire",
            "crate::daemon",
        ],
    ),
    ("discovery/beacon", NO_OUTSIDE),
    ("discovery/roster", NO_OUTSIDE),
    (
        "store",
        &[
            "crate::screens",
            "crate::console",
            "crate::session",
            "crate::infra",
            "crate::daemon",
        ],
    ),
    (
        "infra",
        &[
            "crate::screens",
            "crate::console",
            "crate::session",
            "crate::store",
            "crate::wire",
            "crate::daemon",
        ],
    ),
    (
        "daemon",
        &[
            "crate::screens",
            "crate::console",
            "crate::face",
            "crate::headless",
            "crate::front",
        ],
    ),
    (
        "rehearsal",
        &[
            "crate::screens",
            "crate::console",
            "crate::infra",
            "crate::face",
            "crate::front",
        ],
    ),
];

/// The most lines of a file; `ARCHITECTURE.md` says why.
const MOST_LINES: usize = 300;

fn house() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources(dir: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![house().join(dir)];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).expect("the house can be read") {
            let path = entry.expect("the house can be read").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = fs::read_to_string(&path).expect("sources are text");
                let name = path
                    .strip_prefix(house())
                    .unwrap_or(&path)
                    .display()
                    .to_string();
                found.push((name, text));
            }
        }
    }
    found.sort();
    found
}

fn is_in(file: &str, room: &str) -> bool {
    file == format!("src/{room}.rs") || file.starts_with(&format!("src/{room}/"))
}

#[test]
fn no_room_uses_what_it_must_not_know() {
    let mut wrong = Vec::new();
    for (file, text) in sources("src") {
        for (_, words) in FORBIDDEN.iter().filter(|(room, _)| is_in(&file, room)) {
            for (number, line) in text
                .lines()
                .enumerate()
                .filter(|(_, l)| !l.trim_start().starts_with("//"))
            {
                for word in words.iter().filter(|word| uses(line, word)) {
                    wrong.push(format!("{file}:{}: uses {word}", number + 1));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "rooms that know too much:\n{}",
        wrong.join("\n")
    );
}

/// Whether a line names `word` as a path of its own, not as a part of a longer name.
fn uses(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        let longer = before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':');
        let only_a_word = word.chars().all(char::is_lowercase) && after != Some(':');
        !longer && !only_a_word
    })
}

#[test]
fn the_architecture_tells_the_same_table() {
    let paper = fs::read_to_string(house().join("ARCHITECTURE.md")).expect("the paper is there");
    let told: Vec<_> = paper
        .lines()
        .skip_while(|line| *line != "| room | must not use |")
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .collect();
    let words = |words: &[&str]| words.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>();
    let meant = FORBIDDEN
        .iter()
        .map(|(room, forbidden)| format!("| `{room}` | {} |", words(forbidden).join(" ")));
    assert_eq!(told, meant.collect::<Vec<_>>());
}

#[test]
fn every_file_says_first_what_it_is() {
    let mut files = sources("src");
    files.extend(sources("tests"));
    let silent: Vec<_> = files
        .iter()
        .filter(|(_, text)| !text.starts_with("//! "))
        .map(|(file, _)| file)
        .collect();
    assert!(
        silent.is_empty(),
        "files without a first //! sentence: {silent:?}"
    );
}

#[test]
fn no_file_is_longer_than_a_room_should_be() {
    let long: Vec<_> = sources("src")
        .into_iter()
        .map(|(file, text)| (file, text.lines().count()))
        .filter(|(_, lines)| *lines > MOST_LINES)
        .collect();
    assert!(
        long.is_empty(),
        "files of more than {MOST_LINES} lines: {long:?}"
    );
}

#[test]
fn nothing_is_left_to_be_done_later() {
    let marks = [
        ["TO", "DO"].concat(),
        ["FIX", "ME"].concat(),
        ["unimple", "mented!"].concat(),
        ["to", "do!"].concat(),
    ];
    let left: Vec<_> = sources("src")
        .into_iter()
        .filter(|(_, text)| marks.iter().any(|mark| text.contains(mark.as_str())))
        .map(|(file, _)| file)
        .collect();
    assert!(left.is_empty(), "files with something left to do: {left:?}");
}

#[test]
fn every_sentence_is_used_and_every_code_has_its_sentence() {
    let files = sources("src");
    let known: BTreeSet<&str> = mcloud::text::codes().map(|(code, _)| code).collect();
    let unused: Vec<_> = known
        .iter()
        .filter(|code| {
            !files
                .iter()
                .any(|(_, text)| text.contains(&format!("\"{code}\"")))
        })
        .collect();
    assert!(unused.is_empty(), "sentences that nothing says: {unused:?}");
    let mut mute = Vec::new();
    for (file, text) in &files {
        for call in ["Message::new(\"", "say(\""] {
            for part in text.split(call).skip(1) {
                let code = part.split('"').next().unwrap_or_default();
                if code.contains('.') && !known.contains(code) {
                    mute.push(format!("{file}: {code}"));
                }
            }
        }
    }
    assert!(mute.is_empty(), "codes without a sentence: {mute:?}");
}

#[test]
fn every_hole_of_a_sentence_is_closed_and_named() {
    for (code, sentence) in mcloud::text::codes() {
        assert_eq!(
            sentence.matches('{').count(),
            sentence.matches('}').count(),
            "{code}"
        );
        assert!(!sentence.trim().is_empty(), "{code}");
        assert!(!sentence.chars().any(char::is_control), "{code}");
    }
}

#[test]
fn every_glyph_that_is_drawn_is_one_that_every_console_has() {
    let allowed: BTreeSet<char> = fs::read_to_string(Path::new(&house()).join("assets/glyphs.txt"))
        .expect("the glyphs are listed")
        .chars()
        .filter(|c| !c.is_ascii())
        .collect();
    let mut strange = Vec::new();
    for (file, text) in sources("src/screens") {
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            let unknown = code
                .chars()
                .filter(|c| !c.is_ascii() && !allowed.contains(c));
            strange.extend(unknown.map(|c| format!("{file}:{}: {c}", number + 1)));
        }
    }
    for (code, sentence) in mcloud::text::codes() {
        let unknown = sentence
            .chars()
            .filter(|c| !c.is_ascii() && !allowed.contains(c));
        strange.extend(unknown.map(|c| format!("{code}: {c}")));
    }
    assert!(
        strange.is_empty(),
        "glyphs outside assets/glyphs.txt: {strange:?}"
    );
}

#[test]
fn every_picture_of_the_readme_is_what_a_rehearsal_showed() {
    let paper = fs::read_to_string(house().join("README.md")).expect("the paper is there");
    let pictures: Vec<_> = paper.split("<!-- docs/screens/").skip(1).collect();
    assert!(pictures.len() >= 3, "the README shows the screens");
    for picture in pictures {
        let (name, rest) = picture.split_once(" -->\n```text\n").expect("a block");
        let (told, _) = rest.split_once("```\n").expect("its end");
        let file = house().join("docs/screens").join(name);
        let shown = fs::read_to_string(file).expect("docs/pictures.sh made it");
        assert_eq!(told, shown, "{name}: docs/pictures.sh writes the pictures");
    }
}
