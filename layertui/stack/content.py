"""Whether two versions of one size have the same content: read only where it is asked, and never guessed."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence

from layertui.errors import Cancelled, DamagedError, LayertuiError
from layertui.image.blob import Content
from layertui.layer.read import layer_window
from layertui.layer.tree import LayerTree
from layertui.layer.window import StreamWindow, Window
from layertui.stack.squash import Squash

CHUNK_BYTES = 256 * 1024
"""How much of a file is held at once."""

Cancel = Callable[[], bool]
"""Asked for every chunk; True stops the work."""


class Contents:
    """Compares the contents of versions, and keeps the digests that it had to make for compressed layers.

    `layers` are the layers' contents, base to top, None where one cannot be read.
    """

    def __init__(self, layers: Sequence[Content | None]) -> None:
        self._layers = layers
        self._digests: dict[tuple[int, int], bytes] = {}

    def settle(self, squash: Squash, positions: Iterable[int], cancelled: Cancel | None = None) -> list[int]:
        """Settle the rewritten versions among `positions`; returns all positions that were settled.

        A plain layer is read in place, and only as far as the contents agree. A compressed one has to be inflated from
        its start, so once it is, every rewritten version that it has a part in is settled too. What cannot be read
        stays rewritten.

        Raises Cancelled.
        """
        asked = [position for position in positions if squash.is_rewritten(position)]
        pairs = self._pairs(squash, asked)
        streamed = {
            layer for pair in pairs.values() for layer, _ in pair if isinstance(self._window(squash, layer), _Stream)
        }
        if streamed:
            pairs = self._pairs(squash, squash.rewritten()) | pairs
            asked_positions = set(asked)
            pairs = {
                position: pair
                for position, pair in pairs.items()
                if position in asked_positions or (pair[0][0] in streamed and pair[1][0] in streamed)
            }
            for layer in sorted(streamed):
                rows = {row for pair in pairs.values() for at, row in pair if at == layer}
                self._digest_rows(squash, layer, rows, cancelled)
        settled = []
        for position, (above, below) in pairs.items():
            same = self._same(squash, above, below, cancelled)
            if same is not None:
                squash.settle(position, same)
                settled.append(position)
        return settled

    def _pairs(self, squash: Squash, positions: Iterable[int]) -> dict[int, tuple[tuple[int, int], tuple[int, int]]]:
        """For every position, layer and data row of its content and of the content below it."""
        pairs = {}
        for position in positions:
            below = squash.below(position)
            if below is not None:
                pairs[position] = (_source(squash, position), _source(squash, below))
        return pairs

    def _window(self, squash: Squash, layer: int) -> "Window | _Stream | None":
        content = self._layers[layer] if layer < len(self._layers) else None
        if content is None:
            return None
        window = layer_window(content, squash.trees[layer - squash.first])
        return _Stream(window) if isinstance(window, StreamWindow) else window

    def _digest_rows(self, squash: Squash, layer: int, rows: set[int], cancelled: Cancel | None) -> None:
        """Digest the contents of many rows of one compressed layer in one pass over it."""
        tree = squash.trees[layer - squash.first]
        missing = sorted(
            (row for row in rows if (layer, row) not in self._digests), key=tree.columns.offsets.__getitem__
        )
        stream = self._window(squash, layer)
        if not missing or not isinstance(stream, _Stream):
            return
        try:
            for row in missing:
                self._digests[layer, row] = _digest(stream.window, tree, row, cancelled)
        except LayertuiError:
            return  # said already when the layer was read; what was not reached stays rewritten

    def _same(
        self, squash: Squash, above: tuple[int, int], below: tuple[int, int], cancelled: Cancel | None
    ) -> bool | None:
        if above == below:
            return True
        one, other = self._window(squash, above[0]), self._window(squash, below[0])
        trees = squash.trees[above[0] - squash.first], squash.trees[below[0] - squash.first]
        try:
            if one is None or other is None:
                return None
            if not isinstance(one, _Stream) and not isinstance(other, _Stream):
                return _equal(
                    _content(one, trees[0], above[1], cancelled), _content(other, trees[1], below[1], cancelled)
                )
            digests = []
            for (layer, row), window, tree in zip((above, below), (one, other), trees, strict=True):
                if (layer, row) not in self._digests and not isinstance(window, _Stream):
                    self._digests[layer, row] = _digest(window, tree, row, cancelled)
                digests.append(self._digests.get((layer, row)))
        except LayertuiError:
            return None
        return None if None in digests else digests[0] == digests[1]


class _Stream:
    """A window over a compressed layer, which can be read only once and only forward."""

    def __init__(self, window: Window) -> None:
        self.window = window


def _source(squash: Squash, position: int) -> tuple[int, int]:
    tree, row = squash.data_position(position)
    return squash.trees.index(tree) + squash.first, row


def _content(window: Window, tree: LayerTree, row: int, cancelled: Cancel | None) -> Iterator[bytes]:
    """Yield a file's content in chunks, the holes of a sparse file as zeros. Raises DamagedError where it is cut."""
    columns = tree.columns
    size, offset = columns.sizes[row], columns.offsets[row]
    reach = 0
    for start, length in columns.sparse.get(row, ((0, size),)):
        yield from _zeros(start - reach, cancelled)
        done = 0
        while done < length:
            if cancelled is not None and cancelled():
                raise Cancelled
            wanted = min(CHUNK_BYTES, length - done)
            chunk = window.fetch(offset, wanted)[:wanted]
            if len(chunk) < wanted:
                raise DamagedError("a file's content is cut short.")
            yield chunk
            offset += wanted
            done += wanted
        reach = start + length
    yield from _zeros(size - reach, cancelled)


def _zeros(length: int, cancelled: Cancel | None) -> Iterator[bytes]:
    while length > 0:
        if cancelled is not None and cancelled():
            raise Cancelled
        yield bytes(min(CHUNK_BYTES, length))
        length -= CHUNK_BYTES


def _digest(window: Window, tree: LayerTree, row: int, cancelled: Cancel | None) -> bytes:
    hasher = hashlib.sha256()
    for chunk in _content(window, tree, row, cancelled):
        hasher.update(chunk)
    return hasher.digest()


def _equal(one: Iterator[bytes], other: Iterator[bytes]) -> bool:
    """Compare two contents of one size, as far as they agree; their chunks may be cut differently."""
    left = right = b""
    while True:
        left = left or next(one, b"")
        right = right or next(other, b"")
        if not left or not right:
            return not left and not right
        length = min(len(left), len(right))
        if left[:length] != right[:length]:
            return False
        left, right = left[length:], right[length:]
