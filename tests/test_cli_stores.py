"""Storage that is damaged or of another kind, on the command line: what is said, what to do, and the exit code."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from layertui.sources.resolve import SOURCES
from tests.kit.aufs import aufs_store
from tests.kit.docker import docker_archive
from tests.kit.docker_root import DockerRoot
from tests.kit.entries import directory, file, whiteout
from tests.kit.images import ImageSpec
from tests.kit.overlay2 import layer_id, overlay2_store
from tests.kit.polite import polite_image, polite_layers
from tests.sources.podman.made import OTHER, SPEC, MadeStore
from tests.test_cli import run

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a data root of Docker's")

Capture = pytest.CaptureFixture[bytes]

BASE = (file("a", "1"),)
UPPER = (directory("etc"), whiteout("etc/motd"))


@pytest.fixture
def docker(tmp_path: Path) -> Path:
    """A data root with the polite image, and a container of it."""
    root = DockerRoot(tmp_path / "docker")
    root.add_container(polite_image(), UPPER, "web")
    return tmp_path / "docker"


@pytest.fixture
def podman(tmp_path: Path) -> MadeStore:
    """A store with two images on one base, and a container of the first."""
    store = MadeStore(tmp_path / "store")
    store.container("c", store.add(SPEC))
    store.add(OTHER, ["localhost/other:1"], "2023-01-02T03:04:05Z")
    return store


def halve(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def test_a_container_whose_mount_id_is_lost_is_damage(docker: Path, capfdbinary: Capture) -> None:
    for path in docker.glob("image/overlay2/layerdb/mounts/*/mount-id"):
        path.unlink()
    ran = run(capfdbinary, "layers", f"overlay2:{docker}:web")
    assert ran.code == 5
    assert b"mount-id is not there" in ran.err
    assert b"storage is damaged or only partly copied" in ran.err
    assert b"spelling" not in ran.err


def test_a_layer_whose_directory_is_lost_with_its_listing_is_damage(docker: Path, capfdbinary: Capture) -> None:
    for path in docker.glob("image/overlay2/layerdb/sha256/*/tar-split.json.gz"):
        path.unlink()
    shutil.rmtree(docker / "overlay2" / layer_id(1) / "diff")
    ran = run(capfdbinary, "layers", f"overlay2:{docker}:polite:1")
    assert ran.code == 5
    assert b"/diff is not there" in ran.err
    assert b"spelling" not in ran.err


@pytest.mark.parametrize("lost", ["diff", "link target"])
def test_a_layer_that_a_bare_directory_lost_is_damage(lost: str, tmp_path: Path, capfdbinary: Capture) -> None:
    base, *_ = overlay2_store(tmp_path, [polite_layers()])[0]
    shutil.rmtree(tmp_path / base / ("diff" if lost == "diff" else ""))
    ran = run(capfdbinary, "layers", f"overlay2:{tmp_path}")
    assert (ran.code, ran.out.count(b"?") > 0) == (5, True)
    assert b"layertui: layer 0: " in ran.err
    assert b"spelling" not in ran.err


def test_a_layer_that_aufs_lost_is_damage(tmp_path: Path, capfdbinary: Capture) -> None:
    names = aufs_store(tmp_path, polite_layers())
    shutil.rmtree(tmp_path / "diff" / names[2])
    ran = run(capfdbinary, "layers", f"aufs:{tmp_path}")
    assert ran.code == 5
    assert b"layer 2: " in ran.err


def test_podmans_half_written_layers_are_the_cause_that_is_said(podman: MadeStore, capfdbinary: Capture) -> None:
    halve(podman.book("layers"))
    for name in ("made:1", "c"):
        ran = run(capfdbinary, "layers", f"containers-storage:[{podman.root}]{name}")
        assert ran.code == 5
        assert b"layers.json is damaged JSON" in ran.err
        assert b"Podman is writing it just now, or the store is damaged" in ran.err
    assert run(capfdbinary, "ls", f"containers-storage:{podman.root}").code == 7


def test_podmans_half_written_images_are_no_empty_list(podman: MadeStore, capfdbinary: Capture) -> None:
    halve(podman.book("images"))
    listed = run(capfdbinary, "ls", f"containers-storage:{podman.root}")
    assert listed.code == 7
    assert listed.err.count(b"images.json is damaged JSON") == 1
    as_json = run(capfdbinary, "ls", f"containers-storage:{podman.root}", "--json")
    assert (as_json.code, len(as_json.json["problems"])) == (7, 1)
    tree = run(capfdbinary, "ls", f"containers-storage:{podman.root}", "--tree")
    assert tree.code == 7
    assert b"Writable layer of container c, its image cannot be read" in tree.out
    missing = run(capfdbinary, "layers", f"containers-storage:[{podman.root}]made:1")
    assert missing.code == 5
    assert b"has nothing called made:1" in missing.err
    assert b"images.json is damaged JSON" in missing.err
    container = run(capfdbinary, "layers", f"containers-storage:[{podman.root}]c")
    assert container.code == 0
    assert b"is not known (" in container.err
    assert b"is gone" not in container.err


def test_a_container_of_an_image_that_cannot_be_read_has_one(podman: MadeStore, capfdbinary: Capture) -> None:
    image_id = podman.images[0]["id"]
    podman.big_data(image_id, f"sha256:{image_id}", b"{}")
    tree = run(capfdbinary, "ls", f"containers-storage:{podman.root}", "--tree")
    assert b"container c, its image cannot be read" in tree.out


@pytest.mark.parametrize("lost", ["layerdb", "imagedb"])
def test_a_lost_part_of_dockers_books_is_said(lost: str, docker: Path, capfdbinary: Capture) -> None:
    shutil.rmtree(docker / "image/overlay2" / lost)
    listed = run(capfdbinary, "ls", f"overlay2:{docker}")
    assert b"Docker's books cannot be read, so images have no names" in listed.err
    assert lost.encode() in listed.err
    for entry in ("layers", "files"):
        ran = run(capfdbinary, entry, f"overlay2:{docker}:{layer_id(4)[:12]}")
        assert ran.code == 0
        assert b"Docker's books cannot be read" in ran.err


def test_a_listing_by_a_walk_is_said_beside_the_text(docker: Path, podman: MadeStore, capfdbinary: Capture) -> None:
    assert run(capfdbinary, "layers", f"overlay2:{docker}:polite:1").err == b""
    next(docker.glob("image/overlay2/layerdb/sha256/*/tar-split.json.gz")).unlink()
    (podman.root / "overlay-layers" / f"{podman.layers[0]['id']}.tar-split.gz").unlink()
    for command in ("layers", "files"):
        for reference in (f"overlay2:{docker}:polite:1", f"containers-storage:[{podman.root}]made:1"):
            ran = run(capfdbinary, command, reference)
            assert ran.code == 0
            assert ran.err.count(b"hard links and times may differ") == 1
            assert run(capfdbinary, command, reference, "--json").err == b""


KINDS = {
    "overlay2": "storage of the driver overlay2",
    "aufs": "storage of the driver aufs",
    "containers-storage": "Podman's store",
    "containerd": "containerd's store",
    "other": "a directory of another kind",
}

USUAL = {"containers-storage": "/var/lib/containers/storage", "containerd": "/var/lib/containerd"}


@pytest.mark.parametrize(
    ("scheme", "made"), [(scheme, made) for scheme in KINDS for made in KINDS if scheme not in (made, "other")]
)
def test_storage_of_another_kind_is_named(scheme: str, made: str, tmp_path: Path, capfdbinary: Capture) -> None:
    root = tmp_path / "given"
    if made == "overlay2":
        (root / "overlay2/abc").mkdir(parents=True)
    elif made == "aufs":
        (root / "aufs/layers").mkdir(parents=True)
        (root / "aufs/diff").mkdir()
    elif made == "containers-storage":
        MadeStore(root, "vfs")
    elif made == "containerd":
        (root / "io.containerd.metadata.v1.bolt").mkdir(parents=True)
    else:
        root.mkdir()
        (root / "notes.txt").write_text("")
    ran = run(capfdbinary, "layers", f"{scheme}:{root}")
    said = ran.err.decode()
    assert ran.code == 5
    assert f"{root} is {KINDS[made]}, not a directory of {scheme}. Looked for" in said
    assert (USUAL.get(scheme, "/var/lib/docker") if made == "other" else f"Try: layertui {made}:{root}") in said
    assert len(said.splitlines()) == 2


def test_every_kind_of_storage_says_what_an_empty_directory_is(tmp_path: Path, capfdbinary: Capture) -> None:
    for scheme in [kind.SCHEME for kind in SOURCES][-4:]:
        ran = run(capfdbinary, "layers", f"{scheme}:{tmp_path}")
        assert ran.code == 3
        assert f"{tmp_path} is an empty directory. Looked for" in ran.err.decode()
        assert b"/var/lib/" in ran.err


@pytest.mark.parametrize("target", ["nowhere", "b"])
def test_a_link_that_leads_nowhere_tells_no_kind(target: str, tmp_path: Path, capfdbinary: Capture) -> None:
    (tmp_path / "b").symlink_to(target)
    ran = run(capfdbinary, "layers", f"overlay2:{tmp_path}")
    assert b"a directory of another kind" in ran.err
    assert b"old driver overlay" not in ran.err


def test_what_is_odd_about_an_archive_stays_beside_it(tmp_path: Path, capfdbinary: Capture) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(docker_archive([ImageSpec(layers=[BASE, BASE], history=[{"created_by": "RUN one"}])]))
    assert run(capfdbinary, "layers", str(path), "--json").json["warnings"]
    assert run(capfdbinary, "layers", str(path)).err == b""


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv")
def test_what_is_wrong_with_several_layers_is_said_once(tmp_path: Path) -> None:
    below = [directory("etc"), file("etc/motd", "1")]
    names = overlay2_store(tmp_path, [[below, below, [file("top", "2")], below, below, below]])
    command = ["setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin", sys.executable, "-m", "layertui"]
    done = subprocess.run(
        [*command, "layers", f"overlay2:{tmp_path}:{names[0][-1]}"], capture_output=True, text=True, timeout=30
    )
    said = [line for line in done.stderr.splitlines() if "opaque markers" in line]
    wrong = "opaque markers cannot be read; deleted files may appear"
    assert said == [f"layertui: layers 0, 1, 3 to 5 of 6: {wrong}."], done.stderr
    assert done.returncode == 5


def test_a_file_that_the_engine_puts_into_every_container_is_said_to_be_its_own(
    tmp_path: Path, capfdbinary: Capture
) -> None:
    DockerRoot(tmp_path).add_container(polite_image(), UPPER, "web", init=[directory("etc"), file("etc/mtab", "")])
    for path, own in (("/etc/mtab", True), ("etc/absent", False)):
        ran = run(capfdbinary, "which", f"overlay2:{tmp_path}:web", path)
        assert ran.code == 3
        assert (b"it is one of the engine's own files" in ran.err) is own
