#!/usr/bin/env python3
"""A stand-in for MicroOVN's daemon: its REST API as recorded, the work done by the real ovs-* and ovn-* programs (ovnwork.py)."""
import ipaddress

import ovnwork as work
from microcluster import Member, Service
from microwire import Refusal, Soft, decode, split_address

KINDS = ("central", "chassis", "switch")
KEY = "ovn.central-ips"


class MicroOvn(Service):
    name = "microovn"
    version = "25.03"
    extensions = [*Service.extensions, "custom_encapsulation_ip"]
    schema_external = 3
    token_delete = r"/core/1\.0/tokens/([^/]+)"
    unknown_member = 'No remote exists with the given name "{}"'

    def routes(self):
        return [
            ("GET", r"/1\.0/services", self.get_services),
            ("PUT", r"/1\.0/service/([^/]+)", self.put_service),
            ("DELETE", r"/1\.0/service/([^/]+)", self.delete_service),
            ("POST", r"/1\.0/env", self.post_env),
            ("GET", r"/1\.0/config", self.get_config),
            ("POST", r"/1\.0/config", self.post_config),
            ("DELETE", r"/1\.0/config", self.delete_config),
            ("GET", r"/1\.0/ca", lambda body, query: {"auto_renew": True, "error": ""}),
            ("PUT", r"/1\.0/certificates(?:/([^/]+))?", self.put_certificates),
            ("GET", r"/1\.0/ovsdb/schema/([^/]+)/(active|expected)", lambda body, query, which, kind: work.schema(which, kind)),
            ("GET", r"/1\.0/ovsdb/schema/([^/]+)/expected/all", self.schemas),
        ]

    # -- the member's life ----------------------------------------------------------------------------------------------

    def records(self):
        return {"ca": [], "services": [], "encaps": {}, "config": {}}

    def centrals(self):
        """Addresses that have the databases, in the order of their coming; the configured ones where there are any."""
        configured = self.member.app["config"].get(KEY)
        if configured:
            return [ip.strip() for ip in configured.split(",")]
        places = [s["location"] for s in self.member.app["services"] if s["service"] == "central"]
        return [split_address(m["address"])[0] for place in places for m in self.member.db["members"] if m["name"] == place]

    def own(self):
        return split_address(self.member.address)[0]

    def mine(self):
        return [s["service"] for s in self.member.app["services"] if s["location"] == self.member.name]

    def wanted(self, config):
        """The services asked for by ovn-services; None for auto."""
        text = config.get("ovn-services") or "auto"
        if text == "auto":
            return None
        asked = [kind.strip() for kind in text.split(",")]
        wrong = next((kind for kind in asked if kind not in KINDS), None)
        if wrong:
            raise Refusal(500, f"failed to parse requested services: invalid service requested: {wrong}")
        return asked

    def start(self, config):
        wanted = self.wanted(config)
        self.member.change("ca", ca=work.new_ca())
        self.begin(config, KINDS if wanted is None else wanted)

    def join(self, config):
        wanted = self.wanted(config)
        if wanted is None:
            wanted = [kind for kind in KINDS if kind != "central" or (len(self.centrals()) < 3 and KEY not in self.member.app["config"])]
        self.begin(config, wanted)

    def begin(self, config, kinds):
        """Certificates, the encapsulation address and the services of a new member."""
        member = self.member
        work.issue(member.app["ca"], work.CERTIFICATES, member.name)
        member.change("encap", name=member.name, ip=config.get("ovn-encap-ip") or self.own())
        self.changed()
        for kind in sorted(kinds, key=("switch", "central", "chassis").index):
            self.enable(kind)

    def enable(self, kind):
        member = self.member
        if kind == "switch":
            work.start_switch(member.name)
        elif kind == "central":
            there = self.centrals()
            work.start_central(self.own(), [*there, self.own()], there[0] if there else "")
        else:
            work.tell_chassis(member.app["encaps"][member.name], self.centrals())
            work.start_chassis()
        member.change("service_add", kind=kind, location=member.name)
        self.changed()

    def disable(self, kind, leave=True):
        if kind == "central":
            work.stop_central(leave)
        elif kind == "chassis":
            work.stop_chassis()
        else:
            work.stop_switch()
        self.member.change("service_remove", kind=kind, location=self.member.name)

    def resume(self):
        kinds = self.mine()
        if "switch" in kinds:
            work.start_switch(self.member.name)
        if "central" in kinds:
            work.start_central(self.own(), self.centrals(), next((ip for ip in self.centrals() if ip != self.own()), ""))
        if "chassis" in kinds:
            work.start_chassis()
        self.changed()

    def changed(self):
        """Environment, northd, chassis and tunnels know everybody there is."""
        app, centrals = self.member.app, self.centrals()
        if centrals:
            work.write_env(centrals[0], centrals, self.own())
        mine = self.mine()
        if "central" in mine:
            work.retell_central(self.own(), centrals)
        if "switch" in mine and work.active("ovs-vswitchd"):
            work.underlay(self.member.name, app["encaps"])
            if "chassis" in mine:
                work.tell_chassis(app["encaps"][self.member.name], centrals)

    def leaving(self, force):
        mine = self.mine()
        if "central" in mine and len(self.centrals()) == 1 and not force:
            raise Refusal(500, "cannot disable last central node without explicit confirmation")
        for kind in ("chassis", "central", "switch"):
            if kind in mine:
                self.disable(kind)
        self.member.change("gone", name=self.member.name)

    def undo(self):
        work.wipe_host()

    # -- changes of the records, made at the keeper -----------------------------------------------------------------------

    def op_ca(self, ca):
        self.member.app["ca"] = ca

    def op_encap(self, name, ip):
        self.member.app["encaps"][name] = ip

    def op_service_add(self, kind, location):
        self.member.app["services"].append({"service": kind, "location": location})

    def op_service_remove(self, kind, location):
        app = self.member.app
        app["services"] = [s for s in app["services"] if (s["service"], s["location"]) != (kind, location)]

    def op_gone(self, name):
        app = self.member.app
        app["services"] = [s for s in app["services"] if s["location"] != name]
        app["encaps"].pop(name, None)

    def op_config(self, value):
        self.member.app["config"] = {KEY: value} if value else {}

    # -- answers ------------------------------------------------------------------------------------------------------------

    def get_services(self, body, query):
        order = {m["name"]: place for place, m in enumerate(self.member.db["members"])}
        return sorted(self.member.app["services"], key=lambda s: (order.get(s["location"], 99), s["service"]))

    def told(self, kind, verb):
        centrals = len(self.centrals())
        return {"message": f"{kind} {verb}", "warnings": {"EvenCentral": centrals % 2 == 0, "FewCentral": centrals < 3}}

    def put_service(self, body, query, kind):
        if not body.strip():
            raise Refusal(400, "failed to decode request")
        if kind not in KINDS:
            raise Refusal(500, "service does not exist")
        if kind in self.mine():
            raise Refusal(500, "this service is already enabled")
        self.enable(kind)
        return self.told(kind, "enabled")

    def delete_service(self, body, query, kind):
        try:
            request = decode(body)
        except ValueError as problem:
            raise Refusal(500, f"failed to decode request: {problem}") from None
        if kind not in KINDS:
            raise Refusal(500, "service does not exist")
        if kind not in self.mine():
            raise Refusal(500, "this service is not enabled")
        last = kind == "central" and len(self.centrals()) == 1
        if last and not request.get("allowDisableLastCentral"):
            raise Refusal(500, "cannot disable last central node without explicit confirmation")
        self.disable(kind, leave=not last)
        return self.told(kind, "disabled")

    def post_env(self, body, query):
        self.changed()
        return {"success": True, "error": []}

    def config_request(self, body):
        """(request, what is wrong with it or nothing)"""
        try:
            request = decode(body)
        except ValueError as problem:
            return {}, f"failed to decode config request: {problem}"
        key = request.get("key", "")
        return request, "" if key == KEY else f"config key '{key}' is not a recognized config option"

    def get_config(self, body, query):
        _, wrong = self.config_request(body)
        if wrong:
            return Soft({"value": "", "isSet": False, "error": wrong})
        value = self.member.app["config"].get(KEY)
        return {"value": value or "", "isSet": value is not None, "error": ""}

    def post_config(self, body, query):
        request, wrong = self.config_request(body)
        if wrong:
            return Soft({"error": wrong})
        for ip in request.get("value", "").split(","):
            try:
                ipaddress.ip_address(ip.strip())
            except ValueError:
                return Soft({"error": f"configuration for key '{KEY}' not valid: cannot parse IP address '{ip}'"})
        self.member.change("config", value=request["value"])
        return {"error": ""}

    def delete_config(self, body, query):
        _, wrong = self.config_request(body)
        if wrong:
            return Soft({"error": wrong})
        self.member.change("config", value="")
        return {"error": ""}

    def put_certificates(self, body, query, which):
        names = list(work.CERTIFICATES)
        if which and which not in names:
            raise Refusal(404, f"can't issue certificate for service '{which}', service is not enabled on this member, enabled services: "
                               f"{', '.join(names)}")
        done = [which] if which else names
        work.issue(self.member.app["ca"], done, self.member.name)
        return {"success": done, "failed": None}

    def schemas(self, body, query, which):
        found = []
        for member in self.member.db["members"]:
            reply = self.member.ask(member["address"], "GET", f"/1.0/ovsdb/schema/{which}/expected")
            found.append({"host": split_address(member["address"])[0], "schemaVersion": reply["metadata"], "error": 0})
        return found


if __name__ == "__main__":
    Member(MicroOvn()).serve()
