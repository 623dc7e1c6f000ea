"""What a person chose to see: layer, order, sort, filters, and which directories are open."""

from dataclasses import dataclass, field
from enum import Enum


class Order(Enum):
    """How rows are laid out."""

    TREE = "tree"
    FLAT = "flat"


class Sort(Enum):
    """What rows are sorted by, in a tree among siblings; largest, newest and uppermost first, names from A."""

    NAME = "name"
    SIZE = "size"
    COUNT = "count"
    MTIME = "mtime"
    LAYER = "layer"
    RECLAIMABLE = "reclaimable"


ADDED, MODIFIED, REMOVED, UNCHANGED = "added", "modified", "removed", "unchanged"
"""The groups that toggles hide: `+`; `~ m = ? T`; `- O`; unchanged or identical."""


@dataclass(frozen=True, slots=True)
class View:
    """One listing of the files of one layer, or of the layers merged up to it."""

    layer: int
    merged: bool = False
    order: Order = Order.TREE
    sort: Sort = Sort.NAME
    reverse: bool = False
    hidden: frozenset[str] = frozenset()
    """Groups that toggles hide."""
    overlaps: bool = False
    """Only paths that more than one layer holds."""
    query: str = ""
    """The filter's text (see query.py)."""


@dataclass(slots=True)
class Folds:
    """Which directories a person opened or closed; it outlives listings, so that they stay so across layers."""

    open_by_default: bool | None = None
    """What holds where nothing was chosen; None: as the listing thinks best."""
    chosen: dict[bytes, bool] = field(default_factory=dict)
    """Directories by key, and whether they are open."""
    _filtering: "Folds | None" = None

    def is_open(self, key: bytes, default: bool) -> bool:
        """Whether a directory is open; `default` is what the listing thinks best."""
        return self.chosen.get(key, default if self.open_by_default is None else self.open_by_default)

    def choose(self, key: bytes, opened: bool) -> None:
        """Open or close a directory."""
        self.chosen[key] = opened

    def set_all(self, opened: bool) -> None:
        """Open or close all directories."""
        self.open_by_default = opened
        self.chosen.clear()

    def for_filter(self, filtering: bool) -> "Folds":
        """These folds, or while a filter holds, folds of its own: hits must not hide in what was closed before."""
        if not filtering:
            self._filtering = None
            return self
        if self._filtering is None:
            self._filtering = Folds()
        return self._filtering
