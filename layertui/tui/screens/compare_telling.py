"""What the compare screen says: both sides in the header, the panes' titles, details, and which keys are of use."""

from collections.abc import Sequence

from textual import events
from textual.css.scalar import Scalar

from layertui.present.comparing import side_text, summary_line
from layertui.present.comparing_details import row_details
from layertui.present.hosttree import short_name
from layertui.present.safetext import crop_end, safe
from layertui.present.units import size_text
from layertui.stack.align import compare_configs, same_up_to
from layertui.tui.screens.compare_reading import CompareReading
from layertui.tui.tree_rows import one_line
from layertui.tui.widgets.lines import LineList
from layertui.tui.widgets.looks import Line, cells, spread

LOW_SCREEN = 16
"""Lines of a screen below which the details have two lines, not three."""

NAME_CELLS = 24
"""Cells of an image's name at the top: of a longer one the registry goes first, and what tells it apart last."""


class CompareTelling(CompareReading):
    """Rows, layers and configs of two sides, in words."""

    DETAIL_LINES = 3

    def panes(self) -> Sequence[LineList]:
        """The files; of whole images, configs and layers too."""
        return [self.files, self.configs, self.pairs] if self.is_whole else [self.files]

    def open_file(self) -> None:
        """Open the file under the cursor."""
        raise NotImplementedError

    def begin(self) -> None:
        """Say what the panes are, and read both sides."""
        for pane in (self.files, self.pairs, self.configs):
            pane.tabs = self._tabs
        self.files.asked = self.open_file
        super().begin()

    def _tabs(self) -> Line:
        """Which panes there are, the one in front in capitals."""
        if not self.is_whole:
            return [("title", " FILES")]
        names = ((self.pairs, "1 layers"), (self.files, "2 files"), (self.configs, "3 config"))
        return [("title", " " + "  ".join(name.upper() if pane is self.pane else name for pane, name in names))]

    def compared(self) -> None:
        """Show what belongs to the comparison besides its rows."""
        comparison = self.comparison
        if comparison is None:
            return
        self._sizes = comparison.summary().size_a, comparison.summary().size_b
        a, b = comparison.side_a, comparison.side_b
        self.files.names = self.pairs.names = ("A " + self._side_name(0), "B " + self._side_name(1))
        shared = same_up_to(a.image, b.image) if self.is_whole else None
        self._shared = "" if shared is None else f"same up to L{shared}"
        if shared is not None and shared == len(a.image.layers) - 1 == len(b.image.layers) - 1:
            self._shared = "same layers"
        self.configs.show_fields(compare_configs(a.image, b.image))
        self.pairs.shared = self._shared

    _sizes = (0, 0)
    """Bytes of content on both sides."""
    _shared = ""
    """Up to where the layers are the same; empty where they are not."""

    # What the bars say

    def _side_name(self, which: int) -> str:
        """What a side is called; where both are called the same, what tells them apart too."""
        want, other = self.wants[which], self.wants[1 - which]
        name = side_text((self.comparison.side_a, self.comparison.side_b)[which]) if self.comparison else want.title
        state, beside = want.state, other.state
        reference = safe(state.entry.reference)
        name = name.replace(reference, short_name(reference, NAME_CELLS), 1)
        if state is beside or want.title != other.title:
            return name
        if state.entry.platform is not None and state.entry.platform != (beside.entry.platform):
            return f"{name} {safe(state.entry.platform.text)}"
        return f"{name} ({safe(self.holdings.roots[state.root].name)})" if state.root != beside.root else name

    def tell(self) -> None:
        """Say everything anew."""
        self.tell_header()
        self.tell_details()
        self.tell_footer()

    def tell_header(self) -> None:
        """Both sides with their sizes, up to where they are the same, and which difference the cursor is at."""
        width = self.app.size.width
        number, count = self.files.number
        right: Line = [("plain", f"diff {number:,}/{count:,} ")] if self.comparison is not None else []
        sizes = [f" {size_text(size)}" if self.comparison is not None else "" for size in self._sizes]
        shared: Line = [("dim", f"  {self._shared}")] if self._shared else []
        between = "   <>   " if width >= 100 else "  <>  "
        room = width - cells(right) - sum(map(len, sizes)) - len(between) - 6
        if room - cells(shared) >= 2 * min(8, len(self._side_name(0))) or width < 60:
            room -= cells(shared)
        else:
            shared = []
        names = _fitting(self._side_name(0), self._side_name(1), max(room, 8))
        left: Line = [
            ("key", " A "),
            ("win", names[0]),
            ("plain", sizes[0]),
            ("plain", between),
            ("key", "B "),
            ("win", names[1]),
            ("plain", sizes[1]),
            *shared,
        ]
        self.header.show(spread(left, right, width))

    def tell_details(self) -> None:
        """What is under the cursor."""
        self.details.show("", self._detail_lines, subject=(self.pane.place, self.files.row, self.pairs.cursor))

    def _detail_lines(self, width: int) -> Sequence[Line]:
        comparison, row = self.comparison, self.files.row
        if comparison is None:
            return []
        if self.pane is self.pairs:
            return self._pair_details()
        if self.pane is not self.files or row is None:
            return [[("plain", f" {summary_line(comparison)}")]]
        lines = row_details(comparison, row, width - 2, self.renamed, self.comparer.contents.known_digest)
        return [[("plain", " "), *line] for line in lines]

    def _pair_details(self) -> list[Line]:
        pair, comparison = self.pairs.pair, self.comparison
        if pair is None or comparison is None:
            return []
        lines: list[Line] = []
        sides = (("A", comparison.side_a.image, pair.a), ("B", comparison.side_b.image, pair.b))
        for which, (name, image, number) in enumerate(sides):
            if number is None:
                lines.append([("dim", f" {name} has no counterpart of this layer")])
                continue
            size = size_text(self.pairs.size_bytes(which, number))
            lines.append(
                [("dim", f" {name} "), ("plain", f"L{number}  {size}  {one_line(image.layers[number].command)}")]
            )
        return [[*line] for line in lines]

    def useless(self) -> set[str]:
        """What would do nothing here."""
        useless = super().useless()
        if self._stopped:
            useless.discard("refresh")
        if self.comparison is None:
            useless |= {"next_hit", "open", "filter", "show_unchanged", "exchange", "next_layer", "merged", "info"}
            useless |= {"extract", "pager"}
        if any(want.is_whole for want in self.wants):
            useless |= {"next_layer", "merged"}
        if not self.is_whole or self.pane is self.configs:
            useless.add("info")
        if self.pane is not self.files:
            useless.add("next_hit")
        return useless

    def on_resize(self, event: events.Resize) -> None:
        """Fewer lines have fewer details."""
        self.details.styles.height = Scalar.from_number(2 if event.size.height < LOW_SCREEN else self.DETAIL_LINES)
        super().on_resize(event)

    def moved(self, pane: LineList) -> None:
        """Another row is under the cursor."""
        self.files.remember()
        self.comparer.in_view = self.files.rows_in_view
        super().moved(pane)


def _fitting(a: str, b: str, room: int) -> tuple[str, str]:
    """Two names in so many cells; the shorter one is cut last."""
    width_a, width_b = cells([("", a)]), cells([("", b)])
    if width_a + width_b <= room:
        return a, b
    room_a = max(room // 2, room - width_b)
    return crop_end(a, min(width_a, room_a)), crop_end(b, room - min(width_a, room_a))
