//! Who else is there: hints, never truth.
//!
//! A node says a [`Beacon`] to everybody on its links and hears those of others. Nothing in one is
//! signed, and whoever is on the link can forge any: a beacon fills a row that a person reads, and
//! an address to try. Who a node is, is found out when it joins.
//!
//! Three layers, each with its own caller's clock: `beacon` is the datagram; [`Roster`] and
//! [`Rhythm`] know who is there, who is alike and when to speak, and are pure like the engine;
//! [`Discovery`] has the sockets, one for each NIC and way of being heard, because the address a
//! socket is bound to is what tells how a datagram came. One turn of the loop around them:
//!
//! - [`Rhythm::is_due`] → [`Voice::say`]; the counter grows by one.
//! - [`News::Heard`] → [`Roster::hear`] → [`Roster::answer`] → [`Voice::answer`] to its source.
//! - Every few seconds [`Roster::sweep`], and [`Voice::links`] with [`links()`] of the NICs there are.
//!
//! What a flood can do: it can fill the roster, but not move a row, crowd out a peer that is heard
//! or one in session ([`Roster::keep`]). Who forges a source's address can have that source
//! listened to less; a typed address and the session's own connection don't depend on it.

pub mod beacon;
mod links;
pub mod multicast;
pub mod roster;
mod socket;

pub use beacon::{Beacon, BeaconError, Mark, PeerId};
pub use links::{GROUP4, GROUP6, Link, MOST_ADDRESSES, MOST_LINKS, links};
pub use multicast::{Discovery, Ended, Failed, News, Trouble, Voice};
pub use roster::findings::{Finding, Likeness};
pub use roster::peer::{Heard, Peer, Way};
pub use roster::rhythm::{Jitter, Rhythm};
pub use roster::{Presence, Reception, Roster};
