//! What a cluster that is ready offers its operator, as lines and as JSON. It is secret, and was asked for.

use serde_json::{Map, Value, json};

use super::moment::{minute, rfc_3339};
use crate::engine::message::Message;
use crate::text::{join_command, say, sentence};
use crate::wire::{Offer, Offers};

/// The lines below the end of an undertaking: none where nothing is offered. A secret stands alone on
/// its line, whole, so that it can be copied.
pub fn lines(offers: &Offers) -> Vec<String> {
    let until = |code: &str, offer: &Offer| {
        sentence(&Message::new(code).with("until", minute(offer.expires)))
    };
    let mut lines = Vec::new();
    if let Some(join) = &offers.join {
        lines.push(until("offers.join", join));
        lines.push(format!("  {}", whole(&join_command(&join.secret.0))));
        lines.push(say("offers.then"));
    }
    if let Some(web) = &offers.web {
        lines.push(until("offers.web", web));
        lines.push(format!("  {}", whole(&web.secret.0)));
    }
    lines
}

/// `join` (`command`, `token`, `expires`) and `web` (`url`, `expires`), as far as they are offered.
pub(super) fn fields(offers: &Offers) -> Map<String, Value> {
    let join = offers.join.iter().map(|join| {
        let token = whole(&join.secret.0);
        let command = join_command(&token);
        let expires = rfc_3339(join.expires);
        let join = json!({ "command": command, "token": token, "expires": expires });
        ("join".to_owned(), join)
    });
    let web = offers.web.iter().map(|web| {
        let expires = rfc_3339(web.expires);
        let web = json!({ "url": whole(&web.secret.0), "expires": expires });
        ("web".to_owned(), web)
    });
    join.chain(web).collect()
}

/// A secret is longer than other text may be, so only its control characters go.
fn whole(secret: &str) -> String {
    secret.chars().filter(|it| !it.is_control()).collect()
}
