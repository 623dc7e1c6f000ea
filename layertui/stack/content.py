"""Whether contents of one size are the same: read only where it is asked, and never guessed."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from layertui.errors import Cancelled, LayertuiError
from layertui.image.blob import Content
from layertui.layer.read import layer_window
from layertui.layer.tree import LayerTree
from layertui.layer.version import parts
from layertui.layer.window import StreamWindow, Tick, Window
from layertui.stack.squash import Squash

CHUNK_BYTES = 256 * 1024
"""How much of a file is held at once."""

Cancel = Callable[[], bool]
"""Asked for every chunk; True stops the work."""

Spot = tuple[LayerTree, int]
"""Where the content of a file lies: its layer's tree, and the row in it, hard links followed."""

Pairs = Mapping[int, tuple[Spot, Spot]]
"""What is to be compared, by whatever number the caller gives a pair."""

Kept = Mapping[LayerTree, Content | None]
"""What the layers of some trees are kept in, None where one cannot be read."""


Progress = Callable[[int], None]
"""Called now and then with how many contents were read so far."""


class SpotComparer:
    """Compares contents in any layers of any images, and keeps the digests that it made for compressed layers."""

    def __init__(self) -> None:
        self._digests: dict[Spot, bytes] = {}

    def same(
        self,
        asked: Pairs,
        every: Callable[[], Pairs],
        kept: Kept,
        cancelled: Cancel | None = None,
        progress: Progress | None = None,
    ) -> Iterator[tuple[int, bool]]:
        """Yield pairs by number, and whether their contents are the same; what cannot be read is left out.

        A plain layer is read in place, and only as far as the contents agree. A compressed one has to be inflated from
        its start, so once it is, those of `every` pair that it has a part in are compared too.

        Raises Cancelled.
        """
        windows = _Windows(kept, cancelled)
        pairs = dict(asked)
        streamed = {tree for pair in pairs.values() for tree, _ in pair if windows.is_stream(tree)}
        if streamed:
            for number, pair in every().items():
                if pair[0][0] in streamed and pair[1][0] in streamed:
                    pairs.setdefault(number, pair)
            spots = (spot for pair in pairs.values() for spot in pair)
            self._digest_streams(spots, streamed, windows, cancelled, progress)
        for done, (number, (one, other)) in enumerate(pairs.items()):
            if progress is not None:
                progress(done)
            same = self._same(one, other, windows, cancelled)
            if same is not None:
                yield number, same

    def digests(self, spots: Iterable[Spot], kept: Kept, cancelled: Cancel | None = None) -> dict[Spot, bytes]:
        """SHA-256 of contents, compressed layers in one pass each; what cannot be read is left out.

        Raises Cancelled.
        """
        windows = _Windows(kept, cancelled)
        wanted = list(spots)
        streamed = {tree for tree, _ in wanted if windows.is_stream(tree)}
        self._digest_streams(wanted, streamed, windows, cancelled)
        found = {}
        for spot in wanted:
            try:
                digest = self._digest(spot, windows, cancelled)
            except LayertuiError:
                continue
            if digest is not None:
                found[spot] = digest
        return found

    def known_digest(self, spot: Spot) -> bytes | None:
        """SHA-256 of a content, if it was made already; nothing is read."""
        return self._digests.get(spot)

    def _digest_streams(
        self,
        spots: Iterable[Spot],
        streamed: set[LayerTree],
        windows: "_Windows",
        cancelled: Cancel | None,
        progress: Progress | None = None,
    ) -> None:
        """Digest contents of compressed layers, in one pass over each."""
        rows: dict[LayerTree, set[int]] = defaultdict(set)
        for tree, row in spots:
            if tree in streamed and (tree, row) not in self._digests:
                rows[tree].add(row)
        done = 0
        for tree, missing in rows.items():
            try:
                window = windows.fresh(tree)
                if window is None:
                    continue
                for row in sorted(missing, key=tree.columns.offsets.__getitem__):
                    self._digests[tree, row] = _digest(window, tree, row, cancelled)
                    done += 1
                    if progress is not None:
                        progress(done)
            except LayertuiError:
                continue  # said already when the layer was read; what was not reached stays unknown

    def _digest(self, spot: Spot, windows: "_Windows", cancelled: Cancel | None) -> bytes | None:
        """The digest of one content, read now unless its layer is compressed; None where it cannot be."""
        if spot not in self._digests and not windows.is_stream(spot[0]):
            window = windows.of(spot[0])
            if window is None:
                return None
            self._digests[spot] = _digest(window, *spot, cancelled)
        return self._digests.get(spot)

    def _same(self, one: Spot, other: Spot, windows: "_Windows", cancelled: Cancel | None) -> bool | None:
        if one == other:
            return True
        try:
            if not windows.is_stream(one[0]) and not windows.is_stream(other[0]):
                left, right = windows.of(one[0]), windows.of(other[0])
                if left is None or right is None:
                    return None
                return _equal(content_chunks(left, *one, cancelled), content_chunks(right, *other, cancelled))
            digests = [self._digest(spot, windows, cancelled) for spot in (one, other)]
        except LayertuiError:
            return None
        return None if None in digests else digests[0] == digests[1]


class _Windows:
    """Windows over layers, each opened once."""

    def __init__(self, kept: Kept, cancelled: Cancel | None) -> None:
        self._kept, self._cancelled = kept, cancelled
        self._open: dict[LayerTree, Window | None] = {}

    def of(self, tree: LayerTree) -> Window | None:
        """The window of a layer, of use where it can be read anywhere; None where it cannot be read."""
        if tree not in self._open:
            try:
                self._open[tree] = self.fresh(tree)
            except LayertuiError:
                self._open[tree] = None
        return self._open[tree]

    def is_stream(self, tree: LayerTree) -> bool:
        """Whether a layer is compressed: it can be read only once and only forward."""
        return isinstance(self.of(tree), StreamWindow)

    def fresh(self, tree: LayerTree) -> Window | None:
        """Another window, for a pass over a compressed layer. Raises LayertuiError."""
        content = self._kept.get(tree)
        return None if content is None else layer_window(content, tree, tick_of(self._cancelled))


class Contents:
    """Compares the contents of versions of one image.

    `layers` are the layers' contents, base to top, None where one cannot be read.
    """

    def __init__(self, layers: Sequence[Content | None]) -> None:
        self._layers = layers
        self._comparer = SpotComparer()

    def settle(self, squash: Squash, positions: Iterable[int], cancelled: Cancel | None = None) -> list[int]:
        """Settle the rewritten versions among `positions`; returns all positions that were settled.

        Where compressed layers were inflated for it, others that lie in them are settled too. What cannot be read
        stays rewritten.

        Raises Cancelled.
        """
        asked = _pairs(squash, (position for position in positions if squash.is_rewritten(position)))
        contents = self._layers[squash.first : squash.first + len(squash.trees)]
        kept = dict(zip(squash.trees, contents, strict=False))
        settled = []
        for position, same in self._comparer.same(asked, lambda: _pairs(squash, squash.rewritten()), kept, cancelled):
            squash.settle(position, same)
            settled.append(position)
        return settled


def _pairs(squash: Squash, positions: Iterable[int]) -> dict[int, tuple[Spot, Spot]]:
    """For every position, where its content and the content below it lie."""
    pairs = {}
    for position in positions:
        below = squash.below(position)
        if below is not None:
            pairs[position] = (squash.data_position(position), squash.data_position(below))
    return pairs


def tick_of(cancelled: Cancel | None) -> Tick:
    """What to call while bytes are waited for: raises Cancelled once `cancelled` says so."""

    def tick(_: int) -> None:
        if cancelled is not None and cancelled():
            raise Cancelled

    return tick


def content_chunks(window: Window, tree: LayerTree, row: int, cancelled: Cancel | None = None) -> Iterator[bytes]:
    """Yield a file's content in chunks, the holes of a sparse file as zeros.

    Raises DamagedError where it is cut short, what the window raises, and Cancelled.
    """

    tick = tick_of(cancelled)
    reach = 0
    for offset, data in parts(window, tree, row, lambda: tick(0), CHUNK_BYTES):
        yield from _zeros(offset - reach, tick)
        yield data
        reach = offset + len(data)
    yield from _zeros(tree.columns.sizes[row] - reach, tick)


def _zeros(length: int, tick: Tick) -> Iterator[bytes]:
    while length > 0:
        tick(0)
        yield bytes(min(CHUNK_BYTES, length))
        length -= CHUNK_BYTES


def _digest(window: Window, tree: LayerTree, row: int, cancelled: Cancel | None) -> bytes:
    hasher = hashlib.sha256()
    for chunk in content_chunks(window, tree, row, cancelled):
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
