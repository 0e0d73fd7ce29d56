//! Checks as Review lists them: what is the same on several nodes is said once and names them.

use ratatui::text::{Line, Span};

use crate::engine::preflight::{Check, Verdict};
use crate::screens::frame::Room;
use crate::screens::parts::text::marked;
use crate::screens::{theme, words};
use crate::text::sentence;

/// One finding, and the nodes it was made on.
pub(super) struct Finding<'a> {
    check: &'a Check,
    nodes: Vec<&'a str>,
    /// The sentence with "each of them" in place of the node.
    each: String,
}

/// `checks` in their order, those that say the same of several nodes and are mended alike together.
pub(super) fn findings<'a>(checks: impl Iterator<Item = &'a Check>) -> Vec<Finding<'a>> {
    let mut all: Vec<Finding> = Vec::new();
    for check in checks {
        let each = of_each(check);
        let fix = check.fix.as_ref().map(sentence);
        let same = |it: &&mut Finding| {
            it.check.verdict == check.verdict
                && it.each == each
                && it.check.fix.as_ref().map(sentence) == fix
        };
        match all.iter_mut().find(same) {
            Some(known) if known.nodes.contains(&check.node.as_str()) => {}
            Some(known) => known.nodes.push(&check.node),
            None => all.push(Finding {
                check,
                nodes: vec![&check.node],
                each,
            }),
        }
    }
    all
}

fn of_each(check: &Check) -> String {
    if check.says.with.contains_key("node") {
        let each = words::say("review.each");
        return sentence(&check.says.clone().with("node", each));
    }
    sentence(&check.says)
}

impl Finding<'_> {
    /// What was found, then how to mend it.
    pub(super) fn lines(&self, room: Room) -> Vec<Line<'static>> {
        let mark = match self.check.verdict {
            Verdict::Good => Span::styled("■ ", theme::good()),
            Verdict::Warning => Span::styled("! ", theme::warn()),
            Verdict::Blocking => Span::styled("× ", theme::bad()),
        };
        let mut lines = marked(&mark, &self.says(), room.width);
        if let Some(fix) = &self.check.fix {
            let mark = Span::styled("  → ", theme::busy());
            lines.extend(marked(&mark, &sentence(fix), room.width));
        }
        lines
    }

    fn says(&self) -> String {
        if self.nodes.len() < 2 {
            return sentence(&self.check.says);
        }
        let nodes = words::list(self.nodes.iter().copied());
        words::fill(
            "review.on-several",
            &[("nodes", &nodes), ("says", &self.each)],
        )
    }
}
