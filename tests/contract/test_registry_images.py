"""An image in a registry lists the same as the archive that it came from, whatever its layers are stored as."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from layertui.layer.read import read_layer
from layertui.layer.version import open_version
from layertui.sources.registry import layer as remote
from layertui.sources.registry.layer import RemoteLayer
from layertui.sources.registry.tags import open_tags
from layertui.sources.resolve import open_reference
from tests.contract.forms import load
from tests.contract.listing import diff_lines, merged_lines
from tests.contract.registry_daemon import Registry, why_not
from tests.kit.docker import docker_archive
from tests.kit.entries import directory, file
from tests.kit.estargz import estargz
from tests.kit.polite import polite_image
from tests.kit.seekable import seekable_layout
from tests.kit.zstdchunked import zstd_chunked

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))

WAYS = {
    "docker-gzip": ("--format", "v2s2"),
    "oci-gzip": ("--format", "oci"),
    "oci-zstd": ("--format", "oci", "--dest-compress-format", "zstd"),
    "estargz": (),
    "zstd-chunked": (),
}
"""Tags, and how skopeo makes them of the archive; the last two come from layouts of our own."""

LARGE = [directory("big"), *(file(f"big/{n}", random.Random(n).randbytes(2 << 20)) for n in range(6)), file("z", "end")]


@dataclass(frozen=True, slots=True)
class Filled:
    """A registry with the polite image in all ways, and the archive that it came from."""

    registry: Registry
    archive: Path

    def name(self, tag: str, repository: str = "team/polite") -> str:
        """A reference to an image in it."""
        return f"docker://{self.registry.host}/{repository}:{tag}"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    root = tmp_path_factory.mktemp("images")
    spec = polite_image()
    (root / "image.tar").write_bytes(docker_archive([spec]))
    layouts = {
        "estargz": seekable_layout(root / "estargz", list(map(estargz, spec.layers)), "gzip"),
        "zstd-chunked": seekable_layout(root / "chunked", list(map(zstd_chunked, spec.layers)), "zstd"),
    }
    with Registry() as registry:
        for tag, options in WAYS.items():
            registry.push(layouts.get(tag, f"docker-archive:{root}/image.tar"), f"team/polite:{tag}", *options)
        registry.push(seekable_layout(root / "large", [estargz(LARGE)], "gzip"), "team/large:1")
        yield Filled(registry, root / "image.tar")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is kept from another test, and nobody's credentials are used."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.mark.parametrize("tag", WAYS)
def test_it_lists_the_same_as_the_archive(tag: str, filled: Filled, monkeypatch: pytest.MonkeyPatch) -> None:
    by_table = tag in ("estargz", "zstd-chunked")
    monkeypatch.setattr(remote, "SEEK_FROM_BYTES", 0 if by_table else 1 << 20)
    _, _, expected = load(str(filled.archive))
    image, trees, squash = load(filled.name(tag))
    assert merged_lines(squash) == merged_lines(expected)
    for layer in range(len(trees)):
        assert diff_lines(squash, layer) == diff_lines(expected, layer)
    methods = {layer.content.method for layer in image.layers if isinstance(layer.content, RemoteLayer)}
    assert len(methods) == 1
    assert ("table of contents" in methods.pop()) == by_table
    assert [tree.verified for tree in trees] == [("table of contents",) if by_table else ("digest", "diff ID")] * len(
        trees
    )


def test_a_layer_is_sent_once_whatever_brings_it(filled: Filled) -> None:
    image, _, _ = load(filled.name("docker-gzip"))
    sent = filled.registry.sent_bytes()
    again, _, _ = load(filled.name("oci-gzip"))
    assert [layer.digest for layer in again.layers] == [layer.digest for layer in image.layers]
    assert filled.registry.sent_bytes() - sent <= len(again.raw_config)


def test_an_estargz_sends_its_table_and_the_chunks_that_are_read(filled: Filled) -> None:
    opened = open_reference(filled.name("1", "team/large"))
    assert opened.chosen is not None
    content = opened.chosen.open().layers[0].content
    assert isinstance(content, RemoteLayer)
    digest = content.descriptor.digest
    assert filled.registry.sent_bytes(digest) == 0
    tree = read_layer(content)
    listed = filled.registry.sent_bytes(digest)
    assert 0 < listed <= content.descriptor.size_bytes // 100
    blob = open_version(content, tree, tree.columns.keys.index(b"big\x003"))
    assert blob.read_at(0, blob.size_bytes) == random.Random(3).randbytes(2 << 20)
    assert filled.registry.sent_bytes(digest) - listed <= (2 << 20) + 10_000


def test_all_tags_are_listed_and_opened_when_asked(filled: Filled) -> None:
    source = open_tags(filled.name("").rstrip(":"))
    assert [name.rpartition(":")[2] for entry in source.entries() for name in entry.tags] == sorted(WAYS)
    facts = source.look("oci-gzip", created=True)
    assert [platform.text for platform in facts.platforms] == ["linux/amd64"]
    assert facts.created == "2024-01-02T03:04:05Z"
