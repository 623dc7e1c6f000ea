"""A containers-storage store on disk, as Podman, Buildah, Skopeo and CRI-O keep it (containers-storage.conf(5)).

Everything is only read, and its lock files are left alone.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Self

from layertui.errors import DamagedError, LayertuiError, UsageError
from layertui.layer.beneath import Beneath
from layertui.sources.base import ImageEntry, Listing, few
from layertui.sources.docker.books_shelf import Shelf
from layertui.sources.podman.books import RawContainer
from layertui.sources.podman.containers import container_entry_of
from layertui.sources.podman.drivers import drivers_in
from layertui.sources.podman.images import Held, entry_of, look_at, without_intermediates
from layertui.sources.podman.layers import Part
from layertui.sources.storage import no_store
from layertui.sources.target import Target

SCHEME = "containers-storage"
"""What stands before the colon (containers-transports(5))."""


class ContainersStorage:
    """A store, with the further stores that it reads images from."""

    def __init__(self, parts: Sequence[Part], problems: Sequence[LayertuiError] = ()) -> None:
        self._parts = tuple(parts)
        self.label = self._parts[0].store.label
        """What messages call it: its directory."""
        self.driver = self._parts[0].driver.name
        """Its storage driver, such as `overlay`."""
        self._problems = [*problems, *(problem for part in self._parts for problem in part.books.problems)]

    @classmethod
    def open(cls, graph_root: Path, driver: str = "", *, preferred: str = "", additional: Sequence[Path] = ()) -> Self:
        """Read the books of a store and of `additional` ones.

        `driver` is the one that was asked for, `preferred` the one that is taken where a directory has several.
        Raises LayertuiError where the store itself cannot be read; an additional one that cannot be is a warning.
        """
        parts = [Part.open(graph_root, driver, preferred=preferred)]
        problems: list[LayertuiError] = []
        for root in additional:
            try:
                parts.append(Part.open(root, parts[0].driver.name))
            except LayertuiError as problem:
                problems.append(problem)
        return cls(parts, problems)

    def listing(self) -> Listing:
        """Its images, newest first as `podman images` prints them, each followed by its containers, newest first.

        Containers whose image is gone come last. What is damaged is said on its own entry, or as a warning.
        """
        part = self._parts[0]
        containers = sorted(part.books.containers.values(), key=lambda raw: raw.created or "", reverse=True)
        images = without_intermediates(self._images(), {raw.image or "" for raw in containers})
        upon: dict[str, list[RawContainer]] = {}
        for raw in containers:
            upon.setdefault(raw.image or "", []).append(raw)
        found: list[ImageEntry] = []
        for held in images:
            found.append(entry_of(held, self._parts))
            found += (container_entry_of(raw, held, self._parts) for raw in upon.pop(held.raw.id, ()))
        imageless = {raw.id for rest in upon.values() for raw in rest}
        found += (container_entry_of(raw, None, self._parts) for raw in containers if raw.id in imageless)
        warnings = [problem.message for problem in self._problems]
        warnings += (f"{self.label} has a store of the driver {other} too, not shown." for other in part.driver.others)
        lost = tuple(part.books.lost["images"] for part in self._parts if "images" in part.books.lost)
        facts = (("storage driver", self.driver), ("layers read by", "Podman's books (tar-split)"))
        return Listing(SCHEME, self.label, tuple(found), few(warnings), facts, lost)

    def _images(self) -> list[Held]:
        """All images, newest first; one that several stores have is taken from the first, with the names of all."""
        names: dict[str, dict[str, None]] = {}
        first: dict[str, Part] = {}
        for part in self._parts:
            for image_id, raw in part.books.images.items():
                first.setdefault(image_id, part)
                names.setdefault(image_id, {}).update(dict.fromkeys(raw.names or ()))
        images = [
            look_at(part, part.books.images[image_id], tuple(names[image_id])) for image_id, part in first.items()
        ]
        return sorted(images, key=lambda held: held.created, reverse=True)


def sniff(target: Target) -> bool:
    """Whether this is a directory with a store, of whatever driver."""
    return target.directory is not None and bool(drivers_in(Beneath.open(target.directory)))


def open_source(target: Target) -> Listing:
    """List a store by its directory; raises LayertuiError."""
    if target.directory is None:
        raise DamagedError(f"{target.label} is a file, not a directory.", "Name the store's directory.")
    return _listed(target.directory, target.label)


def _listed(root: Path, label: str, driver: str = "") -> Listing:
    """The store in a directory that a person named; what is none is said to be what it is."""
    if not drivers_in(Beneath.open(root, label)):
        raise no_store(Shelf(root, label), SCHEME)
    return ContainersStorage.open(root, driver).listing()


class StoreName(NamedTuple):
    """What stands behind `containers-storage:`."""

    root: Path | None
    """The store's directory; None for those of this host's configuration."""
    driver: str
    """The storage driver; empty where none is named."""
    name: str
    """Of the image or container; empty for the store as a whole."""

    def open(self) -> Listing:
        """The store that is named; raises LayertuiError, ValueError where none is (a mistake of the program)."""
        if self.root is None:
            raise ValueError("no store is named")
        return _listed(self.root, str(self.root), self.driver)


def split_store(name: str) -> StoreName:
    """Take `[DRIVER@GRAPHROOT+RUNROOT:OPTIONS]NAME` apart, each part optional (containers-transports(5)).

    The run root and the options do not matter to a reader. Raises UsageError where the brackets hold no store.
    """
    if not name.startswith("["):
        return StoreName(None, "", name)
    inside, closed, rest = name[1:].partition("]")
    driver, at, root = inside.rpartition("@")
    root = root.partition("+")[0]
    root = root.partition(":")[0] if ":" in root else root
    if not closed or (root and not root.startswith("/")) or (not root and not at):
        raise UsageError(
            f"'{name}' names no store.", "Write it as containers-storage:[overlay@/var/lib/containers/storage]NAME"
        )
    return StoreName(Path(root) if root else None, driver, rest)
