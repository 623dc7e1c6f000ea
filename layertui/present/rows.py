"""The rows of the file pane: visible lines of a selection, with folds, sorting and joined directories."""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator
from contextlib import suppress

from layertui.layer.columns import Kind
from layertui.layer.names import key_of, parent_of, path_of
from layertui.present.layout import Lines, joined, lines_by_name
from layertui.present.row import Row, make_row
from layertui.present.selection import Selection
from layertui.present.view import Folds, Order, Sort, View
from layertui.stack.squash import Squash
from layertui.stack.state import State

FEW_ROWS = 60
"""Up to this many rows every directory is open at first; beyond, a person opens what they look for."""


class FileRows:
    """One listing as lines: cheap to make, and changed only by opening and closing directories.

    A *line* is a visible row's number; `position` gives its place in the Squash.
    """

    def __init__(self, squash: Squash, view: View, folds: Folds, previous: "FileRows | None" = None) -> None:
        self.squash = squash
        self.view = view
        self.selection: Selection = Selection(squash, view, previous.selection if previous is not None else None)
        self.matched = self.selection.matched
        self.total = self.selection.total
        narrowed = bool(view.query or view.overlaps)
        self.folds = folds.for_filter(narrowed)
        self._open_default = narrowed or len(self.selection.positions) <= FEW_ROWS
        self._indexes: array[int] = array("I")
        self._depths: array[int] = array("H")
        self._spans: array[int] = array("H")
        self._rebuild()

    def __len__(self) -> int:
        return len(self._indexes)

    def position(self, line: int) -> int:
        """The Squash position of a line."""
        return self.selection.positions[self._indexes[line]]

    def row(self, line: int) -> Row:
        """Everything that a line shows."""
        index = self._indexes[line]
        position = self.selection.positions[index]
        folded = not self._is_open(position) if self.view.order is Order.TREE and self._holds(index) else None
        flat = self.view.order is Order.FLAT
        return make_row(self.selection, position, self._depths[line], self._spans[line], folded, flat)

    def _is_directory(self, position: int) -> bool:
        return self.squash.kind(position) is Kind.DIRECTORY

    def _is_open(self, position: int) -> bool:
        return self.folds.is_open(self.squash.key(position), self._open_default)

    def _rebuild(self) -> None:
        count = len(self.selection.positions)
        if self.view.order is Order.FLAT:
            self._indexes = array("I", self._sorted(range(count)))
            self._depths = array("H", bytes(2 * count))
            self._spans = array("H", bytes(2 * count))
            return
        self._indexes, self._depths, self._spans = self._lines(0, count, 0)

    def _children(self, start: int, stop: int) -> Iterator[int]:
        """Indexes of the rows of one directory, without what lies beneath them."""
        index = start
        while index < stop:
            yield index
            index = self.selection.subtree_stop(index) if self._holds(index) else index + 1

    def _holds(self, index: int) -> bool:
        """Whether a row is a directory with rows beneath it; the root's row stands for itself alone.

        A whiteout, or a directory that a later member of its layer replaced, stands before its path's last row.
        """
        at = bisect_left(self.selection.holders, index)
        return at < len(self.selection.holders) and self.selection.holders[at] == index

    def _lines(self, start: int, stop: int, depth: int) -> Lines:
        """Lay out the rows of a directory and what is open beneath them: indexes, depths, components a name joins."""
        if self.view.sort is not Sort.NAME or self.view.reverse or self.selection.has_dead:
            return self._sorted_lines(start, stop, depth)
        return lines_by_name(self.selection, start, stop, depth, self._open_test())

    def _open_test(self) -> Callable[[int], bool]:
        """What tells whether the directory at a position is open."""
        if self.folds.chosen:
            return self._is_open
        opened = self.folds.is_open(b"", self._open_default)
        return lambda position: opened

    def _sorted_lines(self, start: int, stop: int, depth: int) -> Lines:
        """As `_lines`, with the rows of each directory sorted."""
        indexes, depths, spans = array("I"), array("H"), array("H")
        stack = [iter(self._sorted(self._children(start, stop)))]
        while stack:
            index = next(stack[-1], None)
            if index is None:
                stack.pop()
                continue
            index, span = joined(self.selection, index) if self._holds(index) else (index, 1)
            indexes.append(index)
            depths.append(depth + len(stack) - 1)
            spans.append(span)
            if self._holds(index) and self._is_open(self.selection.positions[index]):
                stack.append(iter(self._sorted(self._children(index + 1, self.selection.subtree_stop(index)))))
        return indexes, depths, spans

    def _sorted(self, indexes: "Iterator[int] | range") -> "list[int] | Iterator[int] | range":
        sort, reverse = self.view.sort, self.view.reverse
        if sort is Sort.NAME:
            return list(indexes)[::-1] if reverse else indexes
        positions, squash, selection = self.selection.positions, self.squash, self.selection

        def weight(index: int) -> int:
            position = positions[index]
            if sort is Sort.SIZE:
                beneath = self._is_directory(position)
                return selection.size_beneath(position) if beneath else squash.size_bytes(position) or 0
            if sort is Sort.COUNT:
                return selection.count_beneath(position) if self._is_directory(position) else 0
            if sort is Sort.MTIME:
                return squash.tree_at(position).columns.mtimes[squash.rows[position]]
            if sort is Sort.LAYER:
                return squash.layers[position]
            return selection.reclaimable_beneath(position)

        return sorted(indexes, key=weight, reverse=not reverse)

    def toggle(self, line: int) -> None:
        """Open or close the directory at a line."""
        position = self.position(line)
        if self.view.order is Order.FLAT or not self._holds(self._indexes[line]):
            return
        was_open = self._is_open(position)
        self.folds.choose(self.squash.key(position), not was_open)
        if was_open:
            stop = self._last_beneath(line)
            for column in (self._indexes, self._depths, self._spans):
                del column[line + 1 : stop]
        else:
            index = self._indexes[line]
            lines = self._lines(index + 1, self.selection.subtree_stop(index), self._depths[line] + 1)
            for column, more in zip((self._indexes, self._depths, self._spans), lines, strict=True):
                column[line + 1 : line + 1] = more

    def _last_beneath(self, line: int) -> int:
        depth = self._depths[line]
        stop = line + 1
        while stop < len(self) and self._depths[stop] > depth:
            stop += 1
        return stop

    def expand(self, line: int) -> None:
        """Open the directory at a line, if it is closed."""
        if not self._is_open(self.position(line)):
            self.toggle(line)

    def collapse(self, line: int) -> int:
        """Close the directory at a line, or go to the one that it lies in; returns the line to stand on."""
        if self.row(line).folded is False:
            self.toggle(line)
            return line
        return self.parent_line(line)

    def parent_line(self, line: int) -> int:
        """The line of the directory that a line lies in, or the line itself at the top."""
        depth = self._depths[line]
        at = line
        while at > 0 and self._depths[at] >= depth:
            at -= 1
        return at if self._depths[at] < depth else line

    def expand_all(self) -> None:
        """Open every directory."""
        self.folds.set_all(True)
        self._rebuild()

    def collapse_all(self) -> None:
        """Close every directory."""
        self.folds.set_all(False)
        self._rebuild()

    def index_of(self, path: bytes) -> int | None:
        """The visible line of a path, or of the closed directory that it lies in; None where neither is listed.

        Where a layer holds both a whiteout and an entry of the path, the entry's line is given.
        """
        key = key_of(path)
        while (line := self._line_of(key)) is None and key:
            key = parent_of(key)
        return line

    def _line_of(self, key: bytes) -> int | None:
        """The visible line of a key; for a directory that is joined to its only child, the line of both."""
        positions = self.selection.positions
        places = ((bisect_left(positions, position), position) for position in self.squash.run(path_of(key))[::-1])
        own = [index for index, position in places if index < len(positions) and positions[index] == position]
        in_tree = self.view.order is Order.TREE
        ends = [joined(self.selection, index)[0] for index in own if in_tree and self._holds(index)]
        for index in own + ends:
            with suppress(ValueError):  # listed, but inside a closed directory
                return self._indexes.index(index)
        return None

    def hides(self, path: bytes) -> bool:
        """Whether the view lists a path, but inside a closed directory."""
        positions = self.selection.positions
        places = ((bisect_left(positions, position), position) for position in self.squash.run(path))
        listed = any(index < len(positions) and positions[index] == position for index, position in places)
        return listed and self._line_of(key_of(path)) is None

    def reveal(self, path: bytes) -> int | None:
        """Open the directories that lead to a path, and return its line; None where the view does not list it."""
        key = key_of(path)
        parts = key.split(b"\0")
        for count in range(1, len(parts)):
            ancestor = b"\0".join(parts[:count])
            if not self.folds.is_open(ancestor, self._open_default):
                self.folds.choose(ancestor, True)
        self._rebuild()
        return self._line_of(key)

    def next_changed(self, line: int, step: int) -> int | None:
        """The nearest line, upwards or downwards, whose path the layer did something to."""
        at = line + step
        while 0 <= at < len(self):
            if self.selection.states[self.position(at)] != State.UNCHANGED:
                return at
            at += step
        return None
