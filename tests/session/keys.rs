//! A node's key is made once, kept from others, and never replaced behind its back.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::sync::Barrier;
use std::thread;

use mcloud::session::files::FilesError;
use mcloud::session::{Authority, AuthorityError, Identity, IdentityError, NodeId};

use crate::NOW;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_key_is_made_once_and_closed_to_others() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    let made = Identity::load_or_create(&state).unwrap();
    let loaded = Identity::load_or_create(&state).unwrap();
    assert_eq!(made.id(), loaded.id());
    assert_eq!(mode(&state), 0o700);
    assert_eq!(mode(&state.join("node.key")), 0o600);
    assert_eq!(
        fs::read_dir(&state).unwrap().count(),
        1,
        "nothing is left over"
    );
}

#[test]
fn of_many_that_make_the_key_at_once_all_get_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    let together = Barrier::new(8);
    let make = || {
        together.wait();
        Identity::load_or_create(&state).unwrap().id().clone()
    };
    let ids: HashSet<NodeId> = thread::scope(|scope| {
        let makers: Vec<_> = (0..8).map(|_| scope.spawn(make)).collect();
        makers.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(ids.len(), 1);
}

#[test]
fn a_node_id_fits_a_dns_label_and_reads_back() {
    let identity = Identity::generate().unwrap();
    let text = identity.id().to_string();
    assert_eq!(text.len(), 52);
    assert_eq!(text.parse::<NodeId>().unwrap(), *identity.id());
    let json = serde_json::to_string(identity.id()).unwrap();
    assert_eq!(json, format!("\"{text}\""));
    for wrong in [
        "",
        "abc",
        &text.to_uppercase(),
        &format!("{text}a"),
        &text.replace(&text[..1], "1"),
    ] {
        assert!(wrong.parse::<NodeId>().is_err(), "{wrong}");
        assert!(serde_json::from_value::<NodeId>(wrong.into()).is_err());
    }
}

#[test]
fn the_node_id_is_the_hash_of_the_spki() {
    // RFC 8410, section 10.1: an Ed25519 public key; the id was computed with sha256sum and base32.
    let spki = data_encoding::BASE64
        .decode(b"MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=")
        .unwrap();
    assert_eq!(
        NodeId::of_spki(&spki).as_str(),
        "uhurkycu4bh2zcm25hzhkezm3qd2lw6e5iwcvu5b77dobustnapq"
    );
}

#[test]
fn a_key_that_others_may_read_is_refused_with_the_command_that_mends_it() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    let id = Identity::load_or_create(&state).unwrap().id().clone();
    let key = state.join("node.key");
    chmod(&key, 0o640);
    let refused = Identity::load_or_create(&state).unwrap_err();
    let IdentityError::Files(FilesError::Open { mode: 0o640, .. }) = &refused else {
        panic!("{refused}");
    };
    assert!(
        refused
            .to_string()
            .contains(&format!("chmod go= {}", key.display()))
    );
    assert_eq!(
        mode(&key),
        0o640,
        "nothing is changed behind anybody's back"
    );
    chmod(&key, 0o600);
    assert_eq!(*Identity::load_or_create(&state).unwrap().id(), id);
}

#[test]
fn a_directory_that_others_may_enter_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    chmod(dir.path(), 0o755);
    let refused = Identity::load_or_create(dir.path()).unwrap_err();
    assert!(matches!(
        refused,
        IdentityError::Files(FilesError::Open { mode: 0o755, .. })
    ));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_damaged_key_is_refused_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    Identity::load_or_create(&state).unwrap();
    let key = state.join("node.key");
    for damage in ["", "-----BEGIN PRIVATE KEY-----\n", "no key"] {
        fs::write(&key, damage).unwrap();
        let refused = Identity::load_or_create(&state).unwrap_err();
        assert!(
            matches!(refused, IdentityError::Damaged { .. }),
            "{refused}"
        );
        assert_eq!(fs::read_to_string(&key).unwrap(), damage);
    }
}

#[test]
fn a_link_in_the_keys_place_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    Identity::load_or_create(&state).unwrap();
    let key = state.join("node.key");
    fs::rename(&key, state.join("elsewhere")).unwrap();
    symlink("elsewhere", &key).unwrap();
    let refused = Identity::load_or_create(&state).unwrap_err();
    assert!(matches!(
        refused,
        IdentityError::Files(FilesError::Kind { .. })
    ));
}

#[test]
fn an_authority_is_made_once_and_read_back() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    assert!(Authority::load(&state).unwrap().is_none());
    let made = Authority::create(&state, NOW).unwrap();
    assert_eq!(mode(&state.join("authority.pem")), 0o600);
    let loaded = Authority::load(&state).unwrap().unwrap();
    assert_eq!(made.cluster(), loaded.cluster());
    assert_eq!(made.fingerprint(), loaded.fingerprint());
    let second = Authority::create(&state, NOW).unwrap_err();
    assert!(matches!(second, AuthorityError::Exists { .. }));
    assert_eq!(
        Authority::load(&state).unwrap().unwrap().fingerprint(),
        made.fingerprint()
    );
}

#[test]
fn an_authority_that_others_may_read_or_that_is_damaged_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    Authority::create(&state, NOW).unwrap();
    let path = state.join("authority.pem");
    chmod(&path, 0o644);
    assert!(matches!(
        Authority::load(&state),
        Err(AuthorityError::Files(FilesError::Open { mode: 0o644, .. }))
    ));
    chmod(&path, 0o600);
    // Another authority's key under this one's certificate.
    let other = dir.path().join("other");
    Authority::create(&other, NOW).unwrap();
    let cut = |path: &Path| {
        let text = fs::read_to_string(path).unwrap();
        let (certificate, key) = text.split_once("-----BEGIN PRIVATE").unwrap();
        (certificate.to_owned(), key.to_owned())
    };
    let (certificate, _) = cut(&path);
    let (_, key) = cut(&other.join("authority.pem"));
    for damage in [
        certificate.clone(),
        format!("{certificate}-----BEGIN PRIVATE{key}"),
    ] {
        fs::write(&path, damage).unwrap();
        let refused = Authority::load(&state).unwrap_err();
        assert!(
            matches!(refused, AuthorityError::Damaged { .. }),
            "{refused}"
        );
    }
}

#[test]
fn private_keys_never_show_in_debug() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    let identity = Identity::load_or_create(&state).unwrap();
    let authority = Authority::create(&state, NOW).unwrap();
    let shown = format!("{identity:?} {authority:?}");
    assert!(shown.contains(identity.id().as_str()));
    for file in ["node.key", "authority.pem"] {
        let pem = fs::read_to_string(state.join(file)).unwrap();
        let (_, key) = pem.split_once("PRIVATE KEY-----").unwrap();
        let der = key.lines().nth(1).unwrap();
        assert!(!shown.contains(&der[..12]), "{shown}");
    }
    assert!(!shown.contains("serialized_der") && !shown.contains("KeyPair"));
}
