"""LayerTree: one layer's immutable diff, as columns that give out entries on demand."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

from layertui.layer.columns import Columns, Kind, Xattrs
from layertui.layer.names import path_of
from layertui.layer.tar import Damage

_HARDLINK = int(Kind.HARDLINK)

IMPLIED = 1
"""Flag: a directory that has no entry in this layer, but something that lies in it has."""
PASSAGE = 2
"""Flag, with IMPLIED: only markers lie in it, so the layer makes no directory there."""
OPAQUE = 4
"""Flag: the directory holds an opaque marker."""
DEAD = 8
"""Flag: a later member of the same tar replaced it; it is listed, its bytes count, and it hides nothing."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One version of a path in one layer."""

    path: bytes
    """Relative, without a trailing slash; `.` is the root. Of a whiteout, the path that it removes."""
    kind: Kind
    size_bytes: int | None
    """Content; of a hard link its target's. None where a hard link's target is not known."""
    mode: int
    """Permission bits, 07777."""
    uid: int
    gid: int
    mtime_ns: int
    """Nanoseconds since 1970."""
    link_target: bytes | None
    xattrs: Xattrs
    device: tuple[int, int] | None
    """Major and minor number of a device."""
    opaque: bool
    implied: bool
    """A directory that the layer does not hold itself."""


@dataclass(frozen=True, slots=True, eq=False)
class LayerTree:
    """What one layer's tar holds, markers included.

    A *row* is a member's place in the tar; implied directories come after the last member.
    """

    columns: Columns
    flags: bytearray
    """IMPLIED, PASSAGE, OPAQUE and DEAD of every row."""
    order: "array[int]"
    """Rows in tree order: by key, then a whiteout before an entry, then as in the tar."""
    link_rows: dict[int, int]
    """Hard links by row, to the row in this layer that holds their content."""
    lower_links: dict[int, bytes]
    """Hard links by row whose target is no entry of this layer: the target's key."""
    damage: Damage | None = None
    """Why reading ended early; the rows before it are kept."""
    verified: tuple[str, ...] = ()
    """What was verified while the layer was read: "digest", "diff ID"."""
    tar_bytes: int | None = None
    """Bytes of the uncompressed tar; None where the layer is no tar, and where nothing of it could be read."""
    problems: tuple[str, ...] = field(default=())
    """Sentences about the layer as a whole, such as a digest that does not match."""

    def __len__(self) -> int:
        """How many rows there are, implied directories included."""
        return len(self.columns.keys)

    @property
    def entry_count(self) -> int:
        """How many members the tar has."""
        return self.columns.member_count

    def data_row(self, row: int) -> int:
        """The row that holds a row's content: itself, or a hard link's target in this layer."""
        return self.link_rows.get(row, row)

    def size_bytes(self, row: int) -> int | None:
        """A row's content in bytes; None for a hard link whose target is not in this layer."""
        if self.columns.kinds[row] == _HARDLINK:
            target = self.link_rows.get(row)
            return None if target is None else self.columns.sizes[target]
        return self.columns.sizes[row]

    def entry(self, row: int) -> Entry:
        """The entry at a row."""
        columns = self.columns
        mode, uid, gid = columns.owner_table[columns.owners[row]]
        flags = self.flags[row]
        return Entry(
            path=path_of(columns.keys[row]),
            kind=Kind(columns.kinds[row]),
            size_bytes=self.size_bytes(row),
            mode=mode,
            uid=uid,
            gid=gid,
            mtime_ns=columns.mtimes[row],
            link_target=columns.links.get(row),
            xattrs=columns.xattrs.get(row, ()),
            device=columns.devices.get(row),
            opaque=bool(flags & OPAQUE),
            implied=bool(flags & IMPLIED),
        )

    def entries(self) -> Iterator[Entry]:
        """All entries that the tar holds, in tar order; implied directories are left out."""
        return (self.entry(row) for row in range(len(self)) if not self.flags[row] & IMPLIED)
