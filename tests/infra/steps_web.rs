//! The way into LXD's web interface: where there is one, once.

use mcloud::infra::InfraBootstrapper;
use mcloud::rehearsal::lxd::Release;
use secrecy::ExposeSecret;

use crate::steps_lab::Lab;

async fn url(lab: &Lab) -> Option<String> {
    let node = lab.node(1);
    let web = node.service.web(node.address.ip()).await?;
    assert_eq!(web.lasts_ms, 24 * 3_600_000, "LXD says one day");
    Some(web.url.expose_secret().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_browser_is_let_in_by_an_address_and_no_second_one_voids_it() {
    let lab = Lab::of(Release::V6, 1, &[]).await;
    let first = url(&lab).await.expect("LXD 6 serves its interface");
    let begins = "https://10.77.0.11:8443?token=eyJ";
    assert!(first.starts_with(begins), "{first}");
    assert_eq!(url(&lab).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_lxd_that_cannot_say_so_is_not_asked_and_nothing_is_said() {
    for release in [Release::V5_0, Release::V5_21] {
        let lab = Lab::of(release, 1, &[]).await;
        assert_eq!(url(&lab).await, None, "{release}");
    }
    let lab = Lab::of(Release::V6, 1, &["lxd.web@pi-1=refused"]).await;
    assert_eq!(url(&lab).await, None, "no page, no link");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lets_a_browser_in_is_not_printed() {
    let lab = Lab::of(Release::V6, 1, &[]).await;
    let node = lab.node(1);
    let web = node.service.web(node.address.ip()).await.expect("a way in");
    assert!(!format!("{web:?}").contains("eyJ"));
}
