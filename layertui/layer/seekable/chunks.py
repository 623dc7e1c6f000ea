"""Where the contents of a layer's files are stored: a file in one chunk or several, each compressed on its own."""

from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from itertools import pairwise

from layertui.errors import DamagedError

LIES = "Its table of contents is damaged, or was made to mislead. Fetch the layer again, or ask who made the image."


def _numbers() -> "array[int]":
    return array("q")


@dataclass(frozen=True, slots=True)
class Span:
    """The least part of a file that can be verified: one chunk, or all of a file whose chunks have no digests."""

    first: int
    """Its first chunk."""
    stop: int
    """Behind its last chunk."""
    start: int
    """Where in the file it begins."""
    size_bytes: int


@dataclass(slots=True)
class Chunks:
    """The chunks of all files of a layer, as columns: rows rise, and within a row the places in the file do."""

    end: int
    """Where in the blob contents end."""
    rows: "array[int]" = field(default_factory=_numbers)
    """Rows of the layer's tree."""
    starts: "array[int]" = field(default_factory=_numbers)
    """Where in its file a chunk begins."""
    sizes: "array[int]" = field(default_factory=_numbers)
    """Bytes of content."""
    offsets: "array[int]" = field(default_factory=_numbers)
    """Where in the blob the compressed stream begins that holds the chunk."""
    inner: "array[int]" = field(default_factory=_numbers)
    """Where in that stream, inflated, the chunk begins: small files may share one (estargz, `innerOffset`)."""
    digests: list[bytes] = field(default_factory=list)
    """Of contents, as bytes; empty where there is none."""
    zeros: bytearray = field(default_factory=bytearray)
    """1 for a chunk that is a hole."""
    bounds: "array[int]" = field(default_factory=_numbers)
    """Where streams begin and end in the blob, rising, once `settle` was called."""
    member_rows: int = 0
    """How many rows the tree has before its implied directories, once `settle` was called."""

    def add(
        self, row: int, start: int, size_bytes: int, offset: int, inner: int, digest: bytes, *, zeros: bool
    ) -> None:
        """Add a chunk, with 0 for the size of one that reaches to the end of its file."""
        self.rows.append(row)
        self.starts.append(start)
        self.sizes.append(size_bytes)
        self.offsets.append(offset)
        self.inner.append(inner)
        self.digests.append(digest)
        self.zeros.append(zeros)

    def end_file(self, first: int, size_bytes: int, digest: bytes, what: str) -> None:
        """Check that the chunks from `first` on, of one file, are that file: all of it, and nothing twice.

        `digest` is the whole file's, empty where there is none. Raises DamagedError, beginning with `what`.
        """
        reach = 0
        for chunk in range(first, len(self.rows)):
            size = self.sizes[chunk] or size_bytes - self.starts[chunk]
            self.sizes[chunk] = size
            if self.starts[chunk] != reach or not 0 < size <= size_bytes - reach:
                raise DamagedError(f"{what}: its chunks overlap, or leave something out, at byte {reach:,}.", LIES)
            if not self.offsets[chunk] < self.end or not (self.offsets[chunk] or self.inner[chunk]):
                raise DamagedError(
                    f"{what}: its content should be at byte {self.offsets[chunk]:,}, where none is.", LIES
                )
            reach += size
        if reach != size_bytes:
            raise DamagedError(f"{what}: its chunks have {reach:,} of its {size_bytes:,} bytes.", LIES)
        if len(self.rows) - first == 1 and not self.digests[first]:
            self.digests[first] = digest

    def settle(self, member_rows: int, ends: set[int]) -> None:
        """Check all chunks against each other, and learn where each can end; `ends` are further places that tell it.

        `member_rows` is how many rows the members of the layer have.
        Raises DamagedError, a clause, where two chunks are the same bytes.
        """
        found = set(self.offsets)
        if len(found) < len(self.offsets):
            order = sorted(range(len(self.offsets)), key=lambda chunk: (self.offsets[chunk], self.inner[chunk]))
            for one, other in pairwise(order):
                reach = self.inner[one] + self.sizes[one]
                if self.offsets[one] == self.offsets[other] and reach > self.inner[other]:
                    raise DamagedError(f"two contents are the same bytes, at byte {self.offsets[one]:,}.", LIES)
        self.bounds = array("q", sorted(found | ends | {self.end}))
        self.member_rows = member_rows

    def of_row(self, row: int) -> tuple[int, int]:
        """The first chunk of a file, and the one behind its last."""
        return bisect_left(self.rows, row), bisect_right(self.rows, row)

    def span(self, first: int, stop: int, position: int) -> Span:
        """What has to be read for the byte at `position` of the file that has these chunks."""
        if all(self.digests[first:stop]):
            first = bisect_right(self.starts, position, first, stop) - 1
            stop = first + 1
        start = self.starts[first]
        return Span(first, stop, start, self.starts[stop - 1] + self.sizes[stop - 1] - start)

    def stored_bound(self, chunk: int) -> int:
        """Where in the blob the stream of a chunk must have ended."""
        return self.bounds[bisect_right(self.bounds, self.offsets[chunk])]

    def likely_end(self, chunk: int) -> int:
        """Where in the blob a chunk has ended at the latest, as far as compressors go.

        Headers of other members may follow in its stream, so that the next one's beginning may be far away. What does
        not compress grows by less than a hundredth in deflate and zstd.
        """
        inflated = self.inner[chunk] + self.sizes[chunk]
        return min(self.stored_bound(chunk), self.offsets[chunk] + inflated + inflated // 128 + 1024)
