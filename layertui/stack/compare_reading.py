"""Contents of many files of a comparison, wherever they lie; a compressed layer is inflated once for all of them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from layertui.errors import LayertuiError
from layertui.image.blob import Blob, Content
from layertui.layer.read import layer_window
from layertui.layer.spool import spool
from layertui.layer.tree import LayerTree
from layertui.layer.window import StreamWindow, Window
from layertui.stack.content import Cancel, Spot, content_chunks, tick_of


class Contents:
    """Whole contents, one at a time: of plain layers read in place, of compressed ones from an unnamed file on disk."""

    def __init__(
        self, kept: Mapping[LayerTree, Content | None], spots: Iterable[Spot], cancelled: Cancel | None = None
    ) -> None:
        """Take the contents at `spots` out of compressed layers; raises Cancelled, and LayertuiError for a full disk.

        `kept` says what the layers are kept in.
        """
        self._cancelled = cancelled
        self._windows: dict[LayerTree, Window | None] = {}
        self._places: dict[Spot, tuple[Blob, int]] = {}
        rows: dict[LayerTree, set[int]] = defaultdict(set)
        for tree, row in spots:
            rows[tree].add(row)
        for tree, wanted in rows.items():
            content = kept.get(tree)
            try:
                window = layer_window(content, tree, tick_of(cancelled)) if content is not None else None
            except LayertuiError:
                window = None  # its contents count as those that cannot be read
            self._windows[tree] = window
            if isinstance(window, StreamWindow):
                self._unpack(window, tree, sorted(wanted, key=tree.columns.offsets.__getitem__))

    def read(self, spot: Spot) -> bytes | None:
        """A whole content; None where it cannot be read. Raises Cancelled."""
        tree, row = spot
        if spot in self._places:
            blob, offset = self._places[spot]
            return blob.read_at(offset, tree.columns.sizes[row])
        window = self._windows.get(tree)
        if window is None or isinstance(window, StreamWindow):
            return None
        try:
            return b"".join(content_chunks(window, tree, row, self._cancelled))
        except LayertuiError:
            return None

    def _unpack(self, window: Window, tree: LayerTree, rows: list[int]) -> None:
        places: dict[int, int] = {}
        blob = spool(self._pass(window, tree, rows, places), "contents to compare")
        self._places |= {(tree, row): (blob, offset) for row, offset in places.items()}

    def _pass(self, window: Window, tree: LayerTree, rows: list[int], places: dict[int, int]) -> Iterator[bytes]:
        """The contents of rows, one behind the other, as far as the layer is whole; fills in where each begins."""
        done = 0
        for row in rows:
            start = done
            try:
                for piece in content_chunks(window, tree, row, self._cancelled):
                    done += len(piece)
                    yield piece
            except LayertuiError:
                return  # said already when the layer was read; what was not reached counts as unread
            places[row] = start
