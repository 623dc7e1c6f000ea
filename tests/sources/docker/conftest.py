"""A running Docker engine for the tests that ask one, and what another left on disk for those that read its books."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.dockerd import Dockerd, why_not
from tests.kit.docker import docker_archive
from tests.kit.polite import polite_image
from tests.sources.docker.held import CHANGES, DOCKERFILE, NOT_BUSYBOX, Held, base_tar, has_busybox, hold, started


@pytest.fixture(scope="session")
def live_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dockerd]:
    """A real engine with images that were built, a dangling one, and containers; tests of several files share it."""
    if why_not() is not None:
        pytest.skip(str(why_not()))
    if not has_busybox():
        pytest.skip(NOT_BUSYBOX)
    where = tmp_path_factory.mktemp("engine")
    try:
        docker = Dockerd()
    except RuntimeError as error:
        pytest.skip(f"dockerd does not start here: {error}")
    with docker:
        (where / "base.tar").write_bytes(base_tar())
        docker.import_tar(where / "base.tar", "base:1")
        files = where / "context" / "files"
        files.mkdir(parents=True)
        (files / "server").write_bytes(b"listens" * 1000)
        (where / "context" / "Dockerfile").write_text(DOCKERFILE)
        docker.build(where / "context", "built:1")
        docker.docker("tag", "built:1", "registry.example:5000/team/built:2")
        (where / "context" / "Dockerfile").write_text("FROM base:1\nRUN touch /a\nLABEL kind=dangling\n")
        docker.build(where / "context", "dangling:1")
        docker.docker("tag", "base:1", "dangling:1")  # its name goes to another
        (where / "polite.tar").write_bytes(docker_archive([polite_image()]))
        docker.docker("load", "-i", where / "polite.tar")
        docker.docker("run", "--network", "none", "--name", "changed", "built:1", "sh", "-ec", CHANGES)
        docker.docker("create", "--network", "none", "--name", "fresh", "built:1")
        docker.docker("run", "-d", "--network", "none", "--name", "living", "base:1", "sleep", "1000")
        docker.docker("commit", "changed", "committed:1")
        yield docker
        docker.docker("kill", "living")


@pytest.fixture(scope="session")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Held]:
    """What an engine holds and said, once it was ended; its data root is not to be changed."""
    with started() as docker:
        yield hold(docker, tmp_path_factory.mktemp("held"))


@pytest.fixture
def copied(held: Held, tmp_path: Path) -> Path:
    """A copy of that data root to damage: the books as files of its own, layers as hard links."""
    root = tmp_path / "copied"
    root.mkdir()
    for name in ("image", "containers"):
        shutil.copytree(held.data_root / name, root / name)
    subprocess.run(["cp", "-al", held.data_root / "overlay2", root / "overlay2"], check=True)
    return root
