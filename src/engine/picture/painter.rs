//! A painter draws pictures of one daemon's state as it goes on; of what is large it draws only anew what
//! came to be another.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Picture, Review, draw, install, wizard};
use crate::engine::answers::Answers;
use crate::engine::node::Role;
use crate::engine::plan::Plan;
use crate::engine::run::Needs;
use crate::engine::services::NodeFacts;
use crate::engine::{Millis, State};

/// Draws the state as a picture.
pub fn picture(state: &State, now: Millis) -> Picture {
    Painter::default().paint(state, now)
}

/// Draws one daemon's state again and again.
#[derive(Debug, Default)]
pub struct Painter(Option<(Model, Drawn)>);

/// What a picture has that is drawn from facts, answers and plan alone, and the run.
#[derive(Debug)]
pub(super) struct Drawn {
    pub(super) wizard: wizard::Drawn,
    pub(super) review: Option<Review>,
    pub(super) plan: Option<(Arc<Plan>, Needs)>,
    /// The run, as it was drawn last.
    pub(super) install: Option<install::Drawn>,
}

/// What [`Drawn`] was drawn from. Facts, answers and plan are the same where they stand at the same
/// place: they are kept here, so that nothing else can come to stand there.
#[derive(Debug)]
struct Model {
    name: String,
    role: Role,
    cluster: String,
    own: Option<Arc<NodeFacts>>,
    nodes: BTreeMap<String, Option<Arc<NodeFacts>>>,
    answers: Option<Arc<Answers>>,
    chosen_by: BTreeMap<String, BTreeMap<String, String>>,
    plan: Option<Arc<Plan>>,
    digest: Option<String>,
}

impl Painter {
    /// The same picture as [`picture`] draws.
    pub fn paint(&mut self, state: &State, now: Millis) -> Picture {
        let known = self.0.take().filter(|(model, _)| model.is_of(state));
        let known = known.unwrap_or_else(|| (Model::of(state), Drawn::of(state)));
        let (_, drawn) = self.0.insert(known);
        draw::draw(state, now, drawn)
    }
}

impl Drawn {
    fn of(state: &State) -> Self {
        let plan = state.cluster.plan.as_ref();
        let plan = plan.map(|plan| (Arc::clone(plan), Needs::of(plan)));
        let review = plan.as_ref();
        let review = review.map(|(plan, needs)| draw::review((plan, needs), &state.cluster));
        Self {
            wizard: wizard::Drawn::of(state),
            review,
            plan,
            install: None,
        }
    }
}

impl Model {
    fn of(state: &State) -> Self {
        let (local, cluster) = (&state.local, &state.cluster);
        let nodes = cluster.nodes.iter();
        Self {
            name: local.name.clone(),
            role: local.role,
            cluster: cluster.id.clone(),
            own: local.facts.clone(),
            nodes: nodes
                .map(|(name, node)| (name.clone(), node.facts.clone()))
                .collect(),
            answers: cluster.answers.clone(),
            chosen_by: cluster.chosen_by.clone(),
            plan: cluster.plan.clone(),
            digest: cluster.digest.clone(),
        }
    }

    fn is_of(&self, state: &State) -> bool {
        let (local, cluster) = (&state.local, &state.cluster);
        let nodes = self.nodes.iter().zip(&cluster.nodes);
        let mut nodes = nodes.map(|((name, facts), (other, node))| {
            name == other && is_same(facts.as_ref(), node.facts.as_ref())
        });
        self.role == local.role
            && is_same(self.answers.as_ref(), cluster.answers.as_ref())
            && is_same(self.plan.as_ref(), cluster.plan.as_ref())
            && is_same(self.own.as_ref(), local.facts.as_ref())
            && self.nodes.len() == cluster.nodes.len()
            && nodes.all(|same| same)
            && self.name == local.name
            && self.cluster == cluster.id
            && self.digest == cluster.digest
            && self.chosen_by == cluster.chosen_by
    }
}

/// Whether both stand at the same place, or nowhere.
fn is_same<T>(one: Option<&Arc<T>>, other: Option<&Arc<T>>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => Arc::ptr_eq(one, other),
        (None, None) => true,
        _ => false,
    }
}
