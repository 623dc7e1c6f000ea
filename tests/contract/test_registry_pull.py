"""`pull`: an image out of a real registry into an OCI layout, whole, verified, and gone on with."""

import fcntl
import hashlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.contract.forms import load
from tests.contract.listing import merged_lines
from tests.contract.registry_daemon import Registry, why_not
from tests.e2e.terminal import Terminal, layertui
from tests.extract.helpers import IS_ROOT
from tests.kit.docker import docker_archive
from tests.kit.entries import file
from tests.kit.images import ImageSpec, build
from tests.kit.oci import oci_layout
from tests.kit.polite import polite_image
from tests.kit.relay import Link
from tests.test_cli import run

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))

Capture = pytest.CaptureFixture[bytes]

LARGE = ImageSpec(layers=[[file("noise", random.Random(2).randbytes(6 << 20))], [file("more", "1")]], tags=("large",))
ALONE = ImageSpec(layers=[[file("noise", random.Random(3).randbytes(6 << 20))]], tags=("alone",))
PLATFORMS = [ImageSpec(layers=[[file("arch", name)]], tags=("many",), architecture=name) for name in ("amd64", "arm64")]
SLOW_BYTES_PER_S = 3e6


@dataclass(frozen=True, slots=True)
class Filled:
    """A registry, and the archive of its polite image."""

    registry: Registry
    archive: str

    def stored(self, digest: str) -> Path:
        """Where the registry keeps a blob."""
        root = self.registry.directory / "storage/docker/registry/v2/blobs/sha256"
        return root / digest[7:9] / digest[7:] / "data"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    root = tmp_path_factory.mktemp("pull")
    (root / "image.tar").write_bytes(docker_archive([polite_image()]))
    large = oci_layout(root / "large", [LARGE], compression="gzip")
    alone = oci_layout(root / "alone", [ALONE], compression="gzip")
    many = oci_layout(root / "many", PLATFORMS, nested=True, attestations=True)
    with Registry() as registry:
        registry.push(f"docker-archive:{root}/image.tar", "team/api:1.9", "--format", "v2s2")
        registry.push(f"docker-archive:{root}/image.tar", "team/api:1.10", "--format", "oci")
        registry.push(f"oci:{large}:large", "team/large:1")
        registry.push(f"oci:{alone}:alone", "team/alone:1")
        registry.push(f"oci:{many}:many", "team/many:1", "--all")
        yield Filled(registry, str(root / "image.tar"))


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_CACHE_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))


@pytest.fixture
def pull(filled: Filled, tmp_path: Path, capfdbinary: Capture) -> Callable[..., Any]:
    """Runs the command on an image of the registry, into `out`; returns its JSON where it went well."""

    def pull(name: str, *words: str, out: str = "out") -> Any:
        ref = name if "//" in name or name.startswith("127") else f"{filled.registry.host}/{name}"
        ran = run(capfdbinary, "pull", ref, "-o", str(tmp_path / out), "--json", *words)
        return ran.json if ran.code == 0 else ran

    return pull


def origins(found: Any, image: int = 0) -> list[str]:
    return [blob["origin"] for blob in found["images"][image]["blobs"]]


def names_that_lie(layout: Path) -> list[Path]:
    """Blobs that are not what their names say."""
    blobs = (path for path in (layout / "blobs/sha256").iterdir())
    return [path for path in blobs if hashlib.sha256(path.read_bytes()).hexdigest() != path.name]


def index_of(layout: Path) -> list[dict[str, Any]]:
    manifests = json.loads((layout / "index.json").read_text())["manifests"]
    assert isinstance(manifests, list)
    return manifests


@pytest.mark.parametrize("tag", ["1.9", "1.10"])
def test_what_is_pulled_is_what_was_pushed(tag: str, filled: Filled, tmp_path: Path, pull: Any) -> None:
    found = pull(f"team/api:{tag}")
    assert set(origins(found)) == {"registry"}
    assert all(blob["verified"] for blob in found["images"][0]["blobs"])
    out = tmp_path / "out"
    assert sorted(os.listdir(out)) == ["blobs", "index.json", "oci-layout"]
    assert not names_that_lie(out)
    _, _, expected = load(filled.archive)
    image, _, squash = load(f"oci:{out}:{tag}")
    assert merged_lines(squash) == merged_lines(expected)
    assert image.tags == (f"{filled.registry.host}/team/api:{tag}",)
    digest = found["images"][0]["digest"]
    assert (out / "blobs/sha256" / digest[7:]).read_bytes() == filled.registry.raw_manifest(f"team/api:{tag}")
    if tag == "1.10":  # skopeo reads no layout with Docker's manifests
        subprocess.run(["skopeo", "inspect", f"oci:{out}:{tag}"], check=True, capture_output=True)
    sent = filled.registry.sent_bytes()
    again = pull(f"docker://{filled.registry.host}/team/api:{tag}")
    assert set(origins(again)) == {"layout"}
    assert filled.registry.sent_bytes() == sent
    assert len(index_of(out)) == 1


def test_what_the_cache_has_is_not_fetched_unless_it_is_damaged(filled: Filled, tmp_path: Path, pull: Any) -> None:
    load(f"docker://{filled.registry.host}/team/api:1.9")
    cached = [path for path in (tmp_path / "home/layertui/blobs/sha256").rglob("*") if path.is_file()]
    cached[0].write_bytes(bytes(cached[0].stat().st_size))
    found = pull("team/api:1.9")
    assert sorted(origins(found)) == ["cache"] * (len(cached) - 1) + ["registry"]
    assert not names_that_lie(tmp_path / "out")
    assert not cached[0].exists()


def test_all_tags_share_what_they_share(filled: Filled, tmp_path: Path, pull: Any) -> None:
    found = pull("team/api", "-a")
    assert [image["reference"].rpartition(":")[2] for image in found["images"]] == ["1.10", "1.9"]
    assert set(origins(found, 0)) == {"registry"}
    assert "layout" in origins(found, 1)
    refs = [entry["annotations"]["org.opencontainers.image.ref.name"] for entry in index_of(tmp_path / "out")]
    assert refs == ["1.10", "1.9"]
    refused = pull("team/api:1.9", "-a", out="other")
    assert (refused.code, b"all tags were asked for" in refused.err) == (2, True)
    assert not (tmp_path / "other").exists()


def test_a_tag_that_cannot_be_had_leaves_the_others(filled: Filled, tmp_path: Path, capfdbinary: Capture) -> None:
    ran = run(
        capfdbinary, "pull", f"{filled.registry.host}/team/many", "-a", "--platform", "linux/riscv64", "-o", "x"
    )  # fmt: skip
    assert (ran.code, b"has nothing for linux/riscv64" in ran.err) == (3, True)
    filled.registry.push(f"docker-archive:{filled.archive}", "team/mixed:2")
    filled.registry.push(f"oci:{Path(filled.archive).parent}/many:many", "team/mixed:1", "--all")
    out = str(tmp_path / "out")
    ran = run(capfdbinary, "pull", f"{filled.registry.host}/team/mixed", "-a", "--platform", "arm64", "-o", out)
    assert ran.code == 7
    assert b"team/mixed:2: " in ran.err
    assert b"team/mixed:1  linux/arm64" in ran.out


@pytest.mark.parametrize(
    ("platform", "seen"), [(None, ["arm64"]), ("linux/amd64", ["amd64"]), ("all", ["amd64", "arm64"])]
)
def test_platforms(
    platform: str | None, seen: list[str], tmp_path: Path, pull: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAYERTUI_PLATFORM", "linux/arm64")
    found = pull("team/many:1", *(("--platform", platform) if platform else ()))
    kinds = {"all": "application/vnd.oci.image.index.v1+json"}
    assert found["images"][0]["media_type"] == kinds.get(platform or "", "application/vnd.oci.image.manifest.v1+json")
    out = tmp_path / "out"
    (entry,) = index_of(out)
    assert entry.get("platform", {}).get("architecture") == (seen[0] if platform != "all" else None)
    assert not names_that_lie(out)
    for name in seen:
        read = subprocess.run(
            ["skopeo", "--override-arch", name, "inspect", f"oci:{out}:1"], check=True, capture_output=True
        )
        assert json.loads(read.stdout)["Architecture"] == name
    blobs = len(os.listdir(out / "blobs/sha256"))
    assert blobs == (3 if platform != "all" else 1 + 2 * 3 + 3)  # the attestation stands there too, once


def test_a_pull_that_is_interrupted_goes_on_where_it_was(filled: Filled, tmp_path: Path, pull: Any) -> None:
    out, blob = tmp_path / "out", build(LARGE, "gzip").layers[0]
    with Link(filled.registry.port, SLOW_BYTES_PER_S) as relay:
        name = f"{relay.host}/team/large:1"
        with Terminal(
            layertui("pull", name, "-o", str(out)),
            variables={"XDG_CACHE_HOME": str(tmp_path / "home"), "HOME": str(tmp_path)},
        ) as terminal:
            terminal.wait_until(lambda: b"  L0 " in terminal.raw and b"MB/s" in terminal.raw, what="progress")
            assert b"verified" in terminal.raw  # the config and the small layer
            asked_s = time.monotonic()
            terminal.send(b"\x03")
            assert terminal.wait_for_exit() == 130
            assert time.monotonic() - asked_s < 1
            assert b"The same command goes on from there." in terminal.raw
        assert index_of(out) == []
        assert not names_that_lie(out)
        there = (out / ".partial" / f"sha256-{blob.digest[7:]}").stat().st_size
        assert 0 < there < len(blob.blob)
        time.sleep(0.5)  # the registry notices that nobody reads any more
        passed = relay.sent_bytes
        found = pull(name)
        assert relay.sent_bytes - passed < len(blob.blob) - there + 20_000
    resumed = [each for each in found["images"][0]["blobs"] if each["resumed_bytes"]]
    assert [(each["digest"], each["resumed_bytes"]) for each in resumed] == [(blob.digest, there)]
    assert found["fetched_bytes"] == len(blob.blob) - there
    assert not names_that_lie(out)
    assert sorted(os.listdir(out)) == ["blobs", "index.json", "oci-layout"]


@pytest.mark.parametrize("spoil", [lambda data: b"?" * 100_000, lambda data: data + b"more", lambda data: data])
def test_what_was_left_is_not_trusted(
    spoil: Callable[[bytes], bytes], filled: Filled, tmp_path: Path, pull: Any
) -> None:
    blob = build(LARGE, "gzip").layers[0]
    left = tmp_path / "out/.partial" / f"sha256-{blob.digest[7:]}"
    left.parent.mkdir(parents=True)
    left.write_bytes(spoil(blob.blob))
    pull("team/large:1")
    assert not names_that_lie(tmp_path / "out")
    assert len(index_of(tmp_path / "out")) == 1


def test_a_blob_that_is_damaged_in_the_layout_is_replaced(filled: Filled, tmp_path: Path, pull: Any) -> None:
    pull("team/large:1")
    path = tmp_path / "out/blobs/sha256" / build(LARGE, "gzip").layers[0].digest[7:]
    path.write_bytes(bytes(path.stat().st_size))
    assert sorted(origins(pull("team/large:1"))) == ["layout", "layout", "registry"]
    assert not names_that_lie(tmp_path / "out")


def test_a_registry_that_sends_something_else_is_not_believed(filled: Filled, tmp_path: Path, pull: Any) -> None:
    stored = filled.stored(build(ALONE, "gzip").layers[0].digest)
    sound = stored.read_bytes()
    stored.write_bytes(sound[:-9] + bytes(9))
    try:
        ran = pull("team/alone:1")
    finally:
        stored.write_bytes(sound)
    assert (ran.code, b"does not match its digest" in ran.err) == (5, True)
    assert index_of(tmp_path / "out") == []
    assert not names_that_lie(tmp_path / "out")
    assert not list(tmp_path.glob("out/.partial/*"))
    assert set(origins(pull("team/alone:1"))) <= {"registry", "layout"}


def test_what_is_in_the_way_stays_as_it_is(filled: Filled, tmp_path: Path, pull: Any) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/letter").write_text("dear")
    (tmp_path / "file").write_text("x")
    (tmp_path / "broken").mkdir()
    for name in ("oci-layout", "index.json"):
        (tmp_path / "broken" / name).write_text("{")
    for place, code, said in (
        ("mine", 2, b"holds other things"),
        ("file", 2, b"is no directory"),
        ("broken", 5, b"index.json"),
        ("not/there", 3, b"mkdir -p"),
    ):
        ran = pull("team/api:1.9", out=place)
        assert (ran.code, said in ran.err) == (code, True), ran.err
    assert os.listdir(tmp_path / "mine") == ["letter"]
    assert sorted(os.listdir(tmp_path / "broken")) == ["index.json", "oci-layout"]
    shutil.rmtree(tmp_path / "home", ignore_errors=True)


def test_symlinks_in_a_layout_are_not_written_through(filled: Filled, tmp_path: Path, pull: Any) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out/blobs").symlink_to(tmp_path / "elsewhere")
    ran = pull("team/api:1.9")
    assert (ran.code, b"in the way" in ran.err) == (2, True), ran.err
    assert os.listdir(tmp_path / "elsewhere") == []


def test_an_image_of_somebody_else_keeps_its_place(filled: Filled, tmp_path: Path, pull: Any) -> None:
    oci_layout(tmp_path / "out", [ImageSpec(layers=[[file("a")]], tags=("1.9",))])
    (before,) = index_of(tmp_path / "out")
    pull("team/api:1.9")
    assert index_of(tmp_path / "out")[0]["digest"] == before["digest"]
    # A tag that moved: what had the name is still there, without it.
    filled.registry.push(f"docker-archive:{filled.archive}", "team/moved:1", "--format", "oci")
    pull("team/moved:1")
    filled.registry.push(f"oci:{Path(filled.archive).parent}/large:large", "team/moved:1")
    pull("team/moved:1")
    names = [entry.get("annotations", {}).get("io.containerd.image.name") for entry in index_of(tmp_path / "out")]
    host = filled.registry.host
    assert names == [None, f"{host}/team/api:1.9", None, f"{host}/team/moved:1"]


def test_two_do_not_write_at_once(filled: Filled, tmp_path: Path, pull: Any) -> None:
    (tmp_path / "out").mkdir()
    fd = os.open(tmp_path / "out", os.O_RDONLY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        ran = pull("team/api:1.9")
    finally:
        os.close(fd)
    assert (ran.code, b"by another program" in ran.err) == (4, True)


@pytest.mark.skipif(not IS_ROOT, reason="only root can mount")
@pytest.mark.parametrize("is_known", [True, False], ids=["said before", "said on the way"])
def test_a_full_disk_is_a_sentence(is_known: bool, tmp_path: Path, pull: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", disk], check=True)
    try:
        if not is_known:
            monkeypatch.setattr("layertui.sources.registry.layout.LayoutWriter.free_bytes", 1 << 40)
        ran = pull("team/large:1", out="disk/out")
        assert ran.code == 4
        assert (b"has room for" if is_known else b"no space is left") in ran.err
        assert b"run the same command again" in ran.err
        assert index_of(disk / "out") == []
        subprocess.run(["mount", "-o", "remount,size=20m", disk], check=True)
        found = pull("team/large:1", out="disk/out")
        assert any(each["resumed_bytes"] for each in found["images"][0]["blobs"]) != is_known
        assert not names_that_lie(disk / "out")
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_broken_link_is_gone_on_with_by_itself(filled: Filled, tmp_path: Path, capfdbinary: Capture) -> None:
    out = str(tmp_path / "out")
    with Link(filled.registry.port, SLOW_BYTES_PER_S) as relay:
        command = [sys.executable, "-m", "layertui", "pull", f"{relay.host}/team/large:1", "-o", out]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ))
        end_s = time.monotonic() + 20
        while relay.sent_bytes < 1 << 20:
            assert time.monotonic() < end_s
            time.sleep(0.05)
        relay.cut()
        said, wrong = process.communicate(timeout=60)
    assert (process.returncode, wrong) == (0, b"")
    assert b"each verified by its size and digest" in said
    assert not names_that_lie(tmp_path / "out")


def test_the_screen_of_progress_is_for_a_terminal(filled: Filled, tmp_path: Path, capfdbinary: Capture) -> None:
    ran = run(capfdbinary, "pull", f"{filled.registry.host}/team/api:1.9", "-o", str(tmp_path / "out"))
    assert (ran.code, ran.err) == (0, b"")
    assert b"5 fetched" in ran.out or b"6 fetched" in ran.out


def test_what_is_no_image_in_a_registry_is_refused(tmp_path: Path, pull: Any) -> None:
    for ref, said in (("oci:x//y", b"is not a registry"), ("docker://alpine#1", b"is pulled whole")):
        ran = pull(ref)
        assert (ran.code, said in ran.err) == (2, True)


def test_an_interrupt_while_a_registry_is_silent_ends_at_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        name = f"127.0.0.1:{silent.getsockname()[1]}/team/api"
        process = subprocess.Popen(
            [sys.executable, "-m", "layertui", "pull", name, "-o", str(tmp_path / "out")],
            stderr=subprocess.PIPE,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        silent.settimeout(20)
        connection, _ = silent.accept()
        asked_s = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
        connection.close()
    assert process.returncode == 130
    assert time.monotonic() - asked_s < 1
    assert not (tmp_path / "out").exists()
