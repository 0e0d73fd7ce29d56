"""The work of the MicroCeph stand-in: monitors, managers, metadata servers and OSDs of one host, with the real ceph-* programs."""
import glob
import ipaddress
import json
import os
import shutil
import socket
import struct

from microwire import Refusal, run, until, write

CURRENT = "/var/snap/microceph/current"
COMMON = "/var/snap/microceph/common"
CONF = CURRENT + "/conf"
RUN = CURRENT + "/run"
DATA = COMMON + "/data"
LOGS = COMMON + "/logs"

# What makes Ceph small enough for three hosts on two cores. MicroCeph writes none of it.
LAB = """osd_memory_target = 939524096
bluestore_cache_autotune = false
bluestore_cache_size = 67108864
osd_pool_default_pg_num = 8
osd_pool_default_pg_autoscale_mode = off
mgr_initial_modules = iostat
mon_data_avail_warn = 2
mon_data_avail_crit = 1
"""
CAPS = {
    "mon.": {"mon": "allow *"},
    "client.admin": {"mon": "allow *", "osd": "allow *", "mds": "allow *", "mgr": "allow *"},
    "mgr": {"mon": "allow profile mgr", "osd": "allow *", "mds": "allow *"},
    "mds": {"mon": "allow profile mds", "mgr": "allow profile mds", "mds": "allow *", "osd": "allow *"},
    "osd": {"mgr": "allow profile osd", "mon": "allow profile osd", "osd": "allow *"},
}


def ceph(*arguments, **options):
    return run("ceph", *arguments, **options)


def ceph_json(*arguments):
    return json.loads(ceph(*arguments, "--format", "json"))


def local_networks():
    """The addresses of this host with their networks, loopback left out."""
    found = []
    for link in json.loads(run("ip", "-j", "addr")):
        for address in link["addr_info"]:
            if link["ifname"] != "lo" and address["scope"] == "global":
                found.append(ipaddress.ip_interface(f"{address['local']}/{address['prefixlen']}"))
    return found


def address_in(networks):
    """A local address inside one of the networks (comma list), or None."""
    wanted = [ipaddress.ip_network(n.strip(), strict=False) for n in networks.split(",")]
    return next((str(a.ip) for a in local_networks() if any(a.ip.version == w.version and a.ip in w for w in wanted)), None)


def plain(ip):
    return f"[{ip}]" if ":" in ip else ip


def key(entity, caps, secret=None):
    """One section of a keyring; a new secret where none is given."""
    secret = secret or run("ceph-authtool", "--gen-print-key").strip()
    lines = "".join(f'\tcaps {what} = "{cap}"\n' for what, cap in caps.items())
    return f"[{entity}]\n\tkey = {secret}\n{lines}"


def keyring_of(kind, name):
    """Makes the keyring in the data directory of a daemon, and returns its text."""
    text = key(f"{kind}.{name}", CAPS[kind])
    write(f"{DATA}/{kind}/ceph-{name}/keyring", text)
    return text


def write_conf(app, mons):
    """ceph.conf where MicroCeph has it, and where LXD of Debian looks: in /etc/ceph."""
    v6 = any(":" in ip for ip in mons)
    text = f"""# Written by the lab's stand-in for MicroCeph.
[global]
run dir = {RUN}
fsid = {app['fsid']}
mon host = {','.join(plain(ip) for ip in mons)}
public_network = {app['public']}
auth allow insecure global id reclaim = false
ms bind ipv4 = {str(not v6).lower()}
ms bind ipv6 = {str(v6).lower()}
mon data = {DATA}/mon/ceph-$id
mgr data = {DATA}/mgr/ceph-$id
mds data = {DATA}/mds/ceph-$id
osd data = {DATA}/osd/ceph-$id
crash dir = {DATA}/crash
log file = {LOGS}/$cluster-$name.log
admin socket = {RUN}/$cluster-$name.asok
{LAB}
[client]
log file =
admin socket =
"""
    for directory in (RUN, LOGS, DATA + "/crash", CONF):
        os.makedirs(directory, exist_ok=True)
    write(CONF + "/ceph.conf", text, 0o644)
    admin = key("client.admin", CAPS["client.admin"], app["admin"])
    write(CONF + "/ceph.client.admin.keyring", admin)
    write(CONF + "/ceph.keyring", admin)
    os.makedirs("/etc/ceph", exist_ok=True)
    for name in ("ceph.conf", "ceph.client.admin.keyring"):
        if not os.path.islink("/etc/ceph/" + name):
            os.symlink(f"{CONF}/{name}", "/etc/ceph/" + name)


def unit(kind, name):
    return f"snap.microceph.{kind}{'@' + name if kind == 'osd' else ''}"


def start(kind, name, *arguments):
    """Starts a daemon as a unit of systemd; one that runs is left alone."""
    if running(kind, name):
        return
    run("systemctl", "reset-failed", unit(kind, name), quiet=True)
    run("systemd-run", "--quiet", "--unit", unit(kind, name), "--property=Restart=on-failure", "--property=RestartSec=1",
        "--property=LimitNOFILE=65536", f"ceph-{kind}", "-f", "--cluster", "ceph", "-i", name, *arguments)


def running(kind, name):
    return run("systemctl", "is-active", unit(kind, name), quiet=True).strip() in ("active", "activating")


def stop(kind, name):
    run("systemctl", "stop", unit(kind, name), quiet=True)


def admin_socket(path, command):
    """A daemon's answer on its admin socket, or None."""
    try:
        with socket.socket(socket.AF_UNIX) as asok:
            asok.settimeout(5)
            asok.connect(path)
            asok.sendall(json.dumps(command).encode() + b"\0")
            stream = asok.makefile("rb")
            return json.loads(stream.read(struct.unpack(">I", stream.read(4))[0]))
    except (OSError, ValueError, struct.error):
        return None


def in_quorum(name):
    """The monitor of this host is in a quorum."""
    said = admin_socket(f"{RUN}/ceph-mon.{name}.asok", {"prefix": "mon_status"})
    return bool(said) and said["state"] in ("leader", "peon")


def first_monitor(app, name, ip, v2_only):
    """The first monitor, manager and metadata server of a new cluster."""
    write_conf(app, [ip])
    text = key("mon.", CAPS["mon."], app["mon"]) + key("client.admin", CAPS["client.admin"], app["admin"])
    for kind in ("mgr", "mds"):
        text += keyring_of(kind, name)
    write(CONF + "/ceph.mon.keyring", text)
    port = f"v2:{plain(ip)}:3300" if v2_only else f"v1:{plain(ip)}:6789"
    seed = CONF + "/monmap"
    run("monmaptool", "--create", "--clobber", "--fsid", app["fsid"], "--addv", name, f"[{port}]", seed)
    os.makedirs(f"{DATA}/mon", exist_ok=True)
    run("ceph-mon", "--mkfs", "-i", name, "--monmap", seed, "--keyring", CONF + "/ceph.mon.keyring")
    start("mon", name, "--public-addr", ip)
    if not until(lambda: in_quorum(name)):
        raise Refusal(500, f"failed to wait for the monitor of {name}")
    for kind in ("mgr", "mds"):
        start(kind, name)
    settings = f"""[global]
public_network = {app['public']}
cluster_network = {app['cluster']}
rbd_default_features = 63
osd_pool_default_crush_rule = 1
[mon]
mon_allow_pool_delete = true
auth_expose_insecure_global_id_reclaim = false
"""
    write(CONF + "/settings", settings)
    if not v2_only:
        ceph("mon", "enable-msgr2")
    commands = ["osd crush rule create-replicated microceph_auto_osd default osd", "osd crush rule create-replicated microceph_auto_host default host",
                f"config assimilate-conf -i {CONF}/settings"]
    for command in commands:
        ceph(*command.split())


def next_monitor(app, name):
    """One more monitor; waits until it is in the quorum."""
    ip = address_in(app["public"])
    if not ip:
        raise Refusal(500, f"no local IP belongs to any of the listed subnets [{app['public']}]")
    write(CONF + "/ceph.mon.keyring", key("mon.", CAPS["mon."], app["mon"]))
    os.makedirs(f"{DATA}/mon", exist_ok=True)
    ceph("mon", "getmap", "-o", CONF + "/monmap")
    run("ceph-mon", "--mkfs", "-i", name, "--monmap", CONF + "/monmap", "--keyring", CONF + "/ceph.mon.keyring")
    start("mon", name, "--public-addr", ip)
    if not until(lambda: in_quorum(name)):
        raise Refusal(500, f"failed to wait for the monitor of {name}")
    return ip


def add_daemons(kinds, name):
    """A manager and metadata server of this host."""
    if not kinds:
        return
    write(CONF + "/new.keyring", "".join(keyring_of(kind, name) for kind in kinds))
    ceph("auth", "import", "-i", CONF + "/new.keyring")
    for kind in kinds:
        start(kind, name)


def drop_daemon(kind, name):
    """Stops a daemon of this host for good; Ceph forgets it."""
    if kind == "mon":
        ceph("mon", "rm", name, quiet=True, timeout=60)
    stop(kind, name)
    if kind != "mon":
        ceph("auth", "rm", f"{kind}.{name}", quiet=True, timeout=60)
    shutil.rmtree(f"{DATA}/{kind}/ceph-{name}", ignore_errors=True)


def wipe_host(services, osds, name):
    """Nothing of Ceph stays on this host but what is on its disks."""
    for kind in services:
        stop(kind, name)
    for osd in osds:
        stop("osd", str(osd))
    for directory in (CONF, RUN, DATA, LOGS):
        shutil.rmtree(directory, ignore_errors=True)
    for path in glob.glob("/etc/ceph/ceph*"):
        if os.path.islink(path):
            os.unlink(path)
