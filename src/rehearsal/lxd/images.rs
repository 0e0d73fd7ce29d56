//! `/1.0/images`: archives that guests are made of; of their content only the properties are read.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Release;
use super::daemon::{Asked, Done, Job};
use super::durations::{Chore, usual};
use super::state::State;
use crate::rehearsal::envelope::{Answer, Refusal};

/// An image.
#[derive(Debug, Clone)]
pub(super) struct Image {
    /// What its programs are for, by the kernel's name.
    pub(super) architecture: String,
    /// By name.
    properties: BTreeMap<String, String>,
}

/// What LXD reads of an image's archive: the architecture and the lines below `properties:` of its
/// metadata, which stands first in a tar archive, after a header of 512 bytes.
pub(super) fn read(archive: &[u8]) -> Option<Image> {
    let header = archive.get(..512)?;
    let is_tar = header.get(257..262) == Some(b"ustar") && header.starts_with(b"metadata.yaml\0");
    let text = archive.get(512..).unwrap_or_default();
    let end = text
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(text.len());
    let text = std::str::from_utf8(text.get(..end)?)
        .ok()
        .filter(|_| is_tar)?;
    let below = text
        .lines()
        .skip_while(|line| *line != "properties:")
        .skip(1);
    let pair = |line: &str| {
        let (key, value) = line.trim().split_once(": ")?;
        Some((key.to_owned(), value.to_owned()))
    };
    let mut lines = text.lines();
    let architecture = lines.find_map(|line| line.strip_prefix("architecture: "))?;
    Some(Image {
        architecture: architecture.to_owned(),
        properties: below.filter_map(pair).collect(),
    })
}

pub(super) fn list(state: &State, asked: &Asked) -> Answer {
    let images = state.database(&asked.node).images.iter();
    let shown = images.map(|(fingerprint, image)| {
        if asked.recursion {
            json!({
                "fingerprint": fingerprint, "properties": image.properties, "aliases": [],
                "public": false, "type": "container", "architecture": image.architecture,
            })
        } else {
            json!(format!("/1.0/images/{fingerprint}"))
        }
    });
    Answer::sync(&shown.collect())
}

/// `POST` of an archive.
pub(super) fn post(state: &mut State, asked: &Asked) -> Result<Job, Refusal> {
    let release = state.release(&asked.node);
    let Some(upload) = asked.upload.clone() else {
        return Err(Refusal::new(
            400,
            "Must specify one of alias or fingerprint for init from image",
        ));
    };
    let fingerprint = upload.fingerprint.clone();
    let node = asked.node.clone();
    let job = Job::waited(move |state, _| {
        let Some(image) = upload.image.clone() else {
            return Err(Refusal::internal("Image is missing metadata.yaml"));
        };
        let images = &mut state.database_mut(&node).images;
        if images.contains_key(&upload.fingerprint) {
            return Err(Refusal::internal(
                "Image with same fingerprint already exists",
            ));
        }
        images.insert(upload.fingerprint.clone(), image);
        Ok(Done::new(usual(release, Chore::Image), Answer::done()))
    });
    let metadata =
        json!({"fingerprint": fingerprint, "size": asked.upload.as_ref().map(|it| it.size)});
    Ok(job.in_operation("Downloading image", metadata))
}

pub(super) fn delete(state: &mut State, asked: &Asked, fingerprint: &str) -> Result<Job, Refusal> {
    let release = state.release(&asked.node);
    let missing = || Refusal::new(404, "Image not found");
    if !state.database(&asked.node).images.contains_key(fingerprint) {
        return Err(missing());
    }
    let (node, fingerprint) = (asked.node.clone(), fingerprint.to_owned());
    let job = Job::waited(move |state, _| {
        let images = &mut state.database_mut(&node).images;
        images.remove(&fingerprint).ok_or_else(missing)?;
        Ok(Done::new(usual(release, Chore::Guest), Answer::done()))
    });
    Ok(job.in_operation("Deleting image", nothing(release)))
}

/// What an operation tells that has nothing to tell.
pub(super) fn nothing(release: Release) -> Value {
    match release {
        Release::V5_0 | Release::V5_21 => Value::Null,
        Release::V6 => json!({}),
    }
}
