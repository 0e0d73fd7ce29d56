//! What stands between the process and the eye: the kind of line, its size, the kernel's messages.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ratatui::layout::Size;

use super::look::Environment;

/// The largest terminal that is believed, in cells.
const LARGEST: Size = Size {
    width: 500,
    height: 200,
};

/// What kind of line a terminal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The machine's own screen and keyboard.
    Vt,
    /// A serial line.
    Serial,
    /// A window somewhere, by ssh or not.
    Window,
}

impl Kind {
    /// The kind of the terminal whose device file has this path, by the kernel's names.
    pub fn of(path: &Path) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let numbered = |family: &str| {
            name.strip_prefix(family).is_some_and(|number| {
                !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit())
            })
        };
        let serial = ["ttyS", "ttyAMA", "ttyUSB", "ttyACM", "ttyGS"];
        if numbered("tty") {
            Self::Vt
        } else if serial.into_iter().any(numbered) {
            Self::Serial
        } else {
            Self::Window
        }
    }
}

/// The size to draw in: what the terminal says, else `COLUMNS` and `LINES`, else 80×24. A serial
/// line says 0×0.
pub fn size_of(told: Option<Size>, environment: &Environment) -> Size {
    let told = told.unwrap_or_default();
    let choose = |told: u16, wished: Option<u16>, usual: u16, largest: u16| {
        let wished = wished.filter(|wished| *wished > 0).unwrap_or(usual);
        if told > 0 { told } else { wished }.min(largest)
    };
    Size {
        width: choose(told.width, environment.columns, 80, LARGEST.width),
        height: choose(told.height, environment.lines, 24, LARGEST.height),
    }
}

/// The kernel's messages kept off the console: `/proc/sys/kernel/printk` set to `4 4 1 7`, errors
/// and worse only, as Proxmox's installer does.
#[derive(Debug)]
pub struct Hush {
    path: PathBuf,
    before: String,
}

impl Hush {
    /// Hushes the kernel whose setting is in this file; none where that is not ours to do.
    pub fn begin(path: &Path) -> Option<Self> {
        let before = fs::read_to_string(path).ok()?;
        fs::write(path, "4 4 1 7\n").ok()?;
        Some(Self {
            path: path.to_path_buf(),
            before,
        })
    }

    /// Lets the kernel speak as before.
    pub fn end(&self) -> io::Result<()> {
        fs::write(&self.path, &self.before)
    }
}
