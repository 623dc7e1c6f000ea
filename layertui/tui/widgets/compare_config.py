"""The configs of two images, field by field."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from layertui.present.safetext import safe
from layertui.stack.align import ConfigRow
from layertui.tui.actions import Place
from layertui.tui.widgets.looks import Line, spread
from layertui.tui.widgets.page import PageView

ABSENT = "----"
"""Stands where a side does not set the field."""

HANG = 7
"""Cells that the rest of a long value is indented by."""


class ConfigPage(PageView):
    """Fields that differ, each with both values; those that are the same below them, or hidden."""

    place: ClassVar[Place] = Place.CONFIGS

    def __init__(self, *, classes: str | None = None) -> None:
        """Make it empty."""
        super().__init__(classes=classes)
        self.tabs: Callable[[], Line] = lambda: [("title", " CONFIG")]
        """The left of the title: which panes there are."""
        self.fields: Sequence[ConfigRow] = ()
        self.hides_identical = True

    def show_fields(self, fields: Sequence[ConfigRow]) -> None:
        """Show the fields of two configs."""
        self.fields = fields
        self.show("CONFIG", self._field_lines, HANG)
        self.changed()

    @property
    def differing(self) -> int:
        """How many fields differ."""
        return sum(field.differs for field in self.fields)

    def title(self, width: int) -> Line:
        """Which panes there are, and how much is hidden."""
        same = len(self.fields) - self.differing
        told = f"identical hidden: {same:,} " if self.hides_identical else f"identical: {same:,} "
        return spread(self.tabs(), [("title", told)], width)

    def _field_lines(self, width: int) -> list[Line]:
        lines: list[Line] = []
        for field in self.fields:
            if field.differs:
                change = ("added", ">") if field.a is None else ("changed", "<" if field.b is None else "!=")
                lines.append([(change[0], f" {change[1]:<2}  "), ("win", safe(field.field))])
                lines += [
                    [
                        ("dim", f"   {name} "),
                        ("dim" if value is None else "plain", ABSENT if value is None else safe(value)),
                    ]
                    for name, value in (("A", field.a), ("B", field.b))
                ]
        if not lines:
            lines.append([("dim", " The configs are the same in every field.")])
        if not self.hides_identical:
            lines += [
                [("dim", f" =   {safe(field.field)}  "), ("dim", safe(field.a or ""))]
                for field in self.fields
                if not field.differs
            ]
        return lines

    def do_show_unchanged(self) -> None:
        """Show or hide fields that are the same."""
        self.hides_identical = not self.hides_identical
        self.remake()
        self.changed()
