"""A source that is open, and what of it is meant."""

from dataclasses import dataclass

from layertui.errors import NotFoundError
from layertui.image.platform import Platform
from layertui.sources.base import ImageEntry, Source
from layertui.sources.reference import LayerSelector
from layertui.sources.select import choose


@dataclass(frozen=True, slots=True)
class Opened:
    """A source, and what of it is meant."""

    source: Source
    """Where the images are."""
    entries: tuple[ImageEntry, ...]
    """All that the source holds."""
    chosen: ImageEntry | None
    """The one that is meant; None when the reference leaves several."""
    layers: LayerSelector | None
    """Which of its layers are meant; None for all."""


def pick(
    source: Source, selector: str | None = None, platform: Platform | None = None, layers: LayerSelector | None = None
) -> Opened:
    """Choose the image that is meant in a source that is open; raises NotFoundError.

    Where the source could not list all that it holds, that is raised instead: the image may well be there.
    """
    entries = source.entries()
    try:
        chosen = choose(entries, selector, platform, source.label)
    except NotFoundError as failure:
        if not source.problems:
            raise
        first = source.problems[0]
        raise type(first)(f"{failure.message} {first.message}", first.hint) from None
    return Opened(source, entries, chosen, layers)
