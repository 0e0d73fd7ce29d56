//! Questions to the leader's daemon: nodes, cluster, tokens.

use std::io::Write;

use super::{Exit, ensure, world};
use crate::cli::{Cluster, Common, Node, Token};
use crate::headless::answer;
use crate::wire::{Answer, Question};

/// `mcloud node`.
pub(super) async fn node(command: Node, common: &Common) -> Result<u8, Exit> {
    let Node::List = command;
    ask(Question::Nodes, common).await
}

/// `mcloud cluster`.
pub(super) async fn cluster(command: Cluster, common: &Common) -> Result<u8, Exit> {
    let Cluster::List = command;
    ask(Question::Cluster, common).await
}

/// `mcloud token`.
pub(super) async fn token(command: Token, common: &Common) -> Result<u8, Exit> {
    let question = match command {
        Token::Create { node, ttl } => Question::CreateToken {
            node,
            ttl_ms: u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX),
        },
        Token::List => Question::Tokens,
        Token::Revoke { id } => Question::RevokeToken { id },
    };
    ask(question, common).await
}

async fn ask(question: Question, common: &Common) -> Result<u8, Exit> {
    let mut link = ensure::known_daemon(&world(common)).await?;
    let answered = link.ask(question).await.map_err(Exit::failed)?;
    let text = if common.json {
        answer::json(&answered)
    } else {
        answer::text(&answered)
    };
    let failed = matches!(answered, Answer::Failed { .. });
    if failed && !common.json {
        return Err(Exit::failed(text.trim_end()));
    }
    let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
    Ok(u8::from(failed))
}
