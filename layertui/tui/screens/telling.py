"""What the header, the footer, the details and the side say about the state of the screen."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime

from layertui.present.safetext import safe
from layertui.present.units import size_text
from layertui.stack.squash import Squash
from layertui.tui.actions import Place
from layertui.tui.pages import file_page, history_lines, path_details
from layertui.tui.roots import HostView
from layertui.tui.screens.keyed import LEAST_KEYS
from layertui.tui.screens.panes import PanesScreen
from layertui.tui.state import ImageState, Rate, Reading, is_fetching, progress_bytes
from layertui.tui.tree_pages import layer_details, tree_details
from layertui.tui.tree_rows import NOWHERE, What, count_text, entry_name, total_bytes
from layertui.tui.widgets.bars import header_line
from layertui.tui.widgets.lines import LineList
from layertui.tui.widgets.looks import Line

ROOM_FOR_RATE = 100
"""Columns from which the footer has room for how fast the reading is."""


FETCHING = "fetching"
"""What is said while layers come over a network: then how fast is of more use than how long, where there is room for
one of both."""


def fraction_text(done_bytes: int, total_bytes: int) -> str:
    """So much of so much: `212/412 MB` where both have one unit, else `98 kB of 412 MB`."""
    done, total = size_text(done_bytes), size_text(total_bytes)
    number, _, unit = done.partition(" ")
    return f"{number}/{total}" if total.endswith(f" {unit}") else f"{done} of {total}"


class TellingScreen(PanesScreen):
    """What is open, what is under the cursor, which keys there are, and how far the reading is."""

    _rate: Rate | None = None
    _rate_of: tuple[int, str] = (0, "")
    """The session and the verb that the rate is measured of."""

    def go(self, pane: LineList) -> None:
        """Give a pane the focus, and say what belongs to it."""
        super().go(pane)
        self.tell()

    def tell(self) -> None:
        """Say everything anew; only what changed is drawn."""
        self.tell_header()
        self.tell_details()
        self.tell_footer()

    def tell_header(self) -> None:
        """What is open, and its totals."""
        state = self.state
        if state is None:
            images = sum(self.holdings.count(root, "image") for root in self.holdings.roots)
            counted = count_text(images, "image") if self.holdings.host else ""
            self.header.show(header_line([self.label()], [counted], self.app.size.width))
            return
        label, name = self.label(), entry_name(state).split("  ")[0]
        names = [label] if label != name else []
        if state.image is not None:
            names.append(safe(state.image.platform.text))
        names.append(name)
        total, whole = total_bytes(state)
        sizes = []
        if state.layers:
            sizes.append(("" if whole else ">= ") + size_text(total))
        if state.reclaimable_bytes is not None:
            sizes.append(f"reclaimable {'' if whole else '>= '}{size_text(state.reclaimable_bytes)}")
        self.header.show(header_line(names, sizes or [""], self.app.size.width))

    def useless(self) -> set[str]:
        """Actions that the footer leaves out: they would do nothing here."""
        row = self.images.row if self.pane is self.images else None
        useless = {"next_hit", "show_unchanged"} if self.closable else {"next_hit", "show_unchanged", "back"}
        if not self.has_layers:
            useless |= {"next_layer", "merged", "find", "mark", "compare", "extract", "pager"}
            if row is None or not self.holdings.host:
                useless.add("filter")
            if self.pane is self.files:
                useless |= {"open", "order"}
        asked = row is not None and row.what is What.ROOT and not self.holdings.roots[row.root].offered
        if not asked and (row is None or row.missing is None):
            useless.add("refresh")
        if self.app.size.width < ROOM_FOR_RATE:
            useless.add("open_reference")  # its word would take the place of what is about the line
        if self.page_name or (self.state is None if row is None else row.place == NOWHERE):
            useless.add("info")
        return useless

    def progress(self, state: ImageState | None, busy: bool, now_s: float, width: int) -> str:
        """`reading 212/412 MB  61 MB/s  eta 3 s  Ctrl+C cancels`; empty when nothing is being read.

        While layers arrive together, such as in an engine's export, it is of that.
        """
        if state is None or not any(layer.reading is Reading.RUNNING for layer in state.layers):
            self._rate = None
            return "folding" if state is not None and busy else ""
        transfer = state.transfer
        verb = FETCHING if is_fetching(state.layers) else "reading" if transfer is None else safe(transfer.verb)
        done, total = progress_bytes(state.layers)
        if transfer is not None:
            done, total = transfer.done_bytes, transfer.total_bytes or 0
        if self._rate is None or self._rate_of != (state.session, verb):
            self._rate, self._rate_of = Rate(now_s, done), (state.session, verb)
        speed = self._rate.of(now_s, done)
        known = total >= done  # what an engine promises of an export is a hint
        parts = [f"{verb} {fraction_text(done, total) if known else size_text(done)}" if done or total else verb]
        fetching, is_wide = verb == FETCHING, width >= ROOM_FOR_RATE
        if speed > 0:
            if is_wide or fetching or not known:
                parts.append(f"{size_text(int(speed))}/s")
            if known and (is_wide or not fetching):
                parts.append(f"eta {int((total - done) / speed) + 1} s")
        parts.append("Ctrl+C cancels")
        while len(parts) > 1 and len("  ".join(parts)) > width - LEAST_KEYS:
            parts.pop(-2 if len(parts) > 2 else -1)  # the rate, then how to cancel: the help says that too
        return "  ".join(parts)

    def tell_details(self) -> None:
        """What is under the cursor."""
        row = self.images.row
        subject = (self.pane.place, self.files.path, row.identity if row is not None else None, self.here)
        self.details.show("", self._detail_lines, subject=subject)
        if self.side.display:
            self.side.show("HISTORY", lambda width: self._side_lines())
        if self.page_name == "file":
            self.page.remake()

    def _detail_lines(self, width: int) -> Sequence[Line]:
        pane = self.pane
        squash, position = self._path_meant()
        state = self.state
        if pane is not self.find and (pane.place is Place.TREE or position is None):
            row = self.images.row
            return tree_details(self.holdings, row, datetime.now(UTC)) if row is not None else []
        if position is None or squash is None or state is None or state.image is None:
            return []
        if self._placed is not None and self._placed[0].details < 0:
            return file_page(squash, position, state.image)
        return path_details(squash, position, state.image, width)

    def _side_lines(self) -> Sequence[Line]:
        state, squash, path = self.state, self.files.squash, self.files.path
        if state is None or state.image is None or self.here is None or not state.image.layers:
            return []
        number = self.here[1]
        if self.pane is self.find and self.find.hit is not None and self.find.squash is not None:
            squash, position = self.find.squash, self.find.hit.position
            path, number = squash.path(position), squash.layer(position)
        lines: list[Line] = []
        if squash is not None and path is not None:
            lines += [[("plain", f" {safe(path)}")], []]
            lines += history_lines(squash, path, state.image, number, commands=False)
            lines += [[]]
        lines += [[("title-on", f" Layer {number}")]]
        return lines + layer_details(state.image, state.layers, number)

    def _path_meant(self) -> tuple[Squash | None, int | None]:
        """The path under the cursor: of the hits, also where a page is open over them; else of the files."""
        if self.find not in (self.pane, self.page_from):
            return self.files.squash, self.files.position
        hit = self.find.hit
        return (None, None) if hit is None else (self.find.squash, hit.position)

    def _file_lines(self) -> Sequence[Line]:
        state, (squash, position) = self.state, self._path_meant()
        if state is None or state.image is None or squash is None or position is None:
            return [[("dim", " No path is under the cursor.")]]
        return file_page(squash, position, state.image)

    def progress_text(self) -> str:
        """What is being read, how far and how fast, and how to cancel it; empty when nothing is."""
        return self.progress(self.state, self.loader.busy, time.monotonic(), self.app.size.width)

    def label(self) -> str:
        """What the source is called."""
        if not self.holdings.host:
            return safe(self.holdings.roots[0].name)
        if self.state is None:
            return "this host" if isinstance(self.shown, HostView) else safe(self.holdings.roots[0].name)
        return safe(self.holdings.roots[self.state.root].name)

    @property
    def closable(self) -> bool:
        """Whether `back` has something to go back from."""
        filtered = self.files.view.query or (self.pane is self.images and self.images.view.query)
        return bool(self.page_name or self.zoomed or filtered or self.hits_at >= 0)
