"""A text as rows: lines wrapped or cut, with numbers as far as newlines were counted, and with colours."""

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

from layertui.present.viewing.body import Place, Row, Shape, Span
from layertui.present.viewing.highlight import Highlighter
from layertui.present.viewing.hits import Check, ContentSearch
from layertui.present.viewing.layout import number_width, wrapped
from layertui.present.viewing.lines import TextLines, drawn
from layertui.present.viewing.pieces import GRID_BYTES, Pieces

STEP_BYTES = 2 * GRID_BYTES
"""How much is looked through for pieces at once."""

COUNT_BYTES = 4 << 20
"""How much is counted at once to know a line's number: a few milliseconds."""

LEAST_NUMBER = 999
"""The column of numbers is wide enough for this one, so that it is no other one for each short file."""

Piece = tuple[int, int, bool]
"""Where it begins and stops, and whether a line begins there."""


class TextBody:
    """The rows of a text."""

    def __init__(self, lines: TextLines, colours: Highlighter | None = None) -> None:
        self.lines = lines
        self.pieces = Pieces(lines.blob, lines.encoding)
        self.gutter = 0
        self.is_ready = True
        self._colours = colours
        self.measure()

    def measure(self) -> None:
        """Make the column of numbers as wide as the highest one that is known of."""
        self.gutter = number_width(max(self.lines.estimated_count, LEAST_NUMBER))

    def after(self, place: Place, count: int, shape: Shape) -> list[Row]:
        """See Body.after."""
        self.is_ready = True
        rows: list[Row] = []
        number = self._number(place[0])
        for start, stop, is_line in self._pieces_from(place[0]):
            if number is not None and is_line and start > place[0]:
                number += 1
            rows += self._rows(start, stop, number if is_line else None, shape, place[1] if start == place[0] else 0)
            if len(rows) >= count:
                break
        return rows[:count]

    def before(self, place: Place, count: int, shape: Shape) -> list[Row]:
        """See Body.before."""
        offset, character = place
        upwards: list[Row] = []
        if character:
            start, is_line = self.pieces.holding(offset)
            whole = self._rows(start, self._stop(start), self._number(start) if is_line else None, shape)
            upwards = [row for row in reversed(whole) if row.place < place]
        while len(upwards) < count and offset > self.pieces.first:
            for start, is_line in reversed(self.pieces.before(offset)):
                upwards += reversed(self._rows(start, offset, self._number(start) if is_line else None, shape))
                offset = start
                if len(upwards) >= count:
                    break
        return upwards[:count][::-1]

    def locate(self, position: int, shape: Shape) -> tuple[Place, int]:
        """See Body.locate."""
        start, _ = self.pieces.holding(position)
        blob, decode = self.lines.blob, self.lines.encoding.decode
        character = len(drawn(decode(blob.read_at(start, max(0, position - start)))))
        rows = self._rows(start, self._stop(start), None, shape)
        place = max((row.place for row in rows if row.place[1] <= character), default=(start, 0))
        return place, character

    def end(self) -> Place:
        """See Body.end."""
        return (self.lines.blob.size_bytes, 0)

    def told(self, row: Row) -> str:
        """See Body.told."""
        count = self.lines.count
        number = self._known(row.place[0]) if row.number is None else row.number
        share = f"{self.share(row.place):.0%}"
        if number is None:
            return share
        return f"line {number + 1:,} of {count:,}" if count is not None else f"line {number + 1:,}  {share}"

    def share(self, place: Place) -> float:
        """See Body.share."""
        return place[0] / max(1, self.lines.blob.size_bytes)

    def find(self, search: ContentSearch, position: int, step: int, check: Check | None = None) -> int | None:
        """See Body.find."""
        way = search.next if step > 0 else search.previous
        hit = way(self.lines.blob, position, check)
        return None if hit is None else hit[0]

    def marks(self, rows: Sequence[Row], search: ContentSearch) -> list[list[Span]]:
        """See Body.marks."""
        return [search.in_line(row.text) for row in rows]

    def number_at(self, place: Place) -> int | None:
        """The number of the line that a place lies in, from 0; None where newlines are not counted so far."""
        return self._known(place[0])

    def place_of(self, number: int) -> Place | None:
        """Where a line begins, counting as far as it has to; None where there are fewer lines."""
        line = self.lines.line(number)
        return None if line is None else (line.offset_bytes, 0)

    # Pieces

    def _pieces_from(self, offset: int) -> Iterator[Piece]:
        """The pieces from the one on that begins at an offset."""
        size = self.lines.blob.size_bytes
        held: list[tuple[int, bool]] = []
        while offset < size:
            held += self.pieces.starts(offset, offset + STEP_BYTES)
            for (start, is_line), (stop, _) in pairwise(held):
                yield start, stop, is_line
            held = held[-1:]
            offset += STEP_BYTES
        if held:
            yield held[0][0], size, held[0][1]

    def _stop(self, start: int) -> int:
        """Where the piece stops that begins at an offset."""
        return next((stop for at, stop, _ in self._pieces_from(start)), start)

    def _rows(self, start: int, stop: int, number: int | None, shape: Shape, character: int = 0) -> list[Row]:
        """The rows of a piece, from the one on that holds a character."""
        text = drawn(self.pieces.text(start, stop))
        runs = self._runs(number, text)
        if not shape.wraps or len(text) < shape.width // 2:
            return [Row((start, 0), text, number=number, runs=runs)]
        ends = list(accumulate(len(part) for part in wrapped(text, shape.width)))
        rows = [
            Row((start, first), text, first, last, None if first else number, runs)
            for first, last in pairwise([0, *ends])
        ]
        return [row for row in rows if row.stop is None or row.stop > character or not character]

    def _runs(self, number: int | None, text: str) -> Sequence[tuple[str, str]] | None:
        if self._colours is None or number is None:
            return None
        runs = self._colours.runs(number, 1)[0]
        if runs is None:
            self.is_ready = self.is_ready and self._colours.reaches(number)
            return None
        return runs if "".join(part for _, part in runs) == text else None

    # Numbers

    def _number(self, offset: int) -> int | None:
        """The number of the line that holds an offset, counting a little further where that is enough."""
        if offset - self.lines.counted_bytes > COUNT_BYTES:
            return None
        return self.lines.number_at(offset)

    def _known(self, offset: int) -> int | None:
        return self.lines.number_at(offset) if offset < self.lines.counted_bytes else None
