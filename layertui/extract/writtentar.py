"""A tar of a layer that is kept as files: what a commit would write, in POSIX's PAX form."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from layertui.errors import DamagedError, LayertuiError, PartialResultError
from layertui.extract.contents import Work, stored_parts, whole_content
from layertui.extract.paxheader import BLOCK_BYTES, header
from layertui.layer.columns import Kind
from layertui.layer.member import shown
from layertui.layer.names import path_of
from layertui.layer.tree import IMPLIED, Entry, LayerTree
from layertui.layer.whiteout import OPAQUE_NAME, PREFIX
from layertui.layer.window import Window


def write_tar(tree: LayerTree, window: Window, work: Work, problems: list[LayertuiError]) -> Iterator[bytes]:
    """Yield the tar of a layer's rows in their order; a file that cannot be read is left out, and told in `problems`.

    Raises DamagedError where a file's content ends early once it is begun, and what `work` raises.
    """
    columns = tree.columns
    work.total_bytes = columns.content_bytes
    rows = [row for row in range(len(tree)) if not tree.flags[row] & IMPLIED]
    directories = {columns.keys[row] for row in rows if columns.kinds[row] == Kind.DIRECTORY}
    yield from (_marker(key, OPAQUE_NAME) for key in columns.opaque if key not in directories)
    for row in rows:
        work.check()
        key, entry = columns.keys[row], tree.entry(row)
        try:
            if entry.kind is Kind.FILE:
                yield from _file(entry, columns.sizes[row], stored_parts(window, tree, row, work), work)
            elif entry.kind is Kind.WHITEOUT:
                parent, _, name = key.rpartition(b"\0")
                yield _marker(parent, PREFIX + name)
            else:
                yield header(entry, 0)
        except _NotBegun as skipped:
            problem = skipped.problem
            problems.append(PartialResultError(f"{shown(key)} is left out: {problem.message}", problem.hint))
        except ValueError as problem:
            problems.append(PartialResultError(f"{shown(key)} is left out: {problem}."))
        if entry.kind is Kind.DIRECTORY and key in columns.opaque:
            yield _marker(key, OPAQUE_NAME)
    yield bytes(2 * BLOCK_BYTES)


class _NotBegun(Exception):
    """A file cannot be read, and nothing of it was written."""

    def __init__(self, problem: LayertuiError) -> None:
        self.problem = problem


def _file(entry: Entry, size_bytes: int, stored: Iterator[tuple[int, bytes]], work: Work) -> Iterator[bytes]:
    """A file's header and content, its holes as zeros."""
    try:
        first = next(stored, (0, b""))
    except LayertuiError as problem:
        raise _NotBegun(problem) from problem
    yield header(entry, size_bytes)
    try:
        yield from whole_content(chain((first,), stored), size_bytes, work)
    except LayertuiError as problem:
        raise DamagedError(f"{shown(entry.path)}: {problem.message}", problem.hint) from problem
    yield bytes(-size_bytes % BLOCK_BYTES)


_EMPTY = Entry(b"", Kind.FILE, 0, 0, 0, 0, 0, None, (), None, opaque=False, implied=False)


def _marker(parent: bytes, name: bytes) -> bytes:
    """A marker in a directory: an empty file (OCI image-spec, layer.md, "Whiteouts")."""
    return header(replace(_EMPTY, path=path_of(parent + b"\0" + name if parent else name)), 0)
