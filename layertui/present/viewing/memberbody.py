"""The members of an archive as rows."""

from collections.abc import Sequence

from layertui.present.viewing.archive import Members, member_lines
from layertui.present.viewing.body import Place, Row, Shape, Span
from layertui.present.viewing.hits import Check, ContentSearch

CHECK_EVERY = 1000
"""Members that are looked through between two questions whether to go on."""


class MemberBody:
    """One row for each member; places are their numbers."""

    gutter = 0
    is_ready = True

    def __init__(self, members: Members) -> None:
        self.members = members

    @property
    def count(self) -> int:
        """How many members there are."""
        return len(self.members.members)

    def after(self, place: Place, count: int, shape: Shape) -> list[Row]:
        """See Body.after."""
        first = max(0, place[0])
        return [Row((first + at, 0), text) for at, text in enumerate(member_lines(self.members, first, count))]

    def before(self, place: Place, count: int, shape: Shape) -> list[Row]:
        """See Body.before."""
        stop = min(place[0], self.count)
        first = max(0, stop - count)
        return self.after((first, 0), stop - first, shape)

    def locate(self, position: int, shape: Shape) -> tuple[Place, int]:
        """See Body.locate."""
        return (max(0, min(position, self.count - 1)), 0), 0

    def end(self) -> Place:
        """See Body.end."""
        return (self.count, 0)

    def told(self, row: Row) -> str:
        """See Body.told."""
        return f"member {row.place[0] + 1:,} of {self.count:,}"

    def share(self, place: Place) -> float:
        """See Body.share."""
        return place[0] / max(1, self.count)

    def find(self, search: ContentSearch, position: int, step: int, check: Check | None = None) -> int | None:
        """See Body.find."""
        for number in range(position, self.count) if step > 0 else range(position - 1, -1, -1):
            if check is not None and not number % CHECK_EVERY:
                check()
            if search.in_line(member_lines(self.members, number, 1)[0]):
                return number
        return None

    def marks(self, rows: Sequence[Row], search: ContentSearch) -> list[list[Span]]:
        """See Body.marks."""
        return [search.in_line(row.text) for row in rows]
