//! Nodes that were lost while something was to be done on them.

use crate::engine::message::{Failure, Message};
use crate::engine::node::Stage;
use crate::engine::{Millis, Turn};

/// How long a node may be away before its steps stop and the operator decides, in ms. A Pi that starts
/// anew is back sooner; one that is dead would be waited for without end.
const PATIENCE: Millis = 5 * 60 * 1000;

impl Turn<'_> {
    /// A run that is to stop does not wait for a node that was lost: it might never come back.
    pub(in crate::engine) fn give_up(&mut self, node: &str) {
        if self.is_stopping() {
            self.lose(node);
        }
    }

    /// No run waits for ever for a node that was lost, and one that is to stop not at all: what gives
    /// back what was changed for a while may begin on it later.
    pub(in crate::engine) fn watch_lost(&mut self) {
        let cluster = &self.state.cluster;
        if cluster.stage != Stage::Installing {
            return;
        }
        let patience = if self.is_stopping() { 0 } else { PATIENCE };
        let is_lost = |node: &&String| {
            let heard = cluster.nodes.get(*node).filter(|it| !it.up);
            let heard = heard.and_then(|it| it.heard);
            heard.is_some_and(|at| self.now.saturating_sub(at) >= patience)
        };
        let names = cluster.plan.iter().flat_map(|plan| &plan.nodes);
        let me = &self.state.local.name;
        let lost = names.filter(|node| *node != me).filter(is_lost);
        let lost: Vec<_> = lost.cloned().collect();
        for node in lost {
            self.lose(&node);
        }
    }

    /// What was ordered of a node and not answered has stopped.
    fn lose(&mut self, node: &str) {
        for (id, _) in self.unanswered(node) {
            let say = |code: &str| Message::new(code).with("node", node);
            let failure = Failure::new(say("install.lost")).data(say("install.lost-data"));
            self.failed(&id, failure.hint(say("install.lost-hint")));
        }
    }
}
