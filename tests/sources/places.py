"""Engines and stores that are none: places with canned lists, for what is done with a list."""

from collections.abc import Callable, Sequence

from layertui.errors import LayertuiError, UnreachableError
from layertui.image.digest import Digest
from layertui.image.image import Container
from layertui.sources.base import ImageEntry, Listing, Record, Source, unopenable
from layertui.sources.place import Place


def image_entry(*tags: str, hex2: str = "aa", repo_digests: Sequence[str] = ()) -> ImageEntry:
    """An image in an engine's list; its ID repeats `hex2`."""
    image_id = Digest("sha256:" + hex2 * 32)
    reference = tags[0] if tags else f"sha256:{image_id.short}"
    record = Record(image_id=image_id, repo_digests=tuple(repo_digests))
    return ImageEntry(reference, tags, "image", None, image_id, None, unopenable(UnreachableError("x")), record)


def container_entry(name: str, *, hex2: str = "cc", image: str = "aa") -> ImageEntry:
    """A container in an engine's list."""
    container = Container(hex2 * 32, name, "running", True, None, Digest("sha256:" + image * 32))
    opener = unopenable(UnreachableError("x"))
    return ImageEntry(name, (name,), "container", None, None, None, opener, container=container)


def place(
    scheme: str, entries: Sequence[ImageEntry] = (), *, found: bool = True, failure: LayertuiError | None = None
) -> Place:
    """A place that lists `entries`, or fails."""

    def opened() -> Source:
        if failure is not None:
            raise failure
        return Listing(scheme, scheme, tuple(entries))

    opener: Callable[[], Source] = opened
    said = "present" if found else "absent"
    return Place(scheme, scheme, "/run/docker.sock", found, said, "Start Docker.", opener)
