"""An image layer as an engine that unpacked it keeps it: its headers in a tar-split file, its contents as files.

tar-split (vbatts/tar-split, `tar/storage/entry.go`) has one JSON object a line: type 2 holds raw bytes of the tar, that
is headers, their extensions and padding; type 1 says that a file's content follows, its size and CRC-64. Put together
they are the layer's tar, so the scanner lists from them just what the tar would give; contents are not read.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from layertui.errors import DamagedError, LayertuiError, as_damage
from layertui.image.blob import Blob, FileBlob
from layertui.image.bounds import SPLIT_BYTES
from layertui.layer.beneath import Root
from layertui.layer.build import build
from layertui.layer.columns import Columns
from layertui.layer.files import FilesWindow, place
from layertui.layer.segments import SegmentWindow, records
from layertui.layer.stored import StoredTree
from layertui.layer.tar import Damage, scan
from layertui.layer.tree import LayerTree
from layertui.layer.window import Tick

_AGAIN = "Pull the image again, or save it to an archive and open that."

Books = Path | Callable[[], Blob]
"""A tar-split file, opened when it is read."""


class SplitLayer(StoredTree):
    """A layer that is listed from a tar-split file; `root` holds its files, None where that directory is not known.

    Offsets in its columns are not those of the tar: see `files.place`. Sparse files are whole there.
    """

    def __init__(self, books: Books, root: Root | None, label: str, *, method: str = "tar-split") -> None:
        self.label = label
        self.method = method
        self.books = books
        """The tar-split file."""
        self.root = root
        """Where its files are."""

        self.size_bytes = _size(books)

    def read(self, tick: Tick) -> LayerTree:
        """See StoredTree.read; `tick` counts bytes of the tar-split file."""
        try:
            blob = FileBlob.open(self.books, self.label) if isinstance(self.books, Path) else self.books()
        except LayertuiError as problem:
            raise as_damage(problem) from problem
        self.size_bytes = blob.size_bytes
        if blob.size_bytes > SPLIT_BYTES.value:
            raise SPLIT_BYTES.exceeded(f"{self.label}: its tar-split file has {blob.size_bytes:,} bytes and")
        columns = Columns()
        window = SegmentWindow(records(blob, tick), columns, self.label)
        damage = scan(window, columns)
        if damage is None:
            try:
                window.drain()
            except DamagedError as error:
                damage = Damage(error.message, window.tar_bytes)
        contradiction = window.settle()
        damage = damage or contradiction
        if not columns.member_count and (damage or not window.tar_bytes):
            reason = damage.message.removeprefix(f"{self.label}: ") if damage else "it is empty"
            hint = window.failure.hint if window.failure is not None else ""
            raise DamagedError(
                f"{self.label}: nothing can be read from its tar-split file: {reason.rstrip('.')}.", hint or _AGAIN
            )
        place(columns, self.label)
        return replace(build(columns), damage=damage, tar_bytes=window.tar_bytes)

    def window(self, tree: LayerTree) -> FilesWindow:
        """See StoredTree.window."""
        return FilesWindow(self.root, tree, self.label)


def _size(books: Books) -> int:
    """How large the file is, 0 where that is not known yet."""
    try:
        return books.stat().st_size if isinstance(books, Path) else 0
    except OSError:
        return 0
