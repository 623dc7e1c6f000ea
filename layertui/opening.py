"""From what a person typed to an opened source, and to the image and the layers that are meant."""

import os
from dataclasses import replace
from pathlib import Path

from layertui.errors import LayertuiError, NotFoundError, UsageError
from layertui.image.image import Image
from layertui.image.platform import Platform
from layertui.layer.read import Cancel, Progress
from layertui.progress import ProgressLine
from layertui.sources.reference import READABLE, REMOTE, LayerSelector, parse_reference
from layertui.sources.resolve import Opened, open_reference, pick, split_path

SCHEME_OF_DEMO = "demo"
"""What the built-in images are called; their module is imported only for them."""


def open_reference_or_demo(ref: str, platform: str | None = None, *, authfile: str | None = None) -> Opened:
    """Open what a person typed, the built-in images included; says on stderr how far unpacking is.

    `authfile` is a file of credentials for registries, instead of the usual ones.
    """
    if ref.startswith("-") and ref[1:2] not in ("", ":", "#"):
        raise UsageError(f"Unknown option: {ref}.", "Try: layertui --help")
    with ProgressLine() as line:
        is_remote = parse_reference(ref).scheme in REMOTE

        def show(done: int) -> None:
            line.show("waiting for the registry" if is_remote else f"unpacking {done / 1e6:,.0f} MB")

        return open_quietly(ref, platform, show, authfile=authfile)


def open_two(a: str, b: str, platform: str | None = None, *, authfile: str | None = None) -> tuple[Opened, Opened]:
    """Open what two references mean, one image each; a file, a directory or a stream that holds both is opened once.

    Raises LayertuiError, where a reference leaves several images too.
    """
    from layertui.headless import only_entry  # as below

    one = open_reference_or_demo(a, platform, authfile=authfile)
    place_a, place_b = _place(a), _place(b)
    if place_a is not None and place_b is not None and place_a[0] == place_b[0]:
        wanted = Platform.parse(platform) if platform else None
        other = pick(one.source, place_b[1], wanted, place_b[2])
    else:
        other = open_reference_or_demo(b, platform, authfile=authfile)
    return replace(one, chosen=one.chosen or only_entry(one)), replace(other, chosen=other.chosen or only_entry(other))


def _place(ref: str) -> tuple[tuple[str | None, str], str | None, LayerSelector | None] | None:
    """Where a reference leads to, by scheme and path, the name in there and the layers; None for what engines hold."""
    reference = parse_reference(ref)
    head, _, name = reference.name.partition(":")
    if reference.scheme is None and (head == "-" or (head == SCHEME_OF_DEMO and not os.path.lexists(ref))):
        return (None, head), name or None, reference.layers
    if reference.scheme not in (None, *READABLE):
        return None
    try:
        path, inside, reference = split_path(reference)
    except LayertuiError:
        return None  # an engine may have it, or it is nowhere: opening it says so
    return (reference.scheme, os.path.realpath(path)), inside, reference.layers


def open_quietly(
    ref: str,
    platform: str | None = None,
    progress: Progress | None = None,
    *,
    authfile: str | None = None,
    cancelled: Cancel | None = None,
) -> Opened:
    """The same without a word: what the screen calls for what is chosen on it. Raises Cancelled too."""
    reference = parse_reference(ref)
    scheme, _, name = reference.name.partition(":")
    if scheme == SCHEME_OF_DEMO and reference.scheme is None and not os.path.lexists(ref):
        from layertui.sources.demo import demo_source

        return pick(demo_source(), name or None, Platform.parse(platform) if platform else None, reference.layers)
    login = Path(authfile) if authfile is not None else None
    return open_reference(ref, platform, progress=progress, cancelled=cancelled, authfile=login)


def open_image(
    ref: str, platform: str | None = None, *, authfile: str | None = None
) -> tuple[Image, LayerSelector | None]:
    """The one image that a reference means, no layer read, and what the reference says of its layers.

    What is odd about its source comes first in the image's warnings. Raises LayertuiError, where several are left too.
    """
    from layertui.headless import only_entry  # the screen opens images on its own, and does not wait for this

    opened = open_reference_or_demo(ref, platform, authfile=authfile)
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
