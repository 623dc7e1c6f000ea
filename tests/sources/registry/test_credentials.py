"""Where credentials are found, which of them are taken, and that none of them is ever shown."""

import json
import pickle
import time
from pathlib import Path

import pytest

from layertui.errors import AuthenticationError, DamagedError, UnreachableError
from layertui.sources.registry.credentials import Credentials, Search
from layertui.sources.registry.helpers import ask_helper
from layertui.sources.registry.names import parse_name
from layertui.sources.registry.secret import Credential, Secret
from tests.sources.registry.kit import PASSWORD, Host, encoded


def find(host: Host, name: str = "example.com/team/api", authfile: Path | None = None, **environ: str) -> Search:
    return Credentials({**host.environ, **environ}, authfile).find(parse_name(name).repository)


def auths(**keys: str) -> str:
    """A file with a user for each key; names have `__` for `/` and `_` for `.`."""
    named = {key.replace("__", "/").replace("_", "."): user for key, user in keys.items()}
    return json.dumps({"auths": {key: {"auth": encoded(user, PASSWORD)} for key, user in named.items()}})


def user(search: Search) -> str | None:
    return search.credential.username if search.credential is not None else None


def test_the_first_file_that_has_one(host: Host, tmp_path: Path) -> None:
    run = str(host.directory / "run")
    assert user(find(host)) is None
    host.write("home/.docker/config.json", auths(example_com="docker"))
    assert user(find(host)) == "docker"
    host.write("home/.config/containers/auth.json", auths(example_com="containers"))
    assert user(find(host)) == "containers"
    host.write("run/containers/auth.json", auths(example_com="runtime"))
    assert user(find(host, XDG_RUNTIME_DIR=run)) == "runtime"
    named = host.write("named.json", auths(example_com="named"))
    assert user(find(host, XDG_RUNTIME_DIR=run, REGISTRY_AUTH_FILE=str(named))) == "named"
    other = host.write("other.json", auths(other_com="x"))
    assert user(find(host, authfile=named)) == "named"
    assert user(find(host, authfile=other)) is None
    host.write("elsewhere/config.json", auths(quay_io="there"))
    assert user(find(host, "quay.io/x", DOCKER_CONFIG=str(host.directory / "elsewhere"))) == "there"


def test_the_longest_name_wins(host: Host) -> None:
    keys = {"example_com": "host", "example_com__team": "team", "example_com__team__api": "api", "com": "no"}
    host.write("home/.docker/config.json", auths(**keys))
    assert user(find(host, "example.com/team/api")) == "api"
    assert user(find(host, "example.com/team/apis")) == "team"
    assert user(find(host, "example.com/teams")) == "host"
    assert user(find(host, "example.com:5000/team")) is None
    assert user(find(host, "sub.example.com/team")) is None


@pytest.mark.parametrize(
    "key",
    ["docker.io", "index.docker.io", "https://index.docker.io/v1/", "registry-1.docker.io", "index.docker.io/v1/"],
)
def test_docker_hub_by_all_its_names(key: str, host: Host) -> None:
    host.write("home/.docker/config.json", json.dumps({"auths": {key: {"auth": encoded("hub", "x")}}}))
    assert user(find(host, "alpine")) == "hub"
    assert user(find(host, "quay.io/x")) is None


@pytest.mark.parametrize("key", ["https://example.com", "http://example.com/v2/", "https://example.com/v1/"])
def test_keys_that_are_addresses(key: str, host: Host) -> None:
    host.write("home/.docker/config.json", json.dumps({"auths": {key: {"username": "jane", "password": "x"}}}))
    assert user(find(host)) == "jane"


def helper(host: Host, name: str, script: str) -> None:
    """A credential helper in a shell."""
    host.write(f"bin/docker-credential-{name}", f"#!/bin/sh\n{script}\n").chmod(0o755)


KEEPS = """[ "$1" = get ] && /bin/cat > "$HOME/asked" && printf '{"Username":"%s","Secret":"k"}' """


def test_helpers_come_before_what_is_written(host: Host) -> None:
    helper(host, "one", KEEPS + "one")
    helper(host, "store", KEEPS + "'<token>'")
    raw = {"credHelpers": {"example.com": "one"}, "credsStore": "store", **json.loads(auths(example_com="written"))}
    file = host.write("home/.docker/config.json", json.dumps(raw))
    search = find(host)
    assert user(search) == "one"
    assert (host.directory / "home/asked").read_text() == "example.com"
    assert search.credential is not None
    assert search.credential.source == "docker-credential-one"
    assert search.tried[-2:] == (str(file), "docker-credential-one")
    hub = find(host, "alpine").credential
    assert hub is not None
    assert hub.identity_token == Secret("k")
    assert (host.directory / "home/asked").read_text() == "https://index.docker.io/v1/"


def test_a_helper_that_has_none(host: Host) -> None:
    helper(host, "none", "echo credentials not found in native keychain; exit 1")
    host.write("home/.docker/config.json", json.dumps({"credsStore": "none", **json.loads(auths(example_com="file"))}))
    assert user(find(host)) == "file"


@pytest.mark.parametrize("name", ["../../tmp/evil", "a b", "x;id", "", "A", "-x/.."])
def test_a_helper_that_cannot_be_one(name: str, host: Host) -> None:
    with pytest.raises(DamagedError, match="no name of a credential helper"):
        ask_helper(name, "example.com", host.environ)


@pytest.mark.parametrize(
    ("script", "error", "words"),
    [
        (f"echo {PASSWORD}; exit 3", UnreachableError, "exit code 3"),
        (f"echo {PASSWORD}", DamagedError, "not as docker-credential-helpers define it"),
        ("exec /bin/sleep 9", UnreachableError, "no answer within 0.3 s"),
        ("/bin/sleep 9 & exit 0", UnreachableError, "no answer within 0.3 s"),
        ("while :; do echo xxxxxxxxxxxxxxxxxxxx; done", UnreachableError, "exit code -9"),
    ],
    ids=["fails", "nonsense", "hangs", "leaves one behind", "endless"],
)
def test_a_helper_that_does_not_help(script: str, error: type[Exception], words: str, host: Host) -> None:
    helper(host, "bad", script)
    begun_s = time.monotonic()
    with pytest.raises(error, match=words) as raised:
        ask_helper("bad", "example.com", host.environ, 0.3)
    assert PASSWORD not in f"{raised.value!r} {raised.value.__cause__!r}"
    assert time.monotonic() - begun_s < 3


def test_a_helper_that_is_not_installed_is_told(host: Host) -> None:
    host.write("home/.docker/config.json", json.dumps({"credsStore": "gone"}))
    search = find(host)
    assert search.credential is None
    assert "docker-credential-gone, which config.json names, is not installed." in str(search.problems[0])


@pytest.mark.parametrize(
    "text",
    [
        "{",
        f'"{PASSWORD}"',
        f'{{"auths": {{"example.com": {{"auth": "{PASSWORD}!"}}}}}}',
        '{"auths": []}',
        "[" * 100_000,
    ],
)
def test_a_damaged_file_is_told_without_what_it_holds(text: str, host: Host) -> None:
    file = host.write("home/.docker/config.json", text)
    (problem,) = find(host).problems
    assert str(file) in problem.message
    assert PASSWORD not in f"{problem.message}{problem.hint}"


def test_a_damaged_authfile_is_no_reason_to_look_elsewhere(host: Host) -> None:
    host.write("home/.docker/config.json", auths(example_com="docker"))
    with pytest.raises(AuthenticationError, match=r"bad\.json is no valid file of credentials"):
        find(host, authfile=host.write("bad.json", "{"))


def test_a_password_padded_with_nul_as_old_clients_wrote_it(host: Host) -> None:
    host.log_in("example.com", password=PASSWORD + "\0\0")
    credential = find(host).credential
    assert credential is not None
    assert credential.password.reveal() == PASSWORD


def test_an_empty_file_and_empty_entries(host: Host) -> None:
    host.write("home/.config/containers/auth.json", "")
    host.write("home/.docker/config.json", '{"auths": {"example.com": {}, "other.com": null}}')
    assert find(host) == Search(None, find(host).tried)


def test_a_secret_shows_itself_to_nobody() -> None:
    secret = Secret(PASSWORD)
    credential = Credential("file", "jane", secret, secret, secret)
    for text in (repr(secret), str(secret), f"{secret}", repr(credential), repr([secret]), f"{secret!s:>20}"):
        assert PASSWORD not in text
    assert secret.reveal() == PASSWORD
    with pytest.raises(TypeError):
        pickle.dumps(secret)
