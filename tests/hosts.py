"""Hosts of our own: places that answer, fail, hang or are not there, as plain data."""

import hashlib
import time
from collections.abc import Mapping, Sequence

from layertui.errors import LayertuiError, UnreachableError
from layertui.image.digest import ChainID, Digest
from layertui.image.image import Container, Image
from layertui.sources.base import ImageEntry, Listing, Record, Source, broken
from layertui.sources.place import Place


def image_id(name: str) -> Digest:
    """An image ID that only this name has."""
    return Digest.of(name.encode())


def chain_id(name: str) -> ChainID:
    """A chain ID that only this name has."""
    return ChainID("sha256:" + hashlib.sha256(name.encode()).hexdigest())


def never() -> Image:
    """What opens an entry of a list that no test opens."""
    raise AssertionError("a list opens no image")


def image(
    name: str,
    tags: Sequence[str] = (),
    layers: Mapping[str, int | None] | None = None,
    *,
    size_bytes: int | None = None,
    created: str | None = "2024-01-02T03:04:05Z",
    digests: Sequence[str] = (),
    labels: Mapping[str, str] | None = None,
) -> ImageEntry:
    """An image in an engine's list; its size is that of its layers where no other is given."""
    sizes = list((layers or {}).values())
    total = sum(size or 0 for size in sizes) if layers is not None and None not in sizes else None
    record = Record(
        image_id(name),
        created,
        total if size_bytes is None else size_bytes,
        tuple((chain_id(layer), size) for layer, size in (layers or {}).items()),
        tuple(digests),
        labels or {},
    )
    reference = tags[0] if tags else f"sha256:{image_id(name).short}"
    return ImageEntry(reference, tuple(tags), "image", None, image_id(name), None, never, record)


def container(name: str, of: str | None, status: str = "running") -> ImageEntry:
    """A container in an engine's list, made from an image."""
    container_id = hashlib.sha256(b"container " + name.encode()).hexdigest()
    made_from = image_id(of) if of is not None else None
    held = Container(container_id, name, status, status == "running", "2024-02-03T04:05:06Z", made_from)
    return ImageEntry(name, (name,), "container", None, None, None, never, container=held)


def damaged(name: str, problem: LayertuiError) -> ImageEntry:
    """An image that is named and cannot be read."""
    return broken(problem, name, [name])


def answering(
    name: str,
    entries: Sequence[ImageEntry] = (),
    *,
    scheme: str = "docker-daemon",
    after_s: float = 0,
    warnings: Sequence[str] = (),
    where: str = "",
) -> Place:
    """A place that lists these entries, after a while."""

    def open_it() -> Source:
        time.sleep(after_s)
        return Listing(scheme, name, tuple(entries), tuple(warnings))

    return Place(scheme, name, where or f"/run/{name}.sock", True, "present", "", open_it)


def failing(name: str, failure: Exception, scheme: str = "docker-daemon") -> Place:
    """A place that is there and cannot be opened."""

    def open_it() -> Source:
        raise failure

    return Place(scheme, name, f"/run/{name}.sock", True, "present", "Start it.", open_it)


def absent(name: str, said: str = "absent", hint: str = "", scheme: str = "docker-daemon") -> Place:
    """A place that is not there."""

    def open_it() -> Source:
        raise UnreachableError(f"{name} is not there.")

    return Place(scheme, name, f"/run/{name}.sock", False, said, hint, open_it)
