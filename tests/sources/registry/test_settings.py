"""What this host says about registries, as containers-registries.conf(5) and Docker have it."""

import json

import pytest

from layertui.errors import DamagedError, UnreachableError
from layertui.sources.registry.names import parse_name
from layertui.sources.registry.settings import Endpoint, is_local, read_settings
from tests.sources.registry.kit import Host


def endpoints(host: Host, name: str, **environ: str) -> tuple[Endpoint, ...]:
    settings = read_settings({**host.environ, **environ}, system=host.directory)
    return settings.endpoints(parse_name(name).repository)


def shown(host: Host, name: str, **environ: str) -> list[str]:
    """Each endpoint in a line."""
    return [
        f"{'mirror ' if point.is_mirror else ''}{point.repository.text}{' insecure' if point.insecure else ''}"
        + ("" if point.pull == "all" else f" {point.pull}")
        for point in endpoints(host, name, **environ)
    ]


CONF = """
unqualified-search-registries = ["docker.io"]
[[registry]]
prefix = "example.com"
location = "inner.example.net/mirror"
[[registry.mirror]]
location = "near.example.org:5000/all"
insecure = true
[[registry.mirror]]
location = "far.example.org"
pull-from-mirror = "digest-only"
[[registry]]
location = "example.com/team"
insecure = true
[[registry]]
prefix = "*.wild.org"
blocked = true
[[registry]]
location = "docker.io"
mirror-by-digest-only = true
[[registry.mirror]]
location = "hub.example.org/hub"
"""


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("other.com/x", ["other.com/x"]),
        ("example.com/x", ["mirror near.example.org:5000/all/x insecure", "mirror far.example.org/x digest-only",
                           "inner.example.net/mirror/x"]),
        ("example.com/team/x", ["example.com/team/x insecure"]),
        ("example.com/teams/x", ["mirror near.example.org:5000/all/teams/x insecure",
                                 "mirror far.example.org/teams/x digest-only", "inner.example.net/mirror/teams/x"]),
        ("example.com.evil.org/x", ["example.com.evil.org/x"]),
        ("alpine", ["mirror hub.example.org/hub/library/alpine digest-only", "docker.io/library/alpine"]),
    ],
)  # fmt: skip
def test_the_longest_prefix_says_where_to_ask(name: str, lines: list[str], host: Host) -> None:
    host.write("etc/containers/registries.conf", CONF)
    assert shown(host, name) == lines


def test_a_blocked_registry(host: Host) -> None:
    host.write("etc/containers/registries.conf", CONF)
    with pytest.raises(UnreachableError, match=r"registries\.conf blocks '\*\.wild\.org'"):
        endpoints(host, "a.wild.org/x")
    assert shown(host, "wild.org/x") == ["wild.org/x"]


def test_files_in_their_order(host: Host) -> None:
    def says(location: str) -> str:
        return f'[[registry]]\nprefix = "a.com"\nlocation = "{location}"\n'

    host.write("etc/containers/registries.conf", says("system.org"))
    assert shown(host, "a.com/x") == ["system.org/x"]
    host.write("home/.config/containers/registries.conf", says("own.org"))
    assert shown(host, "a.com/x") == ["own.org/x"]
    named = host.write("named.conf", says("named.org"))
    assert shown(host, "a.com/x", CONTAINERS_REGISTRIES_CONF=str(named)) == ["named.org/x"]
    host.write("etc/containers/registries.conf.d/50.conf", says("fifty.org"))
    host.write("etc/containers/registries.conf.d/10.conf", says("ten.org"))
    host.write("etc/containers/registries.conf.d/99.bak", "no TOML")
    assert shown(host, "a.com/x") == ["fifty.org/x"]
    host.write("home/.config/containers/registries.conf.d/00.conf", says("mine.org"))
    assert shown(host, "a.com/x") == ["mine.org/x"]


def test_the_lists_of_the_first_version(host: Host) -> None:
    lists = "[registries.insecure]\nregistries = ['a.com']\n[registries.block]\nregistries = ['b.com']\n"
    host.write("etc/containers/registries.conf", lists)
    assert shown(host, "a.com/x") == ["a.com/x insecure"]
    with pytest.raises(UnreachableError, match="blocks"):
        endpoints(host, "b.com/x")


@pytest.mark.parametrize(
    "text",
    [
        "[[registry",
        "registry = 1",
        "[[registry]]\nblocked = 'yes'",
        "[[registry]]\n",
        "[[registry]]\nlocation='a.com'\n[[registry.mirror]]\n",
        "[[registry]]\nlocation='a.com'\n[[registry.mirror]]\nlocation='b.com'\npull-from-mirror='x'\n",
        b"\xff\xfe",
    ],
)
def test_a_damaged_file_is_no_reason_to_ask_what_it_may_forbid(text: str | bytes, host: Host) -> None:
    host.write("etc/containers/registries.conf", text)
    with pytest.raises(DamagedError, match=r"registries\.conf"):
        endpoints(host, "a.com/x")


def test_a_location_that_is_none(host: Host) -> None:
    host.write("etc/containers/registries.conf", "[[registry]]\nprefix='a.com'\nlocation='../Evil'\n")
    with pytest.raises(DamagedError, match="no name in a registry"):
        endpoints(host, "a.com/x")


def test_what_dockers_daemon_may_ask_without_tls(host: Host) -> None:
    daemon = {"insecure-registries": ["a.com:5000", "10.0.0.0/8", "b.com"], "debug": True}
    host.write("etc/docker/daemon.json", json.dumps(daemon))
    names = ("a.com:5000/x", "a.com/x", "10.1.2.3:80/x", "11.1.2.3/x", "b.com/x", "c.b.com/x")
    insecure = [name for name in names if endpoints(host, name)[0].insecure]
    assert insecure == ["a.com:5000/x", "10.1.2.3:80/x", "b.com/x"]
    host.write("etc/docker/daemon.json", "{")
    assert not endpoints(host, "b.com/x")[0].insecure


@pytest.mark.parametrize("name", ["localhost", "localhost:5000", "127.0.0.1:1", "127.9.9.9", "[::1]:5000", "::1"])
def test_this_host(name: str) -> None:
    assert is_local(name)
    assert not is_local(f"{name[:3]}x.example.com")


def test_docker_hub_answers_elsewhere(host: Host) -> None:
    (hub,) = endpoints(host, "alpine")
    assert (hub.api_host, hub.may_be_plain) == ("registry-1.docker.io", False)
