"""Where containerd is looked for, and what is said where it is not, or may not be read."""

import os
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from layertui.errors import UnreachableError
from layertui.sources.containerd import find
from layertui.sources.place import Place
from tests.kit.entries import file
from tests.kit.images import ImageSpec
from tests.sources.containerd.made import META_DB, put_image, write_root

NAME = "docker.io/library/one:1"


def put_store(root: Path, *namespaces: str) -> Path:
    """A store with one image in each of these namespaces."""
    bucket = put_image(root, ImageSpec(layers=[[file("a", "a")]]))
    return write_root(root, {name.encode(): {b"images": {NAME.encode(): bucket}} for name in namespaces})


def only(places: tuple[Place, ...]) -> Place:
    (place,) = places
    return place


def test_a_host_without_it_is_told_what_was_looked_for(tmp_path: Path) -> None:
    place = only(find({"HOME": "/home/user"}, tmp_path))
    assert (place.name, place.where, place.found, place.said) == (
        "containerd",
        "/var/lib/containerd",
        False,
        "absent",
    )
    assert "containerd:DIR" in place.hint
    with pytest.raises(UnreachableError, match="/var/lib/containerd: absent"):
        place.open()


def test_the_usual_root_is_opened(tmp_path: Path) -> None:
    put_store(tmp_path / "var/lib/containerd", "default", "moby")
    place = only(find({}, tmp_path))
    assert (place.found, place.said, place.hint) == (True, "present", "")
    source = place.open()
    assert source.scheme == "containerd"
    assert [entry.reference for entry in source.entries()] == [NAME, f"moby/{NAME}"]
    place = only(find({"CONTAINERD_NAMESPACE": "moby"}, tmp_path))
    assert [entry.reference for entry in place.open().entries()] == [NAME, f"default/{NAME}"]


def test_the_root_and_the_socket_that_its_config_names(tmp_path: Path) -> None:
    (tmp_path / "etc/containerd").mkdir(parents=True)
    config = tmp_path / "etc/containerd/config.toml"
    config.write_text('version = 2\nroot = "/srv/ctrd"\n[grpc]\naddress = "/srv/sock"\n')
    assert only(find({}, tmp_path)).where == "/srv/ctrd"
    put_store(tmp_path / "srv/ctrd", "default")
    assert only(find({}, tmp_path)).found
    for text in (b"root = [", b"\xff\xfe", b"root = 7\ngrpc = 1"):
        config.write_bytes(text)
        assert only(find({}, tmp_path)).where == "/var/lib/containerd"


@pytest.mark.parametrize(
    ("root", "name", "namespace"),
    [
        ("/var/lib/rancher/k3s/agent/containerd", "containerd (k3s)", "k8s.io"),
        ("/var/lib/rancher/rke2/agent/containerd", "containerd (RKE2)", "k8s.io"),
        ("/var/snap/microk8s/common/var/lib/containerd", "containerd (MicroK8s)", "k8s.io"),
        ("/var/lib/docker/containerd/daemon", "containerd (Docker's own)", "moby"),
        ("/home/user/.local/share/containerd", "containerd (rootless)", "default"),
    ],
)
def test_those_that_other_programs_bring_along(tmp_path: Path, root: str, name: str, namespace: str) -> None:
    put_store(tmp_path / root[1:], namespace)
    system, place = find({"HOME": "/home/user"}, tmp_path)
    assert not system.found
    assert (place.name, place.where, place.found) == (name, root, True)
    assert [entry.reference for entry in place.open().entries()] == [NAME]


@pytest.fixture
def short() -> Iterator[Path]:
    """A directory with a path that others may pass, and that a socket's address has room for."""
    with tempfile.TemporaryDirectory(prefix="lt-", dir="/tmp") as name:
        yield Path(name)


@contextmanager
def nobody() -> Iterator[None]:
    """Everything as a user who owns nothing."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize(
    ("closed", "mode", "said"),
    [
        ("", 0o700, r"permission denied \(/.*/var/lib/containerd: root:root 0700\)"),
        (META_DB, 0o600, r"permission denied \(meta.db: root:root 0600\)"),
        (
            "io.containerd.content.v1.content",
            0o700,
            r"permission denied \(io.containerd.content.v1.content: root:root 0700\)",
        ),
    ],
)
def test_one_that_may_not_be_read_names_owner_and_mode(short: Path, closed: str, mode: int, said: str) -> None:
    short.chmod(0o755)
    root = put_store(short / "var/lib/containerd", "default")
    (root / closed).chmod(mode)
    with nobody():
        place = only(find({}, short))
        assert place.found
        with pytest.raises(UnreachableError, match=said) as caught:
            place.open()
    assert "sudo" in place.hint
    assert "sudo" in caught.value.hint


def test_a_socket_is_read_by_ctr_where_there_is_one(short: Path) -> None:
    (short / "bin").mkdir()
    (short / "run/containerd").mkdir(parents=True)
    with closing(socket.socket(socket.AF_UNIX)) as listening:
        listening.bind(str(short / "run/containerd/containerd.sock"))
        listening.listen()
        environ = {"PATH": str(short / "bin")}
        place = only(find(environ, short))
        assert not place.found
        assert place.said == "present; ctr, which could read it, is not installed"
        (short / "bin/ctr").write_text("#!/bin/sh\nsleep 60\n")
        (short / "bin/ctr").chmod(0o755)
        place = only(find(environ, short))
        assert (place.found, place.said) == (True, "present; read by ctr")
        environ["CONTAINERD_ADDRESS"] = "/run/other.sock"
        first, _ = find(environ, short)
        assert (first.name, first.where, first.found) == (
            "containerd ($CONTAINERD_ADDRESS)",
            "/run/other.sock",
            False,
        )


def test_a_look_takes_no_time(tmp_path: Path) -> None:
    put_store(tmp_path / "var/lib/containerd", "default")
    start_s = time.perf_counter()
    for _ in range(10):
        find({"HOME": "/home/user", "PATH": "/usr/bin:/bin"}, tmp_path)
    assert time.perf_counter() - start_s < 0.05
