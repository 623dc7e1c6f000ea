"""A containerd for each module, and the polite image in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.containerd_daemon import Containerd
from tests.kit.docker import docker_archive
from tests.kit.polite import polite_image
from tests.sources.containerd.stores import POLITE, entries


@pytest.fixture(scope="module")
def daemon() -> Iterator[Containerd]:
    try:
        containerd = Containerd()
    except RuntimeError as error:
        pytest.skip(f"containerd does not start here: {error}")
    with containerd:
        yield containerd


@pytest.fixture(scope="module")
def archive(daemon: Containerd) -> Path:
    """The polite image, in the default namespace unpacked, in Kubernetes' under the names that CRI gives."""
    path = daemon.directory / "polite.tar"
    path.write_bytes(docker_archive([polite_image()]))
    daemon.ctr("images", "import", path)
    daemon.ctr("images", "import", "--no-unpack", path, namespace="k8s.io")
    found = entries(daemon.root)[POLITE]
    assert found.record is not None
    digest_name = f"docker.io/library/polite@{found.digest}"
    for name in ("registry.k8s.io/polite:v1", digest_name, found.record.image_id, f"moby-dangling@{found.digest}"):
        daemon.ctr("images", "tag", POLITE, name, namespace="k8s.io")
    return path
