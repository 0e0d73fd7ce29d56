//! The wizard at a console: how it is opened, left and saved, and a joiner's way through it.

use crate::seat::{CTRL_C, DOWN, ENTER, F7, F10, console};
use crate::walk::{at_review, until_title};

#[test]
fn leaving_before_anything_was_begun_asks_and_ends_with_3() {
    let mut seat = console(80, 24).run(&["rehearse", "--speed", "10"]);
    until_title(&mut seat, "Welcome");
    seat.press(CTRL_C);
    seat.until("▶ Stay");
    seat.press(DOWN);
    seat.until("▶ Leave: nothing was written");
    seat.press(ENTER);
    assert_eq!(seat.exit(), 3);
    seat.assert_given_back();
    seat.assert_nothing_left();
    assert!(
        seat.text().contains("nothing was written"),
        "{}",
        seat.text()
    );
}

#[test]
fn where_nothing_may_be_asked_mcloud_alone_says_what_there_is() {
    let mut seat = console(80, 24).run(&["--json"]);
    assert_eq!(seat.exit(), 2);
    assert!(seat.text().contains("mcloud rehearse"), "{}", seat.text());
}

#[test]
fn the_answers_are_saved_in_a_file_that_was_not_there() {
    let mut seat = at_review("10", 1);
    let file = seat.temporary.path().join("attic.yaml");
    for again in [false, true] {
        seat.press(F7);
        seat.until("[ mcloud.yaml_");
        seat.press(&[0x7f; 11]);
        seat.press(file.display().to_string().as_bytes());
        seat.press(ENTER);
        let says = if again {
            "is there already"
        } else {
            "are saved in"
        };
        seat.until(says);
        let text = std::fs::read_to_string(&file).expect("the file is there");
        assert!(text.contains("initiator: pi-a"), "{text}");
        seat.press(if again { CTRL_C } else { ENTER });
        seat.until_gone(says);
    }
}

#[test]
fn a_joiner_types_the_words_compares_and_sees_its_cluster_to_the_end() {
    let mut seat = console(80, 24).run(&["rehearse", "--speed", "10", "--as", "joiner"]);
    seat.until("▶ Join rehearsal");
    seat.press(ENTER);
    seat.until("It shows  ");
    let text = seat.text();
    let line = text.lines().find(|line| line.contains("It shows"));
    let words = line.and_then(|line| line.split("It shows").nth(1));
    let words = words.expect("the words are to be seen").trim().to_owned();
    seat.press(words.as_bytes());
    seat.until(&format!("[ {words}"));
    seat.press(ENTER);
    // The Enter that sent the words cannot say yes to what came after them.
    seat.until("▶ They are the same");
    seat.until("Enter Choose");
    seat.press(ENTER);
    seat.until("Enter Join");
    seat.press(ENTER);
    seat.until("The cluster rehearsal is ready: 3 members");
    seat.press(ENTER);
    assert_eq!(seat.exit(), 0);
    seat.assert_given_back();
    seat.assert_nothing_left();
    // F10 alone never gets a joiner past the words.
    let mut seat = console(80, 24).run(&["rehearse", "--speed", "10", "--as", "joiner"]);
    seat.until("▶ Join rehearsal");
    seat.press(ENTER);
    seat.until("It shows  ");
    seat.press(F10);
    seat.until("▶[ Next ]");
    seat.press(ENTER);
    assert!(seat.text().contains("step 5 of 10"), "{}", seat.text());
}
