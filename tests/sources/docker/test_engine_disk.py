"""Which way an engine's layers are read: from its own files where they are the right ones, else through its API."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from layertui.image.image import Image
from layertui.layer.stored import StoredTree
from layertui.sources.docker.endpoint import Endpoint
from layertui.sources.docker.engine import open_engine
from layertui.stack.load import load
from tests.contract import containerd_daemon, expected_polite
from tests.contract.containerd_daemon import Containerd
from tests.contract.dockerd import Dockerd
from tests.contract.listing import merged_lines
from tests.kit.docker import docker_archive
from tests.kit.hostile_engine import Answer, HostileEngine, answer
from tests.kit.images import build
from tests.kit.oci import oci_archive
from tests.kit.polite import polite_image
from tests.sources.docker.test_export import script_of, stream

POLITE = polite_image()
BUILT = build(POLITE)
CONTAINERD = [["driver-type", "io.containerd.snapshotter.v1"]]


def info(root: Path, driver: str = "overlay2", status: object = None) -> dict[str, Answer]:
    return {"/info": answer({"DockerRootDir": str(root), "Driver": driver, "DriverStatus": status})}


def methods(image: Image) -> set[str]:
    return {layer.content.method for layer in image.layers if isinstance(layer.content, StoredTree)}


def books(root: Path, *, config: bytes | None) -> None:
    """The beginning of Docker's books: no layers in them, and perhaps one image's config."""
    for name in ("image/overlay2/layerdb/sha256", "image/overlay2/imagedb/content/sha256", "overlay2"):
        (root / name).mkdir(parents=True)
    if config is not None:
        (root / "image/overlay2/imagedb/content/sha256" / BUILT.image_id[7:]).write_bytes(config)


@pytest.mark.parametrize("config", [None, BUILT.config, b"{}", b""])
def test_books_that_are_another_hosts_or_half_written_are_passed_over(tmp_path: Path, config: bytes | None) -> None:
    """A forwarded socket names a directory that may exist here too; a digest tells whether it is the right one."""
    books(tmp_path, config=config)
    script = script_of(BUILT, stream(docker_archive([POLITE]))) | info(tmp_path)
    with HostileEngine(script) as engine:
        image = open_engine(Endpoint(engine.host)).entries()[0].open()
        assert methods(image) == {"the engine's export"}
        loaded = load(image)
    assert loaded.problems == ()
    assert merged_lines(loaded.squash) == expected_polite.MERGED


@pytest.mark.parametrize(
    "said",
    [
        answer({"message": "not allowed"}, 403),
        answer({}),
        answer({"DockerRootDir": "relative/../x"}),
        answer({"DockerRootDir": "/nowhere", "Driver": "btrfs"}),
        answer({"DockerRootDir": "/nowhere", "Driver": "overlayfs", "DriverStatus": CONTAINERD}),
        answer({"DockerRootDir": 3}),
    ],
)
def test_without_a_word_about_its_files_the_api_is_used(said: Answer) -> None:
    with HostileEngine(script_of(BUILT, stream(docker_archive([POLITE]))) | {"/info": said}) as engine:
        image = open_engine(Endpoint(engine.host)).entries()[0].open()
        assert methods(image) == {"the engine's export"}


@pytest.mark.skipif(containerd_daemon.why_not() is not None, reason=str(containerd_daemon.why_not()))
def test_the_containerd_image_store_is_read_from_its_content_store(tmp_path: Path) -> None:
    """As Docker with that store tells it: an image's ID is its manifest's digest, its root holds containerd's."""
    try:
        daemon = Containerd()
    except RuntimeError as error:
        pytest.skip(f"containerd does not start here: {error}")
    with daemon:
        (tmp_path / "polite.tar").write_bytes(oci_archive([POLITE], compression="gzip"))
        daemon.ctr("images", "import", "--base-name", "polite", tmp_path / "polite.tar", namespace="moby")
        listed = daemon.ctr("images", "ls", namespace="moby").splitlines()[1].split()
        (tmp_path / "root" / "containerd").mkdir(parents=True)
        (tmp_path / "root" / "containerd" / "daemon").symlink_to(daemon.root)
        script = {
            "/images/json": answer([{"Id": listed[2], "RepoTags": ["polite:1"], "Created": 1, "Size": 2}]),
            "/containers/json": answer([]),
            **info(tmp_path / "root", "overlayfs", CONTAINERD),
        }
        with HostileEngine(script) as engine:
            image = open_engine(Endpoint(engine.host)).entries()[0].open()
            loaded = load(image)
            assert [request.split(" ")[1] for request in engine.requests] == [
                *("/version", "/v1.41/images/json", "/v1.41/containers/json?all=1", "/v1.41/info")
            ]
    assert (image.reference, image.tags) == ("polite:1", ("polite:1",))
    assert str(image.image_id) == build(POLITE, "gzip").image_id
    assert loaded.problems == ()
    assert merged_lines(loaded.squash) == expected_polite.MERGED


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="setpriv is not installed")
def test_without_the_capability_a_container_is_asked_of_the_engine(live_engine: Dockerd) -> None:
    """Overlay's marks are invisible to this process then, and deleted files would come back."""
    program = (
        "import json, sys\n"
        "from layertui.sources.docker.engine import open_engine\n"
        "from layertui.sources.docker.endpoint import Endpoint\n"
        "for entry in open_engine(Endpoint(sys.argv[1])).entries():\n"
        "    if entry.reference == 'changed':\n"
        "        print(json.dumps([layer.content.method for layer in entry.open().layers]))\n"
    )
    without = ["setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin"]
    command = [*without, sys.executable, "-c", program, live_engine.host]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    *below, writable = json.loads(done.stdout)
    assert set(below) == {"Docker's books (tar-split)"}  # these need no marks from the disk
    assert writable == "the engine's list of changes and export"
