//! A small machine in a temporary directory: sysfs, proc, dev, etc and udev as files.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use mcloud::engine::facts::Disk;
use mcloud::infra::host::disks;
use mcloud::world::{Roots, World};
use tempfile::TempDir;

/// The machine, and the World that looks at it.
pub(crate) struct Machine {
    dir: TempDir,
    pub(crate) world: World,
}

impl Machine {
    pub(crate) fn new() -> Self {
        let dir = TempDir::new().expect("a directory");
        let at = |name: &str| dir.path().join(name);
        let mut world = World::machine();
        world.roots = Roots {
            sys: at("sys"),
            proc: at("proc"),
            dev: at("dev"),
            etc: at("etc"),
            udev: at("udev"),
            run: at("run"),
            lib: at("lib"),
            var_lib: at("var/lib"),
        };
        world.programs.blkid =
            PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/blkid");
        fs::create_dir_all(at("sys/class/block")).expect("a directory");
        Self { dir, world }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A file with its directories.
    pub(crate) fn file(&self, name: &str, text: &str) -> &Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).expect("directories");
        fs::write(path, text).expect("a file");
        self
    }

    /// A program; its path. A process that has ended wrote it: while this one holds the file open, a fork
    /// of another test inherits it, and the program is "busy".
    pub(crate) fn program(&self, name: &str, script: &str) -> PathBuf {
        let path = self.path(name);
        let mut writing = Command::new("sh")
            .args(["-c", "cat > \"$0\""])
            .arg(&path)
            .stdin(Stdio::piped())
            .spawn()
            .expect("a shell");
        let mut text = writing.stdin.take().expect("its input");
        text.write_all(script.as_bytes()).expect("a script");
        drop(text);
        assert!(writing.wait().expect("an end").success());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a program");
        path
    }

    /// A link with its directories.
    pub(crate) fn link(&self, name: &str, target: &str) -> &Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).expect("directories");
        symlink(target, path).expect("a link");
        self
    }

    /// A block device of 1 MiB with a device behind it, on which blkid finds nothing.
    pub(crate) fn disk(&self, name: &str, number: &str) -> &Self {
        self.block(name, number)
            .file(&format!("sys/class/block/{name}/device/vendor"), "LAB\n")
            .holding(name, "2\n")
    }

    /// A block device with nothing behind it.
    pub(crate) fn block(&self, name: &str, number: &str) -> &Self {
        let dir = format!("sys/class/block/{name}");
        self.file(&format!("{dir}/dev"), &format!("{number}\n"))
            .file(&format!("{dir}/size"), "2048\n")
    }

    /// A partition, linked beside its disk as the kernel does it.
    pub(crate) fn partition(&self, disk: &str, name: &str, number: &str) -> &Self {
        let dir = format!("sys/class/block/{disk}/{name}");
        self.file(&format!("{dir}/partition"), "1\n")
            .file(&format!("{dir}/dev"), &format!("{number}\n"))
            .link(
                &format!("sys/class/block/{name}"),
                &format!("{disk}/{name}"),
            )
    }

    /// What blkid says of a device: its exit code, then its lines.
    pub(crate) fn holding(&self, name: &str, says: &str) -> &Self {
        self.file(&format!("dev/{name}"), says)
    }

    pub(crate) async fn disks(&self) -> Vec<Disk> {
        disks::disks(&self.world).await.expect("a list of disks")
    }

    pub(crate) async fn only_disk(&self) -> Disk {
        let mut disks = self.disks().await;
        assert_eq!(disks.len(), 1, "{disks:?}");
        disks.remove(0)
    }
}
