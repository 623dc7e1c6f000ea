"""Logging in to registries: what is sent, and above all where it is not."""

import json
import re
import time
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from layertui.errors import AuthenticationError, LayertuiError, UnreachableError
from layertui.image.digest import Digest
from layertui.sources.registry.auth import _domain
from layertui.sources.registry.challenge import parse_challenges
from tests.kit.certificates import Certificates
from tests.sources.registry.conftest import Mocks
from tests.sources.registry.kit import BASIC, LAYER, MANIFEST, PASSWORD, Host, encoded
from tests.sources.registry.mock import (
    PATH,
    Answer,
    MockRegistry,
    answer,
    blob,
    challenge,
    document,
    endless,
    parts,
    raw,
    redirect,
    refuse,
    when,
)

DIGEST = Digest.of(LAYER)
BLOB = f"blobs/{DIGEST}"
TOKEN = "t0ken"
GRANTED = answer({"token": TOKEN, "expires_in": 300})


def guarded(header: str, asks: str, inside: Answer | None = None) -> Answer:
    """Lets in with a header."""
    return when(lambda r: r.authorization == header, inside or document(MANIFEST), challenge(asks))


def bearer(realm: str, inside: Answer | None = None, token: str = TOKEN) -> Answer:
    return guarded(f"Bearer {token}", f'Bearer realm="{realm}",service="registry.example.com"', inside)


def sent(mock: MockRegistry) -> list[str]:
    """What came as Authorization, in order."""
    return [request.authorization for request in mock.requests]


def test_a_password_is_sent_where_it_is_asked_for(host: Host, mocks: Mocks) -> None:
    mock = mocks({"manifests/1": guarded(BASIC, 'Basic realm="x"')})
    host.log_in(mock.host)
    client = host.client(mock.name)
    assert client.document("1").data == MANIFEST
    assert client.document("1").data == MANIFEST
    assert sent(mock) == ["", BASIC, BASIC]


def test_a_token_is_asked_for_once_and_for_reading_alone(host: Host, mocks: Mocks) -> None:
    server = mocks({"/token": GRANTED})
    mock = mocks({"manifests/1": bearer(f"{server.url}/token?x=1"), BLOB: bearer(server.url + "/token", blob(LAYER))})
    host.log_in(mock.host)
    client = host.client(mock.name)
    client.document("1")
    assert client.blob(DIGEST, len(LAYER)) == LAYER
    assert sent(mock) == ["", f"Bearer {TOKEN}", f"Bearer {TOKEN}"]
    (request,) = server.requests
    scope = f"repository:{PATH}:pull"
    assert request.query == {"x": "1", "service": "registry.example.com", "scope": scope, "account": "jane"}
    assert request.authorization == BASIC


def test_without_credentials_a_token_is_asked_for_all_the_same(host: Host, mocks: Mocks) -> None:
    server = mocks({"/token": answer({"access_token": TOKEN})})
    mock = mocks({"manifests/1": bearer(server.url + "/token")})
    assert host.client(mock.name).document("1").data == MANIFEST
    assert sent(server) == [""]


def test_a_spent_token_is_replaced(host: Host, mocks: Mocks) -> None:
    server = mocks({"/token": [answer({"token": "old"}), GRANTED]})
    wants = f'Bearer realm="{server.url}/token"'
    mock = mocks({"manifests/1": [challenge(wants), document(MANIFEST), challenge(wants), document(MANIFEST)]})
    client = host.client(mock.name)
    assert client.document("1").data == client.document("1").data == MANIFEST
    assert sent(mock) == ["", "Bearer old", "Bearer old", f"Bearer {TOKEN}"]


def test_a_token_is_not_sent_when_its_time_is_over(host: Host, mocks: Mocks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layertui.sources.registry.auth._SHORTEST_S", 0.0)
    server = mocks({"/token": answer({"token": TOKEN, "expires_in": 5.2})})
    mock = mocks({"manifests/1": bearer(server.url + "/token")})
    client = host.client(mock.name)
    client.document("1")
    time.sleep(0.3)
    client.document("1")
    assert sent(mock) == ["", f"Bearer {TOKEN}", "", f"Bearer {TOKEN}"]


def test_an_identity_token_is_traded(host: Host, mocks: Mocks) -> None:
    server = mocks({"/token": answer({"access_token": TOKEN})})
    mock = mocks({"manifests/1": bearer(server.url + "/token")})
    host.write("home/.docker/config.json", json.dumps({"auths": {mock.host: {"identitytoken": "1dentity"}}}))
    assert host.client(mock.name).document("1").data == MANIFEST
    (request,) = server.requests
    form = dict(parse_qsl(request.body.decode()))
    assert (request.method, form["grant_type"], form["refresh_token"]) == ("POST", "refresh_token", "1dentity")


def test_an_identity_token_is_not_sent_on(host: Host, mocks: Mocks) -> None:
    elsewhere = mocks({"/token": GRANTED})
    server = mocks({"/token": redirect(elsewhere.url + "/token")})
    mock = mocks({"manifests/1": bearer(server.url + "/token")})
    host.write("home/.docker/config.json", json.dumps({"auths": {mock.host: {"identitytoken": "1dentity"}}}))
    with pytest.raises(UnreachableError, match="holds a secret"):
        host.client(mock.name).document("1")
    assert not elsewhere.requests


def test_no_password_for_a_token_server_elsewhere(host: Host, mocks: Mocks, certificates: Certificates) -> None:
    server = mocks({"/token": GRANTED}, certificates)
    realm = f"https://auth.evil.test:{server.port}/token"
    mock = mocks({"manifests/1": bearer(realm)})
    host.log_in(mock.host)
    with pytest.raises(AuthenticationError, match=r"auth\.evil\.test.*are not for; they were not sent") as raised:
        host.client(mock.name).document("1")
    assert "LAYERTUI_TOKEN_HOSTS=auth.evil.test" in raised.value.hint
    assert not server.requests


@pytest.mark.parametrize(
    ("host_name", "domain"),
    [
        ("auth.docker.io", "docker.io"),
        ("registry-1.docker.io", "docker.io"),
        ("a.example.com", "example.com"),
        ("a.example.co.uk", "example.co.uk"),
        ("example.co.uk", "example.co.uk"),
        ("co.uk", ""),
        ("10.0.0.1", ""),
        ("::1", ""),
        ("registry", ""),
    ],
)
def test_what_belongs_together(host_name: str, domain: str) -> None:
    assert _domain(host_name) == domain


@pytest.mark.parametrize("back", [False, True], ids=["away", "and back"])
def test_a_redirect_takes_no_credentials_along(back: bool, host: Host, mocks: Mocks) -> None:
    store = mocks({})
    mock = mocks({"manifests/1": guarded(BASIC, "Basic", redirect(store.url + "/s")), "/end": document(MANIFEST)})
    store.script["/s"] = redirect(mock.url + "/end") if back else document(MANIFEST)
    host.log_in(mock.host)
    host.log_in(store.host, path="home/.config/containers/auth.json")
    assert host.client(mock.name).document("1").data == MANIFEST
    assert sent(store) == [""]
    assert sent(mock) == ["", BASIC, *([""] if back else [])]


def test_a_redirect_within_the_registry_does(host: Host, mocks: Mocks) -> None:
    mock = mocks({"manifests/1": guarded(BASIC, "Basic", redirect("/inner")), "/inner": guarded(BASIC, "Basic")})
    host.log_in(mock.host)
    assert host.client(mock.name).document("1").data == MANIFEST
    assert mock.accepted == 2  # one that tried TLS, and one for all three requests


def test_a_store_elsewhere_that_wants_a_login_gets_none(host: Host, mocks: Mocks) -> None:
    store = mocks({"/s": guarded(BASIC, "Basic")})
    mock = mocks({BLOB: redirect(store.url + "/s")})
    host.log_in(mock.host)
    host.log_in(store.host, path="home/.config/containers/auth.json")
    with pytest.raises(UnreachableError, match=f"redirected to {re.escape(store.host)}\\) does not let in") as raised:
        host.client(mock.name).blob(DIGEST, len(LAYER))
    assert PASSWORD not in raised.value.message
    assert sent(store) == [""]


def test_no_redirect_down_to_http(host: Host, mocks: Mocks, certificates: Certificates) -> None:
    plain = mocks({"/s": document(MANIFEST)})
    mock = mocks({"manifests/1": redirect(plain.url + "/s?signature=s1gned")}, certificates)
    with pytest.raises(UnreachableError, match="from https down to http") as raised:
        host.client(mock.name, SSL_CERT_FILE=str(certificates.authority)).document("1")
    assert "s1gned" not in raised.value.message
    assert not plain.requests


def test_no_token_server_down_to_http(host: Host, mocks: Mocks, certificates: Certificates) -> None:
    server = mocks({"/token": GRANTED})
    mock = mocks({"manifests/1": bearer(server.url + "/token")}, certificates)
    host.log_in(mock.host)
    with pytest.raises(UnreachableError, match="without https"):
        host.client(mock.name, SSL_CERT_FILE=str(certificates.authority)).document("1")
    assert not server.requests


def test_cookies_are_not_kept(host: Host, mocks: Mocks) -> None:
    mock = mocks({"manifests/1": document(MANIFEST, Set_Cookie="session=1; Path=/")})
    client = host.client(mock.name)
    client.document("1")
    client.document("1")
    assert "cookie" not in mock.requests[1].headers


def test_netrc_is_not_read(host: Host, mocks: Mocks) -> None:
    mock = mocks({"manifests/1": document(MANIFEST)})
    netrc = host.write("home/.netrc", f"machine 127.0.0.1 login jane password {PASSWORD}\n")
    host.client(mock.name, NETRC=str(netrc)).document("1")
    assert sent(mock) == [""]


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("answers", "words"),
    [
        (parts(endless), "answers without end"),
        (answer(b"<html>"), "does not answer as one does"),
        (answer({"token": ""}), "gave no token"),
        (answer({"token": "a\r\nX-Evil: 1"}), "gave no token"),
        (answer({"token": PASSWORD, "expires_in": "soon"}), "does not answer as one does"),
        (refuse(401, "UNAUTHORIZED", "wrong password"), r"does not accept the credentials from .*config\.json"),
        (refuse(403, "DENIED", "no"), r"does not let in with the credentials from .*config\.json"),
        (refuse(404), "token server"),
        (refuse(500), "HTTP 500"),
        (raw(b""), "its token server .* closed the connection"),
    ],
    ids=["endless", "a page", "none", "two lines", "nonsense", "401", "403", "404", "500", "nothing"],
)
def test_a_token_server_that_gives_none(answers: Answer, words: str, host: Host, mocks: Mocks) -> None:
    server = mocks({"/token": answers})
    mock = mocks({"manifests/1": bearer(server.url + "/token")})
    host.log_in(mock.host)
    with pytest.raises(LayertuiError, match=words) as raised:
        host.client(mock.name).document("1")
    assert PASSWORD not in f"{raised.value.message}{raised.value.hint}"
    assert raised.value.exit_code in (4, 6)
    assert len(server.requests) <= 6


def test_a_token_that_does_not_help_is_not_asked_for_again(host: Host, mocks: Mocks) -> None:
    server = mocks({"/token": GRANTED})
    mock = mocks({"manifests/1": challenge(f'Bearer realm="{server.url}/token"')})
    with pytest.raises(AuthenticationError, match="is private, or does not exist") as raised:
        host.client(mock.name).document("1")
    assert len(mock.requests) == 2
    assert len(server.requests) == 1
    assert str(host.directory / "home/.docker/config.json (absent)") in raised.value.message
    assert f"docker login {mock.host}" in raised.value.hint


def test_what_was_tried_is_told(host: Host, mocks: Mocks) -> None:
    mock = mocks({"manifests/1": challenge('Basic realm="x"')})
    host.log_in("other.example.com")
    with pytest.raises(AuthenticationError, match="wants a user and a password, and no credentials") as raised:
        host.client(mock.name).document("1")
    assert re.search(r"containers/auth\.json \(absent\); .*\.docker/config\.json\.", raised.value.message)


def test_an_authfile_that_is_not_there(host: Host, mocks: Mocks, tmp_path: Path) -> None:
    mock = mocks({"manifests/1": challenge('Basic realm="x"')})
    host.log_in(mock.host)
    with pytest.raises(AuthenticationError, match=r"no\.json is not there"):
        host.client(mock.name, tmp_path / "no.json").document("1")
    assert sent(mock) == [""]


@pytest.mark.parametrize(
    ("headers", "schemes"),
    [
        (['Bearer realm="https://a/t",service="s",scope="x:y,z"'], [("bearer", "https://a/t")]),
        (['Basic realm="a, b", Bearer scope=x , realm="c"'], [("basic", "a, b"), ("bearer", "c")]),
        (["Negotiate", "NTLM", 'BEARER REALM="x"'], [("negotiate", None), ("ntlm", None), ("bearer", "x")]),
        (["Negotiate a87421000492aa874209af8bc028==, Basic realm=x"], [("negotiate", None), ("basic", "x")]),
        ([r'Basic realm="a\"b\\c"'], [("basic", r"a\"b\c".replace(r"\"", '"'))]),
        (["Basic realm=x, realm=y"], [("basic", "x")]),
        (["", ",,,", '"', "=", "Basic"], [("basic", None)]),
        (["Bearer " + 'a="b",' * 100_000], [("bearer", None)]),
    ],
)
def test_challenges(headers: list[str], schemes: list[tuple[str, str | None]]) -> None:
    assert [(found.scheme, found.parameters.get("realm")) for found in parse_challenges(headers)] == schemes


def test_the_better_of_several_challenges_is_met(host: Host, mocks: Mocks) -> None:
    server = mocks({"/token": GRANTED})
    wants = f'Negotiate, Basic realm="x", Bearer service=s , realm="{server.url}/token"'
    mock = mocks({"manifests/1": guarded(f"Bearer {TOKEN}", wants)})
    host.log_in(mock.host)
    assert host.client(mock.name).document("1").data == MANIFEST
    assert sent(mock) == ["", f"Bearer {TOKEN}"]


def test_other_peoples_credentials_are_not_used(host: Host, mocks: Mocks) -> None:
    mock = mocks({"manifests/1": challenge('Basic realm="x"')})
    keys = ("127.0.0.1", f"127.0.0.1:{mock.port + 1}", f"{mock.host}/team/other", f"{mock.host}/team/a", "localhost")
    auths = {key: {"auth": encoded("jane", PASSWORD)} for key in keys}
    host.write("home/.docker/config.json", json.dumps({"auths": auths}))
    with pytest.raises(AuthenticationError):
        host.client(mock.name).document("1")
    assert sent(mock) == [""]
