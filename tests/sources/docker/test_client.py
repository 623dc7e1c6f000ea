"""How an engine is asked: GET only, within bounds, and every way in which it fails is a sentence."""

import contextlib
import os
import shutil
import socket
import ssl
import subprocess
import time
from pathlib import Path

import pytest

from layertui.errors import AuthenticationError, DamagedError, LayertuiError, NotFoundError, UnreachableError
from layertui.sources.docker.answers import ImageSummary
from layertui.sources.docker.client import Client, check_allowed
from layertui.sources.docker.endpoint import Endpoint, Tls
from layertui.sources.docker.engine import open_engine
from tests.kit.hostile_engine import VERSION, Answer, HostileEngine, answer, endless, hang, raw

ID = "sha256:" + "ab" * 32
QUICK_S = 0.3
"""Instead of five seconds, which a test does not have."""


def ask(answered: Answer, path: str = "/images/json") -> LayertuiError:
    """What a client says of an engine that answers a question like this."""
    with HostileEngine({path: answered}) as engine:
        client = Client.connect(Endpoint(engine.host), timeout_s=QUICK_S)
        with pytest.raises(LayertuiError) as caught:
            client.get(path, list[ImageSummary], "the list of images")
    return caught.value


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1.41/images/json"),
        ("HEAD", "/_ping"),
        ("GET", "/v1.41/containers/json/../prune"),
        ("GET", f"/v1.41/images/{ID}/push"),
        ("GET", "/v1.41/containers/web/archive"),
        ("GET", "/v1.41/containers/web/attach/ws"),
        ("GET", "/v1.41/images/get"),
        ("GET", "/v1.41/images/evil%2f..%2f/json"),
        ("DELETE", f"/v1.41/images/{ID}/json"),
        ("GET", "/events"),
    ],
)
def test_what_is_not_on_the_list_is_refused(method: str, path: str) -> None:
    with pytest.raises(UnreachableError, match="is only read"):
        check_allowed(method, path)


def test_what_is_refused_is_not_sent() -> None:
    """The list holds for the SDK's session itself, whoever uses it."""
    with HostileEngine({}) as engine:
        client = Client.connect(Endpoint(engine.host))
        session, url, _ = client._open()
        for send in (session.post, session.put, session.delete, session.head, session.options):
            with pytest.raises(UnreachableError):
                send(f"{url}/v1.41/containers/prune")
        assert engine.requests == ["GET /version HTTP/1.1"]


def test_the_version_is_agreed_on() -> None:
    for said, meant in ((VERSION, "/v1.41"), ({"ApiVersion": "1.99", "MinAPIVersion": "1.24"}, "/v1.47")):
        with HostileEngine({"/version": answer(said)}) as engine:
            assert Client.connect(Endpoint(engine.host)).prefix == meant
    with HostileEngine({"/version": answer({"ApiVersion": "1.99", "MinAPIVersion": "1.60"})}) as engine:
        assert Client.connect(Endpoint(engine.host)).prefix == "/v1.60"


def test_an_engine_that_is_too_old_is_said() -> None:
    with (
        HostileEngine({"/version": answer({"ApiVersion": "1.18"})}) as engine,
        pytest.raises(UnreachableError, match=r"speaks the API 1\.18; 1\.24 .* is needed"),
    ):
        Client.connect(Endpoint(engine.host))


@pytest.mark.parametrize(
    "said",
    [
        raw(b"SSH-2.0-OpenSSH_9.2\r\n"),
        raw(b"\x15\x03\x01\x00\x02\x02\x46"),
        answer(b"<html><body>It works!</body></html>", kind="text/html"),
        answer(b"<html>moved</html>", status=302, kind="text/html"),
        answer({"version": "a registry"}),
        answer([]),
        answer(b""),
        answer({"ApiVersion": "one"}),
        raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n"),
    ],
)
def test_what_is_no_engine_is_said_to_be_none(said: Answer) -> None:
    with HostileEngine({"/version": said}) as engine, pytest.raises(UnreachableError) as caught:
        Client.connect(Endpoint(engine.host), timeout_s=QUICK_S)
    assert caught.value.message == f"Docker at {engine.path} does not answer as an engine does."


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        (hang(), UnreachableError, "did not answer within 0.3 s"),
        (hang(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[{"), UnreachableError, "did not answer within 0.3 s"),
        (raw(b""), UnreachableError, "closed the connection before its answer was complete"),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[{"), UnreachableError, "closed the connection"),
        (answer({"message": "layer does not exist"}, 500), UnreachableError, "HTTP 500): layer does not exist"),
        (answer({"message": "no such image"}, 404), NotFoundError, "does not have the list of images: no such image"),
        (answer({"message": "plugin says no"}, 403), UnreachableError, "does not allow to ask for the list of images"),
        (answer({"message": "login"}, 401), AuthenticationError, "wants credentials: login"),
        (answer({"message": "client version 1.41 is too new"}, 400), UnreachableError, "version of the API"),
        (answer(b"<html>502</html>", 502, "text/html"), UnreachableError, "does not answer as an engine does"),
        (answer(b"<html>hello</html>"), DamagedError, "is not JSON"),
        (answer({"Id": "x"}), DamagedError, "is not as its specification says"),
        (answer([{"Id": 4}]), DamagedError, "is not as its specification says"),
        (answer([{"Id": "x", "RepoTags": {"a": 1}}]), DamagedError, "is not as its specification says"),
        (answer(b"[" * 100_000), DamagedError, "is not as its specification says"),
    ],
)
def test_every_failure_is_a_sentence(said: Answer, kind: type[LayertuiError], words: str) -> None:
    error = ask(said)
    assert type(error) is kind
    assert error.message.startswith("Docker at /tmp/lt-engine-")
    assert words in error.message
    assert error.hint


def test_a_redirect_is_not_followed() -> None:
    moved = raw(b"HTTP/1.1 302 Found\r\nLocation: /v1.41/containers/json\r\nContent-Length: 0\r\n\r\n")
    with HostileEngine({"/images/json": moved, "/containers/json": answer([])}) as engine:
        client = Client.connect(Endpoint(engine.host))
        with pytest.raises(UnreachableError, match="does not answer as an engine does"):
            client.get("/images/json", list[ImageSummary], "the list of images")
        assert not any("containers" in request for request in engine.requests)


def test_an_endless_answer_ends_at_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAYERTUI_MAX_ENGINE_ANSWER_BYTES", "1000000")
    error = ask(endless(b" " * 65536))
    assert "exceeds the bound of 1,000,000 bytes" in error.message


def test_an_answer_that_trickles_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    def trickle(line: socket.socket) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        with contextlib.suppress(OSError):
            for _ in range(100):
                line.sendall(b" ")
                time.sleep(0.05)

    monkeypatch.setattr("layertui.sources.docker.client.SLOW_S", 0.5)
    began_s = time.monotonic()
    assert "did not answer" in ask(trickle).message
    assert time.monotonic() - began_s < 3


def test_nobody_listens(tmp_path: Path) -> None:
    with HostileEngine({}) as engine:
        left = engine.path.with_name("left.sock")
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(left))
        with pytest.raises(UnreachableError, match="refuses connections: nothing listens there"):
            Client.connect(Endpoint(f"unix://{left}"))
    with pytest.raises(UnreachableError, match="is not there, so Docker does not listen"):
        Client.connect(Endpoint(f"unix://{tmp_path}/none.sock"))
    with pytest.raises(UnreachableError, match="refuses connections"):
        Client.connect(Endpoint("tcp://127.0.0.1:1"))
    with pytest.raises(UnreachableError):
        Client.connect(Endpoint("unix://" + "/long" * 60))


@pytest.mark.parametrize("host", ["tcp://", "tcp://a:b", "tcp://[::1", "ssh://", "ssh://a:b", "ssh://u:secret@h"])
def test_an_address_that_makes_no_sense_is_said(host: str) -> None:
    with pytest.raises(UnreachableError) as caught:
        Client.connect(Endpoint(host))
    assert caught.value.hint


def test_nothing_of_the_environment_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No password out of .netrc, no proxy on the way; config.json's HttpHeaders are meant for the engine."""
    (tmp_path / ".netrc").write_text("machine localhost login me password secret\ndefault login me password secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    heads: list[bytes] = []

    class Listening(HostileEngine):
        def serve(self, line: socket.socket) -> None:
            heads.append(line.recv(4096))
            answer(VERSION)(line)

    with Listening({}) as engine:
        Client.connect(Endpoint(engine.host, headers={"X-Meta": "yes"}))
    assert b"X-Meta: yes" in heads[0]
    assert b"uthorization" not in heads[0]


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program `ssh` that reaches an engine of this host, and writes down how it was called."""
    program = tmp_path / "ssh"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/words\nexec sh {tmp_path}/remote\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return tmp_path


@pytest.mark.skipif(shutil.which("python3") is None, reason="python3 is not installed")
def test_ssh_is_the_ssh_program(ssh: Path) -> None:
    with HostileEngine({"/images/json": answer([]), "/containers/json": answer([])}) as engine:
        relay = (
            "import os,socket,threading;s=socket.socket(socket.AF_UNIX);"
            f"s.connect('{engine.path}')\n"
            "def up():\n while d:=os.read(0,65536): s.sendall(d)\n"
            "threading.Thread(target=up,daemon=True).start()\n"
            "while d:=s.recv(65536): os.write(1,d)"
        )
        (ssh / "relay.py").write_text(relay)
        (ssh / "remote").write_text(f"exec python3 {ssh}/relay.py")
        source = open_engine(Endpoint("ssh://me@build:2222/run/d.sock"))
        assert source.entries() == ()
    assert (ssh / "words").read_text().splitlines() == [
        *("-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=5", "-l", "me", "-p", "2222", "--", "build"),
        "docker --host unix:///run/d.sock system dial-stdio",
    ]


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("me@build: Permission denied (publickey).", "ssh-add"),
        ("sh: 1: docker: not found", "Docker's client"),
    ],
)
def test_what_ssh_complains_about_is_said(ssh: Path, said: str, hint: str) -> None:
    (ssh / "remote").write_text(f"echo '{said}' >&2; exit 255")
    with pytest.raises(UnreachableError) as caught:
        Client.connect(Endpoint("ssh://me@build"))
    assert caught.value.message == f"Docker at ssh://me@build: ssh says: {said.rstrip('.')}."
    assert hint in caught.value.hint


def test_ssh_that_hangs_is_given_up_and_ended(ssh: Path) -> None:
    (ssh / "remote").write_text(f"echo $$ > {ssh}/pid; exec sleep 60")
    client = Client(Endpoint("ssh://build"), timeout_s=QUICK_S)
    with pytest.raises(UnreachableError, match="did not answer within"):
        client.get("/version", dict, "its version")
    client.close()
    assert not Path(f"/proc/{(ssh / 'pid').read_text().strip()}").exists()


def test_without_an_ssh_program_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnreachableError, match="needs the program ssh"):
        Client.connect(Endpoint("ssh://build"))


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of its own authority for 127.0.0.1."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    where = tmp_path_factory.mktemp("tls")
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2", "-nodes"]
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", *subject]
    files = ["-keyout", where / "key.pem", "-out", where / "cert.pem"]
    subprocess.run([*command, *files], check=True, capture_output=True)
    shutil.copy(where / "cert.pem", where / "ca.pem")
    return where


def test_tls_is_spoken_both_ways_and_checked(certificates: Path, tmp_path: Path) -> None:
    ca, cert, key = (certificates / name for name in ("ca.pem", "cert.pem", "key.pem"))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(cert, key)
    server.load_verify_locations(ca)
    server.verify_mode = ssl.CERT_REQUIRED
    with HostileEngine({}, tls=server) as engine:
        assert Client.connect(Endpoint(engine.host, Tls(ca, cert, key, verify=True))).prefix == "/v1.41"
        assert Client.connect(Endpoint(engine.host, Tls(None, cert, key, verify=False))).prefix == "/v1.41"
        with pytest.raises(UnreachableError, match=r"its certificate is not trusted: .*self.signed"):
            Client.connect(Endpoint(engine.host, Tls(None, cert, key, verify=True)))
        with pytest.raises(UnreachableError, match="certificates cannot be read"):
            Client.connect(Endpoint(engine.host, Tls(tmp_path / "ca.pem", cert, key, verify=True)))
        with pytest.raises(UnreachableError):  # no certificate of ours
            Client.connect(Endpoint(engine.host, Tls(ca, None, None, verify=True)))


def test_an_engine_that_wants_tls_says_so() -> None:
    plain = raw(b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n")
    with HostileEngine({"/version": plain}) as engine, pytest.raises(UnreachableError) as caught:
        Client.connect(Endpoint(engine.host))
    assert "speaks only TLS" in caught.value.message
