//! The proof by throw-away guests, and that nothing of it stays.

use std::fs;

use mcloud::engine::plan::{BRIDGE, Guests, NetworkPart, NetworkShape, OVN_NETWORK, Work};
use mcloud::infra::Inputs;
use mcloud::infra::lxd::client::NewContainer;
use mcloud::rehearsal::lxd::{NodeSpec, Release};

use crate::steps_lab::{Lab, RELEASES};
use crate::steps_words::spoken;

/// The header of an ELF file for 64 bits; with a program header that asks for a loader, or without.
fn busybox(is_static: bool) -> Vec<u8> {
    let mut elf = vec![0; 64];
    elf[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
    // The table of program headers: at byte 64, of 56 bytes each, one of them.
    (elf[32], elf[54], elf[56]) = (64, 56, 1);
    let mut program = vec![0; 56];
    // PT_LOAD or PT_INTERP.
    program[0] = if is_static { 1 } else { 3 };
    elf.extend(program);
    elf
}

impl Lab {
    /// Gives every node a busybox.
    fn with_busybox(mut self, is_static: bool) -> Self {
        for node in &mut self.nodes {
            let path = node.machine.path("busybox");
            fs::write(&path, busybox(is_static)).expect("a file");
            node.machine.world.programs.busybox = vec![path];
            node.service = mcloud::infra::lxd::LxdService::new(node.machine.world.clone());
        }
        self
    }

    fn guests(&self, (pool, network): (&str, Option<&str>), count: usize) -> Work {
        let guests = Guests {
            members: self.names(count),
            pool: pool.to_owned(),
            network: network.map(str::to_owned),
            spans: network == Some(OVN_NETWORK),
            moves: pool == "remote",
        };
        Work::GuestProof { guests }
    }

    async fn nothing_stays(&self) {
        let lxd = &self.node(1).lxd;
        assert_eq!(lxd.instances().await.expect("a list").len(), 0);
        assert_eq!(lxd.images().await.expect("a list").len(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn guests_on_every_member_run_write_reach_each_other_and_move() {
    for release in RELEASES {
        let lab = Lab::of(release, 3, &[]).await.with_busybox(true);
        lab.form_all(3).await;
        let work = lab.guests(("remote", Some(OVN_NETWORK)), 3);
        let proven = lab.apply(1, &work).await.expect("a proof");
        let mut proven: Vec<String> = proven.iter().map(spoken).collect();
        // They are made at the same time: whose address is which is chance.
        let addresses = proven.remove(2);
        for address in ["10.200.0.2", "10.200.0.3", "10.200.0.4"] {
            assert!(addresses.contains(address), "{addresses}");
        }
        assert_eq!(
            proven,
            [
                "Guests run on pi-1, pi-2, pi-3, on the pool remote.",
                "Guests on pi-1, pi-2, pi-3 read back what they wrote to the pool remote.",
                "Guests on pi-1, pi-2, pi-3 reach each other on the network default, \
                 with packets as long as they may be.",
                "Guests find each other by name on the network default.",
                "The guest on pi-1 moved to pi-2 with its disk.",
            ],
            "{release}"
        );
        lab.nothing_stays().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn guests_on_a_bridge_reach_their_router_and_those_without_a_network_their_disk() {
    for release in RELEASES {
        let lab = Lab::of(release, 2, &[]).await.with_busybox(true);
        lab.form(2).await;
        let part = NetworkPart {
            network: BRIDGE.to_owned(),
            kind: "bridge".to_owned(),
            parent: None,
        };
        lab.defined(&part, 2).await;
        let shape = NetworkShape::Bridge {
            address4: None,
            range4: None,
        };
        lab.walk(1, &lab.network((BRIDGE, shape), 2)).await;
        for network in [Some(BRIDGE), None] {
            let work = lab.guests(("local", network), 2);
            let proven = lab.apply(1, &work).await.expect("a proof");
            let codes: Vec<&str> = proven.iter().map(|it| it.code.as_str()).collect();
            let on_a_network = ["lxd.guests-addresses", "lxd.guests-dns"];
            let more: &[&str] = if network.is_some() {
                &on_a_network
            } else {
                &[]
            };
            assert_eq!(
                codes,
                [&["lxd.guests-run", "lxd.guests-wrote"], more].concat()
            );
            lab.nothing_stays().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_static_busybox_it_is_said_that_guests_were_not_proven() {
    let lab = Lab::of(Release::V6, 1, &[]).await.with_busybox(false);
    lab.form(1).await;
    let work = lab.guests(("local", None), 1);
    let proven = lab.apply(1, &work).await.expect("no failure");
    assert_eq!(proven[0].code, "lxd.guests-no-image");
    lab.nothing_stays().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_failure_nothing_of_the_guests_stays() {
    for (fault, code) in [
        ("lxd.images@*=refused,2x", "lxd.guests-not-removed"),
        ("lxd.guests@pi-2=refused,1x", "lxd.guest-not-made"),
        ("lxd.guest-command@*=refused,1x", "lxd.guest-no-command"),
    ] {
        for release in RELEASES {
            let lab = Lab::of(release, 2, &[fault]).await.with_busybox(true);
            lab.form_all(2).await;
            let work = lab.guests(("remote", Some(OVN_NETWORK)), 2);
            let step = lab.step(1, &work);
            let context = lab.context(Inputs::new());
            let failure = step.apply(&context).await.expect_err(fault);
            assert_eq!(failure.what.code, code, "{release}: {failure:?}");
            // A fault that strikes the removal too is over by now.
            while step.undo(&context).await.is_err() {}
            lab.nothing_stays().await;
            lab.apply(1, &work).await.expect("the next time it works");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn guests_that_a_stopped_run_left_are_removed_and_others_stay() {
    for release in RELEASES {
        let lab = Lab::of(release, 1, &[]).await.with_busybox(true);
        lab.form(1).await;
        let lxd = &lab.node(1).lxd;
        let quiet = |_: &_| ();
        let mut images = Vec::new();
        for property in ["mcloud: proof", "os: somebody's"] {
            let image = lxd.upload_image(archive(property), &quiet).await;
            images.push(image.expect("an image"));
        }
        let root = [("type", "disk"), ("path", "/"), ("pool", "local")];
        let root = root.map(|(key, value)| (key.to_owned(), value.to_owned()));
        for (name, key) in [("mcloud-proof-1", "user.mcloud.proof"), ("db", "user.mine")] {
            let new = NewContainer {
                name: name.to_owned(),
                image: images[0].clone(),
                config: [(key.to_owned(), "true".to_owned())].into(),
                devices: [("root".to_owned(), root.clone().into())].into(),
            };
            lxd.create_container("pi-1", &new, &quiet)
                .await
                .expect("a guest");
            lxd.start_instance(name, &quiet).await.expect("it runs");
        }
        let work = lab.guests(("local", None), 1);
        lab.apply(1, &work).await.expect("a proof");
        let left = lxd.instances().await.expect("a list");
        let left: Vec<&str> = left.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(left, ["db"], "{release}");
        let left = lxd.images().await.expect("a list");
        assert_eq!(left.len(), 1);
        assert_eq!(left[0].fingerprint, images[1]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_that_is_asked_to_stop_stops_and_leaves_nothing() {
    let lab = Lab::of(Release::V6, 1, &[]).await.with_busybox(true);
    lab.form(1).await;
    let work = lab.guests(("local", None), 1);
    let context = lab.context(Inputs::new());
    context.cancel.cancel();
    let failure = lab
        .step(1, &work)
        .apply(&context)
        .await
        .expect_err("stopped");
    assert_eq!(failure.what.code, "lxd.stopped-as-asked");
    lab.nothing_stays().await;
}

/// The beginning of an image with this property.
fn archive(property: &str) -> Vec<u8> {
    let mut tar = vec![0; 512];
    tar[..13].copy_from_slice(b"metadata.yaml");
    tar[257..262].copy_from_slice(b"ustar");
    tar.extend(format!("architecture: aarch64\nproperties:\n  {property}\n").bytes());
    tar
}

#[tokio::test(flavor = "multi_thread")]
async fn where_virtual_machines_could_run_it_is_said_that_none_was_proven() {
    let lab = Lab::of(RELEASES[1], 1, &[]).await.with_busybox(true);
    lab.form_all(1).await;
    let proof = lab.guests(("remote", None), 1);
    let says = |done: &[mcloud::engine::message::Message]| {
        done.iter().any(|it| it.code == "lxd.guests-no-vm")
    };
    assert!(!says(&lab.apply(1, &proof).await.expect("a proof")));
    lab.nodes[0].machine.file("dev/kvm", "");
    let done = lab.apply(1, &proof).await.expect("a proof");
    assert!(says(&done), "{done:?}");
    done.iter().map(spoken).for_each(drop);
}

#[tokio::test(flavor = "multi_thread")]
async fn members_of_another_architecture_are_left_out_and_named() {
    for release in RELEASES {
        let change = |spec: &mut NodeSpec| {
            if spec.name != "pi-1" && spec.name != "pi-3" {
                "x86_64".clone_into(&mut spec.architecture);
            }
        };
        let lab = Lab::with(release, 4, (&[], &change)).await;
        let lab = lab.with_busybox(true);
        lab.form_all(4).await;
        let work = lab.guests(("remote", Some(OVN_NETWORK)), 4);
        let proven = lab.apply(1, &work).await.expect("a proof");
        let mut proven: Vec<String> = proven.iter().map(spoken).collect();
        proven.remove(2);
        assert_eq!(
            proven,
            [
                "Guests run on pi-1, pi-3, on the pool remote.",
                "Guests on pi-1, pi-3 read back what they wrote to the pool remote.",
                "Guests on pi-1, pi-3 reach each other on the network default, \
                 with packets as long as they may be.",
                "Guests find each other by name on the network default.",
                "The guest on pi-1 moved to pi-3 with its disk.",
                "Guests were not proven on pi-2, pi-4: the image is made on the leader and is for \
                 aarch64, and these are of another architecture.",
            ],
            "{release}"
        );
        lab.nothing_stays().await;
    }
}
