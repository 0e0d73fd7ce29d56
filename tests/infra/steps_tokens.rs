//! A join token that is out is given once more: a second one would void the one that is in use.

use mcloud::infra::Inputs;
use mcloud::rehearsal::lxd::Release;

use crate::micro_lab;
use crate::patience::until;
use crate::steps_lab::{Lab, RELEASES, address};
use crate::steps_words::heard;

#[tokio::test(flavor = "multi_thread")]
async fn lxd_is_asked_for_no_second_token_while_one_is_out() {
    for release in RELEASES {
        let lab = Lab::of(release, 2, &[]).await;
        lab.bootstrap().await;
        lab.walk(2, &address(lab.node(2), false)).await;
        let join = lab.join(2, None);
        let first = lab.inputs(&join).await.expect("a token");
        let again = lab.inputs(&join).await.expect("the same");
        assert_eq!(first["token"], again["token"], "{release}");
        let other = lab.node(1).lxd.create_token("pi-3").await;
        other.expect("one for somebody else");
        let context = lab.context(first);
        heard(lab.step(2, &join).apply(&context).await).expect("it is good yet");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_lxd_that_is_about_to_expire_is_not_given_again() {
    let lab = Lab::of(Release::V6, 2, &[]).await;
    lab.bootstrap().await;
    let short = [("cluster.join_token_expiry".to_owned(), "10M".to_owned())];
    let lxd = &lab.node(1).lxd;
    let set = lxd.patch_server(&short.into(), None, &|_| ()).await;
    set.expect("a key");
    let join = lab.join(2, None);
    let first = lab.inputs(&join).await.expect("a token");
    let again = lab.inputs(&join).await.expect("another");
    assert_ne!(first["token"], again["token"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_microcluster_join_under_way_keeps_its_token_when_the_leader_is_asked_again() {
    let lab = micro_lab::Lab::of(2, &[]).await;
    lab.walk(1, &lab.ovn_bootstrap(2)).await;
    lab.form_ceph(1).await;
    for join in [lab.ovn_join(2), lab.ceph_join(2)] {
        let first = lab.inputs(&join).await.expect("a token");
        let again = lab.inputs(&join).await.expect("the same");
        assert_eq!(first["token"], again["token"]);
        let context = lab.context(first);
        heard(lab.step(2, &join).apply(&context).await).expect("it is good yet");
        let listed = async || {
            let known = lab.inputs(&join).await.expect("a member");
            known == Inputs::from([("member".to_owned(), "pi-2".to_owned())])
        };
        until("the token is used up", listed).await;
    }
}
