"""The tree pane of a whole host: it sorts and filters images, and tells more of them where there is room."""

from dataclasses import replace

from layertui.present.query import parse_query
from layertui.present.treeorder import satisfies
from layertui.present.view import Sort
from layertui.tui.tree_rows import ENTRIES, TreeRow
from layertui.tui.tree_view import shown, texts_of
from layertui.tui.widgets.files import SORT_WORDS
from layertui.tui.widgets.looks import Line, pad_left, spread
from layertui.tui.widgets.sorting import Sorting
from layertui.tui.widgets.tree import TreePane

SIZE_WIDTH = 6
"""Cells of a size."""

AGE_FROM, UNIQUE_FROM, ID_FROM = 38, 52, 64
"""Cells of the pane from which the age stands beside the name, the unique size too, the ID too."""

ID_WIDTH, AGE_WIDTH = 12, 4
"""Cells of these columns."""

TREE_SORT_WORDS = {
    Sort.MTIME: "by age",
    Sort.COUNT: "by containers",
    Sort.LAYER: "by layers",
    Sort.RECLAIMABLE: "by unique",
}
"""How the title says what is sorted by, where that is not the same as of files."""


class HostTree(Sorting, TreePane):
    """Places, their images and containers."""

    def title(self, width: int) -> Line:
        """What the pane shows, in which order, how much of it matches, and the heads of the columns."""
        view = self.view
        words = [" LAYERS  by ancestry" if view.ancestry else " IMAGES / LAYERS"]
        if view.sort is not None:
            words = [" ANCESTRY" if view.ancestry else " IMAGES"]
            words.append(TREE_SORT_WORDS.get(view.sort, SORT_WORDS[view.sort]) + (" reversed" if view.reverse else ""))
        if view.query:
            return spread([("title", "  ".join(words))], [("title", f"{self.matches} ")], width)
        heads = self._columns("Age", "ID", "Unique", "Size", width) if width >= AGE_FROM and not view.ancestry else ""
        return spread([("title", "  ".join(words))], [("title", f"{heads} ")] if heads else [], width)

    def right(self, row: TreeRow, width: int) -> str:
        """Age, ID and unique size of an image where there is room, and its size."""
        if row.what not in ENTRIES or self.view.ancestry:
            return row.size
        return self._columns(row.age, row.image_id, row.unique, row.size, width)

    @staticmethod
    def _columns(age: str, image_id: str, unique: str, size: str, width: int) -> str:
        columns = (
            (pad_left(age, AGE_WIDTH), AGE_FROM),
            (pad_left(image_id, ID_WIDTH), ID_FROM),
            (pad_left(unique, SIZE_WIDTH), UNIQUE_FROM),
            (pad_left(size, SIZE_WIDTH) if width >= AGE_FROM else size, 0),
        )
        return " ".join(text for text, least in columns if width >= least)

    def empty(self, width: int) -> list[Line]:
        """Why there is nothing."""
        return [[("dim", " Nothing matches. Esc: no filter" if self.view.query else " Nothing is here.")]]

    matches = ""
    """How many images and containers match the filter, of how many: `3 of 57`; empty without one."""

    def rebuild(self) -> None:
        """Make the lines anew, and count what matches."""
        super().rebuild()
        if not self.view.query:
            self.matches = ""
            return
        there = [shown(self.holdings, root, self.view) for root in self.holdings.roots]
        self.matches = f"{sum(one.matched for one in there):,} of {sum(one.total for one in there):,}"

    # What is shown, and in which order

    def filter(self, query: str) -> None:
        """Show only what matches; places without a hit are left out."""
        if query != self.view.query:
            self.look_like(replace(self.view, query=query))
            self.changed(self._first_match())
            self.moved(self)

    def _first_match(self) -> int:
        """The line under the cursor if it matches, else the first that does."""
        terms = parse_query(self.view.query)
        matching = [
            number
            for number, row in enumerate(self.rows)
            if any(satisfies(terms, texts_of(self.holdings.states[place])) for place in row.ends)
        ]
        return self.cursor if not terms or self.cursor in matching else next(iter(matching), self.cursor)

    def sort(self, sort: Sort) -> None:
        """Sort images within their place; the same again reverses."""
        reverse = not self.view.reverse if self.view.sort is sort else False
        self.look_like(replace(self.view, sort=sort, reverse=reverse))
        self.changed()
        self.moved(self)
