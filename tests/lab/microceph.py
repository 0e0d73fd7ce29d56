#!/usr/bin/env python3
"""A stand-in for MicroCeph's daemon: its REST API as recorded, the work done by the real ceph-* programs (cephwork.py)."""
import ipaddress
import re
import threading
import uuid

import cephdisks
import cephwork as work
from microcluster import Member, Service
from microwire import Refusal, decode, run, split_address

KINDS = ("mds", "mgr", "mon")
NOT_HERE = ("nfs", "rgw", "rbd-mirror", "cephfs-mirror")
CONFIGS = ("cluster_network", "osd_pool_default_crush_rule", "public_network", "rbd_default_features")
LEVELS = ["panic", "fatal", "error", "warning", "info", "debug", "trace"]
CLIENT_KEYS = ("rbd_cache", "rbd_cache_size", "rbd_cache_writethrough_until_flush", "rbd_cache_max_dirty", "rbd_cache_target_dirty")
EXISTS = 'This "disks" entry already exists'


def body_of(body, code=500):
    try:
        return decode(body)
    except ValueError as problem:
        raise Refusal(code, str(problem)) from None


class MicroCeph(Service):
    name = "microceph"
    version = "ceph-version: 19.2.3-0ubuntu0.24.04.1; microceph-git: 79f99b50a1"
    schema_external = 9

    def __init__(self):
        self.disk_lock = threading.Lock()  # the real daemon adds one disk of a machine at a time
        self.level = 4

    def routes(self):
        return [
            ("GET", r"/1\.0/services", self.get_services),
            ("GET", r"/1\.0/services/mon", lambda body, query: {"addresses": list(self.member.app["mons"].values())}),
            ("PUT", r"/1\.0/services/(?!restart$)([^/]+)", self.put_service),
            ("DELETE", r"/1\.0/services/(?!restart$)([^/]+)", self.delete_service),
            ("POST", r"/1\.0/services/restart", self.restart),
            ("GET", r"/1\.0/disks", lambda body, query: self.disks()),
            ("POST", r"/1\.0/disks", self.post_disks),
            ("DELETE", r"/1\.0/disks/(?!encryption-support$)([^/]+)", self.delete_disk),
            ("GET", r"/1\.0/disks/encryption-support", self.encryption),
            ("GET", r"/1\.0/resources", lambda body, query: cephdisks.resources()),
            ("GET", r"/1\.0/pools", lambda body, query: cephdisks.pools()),
            ("PUT", r"/1\.0/pools-op", self.put_pools),
            ("GET", r"/1\.0/configs", self.get_configs),
            ("PUT", r"/1\.0/configs", self.put_config),
            ("DELETE", r"/1\.0/configs", self.put_config),
            ("GET", r"/1\.0/client/configs(?:/[^/]+)?", self.get_client_configs),
            ("PUT", r"/1\.0/client/configs/([^/]+)", self.put_client_config),
            ("DELETE", r"/1\.0/client/configs/([^/]+)", self.delete_client_config),
            ("GET", r"/1\.0/client/remotes", self.no_remotes),
            ("GET", r"/1\.0/microceph/configs/log-level", lambda body, query: self.level),
            ("PUT", r"/1\.0/microceph/configs/log-level", self.put_level),
            ("GET", r"/1\.0/cluster/capabilities", self.capabilities),
            ("GET", r"/1\.0/cluster", self.export),
        ]

    # -- the member's life ----------------------------------------------------------------------------------------------

    def records(self):
        return {"fsid": "", "admin": "", "mon": "", "public": "", "cluster": "", "services": [], "mons": {}, "disks": [], "next_osd": 1,
                "clients": []}

    def networks(self, request):
        """(monitor address, public network, cluster network) of a bootstrap, as MicroCeph works them out."""
        config = request.get("config") or {}
        local = work.local_networks()
        ip, public = config.get("MonIp"), config.get("PublicNet")
        ip = ip or (work.address_in(public) if public else None) or split_address(request["address"])[0]
        own = next((a for a in local if a.ip == ipaddress.ip_address(ip)), None)
        if not own:
            names = " ".join(str(a) for a in local)
            raise Refusal(500, f"failed to locate monIP {ip} on host: provided mon-ip ({ip}) does not belong to any suitable network: [{names}]")
        public = public or str(own.network)
        if not any(own.ip in ipaddress.ip_network(n.strip(), strict=False) for n in public.split(",")):
            raise Refusal(500, f"monIP {ip} is not available on public network {public}")
        cluster = config.get("ClusterNet") or public
        if not work.address_in(cluster):
            raise Refusal(500, f"no local IP belongs to any of the listed subnets [{cluster}]")
        return ip, public, cluster

    def precheck(self, request):
        self.networks(request)

    def start(self, config):
        member = self.member
        ip, public, cluster = self.networks({"address": member.address, "config": config})
        secrets = {kind: run("ceph-authtool", "--gen-print-key").strip() for kind in ("admin", "mon")}
        member.change("cluster", fsid=str(uuid.uuid4()), public=public, cluster=cluster, **secrets)
        for kind in KINDS:
            member.change("service_add", kind=kind, location=member.name, address=ip)
        work.first_monitor(member.app, member.name, ip, config.get("V2Only") == "true")

    def join(self, config):
        member, app = self.member, self.member.app
        unknown = next((c for c in app["clients"] if c["key"] not in CLIENT_KEYS), None)
        if unknown:
            raise Refusal(500, "failed to generate the configuration: failed object population: cannot set field <nil>")
        work.write_conf(app, list(app["mons"].values()))
        wanted = [kind for kind in KINDS if sum(s["service"] == kind for s in app["services"]) < 3]
        ip = work.next_monitor(app, member.name) if "mon" in wanted else ""
        work.add_daemons([kind for kind in wanted if kind != "mon"], member.name)
        for kind in wanted:
            member.change("service_add", kind=kind, location=member.name, address=ip)

    def mine(self):
        """(kinds of service, OSD numbers) that run on this member."""
        app, name = self.member.app, self.member.name
        return [s["service"] for s in app["services"] if s["location"] == name], [d["osd"] for d in app["disks"] if d["location"] == name]

    def resume(self):
        services, osds = self.mine()
        work.write_conf(self.member.app, list(self.member.app["mons"].values()))
        for kind in sorted(services, reverse=True):
            work.start(kind, self.member.name, *(["--public-addr", self.member.app["mons"][self.member.name]] if kind == "mon" else []))
        for osd in osds:
            work.start("osd", str(osd))

    def changed(self):
        """Every member's ceph.conf names all monitors."""
        app = self.member.app
        if app["fsid"] and app["mons"]:
            work.write_conf(app, list(app["mons"].values()))

    def leaving(self, force):
        app, name = self.member.app, self.member.name
        services, osds = self.mine()
        if osds and not force:
            raise Refusal(500, f"Node {name} still has disks configured, remove before proceeding")
        left = [sum(s["service"] == kind and s["location"] != name for s in app["services"]) for kind in ("mon", "mds", "mgr")]
        if not force and (left[0] < 3 or left[1] < 1 or left[2] < 1):
            raise Refusal(500, "Insufficient non OSD services: need at least 3 mon, 1 mds, and 1 mgr services in the cluster besides those "
                               f"in node '{name}'")
        for osd in osds:
            cephdisks.drop_osd(osd, "", keep_disk=True)
        for kind in services:
            work.drop_daemon(kind, name)
        self.member.change("gone", name=name)

    def undo(self):
        services, osds = self.mine() if self.member.db else (KINDS, [])
        work.wipe_host(services or KINDS, osds, self.member.name)

    # -- changes of the records, made at the keeper -----------------------------------------------------------------------

    def op_cluster(self, **values):
        self.member.app.update(values)

    def op_service_add(self, kind, location, address):
        self.member.app["services"].append({"service": kind, "location": location, "group_id": "", "info": ""})
        if kind == "mon":
            self.member.app["mons"][location] = address

    def op_service_remove(self, kind, location):
        app = self.member.app
        app["services"] = [s for s in app["services"] if (s["service"], s["location"]) != (kind, location)]
        if kind == "mon":
            app["mons"].pop(location, None)

    def op_gone(self, name):
        app = self.member.app
        app["services"] = [s for s in app["services"] if s["location"] != name]
        app["disks"] = [d for d in app["disks"] if d["location"] != name]
        app["mons"].pop(name, None)

    def op_disk_add(self, path, location):
        app = self.member.app
        if any((d["path"], d["location"]) == (path, location) for d in app["disks"]):
            raise Refusal(500, f"failed to record disk: {EXISTS}")
        number = app["next_osd"]
        app["next_osd"] += 1
        app["disks"].append({"osd": number, "path": path, "location": location})
        return number

    def op_disk_remove(self, osd):
        self.member.app["disks"] = [d for d in self.member.app["disks"] if d["osd"] != osd]

    def op_client_set(self, key, value, host):
        clients = [c for c in self.member.app["clients"] if (c["key"], c["host"]) != (key, host)]
        self.member.app["clients"] = clients + ([{"key": key, "value": value, "host": host, "wait": False}] if value is not None else [])

    # -- services ---------------------------------------------------------------------------------------------------------

    def get_services(self, body, query):
        order = {m["name"]: place for place, m in enumerate(self.member.db["members"])}
        return sorted(self.member.app["services"], key=lambda s: (order.get(s["location"], 99), s["service"]))

    def put_service(self, body, query, kind):
        member = self.member
        if kind in NOT_HERE:
            raise Refusal(500, f"the lab has no {kind}", 200)
        if kind not in KINDS:
            raise Refusal(404, "Not Found")
        if kind in self.mine()[0]:
            raise Refusal(500, f"host failed hospitality check for {kind} enablement: {kind} service already active on host", 200)
        ip = work.next_monitor(member.app, member.name) if kind == "mon" else ""
        if kind != "mon":
            work.add_daemons([kind], member.name)
        member.change("service_add", kind=kind, location=member.name, address=ip)

    def delete_service(self, body, query, kind):
        if kind not in KINDS or kind not in self.mine()[0]:
            raise Refusal(404, "Not Found")
        if sum(s["service"] == kind for s in self.member.app["services"]) < 2:
            raise Refusal(500, f"cannot disable the last {kind} of the cluster")
        work.drop_daemon(kind, self.member.name)
        self.member.change("service_remove", kind=kind, location=self.member.name)

    def restart(self, body, query):
        for wanted in body_of(body):
            kind = wanted.get("service", "")
            if kind not in ("mon", "osd", "rgw"):
                raise Refusal(500, f"{kind} is not a valid ceph service")
            for name in [str(osd) for osd in self.mine()[1]] if kind == "osd" else [self.member.name]:
                run("systemctl", "restart", work.unit(kind, name))

    def no_remotes(self, body, query):
        raise Refusal(500, "no remotes configured")

    def capabilities(self, body, query):
        return {"supported": ["deferred-ceph-bootstrap", "ceph-only-bootstrap", "declarative-placement"]}

    def export(self, body, query):
        name = body_of(body).get("remote_name", "")
        if not re.fullmatch(r"[a-z0-9]+", name):
            raise Refusal(400, "cluster names can only have [a-z] or [0-9] characters")
        raise Refusal(500, "the lab exports no cluster")

    # -- disks --------------------------------------------------------------------------------------------------------------

    def disks(self):
        order = {m["name"]: place for place, m in enumerate(self.member.db["members"])}
        return sorted(self.member.app["disks"], key=lambda d: order.get(d["location"], 99))

    def encryption(self, body, query):
        why = cephdisks.encryption()
        return {"supported": not why, **({"reason_unsupported": why} if why else {})}

    def post_disks(self, body, query):
        request = body_of(body) if body.strip() else {}
        paths = request.get("path") or []
        paths = [paths] if isinstance(paths, str) else paths
        matches = any(request.get(word) for word in ("osd_match", "wal_match", "db_match"))
        if (matches or request.get("dry_run")) and paths:
            return {"validation_error": "--osd-match/--wal-match/--db-match cannot be used with positional device arguments", "report": None}
        if matches:
            return {"validation_error": "the lab matches no disks by expression", "report": None}
        if any(path.startswith("loop,") for path in paths):
            why = "encryption is not supported on loop devices" if request.get("encrypt") else "the lab makes no loop devices"
            return {"validation_error": why, "report": [{"path": path, "report": "Failure", "error": ""} for path in paths]}
        report = []
        for path in paths:
            try:
                with self.disk_lock:
                    self.add_disk(path, request)
                report.append({"path": path, "report": "Success", "error": ""})
            except Refusal as refusal:
                report.append({"path": path, "report": "Failure", "error": refusal.text})
        return {"validation_error": "", "report": report or None}

    def add_disk(self, path, request):
        member = self.member
        _, disk = cephdisks.lab_disk(path)
        number = member.change("disk_add", path=disk, location=member.name)
        try:
            why = cephdisks.check_pristine(disk)
            if request.get("encrypt") and cephdisks.encryption():
                raise Refusal(500, f"failed to prepare data device: encryption unsupported on this machine: {cephdisks.encryption()}")
            if why and not request.get("wipe"):
                raise Refusal(500, why)
            if request.get("wipe"):
                cephdisks.wipe(disk)
            try:
                cephdisks.make_osd(number, disk)
            except Refusal:
                cephdisks.drop_osd(number, disk)
                raise
        except Refusal:
            member.change("disk_remove", osd=number)
            raise
        cephdisks.failure_domain(len({d["location"] for d in member.app["disks"]}))

    def delete_disk(self, body, query, number):
        member = self.member
        request = body_of(body, 400)
        if not re.fullmatch(r"-?\d+", number):
            raise Refusal(400, f'strconv.ParseInt: parsing "{number}": invalid syntax')
        osd = int(number)
        disks = member.app["disks"]
        disk = next((d for d in disks if d["osd"] == osd), None)
        if not disk:
            raise Refusal(404, f"osd.{osd} not found")
        before, hosts = len({d["location"] for d in disks}), len({d["location"] for d in disks if d is not disk})
        if before >= 3 > hosts and not request.get("confirm_downgrade"):
            raise Refusal(400, f"removing osd.{osd} would require a downgrade of the automatic crush rule from 'host' to 'osd' level. Likely this "
                               "will result in additional data movement. Please confirm by setting the '--confirm-failure-domain-downgrade' flag "
                               "to true")
        if len(disks) <= 3 and not request.get("bypass_safety"):
            raise Refusal(500, f"cannot remove osd.{osd} we need at least 3 OSDs, have {len(disks)}")
        if disk["location"] != member.name:
            raise Refusal(404, f"failed to remove osd.{osd} from database: Disk not found")
        if before >= 3 > hosts:
            cephdisks.failure_domain(hosts)
        cephdisks.drop_osd(osd, disk["path"])
        member.change("disk_remove", osd=osd)

    # -- pools and settings -------------------------------------------------------------------------------------------------

    def put_pools(self, body, query):
        request = body_of(body)
        cephdisks.set_size(request.get("pools") or [], request.get("size", 0))

    def get_configs(self, body, query):
        key = body_of(body).get("key", "")
        shape = {"wait": False, "skip_restart": False}
        if key:
            return [{"key": key, "value": work.ceph("config", "get", "mon", key), **shape}]
        dump = {entry["name"]: entry["value"] for entry in work.ceph_json("config", "dump") if entry["section"] == "global"}
        return [{"key": name, "value": dump[name], **shape} for name in CONFIGS if name in dump]

    def put_config(self, body, query):
        request = body_of(body)
        key, value = request.get("key", ""), request.get("value")
        if key == "public_network":
            raise Refusal(500, f"config set({key}) failed: requested key {key} does not support write operation")
        if key not in CONFIGS:
            raise Refusal(500, f"config set({key}) failed: requested key {key} is not a MicroCeph supported cluster config")
        work.ceph("config", *(["set", "global", key, value] if value else ["rm", "global", key]))

    def get_client_configs(self, body, query):
        key = body_of(body).get("key", "")
        return [c for c in self.member.app["clients"] if key in ("", c["key"])]

    def put_client_config(self, body, query, key):
        request = body_of(body)
        self.member.change("client_set", key=key, value=request.get("value", ""), host=request.get("host", "*"))

    def delete_client_config(self, body, query, key):
        self.member.change("client_set", key=key, value=None, host=body_of(body).get("host", "*"))

    def put_level(self, body, query):
        level = body_of(body).get("level", "")
        if level not in LEVELS:
            raise Refusal(500, f'not a valid logrus Level: "{level}"')
        self.level = LEVELS.index(level)


if __name__ == "__main__":
    Member(MicroCeph()).serve()
