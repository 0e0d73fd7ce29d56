//! The trust session between daemons: three consoles trust each other, or do not.

use mcloud::engine::Intent;
use mcloud::engine::node::{Role, Stage};
use mcloud::engine::picture::Picture;
use mcloud::engine::trust::{JoiningState, Knock, KnockState};
use mcloud::engine::wizard::Part;
use mcloud::rehearsal::operator::{self, Seat};
use mcloud::wire::face::words_of;
use mcloud::wire::{Secret, ToDaemon};

use crate::face::Face;
use crate::lab::{LEADER, Lab};
use crate::patience::until;

fn seat(lab: &Lab, number: usize) -> Seat {
    Seat {
        socket: lab.pi(number).daemon.socket.clone(),
        initiator: lab.pi(LEADER).daemon.socket.clone(),
        clock: lab.rehearsal.clock.clone(),
        nodes: lab.rehearsal.nodes.len(),
    }
}

/// Everything in the node's directories, by path and size, but for mcloud's own.
fn outside(lab: &Lab, number: usize) -> Vec<(String, u64)> {
    let world = &lab.pi(number).world;
    let root = world.state_dir.parent().expect("a root");
    let mut found = Vec::new();
    let mut dirs = vec![root.to_path_buf()];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(&dir).expect("a directory").flatten() {
            let path = entry.path();
            let own = path == world.state_dir || path == world.run_dir;
            let meta = entry.metadata().expect("an entry");
            if meta.is_dir() && !own {
                dirs.push(path);
            } else if !own {
                found.push((path.display().to_string(), meta.len()));
            }
        }
    }
    found.sort();
    found
}

/// What a node's state directory holds besides its key.
fn kept(lab: &Lab, number: usize) -> Vec<String> {
    let entries = std::fs::read_dir(&lab.pi(number).world.state_dir).expect("a state directory");
    let names = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name != "node.key").collect()
}

/// Waits until a node's state directory holds its key alone.
async fn nothing_kept(lab: &Lab, number: usize) {
    until("nothing is kept", async || kept(lab, number).is_empty()).await;
}

async fn initiator(lab: &Lab, number: usize, cluster: &str) -> Face {
    let mut face = lab.face(number).await;
    face.intend(Intent::Open {
        part: Some(Part::Initiator),
    })
    .await;
    let address = lab.pi(number).address;
    face.until_picture(|picture| !picture.wizard.addresses.is_empty())
        .await;
    face.intend(Intent::Address { address }).await;
    face.intend(Intent::Found {
        cluster: cluster.to_owned(),
    })
    .await;
    face.until_picture(|picture| picture.wizard.session.is_some() && picture.cluster == cluster)
        .await;
    face
}

async fn joiner(lab: &Lab, number: usize, name: &str) -> Face {
    let mut face = lab.face(number).await;
    face.intend(Intent::Open {
        part: Some(Part::Joiner),
    })
    .await;
    face.until_picture(|picture| !picture.wizard.addresses.is_empty())
        .await;
    let address = lab.pi(number).address;
    face.intend(Intent::Address { address }).await;
    knock(&mut face, name).await;
    face
}

/// Chooses the session of the node called `name`.
async fn knock(face: &mut Face, name: &str) {
    let id = |picture: &Picture| {
        let mut peers = picture.wizard.neighbours.peers.iter();
        let open =
            peers.find(|peer| peer.name == name && peer.session.is_some() && peer.port.is_some());
        open.map(|peer| peer.id.clone())
    };
    face.until_picture(|picture| id(picture).is_some()).await;
    let id = id(&face.link.picture).expect("it is shown");
    face.intend(Intent::Knock { id }).await;
    face.until_picture(|picture| state(picture) == Some(JoiningState::Words))
        .await;
}

fn state(picture: &Picture) -> Option<JoiningState> {
    picture.wizard.joining.as_ref().map(|joining| joining.state)
}

fn knock_state(picture: &Picture) -> Option<KnockState> {
    let session = picture.wizard.session.as_ref()?;
    session.knocks.first().map(|knock| knock.state)
}

/// Waits until the initiator is asked; who asks.
async fn asked(initiator: &mut Face) -> Knock {
    initiator
        .until_picture(|picture| knock_state(picture) == Some(KnockState::Asking))
        .await;
    let session = initiator.link.picture.wizard.session.as_ref();
    let knocks = &session.expect("it is open").knocks;
    knocks.first().expect("somebody asks").clone()
}

/// Types the right words at a joiner and waits until both consoles show check words; who asks.
async fn compares((initiator, joiner): (&mut Face, &mut Face), words: &str) -> Knock {
    type_words(joiner, words).await;
    joiner
        .until_picture(|picture| state(picture) == Some(JoiningState::Compare))
        .await;
    asked(initiator).await
}

async fn type_words(face: &mut Face, words: &str) {
    let words = Secret(words.to_owned());
    face.link
        .send(&ToDaemon::Words { words })
        .await
        .expect("the daemon listens");
}

async fn words(lab: &Lab) -> String {
    let words = words_of(&lab.pi(LEADER).daemon.socket).await;
    words.expect("an answer").expect("a session is open").0
}

#[tokio::test(flavor = "multi_thread")]
async fn three_consoles_with_nothing_prepared_become_a_cluster() {
    let lab = Lab::unhurried(3).await;
    let before: Vec<_> = (0..3).map(|number| outside(&lab, number)).collect();
    let mut watching = lab.face(1).await;
    let others = [1, 2].map(|number| tokio::spawn(operator::join(seat(&lab, number))));
    let mut leader = lab.face(LEADER).await;
    let first = tokio::spawn(operator::initiate(seat(&lab, LEADER), "attic".to_owned()));
    leader
        .until_picture(|picture| picture.stage == Stage::Review && picture.review.is_some())
        .await;
    let now: Vec<_> = (0..3).map(|number| outside(&lab, number)).collect();
    assert_eq!(
        now, before,
        "until Install nothing is written outside mcloud's own directories"
    );
    let done = leader.done().await;
    assert!(done.ok, "{done:?}");
    assert_eq!((done.exit, done.members), (0, 3));
    assert!(
        watching.done().await.ok,
        "the joiner's console tells the same"
    );
    first.await.expect("no panic").expect("it ended well");
    for other in others {
        other.await.expect("no panic").expect("it ended well");
    }
    let picture = &leader.link.picture;
    assert_eq!(picture.nodes.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_words_three_times_then_the_right_ones() {
    let lab = Lab::unhurried(2).await;
    let mut first = initiator(&lab, LEADER, "attic").await;
    let mut second = joiner(&lab, 1, "pi-a").await;
    for wrong in 1..=3 {
        type_words(&mut second, "aardvark abandoned abbreviate abdomen").await;
        second
            .until_picture(|picture| {
                let joining = picture.wizard.joining.as_ref();
                joining.is_some_and(|joining| joining.wrong == wrong && joining.failure.is_some())
            })
            .await;
    }
    assert_eq!(
        knock_state(&first.link.picture),
        None,
        "the initiator was never asked"
    );
    let there = compares((&mut first, &mut second), &words(&lab).await).await;
    let joining = second.link.picture.wizard.joining.as_ref();
    let here = &joining.expect("it is joining").check;
    assert_eq!(
        *here, there.check,
        "both consoles show the same check words"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_initiators_the_joiner_sees_both_and_joins_the_one_it_chose() {
    let lab = Lab::unhurried(3).await;
    let mut first = initiator(&lab, LEADER, "attic").await;
    let mut other = initiator(&lab, 2, "cellar").await;
    let mut joiner = joiner(&lab, 1, "pi-c").await;
    let peers = &joiner.link.picture.wizard.neighbours.peers;
    let open: Vec<_> = peers
        .iter()
        .filter(|peer| peer.session.is_some())
        .map(|peer| peer.name.clone())
        .collect();
    assert!(open.contains(&"pi-c".to_owned()), "{open:?}");
    joiner
        .until_picture(|picture| {
            let peers = &picture.wizard.neighbours.peers;
            peers.iter().filter(|peer| peer.session.is_some()).count() == 2
        })
        .await;
    type_words(&mut joiner, &words(&lab).await).await;
    joiner
        .until_picture(|picture| {
            picture
                .wizard
                .joining
                .as_ref()
                .is_some_and(|it| it.wrong == 1)
        })
        .await;
    let right = words_of(&lab.pi(2).daemon.socket)
        .await
        .expect("an answer")
        .expect("it is open")
        .0;
    let Knock { id, check, .. } = compares((&mut other, &mut joiner), &right).await;
    assert_eq!(knock_state(&first.link.picture), None);
    joiner.intend(Intent::Trust { accept: true }).await;
    other.intend(Intent::Admit { id, check }).await;
    joiner
        .until_picture(|picture| picture.role == Role::Worker && picture.cluster == "cellar")
        .await;
    first.intend(Intent::Leave).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_at_the_initiator_reaches_the_joiner_and_leaves_nothing() {
    let lab = Lab::unhurried(2).await;
    let mut first = initiator(&lab, LEADER, "attic").await;
    let mut second = joiner(&lab, 1, "pi-a").await;
    type_words(&mut second, &words(&lab).await).await;
    let Knock { id, .. } = asked(&mut first).await;
    first.intend(Intent::Refuse { id }).await;
    second
        .until_picture(|picture| picture.wizard.trouble.is_some())
        .await;
    assert_eq!(state(&second.link.picture), None);
    assert!(kept(&lab, 1).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_at_the_joiner_reaches_the_initiator() {
    let lab = Lab::unhurried(2).await;
    let mut first = initiator(&lab, LEADER, "attic").await;
    let mut second = joiner(&lab, 1, "pi-a").await;
    type_words(&mut second, &words(&lab).await).await;
    second
        .until_picture(|picture| state(picture) == Some(JoiningState::Compare))
        .await;
    second.intend(Intent::Trust { accept: false }).await;
    first
        .until_picture(|picture| knock_state(picture) == Some(KnockState::Refused))
        .await;
}

/// A joiner that was let in.
async fn let_in(lab: &Lab) -> (Face, Face) {
    let mut first = initiator(lab, LEADER, "attic").await;
    let mut second = joiner(lab, 1, "pi-a").await;
    let Knock { id, check, .. } = compares((&mut first, &mut second), &words(lab).await).await;
    first.intend(Intent::Admit { id, check }).await;
    second.intend(Intent::Trust { accept: true }).await;
    second
        .until_picture(|picture| picture.role == Role::Worker && picture.wizard.disks.len() == 2)
        .await;
    first
        .until_picture(|picture| {
            picture
                .wizard
                .disks
                .iter()
                .filter(|node| node.known)
                .count()
                == 2
        })
        .await;
    (first, second)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_initiator_that_leaves_is_told_of_and_nothing_stays_on_either_node() {
    let lab = Lab::unhurried(2).await;
    let (mut first, mut second) = let_in(&lab).await;
    assert!(kept(&lab, 1).contains(&"membership.json".to_owned()));
    first.intend(Intent::Leave).await;
    assert_eq!(first.done().await.exit, 3);
    let done = second.done().await;
    assert_eq!((done.ok, done.exit), (false, 3), "{done:?}");
    for number in [0, 1] {
        nothing_kept(&lab, number).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_initiator_that_dies_before_install_leaves_nothing_on_the_joiner() {
    let mut lab = Lab::unhurried(2).await;
    let (_first, mut second) = let_in(&lab).await;
    lab.rehearsal.nodes[LEADER].daemon.stop().await;
    let done = second.done().await;
    assert_eq!((done.ok, done.exit), (false, 1), "{done:?}");
    nothing_kept(&lab, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_joiner_that_starts_again_before_install_is_no_member_yet() {
    let mut lab = Lab::unhurried(2).await;
    let (initiator, joiner) = let_in(&lab).await;
    drop(joiner);
    lab.stop(1).await;
    lab.start(1).await;
    let mut joiner = lab.face(1).await;
    joiner
        .until_picture(|picture| picture.stage == Stage::Forming)
        .await;
    assert!(joiner.link.picture.wizard.member.is_none());
    drop(initiator);
    lab.stop(LEADER).await;
    nothing_kept(&lab, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_joiner_that_leaves_before_install_is_out_at_the_initiator_too() {
    let lab = Lab::unhurried(2).await;
    let (mut first, mut second) = let_in(&lab).await;
    second.intend(Intent::Leave).await;
    assert_eq!(second.done().await.exit, 3);
    first
        .until_picture(|picture| picture.wizard.disks.len() == 1)
        .await;
    nothing_kept(&lab, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_cluster_takes_the_place_of_one_that_never_came_to_be() {
    let lab = Lab::unhurried(1).await;
    let mut face = initiator(&lab, LEADER, "attic").await;
    face.intend(Intent::Leave).await;
    face.done().await;
    let face = initiator(&lab, LEADER, "cellar").await;
    assert_eq!(face.link.picture.cluster, "cellar");
}
