"""Contents of a layer whose files stand in a directory, under the paths that its tree names."""

from array import array
from bisect import bisect_left, bisect_right
from itertools import accumulate

from layertui.errors import DamagedError, LayertuiError, NotFoundError, UnreachableError
from layertui.image.blob import FileBlob
from layertui.layer.beneath import Beneath, Root, opened
from layertui.layer.columns import LARGEST_SIZE_BYTES, Columns
from layertui.layer.member import shown
from layertui.layer.tree import DEAD, IMPLIED, LayerTree

_CHANGED = "It changed since it was listed, or the storage is damaged. Open the image again."


def place(columns: Columns, label: str) -> None:
    """Give every member an offset: contents follow each other as if all files stood in one, in their order.

    Raises DamagedError, beginning with `label`, where their sizes together cannot be meant.
    """
    ends = list(accumulate(columns.sizes, initial=0))
    if ends.pop() >= 2 * LARGEST_SIZE_BYTES:
        raise DamagedError(f"{label}: the sizes of its files together are more than any disk holds.", _CHANGED)
    columns.offsets = array("q", ends)


class FilesWindow:
    """A window over files in a directory; nothing is opened before it is asked for.

    `columns.offsets` are those of `place`. With `root` None, fetching raises UnreachableError.
    """

    def __init__(self, root: Root | None, tree: LayerTree, label: str) -> None:
        self._root = root
        self._tree = tree
        self._label = label
        self._beneath: Beneath | None = None
        self._row = -1
        self._blob: FileBlob | None = None
        flags = tree.flags
        self._rows = bisect_left(range(len(flags)), IMPLIED, key=lambda row: flags[row] & IMPLIED)
        """How many rows are members: implied directories come after them and have no offset."""

    def fetch(self, offset: int, length: int) -> bytes:
        """Bytes of one file, fewer only where it ends.

        Raises LayertuiError where the file is gone, cannot be read or is not what was listed.
        """
        columns = self._tree.columns
        row = bisect_right(columns.offsets, offset, 0, self._rows) - 1
        if row < 0 or offset >= columns.offsets[row] + columns.sizes[row]:
            return b""
        if row != self._row or self._blob is None:
            self._blob, self._row = self._open(row), row
        return self._blob.read_at(offset - columns.offsets[row], length)

    def missing(self, offset: int) -> int:
        """See Window.missing; no file is shorter than it was listed, or it is refused."""
        return 0

    def _open(self, row: int) -> FileBlob:
        columns = self._tree.columns
        key, size = columns.keys[row], columns.sizes[row]
        label = f"{self._label}: {shown(key)}"
        if self._tree.flags[row] & DEAD:
            raise NotFoundError(
                f"{label}: a later entry of the same layer replaced it, and only that one was kept.",
                "Save the image to an archive to see the earlier one.",
            )
        if row in columns.metacopies:
            raise NotFoundError(f"{label}: the layer holds its metadata only.", "Its content is in a layer below.")
        try:
            blob = self._directory().blob(key, label)
        except NotFoundError as problem:
            raise DamagedError(problem.message, _CHANGED) from problem
        if blob.size_bytes != size:
            raise DamagedError(f"{label} has {blob.size_bytes:,} bytes on disk, but {size:,} were listed.", _CHANGED)
        return blob

    def _directory(self) -> Beneath:
        if self._root is None:
            raise UnreachableError(
                f"{self._label}: the directory that holds its files cannot be read.",
                "Use sudo, or save the image to an archive and open that.",
            )
        if self._beneath is None:
            try:
                self._beneath = opened(self._root)
            except LayertuiError as error:
                raise UnreachableError(f"{self._label}: {error.message}", error.hint) from error
        return self._beneath
