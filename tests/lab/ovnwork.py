"""The work of the MicroOVN stand-in: certificates, switch, central and chassis of one host, with the real ovs-* and ovn-* programs.

There is no openvswitch in the kernel: the datapath is OVS's own, in user space. Its tunnels leave through the bridge br-und and the cable
lab-und that every host has for it; the encapsulation address stays the one that was asked for.
"""
import ipaddress
import json
import os
import shutil

from microwire import Refusal, run, until, write

COMMON = "/var/snap/microovn/common"
PKI = COMMON + "/data/pki"
ENV = COMMON + "/data/env/ovn.env"
CERTIFICATES = ("ovnnb", "ovnsb", "ovn-northd", "ovn-controller", "client")
DATABASES = {"nb": ("OVN_Northbound", "/run/ovn/ovnnb_db", "/usr/share/ovn/ovn-nb.ovsschema"),
             "sb": ("OVN_Southbound", "/run/ovn/ovnsb_db", "/usr/share/ovn/ovn-sb.ovsschema"),
             "switch": ("Open_vSwitch", "/run/openvswitch/db", "/usr/share/openvswitch/vswitch.ovsschema")}
VSCTL = "/usr/bin/ovs-vsctl"  # the real one, not the lab's
SOCKETS = {"switch": "/run/openvswitch", "ovn": "/run/ovn"}


def plain(ip):
    return f"[{ip}]" if ":" in ip else ip


def connections(ips, port):
    return ",".join(f"ssl:{plain(ip)}:{port}" for ip in ips)


# -- certificates -----------------------------------------------------------------------------------------------------


def new_ca():
    """(certificate, key) of a new authority."""
    os.makedirs(PKI, exist_ok=True)
    path = PKI + "/new-ca.key"
    certificate = run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp384r1", "-nodes", "-days", "3650",
                      "-keyout", path, "-subj", "/O=MicroOVN/OU=certificates/CN=ca", "-addext", "basicConstraints=critical,CA:TRUE")
    with open(path, encoding="ascii") as file:
        key = file.read()
    os.unlink(path)
    return certificate, key


def issue(ca, names, host):
    """Certificates of this host, signed by the authority; LXD finds the client's in /etc/ovn."""
    write(PKI + "/cacert.pem", ca[0], 0o644)
    write(PKI + "/ca.key", ca[1])
    for name in names:
        key, request = f"{PKI}/{name}-privkey.pem", f"{PKI}/{name}.csr"
        run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp384r1", "-nodes", "-keyout", key, "-out", request,
            "-subj", f"/O=MicroOVN/OU={name}/CN={host}")
        run("openssl", "x509", "-req", "-in", request, "-CA", PKI + "/cacert.pem", "-CAkey", PKI + "/ca.key", "-days", "730",
            "-out", f"{PKI}/{name}-cert.pem")
        os.unlink(request)
    os.unlink(PKI + "/ca.key")
    os.makedirs("/etc/ovn", exist_ok=True)
    for link, file in (("ovn-central.crt", "cacert"), ("cert_host", "client-cert"), ("key_host", "client-privkey")):
        if not os.path.islink("/etc/ovn/" + link):
            os.symlink(f"{PKI}/{file}.pem", "/etc/ovn/" + link)


def tls(option, name):
    return (f" --{option}-ssl-key={PKI}/{name}-privkey.pem --{option}-ssl-cert={PKI}/{name}-cert.pem"
            f" --{option}-ssl-ca-cert={PKI}/cacert.pem")


def nbctl(*command):
    """ovn-nbctl of the certificates' owner, on this host's own database."""
    return run("ovn-nbctl", "--no-leader-only", f"--db=unix:{DATABASES['nb'][1]}.sock", *command)


# -- environment ------------------------------------------------------------------------------------------------------


def write_env(first, centrals, own):
    text = (f'# Written by the lab\'s stand-in for MicroOVN.\nOVN_INITIAL_NB="{plain(first)}"\nOVN_INITIAL_SB="{plain(first)}"\n'
            f'OVN_NB_CONNECT="{connections(centrals, 6641)}"\nOVN_SB_CONNECT="{connections(centrals, 6642)}"\nOVN_LOCAL_IP="{plain(own)}"\n')
    write(ENV, text, 0o644)
    os.makedirs(COMMON + "/run", exist_ok=True)
    for name, where in SOCKETS.items():
        if not os.path.islink(f"{COMMON}/run/{name}"):
            os.symlink(where, f"{COMMON}/run/{name}")


def active(unit):
    return run("systemctl", "is-active", unit, quiet=True).strip() == "active"


# -- switch -----------------------------------------------------------------------------------------------------------


def start_switch(name):
    """Open vSwitch of this host, before anybody makes a bridge in it."""
    write("/etc/openvswitch/system-id.conf", name + "\n", 0o644)  # else each start makes a new identity and the chassis collides
    run("systemctl", "start", "ovsdb-server")
    # veth hands over half-made checksums: without this TCP is dead
    run(VSCTL, "--no-wait", "set", "open_vswitch", ".", "other_config:userspace-tso-enable=true", f"external_ids:system-id={name}",
        f"external_ids:hostname={name}", "external_ids:ovn-bridge-datapath-type=netdev")
    run("systemctl", "start", "openvswitch-switch")


def stop_switch():
    run("systemctl", "stop", "openvswitch-switch", "ovs-vswitchd", "ovsdb-server", quiet=True)


def prefix_of(ip):
    """The prefix length with which this host has the address."""
    known = [a["prefixlen"] for link in json.loads(run("ip", "-j", "addr")) for a in link["addr_info"] if a["local"] == str(ip)]
    return min(known, default=ip.max_prefixlen // 2)


def underlay(own, encaps):
    """The way of the tunnels: the encapsulation address on br-und, and through it a route to everybody else's."""
    try:
        here = ipaddress.ip_address(encaps[own])
    except (KeyError, ValueError):
        return
    run(VSCTL, "--may-exist", "add-br", "br-und", "--", "set", "bridge", "br-und", "datapath_type=netdev", "--",
        "--may-exist", "add-port", "br-und", "lab-und")
    # OVS takes a route only to where the bridge's own network reaches; the kernel must not take that way
    run("ip", "addr", "replace", f"{here}/{prefix_of(here)}", "dev", "br-und", "noprefixroute", *(["nodad"] if here.version == 6 else []))
    for link in ("lab-und", "br-und"):
        run("ip", "link", "set", link, "up")
    for name, there in encaps.items():
        if name != own:
            run("ovs-appctl", "ovs/route/add", f"{there}/{here.max_prefixlen}", "br-und", f"src={here}", quiet=True)


# -- chassis ----------------------------------------------------------------------------------------------------------


def tell_chassis(encap, centrals):
    run(VSCTL, "set", "open_vswitch", ".", f"external_ids:ovn-remote=\"{connections(centrals, 6642)}\"", "external_ids:ovn-encap-type=geneve",
        f"external_ids:ovn-encap-ip=\"{encap}\"")


def start_chassis():
    write("/etc/default/ovn-host", f'OVN_CTL_OPTS="{tls("ovn-controller", "ovn-controller")}"\n', 0o644)
    run("systemctl", "start", "ovn-host")


def stop_chassis():
    run("systemctl", "stop", "ovn-host", "ovn-controller", quiet=True)


# -- central ----------------------------------------------------------------------------------------------------------


def central_options(own, centrals, remote):
    ip = plain(own)
    text = (f"--db-nb-addr={ip} --db-sb-addr={ip} --db-nb-create-insecure-remote=no --db-sb-create-insecure-remote=no"
            f" --ovn-northd-nb-db={connections(centrals, 6641)} --ovn-northd-sb-db={connections(centrals, 6642)}")
    for half in ("nb", "sb"):
        text += f" --db-{half}-cluster-local-addr={ip} --db-{half}-cluster-local-proto=ssl" + tls(f"ovn-{half}-db", "ovn" + half)
        if remote:
            text += f" --db-{half}-cluster-remote-addr={plain(remote)} --db-{half}-cluster-remote-proto=ssl"
    write("/etc/default/ovn-central", f'OVN_CTL_OPTS="{text}{tls("ovn-northd", "ovn-northd")}"\n', 0o644)


def status(half):
    database, path, _ = DATABASES[half]
    return run("ovn-appctl", "-t", path + ".ctl", "cluster/status", database, quiet=True)


def start_central(own, centrals, remote):
    """Northbound, southbound and northd of this host; joins those of the remote if there is one. Waits until they are one cluster."""
    central_options(own, centrals, remote)
    run("systemctl", "reset-failed", "ovn-ovsdb-server-nb", "ovn-ovsdb-server-sb", "ovn-northd", quiet=True)
    run("systemctl", "start", "ovn-ovsdb-server-nb", "ovn-ovsdb-server-sb")
    for half in ("nb", "sb"):
        if not until(lambda half=half: "Status: cluster member" in status(half) and "Leader: unknown" not in status(half), 60):
            raise Refusal(500, f"timed out waiting for OVN {half} to become a cluster member")
    if not remote:
        nbctl("set-connection", "pssl:6641:[::]")
        run("ovn-sbctl", "--no-leader-only", f"--db=unix:{DATABASES['sb'][1]}.sock", "set-connection", "pssl:6642:[::]")
    run("systemctl", "start", "ovn-central")


def retell_central(own, centrals):
    """The centrals changed: northd must know all of them."""
    before = open("/etc/default/ovn-central", encoding="utf-8").read()
    central_options(own, centrals, "")
    if open("/etc/default/ovn-central", encoding="utf-8").read() != before and active("ovn-northd"):
        run("systemctl", "restart", "ovn-northd", quiet=True)


def stop_central(leave):
    """Ends the databases here; leaving takes this host out of their cluster first."""
    run("systemctl", "stop", "ovn-northd", quiet=True)
    for half in ("nb", "sb"):
        if leave:
            database, path, _ = DATABASES[half]
            run("ovn-appctl", "-t", path + ".ctl", "cluster/leave", database, quiet=True)
            until(lambda half=half: "Status: left cluster" in status(half) or not status(half), 10)
    run("systemctl", "stop", "ovn-central", "ovn-ovsdb-server-nb", "ovn-ovsdb-server-sb", quiet=True)
    for half in ("nb", "sb"):
        path = f"/var/lib/ovn/ovn{half}_db.db"
        if os.path.exists(path):
            os.unlink(path)


def wipe_host():
    """Nothing of OVN stays on this host."""
    stop_chassis()
    stop_central(leave=False)
    for bridge in run(VSCTL, "list-br", quiet=True).split():
        run(VSCTL, "del-br", bridge, quiet=True)
    stop_switch()
    for path in ("/etc/openvswitch/conf.db", "/etc/openvswitch/system-id.conf"):
        if os.path.exists(path):
            os.unlink(path)
    shutil.rmtree(COMMON + "/data", ignore_errors=True)


# -- schemas ----------------------------------------------------------------------------------------------------------


def schema(which, kind):
    """The version of a database's schema: active in the server, or expected by the program."""
    if which not in DATABASES:
        raise Refusal(400, f"DB '{which}' not supported")
    database, path, file = DATABASES[which]
    if kind == "expected":
        return run("ovsdb-tool", "schema-version", file).strip()
    return run("ovsdb-client", "get-schema-version", f"unix:{path}.sock", database).strip()
