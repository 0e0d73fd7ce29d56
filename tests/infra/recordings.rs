//! Every answer recorded from a real LXD, read by the functions and types the client uses.

use mcloud::infra::lxd::join::{JoinRequest, JoinToken};
use mcloud::infra::lxd::refusals::Meaning;
use mcloud::infra::lxd::types::{Cluster, Member, Network, Phase, Pool, Profile, Server};
use mcloud::infra::rest::RestError;
use mcloud::infra::rest::envelope::{Operation, Reply};
use secrecy::ExposeSecret;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::recorded::{Read, read, recordings};

#[test]
fn every_recorded_answer_is_read_as_what_it_was() {
    let counted = recordings().map(|recording| {
        let (mut successes, mut refusals) = (0, 0);
        for line in &recording.lines {
            match read(line) {
                Ok(Read::Success) => successes += 1,
                Ok(Read::Refusal(_)) => refusals += 1,
                Err(error) => panic!("{} {}: {error}", recording.version, line["id"]),
            }
        }
        (recording.version, successes, refusals)
    });
    assert_eq!(
        counted,
        [("5.0.2", 79, 48), ("5.21", 81, 49), ("6.9", 212, 67)],
        "version, successes, refusals"
    );
}

#[test]
fn a_server_tells_what_it_is() {
    for recording in recordings() {
        let fresh: Server = recording.thing("server-fresh");
        let clustered: Server = recording.thing("server-clustered");
        assert_eq!(fresh.auth, "trusted");
        assert!(!fresh.environment.server_clustered);
        assert!(clustered.environment.server_clustered);
        assert_eq!(clustered.environment.server_name, "node1");
        assert!(
            clustered
                .environment
                .server_version
                .starts_with(recording.version)
        );
        assert_eq!(clustered.environment.kernel_architecture, "x86_64");
        assert_eq!(clustered.config["cluster.https_address"], "10.77.0.11:8443");
        assert!(
            clustered.environment.certificate.contains("\nMII"),
            "PEM keeps its lines"
        );
        let drivers = &clustered.environment.storage_supported_drivers;
        assert!(
            drivers
                .iter()
                .any(|driver| driver.name == "btrfs" && !driver.remote)
        );
        let extensions = [("5.0.2", 334), ("5.21", 442), ("6.9", 481)];
        assert!(extensions.contains(&(recording.version, clustered.api_extensions.len())));
    }
}

#[test]
fn a_token_is_encoded_as_lxds_own_clients_do_and_names_the_clusters_certificate() {
    for recording in recordings() {
        let Ok(Reply::Async(operation)) = recording.reply::<IgnoredAny>("token-fresh") else {
            panic!("{}: a token is an operation", recording.version);
        };
        let token = JoinToken::from_operation(&operation).expect("the operation holds a token");
        let clustered: Server = recording.thing("server-clustered");
        assert_eq!(
            token.fingerprint,
            clustered.environment.certificate_fingerprint
        );
        assert_eq!(token.server_name, "node2");
        assert_eq!(token.operation, operation.id);
        let sent = &recording.line("join")["request"]["body"];
        let field = if recording.version == "5.0.2" {
            "cluster_password"
        } else {
            "cluster_token"
        };
        assert_eq!(
            decoded(token.encode().expose_secret()),
            decoded(sent[field].as_str().expect("a token"))
        );
        let shown = format!("{token:?} {operation:?}");
        assert!(!shown.contains(token.secret.expose_secret()), "{shown}");
    }
}

fn decoded(token: &str) -> Value {
    let json = data_encoding::BASE64
        .decode(token.as_bytes())
        .expect("base64");
    serde_json::from_slice(&json).expect("JSON in base64")
}

#[test]
fn the_joiners_extensions_decide_how_it_is_told_the_token() {
    for recording in recordings() {
        let request = JoinRequest {
            server_name: "node2".into(),
            server_address: "10.77.0.12:8443".into(),
            cluster_address: "10.77.0.11:8443".into(),
            cluster_certificate: "PEM".into(),
            token: "dG9rZW4=".into(),
            member_config: Vec::new(),
        };
        let body = request.body(&recording.thing("server-fresh"));
        let password = (recording.version == "5.0.2").then_some("dG9rZW4=");
        assert_eq!(body["cluster_token"], "dG9rZW4=");
        assert_eq!(
            body.get("cluster_password").and_then(Value::as_str),
            password
        );
        for key in recording.line("join")["request"]["body"]
            .as_object()
            .expect("a body")
            .keys()
        {
            assert!(
                body.get(key).is_some(),
                "{}: a recorded join sent {key}",
                recording.version
            );
        }
        assert!(!format!("{request:?}").contains("dG9rZW4="));
    }
}

#[test]
fn members_pools_profiles_and_what_a_joiner_must_bring_are_told() {
    for recording in recordings() {
        let members: Vec<Member> = recording.thing("members-three");
        let names: Vec<&str> = members
            .iter()
            .map(|member| member.server_name.as_str())
            .collect();
        assert_eq!(names, ["node1", "node2", "node3"]);
        let phase = |id| recording.thing::<Pool>(id).status;
        assert_eq!(phase("pool-pending-get"), Phase::Pending);
        assert_eq!(phase("pool-created"), Phase::Created);
        assert_eq!(phase("pool-errored"), Phase::Errored);
        assert_eq!(recording.thing::<Pool>("pool-created").locations, ["node1"]);
        assert_eq!(
            recording.thing::<Profile>("profile-after").devices["root"]["pool"],
            "local"
        );
        let cluster: Cluster = recording.thing("cluster-member-config");
        let asked: Vec<_> = cluster
            .member_config
            .iter()
            .map(|c| (c.name.as_str(), c.key.as_str()))
            .collect();
        assert!(asked.contains(&("local", "source")), "{asked:?}");
        assert!(
            recording
                .thing::<Option<Vec<Pool>>>("pools-none")
                .unwrap_or_default()
                .is_empty()
        );
    }
}

#[test]
fn the_same_refusal_means_the_same_in_every_version() {
    use Meaning::{
        AlreadyClustered, AlreadyExists, AlreadyPending, BadConfig, CannotListen, DriverMissing,
        InUse, KeyInWrongPhase, MemberMissing, NotClustered, NotFound, NotPendingEverywhere,
        OnlyMember, PartlyCreated, TokenRefused,
    };
    let expected = [
        ("members-not-clustered", NotClustered),
        ("token-not-clustered", NotClustered),
        ("join-twice", AlreadyClustered),
        ("enable-twice", AlreadyClustered),
        ("enable-without-address", BadConfig),
        ("patch-unknown-key", BadConfig),
        ("patch-not-a-string", BadConfig),
        ("patch-foreign-address", CannotListen),
        ("pool-pending-global-key", KeyInWrongPhase),
        ("pool-final-member-key", KeyInWrongPhase),
        ("pool-pending-bad-driver", DriverMissing),
        ("pool-pending-again", AlreadyPending),
        ("pool-final-again", AlreadyExists),
        ("pool-errored-retry-with-config", PartlyCreated),
        ("pool-missing-member-final", NotPendingEverywhere),
        ("pool-no-pending-final", NotPendingEverywhere),
        ("pool-delete-in-use", InUse),
        ("join-garbage-token", TokenRefused),
        ("join-wrong-secret", TokenRefused),
        ("join-used-token", TokenRefused),
        ("target-unknown", MemberMissing),
        ("disable-member-delete-self", OnlyMember),
        ("pool-404", NotFound),
        ("network-404", NotFound),
        ("network-delete-unknown", NotFound),
        ("uplink-again", AlreadyExists),
        ("network-name-clash", AlreadyExists),
        ("network-missing-member-final", NotPendingEverywhere),
        ("network-final-without-pending", NotPendingEverywhere),
        ("uplink-errored-retry", PartlyCreated),
        ("volume-again", AlreadyExists),
        ("patch-images-volume-missing", NotFound),
    ];
    for recording in recordings() {
        for (id, meant) in expected {
            assert_eq!(recording.meaning(id), meant, "{} {id}", recording.version);
        }
    }
}

#[test]
fn a_cluster_without_quorum_and_a_failed_operation_with_a_code_are_told_apart() {
    let [_, _, newest] = recordings();
    assert_eq!(newest.meaning("quorum-lost/token-fresh"), Meaning::NoQuorum);
    assert_eq!(
        newest.meaning("member-delete-with-volumes"),
        Meaning::MemberHolds
    );
    let failed = newest.reply::<Operation>("profile-nic-unknown-network-wait");
    let Err(RestError::Refused(refusal)) = failed else {
        panic!("{failed:?}");
    };
    assert_eq!((refusal.status, refusal.code), (200, 404));
}

#[test]
fn what_only_the_newest_was_recorded_with_has_its_meaning() {
    let [_, _, newest] = recordings();
    for (id, meant) in [
        ("pool-cephfs-final-no-kernel", Meaning::KernelLacks),
        ("pool-osd-pool-in-use", Meaning::OsdPoolTaken),
        ("ovn-without-nb", Meaning::NoNorthbound),
        ("ovn-without-nb-delete", Meaning::NoNorthbound),
        ("ovn-again", Meaning::AlreadyExists),
        ("uplink-delete-in-use", Meaning::InUse),
    ] {
        assert_eq!(newest.meaning(id), meant, "{id}");
    }
}

#[test]
fn networks_of_every_kind_are_told_with_their_members_and_how_far_they_are() {
    for recording in recordings() {
        let uplink: Network = recording.thing("uplink");
        assert!(uplink.managed && uplink.kind == "physical", "{uplink:?}");
        assert_eq!(uplink.status, Phase::Created);
        assert_eq!(uplink.config["ipv4.gateway"], "10.88.0.1/24");
        let errored: Network = recording.thing("uplink-errored");
        assert_eq!(errored.status, Phase::Errored);
        assert_eq!(errored.locations, ["node1", "node2", "node3"]);
    }
    let [_, _, newest] = recordings();
    let ovn: Network = newest.thing("ovn");
    assert_eq!(ovn.config["network"], "UPLINK");
}
