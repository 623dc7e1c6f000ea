"""One image built by a real Dockerfile, through every way in which a host holds it: the same listing each time."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from layertui.image.image import Image
from layertui.layer.columns import Kind
from layertui.layer.read import layer_window
from layertui.sources.docker.endpoint import Endpoint
from layertui.sources.docker.engine import open_engine
from layertui.sources.resolve import open_reference, pick
from layertui.stack.squash import Squash
from tests.contract import containerd_daemon, dockerd, expected_polite, podman_store
from tests.contract.containerd_daemon import Containerd
from tests.contract.dockerd import Dockerd
from tests.contract.forms import fold_image
from tests.contract.listing import diff_lines, merged_lines
from tests.contract.podman_store import PodmanStore
from tests.contract.test_docker_save import INIT_LAYER, exported, listed
from tests.contract.test_oracles import needs_skopeo, run, without_links
from tests.kit.docker import docker_archive
from tests.kit.polite import polite_image
from tests.sources.containerd.stores import discard_blobs
from tests.sources.docker.held import DOCKERFILE, NOT_BUSYBOX, base_tar, has_busybox

NAMES = ("built:1", "polite:1")
"""An image that the engine built, and one of known content that it loaded."""


@dataclass(frozen=True, slots=True)
class Host:
    """Everything that holds the two images."""

    docker: Dockerd
    podman: PodmanStore
    containerd: Containerd
    unpacked: Containerd
    """As Kubernetes leaves it with discard_unpacked_layers: the layers are there as snapshots only."""
    saved: dict[str, Path]
    """`docker save`, by name."""
    directory: Path
    """For copies and layouts."""


def _why_not() -> str | None:
    reasons = (dockerd.why_not(), podman_store.why_not(), containerd_daemon.why_not())
    return next((reason for reason in reasons if reason), None if has_busybox() else NOT_BUSYBOX)


pytestmark = pytest.mark.skipif(_why_not() is not None, reason=str(_why_not()))


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    where = tmp_path_factory.mktemp("host")
    with ExitStack() as stack:
        try:
            docker = stack.enter_context(Dockerd())
            podman = stack.enter_context(PodmanStore())
            containerd, unpacked = stack.enter_context(Containerd()), stack.enter_context(Containerd())
        except RuntimeError as error:
            pytest.skip(f"an engine does not start here: {error}")
        (where / "base.tar").write_bytes(base_tar())
        (where / "polite.tar").write_bytes(docker_archive([polite_image()]))
        files = where / "context" / "files"
        files.mkdir(parents=True)
        (files / "server").write_bytes(b"listens" * 1000)
        (where / "context" / "Dockerfile").write_text(DOCKERFILE)
        docker.import_tar(where / "base.tar", "base:1")
        docker.build(where / "context", "built:1")
        docker.docker("load", "-i", where / "polite.tar")
        saved = {}
        for name in NAMES:
            saved[name] = where / f"{name.replace(':', '-')}.tar"
            docker.docker("save", "-o", saved[name], name)
            podman.load(saved[name].read_bytes())
            containerd.ctr("images", "import", saved[name])
            unpacked.ctr("images", "import", saved[name])
            discard_blobs(unpacked, opened(f"containerd:{unpacked.root}:{name}"))
        run("cp", "-a", docker.data_root / "overlay2", where / "overlay2")
        yield Host(docker, podman, containerd, unpacked, saved, where)


def opened(reference: str) -> Image:
    """The image that a reference means."""
    chosen = open_reference(reference).chosen
    assert chosen is not None
    return chosen.open()


def engine(host: Host, name: str, *, use_disk: bool) -> Image:
    """An image through the engine's socket."""
    chosen = pick(open_engine(Endpoint(host.docker.host), use_disk=use_disk), name).chosen
    assert chosen is not None
    return chosen.open()


def without_books(host: Host, name: str) -> Image:
    """The stack among bare layer directories whose top is the image's."""
    top = engine(host, name, use_disk=True).layers[-1].chain_id
    assert top is not None
    cache_id = (host.docker.data_root / "image/overlay2/layerdb/sha256" / top.hex / "cache-id").read_text()
    return opened(f"overlay2:{host.directory}/overlay2:{cache_id}")


def layout(host: Host, name: str) -> Image:
    """A copy by skopeo, which compresses it."""
    directory = host.directory / f"layout-{name.partition(':')[0]}"
    if not directory.exists():
        run("skopeo", "--insecure-policy", "copy", f"docker-archive:{host.saved[name]}", f"oci:{directory}:{name}")
    return opened(f"oci:{directory}:{name}")


Way = Callable[[Host, str], Image]

SAVED = "docker-archive: docker save"
"""What all others are compared with."""

EXACT: dict[str, Way] = {
    SAVED: lambda host, name: opened(f"{host.saved[name]}"),
    "oci: copied by skopeo": layout,
    "docker-daemon: its books": lambda host, name: engine(host, name, use_disk=True),
    "docker-daemon: its export": lambda host, name: engine(host, name, use_disk=False),
    "overlay2: its books": lambda host, name: opened(f"overlay2:{host.docker.data_root}:{name}"),
    "containers-storage: tar-split": lambda host, name: opened(
        f"containers-storage:[overlay@{host.podman.root}]{name}"
    ),
    "containerd: blobs": lambda host, name: opened(f"containerd:{host.containerd.root}:{name}"),
}
"""Ways to the layers' own tars, or to their headers, by scheme and how."""

WALKED: dict[str, Way] = {
    "overlay2: no books": without_books,
    "containerd: snapshots": lambda host, name: opened(f"containerd:{host.unpacked.root}:{name}"),
}
"""Ways on which a directory is walked."""


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("way", EXACT)
@needs_skopeo
def test_the_same_listing_through(way: str, name: str, host: Host) -> None:
    image = EXACT[way](host, name)
    squash = fold_image(image)
    saved = fold_image(EXACT[SAVED](host, name))
    assert merged_lines(squash) == merged_lines(saved)
    # A checksum in the books can prove what sizes leave open.
    assert [settled(squash, layer) for layer in range(len(image.layers))] == [
        settled(saved, layer) for layer in range(len(image.layers))
    ]
    if name == "polite:1":
        assert merged_lines(squash) == expected_polite.MERGED
    assert [layer.diff_id for layer in image.layers] == [
        layer.diff_id for layer in opened(str(host.saved[name])).layers
    ]
    assert contents(image, squash) == contents(opened(str(host.saved[name])), saved)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("way", WALKED)
def test_a_walk_differs_only_where_it_must(way: str, name: str, host: Host) -> None:
    """Hard links are compared as groups, times to the second, and parents that no layer holds are aside."""
    image = WALKED[way](host, name)
    squash = fold_image(image)
    saved_image = opened(str(host.saved[name]))
    saved = fold_image(saved_image)
    implied = {line.split(" ", 2)[2] for line in merged_lines(saved) if " implied " in line}
    assert groups(squash) == groups(saved)
    assert loosely(squash, implied) == loosely(saved, implied)
    assert contents(image, squash) == contents(saved_image, saved)


def test_docker_exports_what_we_list(host: Host, tmp_path: Path) -> None:
    container = host.docker.docker("create", "built:1").strip()
    host.docker.docker("export", "-o", tmp_path / "export.tar", container)
    host.docker.docker("rm", container)
    theirs = {entry for entry in exported((tmp_path / "export.tar").read_bytes()) if entry[0] not in INIT_LAYER}
    assert listed(fold_image(EXACT["docker-daemon: its books"](host, "built:1"))) == theirs


def settled(squash: Squash, layer: int) -> list[str]:
    """A layer's diff, where `?` says no more than `~`."""
    return [line.replace("~", "?", 1) if line.startswith("~") else line for line in diff_lines(squash, layer)]


def loosely(squash: Squash, implied: set[str]) -> list[str]:
    """The merged tree as a walk can know it."""
    found = []
    for line in without_links(merged_lines(squash)):
        kind, *rest = line.split(" ")
        if rest[0] == "implied" or " ".join(rest[4:]) in implied:
            continue
        rest[3] = f"{int(float(rest[3]) // 1):+d}"
        found.append(" ".join([kind, *rest]))
    return found


def groups(squash: Squash) -> set[frozenset[bytes]]:
    """Names of the same inode, whichever of them the listing takes for the file."""
    found: dict[tuple[int, int], set[bytes]] = defaultdict(set)
    for position, shown in enumerate(squash.merged_mask(squash.top)):
        if shown and squash.kind(position) in (Kind.FILE, Kind.HARDLINK):
            tree, row = squash.data_position(position)
            found[id(tree), row].add(squash.path(position))
    return {frozenset(names) for names in found.values() if len(names) > 1}


def contents(image: Image, squash: Squash) -> dict[bytes, bytes]:
    """What is in every file of the merged tree; a compressed layer is read from its beginning for each."""
    found = {}
    for position, shown in enumerate(squash.merged_mask(squash.top)):
        size = squash.size_bytes(position)
        if not shown or not size or squash.kind(position) not in (Kind.FILE, Kind.HARDLINK):
            continue
        tree, row = squash.data_position(position)
        content = image.layers[squash.trees.index(tree)].content
        assert content is not None
        found[squash.path(position)] = layer_window(content, tree).fetch(tree.columns.offsets[row], size)[:size]
    return found
