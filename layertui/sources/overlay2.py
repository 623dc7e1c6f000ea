"""Directories of Docker's storage driver overlay2, also of a stopped or dead host, as `overlay2:DIR`.

DIR is Docker's data root, its directory `overlay2`, or a copy of layer directories alone. Docker's own books are used
where they are there; else images are found by `lower`, without names.
"""

from layertui.errors import DamagedError, LayertuiError, NotFoundError
from layertui.layer.dialect import Dialect
from layertui.sources.base import Listing
from layertui.sources.docker.books_drivers import DRIVERS
from layertui.sources.docker.books_near import books_near
from layertui.sources.docker.books_shelf import Shelf
from layertui.sources.overlay2_store import OverlayStore, is_layer
from layertui.sources.stacks import entry_of
from layertui.sources.storage import no_store
from layertui.sources.target import Target

SCHEME = "overlay2"
"""What stands before the colon."""

_STORES = ("overlay2", "fuse-overlayfs", "overlay")
"""Directories of layers below a data root: Docker's overlay2 and fuse-overlayfs, and that of containers-storage."""

_BOOKS = tuple(name for name in DRIVERS if name != "aufs")
"""Drivers whose books are read here."""


def sniff(target: Target) -> bool:
    """Whether this is a directory of layers as overlay2 keeps them, or a data root with one or with its books."""
    if target.directory is None:
        return False
    shelf = Shelf(target.directory, target.label)
    return _store_of(shelf) is not None or any(shelf.is_directory(f"image/{name}/layerdb") for name in _BOOKS)


def open_source(target: Target) -> Listing:
    """List the images and containers of a directory; raises LayertuiError."""
    if target.directory is None:
        raise DamagedError(f"{target.label} is a file, not a directory.", "Give Docker's data root: /var/lib/docker")
    shelf = Shelf(target.directory, target.label)
    warnings: list[str] = []
    by_books = books_near(shelf, _BOOKS, SCHEME, warnings)
    if by_books is not None and by_books.found:
        return by_books
    store = _store_of(shelf)
    if store is None:
        if by_books is not None:
            raise _empty(target.label)
        raise no_store(shelf, SCHEME)
    dialect = Dialect.FUSE if store.root.name == "fuse-overlayfs" else Dialect.OVERLAY
    layers = OverlayStore(store, dialect)
    reader = layers.reader()
    entries = tuple(entry_of(stack, reader) for stack in layers.stacks())
    if not entries:
        raise _empty(target.label)
    if store.root.name == "overlay" and Shelf(store.root.parent, "").holds("overlay-layers/layers.json"):
        warnings.append("this is Podman's store, and its books are there: containers-storage: has names and configs.")
    return Listing(SCHEME, target.label, entries, tuple(warnings))


def _empty(label: str) -> LayertuiError:
    return NotFoundError(
        f"{label} holds no image and no container.",
        "With Docker's containerd image store, images are under containerd: run layertui doctor.",
    )


def _store_of(shelf: Shelf) -> Shelf | None:
    """The directory that has the layers' directories: this one, or one in it; None where there is none."""
    if _has_layers(shelf):
        return shelf
    for name in _STORES:
        if shelf.is_directory(name):
            store = shelf.within(name)
            if _has_layers(store):
                return store
    return None


def _has_layers(shelf: Shelf) -> bool:
    """Whether a directory has layers in the form of overlay2: `diff` alone is too common a name to tell."""
    try:
        names = shelf.names()
    except LayertuiError:
        return False
    if not shelf.is_directory("l"):
        names = [name for name in names if shelf.is_file(f"{name}/link") or shelf.is_file(f"{name}/lower")]
    return any(is_layer(shelf, name) for name in names)
