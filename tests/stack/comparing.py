"""Sides built in code, and what a comparison of them says, as plain data."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from layertui.image.image import Image
from layertui.sources.resolve import open_reference
from layertui.stack.compare import Change, Comparison, Field, Side, compare
from layertui.stack.comparing_content import ContentComparer
from layertui.stack.load import load
from tests.kit.docker import docker_archive
from tests.kit.entries import Layer
from tests.kit.images import ImageSpec

Told = dict[str, tuple[str, str]]
"""Path to the names of its change and of its fields."""


def image_of(directory: Path, layers: Sequence[Layer], **spec: Any) -> Image:
    """An image of an archive that is written below a directory; each is opened on its own."""
    path = f"{directory}/{len(list(directory.iterdir()))}.tar"
    with open(path, "wb") as file:
        file.write(docker_archive([ImageSpec(layers=layers, **spec)]))
    opened = open_reference(path)
    assert opened.entries
    return opened.entries[0].open()


def whole(image: Image) -> Side:
    """All layers merged."""
    return Side(image, load(image).squash, len(image.layers) - 1, merged=True)


def diff_of(image: Image, layer: int) -> Side:
    """One layer's diff."""
    return Side(image, load(image).squash, layer, merged=False)


def told(comparison: Comparison, *, identical: bool = False) -> Told:
    """What a comparison says of each path that is not the same, or that is put aside."""
    quiet = () if identical else (Change.IDENTICAL, Change.ASIDE)
    return {
        comparison.path(row).decode("utf-8", "backslashreplace"): (
            comparison.change(row).name.lower(),
            " ".join(field.name.lower() for field in Field if field in comparison.fields(row) and field.name),
        )
        for row in range(len(comparison))
        if comparison.change(row) not in quiet
    }


def settled(a: Side, b: Side) -> Comparison:
    """Compared, contents too."""
    comparison = compare(a, b)
    ContentComparer().settle(comparison, comparison.unknown())
    return comparison
