//! How a mistake in a preseed is shown: the line, the caret, and nothing that could do harm.

use mcloud::preseed;
use rstest::rstest;

use super::preseed_errors::{changed, error_of};

#[test]
fn the_line_is_shown_with_a_caret_under_the_column() {
    let told = error_of(&changed("10.0.0.12", "10.0.0.300")).to_string();
    let expected = "\
attic.yaml:11:14: \"10.0.0.300\" is not an address — it takes an IPv4 or IPv6 address of the node without a prefix length, such as 10.0.0.11
  11 |     address: 10.0.0.300
     |              ^";
    assert_eq!(told, expected);
}

#[test]
fn the_caret_stands_under_the_column_of_a_very_long_line() {
    let told = error_of(&format!("cluster: [{}]\n", "a, ".repeat(200))).to_string();
    let mut shown = told.lines().skip(1);
    let (line, caret) = (shown.next(), shown.next());
    let (line, caret) = (line.expect("a line"), caret.expect("a caret"));
    assert!(line.chars().count() < 120, "{line}");
    let column = caret.find('^').expect("a caret");
    assert_eq!(line.chars().nth(column), Some('['), "{told}");
}

#[test]
fn more_than_64_nodes_are_refused_at_the_65th() {
    let node = |number| {
        format!(
            "  - name: n{number}
    address: 10.0.0.{number}
"
        )
    };
    let nodes: String = (1..=70).map(node).collect();
    let text = format!(
        "cluster: a
initiator: n1
nodes:
{nodes}"
    );
    let told = error_of(&text).to_string();
    assert!(
        told.starts_with("attic.yaml:132:5: 70 nodes are named; mcloud takes 64 at most"),
        "{told}"
    );
}

#[rstest]
#[case::value_of_an_unknown_key("cluster: attic\ntoken: short-secret\n")]
#[case::unknown_key_in_one_line("{cluster: attic, token: short-secret}\n")]
#[case::a_token_file_for_a_preseed("eyJ2IjoxLCJjbHVzdGVyIjoiYXR0aWMishort-secret\n")]
#[case::a_token_for_a_name("cluster: eyJ2IjoxLCJjbHVzdGVyIjoiYXR0aWMishort-secret\n")]
#[case::a_token_for_an_address(
    "cluster: a\ninitiator: b\nnodes: [{name: b, address: eyJ2IjoxLCJjbHVzdGVyIjoshort-secret}]\n"
)]
fn secrets_are_never_printed(#[case] text: &str) {
    let told = error_of(text);
    assert!(!told.to_string().contains("short-secret"), "{told}");
    assert!(!format!("{told:?}").contains("short-secret"), "{told}");
}

#[test]
fn an_error_carries_no_control_character() {
    let told = error_of("cluster: \"\\e[31mred\\u202e\"\n\x1b[2J: 1\n").to_string();
    assert!(
        !told.contains(|c: char| c.is_control() && c != '\n'),
        "{told:?}"
    );
    assert!(!told.contains('\u{202e}'), "{told:?}");
}

#[test]
fn bytes_that_are_no_text_are_told_with_their_place() {
    let told = preseed::text(b"cluster: attic\nini\xfftiator: a\n", "attic.yaml")
        .expect_err("these bytes are no UTF-8")
        .to_string();
    assert!(
        told.starts_with("attic.yaml:2:4: this is not text in UTF-8"),
        "{told}"
    );
}

#[test]
fn a_long_name_is_no_secret() {
    let told = error_of(&changed("attic", "the_clouds-under-the-roof-of-our-house")).to_string();
    assert_eq!(
        told.matches("the_clouds-under-the-roof-of-our-house")
            .count(),
        2,
        "{told}"
    );
}
