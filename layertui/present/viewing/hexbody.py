"""Bytes as rows: offset, hexadecimal, ASCII."""

from collections.abc import Sequence

from layertui.image.blob import Blob, BytesBlob
from layertui.present.viewing.body import Place, Row, Shape, Span
from layertui.present.viewing.hexdump import cells_of, digits, hex_line, row_bytes
from layertui.present.viewing.hits import Check, ContentSearch


class HexBody:
    """The rows of a content as bytes."""

    gutter = 0
    is_ready = True

    def __init__(self, blob: Blob) -> None:
        self.blob = blob
        self._per_row = 16
        """Bytes in each of the rows that were made last."""

    def after(self, place: Place, count: int, shape: Shape) -> list[Row]:
        """See Body.after."""
        size = self.blob.size_bytes
        per_row = self._per_row = row_bytes(shape.width, size)
        first = place[0] // per_row * per_row
        data = self.blob.read_at(first, count * per_row)
        rows = []
        for at in range(0, len(data), per_row):
            part = data[at : at + per_row]
            rows.append(Row((first + at, 0), hex_line(first + at, part, per_row, digits(size)), data=part))
        return rows

    def before(self, place: Place, count: int, shape: Shape) -> list[Row]:
        """See Body.before."""
        per_row = row_bytes(shape.width, self.blob.size_bytes)
        stop = -(-place[0] // per_row)  # rounded up: behind the last row, which may be short
        first = max(0, stop - count)
        return self.after((first * per_row, 0), stop - first, shape)

    def locate(self, position: int, shape: Shape) -> tuple[Place, int]:
        """See Body.locate."""
        per_row = row_bytes(shape.width, self.blob.size_bytes)
        start = position // per_row * per_row
        return (start, 0), cells_of(position - start, per_row, digits(self.blob.size_bytes))[0]

    def end(self) -> Place:
        """See Body.end."""
        return (self.blob.size_bytes, 0)

    def told(self, row: Row) -> str:
        """See Body.told."""
        return f"byte {row.place[0]:,} of {self.blob.size_bytes:,}"

    def share(self, place: Place) -> float:
        """See Body.share."""
        return place[0] / max(1, self.blob.size_bytes)

    def find(self, search: ContentSearch, position: int, step: int, check: Check | None = None) -> int | None:
        """See Body.find."""
        way = search.next if step > 0 else search.previous
        hit = way(self.blob, position, check)
        return None if hit is None else hit[0]

    def marks(self, rows: Sequence[Row], search: ContentSearch) -> list[list[Span]]:
        """See Body.marks; a hit that begins above the first row is not marked."""
        data = BytesBlob(b"".join(row.data for row in rows), "")
        per_row, width = self._per_row, digits(self.blob.size_bytes)
        marked: list[list[Span]] = [[] for _ in rows]
        hit = search.next(data, 0)
        while hit is not None:
            for at in range(*hit):
                for cell in cells_of(at % per_row, per_row, width):
                    # The two digits of a byte, and its one character.
                    marked[at // per_row].append((cell, cell + (2 if cell < width + 2 + per_row * 3 else 1)))
            hit = search.next(data, hit[1])
        return marked
