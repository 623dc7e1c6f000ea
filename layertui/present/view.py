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
    """Which directories are open, by key; it outlives listings, so that a directory stays open across layers."""

    open_by_default: bool | None = None
    """None: open where all rows are few, else only joined directories are."""
    exceptions: set[bytes] = field(default_factory=set)
    """Keys of directories that are not as the default says."""

    def is_open(self, key: bytes, default: bool) -> bool:
        """Whether a directory is open; `default` is what holds where nothing was chosen."""
        base = default if self.open_by_default is None else self.open_by_default
        return base != (key in self.exceptions)

    def toggle(self, key: bytes) -> None:
        """Open a closed directory, close an open one."""
        self.exceptions ^= {key}

    def set_all(self, opened: bool) -> None:
        """Open or close all directories."""
        self.open_by_default = opened
        self.exceptions.clear()
