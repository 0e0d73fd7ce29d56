//! Where this node's outside is: paths, addresses, ports, program names and the clock.
//!
//! Nothing else in mcloud names a place outside the process. An installation looks at the machine
//! itself; a rehearsal and the tests look at a temporary directory in which simulated daemons
//! listen on real sockets, with a small sysfs tree beside them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::engine::Millis;

/// The port of the node daemon: session, join and agents, told apart by ALPN.
pub const PORT: u16 = 9445;

/// The UDP port of discovery.
pub const DISCOVERY_PORT: u16 = 9446;

/// One node's outside.
#[derive(Debug, Clone)]
pub struct World {
    /// Where LXD's socket may be, the best first: the snap's, then the Debian package's.
    pub lxd_sockets: Vec<PathBuf>,
    /// snapd's socket.
    pub snapd_socket: PathBuf,
    /// `MicroCeph`'s socket.
    pub microceph_socket: PathBuf,
    /// Where Ceph's daemons on this node have their admin sockets.
    pub ceph_run: PathBuf,
    /// `MicroOVN`'s socket.
    pub microovn_socket: PathBuf,
    /// The roots of what the kernel and udev tell.
    pub roots: Roots,
    /// The programs mcloud runs.
    pub programs: Programs,
    /// What survives a reboot: keys, certificates, the leader's database. Mode 0700.
    pub state_dir: PathBuf,
    /// What does not: the daemon's socket. Mode 0700.
    pub run_dir: PathBuf,
    /// Where the node daemon listens once it leads.
    pub listen: SocketAddr,
    /// Where discovery hears and speaks: an unspecified address means every NIC, any other only the
    /// NIC that has it. The port is that of all nodes.
    pub discovery: SocketAddr,
    /// A file that stands for the machine's NICs and host facts; none on a real machine.
    pub simulated_host: Option<PathBuf>,
    /// The time, and how fast it goes.
    pub clock: Clock,
}

/// The file systems that describe the machine.
#[derive(Debug, Clone)]
pub struct Roots {
    /// `/sys`.
    pub sys: PathBuf,
    /// `/proc`.
    pub proc: PathBuf,
    /// `/dev`.
    pub dev: PathBuf,
    /// `/etc`.
    pub etc: PathBuf,
    /// `/run/udev`.
    pub udev: PathBuf,
    /// `/run`: what the system's own services know since it was started.
    pub run: PathBuf,
    /// `/lib`: the kernel's modules.
    pub lib: PathBuf,
    /// `/var/lib`: what the system's own services keep.
    pub var_lib: PathBuf,
}

/// The programs mcloud runs, by name or by path.
#[derive(Debug, Clone)]
pub struct Programs {
    /// Starts a stopped service.
    pub systemctl: PathBuf,
    /// Reads what a disk holds.
    pub blkid: PathBuf,
    /// Ceph's own program, as `MicroCeph` brings it: it alone tells how healthy Ceph is.
    pub ceph: PathBuf,
    /// Where a busybox may be; a static one becomes the guests of the proof.
    pub busybox: Vec<PathBuf>,
}

impl World {
    /// The machine mcloud runs on.
    pub fn machine() -> Self {
        Self {
            lxd_sockets: vec![
                PathBuf::from("/var/snap/lxd/common/lxd/unix.socket"),
                PathBuf::from("/var/lib/lxd/unix.socket"),
            ],
            snapd_socket: "/run/snapd.socket".into(),
            microceph_socket: "/var/snap/microceph/common/state/control.socket".into(),
            ceph_run: "/var/snap/microceph/current/run".into(),
            microovn_socket: "/var/snap/microovn/common/state/control.socket".into(),
            roots: Roots {
                sys: PathBuf::from("/sys"),
                proc: PathBuf::from("/proc"),
                dev: PathBuf::from("/dev"),
                etc: PathBuf::from("/etc"),
                udev: PathBuf::from("/run/udev"),
                run: PathBuf::from("/run"),
                lib: PathBuf::from("/lib"),
                var_lib: PathBuf::from("/var/lib"),
            },
            programs: Programs {
                systemctl: "systemctl".into(),
                blkid: "blkid".into(),
                ceph: "/snap/bin/microceph.ceph".into(),
                busybox: ["/bin/busybox", "/usr/bin/busybox", "/bin/busybox.static"]
                    .map(PathBuf::from)
                    .into(),
            },
            state_dir: PathBuf::from("/var/lib/mcloud"),
            run_dir: PathBuf::from("/run/mcloud"),
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), PORT),
            discovery: SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), DISCOVERY_PORT),
            simulated_host: None,
            clock: Clock::real(),
        }
    }

    /// The same machine with another state directory; its run directory moves below it.
    #[must_use]
    pub fn with_state_dir(mut self, dir: &Path) -> Self {
        self.state_dir = dir.to_path_buf();
        self.run_dir = dir.join("run");
        self
    }

    /// The socket on which this node's daemon hears its faces.
    pub fn daemon_socket(&self) -> PathBuf {
        self.run_dir.join("mcloud.socket")
    }

    /// The leader's database.
    pub fn database(&self) -> PathBuf {
        self.state_dir.join("mcloud.sqlite")
    }
}

/// World's clock. A rehearsal's runs faster than life, so that every duration it tells is life's.
#[derive(Debug, Clone)]
pub struct Clock {
    started: tokio::time::Instant,
    epoch: Millis,
    speed: f64,
}

impl Clock {
    /// The machine's own clock.
    pub fn real() -> Self {
        Self::faster(1.0)
    }

    /// A clock that starts now and runs `speed` times as fast as life.
    pub fn faster(speed: f64) -> Self {
        #[expect(clippy::disallowed_methods, reason = "this is World's clock")]
        let since_epoch = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or(Duration::ZERO);
        Self {
            started: tokio::time::Instant::now(),
            epoch: u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX),
            speed: if speed.is_finite() && speed > 0.0 {
                speed
            } else {
                1.0
            },
        }
    }

    /// Milliseconds since 1970, in this clock's time.
    pub fn now(&self) -> Millis {
        let gone = self.started.elapsed().mul_f64(self.speed);
        self.epoch
            .saturating_add(u64::try_from(gone.as_millis()).unwrap_or(u64::MAX))
    }

    /// Waits for `duration` of this clock's time.
    pub async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration.div_f64(self.speed)).await;
    }

    /// The same clock, where it runs at most `most` times as fast as life: for what a busy machine
    /// must not be late with.
    #[must_use]
    pub fn at_most(&self, most: f64) -> Self {
        Self {
            speed: self.speed.min(most),
            ..self.clone()
        }
    }

    /// What this clock showed when `slower`, which is [`Self::at_most`] of it, showed `moment`.
    pub fn when(&self, slower: &Self, moment: Millis) -> Millis {
        let gone = Duration::from_millis(moment.saturating_sub(self.epoch));
        let gone = gone.mul_f64(self.speed / slower.speed);
        self.epoch
            .saturating_add(u64::try_from(gone.as_millis()).unwrap_or(u64::MAX))
    }

    /// How long `duration` of this clock's time is in life.
    pub fn in_life(&self, duration: Duration) -> Duration {
        duration.div_f64(self.speed)
    }
}
