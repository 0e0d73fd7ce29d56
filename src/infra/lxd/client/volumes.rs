//! The calls about custom volumes.

use serde::de::IgnoredAny;
use serde_json::json;

use super::{Lxd, at};
use crate::infra::rest::envelope::Progress;
use crate::infra::rest::{Call, RestError, segment};

impl Lxd {
    /// Whether a member has a custom volume of this name in a pool.
    pub async fn has_volume(
        &self,
        pool: &str,
        name: &str,
        target: &str,
    ) -> Result<bool, RestError> {
        let (pool, name) = (segment(pool), segment(name));
        let path = format!("/1.0/storage-pools/{pool}/volumes/custom/{name}");
        match self.get::<IgnoredAny>(at(&path, Some(target))).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Makes an empty file system volume on a member.
    pub async fn create_volume(
        &self,
        (pool, name): (&str, &str),
        target: &str,
        progress: Progress<'_>,
    ) -> Result<(), RestError> {
        let path = format!("/1.0/storage-pools/{}/volumes/custom", segment(pool));
        let body = json!({
            "name": name, "type": "custom", "content_type": "filesystem", "config": {},
        });
        self.work(Call::post(at(&path, Some(target)), body), progress)
            .await
    }
}
