"""What a layer did to a path (State), and what became of that version (Outcome)."""

from enum import IntEnum

from layertui.layer.columns import Kind
from layertui.layer.tree import LayerTree


class State(IntEnum):
    """What a layer did to a path, compared with the merged tree just below that layer."""

    ADDED = 0
    MODIFIED = 1
    METADATA = 2
    """Mode, owner, xattrs or mtime differ; the bytes are the same."""
    IDENTICAL = 3
    """Written again with the same bytes and metadata."""
    REWRITTEN = 4
    """Written again with the same size; the content was not compared yet."""
    TYPE = 5
    REMOVED = 6
    """A whiteout."""
    OPAQUE = 7
    """A directory that hides everything below it from lower layers."""
    UNCHANGED = 8
    """Only repeated, as Docker does with every parent directory; in a merged tree: not touched by this layer."""


class Outcome(IntEnum):
    """What became of a version, seen from the top of the stack."""

    ONLY = 0
    """Visible, and the only version of its path."""
    WINS = 1
    """Visible, and other layers hold the path too."""
    SHADOWED = 2
    """A higher layer holds its own entry at the path."""
    DELETED = 3
    """A higher layer removed it: a whiteout, an opaque directory above it, or something else in place of a parent."""
    UNKNOWN = 4
    """Not ended so far, and upper layers are not read yet."""
    NONE = 5
    """Not a version: a marker, or a directory that only leads to one."""


SETTLED = frozenset({State.MODIFIED, State.METADATA, State.IDENTICAL})
"""What a rewritten file turns out to be once its content is compared."""


def metadata_differs(below: LayerTree, below_row: int, above: LayerTree, above_row: int, *, mtime: bool = True) -> bool:
    """Whether mode, owner, xattrs or (unless told not to) mtime differ between two rows."""
    a, b = below.columns, above.columns
    return (
        a.owner_table[a.owners[below_row]] != b.owner_table[b.owners[above_row]]
        or (mtime and a.mtimes[below_row] != b.mtimes[above_row])
        or a.xattrs.get(below_row, ()) != b.xattrs.get(above_row, ())
    )


_FILE, _DIRECTORY, _SYMLINK, _HARDLINK = (
    int(kind) for kind in (Kind.FILE, Kind.DIRECTORY, Kind.SYMLINK, Kind.HARDLINK)
)
_DEVICES = (int(Kind.CHAR), int(Kind.BLOCK))


def content_kind(tree: LayerTree, row: int) -> int:
    """The kind of a row once hard links are followed; a link into a lower layer is taken for a file."""
    kind = tree.columns.kinds[row]
    if kind == _HARDLINK:
        target = tree.link_rows.get(row)
        return _FILE if target is None else tree.columns.kinds[target]
    return kind


def state_over(
    below: LayerTree,
    below_row: int,
    above: LayerTree,
    above_row: int,
    below_size: int | None,
    above_size: int | None,
) -> State:
    """What the upper of two entries at one path is, directories apart from their children (see fold.py).

    Sizes are those of the content, hard links followed; None is unknown. Rules: the table of states in the layering
    rules: another kind is a type change, a link with another target is modified, another size or checksum proves
    modified, the same size leaves the content to be compared.
    """
    kind = content_kind(above, above_row)
    if content_kind(below, below_row) != kind:
        return State.TYPE
    if kind == _DIRECTORY:
        return State.METADATA if metadata_differs(below, below_row, above, above_row) else State.UNCHANGED
    if kind == _FILE:
        if above.data_row(above_row) not in above.columns.metacopies:
            if below_size is None or above_size is None:
                return State.REWRITTEN
            if below_size != above_size or _checksums_differ(below, below_row, above, above_row):
                return State.MODIFIED
            if below_size:
                return State.REWRITTEN
    elif kind == _SYMLINK:
        if below.columns.links.get(below.data_row(below_row)) != above.columns.links.get(above.data_row(above_row)):
            return State.MODIFIED
    elif kind in _DEVICES:
        below_device = below.columns.devices.get(below.data_row(below_row))
        if below_device != above.columns.devices.get(above.data_row(above_row)):
            return State.MODIFIED
    return State.METADATA if metadata_differs(below, below_row, above, above_row) else State.IDENTICAL


def _checksums_differ(below: LayerTree, below_row: int, above: LayerTree, above_row: int) -> bool:
    """Whether checksums that came with both listings prove another content; equal ones are only a hint."""
    a, b = below.columns.checksums, above.columns.checksums
    if not a or not b:
        return False
    one, other = a.get(below.data_row(below_row)), b.get(above.data_row(above_row))
    return one is not None and other is not None and len(one) == len(other) and one != other
