"""From what a person typed to an opened source, and to the image and the layers that are meant."""

import os
from dataclasses import replace

from layertui.errors import NotFoundError, UsageError
from layertui.image.image import Image
from layertui.image.platform import Platform
from layertui.layer.read import Progress
from layertui.progress import ProgressLine
from layertui.sources.reference import LayerSelector, parse_reference
from layertui.sources.resolve import Opened, open_reference, pick


def open_reference_or_demo(ref: str, platform: str | None = None) -> Opened:
    """Open what a person typed, the built-in images included; says on stderr how far unpacking is."""
    if ref.startswith("-") and ref[1:2] not in ("", ":", "#"):
        raise UsageError(f"Unknown option: {ref}.", "Try: layertui --help")
    with ProgressLine() as line:
        return open_quietly(ref, platform, lambda done: line.show(f"unpacking {done / 1e6:,.0f} MB"))


def open_quietly(ref: str, platform: str | None = None, progress: Progress | None = None) -> Opened:
    """The same without a word: what the screen calls for what is chosen on it."""
    reference = parse_reference(ref)
    scheme, _, name = reference.name.partition(":")
    if scheme == "demo" and reference.scheme is None and not os.path.lexists(ref):
        from layertui.sources.demo import demo_source

        return pick(demo_source(), name or None, Platform.parse(platform) if platform else None, reference.layers)
    return open_reference(ref, platform, progress=progress)


def open_image(ref: str, platform: str | None = None) -> tuple[Image, LayerSelector | None]:
    """The one image that a reference means, no layer read, and what the reference says of its layers.

    What is odd about its source comes first in the image's warnings. Raises LayertuiError, where several are left too.
    """
    from layertui.headless import only_entry  # the screen opens images on its own, and does not wait for this

    opened = open_reference_or_demo(ref, platform)
    image = (opened.chosen or only_entry(opened)).open()
    return replace(image, warnings=(*opened.source.warnings, *image.warnings)), opened.layers


def check_layer(ref: str, image: Image, selector: LayerSelector | None, layer: int) -> None:
    """Raise unless `--layer` names a layer of the image, and the reference has not named one already."""
    if selector is not None:
        raise UsageError(f"'{ref}' says which layer already.", "Leave out --layer, or what stands behind the #.")
    count = len(image.layers)
    if not 0 <= layer < count:
        has = f"has layers 0 to {count - 1}" if count else "has no layers"
        raise NotFoundError(f"{image.reference} {has}, so there is no layer {layer}.")
