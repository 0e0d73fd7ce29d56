//! What the system says of itself: its name, how long it runs, its clock, power and heat, uid maps.

use std::fs;
use std::path::Path;

use super::{line, names, number};
use crate::engine::facts::HostFacts;
use crate::infra::rest::plain;
use crate::world::Roots;

/// The bits of the firmware's `get_throttled` (Raspberry Pi documentation, `vcgencmd`): under-voltage
/// now and since the start; a processor that is held back or throttled, now and since the start. The
/// soft limit of some boards at 60 degrees is their ordinary life and not counted.
const UNDER_VOLTAGE: u32 = 1 | (1 << 16);
const THROTTLED: u32 = 0b110 | (0b110 << 16);

/// Fills in what files tell; what no file tells stays unknown.
pub(super) fn read(roots: &Roots, facts: &mut HostFacts) {
    facts.os = os(&roots.etc.join("os-release")).unwrap_or_default();
    facts.uptime = uptime(&roots.proc.join("uptime"));
    facts.clock_synchronized = synchronized(&roots.run.join("systemd/timesync"));
    let bits = throttled(&roots.sys.join("devices/platform"));
    let alarm = alarm(&roots.sys.join("class/hwmon"));
    let weak = bits.map(|bits| bits & UNDER_VOLTAGE != 0);
    // The file of the firmware's word was seen to stay at 0 (raspberrypi/linux issue 2367), so that
    // either of the two may raise the alarm.
    facts.under_voltage = match (weak, alarm) {
        (None, None) => None,
        (weak, alarm) => Some(weak == Some(true) || alarm == Some(true)),
    };
    facts.throttled = bits.map(|bits| bits & THROTTLED != 0);
    facts.temperature = temperature(&roots.sys.join("class/thermal"));
    facts.root_uids = root_uids(&roots.etc.join("subuid"));
}

/// `os-release(5)`: `PRETTY_NAME="Ubuntu 24.04.3 LTS"`.
fn os(path: &Path) -> Option<String> {
    let text = fs::read(path).ok()?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let name = text
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    Some(plain(name.trim_matches(['"', '\''])))
}

/// `proc_uptime(5)`: seconds with a fraction, then a second number.
fn uptime(path: &Path) -> Option<u64> {
    line(path)?.split(['.', ' ']).next()?.parse().ok()
}

/// `systemd-timesyncd.service(8)`: it makes its directory when it starts, and `synchronized` in it
/// when it has set the clock. Another time service has no such directory: then nothing is known.
fn synchronized(dir: &Path) -> Option<bool> {
    dir.is_dir().then(|| dir.join("synchronized").exists())
}

/// The firmware's word, in hexadecimal digits; where it lies differs by board.
fn throttled(platform: &Path) -> Option<u32> {
    let within = |dir: &Path| names(dir).unwrap_or_default();
    let socs = within(platform)
        .into_iter()
        .filter(|name| name.starts_with("soc") || name.starts_with("axi"));
    let mut files = socs.flat_map(|soc| {
        let dir = platform.join(soc);
        let firmware = within(&dir).into_iter();
        firmware
            .filter(|name| name.ends_with("firmware"))
            .map(move |name| dir.join(name).join("get_throttled"))
    });
    files.find_map(|file| {
        let word = line(&file)?;
        u32::from_str_radix(word.trim_start_matches("0x"), 16).ok()
    })
}

/// The driver `raspberrypi-hwmon` calls its sensor `rpi_volt` and raises an alarm once the supply
/// was too weak.
fn alarm(hwmon: &Path) -> Option<bool> {
    let all = names(hwmon).ok()?.into_iter().map(|name| hwmon.join(name));
    let mut sensors = all.filter(|dir| line(&dir.join("name")).as_deref() == Some("rpi_volt"));
    sensors.find_map(|dir| {
        let files = names(&dir).ok()?.into_iter();
        let mut alarms = files.filter(|name| name.ends_with("_lcrit_alarm"));
        alarms.find_map(|name| Some(number::<u8>(&dir.join(name))? == 1))
    })
}

/// The processor's zone, else the first one; the kernel tells thousandths of a degree.
fn temperature(thermal: &Path) -> Option<i32> {
    let mut zones: Vec<_> = names(thermal)
        .ok()?
        .into_iter()
        .filter(|name| name.starts_with("thermal_zone"))
        .map(|name| thermal.join(name))
        .collect();
    zones.sort_by_key(|zone| {
        let kind = line(&zone.join("type")).unwrap_or_default();
        !(kind.contains("cpu") || kind.contains("x86_pkg"))
    });
    let mut told = zones
        .iter()
        .filter_map(|zone| number::<i32>(&zone.join("temp")));
    told.next().map(|thousandths| thousandths / 1000)
}

/// `subuid(5)`: `root:1000000:1000000000`, by name or by number; the widest range counts.
fn root_uids(path: &Path) -> Option<u64> {
    let text = fs::read(path).ok()?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let width = |line: &str| {
        let mut fields = line.split(':');
        let root = fields.next().is_some_and(|who| who == "root" || who == "0");
        fields.nth(1).filter(|_| root)?.trim().parse().ok()
    };
    text.lines().filter_map(width).max()
}
