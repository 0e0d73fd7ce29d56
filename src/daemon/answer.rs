//! Answers to what faces ask about the cluster.

use std::net::IpAddr;
use std::sync::Arc;

use super::Daemon;
use super::leader::Open;
use crate::engine::message::{Failure, Message};
use crate::store::{NodeRole, NodeState, StoreError, Token};
use crate::wire::{Answer, ClusterInfo, NodeInfo, Question, Secret, TokenInfo};

use secrecy::ExposeSecret;

impl Daemon {
    /// Answers one question; on a node that leads nothing the answer says so.
    pub(super) async fn answer(&self, question: Question) -> Answer {
        let answered = match question {
            Question::Words => Ok(self.words()),
            Question::Preseed => Ok(self.preseed()),
            Question::Facts => self.facts(),
            Question::Offers => self.offers().await,
            Question::Nodes => self.nodes().await,
            Question::Cluster => self.cluster().await,
            Question::Tokens => self.tokens().await,
            Question::CreateToken { node, ttl_ms } => self.create_token(&node, ttl_ms).await,
            Question::RevokeToken { id } => self.revoke_token(&id).await,
        };
        answered.unwrap_or_else(|failure| Answer::Failed { failure })
    }

    /// The cluster that this node leads; where it leads none, that is the answer.
    pub(super) fn led(&self) -> Result<Arc<Open>, Failure> {
        self.leader.open().ok_or_else(|| {
            let code = if self.agent.is_member() {
                "ask.worker"
            } else {
                "ask.no-cluster"
            };
            Failure::new(Message::new(code))
        })
    }

    /// What the nodes were found to be when they were looked at last.
    fn facts(&self) -> Result<Answer, Failure> {
        let id = self.led()?.cluster().id.clone();
        let cluster = self.hub.cluster.borrow();
        Ok(Answer::Facts {
            cluster: id,
            nodes: cluster.facts(),
        })
    }

    async fn nodes(&self) -> Result<Answer, Failure> {
        let nodes = nodes(&*self.led()?).await?;
        Ok(Answer::Nodes { nodes })
    }

    async fn revoke_token(&self, id: &str) -> Result<Answer, Failure> {
        let now = self.world.clock.now();
        let revoked = self.led()?.store.revoke_token(id, now).await;
        revoked.map_err(store_failure)?;
        Ok(Answer::Done)
    }

    async fn tokens(&self) -> Result<Answer, Failure> {
        let now = self.world.clock.now();
        let state = |token: &Token| match token {
            Token { used: Some(_), .. } => "used",
            Token {
                revoked_at: Some(_),
                ..
            } => "revoked",
            Token { expires, .. } if *expires <= now => "expired",
            _ => "open",
        };
        let tokens = self.led()?.store.tokens().await.map_err(store_failure)?;
        let row = |token: Token| TokenInfo {
            state: state(&token).to_owned(),
            id: token.id,
            node: token.node.unwrap_or_default(),
            created: token.created,
            expires: token.expires,
        };
        let tokens = tokens.into_iter().map(row).collect();
        Ok(Answer::Tokens { tokens })
    }

    async fn create_token(&self, node: &str, ttl_ms: u64) -> Result<Answer, Failure> {
        let open = self.led()?;
        let valid = (self.world.clock.now(), ttl_ms);
        let address = address(&open).await?;
        let (row, token) = open.token(Some(node), address, valid).await?;
        Ok(Answer::Token {
            info: TokenInfo {
                id: row.id,
                node: node.to_owned(),
                created: row.created,
                expires: row.expires,
                state: "open".to_owned(),
            },
            token: Secret(token.expose_secret().to_owned()),
        })
    }

    async fn cluster(&self) -> Result<Answer, Failure> {
        let open = self.led()?;
        let nodes = nodes(&open).await?;
        let row = open.cluster();
        let leader = nodes.iter().find(|node| node.role == "leader");
        Ok(Answer::Cluster {
            cluster: Some(ClusterInfo {
                id: row.id.clone(),
                name: row.name.clone(),
                epoch: row.epoch,
                created: row.created,
                nodes: nodes.len(),
                leader: leader.map(|node| node.name.clone()).unwrap_or_default(),
            }),
        })
    }
}

/// The address at which nodes find this leader.
pub(super) async fn address(open: &Open) -> Result<IpAddr, Failure> {
    let nodes = open.store.nodes().await.map_err(store_failure)?;
    let leader = nodes.into_iter().find(|node| node.role == NodeRole::Leader);
    let address = leader.and_then(|leader| leader.address.parse().ok());
    address.ok_or_else(|| Failure::new(Message::new("token.no-address")))
}

async fn nodes(open: &Open) -> Result<Vec<NodeInfo>, Failure> {
    let nodes = open.store.nodes().await.map_err(store_failure)?;
    let active = nodes
        .into_iter()
        .filter(|node| node.state == NodeState::Active);
    let row = |node: crate::store::Node| {
        let leads = node.role == NodeRole::Leader;
        NodeInfo {
            connected: leads || open.is_up(&node.name),
            role: if leads { "leader" } else { "worker" }.to_owned(),
            name: node.name,
            id: node.id,
            address: node.address,
            joined: node.joined,
        }
    };
    Ok(active.map(row).collect())
}

pub(super) fn store_failure(error: StoreError) -> Failure {
    Failure::new(Message::new("ask.failed")).because(error)
}
