//! The log: in full over a screen, or its tail below one.

mod lines;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::frame::Room;
use super::keymap::{Command, Context, Place};
use super::parts::scroll::Scroll;
use super::parts::text::cut;
use super::{LogView, theme, words};
use crate::engine::event::{Level, PublicEvent};
use crate::engine::picture::Picture;
use lines::Columns;

/// The log's own memory: what it leaves out, and where it is.
#[derive(Debug, Clone)]
pub(super) struct Log {
    level: Level,
    /// Only this node, by its place in the picture.
    node: Option<usize>,
    /// Whether new lines push the old ones up.
    following: bool,
    scroll: Scroll,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            level: Level::Info,
            node: None,
            following: true,
            scroll: Scroll::default(),
        }
    }
}

impl Log {
    /// What the keys can do here.
    pub(super) fn context(&self) -> Context {
        use super::keymap::Can;
        Context::at(Place::Log).with(Can::Scroll, self.scroll.overflows())
    }

    /// Does what a key asks for.
    pub(super) fn press(&mut self, picture: &Picture, command: Command) {
        if self.following {
            self.scroll.end();
        }
        match command {
            Command::Down => drop(self.scroll.down()),
            Command::Up => drop(self.scroll.up()),
            Command::PageDown => self.scroll.page_down(),
            Command::PageUp => self.scroll.page_up(),
            Command::Home => self.scroll.home(),
            Command::End => self.scroll.end(),
            Command::Toggle => self.level = next_level(self.level),
            Command::Right => self.node = next_node(self.node, picture.nodes.len()),
            Command::Left => self.node = node_before(self.node, picture.nodes.len()),
            _ => return,
        }
        let filters = matches!(command, Command::Toggle | Command::Left | Command::Right);
        self.following = filters || self.scroll.is_at_end();
    }

    /// What is shown: nodes, level, and whether it follows.
    pub(super) fn title(&self, picture: &Picture) -> String {
        let node = self.node.and_then(|at| picture.nodes.get(at));
        let nodes = match node {
            Some(node) => words::fill("log-screen.one-node", &[("node", &node.name)]),
            None => words::say("log-screen.all-nodes"),
        };
        let level = words::say(match self.level {
            Level::Debug => "log-screen.level-debug",
            Level::Info => "log-screen.level-info",
            Level::Warning => "log-screen.level-warning",
            Level::Error => "log-screen.level-error",
        });
        let code = if self.following {
            "log-screen.title-following"
        } else {
            "log-screen.title"
        };
        words::fill(code, &[("nodes", &nodes), ("level", &level)])
    }

    /// Draws all of it into `area`.
    pub(super) fn draw(&self, picture: &Picture, log: &LogView, target: (Rect, &mut Buffer)) {
        let (area, buffer) = target;
        let events: Vec<_> = log
            .iter()
            .filter(|event| self.lets(picture, event))
            .collect();
        let room = Room {
            width: usize::from(area.width.saturating_sub(1)),
            height: usize::from(area.height),
        };
        let columns = Columns::of(log, room);
        let heights = events.iter().map(|event| lines::height(event, columns));
        let heights: Vec<_> = heights.collect();
        let total = heights.iter().sum();
        let mut shown = self.scroll.window(total, room.height);
        if self.following {
            shown = total.saturating_sub(room.height)..total;
        }
        if events.is_empty() {
            let text = cut(&words::say("log-screen.nothing"), room.width);
            buffer.set_string(area.x, area.y, text, theme::dim());
        }
        // Only what is in sight is made into lines, the others are only counted.
        let mut top = 0;
        let mut rows = Vec::new();
        for (event, height) in events.iter().zip(heights) {
            let its = top..top + height;
            top = its.end;
            if its.end > shown.start && its.start < shown.end {
                let hidden = shown.start.saturating_sub(its.start);
                rows.extend(lines::whole(event, log, columns).into_iter().skip(hidden));
            }
        }
        for (line, y) in rows.iter().zip(area.top()..area.bottom()) {
            buffer.set_line(area.x, y, line, area.width.saturating_sub(1));
        }
    }

    /// The last lines, for the pane below a screen.
    pub(super) fn tail(&self, picture: &Picture, log: &LogView, room: Room) -> Vec<Line<'static>> {
        let events = log.iter().rev().filter(|event| self.lets(picture, event));
        let events: Vec<_> = events.take(room.height).collect();
        let columns = Columns::of(log, room);
        let newest_last = events.into_iter().rev();
        newest_last
            .map(|event| lines::line(event, log, columns))
            .collect()
    }

    fn lets(&self, picture: &Picture, event: &PublicEvent) -> bool {
        let node = self.node.and_then(|at| picture.nodes.get(at));
        lines::level(event) >= self.level && node.is_none_or(|node| node.name == event.node)
    }
}

const fn next_level(level: Level) -> Level {
    match level {
        Level::Info => Level::Warning,
        Level::Warning => Level::Error,
        Level::Error => Level::Debug,
        Level::Debug => Level::Info,
    }
}

fn next_node(node: Option<usize>, nodes: usize) -> Option<usize> {
    let next = node.map_or(0, |node| node + 1);
    (next < nodes).then_some(next)
}

fn node_before(node: Option<usize>, nodes: usize) -> Option<usize> {
    match node {
        None => nodes.checked_sub(1),
        Some(node) => node.checked_sub(1),
    }
}
