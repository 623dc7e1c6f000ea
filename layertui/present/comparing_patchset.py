"""Which rows of a comparison make a patch, and what of them cannot stand in one."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from layertui.image.bounds import Bound
from layertui.layer.columns import Kind
from layertui.present.comparing_patch import CONTEXT_LINES, SYMLINK_MODE, Text, git_mode, is_binary, note_of, patch_of
from layertui.stack.compare import Change, Comparison, Field
from layertui.stack.content import Spot

PATCH_FILE_BYTES = Bound("LAYERTUI_MAX_PATCH_FILE_BYTES", 4 << 20, "bytes")
"""A file in a patch: both sides are held whole, and nobody reads a longer difference."""

Read = Callable[[Spot], bytes | None]
"""Gives a whole content, None where it cannot be read."""


BINARY = ("binary file", "binary files")
LARGE = ("file above the bound", "files above the bound")
DEVICE = ("device or pipe", "devices or pipes")
DIRECTORY = ("directory", "directories")
METADATA = ("path where only metadata differs", "paths where only metadata differs")
MORE_METADATA = ("path where other metadata differs too", "paths where other metadata differs too")
"""What a patch cannot have, one and many of it."""


@dataclass(slots=True)
class LeftOut:
    """What a patch does not have, by how many there are."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    unread: int = 0
    """Files whose content could not be read."""

    def text(self) -> str:
        """In words, such as `2 binary files, 1 directory`; empty where nothing is left out."""
        return ", ".join(f"{count:,} {what[count != 1]}" for what, count in self.counts.items() if count)


@dataclass(frozen=True, slots=True)
class _Version:
    """One side of a row."""

    kind: Kind | None
    """None where the side holds nothing that is a file: no entry, or a whiteout."""
    mode: int = 0
    spot: Spot | None = None
    size_bytes: int | None = 0
    target: bytes = b""


def patch_rows(comparison: Comparison) -> list[int]:
    """The rows that a patch is about, each after the rows that have to be gone before it can be made."""
    wanted = comparison.having(Change.ONLY_A, Change.ONLY_B, Change.CONTENT, Change.METADATA, Change.TYPE)
    rows: list[int] = []
    row = 0
    while (row := wanted.find(1, row)) >= 0:
        end = row + 1
        if comparison.kind_a(row) is Kind.DIRECTORY and comparison.kind_b(row) is not Kind.DIRECTORY:
            end = comparison.subtree_end(row)
            rows += [below for below in range(row + 1, end) if wanted[below]]
        rows.append(row)
        row = end
    return rows


def patch_spots(comparison: Comparison, rows: Iterable[int]) -> Iterator[Spot]:
    """Where the contents lie that a patch of some rows reads."""
    for row in rows:
        if comparison.change(row) is Change.METADATA:
            continue
        for version in _versions(comparison, row):
            if version.spot is not None and (version.size_bytes or 0) <= PATCH_FILE_BYTES.value:
                yield version.spot


def patch_parts(
    comparison: Comparison, rows: Iterable[int], read: Read, left_out: LeftOut, context: int = CONTEXT_LINES
) -> Iterator[bytes]:
    """The patch from A to B, a part for each row; fills in what is left out."""
    for row in rows:
        part = _part(comparison, row, read, left_out, context)
        if part:
            yield part


def _part(comparison: Comparison, row: int, read: Read, left_out: LeftOut, context: int) -> bytes:
    path = comparison.path(row)
    a, b = versions = _versions(comparison, row)
    kinds = {version.kind for version in versions}
    only_metadata = comparison.change(row) is Change.METADATA
    if only_metadata and (kinds != {Kind.FILE} or git_mode(a.mode) == git_mode(b.mode)):
        left_out.counts[METADATA] += 1
        return b""
    if only_metadata:
        left_out.counts[MORE_METADATA] += comparison.fields(row) != Field.MODE
        return patch_of(path, Text(git_mode(a.mode), b""), Text(git_mode(b.mode), b""))
    in_a, in_b = a.kind is not None, b.kind is not None
    if kinds & {Kind.CHAR, Kind.BLOCK, Kind.FIFO}:
        left_out.counts[DEVICE] += 1
        return note_of(path, b"Devices", in_a=in_a, in_b=in_b)
    if any((version.size_bytes or 0) > PATCH_FILE_BYTES.value for version in versions):
        left_out.counts[LARGE] += 1
        remark = f": above {PATCH_FILE_BYTES.value:,} bytes ({PATCH_FILE_BYTES.variable})".encode()
        return note_of(path, b"Large files", remark, in_a=in_a, in_b=in_b)
    if kinds <= {Kind.DIRECTORY, None}:
        left_out.counts[DIRECTORY] += Kind.DIRECTORY in kinds
        return b""
    texts: list[Text | None] = []
    for version in versions:
        text = _text(version, read)
        if text is None and version.kind in (Kind.FILE, Kind.SYMLINK):
            left_out.unread += 1
            return b""
        texts.append(text)
    if any(text is not None and is_binary(text.data) for text in texts):
        left_out.counts[BINARY] += 1
        return note_of(path, b"Binary files", in_a=in_a, in_b=in_b)
    return patch_of(path, texts[0], texts[1], context)


def _versions(comparison: Comparison, row: int) -> tuple[_Version, _Version]:
    one, other = (
        _Version(None) if at is None or kind in (None, Kind.WHITEOUT) else _version(comparison, at, kind, of_b)
        for at, kind, of_b in (
            (comparison.a(row), comparison.kind_a(row), False),
            (comparison.b(row), comparison.kind_b(row), True),
        )
    )
    return one, other


def _version(comparison: Comparison, at: int, kind: Kind | None, of_b: bool) -> _Version:
    side = comparison.side_b if of_b else comparison.side_a
    spot = side.spot(at)
    tree, row = side.squash.data_position(at)
    mode, _, _ = tree.columns.owner_table[tree.columns.owners[row]]
    if kind is Kind.SYMLINK:
        return _Version(kind, mode, target=tree.columns.links.get(row, b""))
    if kind is Kind.FILE:
        return _Version(kind, mode, spot, None if spot is None else spot[0].columns.sizes[spot[1]])
    return _Version(kind, mode)


def _text(version: _Version, read: Read) -> Text | None:
    """A version as a patch has it; None for what is no file there, and where it cannot be read."""
    if version.kind is Kind.SYMLINK:
        return Text(SYMLINK_MODE, version.target)
    data = read(version.spot) if version.kind is Kind.FILE and version.spot is not None else None
    return None if data is None else Text(git_mode(version.mode), data)
