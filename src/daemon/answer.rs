//! Answers to what faces ask about the cluster.

use super::Daemon;
use super::leader::Open;
use crate::engine::message::{Failure, Message};
use crate::store::{NodeRole, NodeState, StoreError, Token};
use crate::wire::{Answer, ClusterInfo, NodeInfo, Question, Secret, TokenInfo};

use secrecy::ExposeSecret;

impl Daemon {
    /// Answers one question; on a node that leads nothing the answer says so.
    pub(super) async fn answer(&self, question: Question) -> Answer {
        match question {
            Question::Words => return self.words(),
            Question::Preseed => return self.preseed(),
            _ => {}
        }
        let Some(open) = self.leader.open() else {
            let code = if self.agent.is_member() {
                "ask.worker"
            } else {
                "ask.no-cluster"
            };
            return Answer::Failed {
                failure: Failure::new(Message::new(code)),
            };
        };
        let answered = match question {
            Question::Nodes => nodes(&open).await.map(|nodes| Answer::Nodes { nodes }),
            Question::Cluster => cluster(&open).await,
            Question::Tokens => self
                .tokens(&open)
                .await
                .map(|tokens| Answer::Tokens { tokens }),
            Question::Words | Question::Preseed => return Answer::Done,
            Question::CreateToken { node, ttl_ms } => {
                return self.create_token(&open, &node, ttl_ms).await;
            }
            Question::RevokeToken { id } => {
                let now = self.world.clock.now();
                open.store
                    .revoke_token(&id, now)
                    .await
                    .map(|()| Answer::Done)
            }
        };
        answered.unwrap_or_else(|error| Answer::Failed {
            failure: store_failure(error),
        })
    }

    async fn tokens(&self, open: &Open) -> Result<Vec<TokenInfo>, StoreError> {
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
        let tokens = open.store.tokens().await?;
        let row = |token: Token| TokenInfo {
            state: state(&token).to_owned(),
            id: token.id,
            node: token.node.unwrap_or_default(),
            created: token.created,
            expires: token.expires,
        };
        Ok(tokens.into_iter().map(row).collect())
    }

    async fn create_token(&self, open: &Open, node: &str, ttl_ms: u64) -> Answer {
        let leader = match open.store.nodes().await {
            Ok(nodes) => nodes.into_iter().find(|node| node.role == NodeRole::Leader),
            Err(error) => {
                return Answer::Failed {
                    failure: store_failure(error),
                };
            }
        };
        let Some(address) = leader.and_then(|leader| leader.address.parse().ok()) else {
            let what = Message::new("token.not-made").with("node", node);
            return Answer::Failed {
                failure: Failure::new(what),
            };
        };
        match open
            .token(node, address, (self.world.clock.now(), ttl_ms))
            .await
        {
            Ok((row, token)) => Answer::Token {
                info: TokenInfo {
                    id: row.id,
                    node: node.to_owned(),
                    created: row.created,
                    expires: row.expires,
                    state: "open".to_owned(),
                },
                token: Secret(token.expose_secret().to_owned()),
            },
            Err(failure) => Answer::Failed { failure },
        }
    }
}

async fn nodes(open: &Open) -> Result<Vec<NodeInfo>, StoreError> {
    let nodes = open.store.nodes().await?;
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

async fn cluster(open: &Open) -> Result<Answer, StoreError> {
    let nodes = nodes(open).await?;
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

fn store_failure(error: StoreError) -> Failure {
    Failure::new(Message::new("ask.failed")).because(error)
}
