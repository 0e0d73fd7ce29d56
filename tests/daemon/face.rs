//! A face that remembers what it heard.

use std::path::Path;

use mcloud::engine::Intent;
use mcloud::engine::answers::Newcomer;
use mcloud::engine::event::{PeerState, PublicEvent, StepEvent, What};
use mcloud::wire::face::FaceLink;
use mcloud::wire::{Answer, FromDaemon, NodeInfo, Question, Secret, ToDaemon, TokenInfo};

use crate::patience::in_time;

/// How an undertaking ended.
#[derive(Debug, Clone)]
pub(crate) struct Done {
    pub(crate) ok: bool,
    pub(crate) exit: u8,
    pub(crate) members: usize,
    pub(crate) why: Option<String>,
}

/// A face, with all events it heard of undertakings that are not `old`.
pub(crate) struct Face {
    pub(crate) link: FaceLink,
    pub(crate) events: Vec<PublicEvent>,
    next: usize,
    answer: Option<Answer>,
}

impl Face {
    pub(crate) async fn connect(socket: &Path) -> Self {
        let link = FaceLink::connect(socket, true).await;
        Self {
            link: link.expect("the daemon hears its faces"),
            events: Vec::new(),
            next: 0,
            answer: None,
        }
    }

    pub(crate) async fn intend(&mut self, intent: Intent) {
        let sent = self.link.send(&ToDaemon::Intent { intent }).await;
        sent.expect("the daemon listens");
    }

    pub(crate) async fn join(&mut self, name: Option<&str>, token: &str) {
        self.come(name, token, Newcomer::default()).await;
    }

    /// Joins by a token, and says what it wants of a cluster that is there already.
    pub(crate) async fn come(&mut self, name: Option<&str>, token: &str, newcomer: Newcomer) {
        let what = ToDaemon::Join {
            name: name.map(str::to_owned),
            token: Secret(token.trim().to_owned()),
            newcomer,
        };
        self.link.send(&what).await.expect("the daemon listens");
    }

    /// Hears what the daemon says until `found` finds what it looks for in it.
    async fn hear_until<T>(&mut self, mut found: impl FnMut(&mut Self) -> Option<T>) -> T {
        let hearing = async {
            loop {
                if let Some(found) = found(self) {
                    return found;
                }
                self.answer = match self.hear().await {
                    FromDaemon::Answer { answer } => Some(answer),
                    _ => None,
                };
            }
        };
        let came = in_time(hearing).await;
        came.unwrap_or_else(|| {
            let stage = self.link.picture.stage;
            panic!("it never came; now {stage:?}, after {}", self.last())
        })
    }

    /// What the daemon says next; pictures and events are kept.
    async fn hear(&mut self) -> FromDaemon {
        let heard = self.link.receive().await;
        let heard = heard.expect("the daemon goes on");
        match &heard {
            FromDaemon::Event { event, .. } => self.events.push(event.as_ref().clone()),
            FromDaemon::Picture { picture } => self.link.picture.clone_from(picture),
            _ => {}
        }
        heard
    }

    /// The newest events, as a face without a screen writes them.
    fn last(&self) -> String {
        let newest = self.events.iter().rev().take(20).rev();
        let lines: Vec<_> = newest.filter_map(mcloud::headless::lines::line).collect();
        lines.join("\n")
    }

    /// The next event that is looked for: those heard before are looked at first, each once.
    pub(crate) async fn until(&mut self, wanted: impl Fn(&PublicEvent) -> bool) -> PublicEvent {
        self.hear_until(|face| {
            while let Some(event) = face.events.get(face.next) {
                face.next += 1;
                if wanted(event) {
                    return Some(event.clone());
                }
            }
            None
        })
        .await
    }

    /// Looks at all that was heard once more.
    pub(crate) fn rewind(&mut self) {
        self.next = 0;
    }

    /// Waits for a picture.
    pub(crate) async fn until_picture(
        &mut self,
        wanted: impl Fn(&mcloud::engine::picture::Picture) -> bool,
    ) {
        self.hear_until(|face| wanted(&face.link.picture).then_some(()))
            .await;
    }

    pub(crate) async fn done(&mut self) -> Done {
        let event = self
            .until(|event| matches!(event.what, What::Done { .. }))
            .await;
        match event.what {
            What::Done {
                ok,
                exit,
                members,
                why,
                ..
            } => Done {
                ok,
                exit,
                members,
                why: why.map(|why| why.code),
            },
            other => panic!("{other:?} is no end"),
        }
    }

    pub(crate) async fn until_peer(&mut self, name: &str, wanted: PeerState) {
        let is =
            |event: &PublicEvent| matches!(event.what, What::Peer { state, .. } if state == wanted);
        self.until(|event| event.node == name && is(event)).await;
    }

    pub(crate) async fn until_step(&mut self, id: &str, wanted: StepEvent) {
        self.until(|event| step_of(event) == Some((id, wanted)))
            .await;
    }

    /// Waits for a line of the log, or what stopped, by its code.
    pub(crate) async fn until_said(&mut self, code: &str) -> PublicEvent {
        self.until(|event| said(event) == Some(code)).await
    }

    pub(crate) async fn ask(&mut self, question: Question) -> Answer {
        let what = ToDaemon::Ask { question };
        self.link.send(&what).await.expect("the daemon listens");
        self.answer = None;
        self.hear_until(|face| face.answer.take()).await
    }

    pub(crate) async fn nodes(&mut self) -> Vec<NodeInfo> {
        match self.ask(Question::Nodes).await {
            Answer::Nodes { nodes } => nodes,
            other => panic!("{other:?} are no nodes"),
        }
    }

    pub(crate) async fn tokens(&mut self) -> Vec<TokenInfo> {
        match self.ask(Question::Tokens).await {
            Answer::Tokens { tokens } => tokens,
            other => panic!("{other:?} are no tokens"),
        }
    }

    pub(crate) async fn create_token(&mut self, node: &str, ttl_ms: u64) -> (TokenInfo, String) {
        let node = node.to_owned();
        match self.ask(Question::CreateToken { node, ttl_ms }).await {
            Answer::Token { info, token } => (info, token.0),
            other => panic!("{other:?} is no token"),
        }
    }

    /// How often an event of this kind was heard.
    pub(crate) fn count(&self, wanted: impl Fn(&PublicEvent) -> bool) -> usize {
        self.events.iter().filter(|event| wanted(event)).count()
    }
}

/// The step of an event and how it stands.
pub(crate) fn step_of(event: &PublicEvent) -> Option<(&str, StepEvent)> {
    match &event.what {
        What::Step { step, state, .. } => Some((step, *state)),
        _ => None,
    }
}

/// The code of what an event says, where it says or stops something.
pub(crate) fn said(event: &PublicEvent) -> Option<&str> {
    match &event.what {
        What::Log { says, .. } => Some(&says.code),
        What::Failure { failure, .. } => Some(&failure.what.code),
        _ => None,
    }
}
