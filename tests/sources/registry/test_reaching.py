"""How a registry is reached: TLS, private authorities, plain http, mirrors, proxies."""

import json
import re
import socket
import ssl
import time

import pytest

from layertui.errors import DamagedError, UnreachableError
from layertui.image.digest import Digest
from layertui.sources.registry.origin import Origin, proxy_for
from tests.kit.certificates import Certificates, make_certificates
from tests.sources.registry.conftest import Mocks
from tests.sources.registry.kit import LAYER, MANIFEST, Host
from tests.sources.registry.mock import MockRegistry, answer, challenge, document, hang, raw, redirect, refuse

DIGEST = Digest.of(MANIFEST)
SERVES = {"manifests/1": document(MANIFEST), f"manifests/{DIGEST}": document(MANIFEST)}


def test_a_private_authority_is_asked_for(host: Host, mocks: Mocks, certificates: Certificates) -> None:
    mock = mocks(SERVES, certificates)
    with pytest.raises(UnreachableError, match=f"certificate of {re.escape(mock.host)} is not trusted") as raised:
        host.client(mock.name).document("1")
    assert f"certs.d/{mock.host}/ca.crt" in raised.value.hint
    assert "SSL_CERT_FILE" in raised.value.hint
    assert not mock.requests


@pytest.mark.parametrize("place", ["etc/containers", "etc/docker", "home/.config/containers"])
def test_an_authority_in_certs_d(place: str, host: Host, mocks: Mocks, certificates: Certificates) -> None:
    mock = mocks(SERVES, certificates)
    host.write(f"{place}/certs.d/{mock.host}/ca.crt", certificates.authority.read_bytes())
    assert host.client(mock.name).document("1").data == MANIFEST


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_an_authority_in_a_variable(variable: str, host: Host, mocks: Mocks, certificates: Certificates) -> None:
    mock = mocks(SERVES, certificates)
    assert host.client(mock.name, **{variable: str(certificates.authority)}).document("1").data == MANIFEST
    with pytest.raises(UnreachableError, match="cannot be read as certificates"):
        host.client(mock.name, **{variable: str(certificates.key)}).document("1")


def test_a_certificate_of_another_host(host: Host, mocks: Mocks, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = make_certificates(tmp_path_factory.mktemp("other"), "DNS:other.example.com")
    mock = mocks(SERVES, other)
    with pytest.raises(UnreachableError, match="is not trusted"):
        host.client(mock.name, SSL_CERT_FILE=str(other.authority)).document("1")


def test_an_insecure_registry_may_have_any_certificate(host: Host, mocks: Mocks, certificates: Certificates) -> None:
    mock = mocks(SERVES, certificates)
    host.write("etc/containers/registries.conf", f'[[registry]]\nlocation = "{mock.host}"\ninsecure = true\n')
    assert host.client(mock.name).document("1").data == MANIFEST


@pytest.mark.usefixtures("impatient")
def test_a_registry_that_wants_our_certificate(host: Host, mocks: Mocks, certificates: Certificates) -> None:
    context = certificates.server()
    context.load_verify_locations(certificates.authority)
    context.verify_mode = ssl.CERT_REQUIRED
    mock = MockRegistry(SERVES, context)
    mocks.all.append(mock)
    place = f"etc/containers/certs.d/{mock.host}"
    host.write(f"{place}/ca.crt", certificates.authority.read_bytes())
    with pytest.raises(UnreachableError, match=r"TLS connection|closed the connection"):
        host.client(mock.name).document("1")
    host.write(f"{place}/client.cert", certificates.certificate.read_bytes())
    with pytest.raises(UnreachableError, match=r"client\.cert and client\.key"):
        host.client(mock.name).document("1")
    host.write(f"{place}/client.key", certificates.key.read_bytes())
    assert host.client(mock.name).document("1").data == MANIFEST


def test_a_registry_elsewhere_is_not_asked_without_tls(
    host: Host, mocks: Mocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    mock = mocks(SERVES)
    monkeypatch.setattr("layertui.sources.registry.settings.is_local", lambda _: False)
    with pytest.raises(UnreachableError, match=r"TLS connection|closed the connection"):
        host.client(mock.name).document("1")
    assert not mock.requests


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as held:
        return int(held.getsockname()[1])


def test_nothing_listens(host: Host) -> None:
    with pytest.raises(UnreachableError, match="refuses connections: nothing listens there"):
        host.client(f"127.0.0.1:{free_port()}/x").document("1")


def test_a_store_elsewhere_that_cannot_be_reached_is_named(host: Host, mocks: Mocks) -> None:
    store = f"127.0.0.1:{free_port()}"
    mock = mocks({"manifests/1": redirect(f"http://{store}/s?signature=s1gned")})
    with pytest.raises(UnreachableError, match=rf"redirected to {store}\): {store} refuses connections") as raised:
        host.client(mock.name).document("1")
    assert "s1gned" not in f"{raised.value.message}{raised.value.hint}"


def test_there_is_no_such_host(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(UnreachableError, match=r"there is no host registry\.invalid, or no network"):
        host.client("registry.invalid/x").document("1")


def test_a_host_that_does_not_answer(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layertui.sources.registry.transport.CONNECT_S", 0.3)
    with socket.socket() as deaf, socket.socket() as first:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        first.connect(deaf.getsockname())  # its one place is taken, so that further ones get no answer
        begun_s = time.monotonic()
        with pytest.raises(UnreachableError, match=r"did not answer within|nothing of use"):
            host.client(f"127.0.0.1:{deaf.getsockname()[1]}/x").document("1")
        assert time.monotonic() - begun_s < 4


def test_one_that_hangs_is_not_asked_without_tls(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layertui.sources.registry.transport.CONNECT_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(0.2)
        with pytest.raises(UnreachableError, match="did not answer within 5 s"):
            host.client(f"127.0.0.1:{silent.getsockname()[1]}/x").document("1")
        first = silent.accept()[0]
        assert first.recv(1) == b"\x16"
        with pytest.raises(TimeoutError):
            silent.accept()


def mirrored(host: Host, mock: MockRegistry, *mirrors: str) -> None:
    """A registries.conf with mirrors, each a host and perhaps further lines."""
    tables = "".join(f'[[registry.mirror]]\nlocation = "{line}\n' for line in mirrors)
    host.write("etc/containers/registries.conf", f'[[registry]]\nlocation = "{mock.host}"\n{tables}')


def test_a_mirror_is_asked_first(host: Host, mocks: Mocks) -> None:
    mirror, mock = mocks({"/v2/copy/team/api/manifests/1": document(MANIFEST)}), mocks(SERVES)
    mirrored(host, mock, f'{mirror.host}/copy"')
    assert host.client(mock.name).document("1").data == MANIFEST
    assert (len(mirror.requests), len(mock.requests)) == (1, 0)


@pytest.mark.parametrize("trouble", ["absent", "lies", "hollow", "private", "ill"])
def test_the_registry_is_asked_where_its_mirror_does_not_help(trouble: str, host: Host, mocks: Mocks) -> None:
    answers = {
        "absent": raw(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\nRetry-After: 9999\r\n\r\n"),
        "lies": document(LAYER),
        "hollow": refuse(404),
        "private": challenge('Basic realm="x"'),
        "ill": refuse(418, "TEAPOT", "x"),
    }
    mirror, mock = mocks({f"manifests/{DIGEST}": answers[trouble]}), mocks(SERVES)
    mirrored(host, mock, f'{mirror.host}"')
    host.log_in(mock.host)
    assert host.client(mock.name).document(DIGEST).data == MANIFEST
    assert [request.authorization for request in mirror.requests] == [""]


def test_a_mirror_that_cannot_be_reached_is_tried_once(host: Host, mocks: Mocks) -> None:
    mirror, mock = (
        mocks({"manifests/1": answer(b"<html>", kind="text/html")}),
        mocks({"manifests/1": document(MANIFEST)}),
    )
    mirrored(host, mock, f'{mirror.host}"')
    client = host.client(mock.name)
    client.document("1")
    client.document("1")
    assert (len(mirror.requests), len(mock.requests)) == (1, 2)


def test_what_mirrors_said_is_told(host: Host, mocks: Mocks) -> None:
    mirror, mock = (
        mocks({"manifests/1": refuse(418, "TEAPOT", "no coffee")}),
        mocks({"manifests/1": refuse(400, "X", "no")}),
    )
    mirrored(host, mock, f'{mirror.host}"')
    with pytest.raises(UnreachableError, match=f"HTTP 400.*Before that: .*mirror {mirror.host}/team/api .*no coffee"):
        host.client(mock.name).document("1")


def test_a_mirror_for_digests_or_for_tags(host: Host, mocks: Mocks) -> None:
    digests, tags, mock = mocks(SERVES), mocks(SERVES), mocks(SERVES)
    pull = 'pull-from-mirror = "'
    mirrored(host, mock, f'{digests.host}"\n{pull}digest-only"', f'{tags.host}"\n{pull}tag-only"')
    client = host.client(mock.name)
    client.document("1")
    assert (len(digests.requests), len(tags.requests)) == (0, 1)
    client.document(DIGEST)
    assert (len(digests.requests), len(tags.requests), len(mock.requests)) == (1, 1, 0)


def test_a_proxy_is_used_and_its_password_told_to_nobody(host: Host, mocks: Mocks) -> None:
    proxy = mocks({"/v2/x/manifests/1": document(MANIFEST)})
    host.write("etc/containers/registries.conf", '[[registry]]\nlocation = "registry.test"\ninsecure = true\n')
    dead, address = f"http://jane:pr0xy@127.0.0.1:{free_port()}", f"http://jane:pr0xy@{proxy.host}"
    with pytest.raises(UnreachableError, match="the proxy on the way there") as raised:
        host.client("registry.test/x", HTTPS_PROXY=dead, HTTP_PROXY=dead).document("1")
    assert "pr0xy" not in f"{raised.value.message}{raised.value.hint}"
    assert host.client("registry.test/x", HTTPS_PROXY=dead, HTTP_PROXY=address).document("1").data == MANIFEST
    assert proxy.requests[0].headers["proxy-authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    ("url", "exempt", "proxied"),
    [
        ("https://a.com", "", True),
        ("https://a.com", "b.com", True),
        ("https://a.com", "a.com", False),
        ("https://x.a.com", "a.com", False),
        ("https://x.a.com", ".a.com", False),
        ("https://xa.com", "a.com", True),
        ("https://a.com", "b.com, *", False),
        ("https://a.com:5000", "a.com:5000", False),
        ("https://a.com", "a.com:5000", True),
        ("https://10.1.2.3", "10.0.0.0/8", False),
        ("https://11.1.2.3", "10.0.0.0/8", True),
        ("https://127.0.0.1:5000", "", False),
        ("https://localhost", "", False),
        ("https://[::1]:5", "", False),
        ("https://[fd00::1]:5", "fd00::/8", False),
    ],
)
def test_who_is_asked_by_the_proxy(url: str, exempt: str, proxied: bool) -> None:
    environ = {"HTTPS_PROXY": "proxy.example.com:3128", "NO_PROXY": exempt}
    assert proxy_for(Origin.of(url), environ) == ("http://proxy.example.com:3128" if proxied else "")


def test_a_mirror_that_lies_alone_is_damage(host: Host, mocks: Mocks) -> None:
    mirror, mock = mocks({f"manifests/{DIGEST}": document(LAYER)}), mocks({f"manifests/{DIGEST}": document(LAYER)})
    mirrored(host, mock, f'{mirror.host}"')
    with pytest.raises(DamagedError, match="does not match its digest"):
        host.client(mock.name).document(DIGEST)


def test_a_read_that_hangs_is_repeated_no_longer_than_said(
    host: Host, mocks: Mocks, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    mock = mocks({"manifests/1": [hang(), document(MANIFEST)]})
    monkeypatch.setenv("LAYERTUI_REGISTRY_RETRY_S", "10")
    assert json.loads(host.client(mock.name).document("1").data)["schemaVersion"] == 2
