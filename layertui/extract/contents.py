"""Contents of many files in one pass over their layer, in parts, so that nothing is held whole and holes stay holes."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from layertui.errors import Cancelled
from layertui.image.blob import Content
from layertui.layer.read import Cancel, layer_window
from layertui.layer.tree import LayerTree
from layertui.layer.version import parts
from layertui.layer.window import Window

CHUNK_BYTES = 256 * 1024
"""How much of a file is held at once."""

Progress = Callable[[int, int], None]
"""Called with the bytes that are done, and with how many there are in all."""


class Work:
    """How far some work is: says so to whoever waits, and ends it with Cancelled when that is asked for."""

    def __init__(self, total_bytes: int = 0, progress: Progress | None = None, cancelled: Cancel | None = None) -> None:
        self.total_bytes = total_bytes
        self._done_bytes = 0
        self._progress = progress
        self._cancelled = cancelled

    def check(self, _: object = None) -> None:
        """Raise Cancelled where it was asked for; the argument is for those who tell how far they are."""
        if self._cancelled is not None and self._cancelled():
            raise Cancelled

    def add(self, count: int) -> None:
        """Count bytes as done."""
        self.check()
        self._done_bytes += count
        if self._progress is not None:
            self._progress(self._done_bytes, max(self.total_bytes, self._done_bytes))


def open_window(content: Content, tree: LayerTree, work: Work) -> Window:
    """A window for contents in the order of their offsets; waiting for bytes and passing over them can be cancelled."""
    return layer_window(content, tree, work.check)


def stored_bytes(tree: LayerTree, row: int) -> int:
    """How many bytes of a file its layer holds: all but its holes."""
    segments = tree.columns.sparse.get(row)
    return tree.columns.sizes[row] if segments is None else sum(length for _, length in segments)


def stored_parts(window: Window, tree: LayerTree, row: int, work: Work) -> Iterator[tuple[int, bytes]]:
    """Yield what the layer holds of a file, as offsets in it and bytes, and count it as done; see `version.parts`."""
    for offset, data in parts(window, tree, row, work.check, CHUNK_BYTES):
        yield offset, data
        work.add(len(data))


def whole_content(stored: Iterable[tuple[int, bytes]], size_bytes: int, work: Work) -> Iterator[bytes]:
    """Yield a file's content in order, its holes as zeros; `stored` is what its layer holds of it."""
    reach = 0
    for offset, data in chain(stored, ((size_bytes, b""),)):
        for done in range(reach, offset, CHUNK_BYTES):
            work.check()
            yield bytes(min(CHUNK_BYTES, offset - done))
        if data:
            yield data
        reach = offset + len(data)
