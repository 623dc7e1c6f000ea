"""The store of a real containerd, read while the daemon runs."""

import subprocess
import threading
from pathlib import Path

import pytest

from layertui.errors import DamagedError, LayertuiError, NotFoundError
from layertui.image.digest import Digest
from layertui.image.image import Naming
from layertui.image.platform import Platform
from layertui.layer.stored import StoredTree
from layertui.sources.containerd import directory
from layertui.sources.containerd.listing import list_store
from layertui.sources.containerd.metadata import read_namespaces
from layertui.sources.containerd.store import ContentStore, open_docker_store
from layertui.sources.select import choose
from layertui.sources.target import Target
from tests.contract import expected_polite
from tests.contract.containerd_daemon import Containerd, why_not
from tests.contract.forms import load as load_reference
from tests.contract.listing import diff_lines, merged_lines
from tests.contract.test_oracles import without_links
from tests.kit.docker import docker_archive
from tests.kit.polite import polite_image
from tests.sources.containerd.stores import POLITE, collect, discard_blobs, entries, image_of, load, put

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))


def test_what_is_listed_is_what_the_same_archive_holds(daemon: Containerd, archive: Path) -> None:
    image = entries(daemon.root)[POLITE].open()
    trees, squash = load(image)
    theirs, _, their_squash = load_reference(str(archive))
    assert merged_lines(squash) == merged_lines(their_squash) == expected_polite.MERGED
    assert [diff_lines(squash, layer) for layer in range(5)] == expected_polite.DIFFS
    assert (image.image_id, image.steps) == (theirs.image_id, theirs.steps)
    assert len(trees) == 5


def test_namespaces_stand_before_names_and_names_of_one_image_together(daemon: Containerd, archive: Path) -> None:
    listing = list_store(ContentStore(daemon.root, "the store"))
    images = [entry for entry in listing.entries() if entry.kind == "image"]
    own, other = (entry for entry in images if entry.tags[0].endswith(POLITE))
    assert own.reference == POLITE
    assert own.tags == (POLITE,)
    assert other.tags == (f"k8s.io/{POLITE}", "k8s.io/registry.k8s.io/polite:v1")
    assert other.record is not None
    assert other.record.repo_digests == (f"docker.io/library/polite@{own.digest}",)
    for text, meant in ((POLITE, own), ("polite:1", own), (f"k8s.io/{POLITE}", other), ("polite:v1", other)):
        assert choose(images, text, None, "the store") is meant
    listing = list_store(ContentStore(daemon.root, "the store"), "k8s.io")
    assert listing.entries()[0].tags == (POLITE, "registry.k8s.io/polite:v1")


def test_sizes_are_those_of_the_client(daemon: Containerd, archive: Path) -> None:
    record = entries(daemon.root)[POLITE].record
    assert record is not None
    assert record.size_bytes is not None
    assert f" {record.size_bytes / 1024:.1f} KiB " in daemon.ctr("images", "ls")
    assert record.created == "2024-01-02T03:04:05Z"
    assert record.labels["org.opencontainers.image.title"] == "polite"


def everything_written(root: Path) -> dict[Path, tuple[int, int, int]]:
    """When each file below a directory was last written to or changed, and its size."""
    found = {}
    for path in (root, *root.rglob("*")):
        status = path.lstat()
        found[path] = (status.st_mtime_ns, status.st_ctime_ns, status.st_size)
    return found


def test_nothing_in_the_store_is_written(daemon: Containerd, archive: Path) -> None:
    before = everything_written(daemon.root)
    for entry in entries(daemon.root).values():
        if entry.kind in ("image", "container"):
            load(entry.open())
    assert everything_written(daemon.root) == before


def test_of_several_platforms_those_that_were_fetched_are_listed(daemon: Containerd) -> None:
    specs = [image_of(name, tag="multi:1", architecture=name) for name in ("arm64", "s390x", "amd64")]
    put(daemon, specs, "--all-platforms", "--no-unpack", namespace="multi", nested=True, attestations=True)

    def listed() -> list[tuple[str, Platform | None]]:
        store = ContentStore(daemon.root, "the store")
        return [
            (entry.kind, entry.platform)
            for entry in list_store(store).entries()
            if entry.reference.startswith("multi/") or entry.kind == "attestation"
        ]

    everything = listed()
    record = entries(daemon.root)["multi/docker.io/library/multi:1"].record
    assert record is not None
    assert record.size_bytes is not None
    assert f" {record.size_bytes / 1024:.1f} KiB " in daemon.ctr("images", "ls", namespace="multi")
    assert [kind for kind, _ in everything].count("image") == 3
    assert [kind for kind, _ in everything].count("attestation") == 1
    store = open_docker_store(daemon.root, "multi")
    target = next(
        Digest(image.target.digest)
        for namespace in read_namespaces(daemon.root, "the store")
        for image in namespace.images
        if namespace.name == "multi"
    )
    image = store.image(target, Naming("m", ("m:1",), target, Platform("linux", "s390x")))
    assert image.config.architecture == "s390x"
    assert image.tags == ("m:1",)
    with pytest.raises(NotFoundError, match="but not for linux/riscv64"):
        store.image(target, Naming("m", platform=Platform("linux", "riscv64")))
    for entry in list_store(store.store).entries():
        if entry.platform is not None and entry.platform.architecture != "s390x" and entry.tags[0].startswith("multi/"):
            daemon.ctr("content", "rm", entry.digest, namespace="multi")
    collect(daemon, "multi")
    assert [platform for kind, platform in listed() if kind != "attestation"] == [Platform("linux", "s390x")]


def test_layers_whose_blobs_were_discarded_are_read_from_their_snapshots(daemon: Containerd) -> None:
    path = daemon.directory / "again.tar"
    path.write_bytes(docker_archive([polite_image()], compression="gzip"))  # blobs that no other namespace has
    daemon.ctr("images", "import", path, namespace="discarded")
    reference = f"discarded/{POLITE}"
    whole = entries(daemon.root)[reference].open()
    discard_blobs(daemon, whole, "discarded")
    image = entries(daemon.root)[reference].open()
    methods = {layer.content.method for layer in image.layers if isinstance(layer.content, StoredTree)}
    assert methods == {"a walk of its snapshot"}
    assert image.warnings == whole.warnings
    _, squash = load(image)
    assert without_links(merged_lines(squash)) == without_links(expected_polite.MERGED)
    # Of two hard links the first name in the order of the walk is the file.
    changed = [set(diff_lines(squash, layer)) ^ set(expected_polite.DIFFS[layer]) for layer in range(5)]
    assert {line.split()[-1] for lines in changed for line in lines} == {"usr/bin/alias", "usr/bin/tool"}


def test_a_layer_that_is_nowhere_says_so_and_the_others_can_be_read(daemon: Containerd) -> None:
    put(daemon, [image_of("nowhere", tag="nowhere:1")], "--no-unpack", namespace="nowhere")
    image = entries(daemon.root)["nowhere/docker.io/library/nowhere:1"].open()
    discard_blobs(daemon, image, "nowhere")
    layer = entries(daemon.root)["nowhere/docker.io/library/nowhere:1"].open().layers[0]
    assert layer.content is None
    assert isinstance(layer.problem, DamagedError)
    assert layer.problem.message.startswith("layer 0: blob sha256:")
    assert "No snapshot holds it either." in layer.problem.message


def test_a_snapshotter_that_keeps_no_layers_as_directories_is_named(daemon: Containerd) -> None:
    spec = image_of("native", tag="native:1")
    put(daemon, [spec], "--snapshotter", "native", namespace="native")
    daemon.ctr("containers", "create", "--snapshotter", "native", spec.tags[0], "n", namespace="native")
    image = entries(daemon.root)["native/n"].open()
    assert image.layers[0].content is not None
    problem = image.layers[1].problem
    assert problem is not None
    assert "is kept by native" in problem.message


def test_many_names_are_those_of_the_client_while_it_makes_more(daemon: Containerd) -> None:
    put(daemon, [image_of("many", tag="many:1")], "--no-unpack", namespace="many")
    name = "docker.io/library/many:1"
    problems: list[LayertuiError] = []
    counts: list[int] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            try:
                found = read_namespaces(daemon.root, "the store")
                counts.append(sum(len(namespace.images) for namespace in found if namespace.name == "many"))
            except LayertuiError as problem:
                problems.append(problem)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for start in range(0, 300, 15):
            names = [f"registry.example/a/name/that/is/long/{number}:1" for number in range(start, start + 15)]
            daemon.ctr("images", "tag", name, *names, namespace="many")
    finally:
        done.set()
        reader.join()
    assert problems == []
    assert counts == sorted(counts)
    assert len(set(counts)) > 10  # it was read while names were added
    (found,) = (one for one in read_namespaces(daemon.root, "the store") if one.name == "many")
    assert [image.name for image in found.images] == daemon.names("many")
    assert len(found.images) == 301
    (entry,) = (entry for entry in entries(daemon.root).values() if entry.reference.startswith("many/"))
    assert len(entry.tags) == 301


def test_a_copy_of_a_dead_hosts_store_is_read_from_its_directory(
    daemon: Containerd, archive: Path, tmp_path: Path
) -> None:
    subprocess.run(["cp", "-a", daemon.root, tmp_path / "root"], check=True)
    target = Target.at(tmp_path / "root", str(tmp_path / "root"), lambda _: None)
    assert directory.sniff(target)
    entry = choose(directory.open_source(target).entries(), POLITE, None, "the store")
    assert entry is not None
    _, squash = load(entry.open())
    assert merged_lines(squash) == expected_polite.MERGED
    content = tmp_path / "root/io.containerd.content.v1.content/blobs/sha256"
    assert entry.digest is not None
    (content / entry.digest.hex).write_text("{}")
    broken = choose(directory.open_source(target).entries(), POLITE, None, "the store")
    assert broken is not None
    assert broken.kind == "broken"
    assert not directory.sniff(Target.at(tmp_path, str(tmp_path), lambda _: None))
