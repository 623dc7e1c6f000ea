"""Storage directories damaged at random: each is read or refused in a sentence, and nothing outside is touched.

`python -m tests.sources.test_mutants FIRST LAST` tries more seeds than the suite does, and says what went wrong.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from layertui.errors import LayertuiError
from tests.kit.aufs import aufs_store
from tests.kit.bolt import Tree
from tests.kit.docker_root import DockerRoot
from tests.kit.entries import directory, file, whiteout
from tests.kit.images import ImageSpec
from tests.kit.mutate import OUTSIDE, Mutant, make_outside, state_of
from tests.kit.overlay2 import overlay2_store
from tests.kit.polite import polite_image, polite_layers
from tests.sources.containerd.made import SNAPSHOTTER, put_image, write_numbers, write_root
from tests.sources.guarded import Watch, read_all, within
from tests.sources.podman.made import OTHER, SPEC, MadeStore

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make overlay's markers and devices")

CHANGED = (file("new", "n"), directory("etc"), whiteout("etc/motd"))
INIT = (directory("etc"), file("etc/hosts"))
LIMIT_S = 6.0
"""A mutant takes some hundredths of a second."""


def docker(root: Path) -> None:
    made = DockerRoot(root)
    made.add_image(SPEC)
    made.add_container(polite_image(), CHANGED, "web", init=INIT)


def docker_without_tar_split(root: Path) -> None:
    DockerRoot(root, tar_split=False).add_container(polite_image(), CHANGED, "web", init=INIT)


def docker_aufs(root: Path) -> None:
    DockerRoot(root, "aufs").add_container(polite_image(), CHANGED, "web", init=INIT)


def overlay2(root: Path) -> None:
    overlay2_store(root, [polite_layers(), SPEC.layers])


def aufs(root: Path) -> None:
    aufs_store(root, polite_layers())


def podman(root: Path, driver: str = "overlay") -> None:
    made = MadeStore(root, driver)
    image = made.add(SPEC)
    made.add(OTHER, ("localhost/other:1",))
    (made.container("web", image) / "new").write_text("n")


def podman_vfs(root: Path) -> None:
    podman(root, "vfs")


def containerd(root: Path) -> None:
    """An image with its blobs, one that has only its snapshot, and a container."""
    spec = ImageSpec(layers=(SPEC.layers[0],))
    gone = ImageSpec(layers=(OTHER.layers[0], (file("gone", "1"),)))
    images: Tree = {b"docker.io/library/a:1": put_image(root, spec), b"docker.io/library/b:1": put_image(root, gone)}
    container: Tree = {b"image": b"docker.io/library/a:1", b"snapshotter": b"overlayfs", b"snapshotKey": b"c"}
    snapshots: Tree = {b"c": {b"name": b"default/1/c", b"parent": b""}}
    held: Tree = {b"images": images, b"containers": {b"c": container}, b"snapshots": {b"overlayfs": snapshots}}
    write_root(root, {b"default": held})
    write_numbers(root, {"default/1/c": 1})
    (root / SNAPSHOTTER / "snapshots/1/fs").mkdir(parents=True)
    (root / SNAPSHOTTER / "snapshots/1/fs/new").write_text("n")


STORES: dict[str, Callable[[Path], None]] = {
    "docker": docker,
    "docker without tar-split": docker_without_tar_split,
    "docker on aufs": docker_aufs,
    "overlay2": overlay2,
    "aufs": aufs,
    "podman": podman,
    "podman on vfs": podman_vfs,
    "containerd": containerd,
}


def wrong_with(store: Path, seed: int, parent: Path) -> list[str]:
    """What reading a mutant of a store does that it may not."""
    copy = parent / "mutant"
    subprocess.run(["rm", "-rf", str(copy)], check=True)
    subprocess.run(["cp", "-a", str(store), str(copy)], check=True)
    outside = state_of(parent / OUTSIDE)
    changes = Mutant(copy, seed).changes
    assert state_of(parent / OUTSIDE) == outside  # the tool itself stays in its copy
    watch = Watch(copy)
    said: list[LayertuiError] = []
    with within(LIMIT_S), watch.on():
        read_all(copy, said.append)
    wrong = [*watch.bad, *(f"says what is outside: {error.message}" for error in said if "secret" in error.message)]
    return [f"{what} after {changes}" for what in wrong]


@pytest.mark.parametrize("name", STORES)
def test_a_damaged_store_is_read_or_refused(name: str, tmp_path: Path) -> None:
    make_outside(tmp_path)
    STORES[name](tmp_path / "store")
    with within(LIMIT_S):
        assert read_all(tmp_path / "store") > 1  # as long as it is whole
    for seed in range(15):
        assert wrong_with(tmp_path / "store", seed, tmp_path) == []


def main(first: int, last: int) -> None:
    """Try every store with these seeds; a failure ends it with its traceback, behind the seed's line."""
    for name, make in STORES.items():
        with tempfile.TemporaryDirectory(prefix="lt-mutants-") as parent:
            make_outside(Path(parent))
            make(Path(parent) / "store")
            for seed in range(first, last):
                print(f"\r{name}: {seed}", end="", flush=True)
                for wrong in wrong_with(Path(parent) / "store", seed, Path(parent)):
                    print(f"\n{wrong}")
        print()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
