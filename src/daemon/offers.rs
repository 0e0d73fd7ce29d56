//! What a cluster that is ready offers its operator: a token for one more node, a way into LXD's web
//! interface. Made when a face asks, kept in memory alone.

use secrecy::ExposeSecret;
use tokio::sync::Mutex;

use super::Daemon;
use super::answer::{address, store_failure};
use super::leader::Open;
use super::tokens::TOKEN_TTL_MS;
use crate::engine::Millis;
use crate::engine::message::Failure;
use crate::engine::node::Stage;
use crate::store::Token;
use crate::wire::{Answer, Offer, Offers, Secret};

/// What was made for the end that was reached last. A face that comes later is told the same.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<Option<Made>>);

#[derive(Debug, Clone)]
struct Made {
    /// When the undertaking ended.
    at: Millis,
    /// The token's name, which is no secret.
    id: String,
    join: Offer,
    web: Option<Offer>,
}

impl Daemon {
    /// What is offered now: nothing unless this node leads a cluster whose last undertaking ended well.
    pub(super) async fn offers(&self) -> Result<Answer, Failure> {
        let offers = match self.ended_well() {
            Some(at) => self.offer(at).await?,
            None => Offers::default(),
        };
        Ok(Answer::Offers { offers })
    }

    /// When the undertaking ended, where it did so well and this node led it.
    fn ended_well(&self) -> Option<Millis> {
        let open = self.leader.open()?;
        let cluster = self.hub.cluster.borrow();
        let end = cluster.end.as_ref().filter(|end| end.ok)?;
        let ended = cluster.stage == Stage::Ended && cluster.id == open.cluster().id;
        ended.then_some(end.at)
    }

    async fn offer(&self, at: Millis) -> Result<Offers, Failure> {
        let open = self.led()?;
        // Two faces that ask at once are told the same.
        let mut kept = self.offers.0.lock().await;
        let known = kept.take().filter(|made| made.at == at);
        let good = match &known {
            Some(made) => self.is_good(&open, &made.id).await?,
            None => false,
        };
        let made = match known {
            Some(made) if good => made,
            known => self.make(&open, (at, known)).await?,
        };
        let now = self.world.clock.now();
        let offers = Offers {
            join: Some(made.join.clone()),
            web: made.web.clone().filter(|web| web.expires > now),
        };
        *kept = Some(made);
        Ok(offers)
    }

    /// A new token; the way into the web interface is made once.
    async fn make(
        &self,
        open: &Open,
        (at, known): (Millis, Option<Made>),
    ) -> Result<Made, Failure> {
        let address = address(open).await?;
        let now = self.world.clock.now();
        let (row, token) = open.token(None, address, (now, TOKEN_TTL_MS)).await?;
        let web = match known {
            Some(made) => made.web,
            None => self.worker.web(address).await.map(|web| Offer {
                secret: Secret(web.url.expose_secret().to_owned()),
                expires: now.saturating_add(web.lasts_ms),
            }),
        };
        Ok(Made {
            at,
            id: row.id,
            join: Offer {
                secret: Secret(token.expose_secret().to_owned()),
                expires: row.expires,
            },
            web,
        })
    }

    /// Whether the token called `id` still lets somebody in.
    async fn is_good(&self, open: &Open, id: &str) -> Result<bool, Failure> {
        let now = self.world.clock.now();
        let tokens = open.store.tokens().await.map_err(store_failure)?;
        let good = |it: &Token| it.used.is_none() && it.revoked_at.is_none() && it.expires > now;
        Ok(tokens.iter().any(|it| it.id == id && good(it)))
    }
}
