"""Directories of Docker's old storage driver aufs, as `aufs:DIR`: plain directories, which need no such kernel.

DIR is Docker's data root, its directory `aufs`, or a copy of it. `layers/ID` names the layers below, nearest first;
`diff/ID` has the layer's files, with removals as in a tar (moby, daemon/graphdriver/aufs). Docker's own books are used
where they are there.
"""

import re

from layertui.errors import DamagedError, LayertuiError, NotFoundError, as_damage
from layertui.image.bounds import LAYERS
from layertui.image.image import StoredLayer
from layertui.layer.dialect import Dialect
from layertui.layer.walk import WalkedLayer
from layertui.sources.base import Listing
from layertui.sources.docker.books_near import books_near
from layertui.sources.docker.books_shelf import Shelf, leaves
from layertui.sources.stacks import MEDIA_TYPE, Reader, Stack, called, entry_of, stacks_of
from layertui.sources.storage import no_store
from layertui.sources.target import Target

SCHEME = "aufs"
"""What stands before the colon."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,254}")
"""What a layer may be called, so that its name can be part of a path."""


def sniff(target: Target) -> bool:
    """Whether this is a directory with `layers/` and `diff/`, or a data root with such a one or with its books."""
    if target.directory is None:
        return False
    shelf = Shelf(target.directory, target.label)
    return _store_of(shelf) is not None or shelf.is_directory("image/aufs/layerdb")


def open_source(target: Target) -> Listing:
    """List the images and containers of a directory; raises LayertuiError."""
    if target.directory is None:
        raise DamagedError(f"{target.label} is a file, not a directory.", "Give Docker's data root: /var/lib/docker")
    shelf = Shelf(target.directory, target.label)
    warnings: list[str] = []
    by_books = books_near(shelf, ("aufs",), SCHEME, warnings)
    if by_books is not None and by_books.found:
        return by_books
    store = _store_of(shelf)
    if store is None and by_books is None:
        raise no_store(shelf, SCHEME)
    entries = () if store is None else tuple(entry_of(stack, _reader(store)) for stack in _stacks(store))
    if not entries:
        raise NotFoundError(f"{target.label} holds no image and no container.", "Give Docker's data root.")
    return Listing(SCHEME, target.label, entries, tuple(warnings))


def _store_of(shelf: Shelf) -> Shelf | None:
    """The directory that has `layers/` and `diff/`: this one, or `aufs` in it; None where there is none."""
    for store in (shelf, shelf.within("aufs")):
        if store.is_directory("layers") and store.is_directory("diff"):
            return store
    return None


def _stacks(shelf: Shelf) -> tuple[Stack, ...]:
    below: dict[str, tuple[str, ...]] = {}
    problems: dict[str, LayertuiError] = {}
    for name in shelf.names("layers"):
        try:
            below[name] = _lowers(shelf, name)
        except LayertuiError as problem:
            below[name], problems[name] = (), problem
    return stacks_of(below, problems)


def _lowers(shelf: Shelf, name: str) -> tuple[str, ...]:
    """The layers below, nearest first, as aufs' own file lists them; raises LayertuiError."""
    lowers = tuple(shelf.line(f"layers/{name}").split())
    if len(lowers) > LAYERS.value:
        raise LAYERS.exceeded(f"{shelf.label}/layers/{name} names {len(lowers):,} layers, which")
    return lowers


def _reader(shelf: Shelf) -> Reader:
    """How the layers of a stack are read."""

    def layer(name: str) -> StoredLayer:
        try:
            if not _NAME.fullmatch(name) or not shelf.is_directory(f"diff/{name}"):
                raise DamagedError(
                    f"{shelf.label}/diff/{name} is named in layers/, and is not there.",
                    "It was removed, or not copied with the rest. The other layers can be read.",
                )
            root = shelf.directory(f"diff/{name}")
        except LayertuiError as problem:
            return StoredLayer(None, MEDIA_TYPE, False, None, problem=as_damage(problem))
        content = WalkedLayer(root, f"{shelf.label}/diff/{called(name)}", Dialect.AUFS)
        return StoredLayer(content, MEDIA_TYPE, False, None)

    def engine_files(init: str) -> tuple[bytes, ...]:
        try:
            return leaves(shelf.directory(f"diff/{init}"))
        except LayertuiError:
            return ()

    return Reader(shelf.label, layer, engine_files)
