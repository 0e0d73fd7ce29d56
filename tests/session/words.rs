//! The words of a session: what the list is like, how they are drawn, and how they are typed.

use std::collections::BTreeSet;

use mcloud::session::{Words, WordsError};
use mcloud::wordlist::{COUNT, beginning, complete, is_word, word};
use proptest::prelude::*;
use rstest::rstest;

fn all() -> Vec<&'static str> {
    beginning("").collect()
}

#[test]
fn the_list_has_all_its_words_in_order_and_only_small_letters() {
    let words = all();
    assert_eq!(words.len(), COUNT);
    assert!(words.is_sorted());
    let plain = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    assert!(words.iter().all(plain));
    assert_eq!(word(0), Some("aardvark"));
    assert_eq!(word(COUNT), None);
}

#[test]
fn three_letters_name_exactly_one_word() {
    let words = all();
    let beginnings: BTreeSet<&str> = words.iter().filter_map(|word| word.get(..3)).collect();
    assert_eq!(beginnings.len(), COUNT);
    for word in words {
        assert_eq!(complete(&word[..3]), Some(word));
        assert_eq!(complete(word), Some(word));
        assert!(is_word(word));
    }
}

#[rstest]
#[case::nothing("", None)]
#[case::one_letter("y", None)]
#[case::capitals("YO-", Some("yo-yo"))]
#[case::a_hyphen_is_a_letter("yo-", Some("yo-yo"))]
#[case::too_much("yo-yoo", None)]
#[case::no_such_word("zzz", None)]
#[case::umlauts("äöü", None)]
fn a_few_letters_become_a_word_where_they_are_enough(
    #[case] typed: &str,
    #[case] expected: Option<&str>,
) {
    assert_eq!(complete(typed), expected);
}

#[test]
fn a_beginning_that_only_one_word_has_is_enough_however_short() {
    for word in all() {
        let two = &word[..2];
        let alone = beginning(two).count() == 1;
        assert_eq!(complete(two).is_some(), alone, "{two}");
    }
}

#[test]
fn suggestions_are_the_words_that_begin_so() {
    let found: Vec<_> = beginning("Yo").collect();
    assert_eq!(found, ["yo-yo", "yodel", "yogurt"]);
    assert_eq!(beginning("zzz").count(), 0);
}

#[test]
fn drawn_words_are_four_of_the_list_and_others_each_time() {
    let drawn = Words::draw().unwrap();
    let words: Vec<_> = drawn.expose().split(' ').collect();
    assert_eq!(words.len(), 4);
    assert!(words.iter().all(|word| is_word(word)));
    assert_ne!(Words::draw().unwrap().expose(), drawn.expose());
    assert_eq!(
        Words::parse(drawn.expose()).unwrap().expose(),
        drawn.expose()
    );
}

#[test]
fn no_drawn_word_begins_as_the_one_before_it_goes_on() {
    // Three letters of koala and three of laryngitis would be koala and the r of another word.
    for _ in 0..5_000 {
        let drawn = Words::draw().unwrap();
        let words: Vec<_> = drawn.expose().split(' ').collect();
        for two in words.windows(2) {
            let rest = &two[0][3..];
            assert!(rest.is_empty() || !two[1].starts_with(rest), "{two:?}");
        }
    }
}

#[test]
fn every_part_of_the_list_is_drawn() {
    let mut tenths = BTreeSet::new();
    for _ in 0..200 {
        let drawn = Words::draw().unwrap();
        for one in drawn.expose().split(' ') {
            let at = all().binary_search(&one).unwrap();
            tenths.insert(at * 10 / COUNT);
        }
    }
    assert_eq!(tenths.len(), 10, "of 800 words: {tenths:?}");
}

#[test]
fn capitals_and_blanks_do_not_matter() {
    let words = Words::parse("  Aardvark\tABANDONED  yo-yo\nzucchini ").unwrap();
    assert_eq!(words.expose(), "aardvark abandoned yo-yo zucchini");
}

#[rstest]
#[case::none("", WordsError::Count { found: 0 })]
#[case::three("aardvark abandoned yo-yo", WordsError::Count { found: 3 })]
#[case::five("yodel yodel yodel yodel yodel", WordsError::Count { found: 5 })]
#[case::the_third("aardvark abandoned yoyo zucchini", WordsError::Unknown { position: 3 })]
#[case::the_first("aar abandoned yo-yo zucchini", WordsError::Unknown { position: 1 })]
fn what_is_wrong_is_told_by_its_place(#[case] typed: &str, #[case] expected: WordsError) {
    assert_eq!(Words::parse(typed).unwrap_err(), expected);
}

#[test]
fn no_message_and_no_debug_shows_a_word() {
    let words = Words::parse("aardvark abandoned yo-yo zucchini").unwrap();
    assert_eq!(format!("{words:?}"), "Words(…)");
    let wrong = Words::parse("aardvark abandonedd yo-yo zucchini").unwrap_err();
    let told = format!("{wrong} {wrong:?}");
    assert!(!told.contains("aban") && !told.contains("aard"), "{told}");
}

proptest! {
    #[test]
    fn no_text_makes_reading_words_panic(typed in ".{0,80}") {
        let _ = Words::parse(&typed);
        let _ = complete(&typed);
    }
}
