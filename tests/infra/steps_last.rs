//! The last steps: where images lie, what the cluster is called, the profile, the proof.

use mcloud::engine::Seen;
use mcloud::engine::plan::{OVN_NETWORK, RemotePool, UPLINK, Work};
use mcloud::infra::lxd::types::Config;

use crate::steps_lab::{Lab, RELEASES, disk, file, pending};
use crate::steps_networks::{ovn, physical, uplink};
use crate::steps_words::spoken;

impl Lab {
    /// A cluster of the first `count` nodes with all pools but the file system, and all networks.
    pub(crate) async fn form_all(&self, count: usize) {
        self.form_pool(count).await;
        self.define(RemotePool::Block, count).await;
        self.walk(1, &self.remote(RemotePool::Block, count)).await;
        self.ovn(count).await;
        self.defined(&uplink("eth1"), count).await;
        self.walk(1, &self.network((UPLINK, physical(None)), count))
            .await;
        self.walk(1, &Work::Northbound).await;
        self.walk(1, &self.network((OVN_NETWORK, ovn()), count))
            .await;
    }

    /// A cluster of the first `count` nodes with a local pool.
    async fn form_pool(&self, count: usize) {
        self.cluster(count).await;
        for number in 1..=count {
            let part = if number == 1 {
                disk(self.node(1), "sda")
            } else {
                file()
            };
            self.walk(number, &pending(self.node(number), part)).await;
        }
        self.walk(1, &self.pool(count)).await;
    }

    pub(crate) fn whole_proof(&self, count: usize) -> Work {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Work::Proof {
            members: self.names(count),
            pools: names(&["local", "remote"]),
            networks: names(&[UPLINK, OVN_NETWORK]),
            root: Some("remote".to_owned()),
            nic: Some(OVN_NETWORK.to_owned()),
        }
    }

    fn volumes(&self, number: usize) -> Work {
        Work::Volumes {
            name: self.node(number).name.clone(),
        }
    }

    async fn own_config(&self, member: &str) -> Config {
        let server = self.node(1).lxd.server(Some(member)).await;
        server.expect("the member").config
    }
}

/// The default profile on the distributed pool and OVN's network.
fn profile() -> Work {
    Work::Profile {
        pool: Some("remote".to_owned()),
        network: Some(OVN_NETWORK.to_owned()),
        replace: false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_was_built_is_proven_in_words() {
    for release in RELEASES {
        let lab = Lab::of(release, 2, &[]).await;
        lab.form_all(2).await;
        lab.walk(1, &profile()).await;
        let proven = lab.apply(1, &lab.whole_proof(2)).await.expect("a proof");
        let proven: Vec<String> = proven.iter().map(spoken).collect();
        assert_eq!(
            proven,
            [
                "LXD members online: 2 (pi-1, pi-2).",
                "pi-1 leads LXD's database.",
                "The btrfs pool local is made on pi-1, pi-2.",
                "The ceph pool remote is made on pi-1, pi-2.",
                "The physical network UPLINK is made on pi-1, pi-2, with 10.88.0.1/24, fd88::1/64.",
                "The ovn network default is made on pi-1, pi-2, with 10.200.0.1/24, fd42:4242::1/64.",
                "The profile default has its root disk on remote.",
                "The profile default has eth0 on the network default.",
            ],
            "{release}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_names_the_network_that_is_missing_or_unmade() {
    let lab = Lab::of(RELEASES[2], 1, &[]).await;
    lab.cluster(1).await;
    let proof = Work::Proof {
        members: lab.names(1),
        pools: Vec::new(),
        networks: vec![UPLINK.to_owned()],
        root: None,
        nic: Some(UPLINK.to_owned()),
    };
    let wrong = async || lab.is_refused(1, &proof).await.what.code;
    assert_eq!(wrong().await, "lxd.network-gone");
    lab.defined(&uplink("eth1"), 1).await;
    assert_eq!(wrong().await, "lxd.network-unmade");
    lab.walk(1, &lab.network((UPLINK, physical(None)), 1)).await;
    assert_eq!(wrong().await, "lxd.profile-not-kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_profile_has_already_stays_unless_it_is_to_be_replaced() {
    for release in RELEASES {
        let lab = Lab::of(release, 1, &[]).await;
        lab.form_all(1).await;
        let lxd = &lab.node(1).lxd;
        let nic = [("type", "nic"), ("name", "eth0"), ("network", UPLINK)];
        let nic = nic.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let devices = [("eth0".to_owned(), Config::from(nic))].into();
        let quiet = |_: &_| ();
        lxd.patch_profile("default", &devices, &quiet)
            .await
            .expect("a device");
        let said = async |work: &Work| -> Vec<String> {
            let done = lab.apply(1, work).await.expect("it is right");
            done.iter().map(spoken).collect()
        };
        let found = async || lxd.profile("default").await.expect("the profile").devices;
        let root = "The profile default has its root disk on remote.";
        let own = "name=eth0 network=UPLINK type=nic";
        let kept = format!("The profile default keeps its own device eth0: {own}.");
        assert_eq!(said(&profile()).await, [root, kept.as_str()]);
        assert_eq!(found().await["eth0"], devices["eth0"]);
        assert_eq!(found().await["root"]["pool"], "remote");
        let proven = said(&lab.whole_proof(1)).await;
        assert!(proven.contains(&kept), "{proven:?}");

        let mut anew = profile();
        if let Work::Profile { replace, .. } = &mut anew {
            *replace = true;
        }
        let Ok(Seen::Missing(before)) = lab.observe(1, &anew).await else {
            panic!("{release}: it is not as it is to be");
        };
        let old = r#"{"name":"eth0","network":"UPLINK","type":"nic"}"#;
        let expected = format!(r#"{{"lacking":[],"replaced":{{"eth0":{old}}}}}"#);
        assert_eq!(before, expected, "the journal has the old one");
        let nic = "The profile default has eth0 on the network default.";
        let was = format!("The profile default had the device eth0 otherwise: {own}.");
        assert_eq!(said(&anew).await, [root, nic, was.as_str()]);
        assert_eq!(found().await["eth0"]["network"], OVN_NETWORK);
        lab.is_there(1, &anew).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn images_and_backups_of_each_member_come_to_lie_on_its_local_pool() {
    for release in RELEASES {
        let lab = Lab::of(release, 2, &[]).await;
        lab.form_pool(2).await;
        for number in 1..=2 {
            lab.walk(number, &lab.volumes(number)).await;
            let config = lab.own_config(&lab.node(number).name).await;
            assert_eq!(config["storage.images_volume"], "local/images");
            assert_eq!(config["storage.backups_volume"], "local/backups");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_stopped_between_volume_and_key_goes_on_from_there() {
    for release in RELEASES {
        let lab = Lab::of(release, 1, &["lxd.config@pi-1=refused,1x"]).await;
        lab.form_pool(1).await;
        let failure = lab
            .apply(1, &lab.volumes(1))
            .await
            .expect_err("refused once");
        assert_eq!(failure.what.code, "lxd.volumes-failed");
        lab.walk(1, &lab.volumes(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn images_that_have_a_place_already_stay_there() {
    let lab = Lab::of(RELEASES[1], 1, &[]).await;
    lab.form_pool(1).await;
    let lxd = &lab.node(1).lxd;
    let quiet = |_: &_| ();
    lxd.create_volume(("local", "mine"), "pi-1", &quiet)
        .await
        .expect("a volume");
    let keys = [("storage.images_volume".to_owned(), "local/mine".to_owned())].into();
    lxd.patch_server(&keys, Some("pi-1"), &quiet)
        .await
        .expect("a place");
    lab.walk(1, &lab.volumes(1)).await;
    let config = lab.own_config("pi-1").await;
    assert_eq!(config["storage.images_volume"], "local/mine");
    assert_eq!(config["storage.backups_volume"], "local/backups");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cluster_says_on_every_member_what_it_is_called_and_who_leads() {
    for release in RELEASES {
        let lab = Lab::of(release, 2, &[]).await;
        lab.cluster(2).await;
        let work = Work::Metadata {
            cluster: "home".to_owned(),
            leader: "pi-1".to_owned(),
        };
        lab.walk(1, &work).await;
        let config = lab.own_config("pi-2").await;
        assert_eq!(config["user.mcloud.name"], "home");
        assert_eq!(config["user.mcloud.leader"], "pi-1");
        let other = Work::Metadata {
            cluster: "home".to_owned(),
            leader: "pi-2".to_owned(),
        };
        let before = lab.observe(1, &other).await;
        assert_eq!(
            before,
            Ok(Seen::Missing("user.mcloud.leader=pi-1".to_owned()))
        );
    }
}
