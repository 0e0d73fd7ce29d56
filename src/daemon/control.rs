//! The steps of the Control plane phase: they were done when the nodes came in, and say so.

use crate::engine::message::{Failure, Message};
use crate::engine::plan::Work;
use crate::engine::{Order, Seen};

use super::Daemon;

impl Daemon {
    /// Whether `work` is of the control plane, and if so what is found.
    pub(super) fn observe_control(
        &self,
        order: &Order,
        work: &Work,
    ) -> Option<Result<Seen, Failure>> {
        let there = match work {
            Work::ControlState => self
                .leader
                .open()
                .map(|open| Message::new("control.state").with("cluster", &open.cluster().id)),
            Work::ControlAgent => self
                .agent
                .is_member()
                .then(|| Message::new("control.agent").with("id", self.identity.id())),
            _ => return None,
        };
        Some(
            there.map(|says| Seen::There(vec![says])).ok_or_else(|| {
                Failure::new(Message::new("control.missing").with("step", &order.step))
            }),
        )
    }
}
