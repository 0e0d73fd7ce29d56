//! The usual times that come with mcloud, for a first run.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::engine::timing::Usual;

#[derive(Deserialize)]
struct Shipped {
    usual_ms: BTreeMap<String, u64>,
}

static SHIPPED: LazyLock<Shipped> = LazyLock::new(|| {
    toml::from_str(include_str!("../assets/durations.toml"))
        .expect("assets/durations.toml is checked by a test")
});

/// The usual time of every class of step, from `assets/durations.toml`, which names its sources.
pub fn shipped() -> Usual {
    Usual(SHIPPED.usual_ms.clone())
}
