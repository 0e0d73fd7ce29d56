//! What a line that was typed means. It is never repeated: it may hold the session's words.

use super::{Dialog, Do, Heard};
use crate::engine::Intent;
use crate::engine::Millis;
use crate::engine::node::{Role, Stage};
use crate::engine::picture::Picture;
use crate::forms::{FieldKind, Step, Tone, way};
use crate::headless::ask::numbers::Meaning;
use crate::headless::ask::page::{Act, Choice, Page, Place};
use crate::headless::ask::review::can_change;
use crate::headless::ask::words::{completed, fill, weighed};
use crate::text::say;
use crate::wordlist::is_word;

/// A line, taken apart.
enum Line<'a> {
    Empty,
    Help(Option<usize>),
    Back,
    Leave,
    Again,
    Save(&'a str),
    Number(usize, &'a str),
    Other(&'a str),
}

impl Dialog {
    /// Takes one line of the operator's, without its end.
    pub fn hear(&mut self, picture: &Picture, now: Millis, line: &str) -> Heard {
        let mut heard = Heard::default();
        let page = self.page(picture, now);
        self.answered = true;
        if let Some(field) = self.typing.take() {
            self.text((&field, line.trim()), (picture, now), &mut heard);
            return heard;
        }
        match parse(line.trim()) {
            Line::Empty => self.empty(&page, picture, &mut heard),
            Line::Help(number) => self.help(&page, number, &mut heard),
            Line::Back => self.back(&page, picture, &mut heard),
            Line::Leave if page.place == Place::Form(Step::Home) => heard.acts.push(Do::Close),
            Line::Leave => self.leaving = Some(picture.stage),
            Line::Again => self.look_again(picture, &mut heard),
            Line::Save(file) if can_save(picture) => heard.acts.push(Do::Save(file.to_owned())),
            Line::Number(number, rest) if page.consent.is_some() && rest.is_empty() => {
                self.install(&page, Some(number), &mut heard);
            }
            Line::Number(number, rest) => {
                self.number((number, rest, &page), (picture, now), &mut heard);
            }
            Line::Other(word) if page.consent.is_some() && word.eq_ignore_ascii_case("install") => {
                self.install(&page, None, &mut heard);
            }
            Line::Other(text) => self.other(text, (picture, now), &mut heard),
            Line::Save(_) => heard.says.push(possible(&page)),
        }
        heard
    }

    fn empty(&mut self, page: &Page, picture: &Picture, heard: &mut Heard) {
        let first = self.open.as_ref().and_then(|open| open.first.clone());
        let first = first.filter(|first| page.choices.contains(first));
        match first {
            Some(first) => self.choose(&first, picture, heard),
            // Nothing was suggested, or it is not what it was: the page is read again.
            None => self.again(),
        }
    }

    fn number(
        &mut self,
        (number, rest, page): (usize, &str, &Page),
        (picture, now): (&Picture, Millis),
        heard: &mut Heard,
    ) {
        let open = self.open.as_ref();
        let meaning = open.map(|open| open.numbers.meaning(number, &page.choices));
        let typed = number.to_string();
        match meaning.unwrap_or(Meaning::Nothing) {
            Meaning::Choice(at) => {
                let Some(choice) = page.choices.get(at) else {
                    return;
                };
                match (&choice.act, rest.is_empty()) {
                    (Act::Type, false) => self.text((&choice.id, rest), (picture, now), heard),
                    (_, true) => self.choose(choice, picture, heard),
                    (_, false) => heard.says.push(possible(page)),
                }
            }
            Meaning::Gone(label) => {
                let with = [("number", typed.as_str()), ("label", &label)];
                heard.says.push(fill("ask-lines.number-gone", &with));
            }
            Meaning::Nothing => {
                let with = [("number", typed.as_str())];
                heard.says.push(fill("ask-lines.no-number", &with));
                heard.says.push(possible(page));
            }
        }
    }

    fn choose(&mut self, choice: &Choice, picture: &Picture, heard: &mut Heard) {
        // Who answers on a form stays on it until it is left.
        if let Some(Place::Form(step)) = self.open.as_ref().map(|open| open.page.place.clone()) {
            self.gone = Some(step);
        }
        self.leaving = None;
        match choice.act.clone() {
            Act::Wish(wish) => self.grant(wish, picture, &mut heard.acts),
            Act::Type => self.typing = Some(choice.id.clone()),
            Act::Stay => {}
            Act::Detach => heard.acts.push(Do::Detach),
            Act::GiveUp => heard.acts.push(Do::GiveUp),
        }
    }

    /// A text for a field. Words are not kept: they go at once, or are typed again.
    fn text(
        &mut self,
        (id, text): (&str, &str),
        (picture, now): (&Picture, Millis),
        heard: &mut Heard,
    ) {
        let mut fields = self.fields(picture, now).into_iter();
        let Some(field) = fields.find(|field| field.id == id) else {
            return heard.says.push(say("ask-lines.field-gone"));
        };
        if text.is_empty() {
            return heard.says.push(say("ask-lines.nothing-changed"));
        }
        let words = field.kind == FieldKind::Words;
        let text = if words {
            completed(text)
        } else {
            text.to_owned()
        };
        if let Some(at) = strange(&text).filter(|_| words) {
            let with = [("number", &*at.to_string())];
            return heard.says.push(fill("ask-lines.no-such-word", &with));
        }
        self.typed.0.insert(id.to_owned(), text);
        let mut fields = self.fields(picture, now).into_iter();
        let field = fields.find(|field| field.id == id);
        if words {
            self.typed.0.remove(id);
        }
        let Some(field) = field else { return };
        match field.press {
            Some(deed) => self.grant(deed.wish, picture, &mut heard.acts),
            None if words => heard.says.extend(field.about.iter().map(weighed)),
            None => {
                let bad = field.about.iter().filter(|note| note.tone == Tone::Bad);
                heard.says.extend(bad.map(weighed));
            }
        }
    }

    /// Words can be typed as they are where they are asked for.
    fn other(&mut self, text: &str, (picture, now): (&Picture, Millis), heard: &mut Heard) {
        let mut fields = self.fields(picture, now).into_iter();
        match fields.find(|field| field.kind == FieldKind::Words) {
            Some(field) => self.text((&field.id, text), (picture, now), heard),
            None => heard.says.push(possible(&self.page(picture, now))),
        }
    }

    fn back(&mut self, page: &Page, picture: &Picture, heard: &mut Heard) {
        match page.place {
            Place::Leave(_) => self.leaving = None,
            Place::Form(step) => match way::back(step, picture) {
                Some(to) => self.go(to),
                None => heard.says.push(say("ask-lines.no-back")),
            },
            _ if can_change(picture) => self.intend(vec![Intent::Change], &mut heard.acts),
            _ => heard.says.push(say("ask-lines.no-back")),
        }
    }

    fn look_again(&mut self, picture: &Picture, heard: &mut Heard) {
        self.again();
        let begun = matches!(
            picture.stage,
            Stage::Sealing | Stage::Installing | Stage::Stopped
        );
        if !begun && !picture.unattended {
            heard.acts.push(Do::Intents(vec![Intent::LookAgain]));
        }
    }

    /// Install, where what was typed agrees to the plan that was printed.
    fn install(&mut self, page: &Page, typed: Option<usize>, heard: &mut Heard) {
        let shown = self
            .open
            .as_ref()
            .and_then(|open| open.page.consent.clone());
        let Some((digest, erase)) = page
            .consent
            .clone()
            .filter(|now| Some(now) == shown.as_ref())
        else {
            self.again();
            return heard.says.push(say("ask-lines.other-plan"));
        };
        match typed {
            Some(number) if number == erase && erase > 0 => {}
            None if erase == 0 => {}
            Some(number) if erase > 0 => {
                let with = [("typed", &*number.to_string())];
                return heard.says.push(fill("review.other-number", &with));
            }
            _ => return heard.says.push(possible(page)),
        }
        let install = Intent::Install { digest, erase };
        heard.acts.push(Do::Intents(vec![install]));
    }

    fn help(&self, page: &Page, number: Option<usize>, heard: &mut Heard) {
        let Some(number) = number else {
            heard.says.extend([possible(page), say("ask-lines.help")]);
            if has_choices(page) {
                heard.says.push(say("ask-lines.help-about"));
            }
            return;
        };
        let open = self.open.as_ref();
        let meaning = open.map(|open| open.numbers.meaning(number, &page.choices));
        let about = match meaning {
            Some(Meaning::Choice(at)) => page.choices.get(at),
            _ => None,
        };
        let typed = number.to_string();
        if let Some(choice) = about {
            heard.says.push(choice.label.clone());
            let about = choice.about.iter();
            heard.says.extend(about.map(|line| format!("    {line}")));
        } else {
            let with = [("number", typed.as_str())];
            heard.says.push(fill("ask-lines.no-number", &with));
        }
    }
}

fn parse(line: &str) -> Line<'_> {
    let (head, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    let help = line.strip_prefix('?').map(str::trim);
    match (head, help) {
        ("", _) => Line::Empty,
        (_, Some("")) => Line::Help(None),
        (_, Some(number)) => number
            .parse()
            .map_or(Line::Other(line), |number| Line::Help(Some(number))),
        ("b" | "B", _) if rest.is_empty() => Line::Back,
        ("l" | "L", _) if rest.is_empty() => Line::Leave,
        ("r" | "R", _) if rest.is_empty() => Line::Again,
        ("s" | "S", _) if !rest.is_empty() => Line::Save(rest),
        _ => head
            .parse()
            .map_or(Line::Other(line), |number| Line::Number(number, rest)),
    }
}

/// The place of the first word that is not in the list, from 1.
fn strange(words: &str) -> Option<usize> {
    let mut words = words.split_whitespace();
    words.position(|word| !is_word(word)).map(|at| at + 1)
}

/// What can be answered.
fn possible(page: &Page) -> String {
    say(match &page.consent {
        Some((_, 0)) => "ask-lines.possible-install",
        Some(_) => "ask-lines.possible-erase",
        None if page.asks() => "ask-lines.possible",
        None => "ask-lines.possible-waiting",
    })
}

const fn has_choices(page: &Page) -> bool {
    !page.choices.is_empty()
}

/// Whether this console has answers of its own to save: a preseed's are in a file already.
fn can_save(picture: &Picture) -> bool {
    let stage = matches!(picture.stage, Stage::Gathering | Stage::Review);
    stage && picture.role == Role::Leader && !picture.unattended && !picture.nodes.is_empty()
}
