"""A directory of overlay2: what each layer's directory says about the layers below it.

As moby keeps it (daemon/graphdriver/overlay2/overlay.go), and containers-storage too: `ID/diff` has the layer's files,
`ID/lower` the layers below as `l/X:l/Y`, uppermost first, and `l/X` is a symlink to `../ID/diff` of which `ID/link` has
the name.
"""

import re

from layertui.errors import DamagedError, LayertuiError, as_damage
from layertui.image.bounds import LAYERS
from layertui.image.image import StoredLayer
from layertui.layer.dialect import Dialect
from layertui.layer.walk import WalkedLayer
from layertui.sources.docker.books_shelf import Shelf, leaves
from layertui.sources.stacks import MEDIA_TYPE, Reader, Stack, called, stacks_of

_LINK = re.compile(r"\.\./([^/]+)/diff/?")
"""Where a short name in `l/` leads to."""


class OverlayStore:
    """The layer directories below one directory."""

    def __init__(self, shelf: Shelf, dialect: Dialect = Dialect.OVERLAY) -> None:
        """Raises LayertuiError when the directory cannot be listed."""
        self.label = shelf.label
        """What messages call the directory."""
        self._shelf = shelf
        self._dialect = dialect
        self._layers = [name for name in self._shelf.names() if is_layer(self._shelf, name)]
        self._led: dict[str, str] = {}
        self._links: dict[str, str] | None = None

    def stacks(self) -> tuple[Stack, ...]:
        """What the directory holds: images, each followed by its containers."""
        below: dict[str, tuple[str, ...]] = {}
        problems: dict[str, LayertuiError] = {}
        for name in self._layers:
            try:
                below[name] = self._lowers(name)
            except LayertuiError as problem:
                below[name], problems[name] = (), problem
        return stacks_of(below, problems)

    def reader(self) -> Reader:
        """How the layers of a stack are read."""
        return Reader(self.label, self._layer, self._engine_files)

    def _lowers(self, name: str) -> tuple[str, ...]:
        """The directories below a layer, uppermost first; a short name that leads nowhere stays as it is."""
        if self._shelf.lacks(f"{name}/lower"):
            return ()
        parts = self._shelf.line(f"{name}/lower").split(":")
        if len(parts) > LAYERS.value:
            raise LAYERS.exceeded(f"{self.label}/{name}/lower names {len(parts):,} layers, which")
        for part in parts:
            if part not in self._led:
                self._led[part] = self._led_to(part) or part
        return tuple(self._led[part] for part in parts)

    def _led_to(self, part: str) -> str:
        """The directory that a short name leads to, in this directory only; empty where it leads nowhere."""
        head, _, short = part.rpartition("/")
        if head != "l" or not short:
            return ""
        try:
            found = _LINK.fullmatch(self._shelf.link_target(f"l/{short}"))
        except LayertuiError:
            return self._by_link_files().get(short, "")  # `l/` is often not copied with the rest
        return found[1] if found is not None and is_layer(self._shelf, found[1]) else ""

    def _by_link_files(self) -> dict[str, str]:
        """Short names to directories, as each directory's own `link` says it."""
        if self._links is None:
            self._links = {}
            for name in self._layers:
                try:
                    self._links[self._shelf.line(f"{name}/link")] = name
                except LayertuiError:
                    continue  # whatever lies on that layer then says that it is missing
        return self._links

    def _layer(self, name: str) -> StoredLayer:
        try:
            if "/" in name or not is_layer(self._shelf, name):
                raise DamagedError(
                    f"{self.label}/{name} is named by the layers above it, and leads to no layer's directory.",
                    "It was removed, or not copied with the rest. The other layers can be read.",
                )
            root = self._shelf.directory(f"{name}/diff")
        except LayertuiError as problem:
            return StoredLayer(None, MEDIA_TYPE, False, None, problem=as_damage(problem))
        content = WalkedLayer(root, f"{self.label}/{called(name)}", self._dialect)
        return StoredLayer(content, MEDIA_TYPE, False, None)

    def _engine_files(self, init: str) -> tuple[bytes, ...]:
        try:
            return leaves(self._shelf.directory(f"{init}/diff"))
        except LayertuiError:
            return ()


def is_layer(shelf: Shelf, name: str) -> bool:
    """Whether a directory holds a layer, as far as its names tell."""
    if name in ("", ".", "..", "l") or "/" in name or not shelf.is_directory(name):
        return False
    return shelf.is_directory(f"{name}/diff") or shelf.holds(f"{name}/lower") or shelf.holds(f"{name}/link")
