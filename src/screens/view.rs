//! How the screens are drawn: the frame, the screen in it, what lies on top.

use ratatui::Frame;
use ratatui::buffer::Buffer;

use super::frame::{self, Body, Header, Info, Room, Rooms};
use super::which::Which;
use super::{LogView, Now, Overlay, Scene, Screens, help, words};
use crate::engine::picture::Picture;

impl Screens {
    /// Draws the screen with what lies on top of it.
    #[expect(
        clippy::too_many_arguments,
        reason = "what is drawn, when, and where to: each comes from elsewhere in the face"
    )]
    pub fn view(&self, picture: &Picture, log: &LogView, now: Now, frame: &mut Frame) {
        let area = frame.area();
        let buffer = frame.buffer_mut();
        let which = self.which(picture);
        let Some(rooms) = Rooms::of(area, which.step().is_some()) else {
            self.desk.hide();
            return frame::too_small(buffer);
        };
        let scene = Scene { picture, log, now };
        let title = match self.top(picture) {
            Some(Overlay::Help) => words::say("screen.help"),
            Some(Overlay::Log) => words::say("screen.log"),
            _ => which.title(),
        };
        let header = Header {
            version: &picture.mcloud,
            cluster: &picture.cluster,
            title: &title,
            me: &picture.me,
            step: which.step(),
        };
        let names = Which::ALL.iter();
        let names = names.filter_map(|which| Some((which.step()?, which.title())));
        let names: Vec<_> = names.collect();
        rooms.draw(&header, &names, buffer);
        match self.top(picture) {
            Some(Overlay::Help) => {
                let body = help::body(which, &self.screen_context(picture), rooms.room());
                rooms.fill(&body, &self.help.scroll, buffer);
            }
            Some(Overlay::Log) => {
                rooms.divide(rooms.body.y, &self.log.title(picture), buffer);
                self.log.draw(picture, log, (rooms.below_title(), buffer));
            }
            Some(Overlay::Leave(leave)) => {
                self.draw_screen(&scene, &rooms, buffer);
                leave.draw(picture, self.options.can_detach, (rooms.body, buffer));
            }
            Some(Overlay::Save(save)) => {
                self.draw_screen(&scene, &rooms, buffer);
                save.draw(rooms.body, buffer);
            }
            None => self.draw_screen(&scene, &rooms, buffer),
        }
        if self.top(picture).is_some() {
            // What lies on top may cover what a form shows.
            self.desk.hide();
        }
        if let Some(info) = self.info(picture, now) {
            rooms.inform(&info, buffer);
        }
        rooms.keys(&self.context(picture), buffer);
    }

    fn draw_screen(&self, scene: &Scene, rooms: &Rooms, buffer: &mut Buffer) {
        let Scene { picture, log, now } = *scene;
        let room = rooms.room();
        let which = self.which(picture);
        let (body, scroll): (Body, _) = match which {
            Which::Form(step) => {
                let form = self.desk.form_now(step, picture, now);
                let sheet = self.desk.sheet(step);
                let sight = |body: &Body| rooms.sight(body, &sheet.scroll);
                (sheet.body(&form, room, sight), &sheet.scroll)
            }
            Which::Review => {
                // What comes into sight now may move the focus: it is noted before it is drawn.
                let body = self.review.body(picture, now, room);
                let sight = rooms.sight(&body, &self.review.scroll);
                if self.top(picture).is_none() {
                    self.review.saw(picture, &body, &sight);
                }
                (self.review.body(picture, now, room), &self.review.scroll)
            }
            Which::Install => (self.install.body(picture, now, room), &self.install.scroll),
            Which::Done => (self.done.body(picture, room), &self.done.scroll),
        };
        let left = rooms.fill(&body, scroll, buffer);
        let least = if which == Which::Install { 2 } else { 4 };
        if left.height < least || !(rooms.log || which == Which::Install) {
            return;
        }
        rooms.divide(left.y, &self.log.title(picture), buffer);
        let room = Room {
            height: usize::from(left.height.saturating_sub(1)),
            ..room
        };
        let lines = self.log.tail(picture, log, room);
        for (line, y) in lines.iter().zip(left.y.saturating_add(1)..left.bottom()) {
            buffer.set_line(left.x + 1, y, line, left.width.saturating_sub(2));
        }
    }

    fn info(&self, picture: &Picture, now: Now) -> Option<Info> {
        let lost = picture.link.filter(|link| !link.up);
        match (self.top(picture), self.which(picture)) {
            (Some(Overlay::Log | Overlay::Help | Overlay::Save(_)), _) | (None, Which::Done) => {
                None
            }
            (Some(Overlay::Leave(_)), _) => {
                Some(Info::plain(words::say("leave-screen.first-stays")))
            }
            (None, which) if lost.is_some() => {
                let time = words::ago(now.saturating_sub(lost?.since));
                let code = match which {
                    Which::Install => "install-screen.link-down",
                    _ => "review.link-down",
                };
                Some(Info::warning(words::fill(code, &[("time", &time)])))
            }
            (None, Which::Form(step)) => {
                let form = self.desk.form(step, picture);
                self.desk.sheet(step).info(&form)
            }
            (None, Which::Review) => self.review.info(picture),
            (None, Which::Install) => self.install.info(picture, now),
        }
    }
}
