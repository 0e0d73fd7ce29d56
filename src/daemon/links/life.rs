//! How either end of a link knows that the other lives, and may still speak.

use std::time::Duration;

use crate::daemon::Daemon;
use crate::store::Standing;

/// How long an agent may be silent before its link counts as lost: it beats every 2 s.
pub(super) const SILENCE: Duration = Duration::from_secs(15);

/// How often a leader shows that it lives, in life's time however fast World's clock runs.
pub(in crate::daemon) const LEADERS_BEAT: Duration = Duration::from_millis(500);

/// Has the kernel end a connection whose other side confirms nothing for [`SILENCE`]: a machine that
/// lost its power never says that it goes.
pub(in crate::daemon) fn watch_over(stream: &tokio::net::TcpStream) {
    let silence = u32::try_from(SILENCE.as_millis()).unwrap_or(u32::MAX);
    // Without it the link is found lost later, when TCP itself gives up.
    let _ = rustix::net::sockopt::set_tcp_user_timeout(stream, silence);
}

impl Daemon {
    /// Whether an agent's certificate is still one that is believed: a link lasts for months.
    pub(super) async fn is_believed(&self, certificate: &str) -> bool {
        let Some(open) = self.leader.open() else {
            return false;
        };
        match open.store.node_for_cert(certificate).await {
            Ok(standing) => matches!(standing, Standing::Active(_)),
            // A database that gives no answer now revokes nobody; the journal stops the run by itself.
            Err(_) => true,
        }
    }
}
