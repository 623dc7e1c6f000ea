"""The lines of the tree that stand for places of the host."""

from dataclasses import replace

from layertui.present.hosttree import address
from layertui.present.safetext import safe
from layertui.tui.roots import Asking, Holdings, Root
from layertui.tui.tree_rows import NOWHERE, TreeRow, What, count_text, notes
from layertui.tui.tree_view import TreeView


def root_rows(holdings: Holdings, number: int, view: TreeView, width: int) -> list[TreeRow]:
    """A place, and while it is unfolded, beneath it why it shows nothing; `width` is the pane's in cells."""
    rows = [*_offer_notes(holdings, number, width), _root_row(holdings, number, view)]
    return rows + _root_notes(number, holdings.roots[number], width) if view.shows_root(number) else rows


def missing_rows(holdings: Holdings, view: TreeView) -> list[TreeRow]:
    """The places that are not there: one line, unfolded a line for each; none while a filter holds."""
    missing = holdings.missing
    if not missing or view.query:
        return []
    names = ", ".join(dict.fromkeys(safe(place.name) for place in missing))
    rows = [TreeRow(What.MISSING, NOWHERE, None, 0, names, names=("Not found",), folded=not view.shows_missing)]
    for place in missing if view.shows_missing else ():
        label = f"{safe(place.said)}  {safe(address(place.where))}"
        rows.append(TreeRow(What.MISSING, NOWHERE, None, 1, label, names=(safe(place.name),), missing=place))
    return [replace(row, dimmed=True) for row in rows]


def _offer_notes(holdings: Holdings, number: int, width: int) -> list[TreeRow]:
    """Before the first file that is offered: why it is."""
    before = holdings.roots[number - 1] if number else None
    if not holdings.roots[number].offered or (before is not None and before.offered):
        return []
    return notes(f"{'' if before else 'No engine was found. '}Enter opens one of these:", width, depth=0)


def _root_row(holdings: Holdings, number: int, view: TreeView) -> TreeRow:
    root = holdings.roots[number]
    size = root.short()
    if root.asking is Asking.ANSWERED:
        size = count_text(holdings.count(root, "image"), "image")
        if root.by_tag:
            size = count_text(sum(len(holdings.states[place].entry.tags) for place in root.members), "tag")
    if root.is_offer:
        return TreeRow(What.ROOT, NOWHERE, None, 0, "", names=(root.heading,), root=number)
    where = "" if root.offered or root.registry else safe(address(root.place.where))
    folded = True if root.asking is Asking.OFFERED else not view.shows_root(number)
    return TreeRow(What.ROOT, NOWHERE, None, 0, where, size, names=(safe(root.name),), folded=folded, root=number)


def _root_notes(number: int, root: Root, width: int) -> list[TreeRow]:
    if root.is_offer:
        return notes(root.name, width, depth=1, root=number)
    if root.asking is Asking.CANCELLED:
        return notes("Not asked to the end. R asks again.", width, depth=1, root=number)
    if root.error is not None:
        said = notes(root.error.message, width, depth=1, root=number)
        return said + notes(root.error.hint, width, depth=1, root=number)
    if root.asking is Asking.ANSWERED and not root.members:
        return notes("It holds no image.", width, depth=1, root=number)
    return []
