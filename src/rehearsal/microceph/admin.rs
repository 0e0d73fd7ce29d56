//! A monitor's admin socket: a command as JSON and a NUL, the answer as its length and JSON.
//!
//! No recording: the protocol is as measured on Ceph 18.2, the texts are those of Ceph's source.
//! Simulated are `config set`, `config get` and `config unset` of the variables that decide how long
//! a forming cluster waits.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio_util::sync::CancellationToken;

/// The variables and what Ceph makes them, in seconds.
const DEFAULTS: [(&str, f64); 4] = [
    ("mon_election_timeout", 5.0),
    ("mon_probe_timeout", 2.0),
    ("paxos_min_wait", 0.05),
    ("paxos_propose_interval", 1.0),
];

/// The longest command that is read.
const LONGEST: u64 = 64 << 10;

/// What was set at run time.
#[derive(Debug, Clone, Default)]
pub(super) struct Values {
    set: BTreeMap<&'static str, f64>,
}

impl Values {
    /// What counts, in seconds; 0 for an unknown variable.
    pub(super) fn get(&self, name: &str) -> f64 {
        let found = DEFAULTS.iter().find(|(known, _)| *known == name);
        found.map_or(0.0, |(known, usual)| {
            self.set.get(known).copied().unwrap_or(*usual)
        })
    }

    /// What differs from Ceph's defaults.
    pub(super) fn changed(&self) -> BTreeMap<&'static str, f64> {
        self.set.clone()
    }

    /// Does a command; its answer, or the error that Ceph's admin socket writes instead.
    fn perform(&mut self, command: &Value) -> Result<Value, String> {
        let asked = command["var"].as_str().unwrap_or("");
        let known = DEFAULTS.iter().find(|(known, _)| *known == asked);
        let verb = match command["prefix"].as_str() {
            Some("config set") => "setting",
            Some("config get") => "getting",
            Some("config unset") => "unsetting",
            _ => return Err("ERROR: (22) Invalid argument\n".to_owned()),
        };
        let missing = json!({
            "error": format!("error {verb} '{asked}': (2) No such file or directory"),
        });
        let Some((name, _)) = known else {
            return Ok(missing);
        };
        match verb {
            "getting" => Ok(json!({*name: format!("{:.6}", self.get(name))})),
            "unsetting" if self.set.remove(name).is_none() => Ok(missing),
            "unsetting" => Ok(json!({"success": ""})),
            _ => Ok(self.set(name, &command["val"])),
        }
    }

    fn set(&mut self, name: &'static str, value: &Value) -> Value {
        let text = match value {
            Value::Array(words) => words.first().and_then(Value::as_str),
            other => other.as_str(),
        };
        let text = text.unwrap_or("");
        match text.parse::<f64>().ok().filter(|it| it.is_finite()) {
            Some(seconds) => {
                self.set.insert(name, seconds);
                json!({"success": format!("{name} = '{seconds:.6}' ")})
            }
            None => json!({
                "error": format!("error setting '{name}' to '{text}': (22) Invalid argument"),
            }),
        }
    }
}

/// Listens at `path`, where a leftover is replaced, until `stop`.
pub(super) fn listen(
    path: &Path,
    values: Arc<Mutex<Values>>,
    stop: CancellationToken,
) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    tokio::spawn(async move {
        tokio::select! {
            () = stop.cancelled() => {}
            () = serve(listener, values) => {}
        }
    });
    Ok(())
}

async fn serve(listener: UnixListener, values: Arc<Mutex<Values>>) {
    loop {
        // Descriptors may be short; other tasks free some.
        let Ok((stream, _)) = listener.accept().await else {
            tokio::task::yield_now().await;
            continue;
        };
        let values = values.clone();
        tokio::spawn(async move {
            // A caller that is gone does not wait for its answer.
            drop(answer(stream, &values).await);
        });
    }
}

/// One command a connection, as Ceph does.
async fn answer(stream: UnixStream, values: &Mutex<Values>) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut command = Vec::new();
    (&mut stream)
        .take(LONGEST)
        .read_until(0, &mut command)
        .await?;
    if command.last() == Some(&0) {
        command.pop();
    }
    let command: Value = serde_json::from_slice(&command).unwrap_or_default();
    let done = {
        let mut values = values.lock().unwrap_or_else(PoisonError::into_inner);
        values.perform(&command)
    };
    let text = done.map_or_else(|error| error, |answer| format!("{answer:#}\n"));
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    stream.write_all(&length.to_be_bytes()).await?;
    stream.write_all(text.as_bytes()).await
}
