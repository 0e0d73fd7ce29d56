//! The leader's side: state, authority, listener, tokens, and who comes in.

mod given_up;

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::links::Links;
use super::{Daemon, admit, listen};
use crate::engine::message::{Failure, Message};
use crate::engine::timing::Usual;
use crate::engine::{Event, Fact, Member};
use crate::session::ca::Authority;
use crate::session::tls::server::{Acceptor, Bounds};
use crate::session::trust::Guards;
use crate::store::{Cluster, Node, NodeRole, NodeState, Store};

/// How long a peer that is not confirmed may take for each answer.
pub(super) const ANSWER: Duration = Duration::from_secs(5);

/// What leading needs; empty on a node that does not lead.
#[derive(Debug, Default)]
pub(super) struct Leader(Mutex<Option<Arc<Open>>>);

/// A cluster that is open for its agents.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) store: Store,
    authority: Authority,
    cluster: Cluster,
    links: Arc<Links>,
    listens: SocketAddr,
    /// The bounds of what strangers may take.
    pub(super) guards: Guards,
    /// Once the cluster was given up nobody comes in any more.
    pub(super) abandoned: CancellationToken,
}

/// What a cluster is founded with.
#[derive(Debug)]
pub(super) struct Founding {
    /// Its name.
    pub(super) cluster: String,
    /// The leader's name.
    pub(super) leader: String,
    /// The address at which joiners find it.
    pub(super) address: IpAddr,
    /// Whether a cluster that never came to be makes room for it.
    pub(super) fresh: bool,
}

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::new(Message::new("open.failed")).because(error)
}

impl Leader {
    pub(super) fn open(&self) -> Option<Arc<Open>> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn links(&self) -> Option<Arc<Links>> {
        self.open().map(|open| Arc::clone(&open.links))
    }
}

impl Open {
    /// The cluster's row.
    pub(super) const fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// The cluster's authority.
    pub(super) const fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The port its agents and joiners find it at.
    pub(super) const fn port(&self) -> u16 {
        self.listens.port()
    }

    /// Where agents and joiners find it, whose operator chose `address`. One that listens on a
    /// single address, as in a rehearsal, is found there alone.
    pub(super) const fn found_at(&self, address: IpAddr) -> SocketAddr {
        if self.listens.ip().is_unspecified() {
            return SocketAddr::new(address, self.listens.port());
        }
        self.listens
    }

    /// Whether an agent is connected.
    pub(super) fn is_up(&self, node: &str) -> bool {
        self.links.is_up(node)
    }
}

impl Daemon {
    /// Opens the cluster: state, authority and listener are made, or found as they were, and every
    /// joiner that has no certificate gets its token file.
    pub(super) async fn open_cluster(
        self: Arc<Self>,
        founding: Founding,
        (joiners, tokens): (Vec<String>, Option<String>),
    ) {
        let address = founding.address;
        if founding.fresh {
            // What an earlier wizard left, or a run that never began, is in nobody's way.
            self.leader.abandon(&self.world.state_dir).await;
        }
        let opened = match self.try_open(Some(founding)).await {
            Ok(open) => self.opened(&open, address, (joiners, tokens)).await,
            Err(failure) => Err(failure),
        };
        if let Err(failure) = opened {
            self.push(Event::Fact(Fact::NotOpened(failure)));
        }
    }

    /// Opens the cluster again after a restart, if this node led one.
    pub(super) async fn resume_leader(self: &Arc<Self>) {
        if !self.world.database().exists() {
            return;
        }
        if let Err(failure) = self.try_open(None).await {
            tracing::error!(?failure, "the cluster of this node could not be opened");
        }
    }

    /// Opens the cluster that `founding` names, or whichever this node leads.
    async fn try_open(self: &Arc<Self>, founding: Option<Founding>) -> Result<Arc<Open>, Failure> {
        let same = |cluster: &Cluster| match &founding {
            Some(founding) if founding.cluster != cluster.name => Err(Failure::new(
                Message::new("open.other-cluster")
                    .with("ours", &cluster.name)
                    .with("asked", &founding.cluster),
            )
            .hint(Message::new("open.other-cluster-fix"))),
            _ => Ok(()),
        };
        if let Some(open) = self.leader.open() {
            same(&open.cluster)?;
            return Ok(open);
        }
        let dir = &self.world.state_dir;
        let store = Store::open(&self.world.database()).await.map_err(failed)?;
        let known = store.cluster().await.map_err(failed)?;
        let authority = match Authority::load(dir).map_err(failed)? {
            Some(authority) => authority,
            None => Authority::create(dir, self.world.clock.now()).map_err(failed)?,
        };
        let cluster = match (known, &founding) {
            (Some(cluster), _) => {
                same(&cluster)?;
                cluster
            }
            (None, Some(founding)) => self.found(&store, &authority, founding).await?,
            (None, None) => return Err(failed("the database holds no cluster")),
        };
        let (listener, acceptor) = self.listen(&authority, cluster.epoch)?;
        let listens = listener.local_addr().map_err(failed)?;
        let open = Arc::new(Open {
            store,
            authority,
            cluster,
            links: Arc::default(),
            listens,
            guards: acceptor.guards(),
            abandoned: CancellationToken::new(),
        });
        *self.leader.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&open));
        self.tasks.spawn(admit::accept(
            Arc::clone(self),
            Arc::clone(&open),
            acceptor,
            listener,
        ));
        Ok(open)
    }

    fn listen(
        &self,
        authority: &Authority,
        epoch: u64,
    ) -> Result<(TcpListener, Acceptor), Failure> {
        let now = self.world.clock.now();
        let issued = authority
            .issue_server(&self.identity, epoch, now)
            .map_err(failed)?;
        let (own, root) = (&issued.certificate, authority.certificate());
        let acceptor =
            Acceptor::new(&self.identity, own, root, Bounds::default()).map_err(failed)?;
        let at = self.world.listen;
        let listener = listen::listen(at);
        Ok((
            listener.map_err(|e| failed(format_args!("listening on {at}: {e}")))?,
            acceptor,
        ))
    }

    /// Records a new cluster, and this node as its leader.
    async fn found(
        &self,
        store: &Store,
        authority: &Authority,
        founding: &Founding,
    ) -> Result<Cluster, Failure> {
        let now = self.world.clock.now();
        let cluster = Cluster {
            id: authority.cluster().to_owned(),
            name: founding.cluster.clone(),
            epoch: 1,
            created: now,
        };
        store
            .create_cluster(cluster.clone())
            .await
            .map_err(failed)?;
        let node = Node {
            id: self.identity.id().to_string(),
            name: founding.leader.clone(),
            address: founding.address.to_string(),
            role: NodeRole::Leader,
            model: String::new(),
            joined: now,
            state: NodeState::Active,
        };
        store.put_node(node).await.map_err(failed)?;
        Ok(cluster)
    }

    async fn opened(
        &self,
        open: &Open,
        address: IpAddr,
        (joiners, tokens): (Vec<String>, Option<String>),
    ) -> Result<(), Failure> {
        let nodes = open.store.nodes().await.map_err(failed)?;
        let is_active = |node: &Node| node.state == NodeState::Active;
        let nodes: Vec<Node> = nodes.into_iter().filter(is_active).collect();
        if let Some(dir) = tokens {
            for name in joiners
                .iter()
                .filter(|name| !nodes.iter().any(|node| node.name == **name))
            {
                self.write_token(open, name, (address, Path::new(&dir)))
                    .await?;
            }
        }
        let touched = !matches!(open.store.last_run().await, Ok(None));
        let mut usual = self.usual.clone();
        for (class, ms) in &mut usual.0 {
            if let Some(median) = open.store.median_timing(class, "").await.map_err(failed)? {
                *ms = median;
            }
        }
        // No link comes or goes before the engine has heard of those that are there: news of a
        // link would be overtaken by what was seen before.
        open.links.look(|is_up| {
            let member = |node: Node| Member {
                up: is_up(&node.name),
                name: node.name,
                id: node.id,
            };
            self.push(Event::Fact(Fact::Opened {
                cluster: open.cluster.id.clone(),
                epoch: open.cluster.epoch,
                joined: nodes.into_iter().map(member).collect(),
                touched,
                usual: Usual(usual.0),
            }));
        });
        Ok(())
    }
}
