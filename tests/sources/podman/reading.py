"""What tests of Podman's stores do alike: read all layers of an image, and say what is in them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from layertui.image.image import Image
from layertui.layer.columns import Kind
from layertui.layer.read import layer_window, read_layer
from layertui.layer.tree import Entry, LayerTree
from layertui.sources.base import ImageEntry, Listing
from layertui.sources.podman.store import ContainersStorage
from layertui.stack.fold import fold
from layertui.stack.squash import Squash
from tests.contract.listing import merged_lines
from tests.contract.podman_store import PodmanStore


def listing(store: PodmanStore, additional: Sequence[Path] = ()) -> Listing:
    return ContainersStorage.open(store.root, store.driver, additional=additional).listing()


def named(source: Listing, reference: str) -> ImageEntry:
    """The one entry that is called so."""
    (found,) = [entry for entry in source.entries() if entry.reference == reference]
    return found


def read(image: Image) -> tuple[list[LayerTree], Squash]:
    """All layers of an image, which must be without fault, and what they make together."""
    trees = []
    for layer in image.layers:
        assert layer.problem is None
        assert layer.content is not None
        tree = read_layer(layer.content)
        assert tree.damage is None
        assert tree.problems == ()
        trees.append(tree)
    return trees, fold(trees, layer_count=len(trees))


def contents(image: Image, number: int, tree: LayerTree) -> dict[bytes, bytes]:
    """The content of every file of one layer, by its path."""
    content = image.layers[number].content
    assert content is not None
    window = layer_window(content, tree)
    found = {}
    for row, entry in enumerate(tree.entries()):
        if entry.kind is Kind.FILE and row not in tree.columns.metacopies:
            size = tree.columns.sizes[row]
            found[entry.path] = window.fetch(tree.columns.offsets[row], size)[:size]
    return found


def as_committed(tree: LayerTree) -> list[Entry | tuple[bytes, str]]:
    """A layer's entries in tree order as a commit has them: mtimes in seconds, and of whiteouts the path alone.

    A user's Podman commits some of overlay's own attributes by mistake; they are left out.
    """
    entries = [entry for entry in map(tree.entry, tree.order) if not entry.implied]
    return [(entry.path, "whiteout") if entry.kind is Kind.WHITEOUT else _rounded(entry) for entry in entries]


def _rounded(entry: Entry) -> Entry:
    xattrs = tuple((name, value) for name, value in entry.xattrs if not name.startswith(b"user.overlay."))
    return replace(entry, mtime_ns=entry.mtime_ns // 10**9 * 10**9, xattrs=xattrs)


def same_layers(image: Image, original: Image) -> None:
    """Every layer lists the same entries in the same order, and their contents are the same."""
    assert [layer.diff_id for layer in image.layers] == [layer.diff_id for layer in original.layers]
    trees, squash = read(image)
    originals, of_archive = read(original)
    for number, (tree, of_tar) in enumerate(zip(trees, originals, strict=True)):
        assert list(tree.entries()) == list(of_tar.entries())
        assert contents(image, number, tree) == contents(original, number, of_tar)
    assert merged_lines(squash) == merged_lines(of_archive)
