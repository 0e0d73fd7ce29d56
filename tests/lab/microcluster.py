"""What MicroCeph and MicroOVN share: a stand-in for microcluster's REST API, to the letter of its recorded answers.

One member, the keeper, holds the list of members, the tokens and the service's own records; every change is made there and pushed to
all. Members speak plain HTTP with the cluster's secret: good enough inside the lab's private network.
"""
import base64
import hashlib
import http.client
import ipaddress
import json
import os
import re
import secrets
import socket
import socketserver
import subprocess
import sys
import threading
import time
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, quote, unquote, urlsplit

HEARTBEAT = 10.4  # seconds until a bootstrapped member is more than PENDING
NEVER = "0001-01-01T00:00:00Z"
UNINITIALISED = "Database is not yet initialized"


class Refusal(Exception):
    """An answer of type error: HTTP status (200 is possible) and text."""

    def __init__(self, code, text, status=None):
        super().__init__(text)
        self.code, self.text, self.status = code, text, status or code


class Soft:
    """SyncResponse(false, …): HTTP 200 whose body says Failure."""

    def __init__(self, metadata):
        self.metadata = metadata


def envelope(metadata, status="Success", code=200):
    return {"type": "sync", "status": status, "status_code": code, "operation": "", "error_code": 0, "error": "", "metadata": metadata}


def error(code, text):
    return {"type": "error", "status": "", "status_code": 0, "operation": "", "error_code": code, "error": text, "metadata": None}


def run(*command, text=None, timeout=180, quiet=False):
    """Output of a program; what it said is in the error, as microcluster's services tell it."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=timeout, check=False)
    if done.returncode != 0 and not quiet:
        said = done.stderr.strip() or done.stdout.strip()
        raise Refusal(500, f"Failed to run: {' '.join(command)}: exit status {done.returncode} ({said})")
    return done.stdout


def until(condition, seconds=120, pause=0.1):
    """Polls until the condition is true; False when it never became so."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
    return True


def decode(body):
    """The JSON of a body; errors in the words of Go's decoder."""
    if not body.strip():
        raise ValueError("EOF")
    try:
        return json.loads(body)
    except ValueError:
        rest = body.strip()
        found = re.match(r"\{\s*([^\s\"}])", rest)
        if found:
            raise ValueError(f"invalid character '{found[1]}' looking for beginning of object key string") from None
        raise ValueError(f"invalid character '{rest[0]}' looking for beginning of value") from None


def check_name(what, name):
    """Refuses what microcluster does not take as a member's name."""
    if not 1 <= len(name) <= 255:
        raise Refusal(400, f'{what} "{name}" is not a valid FQDN: Name must be 1-255 characters long')
    if not re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", name):
        raise Refusal(400, f'{what} "{name}" is not a valid FQDN: Name can only contain alphanumeric and hyphen characters')


def split_address(address):
    """(host, port) of ip:port."""
    found = re.fullmatch(r"(?:\[(.+)\]|([^:]+)):(\d+)", address)
    if not found:
        raise Refusal(400, "not an ip:port")
    host = found[1] or found[2]
    try:
        ipaddress.ip_address(host)
    except ValueError:
        raise Refusal(400, f'ParseAddr("{host}"): unable to parse IP') from None
    return host, int(found[3])


def write(path, text, mode=0o600):
    """A file that is never seen half written."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as out:
        out.write(text)
    os.chmod(path + ".new", mode)
    os.rename(path + ".new", path)


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


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode() if length else ""
        node = self.server.node
        trusted = self.server.local or (node.db and self.headers.get("X-Secret") == node.db["secret"])
        status, reply = node.answer(self.command, self.path, body, trusted)
        data = json.dumps(reply, separators=(",", ":")).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()
        if node.restart:
            node.again()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def address_string(self):
        return str(self.client_address)

    def log_message(self, format, *args):
        print(self.command, self.path, args[1] if len(args) > 1 else args, flush=True)


class Server(socketserver.ThreadingMixIn, HTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, where, node):
        self.node, self.local = node, isinstance(where, str)
        if self.local:
            self.address_family = socket.AF_UNIX
        elif ":" in where[0]:
            self.address_family = socket.AF_INET6
        super().__init__(where, Handler)

    def server_bind(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = "lab", 0

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], (BrokenPipeError, ConnectionResetError)):
            super().handle_error(request, client_address)


class Member:
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

    # -- initialise ---------------------------------------------------------------------------------------------------

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
