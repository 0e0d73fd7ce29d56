//! A fault's text, read.

use std::str::FromStr;

use thiserror::Error;

use super::{Call, Fault, Kind, Service};

/// Why a fault's text is not one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FaultError {
    /// A part is missing.
    #[error("fault {0:?} is not SERVICE.CALL@NODE=KIND[,Nx], e.g. lxd.join@pi-c=refused,2x")]
    Shape(String),
    /// A word is none of those allowed there.
    #[error("fault {spec:?}: {word:?} is no {what}; allowed: {allowed}")]
    Word {
        /// The whole text.
        spec: String,
        /// The word that is wrong.
        word: String,
        /// What it should have been.
        what: &'static str,
        /// The words that may stand there.
        allowed: String,
    },
    /// A duration cannot be read.
    #[error("fault {spec:?}: {word:?} is no duration; write e.g. 30s, 2m or 500ms")]
    Duration {
        /// The whole text.
        spec: String,
        /// What stands for the duration.
        word: String,
    },
    /// A count cannot be read.
    #[error("fault {spec:?}: {word:?} is no count; write e.g. 2x, from 1x on")]
    Count {
        /// The whole text.
        spec: String,
        /// What stands for the count.
        word: String,
    },
    /// A kind does not suit its call.
    #[error("fault {0:?}: down is for the call daemon, and daemon takes down alone")]
    Mismatch(String),
    /// A snap's fault strikes a call that fetches none.
    #[error("fault {0:?}: offline and full are for snapd's install, refresh and download")]
    NoStore(String),
    /// What can be another's is neither a disk nor a network's name.
    #[error("fault {0:?}: foreign is for the calls disk-add and network-pending")]
    NotOwned(String),
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(spec: &str) -> Result<Self, FaultError> {
        let shape = || FaultError::Shape(spec.to_owned());
        let (place, what) = spec.split_once('=').ok_or_else(shape)?;
        let (called, node) = place.split_once('@').ok_or_else(shape)?;
        let (service, call) = called.split_once('.').ok_or_else(shape)?;
        if node.is_empty() {
            return Err(shape());
        }
        let (kind, times) = match what.split_once(',') {
            None => (what, None),
            Some((kind, times)) => (kind, Some(count(spec, times)?)),
        };
        let fault = Self {
            service: word(spec, "service", &Service::ALL, service)?,
            call: word(spec, "call", &Call::ALL, call)?,
            node: (node != "*").then(|| node.to_owned()),
            kind: kind_of(spec, kind)?,
            times,
        };
        let owned = matches!(fault.call, Call::DiskAdd | Call::NetworkPending);
        if fault.kind == Kind::Foreign && !owned {
            return Err(FaultError::NotOwned(spec.to_owned()));
        }
        let fetches = matches!(fault.call, Call::Install | Call::Refresh | Call::Download);
        if matches!(fault.kind, Kind::Offline | Kind::Full) && !fetches {
            return Err(FaultError::NoStore(spec.to_owned()));
        }
        if matches!(fault.kind, Kind::Down(_)) == (fault.call == Call::Daemon) {
            Ok(fault)
        } else {
            Err(FaultError::Mismatch(spec.to_owned()))
        }
    }
}

fn kind_of(spec: &str, text: &str) -> Result<Kind, FaultError> {
    let duration = |word: &str| {
        humantime::parse_duration(word).map_err(|_| FaultError::Duration {
            spec: spec.to_owned(),
            word: word.to_owned(),
        })
    };
    match text.split_once(':') {
        None if text == "refused" => Ok(Kind::Refused),
        None if text == "foreign" => Ok(Kind::Foreign),
        None if text == "offline" => Ok(Kind::Offline),
        None if text == "full" => Ok(Kind::Full),
        None if text == "hangup" => Ok(Kind::HangUp),
        None if text == "down" => Ok(Kind::Down(None)),
        Some(("slow", by)) => Ok(Kind::Slow(duration(by)?)),
        Some(("down", until)) => Ok(Kind::Down(Some(duration(until)?))),
        _ => Err(FaultError::Word {
            spec: spec.to_owned(),
            word: text.to_owned(),
            what: "kind",
            allowed: "refused, slow:DURATION, foreign, offline, full, hangup, down, down:DURATION"
                .to_owned(),
        }),
    }
}

fn count(spec: &str, text: &str) -> Result<u32, FaultError> {
    text.strip_suffix('x')
        .and_then(|digits| digits.parse().ok())
        .filter(|times| *times > 0)
        .ok_or_else(|| FaultError::Count {
            spec: spec.to_owned(),
            word: text.to_owned(),
        })
}

fn word<T: Copy>(
    spec: &str,
    what: &'static str,
    all: &[(T, &'static str)],
    word: &str,
) -> Result<T, FaultError> {
    let found = all.iter().find(|(_, name)| *name == word);
    found
        .map(|(value, _)| *value)
        .ok_or_else(|| FaultError::Word {
            spec: spec.to_owned(),
            word: word.to_owned(),
            what,
            allowed: all
                .iter()
                .map(|(_, name)| *name)
                .collect::<Vec<_>>()
                .join(", "),
        })
}
