"""How a member of a stand-in's cluster comes to be, by bootstrap or join, and how it goes: the part of microcluster behind /core/control."""
import base64
import hashlib
import json
import re
import secrets
import time
from urllib.parse import quote

from microwire import Refusal, check_name, decode, run, split_address


class Joining:
    """Part of microcluster.Member."""

    def control(self, body, query):
        try:
            request = decode(body)
        except ValueError as problem:
            raise Refusal(400, str(problem)) from None
        address, token = request.get("address", ""), request.get("join_token", "")
        if address:
            split_address(address)
        if request.get("bootstrap") and token:
            raise Refusal(500, "Invalid options - received join token and bootstrap flag")
        check_name("Cluster member name", request.get("name", ""))
        with self.lock:
            if self.db:
                raise Refusal(500, "Unable to initialize cluster: Database is online")
            if not address:
                raise Refusal(500, "Cannot start network API without valid daemon configuration")
            self.name, self.address = request["name"], address
            if request.get("bootstrap"):
                self.bootstrap(request)
            elif token:
                self.enter(request, token)
        if not request.get("bootstrap") and not token:
            time.sleep(120)
            self.reset()
            raise Refusal(500, "Failed to re-establish cluster connection: Ready dqlite: context deadline exceeded")
        try:
            hook = self.service.start if request.get("bootstrap") else self.service.join
            hook(request.get("config") or {})
        except Exception as problem:
            self.failed(request)
            if not request.get("bootstrap") or not isinstance(problem, Refusal):
                raise
            raise Refusal(500, f"Failed to run post-bootstrap actions: {problem.text}") from None
        return {}

    def failed(self, request):
        """Undoes a start or join that failed; a joiner is taken off the list again."""
        self.service.undo()
        if not request.get("bootstrap"):
            for other in self.others():
                path = f"/core/1.0/cluster/{quote(self.name)}?force=1&gone=1"
                if self.ask(other["address"], "DELETE", path, quiet=True):
                    break
        self.reset()

    def certificate(self):
        """A certificate of this member, as real as the service's own."""
        key = self.dir + "/server.key"
        return run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp384r1", "-nodes", "-days", "3650",
                   "-keyout", key, "-subj", f"/O=LXD/CN=root@{self.name}", "-addext", f"subjectAltName=DNS:{self.name},IP:127.0.0.1")

    def bootstrap(self, request):
        try:
            self.service.precheck(request)
        except Refusal as refusal:
            raise Refusal(500, f"Failed to run pre-init hook before starting the API: {refusal.text}") from None
        own = self.certificate()
        fingerprint = hashlib.sha256(base64.b64decode("".join(own.strip().splitlines()[1:-1]))).hexdigest()
        member = {"name": self.name, "address": self.address, "certificate": own, "since": time.time()}
        self.db = {"turn": 1, "secret": secrets.token_hex(32), "keeper": self.name, "fingerprint": fingerprint, "members": [member],
                   "tokens": [], "app": self.service.records()}
        self.keep()
        self.listen()

    def enter(self, request, token):
        """A join up to the point where the cluster has let this member in."""
        try:
            invitation = json.loads(base64.b64decode(token, validate=True))
        except ValueError:
            strange = re.search(r"[^A-Za-z0-9+/=]", token)
            self.reset()
            raise Refusal(500, f"illegal base64 data at input byte {strange.start() if strange else len(token) // 4 * 4}") from None
        asking = {"secret": invitation["secret"], "fingerprint": invitation["fingerprint"], "name": self.name, "address": self.address,
                  "certificate": self.certificate()}
        tried, last, address = 0, None, ""
        for address in invitation["join_addresses"]:
            try:
                self.db = self.ask(address, "POST", "/internal/authorise", asking)["metadata"]
                break
            except Refusal as refusal:
                tried, last = tried + 1, refusal
                if "certificate token" in refusal.text:
                    self.reset()
                    raise
        if not self.db:
            if "SAN" not in last.text:
                self.reset()
            raise Refusal(last.code, f"{tried} join attempts were unsuccessful. Last error: {last.text}")
        self.keep()
        self.listen()
        self.take(self.ask(address, "GET", "/internal/db")["metadata"])

    def authorise(self, body, query):
        """A joiner knocks with its token."""
        asking = json.loads(body)
        known, told = self.db["fingerprint"], asking.pop("fingerprint")
        if known != told:
            raise Refusal(500, f'Cluster certificate token does not match that of cluster member. Expected: "{known}", actual: "{told}"')
        self.change("authorise", **asking)
        return self.db

    def changed_here(self, body, query):
        request = json.loads(body)
        return {"result": self.change(request["what"], **request["arguments"]), "db": self.db}

    # -- leave --------------------------------------------------------------------------------------------------------

    def remove(self, body, query, name):
        leaving, force = self.find(name), query.get("force") == "1"
        if not leaving:
            raise Refusal(500, self.service.unknown_member.format(name))
        if name == self.name and self.others():
            return self.ask(self.others()[0]["address"], "DELETE", f"/core/1.0/cluster/{quote(name)}?force={query.get('force', '')}")["metadata"]
        roles = {m["name"]: m["role"] for m in self.get_cluster("", {})}
        if "gone" not in query:
            if len(roles) == 1 and roles[name] != "PENDING":
                raise Refusal(500, "Cannot leave a cluster with 1 members")
            if all(role == "PENDING" for other, role in roles.items() if other != name):
                raise Refusal(500, "Cannot remove cluster members, there are no remaining non-pending members")
            try:
                self.ask(leaving["address"], "POST", "/internal/leave", force)
            except Refusal as refusal:
                if not force:
                    raise Refusal(500, f'Failed to execute pre-remove hook on cluster member "{name}": {refusal.text}') from None
        if self.db["keeper"] == name:
            if not self.ask(leaving["address"], "POST", "/internal/change", {"what": "keeper", "arguments": {"name": self.name}}, quiet=True):
                with self.lock:
                    self.db["keeper"] = self.name
        self.change("member_remove", name=name)
        if "gone" not in query:
            self.ask(leaving["address"], "POST", "/internal/reset", {}, quiet=True)
        return {}

    def left(self, body, query):
        """This member is out: nothing of the service stays here."""
        self.service.undo()
        self.reset()
        return {}
