"""What of the files is shown, and in which order: the keys that change the view."""

from dataclasses import replace

from layertui.present.view import ADDED, MODIFIED, REMOVED, UNCHANGED, Order, Sort, View
from layertui.tui.widgets.sorting import Sorting


class Choosing(Sorting):
    """Holds a view, and changes it key by key."""

    view = View(layer=0)
    """What is shown."""

    def look_like(self, view: View) -> None:
        """Show another view of the same layers."""
        raise NotImplementedError

    def do_order(self) -> None:
        """As a tree, or flat."""
        other = Order.FLAT if self.view.order is Order.TREE else Order.TREE
        self.look_like(replace(self.view, order=other))

    def do_merged(self) -> None:
        """This layer's diff, or merged up to it."""
        self.look_like(replace(self.view, merged=not self.view.merged))

    def do_overlaps(self) -> None:
        """Only paths that more than one layer holds, or all."""
        self.look_like(replace(self.view, overlaps=not self.view.overlaps))

    def sort(self, sort: Sort) -> None:
        """Sort; the same again reverses."""
        reverse = not self.view.reverse if self.view.sort is sort else False
        self.look_like(replace(self.view, sort=sort, reverse=reverse))

    def _show_or_hide(self, group: str) -> None:
        self.look_like(replace(self.view, hidden=self.view.hidden ^ {group}))

    def do_show_added(self) -> None:
        """Show or hide what was added."""
        self._show_or_hide(ADDED)

    def do_show_modified(self) -> None:
        """Show or hide what was modified."""
        self._show_or_hide(MODIFIED)

    def do_show_removed(self) -> None:
        """Show or hide what was removed."""
        self._show_or_hide(REMOVED)

    def do_show_unchanged(self) -> None:
        """Show or hide what is unchanged."""
        self._show_or_hide(UNCHANGED)

    def filter(self, query: str) -> None:
        """Show only what matches."""
        if query != self.view.query:
            self.look_like(replace(self.view, query=query))

    def show_everything(self) -> None:
        """Take back what filters and toggles hide."""
        self.look_like(replace(self.view, query="", hidden=frozenset(), overlaps=False))
