"""Images through containerd's own client, where the store cannot be read."""

import time
from pathlib import Path

import pytest

from layertui.errors import DamagedError, UnreachableError
from layertui.image.platform import Platform
from layertui.sources.containerd import export, find
from layertui.sources.containerd.export import Client, list_exports
from tests.contract import expected_polite
from tests.contract.containerd_daemon import Containerd, why_not
from tests.contract.listing import diff_lines, merged_lines
from tests.kit.docker import docker_archive
from tests.kit.entries import file
from tests.kit.images import ImageSpec
from tests.kit.polite import polite_image
from tests.sources.containerd.stores import POLITE, load, put

needs_containerd = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))


@needs_containerd
def test_an_export_shows_what_the_store_would(daemon: Containerd) -> None:
    archive = daemon.directory / "polite.tar"
    archive.write_bytes(docker_archive([polite_image()]))
    daemon.ctr("images", "import", "--no-unpack", archive)
    specs = [
        ImageSpec(layers=[[file("which", name)]], tags=("docker.io/library/multi:1",), architecture=name)
        for name in ("arm64", "amd64")
    ]
    put(daemon, specs, "--all-platforms", "--no-unpack", namespace="k8s.io", nested=True)
    daemon.ctr("images", "tag", "docker.io/library/multi:1", "sha256:" + "ab" * 32, namespace="k8s.io")
    place = find({"CONTAINERD_ADDRESS": str(daemon.socket), "PATH": "/usr/bin"})[0]
    assert (place.where, place.found, place.said) == (str(daemon.socket), True, "present; read by ctr")
    own, other = place.open().entries()
    assert (own.reference, own.tags, own.platform) == (POLITE, (POLITE,), Platform("linux", "amd64"))
    assert other.tags == ("k8s.io/docker.io/library/multi:1",)
    for entry in (own, other):
        assert entry.record is not None
        assert str(entry.record.image_id) in daemon.ctr("images", "ls", namespace=entry.namespace)
    image = own.open()
    assert (image.reference, image.tags) == (POLITE, (POLITE,))
    _, squash = load(image)
    assert merged_lines(squash) == expected_polite.MERGED
    assert [diff_lines(squash, layer) for layer in range(5)] == expected_polite.DIFFS
    assert other.open().platform == other.platform
    daemon.ctr("images", "rm", "--sync", POLITE)
    with pytest.raises(UnreachableError, match=r"said: .*not found"):
        own.open()


@needs_containerd
def test_a_socket_where_nobody_listens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "ENGINE_TIMEOUT_S", 1)
    with pytest.raises(UnreachableError, match="there: ctr namespaces ls --quiet said: failed to dial"):
        list_exports(Client("ctr", str(tmp_path / "absent"), "there"))


def client(tmp_path: Path, script: str) -> Client:
    """A client that does what a script says."""
    program = tmp_path / "ctr"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return Client(str(program), "/run/sock", "there")


def test_a_daemon_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "ENGINE_TIMEOUT_S", 0.3)
    start_s = time.monotonic()
    with pytest.raises(UnreachableError, match="there does not answer"):
        list_exports(client(tmp_path, "exec sleep 60"))
    assert time.monotonic() - start_s < 5


LISTING = """case "$*" in
*namespaces*) echo default;;
*export*) {export};;
*) echo "REF TYPE DIGEST SIZE PLATFORMS LABELS"; echo "{row}";;
esac"""
ROW = (
    f"x:1 application/vnd.oci.image.index.v1+json sha256:{'ab' * 32} 2.5 KiB linux/amd64,linux/arm64,unknown/unknown -"
)


def test_an_export_that_breaks_off_says_what_the_client_said(tmp_path: Path) -> None:
    script = LISTING.format(export="head -c 3000000 /dev/zero; echo 'ctr: the daemon went away' >&2; exit 1", row=ROW)
    (entry,) = list_exports(client(tmp_path, script)).entries()
    with pytest.raises(UnreachableError, match="said: the daemon went away"):
        entry.open()


def test_an_export_without_an_image_is_refused(tmp_path: Path) -> None:
    (entry,) = list_exports(client(tmp_path, LISTING.format(export="echo nothing", row=ROW))).entries()
    with pytest.raises(DamagedError):
        entry.open()


def test_a_name_is_never_an_option_of_the_client(tmp_path: Path) -> None:
    row = ROW.replace("x:1", "--all-platforms")
    (entry,) = list_exports(client(tmp_path, LISTING.format(export="touch ran", row=row))).entries()
    with pytest.raises(DamagedError, match="is no name of an image"):
        entry.open()


def test_a_line_that_is_none_of_the_clients(tmp_path: Path) -> None:
    with pytest.raises(DamagedError, match="printed a line that cannot be read"):
        list_exports(client(tmp_path, LISTING.format(export="true", row="warning: x")))


def test_a_reader_that_stops_early_ends_the_client(tmp_path: Path) -> None:
    chunks = client(tmp_path, f"echo $$ > {tmp_path}/pid; exec cat /dev/zero").export("default", "x:1")
    assert next(chunks)
    chunks.close()
    pid = int((tmp_path / "pid").read_text())
    assert not Path(f"/proc/{pid}").exists()
