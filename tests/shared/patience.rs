//! The one way in which a test waits: as long as it takes, and not for ever.

use std::time::Duration;

/// Nothing that a test waits for takes so long, in life's time, on whatever machine beside whatever
/// else. It bounds a whole wait, not the pause between two signs of life: what never comes may be
/// waited for while pictures go on coming.
const PATIENCE: Duration = Duration::from_mins(4);

/// What `wait` gives; a failure, where it gives nothing in all that time.
pub(crate) async fn patiently<T>(what: &str, wait: impl Future<Output = T>) -> T {
    let came = in_time(wait).await;
    came.unwrap_or_else(|| panic!("{what}: it never came"))
}

/// What `wait` gives; none, where it gives nothing in all that time.
pub(crate) async fn in_time<T>(wait: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(PATIENCE, wait).await.ok()
}

/// Waits until `is` says so.
pub(crate) async fn until(what: &str, mut is: impl AsyncFnMut() -> bool) {
    let turning = async {
        while !is().await {
            tokio::task::yield_now().await;
        }
    };
    patiently(what, turning).await;
}
