//! How soon a node that starts hears of one that is there: real daemons on loopback, at life's speed.

use std::path::Path;

use mcloud::daemon::{self, Parts};
use mcloud::engine::Intent;
use mcloud::engine::picture::Picture;
use mcloud::engine::wizard::Part;
use mcloud::infra::lxd::LxdService;
use mcloud::rehearsal::lxd::Release;
use mcloud::rehearsal::{Rehearsal, Script};
use mcloud::wire::face::FaceLink;
use mcloud::wire::{FromDaemon, WireError};
use mcloud::world::{Clock, World};
use tokio::runtime::Runtime;

use crate::process::{BOUND, Found};

/// The time from the start of a node's daemon to its first picture with a peer, in ms.
pub(crate) fn until_heard() -> Found<u64> {
    let runtime = Runtime::new().map_err(|error| error.to_string())?;
    runtime.block_on(async {
        match tokio::time::timeout(BOUND, heard()).await {
            Ok(heard) => heard.map_err(|error| error.to_string()),
            Err(_) => Err(format!("nobody is heard for {BOUND:?}")),
        }
    })
}

async fn heard() -> Result<u64, Box<dyn std::error::Error>> {
    let script = Script {
        nodes: 2,
        speed: 1.0,
        seed: 1,
        faults: Vec::new(),
        release: Release::V5_21,
        snaps: Vec::new(),
        more_nics: 0,
        ceph: false,
        ipv6: false,
    };
    let mut rehearsal = Rehearsal::start(&script, parts).await?;
    let [starts, there] = &mut rehearsal.nodes[..] else {
        return Err("two nodes were asked for".into());
    };
    let (part, address) = (Some(Part::Joiner), there.address);
    let mut link = FaceLink::connect(&there.daemon.socket, true).await?;
    link.intend([Intent::Open { part }]).await?;
    until(&mut link, |picture| !picture.wizard.addresses.is_empty()).await?;
    link.intend([Intent::Address { address }]).await?;
    // It says so once a second from then on; what it burst out with at first is over.
    first_peer(&starts.daemon.socket).await?;
    starts.daemon.stop().await;
    let clock = Clock::real();
    let began = clock.now();
    starts.daemon = daemon::start(starts.world.clone(), parts(&starts.world)).await?;
    first_peer(&starts.daemon.socket).await?;
    let took = clock.now() - began;
    rehearsal.stop().await;
    Ok(took)
}

async fn first_peer(socket: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let mut link = FaceLink::connect(socket, true).await?;
    until(&mut link, |it| !it.wizard.neighbours.peers.is_empty()).await?;
    Ok(())
}

async fn until(link: &mut FaceLink, is: impl Fn(&Picture) -> bool) -> Result<(), WireError> {
    while !is(&link.picture) {
        if let FromDaemon::Picture { picture } = link.receive().await? {
            link.picture = picture;
        }
    }
    Ok(())
}

fn parts(world: &World) -> Parts {
    Parts {
        services: vec![Box::new(LxdService::new(world.clone()))],
        usual: mcloud::usual::shipped(),
    }
}
