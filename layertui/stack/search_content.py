"""Looking for bytes in the contents of all layers, each layer passed through once, in the order of its tar."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from layertui.errors import DamagedError
from layertui.image.blob import Content
from layertui.layer.columns import Kind
from layertui.layer.read import as_blob, layer_window, tar_window
from layertui.layer.stored import StoredTree
from layertui.layer.tree import LayerTree
from layertui.layer.window import BlobWindow, Window
from layertui.stack.search_file import BEGINNING_BYTES, CONTEXT_BYTES, FileHit, FileSearch, Search, WideFileSearch
from layertui.stack.search_pattern import Needle
from layertui.stack.wide import HEAD_BYTES, may_be_wide, wide_codec

CHUNK_BYTES = 1 << 20
"""How much is looked through at once: also how long it takes until the work can be cancelled."""

GAP_BYTES = 64 * 1024
"""Contents that lie closer than this are read together: what is between them costs less than another read."""

Tick = Callable[[int], None]
"""Called before each chunk with the stored bytes of the layer that are done; raises Cancelled to stop the work."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A run of a file's bytes in the tar: all of them, or of a sparse file what lies between two holes."""

    start: int
    stop: int
    row: int
    offset: int
    """Where it begins in the file."""
    is_last: bool
    """Whether the file ends where it does."""


def search_layer(
    content: Content, tree: LayerTree, needle: Needle, rows: Iterable[int], tick: Tick | None = None
) -> Iterator[FileHit]:
    """Yield the files among `rows` whose content matches, in the order of the layer's tar.

    Every row is looked through once; hard links are not followed, and rows without content are passed over. Contents
    that lie close together are read as one, in chunks, whatever is between them: so a plain layer is searched as fast
    as its bytes can be read, and a compressed one is inflated once. The holes of sparse files are passed over, so that
    bytes of NUL are found only where they are stored. Text in UTF-16 is looked through as if it were UTF-8.

    Raises LayertuiError where the layer cannot be read (further), and what `tick` raises.
    """
    parts = sorted(_parts(tree, rows), key=lambda part: part.start)
    if not parts:
        return
    progress = _Progress(tick)
    blob = content.tar(tree, progress.reach) if isinstance(content, StoredTree) else as_blob(content)
    if blob is None:
        window = layer_window(content, tree, progress.check)
        for part in parts:
            yield from _Run(window, [part], needle, progress, advance=True).search()
        return
    window = tar_window(blob, progress.reach)
    is_plain = isinstance(window, BlobWindow)
    for run in _runs(parts):
        yield from _Run(window, run, needle, progress, advance=is_plain).search()


class _Progress:
    """How far the work is, for whoever may stop it."""

    def __init__(self, tick: Tick | None) -> None:
        self._tick = tick
        self._done = 0

    def reach(self, done: int) -> None:
        self._done = done
        self.check()

    def check(self, _: int = 0) -> None:
        """Nothing new is done, and it may be stopped: what waits for a network says so again and again."""
        if self._tick is not None:
            self._tick(self._done)


def _parts(tree: LayerTree, rows: Iterable[int]) -> Iterator[_Part]:
    columns = tree.columns
    kinds, sizes, offsets, sparse = columns.kinds, columns.sizes, columns.offsets, columns.sparse
    for row in rows:
        if kinds[row] != Kind.FILE or not sizes[row] or row in columns.metacopies:
            continue
        start = offsets[row]
        for offset, length in sparse.get(row, ((0, sizes[row]),)):
            yield _Part(start, start + length, row, offset, offset + length == sizes[row])
            start += length


def _runs(parts: list[_Part]) -> Iterator[list[_Part]]:
    """Parts that lie so close together that they are read as one."""
    run = parts[:1]
    for part in parts[1:]:
        if part.start - run[-1].stop > GAP_BYTES:
            yield run
            run = []
        run.append(part)
    yield run


class _Run:
    """Parts of a layer that are read as one run of bytes, in overlapping chunks."""

    def __init__(
        self, window: Window, parts: list[_Part], needle: Needle, progress: _Progress, *, advance: bool
    ) -> None:
        self._window = window
        self._parts = parts
        self._starts = [part.start for part in parts]
        self._needle = needle
        self._progress = progress
        self._advance = advance
        """Whether the run's own offsets are the progress; a compressed layer tells of it while it is inflated."""
        self._data = b""
        """The chunk."""
        self._subject = b""
        """The same as it is searched, such as in lower case."""
        self._at = 0
        """Where in the tar the chunk begins."""
        self._fresh = parts[0].start
        """Where what was not looked at yet begins; before it, the chunk repeats the end of the last one."""
        self._stop = 0
        """Where the chunk ends."""
        self._row = -1
        """The file that was looked at last."""
        self._file: Search | None = None
        """The search in it."""

    def search(self) -> Iterator[FileHit]:
        """Look through all chunks."""
        end = self._parts[-1].stop
        overlap = self._needle.overlap_bytes + CONTEXT_BYTES
        self._at = self._fresh
        while self._fresh < end:
            if self._advance:
                self._progress.reach(self._fresh)
            self._data = self._window.fetch(self._at, min(self._fresh - self._at + CHUNK_BYTES, end - self._at))
            self._stop = self._ending(min(self._at + len(self._data), end))
            if self._stop <= self._fresh:
                if self._file is not None and self._file.hit is not None:
                    yield self._file.hit
                raise DamagedError("the layer ends before its last file does.")
            self._subject = self._needle.prepared(self._data)
            for part, may_match, codec in self._worth_a_look():
                if part.row != self._row or self._file is None:
                    if self._file is not None and self._file.hit is not None:
                        yield self._file.hit
                    self._row, self._file = part.row, self._begun(part, codec)
                self._look(self._file, part, may_match)
            self._fresh = self._stop
            self._at = max(self._stop - overlap, self._at)
        if self._file is not None and self._file.hit is not None:
            yield self._file.hit

    def _ending(self, stop: int) -> int:
        """Where a chunk that could reach to `stop` ends: not within a file's beginning, by which it is judged."""
        index = bisect_left(self._starts, stop) - 1
        part = self._parts[index]
        is_cut = self._fresh < part.start < stop < part.stop and stop - part.start < BEGINNING_BYTES
        return part.start if is_cut else stop

    def _worth_a_look(self) -> Iterator[tuple[_Part, bool, str | None]]:
        """The parts in the chunk that may match, and those that reach beyond it, which may not; in their order.

        A text is looked for in the whole chunk at once, files and what lies between them alike. With each part comes
        the encoding, where a file of UTF-16 begins there.
        """
        starts, parts = self._starts, self._parts
        index = max(bisect_right(starts, self._fresh) - 1, 0)
        last = bisect_left(starts, self._stop)
        if parts[index].stop <= self._fresh:
            index += 1
        entering = index + (index < last and parts[index].start < self._fresh)
        wide = self._wide(entering, last)
        if not self._needle.text:
            yield from ((parts[number], True, wide.get(number)) for number in range(index, last))
            return
        worth = {*range(index, entering), *self._found(entering, last), *wide}
        ahead = {last - 1} if index < last and parts[last - 1].stop > self._stop else set[int]()
        for number in sorted(worth | ahead):
            yield parts[number], number in worth, wide.get(number)

    def _found(self, index: int, last: int) -> Iterator[int]:
        """The parts among those that begin in the chunk, from `index` to `last`, that hold the text."""
        starts, text, at = self._starts, self._needle.text, self._at
        while index < last:
            found = self._subject.find(text, starts[index] - at, self._stop - at)
            if found < 0:
                return
            index = bisect_right(starts, found + at) - 1
            if found + at + len(text) <= self._parts[index].stop:  # else it is no file's, but between two of them
                yield index
            index += 1

    def _wide(self, index: int, last: int) -> dict[int, str]:
        """Of the same parts those that are a file of UTF-16, and its encoding; of sparse files none."""
        found = {}
        data, at, starts = self._data, self._at, self._starts
        for number in range(index, last):
            start = starts[number] - at
            if may_be_wide(data[start : start + HEAD_BYTES]):
                part = self._parts[number]
                whole = not part.offset and part.is_last
                codec = wide_codec(data[start : min(part.stop - at, start + BEGINNING_BYTES)]) if whole else None
                if codec is not None:
                    found[number] = codec
        return found

    def _begun(self, part: _Part, codec: str | None) -> Search:
        """The search in another file, whose beginning is in sight: nothing else is begun with."""
        check = self._progress.check
        if codec is not None:
            return WideFileSearch(part.row, self._needle, check, codec)
        first = part.start - self._at
        # One that begins with a hole begins with NULs.
        beginning = self._data[first : min(part.stop - self._at, first + BEGINNING_BYTES)]
        binary = part.offset > 0 or 0 in beginning
        return FileSearch(part.row, self._needle, check, is_binary=binary)

    def _look(self, file: Search, part: _Part, may_match: bool) -> None:
        """Look through what is new of a part."""
        start = part.start - self._at
        file.look(
            self._data,
            self._subject,
            part.offset - start,
            max(start, 0),
            max(part.start, self._fresh) - self._at,
            min(part.stop, self._stop) - self._at,
            is_start=start >= 0,
            is_end=part.stop <= self._stop,
            is_last=part.is_last and part.stop <= self._stop,
            may_match=may_match,
        )
