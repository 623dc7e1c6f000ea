"""What tests of raw storage directories share: opening one, and its trees without what a walk cannot tell."""

from collections.abc import Callable
from pathlib import Path

from layertui.image.image import Image
from layertui.layer.read import read_layer
from layertui.layer.tree import LayerTree
from layertui.sources.base import Listing
from layertui.sources.target import Target
from layertui.stack.fold import fold
from layertui.stack.squash import Squash


def opened(open_source: Callable[[Target], Listing], directory: Path) -> Listing:
    """What a source finds in a directory."""
    return open_source(Target.at(directory, str(directory), lambda _: None))


def trees(image: Image) -> list[LayerTree]:
    """All layers of an image, each found whole."""
    found = []
    for layer in image.layers:
        assert layer.problem is None
        assert layer.content is not None
        found.append(read_layer(layer.content))
        assert found[-1].damage is None
    return found


def folded(image: Image) -> Squash:
    """An image's layers, folded."""
    found = trees(image)
    return fold(found, layer_count=len(found))


def as_walked(lines: list[str]) -> set[str]:
    """Lines of `merged_lines` or `diff_lines` with every hard link as the file that it is: a walk gives another first.

    Directories without an entry of their own are left out: on disk every parent is one.
    """
    plain = [line for line in lines if "implied" not in line.split() and "(implied)" not in line]
    return {"f" + line[1:].partition(" -> ")[0] if line.startswith("h ") else line for line in plain}
