"""What MicroCeph and MicroOVN share: a stand-in for microcluster's REST API, to the letter of its recorded answers.

One member, the keeper, holds the list of members, the tokens and the service's own records; every change is made there and pushed to
all. Members speak plain HTTP with the cluster's secret: good enough inside the lab's private network.
"""
import base64
import http.client
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import threading
import time
from datetime import datetime, timezone
from urllib.parse import parse_qs, unquote, urlsplit

from microjoin import Joining
from microwire import Refusal, Server, Soft, check_name, decode, envelope, error, split_address, write

HEARTBEAT = 10.4  # seconds until a bootstrapped member is more than PENDING
NEVER = "0001-01-01T00:00:00Z"
UNINITIALISED = "Database is not yet initialized"


class Service:
    """What a service adds; every hook has the member it runs on as self.member."""

    name = port = version = ""
    extensions = ["internal:runtime_extension_v1", "internal:rename_core_endpoints"]
    schema_external = 0
    token_delete = r"/core/control/tokens/([^/]+)"
    unknown_member = 'Cluster member "{}" not found in truststore; please provide a node address'

    member = None

    def routes(self):
        """[(method, pattern of the path, function of (body text, query, *groups))]"""
        return []

    def precheck(self, request):
        """Before anything is written; a Refusal leaves the daemon uninitialised."""

    def start(self, config):
        """Work of a bootstrap."""

    def join(self, config):
        """Work of a join."""

    def resume(self):
        """The machine has booted again: starts what ran here."""

    def changed(self):
        """The records changed somewhere."""

    def leaving(self, force):
        """May refuse to be removed."""

    def undo(self):
        """Takes away what start or join made here."""

    def records(self):
        """The service's own records at the beginning."""
        return {}


class Member(Joining):
    """The daemon of one machine."""

    def __init__(self, service):
        self.service, service.member = service, self
        self.dir = f"/var/snap/{service.name}/common/state"
        self.file = self.dir + "/lab-state.json"
        self.lock = threading.RLock()
        self.name, self.address, self.db, self.restart = socket.gethostname(), "", None, False
        os.makedirs(self.dir, exist_ok=True)
        if os.path.exists(self.file):
            with open(self.file, encoding="utf-8") as kept:
                self.name, self.address, self.db = json.load(kept).values()

    # -- the daemon ---------------------------------------------------------------------------------------------------

    def serve(self):
        path = self.dir + "/control.socket"
        if os.path.exists(path):
            os.unlink(path)
        os.umask(0o117)
        server = Server(path, self)
        os.umask(0o022)
        if self.db:
            self.listen()
            threading.Thread(target=self.back, daemon=True).start()
        print(f"{self.service.name}: listening", flush=True)
        server.serve_forever()

    def back(self):
        """After a boot: the newest records, then the programs that ran."""
        for other in self.others():
            reply = self.ask(other["address"], "GET", "/internal/db", quiet=True)
            if reply and reply["metadata"]["turn"] > self.db["turn"]:
                self.db = reply["metadata"]
                self.keep()
        self.service.resume()

    def listen(self):
        server = Server(split_address(self.address), self)
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def again(self):
        """As the real daemon after a failed start: executes itself again, its state wiped."""
        os.execv(sys.executable, [sys.executable, *sys.argv])

    def reset(self):
        if os.path.exists(self.file):
            os.unlink(self.file)
        self.restart = True

    def keep(self):
        write(self.file, json.dumps({"name": self.name, "address": self.address, "db": self.db}))

    # -- records ------------------------------------------------------------------------------------------------------

    def others(self):
        return [m for m in self.db["members"] if m["name"] != self.name]

    def find(self, name):
        return next((m for m in self.db["members"] if m["name"] == name), None)

    @property
    def app(self):
        return self.db["app"]

    def change(self, what, **arguments):
        """Makes one change of the records at the keeper: a method op_WHAT of this class or of the service."""
        keeper = self.find(self.db["keeper"])
        if keeper["name"] != self.name:
            reply = self.ask(keeper["address"], "POST", "/internal/change", {"what": what, "arguments": arguments})
            if reply["metadata"]["db"]["turn"] > self.db["turn"]:
                self.take(reply["metadata"]["db"])
            return reply["metadata"]["result"]
        with self.lock:
            operation = getattr(self, "op_" + what, None) or getattr(self.service, "op_" + what)
            result = operation(**arguments)
            self.db["turn"] += 1
            self.keep()
            for other in self.others():
                self.ask(other["address"], "POST", "/internal/db", self.db, quiet=True, timeout=5)
        self.service.changed()
        return result

    def take(self, db):
        with self.lock:
            self.db = db
            self.keep()
        self.service.changed()

    def op_member_add(self, name, address, certificate):
        if any(m["address"] == address for m in self.db["members"]):
            raise Refusal(500, f'Remote with address "{address}" exists')
        self.db["members"].append({"name": name, "address": address, "certificate": certificate, "since": time.time()})

    def op_member_remove(self, name):
        self.db["members"] = [m for m in self.db["members"] if m["name"] != name]

    def op_keeper(self, name):
        self.db["keeper"] = name

    def op_token_add(self, name, life):
        self.db["tokens"] = [t for t in self.db["tokens"] if not t["expires"] or t["expires"] > time.time()]
        if any(t["name"] == name for t in self.db["tokens"]):
            raise Refusal(500, 'Failed to create "core_token_records" entry: UNIQUE constraint failed: core_token_records.name')
        token = {"name": name, "secret": secrets.token_hex(32), "expires": time.time() + life / 1e9 if life else 0}
        self.db["tokens"].append(token)
        return token

    def op_token_remove(self, name):
        if not any(t["name"] == name for t in self.db["tokens"]):
            raise Refusal(404, "CoreTokenRecord not found")
        self.db["tokens"] = [t for t in self.db["tokens"] if t["name"] != name]

    def op_authorise(self, secret, name, address, certificate):
        """A joiner with a token: the token is used up, the joiner is a member."""
        token = next((t for t in self.db["tokens"] if t["secret"] == secret), None)
        if not token:
            raise Refusal(404, "CoreTokenRecord not found")
        if token["expires"] and token["expires"] < time.time():
            raise Refusal(500, "Token expired")
        if token["name"] != name:
            raise Refusal(500, "Joining server certificate SAN does not contain join token name")
        self.op_member_add(name, address, certificate)
        self.db["tokens"].remove(token)

    # -- talk between members -----------------------------------------------------------------------------------------

    def ask(self, address, method, path, body=None, quiet=False, timeout=900):
        """Another member's answer; its refusal is raised, or None with quiet."""
        secret = self.db["secret"] if self.db else ""
        host, port = split_address(address)
        connection = http.client.HTTPConnection(host, port, timeout=5)
        try:
            connection.connect()
            connection.sock.settimeout(timeout)
            text = body if isinstance(body, str) else json.dumps(body)
            connection.request(method, path, text, {"X-Secret": secret, "Content-Type": "application/json"})
            answer = connection.getresponse()
            reply = json.loads(answer.read())
        except OSError as problem:
            if quiet:
                return None
            said = os.strerror(problem.errno).lower() if problem.errno else "i/o timeout"
            raise Refusal(500, f'Get "https://{address}": Unable to connect to: {address} ([dial tcp {address}: connect: {said}])') from None
        finally:
            connection.close()
        if reply["type"] == "error":
            if quiet:
                return None
            raise Refusal(reply["error_code"], reply["error"], answer.status)
        return reply

    def reaches(self, other):
        if other["name"] == self.name:
            return True
        try:
            socket.create_connection(split_address(other["address"]), timeout=1).close()
        except OSError:
            return False
        return True

    # -- answers ------------------------------------------------------------------------------------------------------

    def routes(self):
        if not hasattr(self, "_routes"):
            own = [
                ("GET", r"/", lambda body, query: ["/1.0"], "open"),
                ("GET", r"/core/1\.0", self.get_core, "open"),
                ("GET", r"/core/1\.0/ready", lambda body, query: {}, "open"),
                ("POST", r"/core/control", self.control, "open"),
                ("GET", r"/core/1\.0/cluster", self.get_cluster, ""),
                ("DELETE", r"/core/1\.0/cluster/([^/]+)", self.remove, ""),
                ("GET", r"/core/1\.0/daemon/servers", lambda body, query: {}, ""),
                ("GET", r"/core/control/tokens", self.get_tokens, ""),
                ("POST", r"/core/control/tokens", self.post_token, ""),
                ("DELETE", self.service.token_delete, lambda body, query, name: self.change("token_remove", name=name) or {}, ""),
                ("POST", r"/internal/authorise", self.authorise, "joiner"),
                ("POST", r"/internal/change", self.changed_here, "internal"),
                ("GET", r"/internal/db", lambda body, query: self.db, "internal"),
                ("POST", r"/internal/db", lambda body, query: self.take(json.loads(body)) or {}, "internal"),
                ("POST", r"/internal/leave", lambda body, query: self.service.leaving(json.loads(body)) or {}, "internal"),
                ("POST", r"/internal/reset", self.left, "internal"),
            ]
            self._routes = own + [(*route, "proxied") for route in self.service.routes()]
        return self._routes

    def answer(self, method, url, body, trusted):
        """(HTTP status, body) of a request."""
        parts = urlsplit(url)
        query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        try:
            matching = [(m, f, kind, found) for m, p, f, kind in self.routes() if (found := re.fullmatch(p, parts.path))]
            if not matching or not (trusted or matching[0][2] == "joiner"):
                raise Refusal(404, "Not Found")
            route = next((r for r in matching if r[0] == method), None)
            if not self.db and matching[0][2] != "open":
                raise Refusal(503, UNINITIALISED)
            if not route:
                raise Refusal(501, "Not Implemented")
            _, function, kind, found = route
            target = query.get("target", "")
            if kind == "proxied" and target and target != self.name:
                return self.forward(target, method, url, body)
            result = function(body, query, *map(unquote, found.groups()))
            if isinstance(result, Soft):
                return 200, envelope(result.metadata, "Failure", 400)
            return 200, envelope({} if result is None else result)
        except Refusal as refusal:
            return refusal.status, error(refusal.code, refusal.text)
        except (OSError, ValueError, KeyError, subprocess.SubprocessError) as problem:
            return 500, error(500, f"{type(problem).__name__}: {problem}")

    def forward(self, target, method, url, body):
        other = self.find(target)
        if not other:
            raise Refusal(400, f'Failed to get cluster member for request target name "{target}": CoreClusterMember not found')
        try:
            return 200, self.ask(other["address"], method, url, body)
        except Refusal as refusal:
            raise Refusal(refusal.code, f'Failed to send request to target "{target}": {refusal.text}', refusal.status) from None

    def get_core(self, body, query):
        service = self.service
        return {"name": self.name, "address": self.address, "version": service.version, "ready": bool(self.db), "extensions": service.extensions}

    def get_cluster(self, body, query):
        service, members = self.service, []
        for place, member in enumerate(self.db["members"]):
            beaten = time.time() - member["since"] > (HEARTBEAT if place == 0 else 2)
            stamp = datetime.fromtimestamp(time.time() - time.time() % 10, timezone.utc)
            members.append({
                "name": member["name"], "address": member["address"], "certificate": member["certificate"],
                "role": ("voter" if place < 3 else "spare") if beaten else "PENDING",
                "schema_internal_version": 6, "schema_external_version": service.schema_external,
                "last_heartbeat": stamp.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if beaten else NEVER,
                "status": "ONLINE" if self.reaches(member) else "UNREACHABLE",
                "extensions": service.extensions, "secret": "",
            })
        return sorted(members, key=lambda m: m["name"])

    def token_text(self, token):
        addresses = [m["address"] for m in self.db["members"]]
        text = json.dumps({"secret": token["secret"], "fingerprint": self.db["fingerprint"], "join_addresses": addresses}, separators=(",", ":"))
        return base64.b64encode(text.encode()).decode()

    def get_tokens(self, body, query):
        alive = [t for t in self.db["tokens"] if not t["expires"] or t["expires"] > time.time()]
        return [{"name": t["name"], "token": self.token_text(t), "expires_at":
                 datetime.fromtimestamp(t["expires"], timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if t["expires"] else NEVER} for t in alive]

    def post_token(self, body, query):
        try:
            request = decode(body)
        except ValueError as problem:
            raise Refusal(400, str(problem)) from None
        check_name("Token name", request.get("name", ""))
        return self.token_text(self.change("token_add", name=request["name"], life=request.get("expire_after", 0)))
