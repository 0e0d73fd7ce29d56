//! `DELETE /1.0/disks/{osd}`: an OSD, or what a broken addition left of one, is taken back.

use serde::Deserialize;
use serde_json::json;

use super::app::Ceph;
use super::record::Row;
use super::{Holds, monitors};
use crate::rehearsal::envelope::{Answer, Refusal};
use crate::rehearsal::microcluster::Errand;

/// Milliseconds until an OSD is looked up.
const LOOKED: u64 = 800;

/// Milliseconds that an OSD with next to no data takes.
const REMOVED: u64 = 6_500;

/// The fewest OSDs that one may be taken from.
const FEWEST: usize = 3;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wish {
    bypass_safety: bool,
    confirm_downgrade: bool,
    prohibit_crush_scaledown: bool,
}

pub(super) async fn remove(errand: &Errand<Ceph>, asked: &str) -> Result<Answer, Refusal> {
    let osd: u64 = asked.parse().map_err(|_| {
        let text = format!("strconv.ParseInt: parsing \"{asked}\": invalid syntax");
        Refusal::new(400, text)
    })?;
    let wish: Wish = errand
        .asked
        .json()
        .map_err(|text| Refusal::new(400, text))?;
    monitors::elected(errand).await;
    errand.pass(LOOKED).await;
    let row = allowed(errand, osd, &wish)?;
    errand.pass(REMOVED).await;
    take(errand, &row, &wish)
}

/// Whether the OSD may go; its row.
fn allowed(errand: &Errand<Ceph>, osd: u64, wish: &Wish) -> Result<Row, Refusal> {
    let state = errand.site.state();
    let record = &state.cluster(&errand.host)?.1.app;
    let Some(row) = record.osds.iter().find(|row| row.osd == osd) else {
        return Err(Refusal::new(404, format!("osd.{osd} not found")));
    };
    let falls = record.by_host && record.hosts(Some(osd)).len() < 3;
    if falls && !wish.confirm_downgrade && !wish.prohibit_crush_scaledown {
        let text = format!(
            "removing osd.{osd} would require a downgrade of the automatic crush rule from \
             'host' to 'osd' level. Likely this will result in additional data movement. Please \
             confirm by setting the '--confirm-failure-domain-downgrade' flag to true"
        );
        return Err(Refusal::new(400, text));
    }
    let count = record.osds.len();
    if count <= FEWEST && !wish.bypass_safety {
        let text = format!("cannot remove osd.{osd} we need at least 3 OSDs, have {count}");
        return Err(Refusal::internal(text));
    }
    Ok(row.clone())
}

/// Takes the OSD out. On a member that does not own the disk, its row stays.
fn take(errand: &Errand<Ceph>, row: &Row, wish: &Wish) -> Result<Answer, Refusal> {
    let osd = row.osd;
    let mut state = errand.site.state();
    let cluster = state.cluster_mut(&errand.host)?;
    if cluster.name_of(&errand.host) != Some(&row.location) {
        let text = format!("failed to remove osd.{osd} from database: Disk not found");
        return Err(Refusal::new(404, text));
    }
    let record = &mut cluster.app;
    record.osds.retain(|it| it.osd != osd);
    if record.by_host && record.hosts(None).len() < 3 && !wish.prohibit_crush_scaledown {
        record.by_host = false;
        let rule = "osd_pool_default_crush_rule".to_owned();
        record.configs.insert(rule, "1".to_owned());
    }
    if let Some(disk) = state.node_mut(&errand.host).app.disk_mut(&row.path) {
        disk.holds = Holds::Nothing;
    }
    Ok(Answer::sync(&json!({})))
}
