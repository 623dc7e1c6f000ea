"""What the scanner fills: one column for each field, not an object for each file."""

from array import array
from dataclasses import dataclass, field
from enum import IntEnum

Owner = tuple[int, int, int]
"""Permission bits (07777), uid and gid: few distinct ones exist in a layer, so entries hold an index."""

Xattrs = tuple[tuple[bytes, bytes], ...]
"""Extended attributes as names and values, sorted by name."""

PROBLEM_LIMIT = 200
"""How many warnings of a layer are kept; the count goes on."""

LARGEST_SIZE_BYTES = 1 << 62
"""Sizes above this cannot be meant: no filesystem holds such a file, and offsets would overflow."""


class Kind(IntEnum):
    """What an entry is. A whiteout's path is the path that it removes."""

    FILE = 0
    DIRECTORY = 1
    SYMLINK = 2
    HARDLINK = 3
    CHAR = 4
    BLOCK = 5
    FIFO = 6
    WHITEOUT = 7


@dataclass(slots=True)
class Columns:
    """The members of one tar, in tar order; all columns are equally long."""

    keys: list[bytes] = field(default_factory=list)
    """Cleaned paths with NUL for `/` (see names.py)."""
    kinds: bytearray = field(default_factory=bytearray)
    owners: "array[int]" = field(default_factory=lambda: array("I"))
    """Indexes into `owner_table`."""
    mtimes: "array[int]" = field(default_factory=lambda: array("q"))
    """Nanoseconds since 1970."""
    sizes: "array[int]" = field(default_factory=lambda: array("q"))
    """Bytes of content: the real size of a sparse file, 0 for what has no content."""
    offsets: "array[int]" = field(default_factory=lambda: array("q"))
    """Where the content begins in the uncompressed tar."""
    owner_table: list[Owner] = field(default_factory=list)
    """Distinct owners in the order they were met."""
    owner_index: dict[Owner, int] = field(default_factory=dict)
    """Where an owner stands in `owner_table`."""
    links: dict[int, bytes] = field(default_factory=dict)
    """Link targets as they stand, of symbolic and hard links."""
    xattrs: dict[int, Xattrs] = field(default_factory=dict)
    devices: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Major and minor numbers of devices."""
    sparse: dict[int, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    """Segments of sparse files (see sparse.py)."""
    checksums: dict[int, bytes] = field(default_factory=dict)
    """Checksums of contents that came with the listing, all of one kind in a layer: they can prove a difference."""
    metacopies: set[int] = field(default_factory=set)
    """Files whose content is that of the version below: only their metadata was copied up (overlay's metacopy)."""
    opaque: dict[bytes, None] = field(default_factory=dict)
    """Keys of directories that hold an opaque marker, in order."""
    prefixes: set[bytes] = field(default_factory=set)
    """What keys begin with, up to their last NUL. For the build, which looks for parents: cheap while keys are hot."""
    member_count: int = 0
    """Members of the tar, markers included, extension headers not."""
    content_bytes: int = 0
    """Sum of `sizes`."""
    warnings: list[str] = field(default_factory=list)
    warning_count: int = 0
    refused_count: int = 0
    """Members that are not listed, as they break a rule or a bound; each has a warning."""

    def intern(self, owner: Owner) -> int:
        """The index of an owner in the table, added if it is new."""
        index = self.owner_index.setdefault(owner, len(self.owner_table))
        if index == len(self.owner_table):
            self.owner_table.append(owner)
        return index

    def warn(self, message: str) -> None:
        """Keep a warning, or only count it when there are too many."""
        self.warning_count += 1
        if len(self.warnings) < PROBLEM_LIMIT:
            self.warnings.append(message)

    def refuse(self, message: str) -> None:
        """Keep a warning about a member that is not listed."""
        self.refused_count += 1
        self.warn(message)
