//! The proof's move: a guest goes to another member, where the pool spans the members.

use super::{Guest, GuestProof, about, refused, script, stops};
use crate::engine::message::Failure;
use crate::infra::Context;
use crate::infra::lxd::client::Lxd;

impl GuestProof {
    /// The first guest goes to the second member, with what it wrote.
    pub(super) async fn prove_move(
        &self,
        context: &Context,
        lxd: &Lxd,
        guests: &[Guest],
    ) -> Result<(), Failure> {
        let (true, [first, second, ..]) = (self.guests.moves, guests) else {
            return Ok(());
        };
        stops(context)?;
        let alive = |_: &_| context.alive();
        context.say(about("lxd.guest-moving", first).with("to", &second.member));
        let moving = async {
            lxd.stop_instance(&first.name, &alive).await?;
            lxd.move_instance(&first.name, &second.member, &alive)
                .await?;
            lxd.start_instance(&first.name, &alive).await
        };
        let moved = self.reach.with_life_signs(context, lxd, moving).await;
        moved.map_err(|error| refused("lxd.guest-not-moved", first, &error))?;
        self.must(context, lxd, (first, script::READ, "lxd.guest-disk"))
            .await?;
        self.note(about("lxd.guest-moved", first).with("to", &second.member));
        Ok(())
    }
}
