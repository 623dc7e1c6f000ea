"""Rows in tree order as lines: the plain layout, which only stops at directories."""

from array import array
from bisect import bisect_left
from collections.abc import Callable
from typing import TypeAlias

from layertui.present.selection import Selection
from layertui.stack.squash import IS_DIRECTORY
from layertui.stack.state import State

Lines: TypeAlias = "tuple[array[int], array[int], array[int]]"
"""For every line: its row's index in the selection, its depth on the screen, how many components its name joins."""

_DIRECTORY = [bool(flag) for flag in IS_DIRECTORY]
_UNCHANGED = int(State.UNCHANGED)


def joined(selection: Selection, index: int) -> tuple[int, int]:
    """Follow a chain of directories that hold only one directory each, as long as the layer did nothing to them.

    `index` is a row that has rows beneath it. Returns the last directory's index, and how many were joined.
    """
    positions, depths = selection.positions, selection.squash.depths
    states, codes, ends = selection.states, selection.squash.codes, selection.squash.subtree_ends
    span, count = 1, len(positions)
    while index + 1 < count:
        position, below = positions[index], positions[index + 1]
        holds = index + 2 < count and depths[positions[index + 2]] > depths[below]
        if (
            states[position] != _UNCHANGED
            or not _DIRECTORY[codes[below]]
            or depths[below] != depths[position] + 1
            or (ends[below] != ends[position] and selection.subtree_stop(index + 1) != selection.subtree_stop(index))
            or not (holds or index + 2 == selection.subtree_stop(index))
        ):
            break
        index += 1
        span += 1
    return index, span


def lines_by_name(selection: Selection, start: int, stop: int, depth: int, is_open: Callable[[int], bool]) -> Lines:
    """Lay out the rows from `start` to `stop`, the content of one directory, at a depth on the screen.

    Files between two directories are taken as one run, so the work is for each visible directory, not for each row.
    Every row's parent has to be a row, which members that their own layer replaced can break (`Selection.has_dead`).
    """
    positions, holders, tree_depths = selection.positions, selection.holders, selection.depths
    indexes, depths, spans = array("I"), array("H"), array("H")
    shown = {}  # depth in the tree to depth on the screen; joined directories make them differ
    if start < stop:
        shown[tree_depths[start]] = depth
        if not tree_depths[start]:  # the root's own row
            shown[1] = depth
    at, turn = start, bisect_left(holders, start)
    while at < stop:
        holder = holders[turn] if turn < len(holders) else stop
        if holder > at:
            until = min(holder, stop)
            indexes.extend(range(at, until))
            depths.extend(map(shown.__getitem__, tree_depths[at:until]))
            spans.extend(array("H", (1,)) * (until - at))
            at = until
            continue
        place = shown[tree_depths[holder]]
        index, span = joined(selection, holder)
        indexes.append(index)
        depths.append(place)
        spans.append(span)
        shown[tree_depths[index] + 1] = place + 1
        if is_open(positions[index]):
            at = index + 1
            turn = turn + 1 if span == 1 else bisect_left(holders, at, turn)
        else:
            at = selection.subtree_stop(holder)
            turn = bisect_left(holders, at, turn)
    return indexes, depths, spans
