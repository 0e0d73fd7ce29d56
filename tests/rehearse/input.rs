//! Bad input: exit code 2, the place, the way to mend it, and nothing written.

use rstest::rstest;
use tempfile::TempDir;

use crate::{EXAMPLE, Mcloud, preseed};

/// The number of the first line of `text` that has `part`, from 1.
fn line_of(text: &str, part: &str) -> usize {
    let at = text.lines().position(|line| line.contains(part));
    at.expect("the line is there") + 1
}

#[rstest]
#[case::unknown_key(("initiator: pi-a", "initiater: pi-a"), "initiater")]
#[case::unknown_driver(("driver: btrfs", "driver: ext4"), "driver: ext4")]
#[case::bad_address(("address: 127.0.0.12", "address: 127.0.0.312"), "127.0.0.312")]
#[case::same_name_twice(("name: pi-b", "name: pi-a"), "name: pi-a")]
fn a_bad_preseed_is_refused_with_its_place_and_nothing_is_written(
    #[case] (good, bad): (&str, &str),
    #[case] wrong: &str,
) {
    let text = EXAMPLE.replacen(good, bad, 1);
    assert_ne!(text, EXAMPLE);
    let (mcloud, dir) = (Mcloud::new(), TempDir::new().expect("a directory"));
    let path = preseed(dir.path(), &text);
    let ended = mcloud.run(&["rehearse", "--preseed", &path, "--json"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert_eq!(ended.out, "");
    let from = text
        .find("nodes:")
        .filter(|_| wrong == "name: pi-a")
        .unwrap_or(0);
    let after = text.get(from..).expect("the nodes");
    let before = text.lines().count() - after.lines().count();
    let line = if wrong == "name: pi-a" {
        // The second of the two is the wrong one.
        let first = line_of(after, wrong);
        let rest: Vec<_> = after.lines().skip(first).collect();
        before + first + line_of(&rest.join("\n"), wrong)
    } else {
        line_of(&text, wrong)
    };
    assert!(
        ended.err.contains(&format!("{path}:{line}:")),
        "{line}: {}",
        ended.err
    );
    assert_eq!(mcloud.left(), Vec::<String>::new());
}

#[test]
fn consent_to_another_number_of_disks_points_at_its_line_and_erases_nothing() {
    let text = EXAMPLE.replace("erase: 1", "erase: 2");
    let (mcloud, dir) = (Mcloud::new(), TempDir::new().expect("a directory"));
    let path = preseed(dir.path(), &text);
    let ended = mcloud.run(&["rehearse", "--preseed", &path, "--speed", "100", "--json"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    let line = line_of(&text, "erase: 2");
    assert!(
        ended.err.contains(&format!("{path}:{line}:")),
        "{}",
        ended.err
    );
    assert_eq!(ended.last()["exit"], 2);
    let steps = ended
        .events()
        .into_iter()
        .filter(|event| event["kind"] == "step");
    assert_eq!(steps.count(), 0);
    assert_eq!(mcloud.left(), Vec::<String>::new());
}

#[test]
fn a_preseed_of_other_machines_is_refused_with_the_simulated_ones() {
    let text = EXAMPLE.replace("127.0.0.12", "10.0.0.12");
    let (mcloud, dir) = (Mcloud::new(), TempDir::new().expect("a directory"));
    let path = preseed(dir.path(), &text);
    let ended = mcloud.run(&["rehearse", "--preseed", &path, "--json"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.err.contains("pi-b (127.0.0.12)"), "{}", ended.err);
    assert_eq!(mcloud.left(), Vec::<String>::new());
}

#[rstest]
#[case::preseed_that_is_not_there(&["rehearse", "--preseed", "/nowhere/answers.yaml"], "/nowhere/answers.yaml")]
#[case::fault_that_is_none(&["rehearse", "--fault", "lxd.dance@pi-a=refused"], "dance")]
#[case::too_many_nodes(&["rehearse", "--nodes", "51"], "51")]
#[case::speed_of_nothing(&["rehearse", "--speed", "0"], "speed")]
#[case::init_without_answers(&["init", "--lines"], "--preseed")]
#[case::token_file_that_is_not_there(&["join", "--token-file", "/nowhere/token"], "/nowhere/token")]
fn a_mistake_on_the_command_line_is_exit_code_2_and_names_it(
    #[case] words: &[&str],
    #[case] named: &str,
) {
    let mcloud = Mcloud::new();
    let ended = mcloud.run(words);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.err.contains(named), "{}", ended.err);
    assert_eq!(mcloud.left(), Vec::<String>::new());
}

#[test]
fn a_node_without_a_cluster_lists_no_nodes_and_says_how_to_get_one() {
    let mcloud = Mcloud::new();
    let dir = TempDir::new().expect("a directory");
    let state = dir.path().join("state");
    let state = state.display().to_string();
    for words in [["node", "list"], ["cluster", "list"], ["token", "list"]] {
        let ended = mcloud.run(&[&words[..], &["--state-dir", &state]].concat());
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert_eq!(ended.err.lines().count(), 1, "{}", ended.err);
        assert!(ended.err.contains("mcloud init"), "{}", ended.err);
    }
    assert!(
        !std::path::Path::new(&state).exists(),
        "asking makes no state"
    );
    assert_eq!(mcloud.left(), Vec::<String>::new());
}

#[test]
fn a_node_cannot_be_joined_without_root_and_one_sentence_says_so() {
    use std::os::fd::AsRawFd;
    use std::os::unix::process::CommandExt;
    if !rustix::process::geteuid().is_root() {
        return assert_refused_without_root(&mut Mcloud::new().command(&["join", "--lines"]));
    }
    // As nobody, who may not look into every directory: by the open file.
    let program = std::fs::File::open(env!("CARGO_BIN_EXE_mcloud")).expect("the binary");
    let path = format!("/proc/self/fd/{}", program.as_raw_fd());
    let mut command = std::process::Command::new(path);
    command
        .args(["join", "--lines"])
        .uid(65_534)
        .current_dir("/");
    assert_refused_without_root(&mut command);
}

fn assert_refused_without_root(command: &mut std::process::Command) {
    let output = command.output().expect("mcloud starts");
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{err}");
    assert_eq!(err.lines().count(), 1, "{err}");
    assert!(err.contains("root"), "{err}");
}
