"""Looking for bytes in the contents of all layers, each layer passed through once, in the order of its tar."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from layertui.errors import DamagedError
from layertui.image.blob import Content
from layertui.layer.columns import Kind
from layertui.layer.compression import MAGIC_BYTES, Compression, sniff
from layertui.layer.read import as_blob
from layertui.layer.stored import StoredTree
from layertui.layer.tree import LayerTree
from layertui.layer.version import ticking
from layertui.layer.window import BlobWindow, StreamWindow, Window
from layertui.stack.search_pattern import Needle

CHUNK_BYTES = 1 << 20
"""How much is looked through at once: also how long it takes until the work can be cancelled."""

GAP_BYTES = 64 * 1024
"""Contents that lie closer than this are read together: what is between them costs less than another read."""

CONTEXT_BYTES = 256
"""How much of a line is given before a match, and behind it."""

HIT_LIMIT = 10_000
"""Up to how many matches in one file are counted."""

_BINARY_LOOK_BYTES = 8 * 1024
"""A NUL in this much of a file's beginning makes it binary, as git and diff take it."""

Tick = Callable[[int], None]
"""Called before each chunk with the stored bytes of the layer that are done; raises Cancelled to stop the work."""


@dataclass(frozen=True, slots=True)
class FileHit:
    """A file whose content matches."""

    row: int
    """In its layer's tree: the row that holds the content."""
    hits: int
    """How many matches there are, up to `HIT_LIMIT`."""
    offset_bytes: int
    """Where in the file the first match begins."""
    line: int | None
    """The line of the first match, counted from 1; None in a binary file."""
    text: bytes
    """That line, at most `CONTEXT_BYTES` on either side of the match; of a binary file the match alone."""
    match: tuple[int, int]
    """Where in `text` the match begins and ends."""


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
    bytes of NUL are found only where they are stored.

    Raises LayertuiError where the layer cannot be read (further), and what `tick` raises.
    """
    parts = sorted(_parts(tree, rows), key=lambda part: part.start)
    if not parts:
        return
    progress = _Progress(tick)
    if isinstance(content, StoredTree):
        window = content.window(tree)
        for part in parts:
            yield from _Run(window, [part], needle, progress, advance=True).search()
        return
    blob = as_blob(content)
    compression = sniff(blob.read_at(0, MAGIC_BYTES))
    is_plain = compression is Compression.PLAIN
    window = BlobWindow(blob, None) if is_plain else StreamWindow(ticking(blob, compression, progress.reach))
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

    def check(self) -> None:
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
        """The file that was looked at last; what follows is about it."""
        self._hit: FileHit | None = None
        self._newlines = 0
        """In what has passed of it."""
        self._binary = False
        self._done = 0
        """Where in the tar its last match ends."""

    def search(self) -> Iterator[FileHit]:
        """Look through all chunks."""
        end = self._parts[-1].stop
        overlap = self._needle.overlap_bytes + CONTEXT_BYTES
        self._at = self._fresh
        while self._fresh < end:
            if self._advance:
                self._progress.reach(self._fresh)
            self._data = self._window.fetch(self._at, min(self._fresh - self._at + CHUNK_BYTES, end - self._at))
            self._stop = min(self._at + len(self._data), end)
            if self._stop <= self._fresh:
                if self._hit is not None:
                    yield self._hit
                raise DamagedError("the layer ends before its last file does.")
            self._subject = self._needle.prepared(self._data)
            for part, may_match in self._worth_a_look():
                if part.row != self._row:
                    if self._hit is not None:
                        yield self._hit
                    self._row, self._hit, self._newlines = part.row, None, 0
                    self._binary = part.offset > 0  # it begins with a hole, which is NULs
                self._look(part, may_match)
            self._fresh = self._stop
            self._at = max(self._stop - overlap, self._at)
        if self._hit is not None:
            yield self._hit

    def _worth_a_look(self) -> Iterator[tuple[_Part, bool]]:
        """The parts in the chunk that may match, and those that reach beyond it, which may not; in their order.

        A text is looked for in the whole chunk at once, files and what lies between them alike.
        """
        index = max(bisect_right(self._starts, self._fresh) - 1, 0)
        last = bisect_left(self._starts, self._stop)
        text = self._needle.text
        if not text:
            yield from ((part, True) for part in self._parts[index:last] if part.stop > self._fresh)
            return
        if self._parts[index].start < self._fresh:
            if self._parts[index].stop > self._fresh:
                yield self._parts[index], True
            index += 1
        while index < last:
            found = self._subject.find(text, self._starts[index] - self._at, self._stop - self._at)
            if found < 0:
                break
            index = bisect_right(self._starts, found + self._at) - 1
            part = self._parts[index]
            if found + self._at + len(text) <= part.stop:  # else it is no file's, but between two of them
                yield part, True
            index += 1
        if last and index < last and self._parts[last - 1].stop > self._stop:
            yield self._parts[last - 1], False

    def _look(self, part: _Part, may_match: bool) -> None:
        """Look through what is new of a part."""
        data, subject, needle, check = self._data, self._subject, self._needle, self._progress.check
        first = max(part.start, self._fresh) - self._at
        stop = min(part.stop, self._stop) - self._at
        begin = max(part.start - self._at, first - needle.overlap_bytes, self._done - self._at, 0)
        is_end = part.stop <= self._stop
        if part.start >= self._fresh and not part.offset:  # its beginning comes into sight
            self._binary = data.find(b"\0", first, min(stop, first + _BINARY_LOOK_BYTES)) >= 0
        if self._hit is not None:
            limit = HIT_LIMIT - self._hit.hits
            more, last = needle.count(subject, begin, stop, is_end=is_end, limit=limit, check=check)
            self._hit = replace(self._hit, hits=self._hit.hits + more)
            self._done = max(self._done, last + self._at)
            return
        match = None
        if may_match:
            is_start = part.start - self._at == begin
            match = next(needle.matches(subject, begin, stop, is_start=is_start, is_end=is_end, check=check), None)
        if match is None:
            if not self._binary and not (is_end and part.is_last):
                self._newlines += data.count(b"\n", first, stop)
            return
        more, last = needle.count(subject, match[1], stop, is_end=is_end, limit=HIT_LIMIT - 1, check=check)
        self._done = max(match[1], last) + self._at
        line = self._newlines + 1 + data.count(b"\n", first, match[0]) - data.count(b"\n", match[0], first)
        text, span = self._around(match, part, stop)
        offset = part.offset + match[0] + self._at - part.start
        self._hit = FileHit(part.row, 1 + more, offset, None if self._binary else line, text, span)

    def _around(self, match: tuple[int, int], part: _Part, stop: int) -> tuple[bytes, tuple[int, int]]:
        """The line that a match lies in, as far as it is shown, and where the match is in it."""
        start, end = match
        if self._binary:
            text = self._data[start : min(end, start + 2 * CONTEXT_BYTES)]
            return text, (0, len(text))
        lowest = max(start - CONTEXT_BYTES, part.start - self._at, 0)
        begin = max(self._data.rfind(b"\n", lowest, start) + 1, lowest)
        end = min(end, start + CONTEXT_BYTES)
        highest = min(end + CONTEXT_BYTES, stop)
        newline = self._data.find(b"\n", end, highest)
        text = self._data[begin : newline if newline >= 0 else highest]
        return text, (start - begin, end - begin)
