//! A node's disks, and how they become OSDs.

use serde::Deserialize;
use serde_json::{Value, json};

use super::app::Ceph;
use super::record::{Row, listed};
use super::{Holds, monitors};
use crate::rehearsal::envelope::{Answer, Refusal};
use crate::rehearsal::microcluster::Errand;

/// Milliseconds until a disk is looked at.
const LOOKED: u64 = 26;

/// Milliseconds that a wipe adds: 5.5 s with it, 2.8 without (measured).
const WIPE: u64 = 2_700;

/// Milliseconds that encryption adds; estimated.
const ENCRYPT: u64 = 2_000;

/// Milliseconds from a disk that is fit to one that its Ceph knows.
const AUTHORISED: u64 = 300;

/// Milliseconds until its OSD is made.
const MADE: u64 = 2_450;

/// Milliseconds that the third host with OSDs takes: copies are on different hosts from then on.
const BY_HOST: u64 = 1_400;

/// Seconds until an OSD is up after its success was told: one and, with every map change slow, more.
const UP: f64 = 1.0;

/// How many map changes an OSD's start takes.
const CHANGES: f64 = 2.0;

/// What `POST /1.0/disks` asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wish {
    path: Value,
    wipe: bool,
    encrypt: bool,
    waldev: Option<String>,
    dbdev: Option<String>,
    osd_match: String,
    wal_match: String,
    db_match: String,
}

impl Wish {
    fn paths(&self) -> Vec<&str> {
        match &self.path {
            Value::String(path) => vec![path],
            Value::Array(paths) => paths.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }
}

/// `GET /1.0/disks`.
pub(super) fn list(errand: &Errand<Ceph>) -> Result<Answer, Refusal> {
    let state = errand.site.state();
    let (_, cluster) = state.cluster(&errand.host)?;
    let rows = listed(cluster).into_iter();
    let shown = rows.map(|it| json!({"osd": it.osd, "path": it.path, "location": it.location}));
    Ok(Answer::sync(&shown.collect()))
}

/// `GET /1.0/disks/encryption-support`.
pub(super) fn encryption(errand: &Errand<Ceph>) -> Answer {
    let state = errand.site.state();
    let reason = &state.node(&errand.host).app.spec.no_encryption;
    Answer::sync(&json!({
        "supported": reason.is_none(), "reason_unsupported": reason.as_deref().unwrap_or(""),
    }))
}

/// `GET /1.0/resources`.
pub(super) fn resources(errand: &Errand<Ceph>) -> Answer {
    let state = errand.site.state();
    let disks = &state.node(&errand.host).app.spec.disks;
    let each = disks.iter().enumerate().map(|(at, disk)| {
        let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        json!({
            "id": last(&disk.path), "device": format!("8:{}", at * 16), "model": disk.model,
            "type": disk.kind, "read_only": false, "mounted": disk.holds == Holds::Mounted,
            "size": disk.size, "removable": false, "numa_node": 0,
            "device_path": format!("pci-0000:00:05.0-scsi-0:0:{at}:0"), "block_size": 512,
            "rpm": 0, "serial": disk.serial,
            "device_id": disk.by_id.as_deref().map(last).unwrap_or_default(),
            "partitions": [], "device_fs_uuid": "",
        })
    });
    Answer::sync(&json!({"disks": each.collect::<Value>(), "total": disks.len()}))
}

/// `POST /1.0/disks`: answered with 200 whatever became of the disks.
pub(super) async fn add(errand: &Errand<Ceph>) -> Result<Answer, Refusal> {
    let wish: Wish = match errand.asked.body.as_slice() {
        [] => Wish::default(),
        _ => errand
            .asked
            .json()
            .map_err(|text| Refusal::new(400, text))?,
    };
    if let Some(answer) = rejected(&wish)? {
        return Ok(answer);
    }
    let adding = errand.site.state().node(&errand.host).app.adding.clone();
    let _turn = adding.lock().await;
    let mut report = Vec::new();
    for path in wish.paths() {
        let done = match &errand.strike.refused {
            Some(text) => Err(text.clone()),
            None => make(errand, path, &wish).await,
        };
        let (word, error) = match done {
            Ok(()) => ("Success", String::new()),
            Err(error) => ("Failure", error),
        };
        report.push(json!({"path": path, "report": word, "error": error}));
        if errand.is_gone() {
            break;
        }
    }
    Ok(told("", report))
}

/// What a request gets that is rejected as a whole.
fn rejected(wish: &Wish) -> Result<Option<Answer>, Refusal> {
    let paths = wish.paths();
    let matches = [&wish.osd_match, &wish.wal_match, &wish.db_match];
    let by_match = matches.iter().any(|it| !it.is_empty());
    let a_loop = paths.iter().any(|path| path.starts_with("loop,"));
    if by_match && !paths.is_empty() {
        let why = "--osd-match/--wal-match/--db-match \
                   cannot be used with positional device arguments";
        return Ok(Some(told(why, Vec::new())));
    }
    if a_loop && wish.encrypt {
        let failed = |path| json!({"path": path, "report": "Failure", "error": ""});
        let report = paths.iter().map(failed).collect();
        let why = "encryption is not supported on loop devices";
        return Ok(Some(told(why, report)));
    }
    if by_match || a_loop || wish.waldev.is_some() || wish.dbdev.is_some() {
        return Err(Refusal::new(501, "Not simulated"));
    }
    Ok(None)
}

/// The answer; where there is nothing to report, the report is null.
fn told(validation: &str, report: Vec<Value>) -> Answer {
    let report = if report.is_empty() {
        Value::Null
    } else {
        report.into()
    };
    Answer::sync(&json!({"validation_error": validation, "report": report}))
}

/// Makes one disk an OSD. A caller that hangs up leaves the disk's row behind, without an OSD.
async fn make(errand: &Errand<Ceph>, path: &str, wish: &Wish) -> Result<(), String> {
    errand.pass(LOOKED).await;
    let (osd, stable) = record(errand, path)?;
    let done = prepare(errand, &stable, wish).await;
    if let Err(why) = done {
        forget(errand, osd);
        return Err(why);
    }
    let broken_off = |_| "context canceled".to_owned();
    errand
        .pass_while_asked(AUTHORISED)
        .await
        .map_err(broken_off)?;
    monitors::elected(errand).await;
    errand.pass_while_asked(MADE).await.map_err(broken_off)?;
    let spread = {
        let state = errand.site.state();
        let cluster = state.cluster(&errand.host).map_err(|gone| gone.text)?.1;
        !cluster.app.by_host && cluster.app.hosts(None).len() >= 3
    };
    if spread {
        monitors::elected(errand).await;
        errand.pass(BY_HOST).await;
    }
    finish(errand, osd, &stable, spread)
}

/// Puts the disk on record; it has a number from now on.
fn record(errand: &Errand<Ceph>, path: &str) -> Result<(u64, String), String> {
    let mut state = errand.site.state();
    let disk = state.node(&errand.host).app.disk(path);
    let Some(stable) = disk.map(|disk| disk.stable().to_owned()) else {
        return Err(format!(
            "failed to set stable disk path: invalid disk path: {path}"
        ));
    };
    let cluster = state.cluster_mut(&errand.host).map_err(|gone| gone.text)?;
    let location = cluster.name_of(&errand.host).unwrap_or_default().to_owned();
    let record = &mut cluster.app;
    let known = |row: &Row| row.location == location && row.path == stable;
    if record.osds.iter().any(known) {
        return Err("failed to record disk: This \"disks\" entry already exists".to_owned());
    }
    record.last_osd += 1;
    let osd = record.last_osd;
    record.osds.push(Row {
        osd,
        path: stable.clone(),
        location,
        up: None,
    });
    Ok((osd, stable))
}

fn forget(errand: &Errand<Ceph>, osd: u64) {
    if let Ok(cluster) = errand.site.state().cluster_mut(&errand.host) {
        cluster.app.osds.retain(|row| row.osd != osd);
    }
}

/// Checks the disk, and wipes and encrypts it where that was asked for.
async fn prepare(errand: &Errand<Ceph>, stable: &str, wish: &Wish) -> Result<(), String> {
    let (holds, no_encryption) = {
        let state = errand.site.state();
        let machine = &state.node(&errand.host).app;
        let holds = machine
            .disk(stable)
            .map_or(Holds::Nothing, |disk| disk.holds);
        (holds, machine.spec.no_encryption.clone())
    };
    let holds = if errand.strike.foreign {
        Holds::Data
    } else {
        holds
    };
    match (holds, wish.wipe) {
        (Holds::Mounted, _) => {
            return Err(format!(
                "device {stable} is currently mounted and cannot be used - aborting"
            ));
        }
        (Holds::Partitions, false) => {
            return Err(format!(
                "data device {stable} has partitions - use --wipe to override"
            ));
        }
        (Holds::Data, false) => {
            return Err(format!(
                "data device {stable} is not pristine (contains data) - use --wipe to override"
            ));
        }
        _ => {}
    }
    if let (true, Some(reason)) = (wish.encrypt, no_encryption) {
        return Err(format!(
            "failed to prepare data device: encryption unsupported on this machine: {reason}"
        ));
    }
    if wish.wipe {
        errand.pass(WIPE).await;
    }
    if wish.encrypt {
        errand.pass(ENCRYPT).await;
    }
    Ok(())
}

/// The OSD is told to be there; it is up a little later.
fn finish(errand: &Errand<Ceph>, osd: u64, stable: &str, spread: bool) -> Result<(), String> {
    let now = errand.site.now();
    let mut state = errand.site.state();
    let propose = monitors::pace(&state, &errand.host).propose;
    let wait = monitors::millis(CHANGES.mul_add(propose, UP));
    let wait = state.dice("osd up").jitter(wait);
    if let Some(disk) = state.node_mut(&errand.host).app.disk_mut(stable) {
        disk.holds = Holds::Data;
    }
    let cluster = state.cluster_mut(&errand.host).map_err(|gone| gone.text)?;
    let record = &mut cluster.app;
    if spread {
        record.by_host = true;
        let rule = "osd_pool_default_crush_rule".to_owned();
        record.configs.insert(rule, "2".to_owned());
    }
    if let Some(row) = record.osds.iter_mut().find(|row| row.osd == osd) {
        row.up = Some(now.saturating_add(wait));
    }
    Ok(())
}
