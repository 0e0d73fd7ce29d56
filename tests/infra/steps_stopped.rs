//! A step that is asked to stop leaves LXD to what it does by itself, and the next attempt takes what came
//! of it.

use mcloud::engine::message::Failure;
use mcloud::engine::plan::{UPLINK, Work};
use mcloud::infra::{Context, Inputs};
use mcloud::rehearsal::lxd::Release;

use crate::patience::until;
use crate::steps_lab::{Lab, RELEASES, address, bootstrap, file, pending};
use crate::steps_networks::{physical, uplink};
use crate::steps_words::{heard, spoken};

/// How often LXD still works on this.
async fn running(lab: &Lab, number: usize, task: &str, entity: &str) -> usize {
    let running = lab.node(number).lxd.running(task, entity).await;
    running.expect("a list").len()
}

impl Lab {
    /// Applies, asks to stop as soon as LXD works on it, and undoes what failed.
    async fn stopped(
        &self,
        (number, work): (usize, &Work),
        (task, entity): (&str, &str),
        context: &Context,
    ) -> Failure {
        let step = self.step(number, work);
        let works = async || running(self, number, task, entity).await > 0;
        let asking = async {
            until("LXD works on it", works).await;
            context.cancel.cancel();
        };
        let (applied, ()) = tokio::join!(step.apply(context), asking);
        let failure = heard(applied).expect_err("it was asked to stop");
        heard(step.undo(context).await).expect("nothing to undo");
        assert_eq!(running(self, number, task, entity).await, 1, "LXD goes on");
        assert!(failure.was_asked_for());
        let hint = spoken(failure.hint.as_ref().expect("a hint"));
        assert!(
            hint.starts_with("LXD goes on with what it had begun."),
            "{hint}"
        );
        let cause = &failure.causes[0];
        assert!(cause.ends_with(&format!("({task})")), "{cause}");
        failure
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_join_that_is_left_goes_on_and_is_found_by_the_next_attempt() {
    for release in RELEASES {
        let lab = Lab::of(release, 2, &["lxd.join@pi-2=slow:2m,1x"]).await;
        lab.bootstrap().await;
        lab.walk(2, &address(lab.node(2), false)).await;
        let join = lab.join(2, None);
        let context = lab.context(lab.inputs(&join).await.expect("a token"));
        let task = ("Joining cluster", "");
        lab.stopped((2, &join), task, &context).await;
        lab.is_there(2, &join).await;
        assert_eq!(running(&lab, 2, task.0, task.1).await, 0, "{release}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_member_that_is_being_made_is_left_and_not_dissolved() {
    for release in RELEASES {
        let lab = Lab::of(release, 1, &["lxd.enable@pi-1=slow:2m,1x"]).await;
        lab.walk(1, &address(lab.node(1), true)).await;
        let work = bootstrap(lab.node(1));
        let context = lab.context(Inputs::new());
        lab.stopped((1, &work), ("Creating bootstrap node", ""), &context)
            .await;
        lab.is_there(1, &work).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_and_a_network_that_are_being_made_are_left_where_they_are_operations() {
    let faults = ["lxd.pool@pi-1=slow:2m,1x", "lxd.network@pi-1=slow:2m,1x"];
    let lab = Lab::of(Release::V6, 1, &faults).await;
    lab.bootstrap().await;
    lab.walk(1, &pending(lab.node(1), file())).await;
    let pool = lab.pool(1);
    let context = lab.context(Inputs::new());
    let task = ("Creating storage pool", "/1.0/storage-pools/local");
    let failure = lab.stopped((1, &pool), task, &context).await;
    assert_eq!(failure.data.code, "lxd.data-pool");
    lab.is_there(1, &pool).await;

    lab.defined(&uplink("eth1"), 1).await;
    let network = lab.network((UPLINK, physical(None)), 1);
    let context = lab.context(Inputs::new());
    let task = ("Creating network", "/1.0/networks/UPLINK");
    lab.stopped((1, &network), task, &context).await;
    lab.is_there(1, &network).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_for_what_was_left_can_be_asked_to_stop_as_well() {
    let lab = Lab::of(Release::V6, 2, &["lxd.join@pi-2=slow:2m,1x"]).await;
    lab.bootstrap().await;
    lab.walk(2, &address(lab.node(2), false)).await;
    let join = lab.join(2, None);
    let context = lab.context(lab.inputs(&join).await.expect("a token"));
    lab.stopped((2, &join), ("Joining cluster", ""), &context)
        .await;
    let again = lab.step(2, &join).observe(&context).await;
    let failure = heard(again).expect_err("it is asked already");
    assert!(failure.was_asked_for());
}
