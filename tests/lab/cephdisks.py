"""Disks, OSDs and pools of the MicroCeph stand-in; only disks of the lab's own are ever opened."""
import glob
import os
import shutil
import subprocess
import uuid

from cephwork import CONF, DATA, ceph, ceph_json, keyring_of, start, stop
from microwire import Refusal, run, write


def lab_disk(path):
    """(kernel name, by-id path) of a disk of the lab's own; nothing else is ever opened."""
    real = os.path.realpath(path)
    name = os.path.basename(real)
    entry = "/sys/class/block/" + name
    try:
        with open(entry + "/device/vendor", encoding="ascii") as vendor, open(entry + "/dev", encoding="ascii") as device:
            node = os.stat(real).st_rdev
            ours = vendor.read().strip() == "LAB" and device.read().strip() == f"{os.major(node)}:{os.minor(node)}"
    except OSError:
        ours = False
    if not ours or real != "/dev/" + name or not name.startswith("sd"):
        raise Refusal(500, f"failed to set stable disk path: invalid disk path: {path}")
    links = sorted(link for link in glob.glob("/dev/disk/by-id/*") if os.path.realpath(link) == real)
    return name, links[0] if links else real


def check_pristine(disk):
    """Refuses a disk that is mounted; returns why it must be wiped, or nothing."""
    real = os.path.realpath(disk)
    with open("/proc/self/mounts", encoding="utf-8") as mounts:
        if any(line.split()[0] in (real, disk) for line in mounts):
            raise Refusal(500, f"device {disk} is currently mounted and cannot be used - aborting")
    seen = run("blkid", "-p", "-o", "export", real, quiet=True)
    if "PTTYPE=" in seen:
        return f"data device {disk} has partitions - use --wipe to override"
    with open(real, "rb") as device:
        if "TYPE=" in seen or any(device.read(1 << 20)):
            return f"data device {disk} is not pristine (contains data) - use --wipe to override"
    return ""


def wipe(disk):
    """All of it: the disk is a file with holes."""
    run("blkdiscard", "-f", os.path.realpath(disk))


def encryption():
    """Why disks cannot be encrypted here, or nothing."""
    if os.path.exists("/sys/module/dm_crypt"):
        return ""
    return "missing dm_crypt module: stat /sys/module/dm_crypt: no such file or directory"


def make_osd(number, disk):
    """An OSD on a disk, started; it is up some seconds later."""
    name, identity = str(number), str(uuid.uuid4())
    directory = f"{DATA}/osd/ceph-{name}"
    text = keyring_of("osd", name)
    os.symlink(disk, directory + "/block")
    write(directory + "/fsid", identity + "\n")
    ceph("osd", "create", identity, name)
    write(CONF + "/new.keyring", text)
    ceph("auth", "import", "-i", CONF + "/new.keyring")
    run("ceph-osd", "--mkfs", "--no-mon-config", "-i", name, "--osd-uuid", identity)
    start("osd", name)


def drop_osd(number, disk, keep_disk=False):
    """Takes an OSD out of Ceph and off this host."""
    name = str(number)
    stop("osd", name)
    ceph("osd", "purge", f"osd.{name}", "--yes-i-really-mean-it", quiet=True)
    shutil.rmtree(f"{DATA}/osd/ceph-{name}", ignore_errors=True)
    if not keep_disk:
        wipe(disk)


def failure_domain(hosts):
    """The crush rule that fits so many hosts with OSDs, for all pools and new ones; says whether it was another before."""
    wanted = "microceph_auto_host" if hosts >= 3 else "microceph_auto_osd"
    rules = {rule["rule_id"]: rule["rule_name"] for rule in ceph_json("osd", "crush", "rule", "dump")}
    number = next(i for i, rule in rules.items() if rule == wanted)
    now = ceph("config", "get", "mon", "osd_pool_default_crush_rule").strip()
    if now == str(number):
        return
    ceph("config", "set", "global", "osd_pool_default_crush_rule", str(number))
    for pool in ceph_json("osd", "pool", "ls", "detail"):
        if rules[pool["crush_rule"]] != wanted:
            ceph("osd", "pool", "set", pool["pool_name"], "crush_rule", wanted)


def pools():
    rules = {rule["rule_id"]: rule["rule_name"] for rule in ceph_json("osd", "crush", "rule", "dump")}
    return [{"pool": p["pool_name"], "pool_id": p["pool_id"], "size": p["size"], "min_size": p["min_size"],
             "crush_rule": rules.get(p["crush_rule"], "")} for p in ceph_json("osd", "pool", "ls", "detail")]


def set_size(names, size):
    """The size of the named pools; "*" means all, "" the default of new ones."""
    ceph("config", "set", "global", "mon_allow_pool_size_one", "true" if size == 1 else "false")
    ceph("config", "set", "global", "osd_pool_default_size", str(size))
    if names == ["*"]:
        names = [pool["pool_name"] for pool in ceph_json("osd", "pool", "ls", "detail")]
    for name in names:
        try:
            if name:
                ceph("osd", "pool", "set", name, "size", str(size), "--yes-i-really-mean-it")
        except Refusal as refusal:
            raise Refusal(500, f"failed to set pool size for {name}: {refusal.text}") from None


def read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return ""


def resources():
    """The disks of this host, in LXD's shape."""
    disks = []
    for entry in sorted(glob.glob("/sys/class/block/sd*")):
        name = os.path.basename(entry)
        paths = {kind: [os.path.basename(link) for link in glob.glob(f"/dev/disk/{kind}/*") if os.path.realpath(link) == "/dev/" + name]
                 for kind in ("by-id", "by-path", "by-uuid")}
        disks.append({
            "id": name, "device": read(entry + "/dev"), "model": read(entry + "/device/model"), "type": "scsi", "read_only": False,
            "mounted": subprocess.run(["findmnt", "-S", "/dev/" + name], capture_output=True, check=False).returncode == 0,
            "size": int(read(entry + "/size")) * 512, "removable": False, "numa_node": 0, "device_path": "".join(paths["by-path"][:1]),
            "block_size": 512, "rpm": 0, "serial": read(entry + "/device/serial"), "device_id": "".join(paths["by-id"][:1]),
            "partitions": [], "device_fs_uuid": "".join(paths["by-uuid"][:1]),
        })
    return {"disks": disks, "total": len(disks)}
