//! The pools, and how many copies they keep.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::json;

use super::app::Ceph;
use super::monitors;
use crate::rehearsal::envelope::{Answer, Refusal};
use crate::rehearsal::microcluster::Errand;

/// Milliseconds that listing pools takes.
const LISTED: u64 = 200;

/// Milliseconds that setting a size takes, without a pool.
const SET: u64 = 550;

/// Milliseconds that each pool adds.
const EACH: u64 = 400;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wish {
    pools: Vec<String>,
    size: u64,
}

/// `GET /1.0/pools`.
pub(super) async fn list(errand: &Errand<Ceph>) -> Result<Answer, Refusal> {
    monitors::elected(errand).await;
    errand.pass(LISTED).await;
    let now = errand.site.now();
    let mut state = errand.site.state();
    let record = &mut state.cluster_mut(&errand.host)?.app;
    record.settle(now);
    let by = if record.by_host { "host" } else { "osd" };
    let shown = record.pools.iter().map(|pool| {
        json!({
            "pool": pool.name, "pool_id": pool.id, "size": pool.size,
            "min_size": pool.size - pool.size / 2, "crush_rule": format!("microceph_auto_{by}"),
        })
    });
    Ok(Answer::sync(&shown.collect()))
}

/// `PUT /1.0/pools-op`: `*` for every pool, an empty name for none but the default.
pub(super) async fn size(errand: &Errand<Ceph>) -> Result<Answer, Refusal> {
    let wish: Wish = errand.asked.json().map_err(Refusal::internal)?;
    monitors::elected(errand).await;
    errand.pass(SET).await;
    let now = errand.site.now();
    let changed = {
        let mut state = errand.site.state();
        let record = &mut state.cluster_mut(&errand.host)?.app;
        record.settle(now);
        record.set_size(wish.size, now);
        let all = wish.pools.iter().any(|name| name == "*");
        let named = |name: &str| all || wish.pools.iter().any(|it| it == name);
        let known: BTreeSet<&str> = record.pools.iter().map(|it| it.name.as_str()).collect();
        let strange = wish.pools.iter().map(String::as_str);
        let mut strange = strange.filter(|it| !["*", ""].contains(it) && !known.contains(it));
        if let Some(name) = strange.next() {
            let size = wish.size;
            let sure = if size == 1 {
                " --yes-i-really-mean-it"
            } else {
                ""
            };
            return Err(Refusal::internal(format!(
                "failed to set pool size for {name}: Failed to run: \
                 ceph osd pool set {name} size {size}{sure}: exit status 2 \
                 (Error ENOENT: unrecognized pool '{name}')"
            )));
        }
        let mut changed = 0;
        for pool in record.pools.iter_mut().filter(|pool| named(&pool.name)) {
            pool.size = wish.size;
            changed += 1;
        }
        changed
    };
    errand.pass(EACH * changed).await;
    Ok(Answer::sync(&json!({})))
}
