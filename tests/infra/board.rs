//! What files tell of a board, its kernel, its NICs' roles and its buses; what none tells is unknown.

use std::collections::BTreeMap;
use std::fs;
use std::net::IpAddr;

use mcloud::engine::facts::{HostFacts, Module, Nic, NicKind};
use mcloud::infra::host::{self, nics};
use rstest::rstest;

use crate::machine::Machine;

/// The facts of a machine whose kernel is called `6.8.0-raspi`.
async fn facts(machine: &mut Machine) -> HostFacts {
    machine
        .file("sys/class/net/x", "")
        .file("host.json", "{\"kernel\": \"6.8.0-raspi\"}");
    machine.world.simulated_host = Some(machine.path("host.json"));
    host::facts(&machine.world).await.expect("facts")
}

#[tokio::test]
async fn what_no_file_tells_is_unknown() {
    let mut machine = Machine::new();
    let facts = facts(&mut machine).await;
    let expected = HostFacts {
        hostname: facts.hostname.clone(),
        kernel: "6.8.0-raspi".into(),
        ..HostFacts::default()
    };
    assert_eq!(facts, expected);
}

#[tokio::test]
async fn the_system_tells_its_name_its_age_and_roots_user_ids() {
    let mut machine = Machine::new();
    machine
        .file(
            "etc/os-release",
            "NAME=Ubuntu\nPRETTY_NAME=\"Ubuntu 24.04.3 LTS\"\nID=ubuntu\n",
        )
        .file("proc/uptime", "612.07 2301.44\n")
        .file(
            "etc/subuid",
            "pi:100000:65536\nroot:1000000:65536\n0:2000000:1000000000\n",
        );
    let facts = facts(&mut machine).await;
    assert_eq!(facts.os, "Ubuntu 24.04.3 LTS");
    assert_eq!(facts.uptime, Some(612));
    assert_eq!(facts.root_uids, Some(1_000_000_000));
}

#[rstest]
#[case::set(&["run/systemd/timesync/synchronized"], Some(true))]
#[case::not_yet(&["run/systemd/timesync/other"], Some(false))]
#[case::another_service(&["run/chrony/chronyd.pid"], None)]
#[tokio::test]
async fn a_clock_is_set_when_the_time_service_says_so(
    #[case] files: &[&str],
    #[case] set: Option<bool>,
) {
    let mut machine = Machine::new();
    for file in files {
        machine.file(file, "");
    }
    assert_eq!(facts(&mut machine).await.clock_synchronized, set);
}

const THROTTLED: &str = "sys/devices/platform/soc/soc:firmware/get_throttled";
const ALARM: &str = "sys/class/hwmon/hwmon2/in0_lcrit_alarm";

#[rstest]
#[case::all_well(&[(THROTTLED, "0\n"), (ALARM, "0\n")], (Some(false), Some(false)))]
#[case::weak_once(&[(THROTTLED, "50000\n")], (Some(true), Some(true)))]
#[case::hot(&[(THROTTLED, "0x4\n")], (Some(false), Some(true)))]
#[case::a_soft_limit_is_ordinary(&[(THROTTLED, "80008\n")], (Some(false), Some(false)))]
#[case::the_sensor_alone(&[(ALARM, "1\n")], (Some(true), None))]
#[case::a_word_that_is_stuck(&[(THROTTLED, "0\n"), (ALARM, "1\n")], (Some(true), Some(false)))]
#[case::no_pi(&[], (None, None))]
#[tokio::test]
async fn firmware_and_sensor_tell_a_weak_supply(
    #[case] files: &[(&str, &str)],
    #[case] expected: (Option<bool>, Option<bool>),
) {
    let mut machine = Machine::new();
    machine
        .file("sys/class/hwmon/hwmon1/name", "pwmfan\n")
        .file("sys/class/hwmon/hwmon1/in0_lcrit_alarm", "1\n")
        .file("sys/class/hwmon/hwmon2/name", "rpi_volt\n");
    for (file, text) in files {
        machine.file(file, text);
    }
    let facts = facts(&mut machine).await;
    assert_eq!((facts.under_voltage, facts.throttled), expected);
}

#[tokio::test]
async fn the_processors_own_zone_tells_the_temperature() {
    let mut machine = Machine::new();
    machine
        .file("sys/class/thermal/thermal_zone0/type", "nvme\n")
        .file("sys/class/thermal/thermal_zone0/temp", "31000\n")
        .file("sys/class/thermal/thermal_zone1/type", "cpu-thermal\n")
        .file("sys/class/thermal/thermal_zone1/temp", "47850\n");
    assert_eq!(facts(&mut machine).await.temperature, Some(47));
}

#[tokio::test]
async fn whether_the_kernel_has_a_fan_is_told_by_ipip() {
    let mut machine = Machine::new();
    assert_eq!(facts(&mut machine).await.fan, None);
    machine.file("sys/module/ipip/refcnt", "0\n");
    assert_eq!(facts(&mut machine).await.fan, Some(false));
    machine.file("proc/sys/net/fan/version", "4\n");
    assert_eq!(facts(&mut machine).await.fan, Some(true));
}

#[tokio::test]
async fn a_module_is_there_available_missing_or_unknown() {
    let mut machine = Machine::new();
    let loaded = "sys/module/bridge/refcnt";
    let there = BTreeMap::from([("bridge".to_owned(), Module::There)]);
    machine.file(loaded, "0\n");
    assert_eq!(facts(&mut machine).await.modules, there);
    let mounts = "nodev\tsysfs\nnodev\tzfs\n\text4\n\tbtrfs\n";
    machine.file("proc/filesystems", mounts);
    let modules = facts(&mut machine).await.modules;
    assert_eq!(modules.get("zfs"), Some(&Module::There));
    assert_eq!(modules.get("btrfs"), Some(&Module::There));
    let lists = "lib/modules/6.8.0-raspi";
    machine
        .file(
            &format!("{lists}/modules.dep"),
            "kernel/drivers/net/vxlan/vxlan.ko.zst: kernel/net/ipv4/udp_tunnel.ko.zst\n\
             kernel/drivers/md/dm-crypt.ko.xz:\nkernel/net/bridge/bridge.ko: x.ko\n",
        )
        .file(
            &format!("{lists}/modules.builtin"),
            "kernel/fs/overlayfs/overlay.ko\n",
        );
    let modules = facts(&mut machine).await.modules;
    let expected = [
        ("bridge", Module::There),
        ("dm_crypt", Module::Available),
        ("overlay", Module::There),
        ("rbd", Module::Missing),
        ("vxlan", Module::Available),
    ];
    for (name, state) in expected {
        assert_eq!(modules.get(name), Some(&state), "{name}");
    }
}

const CONTROLLERS: &str = "sys/fs/cgroup/cgroup.controllers";
const OFF: &str = "#subsys_name\thierarchy\tnum_cgroups\tenabled\nmemory\t0\t90\t0\n";
const FIRST: &str = "#subsys_name\thierarchy\tnum_cgroups\tenabled\nmemory\t4\t53\t1\n";

#[rstest]
#[case::whole(&[(CONTROLLERS, "cpuset cpu io memory pids\n")], (Some(true), Some(true)))]
#[case::raspberry_pi_os(&[(CONTROLLERS, "cpuset cpu io pids\n"), ("proc/cgroups", OFF)],
    (Some(true), Some(false)))]
#[case::a_kernel_without_the_table(&[(CONTROLLERS, "cpuset cpu io pids\n")], (Some(true), Some(false)))]
#[case::memory_in_version_1(&[(CONTROLLERS, "\n"), ("proc/cgroups", FIRST)], (Some(true), Some(true)))]
#[case::an_empty_list(&[(CONTROLLERS, "\n")], (Some(true), None))]
#[case::version_1(&[("sys/fs/cgroup/memory/tasks", ""), ("proc/cgroups", FIRST)],
    (Some(false), Some(true)))]
#[tokio::test]
async fn control_groups_tell_their_version_and_whether_memory_is_limited(
    #[case] files: &[(&str, &str)],
    #[case] expected: (Option<bool>, Option<bool>),
) {
    let mut machine = Machine::new();
    for (file, text) in files {
        machine.file(file, text);
    }
    let facts = facts(&mut machine).await;
    assert_eq!((facts.cgroup_v2, facts.memory_cgroup), expected);
}

#[tokio::test]
async fn confinement_and_kvm_are_told_by_their_files() {
    let mut machine = Machine::new();
    machine
        .file("sys/module/bridge/refcnt", "0\n")
        .file("dev/null", "");
    let without = facts(&mut machine).await;
    assert_eq!((without.apparmor, without.kvm), (Some(false), Some(false)));
    machine
        .file("sys/module/apparmor/parameters/enabled", "Y\n")
        .file("dev/kvm", "");
    let with = facts(&mut machine).await;
    assert_eq!((with.apparmor, with.kvm), (Some(true), Some(true)));
}

#[rstest]
#[case::a_cable(&[("device/vendor", "0x14e4\n")], NicKind::Ethernet)]
#[case::a_radio(&[("device/vendor", "0x14e4\n"), ("phy80211/name", "phy0\n")], NicKind::Wireless)]
#[case::an_old_radio(&[("wireless/status", "0\n")], NicKind::Wireless)]
#[case::a_bridge(&[("bridge/stp_state", "0\n"), ("uevent", "DEVTYPE=bridge\n")], NicKind::Bridge)]
#[case::a_bond(&[("uevent", "DEVTYPE=bond\nINTERFACE=bond0\n")], NicKind::Bond)]
#[case::a_vlan(&[("uevent", "INTERFACE=x\nDEVTYPE=vlan\n")], NicKind::Vlan)]
#[case::one_end_of_a_pair(&[("uevent", "INTERFACE=x\n")], NicKind::Virtual)]
fn a_nic_says_what_it_is(#[case] files: &[(&str, &str)], #[case] kind: NicKind) {
    let machine = Machine::new();
    for (file, text) in files {
        machine.file(&format!("sys/class/net/t-nic/{file}"), text);
    }
    let nic = only(&machine);
    assert_eq!((nic.kind, nic.wireless), (kind, kind == NicKind::Wireless));
}

fn only(machine: &Machine) -> Nic {
    let mut nics = nics::nics(&machine.world.roots).expect("a list");
    assert_eq!(nics.len(), 1, "{nics:?}");
    nics.remove(0)
}

#[test]
fn a_nic_tells_its_carrier_its_mtu_its_master_and_its_port() {
    let machine = Machine::new();
    let usb = "sys/devices/platform/usb2/2-1";
    machine
        .file("sys/class/net/t-nic/operstate", "down\n")
        .file("sys/class/net/t-nic/carrier", "0\n")
        .file("sys/class/net/t-nic/mtu", "1500\n")
        .link("sys/class/net/t-nic/master", "../br0")
        .file(&format!("{usb}/idVendor"), "0b95\n")
        .file(&format!("{usb}/speed"), "480\n")
        .file(&format!("{usb}/2-1:1.0/modalias"), "usb:x\n")
        .link(
            "sys/class/net/t-nic/device",
            "../../../devices/platform/usb2/2-1/2-1:1.0",
        );
    let nic = only(&machine);
    assert_eq!(
        (nic.up, nic.carrier, nic.mtu),
        (false, Some(false), Some(1500))
    );
    assert_eq!(nic.master.as_deref(), Some("br0"));
    assert_eq!(nic.usb_speed_mbps, Some(480));
    machine.file("sys/class/net/t-nic/carrier", "");
    assert_eq!(only(&machine).carrier, None);
}

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

/// An address as `/proc/net/route` writes it: its bytes in the machine's own order.
fn as_kernel(text: &str) -> String {
    let IpAddr::V4(v4) = address(text) else {
        panic!("{text} is not of IPv4");
    };
    format!("{:08X}", u32::from_ne_bytes(v4.octets()))
}

#[test]
fn the_default_routes_tell_each_nics_gateway() {
    let machine = Machine::new();
    let route = |nic: &str, gateway: &str, metric: u32| {
        let gateway = as_kernel(gateway);
        format!("{nic}\t00000000\t{gateway}\t0003\t0\t0\t{metric}\t00000000\t0\t0\t0\n")
    };
    let near = format!(
        "t-a\t{}\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n",
        as_kernel("192.0.2.0")
    );
    let table = [
        "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n",
        &near,
        &route("t-a", "192.0.2.254", 600),
        &route("t-a", "192.0.2.1", 100),
    ];
    let zero = "0".repeat(32);
    let six = |nic: &str, gateway: &str| {
        format!("{zero} 00 {zero} 00 {gateway} 00000400 00000001 00000000 00000003 {nic}\n")
    };
    let six = [
        six("t-a", "fe800000000000000000000000000001"),
        six("t-b", "fe800000000000000000000000000002"),
        format!("{zero} 00 {zero} 00 {zero} ffffffff 00000001 00000000 00200200 t-c\n"),
    ];
    machine
        .file("sys/class/net/t-a/mtu", "1500\n")
        .file("sys/class/net/t-b/mtu", "1500\n")
        .file("sys/class/net/t-c/mtu", "1500\n")
        .file("proc/net/route", &table.concat())
        .file("proc/net/ipv6_route", &six.concat());
    let nics = nics::nics(&machine.world.roots).expect("a list");
    let told: Vec<_> = nics.iter().map(|nic| nic.gateway).collect();
    let expected = [Some(address("192.0.2.1")), Some(address("fe80::2")), None];
    assert_eq!(told, expected);
}

#[rstest]
#[case::networkd("run/systemd/netif/leases/2", "SERVER=x\nADDRESS=127.0.0.1\n")]
#[case::network_manager(
    "var/lib/NetworkManager/internal-x-eth0.lease",
    "ADDRESS=127.0.0.1/8\n"
)]
#[case::dhclient(
    "var/lib/dhcp/dhclient.leases",
    "lease {\n  fixed-address 127.0.0.1;\n}\n"
)]
fn an_address_that_a_lease_names_is_lent(#[case] file: &str, #[case] text: &str) {
    let machine = Machine::new();
    machine.file("sys/class/net/lo/mtu", "65536\n");
    assert!(only(&machine).leased.is_empty());
    machine.file(file, text);
    assert_eq!(only(&machine).leased, [address("127.0.0.1")]);
}

#[test]
fn dhcpcd_keeps_the_servers_packet() {
    let machine = Machine::new();
    machine
        .file("sys/class/net/lo/mtu", "65536\n")
        .file("var/lib/dhcpcd/eth0.lease", "");
    let mut packet = vec![0_u8; 240];
    packet[16..20].copy_from_slice(&[127, 0, 0, 1]);
    fs::write(machine.path("var/lib/dhcpcd/eth0.lease"), packet).expect("a file");
    assert_eq!(only(&machine).leased, [address("127.0.0.1")]);
}

#[rstest]
#[case::nvme("nvme0n1", "", Some("nvme"))]
#[case::a_card("mmcblk0", "", Some("mmc"))]
#[case::of_a_virtual_machine("vda", "", Some("virtio"))]
#[case::sata("sda", "E:ID_BUS=ata\n", Some("sata"))]
#[case::usb("sda", "E:ID_BUS=usb\n", Some("usb"))]
#[case::unsaid("sda", "", Some("scsi"))]
#[case::made("loop7", "", None)]
#[tokio::test]
async fn a_disk_tells_what_it_is_connected_by(
    #[case] name: &str,
    #[case] notes: &str,
    #[case] expected: Option<&str>,
) {
    let machine = Machine::new();
    machine.disk(name, "8:0").file("udev/data/b8:0", notes);
    let disk = machine.only_disk().await;
    assert_eq!(disk.transport.as_deref(), expected);
    assert_eq!(disk.usb_speed_mbps, None);
}

#[tokio::test]
async fn a_disk_on_usb_tells_its_ports_speed_and_its_world_wide_name() {
    let machine = Machine::new();
    let usb = "sys/devices/pci0/usb2/2-1";
    machine
        .block("sda", "8:0")
        .holding("sda", "2\n")
        .file(&format!("{usb}/idVendor"), "174c\n")
        .file(&format!("{usb}/speed"), "5000\n")
        .file(&format!("{usb}/2-1:1.0/host0/target/wwid"), "naa.5000\n")
        .link(
            "sys/class/block/sda/device",
            "../../../devices/pci0/usb2/2-1/2-1:1.0/host0/target",
        );
    let disk = machine.only_disk().await;
    assert_eq!(disk.transport.as_deref(), Some("usb"));
    assert_eq!(disk.usb_speed_mbps, Some(5000));
    assert_eq!(disk.wwn.as_deref(), Some("naa.5000"));
}

#[tokio::test]
async fn the_medium_that_it_starts_from_is_known_though_another_use_is_named_first() {
    let machine = Machine::new();
    machine
        .disk("mmcblk0", "179:0")
        .partition("mmcblk0", "mmcblk0p1", "179:1")
        .partition("mmcblk0", "mmcblk0p2", "179:2")
        .file(
            "proc/self/mountinfo",
            "30 1 179:2 / /srv rw - ext4 x rw\n31 1 179:1 / /boot/firmware rw - vfat y rw\n\
             32 1 259:2 / / rw - ext4 z rw\n",
        );
    let disk = machine.only_disk().await;
    assert_eq!(disk.used.as_deref(), Some("mounted at /boot/firmware"));
    assert!(disk.is_system());
}
