//! Choosing Ceph's disks, the guests' network, uplinks and Ceph's networks.

use mcloud::engine::answers::{NetworkKind, Purpose, UplinkKind};
use mcloud::engine::facts::Holds;
use mcloud::engine::picture::wizard::DiskRow;
use mcloud::engine::services::{LxdState, MicroState};
use mcloud::engine::{Fact, Intent};
use mcloud::forms::{Field, Form, Part, Row, Step, Wish};

use super::situations::{give_ceph, two_nics, with_nics};
use super::stage::{Stage, disk, encrypting, facts, photos, served};

fn row<'a>(form: &'a Form, id: &str) -> &'a Row {
    let mut rows = form.parts.iter().flat_map(|part| match part {
        Part::Table { rows, .. } => rows.as_slice(),
        _ => &[],
    });
    rows.find(|row| row.id == id)
        .unwrap_or_else(|| panic!("there is no row {id}"))
}

fn press(form: &Form, id: &str) -> Wish {
    let deed = row(form, id).press.as_ref();
    deed.unwrap_or_else(|| panic!("{id} cannot be pressed"))
        .wish
        .clone()
}

fn field<'a>(form: &'a Form, id: &str) -> &'a Field {
    let mut fields = form.parts.iter().filter_map(|part| match part {
        Part::Field(field) => Some(field),
        _ => None,
    });
    fields
        .find(|field| field.id == id)
        .unwrap_or_else(|| panic!("there is no field {id}"))
}

fn next(form: &Form) -> Option<&Wish> {
    form.buttons.last().and_then(|button| button.wish.as_ref())
}

fn sums(form: &Form) -> String {
    let notes = form.sums.iter().map(|note| note.text.as_str());
    notes.collect::<Vec<_>>().join("\n")
}

fn shown(stage: &Stage, node: &str, name: &str) -> DiskRow {
    let disks = stage.picture().wizard.disks;
    let node = disks.iter().find(|it| it.node == node).unwrap();
    let disk = node.disks.iter().find(|disk| disk.name == name);
    disk.unwrap().clone()
}

const NVME: &str = "disk:pi-a:/dev/disk/by-id/ata-pi-a-N";

#[test]
fn a_disk_goes_round_ceph_local_and_keep() {
    let mut stage = Stage::served(2);
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(shown(&stage, "pi-a", "nvme0n1").purpose);
        let form = stage.form(Step::Disks);
        stage.grant(press(&form, NVME));
    }
    assert_eq!(
        seen,
        [None, Some(Purpose::Ceph), Some(Purpose::Local), None]
    );
}

#[test]
fn encryption_is_in_the_round_only_where_microceph_says_so() {
    let mut stage = Stage::initiator_on(|here| *here = encrypting(0));
    let mut seen = Vec::new();
    for _ in 0..4 {
        let disk = shown(&stage, "pi-a", "nvme0n1");
        seen.push((disk.purpose, disk.encrypt));
        let form = stage.form(Step::Disks);
        stage.grant(press(&form, NVME));
    }
    let ceph = Some(Purpose::Ceph);
    let expected = [
        (None, false),
        (ceph, false),
        (ceph, true),
        (Some(Purpose::Local), false),
    ];
    assert_eq!(seen, expected);
    // A wish that was not offered is not granted either.
    let mut stage = Stage::served(0);
    stage.intend(Intent::Use {
        node: "pi-a".to_owned(),
        disk: "/dev/disk/by-id/ata-pi-a-N".to_owned(),
        purpose: ceph,
        encrypt: true,
    });
    assert_eq!(shown(&stage, "pi-a", "nvme0n1").purpose, None);
}

#[test]
fn ceph_takes_many_disks_of_a_node_and_the_local_pool_one() {
    let mut stage = Stage::served(0);
    let give = |stage: &mut Stage, serial: &str, purpose| {
        stage.intend(Intent::Use {
            node: "pi-a".to_owned(),
            disk: format!("/dev/disk/by-id/ata-pi-a-{serial}"),
            purpose: Some(purpose),
            encrypt: false,
        });
    };
    for purpose in [Purpose::Ceph, Purpose::Local] {
        give(&mut stage, "N", purpose);
        give(&mut stage, "A", purpose);
        let answers = stage.state.cluster.answers.as_ref().unwrap();
        let given = answers.nodes[0].disks_for(purpose).count();
        assert_eq!(given, if purpose == Purpose::Ceph { 2 } else { 1 });
    }
}

/// The facts of pi-a come again, changed.
fn found_again(stage: &mut Stage, change: impl FnOnce(&mut Vec<mcloud::engine::facts::Disk>)) {
    let mut facts = served(0);
    change(&mut facts.host.disks);
    stage.fact(Fact::Facts {
        node: None,
        facts: Box::new(facts),
    });
}

#[test]
fn a_chosen_disk_that_is_not_there_any_more_is_shown_and_can_be_given_back() {
    let mut stage = Stage::served(0);
    let form = stage.form(Step::Disks);
    stage.grant(press(&form, NVME));
    found_again(&mut stage, |disks| {
        disks.retain(|disk| disk.name != "nvme0n1");
    });
    let form = stage.form(Step::Disks);
    let row = row(&form, "disk:pi-a:serial pi-a-N");
    assert!(row.cells.contains(&"chosen, and not there now".to_owned()));
    stage.grant(press(&form, "disk:pi-a:serial pi-a-N"));
    let answers = stage.state.cluster.answers.as_ref().unwrap();
    assert_eq!(answers.nodes[0].disks, []);
}

#[test]
fn a_chosen_disk_that_has_a_twin_by_now_can_be_given_back() {
    let mut stage = Stage::served(0);
    let form = stage.form(Step::Disks);
    stage.grant(press(&form, NVME));
    found_again(&mut stage, |disks| {
        let found = disks.iter().find(|disk| disk.name == "nvme0n1");
        let mut twin = found.cloned().expect("the chosen disk");
        "nvme1n1".clone_into(&mut twin.name);
        "/dev/nvme1n1".clone_into(&mut twin.path);
        disks.push(twin);
    });
    let form = stage.form(Step::Disks);
    stage.grant(press(&form, NVME));
    let answers = stage.state.cluster.answers.as_ref().unwrap();
    assert_eq!(answers.nodes[0].disks, []);
}

#[test]
fn ceph_takes_a_disk_that_an_old_lxd_could_not_wipe() {
    let mut stage = Stage::initiator_on(|here| {
        *here = served(0);
        if let LxdState::Answers(lxd) = &mut here.lxd {
            lxd.can_wipe = false;
        }
    });
    let id = "disk:pi-a:/dev/disk/by-id/ata-pi-a-B";
    let form = stage.form(Step::Disks);
    stage.grant(press(&form, id));
    assert_eq!(shown(&stage, "pi-a", "sdb").purpose, Some(Purpose::Ceph));
    let form = stage.form(Step::Disks);
    assert!(
        sums(&form).contains("To be erased: pi-a sdb"),
        "{}",
        sums(&form)
    );
    stage.grant(press(&form, id));
    assert_eq!(shown(&stage, "pi-a", "sdb").purpose, None, "never Local");
}

#[test]
fn where_one_node_cannot_have_microceph_it_is_offered_nowhere_and_says_why() {
    let mut stage = Stage::served(1);
    stage.come_in(2);
    let form = stage.form(Step::Disks);
    let Wish::Intents(intents) = press(&form, NVME) else {
        panic!("it is a choice");
    };
    let local =
        |it: &Intent| matches!(it, Intent::Use { purpose, .. } if *purpose == Some(Purpose::Local));
    assert!(intents.iter().all(local), "{intents:?}");
    let said = sums(&form);
    assert!(
        said.contains("MicroCeph is not on pi-c") && said.contains("apt install snapd"),
        "{said}"
    );
}

#[test]
fn a_node_that_comes_later_and_cannot_have_ceph_stops_the_way_on() {
    let mut stage = Stage::served(1);
    give_ceph(&mut stage, "pi-a");
    assert!(next(&stage.form(Step::Disks)).is_some());
    stage.come_in(2);
    assert_eq!(next(&stage.form(Step::Disks)), None);
    let form = stage.form(Step::Disks);
    stage.grant(press(&form, NVME));
    assert!(next(&stage.form(Step::Disks)).is_some());
}

#[test]
fn the_live_line_says_what_survives() {
    let line = |stage: &Stage| {
        sums(&stage.form(Step::Disks))
            .lines()
            .next()
            .unwrap()
            .to_owned()
    };
    let mut stage = Stage::served(2);
    assert_eq!(
        line(&stage),
        "No distributed storage: no disk is set to Ceph."
    );
    let expected = [
        "Ceph: 1 disk on 1 node, 1 copy: 512 GB raw, 512 GB usable; nothing survives the loss of that disk.",
        "Ceph: 2 disks on 2 nodes, 2 copies: 1 TB raw, 512 GB usable; survives the loss of one disk, not of a node: that takes three nodes.",
        "Ceph: 3 disks on 3 nodes, 3 copies: 1.5 TB raw, 512 GB usable; survives the loss of any one node.",
    ];
    for (node, expected) in ["pi-a", "pi-b", "pi-c"].into_iter().zip(expected) {
        give_ceph(&mut stage, node);
        assert_eq!(line(&stage), expected);
    }
    // A large node cannot hold two copies of one thing: what it has more is of no use.
    stage.intend(Intent::Use {
        node: "pi-a".to_owned(),
        disk: "/dev/disk/by-id/ata-pi-a-A".to_owned(),
        purpose: Some(Purpose::Ceph),
        encrypt: false,
    });
    assert!(
        line(&stage).contains("4 disks on 3 nodes, 3 copies: 1.7 TB raw, 512 GB usable"),
        "{}",
        line(&stage)
    );
}

#[test]
fn the_suggestion_gives_the_largest_disk_to_ceph_and_the_next_to_the_local_pool() {
    let mut stage = Stage::served(2);
    let form = stage.form(Step::Disks);
    assert_eq!(form.first, "suggest");
    let suggest = form.buttons.iter().find(|it| it.id == "suggest").unwrap();
    stage.grant(suggest.wish.clone().unwrap());
    for node in ["pi-a", "pi-b", "pi-c"] {
        assert_eq!(shown(&stage, node, "nvme0n1").purpose, Some(Purpose::Ceph));
        assert_eq!(shown(&stage, node, "sda").purpose, Some(Purpose::Local));
        assert_eq!(shown(&stage, node, "sdb").purpose, None, "it holds photos");
    }
    assert_eq!(stage.form(Step::Disks).first, "next");
}

#[test]
fn two_nodes_are_not_talked_into_ceph() {
    let mut stage = Stage::served(1);
    let form = stage.form(Step::Disks);
    let suggest = form.buttons.iter().find(|it| it.id == "suggest").unwrap();
    stage.grant(suggest.wish.clone().unwrap());
    let answers = stage.state.cluster.answers.as_ref().unwrap();
    assert!(!answers.has_ceph());
    assert!(answers.nodes.iter().all(|node| node.disks.len() == 1));
}

#[test]
fn an_lxd_that_makes_no_file_system_in_ceph_is_offered_none_and_says_why() {
    let mut stage = Stage::initiator_on(|here| {
        *here = served(0);
        if let LxdState::Answers(lxd) = &mut here.lxd {
            lxd.no_files = true;
        }
    });
    stage.come_in_as(1, served(1));
    give_ceph(&mut stage, "pi-a");
    let form = stage.form(Step::Disks);
    let files = row(&form, "files");
    assert_eq!(
        files.cells[1],
        "none: LXD on pi-a makes no file system in Ceph"
    );
    assert!(files.about[0].text.contains("LXD 5.21 and later"));
    let by_hand = files.press.clone().unwrap();
    stage.grant(by_hand.wish);
    let form = stage.form(Step::Disks);
    assert_eq!(
        row(&form, "files").cells[1],
        "remote-fs, though LXD on pi-a makes none"
    );
    // In a Ceph that was there before there may be one.
    stage.intend(Intent::Storage {
        ceph: mcloud::engine::answers::CephStorage {
            reuse: true,
            ..stage.picture().wizard.ceph.storage
        },
    });
    let form = stage.form(Step::Disks);
    assert!(row(&form, "files").press.is_some());
}

#[test]
fn snaps_and_what_ceph_is_to_be_can_be_declined() {
    let mut stage = Stage::served(2);
    give_ceph(&mut stage, "pi-a");
    for (id, is) in [("files", true), ("tune", true)] {
        let form = stage.form(Step::Disks);
        stage.grant(press(&form, id));
        let ceph = &stage.picture().wizard.ceph.storage;
        let now = if id == "files" {
            ceph.filesystem
        } else {
            ceph.tune
        };
        assert_eq!(now, !is);
    }
    let form = stage.form(Step::Disks);
    stage.grant(press(&form, "snaps"));
    assert!(!stage.picture().wizard.ceph.snaps.install);
    let form = stage.form(Step::Disks);
    assert_eq!(next(&form), None, "{}", sums(&form));
    assert!(
        sums(&form).contains("snap install microceph"),
        "{}",
        sums(&form)
    );
}

#[test]
fn a_ceph_that_is_there_is_used_only_when_asked_for() {
    let mut stage = Stage::served(0);
    let mut with = served(1);
    let member = mcloud::engine::services::MicroMember {
        name: "nas".to_owned(),
        address: "10.0.0.99:7443".to_owned(),
        role: "voter".to_owned(),
        status: "ONLINE".to_owned(),
    };
    with.ceph = MicroState::Answers(Box::new(mcloud::engine::services::MicroFacts {
        members: vec![member],
        ..Default::default()
    }));
    stage.come_in_as(1, with);
    let form = stage.form(Step::Disks);
    let says = row(&form, "reuse").cells.join(" ");
    assert!(says.contains("refused: nas"), "{says}");
    stage.grant(press(&form, "reuse"));
    assert!(stage.state.cluster.answers.as_ref().unwrap().ceph.reuse);
}

#[test]
fn the_network_goes_round_four_ways_each_filled_in() {
    let mut stage = Stage::served(2);
    let mut seen = Vec::new();
    for _ in 0..4 {
        let network = stage.picture().wizard.network.network;
        seen.push((network.kind, network.uplink, network.gateway4.is_some()));
        let form = stage.form(Step::Network);
        stage.grant(press(&form, "kind"));
    }
    let expected = [
        (NetworkKind::Ovn, UplinkKind::Bridge, true),
        (NetworkKind::Bridge, UplinkKind::Nic, false),
        (NetworkKind::None, UplinkKind::Nic, false),
        (NetworkKind::Ovn, UplinkKind::Nic, false),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn the_suggestion_follows_the_nodes_until_somebody_chooses() {
    let mut stage = Stage::served(1);
    let kind = |stage: &Stage| stage.picture().wizard.network.network.kind;
    assert_eq!(kind(&stage), NetworkKind::Ovn);
    stage.come_in(2);
    assert_eq!(
        kind(&stage),
        NetworkKind::Bridge,
        "pi-c can have no MicroOVN"
    );
    let form = stage.form(Step::Network);
    stage.grant(press(&form, "kind"));
    assert_eq!(kind(&stage), NetworkKind::None, "OVN is passed over");
    stage.fact(Fact::Facts {
        node: Some("pi-c".to_owned()),
        facts: Box::new(served(2)),
    });
    assert_eq!(kind(&stage), NetworkKind::None);
}

#[test]
fn what_is_typed_is_looked_at_at_once_and_goes_with_the_way_on() {
    let stage = with_nics();
    let nodes = &stage.picture().wizard.networks;
    let uplinks: Vec<_> = nodes.iter().map(|node| node.uplink.as_deref()).collect();
    assert_eq!(uplinks, [Some("eth1"); 3]);
    assert_eq!(
        next(&stage.form(Step::Network)),
        None,
        "no gateway is known"
    );
    let gateway = ("network.gateway4:nic", "192.168.1.1/24");
    let range = "network.range4:nic";
    let stage = stage.typed(gateway.0, gateway.1);
    for (text, says) in [
        ("192.168.1.200", "is not a first and a last"),
        ("192.168.1.1-192.168.1.9", "holds the router"),
        ("192.168.2.1-192.168.2.9", "is not in 192.168.1.0/24"),
        ("192.168.1.9-192.168.1.2", "ends before it begins"),
    ] {
        let form = stage.clone().typed(range, text).form(Step::Network);
        let about = &field(&form, range).about;
        assert!(about[0].text.contains(says), "{about:?}");
        assert_eq!(next(&form), None, "{text}");
    }
    let mut stage = stage.typed(range, "192.168.1.200-192.168.1.250");
    let form = stage.form(Step::Network);
    let wish = next(&form).expect("nothing is wrong").clone();
    stage.grant(wish);
    let network = &stage.state.cluster.answers.as_ref().unwrap().network;
    assert_eq!(network.gateway4.unwrap().to_string(), gateway.1);
    assert_eq!(
        network.range4.unwrap().to_string(),
        "192.168.1.200-192.168.1.250"
    );
    assert_eq!(
        stage.state.cluster.stage,
        mcloud::engine::node::Stage::Gathering
    );
}

#[test]
fn a_hyphen_takes_an_answer_away() {
    let mut stage = Stage::served(2).typed("network.guests4:bridge", "10.77.0.1/24");
    let form = stage.form(Step::Network);
    stage.grant(next(&form).unwrap().clone());
    let guests = |stage: &Stage| {
        stage
            .state
            .cluster
            .answers
            .as_ref()
            .unwrap()
            .network
            .guests4
    };
    assert!(guests(&stage).is_some());
    let mut stage = stage
        .then(Intent::Change)
        .typed("network.guests4:bridge", "-");
    let form = stage.form(Step::Network);
    stage.grant(next(&form).unwrap().clone());
    assert_eq!(guests(&stage), None);
}

#[test]
fn a_vlan_makes_the_nic_with_the_cluster_address_an_uplink() {
    let mut stage = Stage::served(0);
    for _ in 0..3 {
        let form = stage.form(Step::Network);
        stage.grant(press(&form, "kind"));
    }
    let form = stage.form(Step::Network);
    assert_eq!(
        row(&form, "node:pi-a").press,
        None,
        "its only NIC has an address"
    );
    let said: String = row(&form, "node:pi-a")
        .about
        .iter()
        .map(|it| it.text.as_str())
        .collect();
    assert!(said.contains("VLAN"), "{said}");
    let mut stage = stage.typed("network.vlan:nic", "200");
    let form = stage.form(Step::Network);
    stage.grant(press(&form, "node:pi-a"));
    let form = stage.form(Step::Network);
    let uplink = row(&form, "node:pi-a").cells.last().unwrap();
    assert_eq!(uplink, "eth0.200");
}

#[test]
fn each_console_chooses_its_own_uplink_and_the_other_sees_who_did() {
    let mut leader = with_nics();
    let worker = leader.worker(1);
    let form = worker.form(Step::Network);
    assert_eq!(row(&form, "node:pi-a").press, None);
    let Wish::Intents(intents) = press(&form, "node:pi-b") else {
        panic!("it is a choice");
    };
    let mut own = worker.clone();
    own.asked.clear();
    own.intend(intents[0].clone());
    assert_eq!(own.asked.len(), 1, "it is reported to the leader");
    leader.fact(Fact::ChoseUplink {
        node: "pi-b".to_owned(),
        nic: None,
        underlay: "10.9.0.12".parse().ok(),
    });
    let form = leader.form(Step::Network);
    assert!(
        row(&form, "node:pi-b")
            .cells
            .last()
            .unwrap()
            .contains("by pi-b")
    );
    assert!(
        row(&form, "tunnel:pi-b")
            .cells
            .last()
            .unwrap()
            .contains("10.9.0.12  by pi-b")
    );
    assert_eq!(next(&form), None);
    // What a node has not is not taken.
    leader.fact(Fact::ChoseUplink {
        node: "pi-b".to_owned(),
        nic: Some("eth9".to_owned()),
        underlay: None,
    });
    assert_eq!(leader.picture().wizard.networks[1].uplink, None);
}

#[test]
fn cephs_networks_are_chosen_of_those_that_all_nodes_share() {
    let mut stage = with_nics();
    let inner = "10.9.0.0/24".parse().ok();
    let chosen = |stage: &Stage| {
        let ceph = stage.picture().wizard.ceph.storage;
        (ceph.public, ceph.internal)
    };
    let mut seen = Vec::new();
    for id in [
        "ceph-public",
        "ceph-public",
        "ceph-internal",
        "ceph-internal",
    ] {
        let form = stage.form(Step::Network);
        stage.grant(press(&form, id));
        seen.push(chosen(&stage));
    }
    let expected = [(inner, None), (None, None), (None, inner), (None, None)];
    assert_eq!(seen, expected);
    let form = stage.form(Step::Network);
    stage.grant(press(&form, "ceph-public"));
    let form = stage.form(Step::Network);
    assert_eq!(
        row(&form, "ceph-internal").press,
        None,
        "it is the public one already"
    );
    let mut odd = two_nics(2);
    odd.host.nics.pop();
    stage.fact(Fact::Facts {
        node: Some("pi-c".to_owned()),
        facts: Box::new(odd),
    });
    assert_eq!(row(&stage.form(Step::Network), "ceph-public").press, None);
}

#[test]
fn every_disk_that_cannot_be_chosen_still_says_why() {
    let mut stage = Stage::served(0);
    let mut odd = facts(1);
    odd.host.disks = vec![
        disk("sda", "pi-b-A", photos()),
        disk("sdb", "pi-b-B", Holds::Nothing),
    ];
    odd.lxd = LxdState::Absent;
    stage.come_in_as(1, odd);
    let form = stage.form(Step::Disks);
    let full = row(&form, "disk:pi-b:/dev/disk/by-id/ata-pi-b-A");
    assert_eq!(full.press, None);
    assert!(
        full.about[0].text.contains("cannot wipe"),
        "{:?}",
        full.about
    );
}
