"""A registry of our own: Debian's docker-registry on this host, with its logins, and a token server in front of it."""

import base64
import json
import re
import shutil
import socket
import subprocess
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, urlsplit

from tests.contract.daemon import Daemon
from tests.contract.test_oracles import run
from tests.kit.certificates import Certificates, openssl

STARTS_WITHIN_S = 30
"""A registry is up at once; on a slow machine in some seconds."""

USER, PASSWORD = "jane", "s3cret-passw0rd"

_HTPASSWD = f"{USER}:$2b$05$abcdefghijklmnopqrstuueIkQmRIJEXwPQvcK6jkXoHtgu6vme9e\n"
"""The password, as bcrypt has it: the registry takes no other way."""

_ACCESS = re.compile(r'"GET /v2/\S*/blobs/(\S+) HTTP/1\.1" 20[06] (\d+) "[^"]*" "(layertui/[^"]*)"')
"""A blob that was sent to us, in the registry's access log."""

Auth = Literal["none", "htpasswd", "token"]


def why_not() -> str | None:
    """Why no registry can be started and filled here; None where one can be tried."""
    missing = [name for name in ("docker-registry", "skopeo", "openssl") if shutil.which(name) is None]
    return f"{' and '.join(missing)} not installed" if missing else None


class Registry(Daemon):
    """The registry; leaving the `with` block ends it, and removes its directory.

    `host` is how names begin that are in it. `push` fills it. `sent_bytes` is what it sent us of blobs, by its own log.
    """

    def __init__(self, auth: Auth = "none", tls: Certificates | None = None) -> None:
        """Start it; raises RuntimeError with its last words where it does not come up."""
        super().__init__("lt-registry-")
        self.port = _free_port()
        self.host = f"127.0.0.1:{self.port}"
        self.auth, self.tls = auth, tls
        self.tokens = TokenServer(self.directory) if auth == "token" else None
        config = self.directory / "config.yml"
        config.write_text(json.dumps(self._config()))  # YAML is a superset of JSON
        self.start(["docker-registry", "serve", config], self._is_up, STARTS_WITHIN_S)

    def _config(self) -> dict[str, object]:
        http: dict[str, object] = {"addr": self.host}
        if self.tls is not None:
            http["tls"] = {"certificate": str(self.tls.certificate), "key": str(self.tls.key)}
        storage = {"filesystem": {"rootdirectory": str(self.directory / "storage")}}
        config: dict[str, object] = {"version": 0.1, "log": {"level": "info"}, "storage": storage, "http": http}
        if self.auth == "htpasswd":
            (self.directory / "htpasswd").write_text(_HTPASSWD)
            config["auth"] = {"htpasswd": {"realm": "registry", "path": str(self.directory / "htpasswd")}}
        if self.tokens is not None:
            config["auth"] = {"token": self.tokens.config()}
        return config

    def _is_up(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    @property
    def credentials(self) -> dict[str, object]:
        """What a file of credentials holds that lets in."""
        return {"auths": {self.host: {"auth": base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()}}}

    def push(self, source: str, name: str, *options: object) -> None:
        """Copy an image into it with skopeo: `source` as skopeo has it, `name` as `team/api:1`."""
        words: list[object] = ["--dest-tls-verify=false"]
        if self.auth != "none":
            words += ["--dest-creds", f"{USER}:{PASSWORD}"]
        run("skopeo", "copy", "-q", "--insecure-policy", *words, *options, source, f"docker://{self.host}/{name}")

    def raw_manifest(self, name: str) -> bytes:
        """A manifest as skopeo gets it."""
        words = ["--creds", f"{USER}:{PASSWORD}"] if self.auth != "none" else ["--no-creds"]
        done = subprocess.run(
            ["skopeo", "inspect", "--raw", "--tls-verify=false", *words, f"docker://{self.host}/{name}"],
            capture_output=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def sent_bytes(self, digest: str = "") -> int:
        """How many bytes of blobs, or of one, it sent us so far."""
        time.sleep(0.2)  # it writes its log behind its answer
        found = _ACCESS.findall((self.directory / "log").read_text(errors="replace"))
        return sum(int(size) for blob, size, _ in found if not digest or blob == digest)

    def close(self) -> None:
        """End it and its token server, and remove its directory."""
        if self.tokens is not None:
            self.tokens.close()
        super().close()


class TokenServer:
    """Gives tokens to whoever knows the password, and to nobody else (distribution, *Token Authentication*)."""

    def __init__(self, directory: Path) -> None:
        """Make its key, and start it."""
        self.requests: list[str] = []
        """Path and query of every request, in order."""
        self._key, self._certificate = directory / "token.key", directory / "token.crt"
        made = ("-keyout", self._key, "-out", self._certificate, "-subj", "/CN=tokens", "-days", "2")
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", *made)
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.requests.append(self.path)
                query = parse_qs(urlsplit(self.path).query)
                expected = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
                knows = self.headers.get("Authorization", "") == f"Basic {expected}"
                body = json.dumps({"token": server.token(query.get("scope", []))} if knows else {"details": "no"})
                self.send_response(200 if knows else 401)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: object) -> None:
                """Nothing is printed."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def config(self) -> dict[str, str]:
        """What the registry has to know of it."""
        realm = f"http://127.0.0.1:{self._server.server_port}/token"
        bundle = str(self._certificate)
        return {"realm": realm, "service": "registry", "issuer": "tests", "rootcertbundle": bundle}

    def token(self, scopes: list[str]) -> str:
        """A token for `repository:team/api:pull,push` and the like, signed."""
        access = []
        for scope in " ".join(scopes).split():
            kind, name, actions = scope.split(":")
            access.append({"type": kind, "name": name, "actions": actions.split(",")})
        certificate = "".join(self._certificate.read_text().splitlines()[1:-1])
        now = int(time.time())
        head = {"typ": "JWT", "alg": "RS256", "x5c": [certificate]}
        times = {"iat": now, "nbf": now - 10, "exp": now + 300}
        claims = {"iss": "tests", "sub": USER, "aud": "registry", "jti": uuid.uuid4().hex, "access": access, **times}
        text = ".".join(_encoded(json.dumps(part).encode()) for part in (head, claims))
        return f"{text}.{_encoded(openssl('dgst', '-sha256', '-sign', self._key, data=text.encode()))}"

    def close(self) -> None:
        """Stop it."""
        self._server.shutdown()
        self._server.server_close()


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as held:
        return int(held.getsockname()[1])
