"""What the stand-ins speak: microcluster's envelopes and refusals, HTTP upon a unix socket or TCP, and small tools of the services' work."""
import ipaddress
import json
import os
import re
import socket
import socketserver
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer


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
    new = f"{path}.{threading.get_ident()}.new"  # two calls may write the same file
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as out:
        out.write(text)
    os.chmod(new, mode)
    os.rename(new, path)


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
