//! The node's daemon: the loop around the engine.
//!
//! Events go in at one end, effects come out at the other and are done by the rooms beside this
//! file: `socket` (faces), `leader` (state, tokens, agents), `agent` and `uplink` (a worker's
//! certificate and link), `worker` (steps on this node). What they find comes back as facts,
//! through the same door.

mod admit;
mod agent;
mod answer;
mod control;
mod heard;
mod hub;
mod journal;
mod kept;
mod leader;
mod links;
mod listen;
mod lock;
mod neighbours;
mod offers;
mod perform;
mod report;
mod socket;
mod tasks;
mod tokens;
mod trust;
mod uplink;
mod worker;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;

use crate::engine::node::{Local, Role};
use crate::engine::picture::Painter;
use crate::engine::timing::Usual;
use crate::engine::{Effect, Event, State, update};
use crate::infra::{InfraBootstrapper, Inputs};
use crate::session::identity::Identity;
use crate::wire::Secret;
use crate::world::World;

/// Why a daemon could not start.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// Another daemon holds this node.
    #[error("another mcloud daemon runs on this node ({0} is locked)")]
    Owned(PathBuf),
    /// A directory or the socket could not be made.
    #[error("{0} could not be made or opened: {1}")]
    Place(PathBuf, #[source] io::Error),
    /// The run directory is open to others, or could not be made.
    #[error(transparent)]
    Files(#[from] crate::session::files::FilesError),
    /// The node's key could not be read or made.
    #[error(transparent)]
    Identity(#[from] crate::session::identity::IdentityError),
    /// The membership of an earlier join could not be read.
    #[error(transparent)]
    Membership(#[from] agent::MembershipError),
}

/// What a daemon is made of besides its world.
#[derive(Debug)]
pub struct Parts {
    /// The services it can bring up.
    pub services: Vec<Box<dyn InfraBootstrapper>>,
    /// How long steps usually take.
    pub usual: Usual,
}

/// A node's daemon.
#[derive(Debug)]
struct Daemon {
    world: World,
    mcloud: String,
    identity: Arc<Identity>,
    hub: Arc<hub::Hub>,
    events: mpsc::UnboundedSender<Event>,
    worker: worker::Worker,
    leader: leader::Leader,
    agent: agent::Agent,
    usual: Usual,
    token: Mutex<Option<Secret>>,
    trust: trust::Trust,
    offers: offers::Kept,
    inputs: Mutex<BTreeMap<String, Inputs>>,
    /// What was given to a step of another node, by its id, with its run and attempt.
    given: Mutex<BTreeMap<String, Given>>,
    journal: mpsc::UnboundedSender<journal::Writing>,
    tasks: tasks::Tasks,
    _lock: lock::Lock,
}

/// What one attempt of a step was given: its run, its number, the inputs.
type Given = ((String, u32), Inputs);

/// A daemon that runs. Dropping it ends the daemon, soon; the node is free when its last task has
/// ended.
#[derive(Debug)]
pub struct Running {
    /// Where it hears its faces.
    pub socket: PathBuf,
    tasks: tasks::Tasks,
    task: Option<tokio::task::JoinHandle<Option<()>>>,
}

impl Running {
    /// Waits until the daemon has ended by itself.
    pub async fn ended(&mut self) {
        if let Some(task) = self.task.take() {
            // A panic of the loop is the end of the daemon as well.
            let _ = task.await;
        }
    }

    /// Ends the daemon and waits until the node is free for another one.
    pub async fn stop(&mut self) {
        self.tasks.stop();
        self.tasks.ended().await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.tasks.stop();
    }
}

/// Starts this node's daemon: its key, its socket, its loop, and what it was before it stopped.
pub async fn start(world: World, parts: Parts) -> Result<Running, DaemonError> {
    let at = |path: &PathBuf| {
        let path = path.clone();
        move |error| DaemonError::Place(path, error)
    };
    crate::session::files::private_dir(&world.run_dir)?;
    let lock = lock::lock(world.run_dir.join("lock"))?;
    let identity = Arc::new(Identity::load_or_create(&world.state_dir)?);
    let path = world.daemon_socket();
    let listener = socket::bind(&path).map_err(at(&path))?;

    let (events, inbox) = mpsc::unbounded_channel();
    let mcloud = env!("CARGO_PKG_VERSION").to_owned();
    let mut state = State::new(
        Local {
            mcloud: mcloud.clone(),
            id: identity.id().to_string(),
            name: crate::infra::host::hostname(&world),
            role: Role::Undecided,
            told: world.clock.now(),
            ..Local::default()
        },
        parts.usual.clone(),
    );
    let mut painter = Painter::default();
    let tasks = tasks::Tasks::default();
    let (journal, entries) = mpsc::unbounded_channel();
    tasks.spawn_to_end(journal::write(entries, events.clone()));
    let daemon = Arc::new(Daemon {
        hub: Arc::new(hub::Hub::new(painter.paint(&state, world.clock.now()))),
        worker: worker::Worker::new(parts.services, tasks.clone()),
        leader: leader::Leader::default(),
        agent: agent::Agent::default(),
        usual: parts.usual,
        token: Mutex::default(),
        trust: trust::Trust::default(),
        offers: offers::Kept::default(),
        inputs: Mutex::default(),
        given: Mutex::default(),
        journal,
        tasks: tasks.clone(),
        _lock: lock,
        world,
        mcloud,
        identity,
        events,
    });
    daemon.resume(&mut state).await?;
    daemon.show(&state, &mut painter);
    tasks.spawn(socket::serve(Arc::clone(&daemon), listener));
    tasks.spawn_to_end(Arc::clone(&daemon).discover());
    let task = tasks.spawn(daemon.run((state, painter), inbox));
    Ok(Running {
        socket: path,
        tasks,
        task: Some(task),
    })
}

impl Daemon {
    /// The one loop: an event, a new state, effects; when nothing more waits, what faces and
    /// agents see is renewed.
    async fn run(
        self: Arc<Self>,
        (mut state, mut painter): (State, Painter),
        mut inbox: mpsc::UnboundedReceiver<Event>,
    ) {
        let _end_with_it = self.tasks.end_with();
        let second = self.world.clock.in_life(Duration::from_secs(1));
        let mut tick = tokio::time::interval(second.max(Duration::from_millis(1)));
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let event = tokio::select! {
                event = inbox.recv() => event,
                _ = tick.tick() => Some(Event::Tick),
            };
            let Some(mut event) = event else { break };
            loop {
                let effects = update(&mut state, self.world.clock.now(), event);
                if effects.iter().any(is_about_state) {
                    self.publish(&state);
                }
                for effect in effects {
                    self.perform(&state, effect);
                }
                match inbox.try_recv() {
                    Ok(next) => event = next,
                    Err(_) => break,
                }
            }
            self.publish(&state);
            self.show(&state, &mut painter);
        }
    }

    /// Gives the leader's state to the links, if it changed.
    fn publish(&self, state: &State) {
        let known = self.hub.cluster.borrow().revision;
        if state.leads() && state.cluster.revision != known {
            self.hub
                .cluster
                .send_replace(Arc::new(state.cluster.clone()));
        }
    }

    fn show(&self, state: &State, painter: &mut Painter) {
        self.announce(state);
        let new = painter.paint(state, self.world.clock.now());
        self.invite(&new);
        self.hub.picture.send_if_modified(|shown| {
            let differs = **shown != new;
            if differs {
                *shown = Arc::new(new);
            }
            differs
        });
    }

    /// Puts an event into the loop. It is never full: what comes from outside is bounded where it
    /// comes in.
    fn push(&self, event: Event) {
        // The loop has ended when nobody receives: then nothing matters any more.
        let _ = self.events.send(event);
    }

    fn keep_token(&self, token: Secret) {
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = Some(token);
    }

    fn token(&self) -> Option<Secret> {
        self.token
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Forgets a token that was used, unless another one has come since.
    fn forget_token(&self, used: Option<&Secret>) {
        let mut token = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        if token.as_ref() == used {
            *token = None;
        }
    }
}

/// Whether an effect must not reach an agent before the state it is about.
const fn is_about_state(effect: &Effect) -> bool {
    matches!(effect, Effect::Send { .. } | Effect::Emit(_))
}
