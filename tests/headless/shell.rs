//! What the operator's shell is given: completions that complete, a manual that tells everything.

use std::path::Path;
use std::process::{Command, Output};

use clap::CommandFactory;
use mcloud::cli::Cli;
use rstest::rstest;

fn mcloud(words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mcloud"));
    command.args(words).output().expect("mcloud starts")
}

/// What a command that ends well prints.
fn printed(words: &[&str]) -> String {
    let output = mcloud(words);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Every command that an operator may type, as its words, with the long flags that are its own.
fn commands() -> Vec<(String, Vec<String>)> {
    fn walk(command: &clap::Command, words: &str, found: &mut Vec<(String, Vec<String>)>) {
        let flags = command.get_arguments().filter_map(|arg| arg.get_long());
        let flags = flags.map(|flag| format!("--{flag}")).collect();
        found.push((words.to_owned(), flags));
        for command in command.get_subcommands().filter(|it| !it.is_hide_set()) {
            walk(command, &format!("{words} {}", command.get_name()), found);
        }
    }
    let mut found = Vec::new();
    walk(&Cli::command(), "mcloud", &mut found);
    assert!(found.len() > 8, "{found:?}");
    found
}

/// What bash offers when Tab is pressed behind the last of `words`.
fn offered(words: &[&str]) -> Vec<String> {
    const PRESS_TAB: &str = r#"
        eval "$SCRIPT"
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        complete=$(complete -p mcloud) && [[ $complete =~ -F\ ([^ ]+) ]]
        "${BASH_REMATCH[1]}" mcloud "${@: -1}" "${@: -2:1}"
        printf '%s\n' "${COMPREPLY[@]}""#;
    let output = Command::new("bash")
        .args(["--norc", "--noprofile", "-c", PRESS_TAB, "bash"])
        .args(words)
        .env("SCRIPT", printed(&["completions", "bash"]))
        .output()
        .expect("bash starts");
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.split_whitespace().map(str::to_owned).collect()
}

/// Whether a program is on this machine.
fn is_here(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|dir| dir.join(program).is_file())
}

#[test]
fn bash_finds_no_fault_with_its_completions() {
    let place = tempfile::tempdir().expect("a directory");
    let script = place.path().join("mcloud.bash");
    std::fs::write(&script, printed(&["completions", "bash"])).expect("the script");
    let output = Command::new("bash").arg("-n").arg(&script).output();
    let output = output.expect("bash starts");
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{output:?}"
    );
}

#[test]
fn bash_completes_commands_and_flags() {
    assert_eq!(offered(&["mcloud", "re"]), ["rehearse"]);
    assert_eq!(offered(&["mcloud", "rehearse", "--fa"]), ["--fault"]);
    assert_eq!(offered(&["mcloud", "token", "cr"]), ["create"]);
    assert_eq!(offered(&["mcloud", "--look", "as"]), ["ascii"]);
    assert!(offered(&["mcloud", "daem"]).is_empty(), "nobody types it");
}

#[rstest]
#[case("bash")]
#[case("elvish")]
#[case("fish")]
#[case("powershell")]
#[case("zsh")]
fn every_shell_learns_every_command_and_flag(#[case] shell: &str) {
    let script = printed(&["completions", shell]);
    for (words, flags) in commands() {
        let last = words.split(' ').next_back().expect("it has a name");
        assert!(script.contains(last), "{shell} does not know {words}");
        for flag in flags {
            let name = flag.trim_start_matches('-');
            assert!(script.contains(name), "{shell} does not know {flag}");
        }
    }
    assert!(!script.contains("daemon"), "nobody types mcloud daemon");
}

#[test]
fn a_shell_that_is_not_known_is_bad_input_and_the_known_ones_are_named() {
    let output = mcloud(&["completions", "tcsh"]);
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(
        told.contains("bash, elvish, fish, powershell, zsh"),
        "{told}"
    );
}

#[test]
fn the_manual_names_every_command_and_in_its_place_every_flag_of_it() {
    let page = printed(&["man"]).replace("\\-", "-");
    for (words, flags) in commands() {
        let is_run = page.contains(&format!("\n.SS \"{words}\"\n"));
        let begins = [format!("\n.SS \"{words}\"\n"), ".SH OPTIONS".to_owned()];
        let begin = begins.iter().find_map(|begin| page.split_once(begin));
        let (_, rest) = begin.unwrap_or_else(|| panic!("no {words} in\n{page}"));
        let group = commands().iter().any(|(other, _)| {
            let below = other.strip_prefix(&words);
            below.is_some_and(|rest| rest.starts_with(' '))
        });
        assert!(is_run || group, "no {words} in\n{page}");
        let piece = rest.split("\n.SS ").next().unwrap_or_default();
        for flag in flags {
            assert!(piece.contains(&flag), "{words} without {flag}:\n{piece}");
        }
    }
    assert!(!page.contains("mcloud daemon"), "{page}");
}

#[test]
fn the_manual_tells_exit_status_environment_files_and_examples() {
    let page = printed(&["man"]);
    let (_, codes) = page.split_once(".SH \"EXIT STATUS\"").expect("the codes");
    let (codes, rest) = codes.split_once(".SH ENVIRONMENT").expect("the variables");
    for code in 0..=4 {
        assert!(codes.contains(&format!("\\fB{code}\\fR")), "{codes}");
    }
    let (variables, rest) = rest.split_once(".SH FILES").expect("the files");
    assert!(variables.contains("MCLOUD_LOG") && variables.contains("NO_COLOR"));
    let (files, examples) = rest.split_once(".SH EXAMPLES").expect("examples");
    assert!(files.contains("/var/lib/mcloud") && files.contains("/run/mcloud"));
    let examples = examples.replace("\\-", "-");
    let lines = examples.lines().filter(|line| line.starts_with("mcloud "));
    let parsed: Vec<_> = lines
        .map(|line| mcloud::cli::parse_from(line.split(' ').map(Into::into)))
        .collect();
    assert!(parsed.len() >= 4, "{examples}");
    for example in parsed {
        example.expect("an example can be typed as it stands");
    }
}

/// Reads a page as its reader does: what it says, and what was found wrong with it.
fn read_by(reader: &str, page: &Path) -> Output {
    let mut command = Command::new(reader);
    match reader {
        "man" => command.args(["--warnings=w", "-l"]),
        _ => command.args(["-T", "lint", "-W", "error"]),
    };
    let command = command.arg(page).env("MANWIDTH", "80").env("LC_ALL", "C");
    command.output().expect("the reader starts")
}

#[test]
fn the_readers_of_manuals_find_no_fault_with_any_page() {
    let place = tempfile::tempdir().expect("a directory");
    let dir = place.path().join("man1");
    let asked = dir.display().to_string();
    assert_eq!(printed(&["man", "--dir", &asked]), "");
    let whole = std::fs::read_to_string(dir.join("mcloud.1")).expect("the page");
    assert_eq!(whole, printed(&["man"]));
    for (words, _) in commands() {
        let page = dir.join(format!("{}.1", words.replace(' ', "-")));
        let text = std::fs::read_to_string(&page).expect("each command has a page");
        let title = format!("\n.TH {} 1 \" \" \"mcloud ", words.replace(' ', "-"));
        assert!(text.contains(&title), "{text}");
        for reader in ["man", "mandoc"].into_iter().filter(|it| is_here(it)) {
            let read = read_by(reader, &page);
            let found = String::from_utf8_lossy(&read.stderr);
            assert!(
                read.status.success() && found.is_empty(),
                "{words}: {read:?}"
            );
            let says = String::from_utf8_lossy(&read.stdout);
            let says = says.replace('\u{8}', "");
            assert!(reader == "mandoc" || says.contains("SYNOPSIS"), "{says}");
        }
    }
}

#[test]
fn pages_that_cannot_be_written_are_a_failure_with_the_place() {
    let place = tempfile::tempdir().expect("a directory");
    let file = place.path().join("file");
    std::fs::write(&file, "in the way").expect("the file");
    let output = mcloud(&["man", "--dir", &file.display().to_string()]);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(told.contains(&file.display().to_string()), "{told}");
}
