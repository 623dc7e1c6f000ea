"""HunksScreen: two contents side by side or unified, or byte by byte, and what keys do with them."""

import re
from dataclasses import replace

from layertui.present.contentdiff.laid import step_in
from layertui.present.safetext import safe
from layertui.tui.messages_hunks import RowsFound, RunFound
from layertui.tui.screens.hunks_shown import CONTEXT_LINES, HunksShown
from layertui.tui.version import Version
from layertui.tui.widgets.prompt import Prompt


class HunksScreen(HunksShown):
    """How one content differs from another, and how that is looked at."""

    # How it is compared

    def do_hexadecimal(self) -> None:
        """Lines or bytes."""
        if self.outcome is not None and self.outcome.text is None and not self.asked.as_bytes:
            self.say(self.outcome.reason)
        elif self.outcome is not None:
            self.compare(replace(self.asked, as_bytes=not self.asked.as_bytes), stay=True)

    def do_ignore_space(self) -> None:
        """Pass white space over, or compare it."""
        if self.outcome is None:
            return
        if self.outcome.text is not None:
            self.compare(replace(self.asked, no_space=not self.asked.no_space), stay=True)
        else:
            self.say("Bytes are compared as they are, white space too.")

    def do_exchange(self) -> None:
        """Exchange the sides."""
        self.compare(replace(self.asked, a=self.asked.b, b=self.asked.a), stay=True)

    def do_winner(self) -> None:
        """Compare the version at hand with the one that a container sees."""
        b = self.asked.b
        winner = b.winner()
        if winner is None:
            self.say("No container sees a file at this path: it is removed, or no file any more.")
        elif winner.position == b.position:
            self.say("B is the version that a container sees.")
        else:
            self.compare(replace(self.asked, a=b, b=winner))

    def do_previous_layer(self) -> None:
        """Compare with the next lower version."""
        self._side_a(-1)

    def do_next_layer(self) -> None:
        """Compare with the next higher version."""
        self._side_a(1)

    def _side_a(self, way: int) -> None:
        a, b = self.asked.a, self.asked.b
        others = [other for other in a.history() if (other.position - a.position) * way > 0 and not _is(other, b)]
        if others:
            self.compare(replace(self.asked, a=others[0 if way > 0 else -1]))
        else:
            self.say(f"No {'higher' if way > 0 else 'lower'} version to compare B with.")

    def do_refresh(self) -> None:
        """Try again what failed."""
        if self.failed:
            self.compare(self.asked)
        else:
            super().do_refresh()

    def do_cancel(self) -> None:
        """Stop comparing; what was shown stays."""
        if not self.running or self.loader is None:
            super().do_cancel()
            return
        self.loader.cancel()
        self.session += 1
        if self.outcome is None:
            self.show_nothing(["Cancelled.", "R compares again, q goes back."])
        else:
            self.running, self.asked = {}, self.shown
            if (laid := self.lines_pane.laid) is not None:
                self.shape, self.wrapping = laid.shape, laid.shape.wrap_cells is not None
            self.bytes_pane.ask_again()
            self.say("Cancelled.")

    # How it is looked at

    def do_long_lines(self) -> None:
        """Wrap long lines, or cut them."""
        if self.outcome is not None and self.outcome.text is not None:
            self.wrapping = not self.wrapping
            self.lines_pane.left = 0
            self.lay()

    def do_line_numbers(self) -> None:
        """Show or hide line numbers."""
        self.lines_pane.numbers = not self.lines_pane.numbers
        self.lines_pane.redraw()
        self.lay()

    def do_show_unchanged(self) -> None:
        """Show all equal lines, or fold them."""
        context = None if self.shape.context is not None else CONTEXT_LINES
        if self.outcome is None:
            return
        if self.outcome.text is None and not self.outcome.is_equal:
            self.say("All bytes are shown.")
        elif self.outcome.text is None:
            self.shape = replace(self.shape, context=context)
            self.show_bytes()
        elif self.loader is not None:
            self.begin_to_lay(self.loader, self.outcome, replace(self.shape, context=context))

    def do_next_pane(self) -> None:
        """Lines and bytes are H."""

    def do_previous_pane(self) -> None:
        """Lines and bytes are H."""

    # Hunks, runs and hits

    def do_next_hit(self) -> None:
        """The next hit, hunk or run of differing bytes."""
        self._go_on(forward=True)

    def do_previous_hit(self) -> None:
        """The previous one."""
        self._go_on(forward=False)

    def _go_on(self, *, forward: bool) -> None:
        laid, outcome = self.lines_pane.laid, self.outcome
        if outcome is None:
            return
        if outcome.text is None:
            if self.loader is not None and self.bytes_pane.sizes is not None:
                start = self.bytes_pane.next_byte if forward else self.bytes_pane.first_byte
                self.running["step"] = "looking for a difference"
                self.loader.step(self.session, outcome, start, forward=forward)
            return
        if laid is None:
            return
        row = self.lines_pane.row
        target = laid.step(row, forward=forward) if not self.hits else step_in(self.hits, row, forward=forward)
        if target is not None:
            self.lines_pane.go_to(target)
        else:
            self._no_more("hit" if self.hits else "hunk", forward=forward)

    def _no_more(self, what: str, *, forward: bool) -> None:
        self.say(f"No {what} {'below' if forward else 'above'}.")

    def on_run_found(self, message: RunFound) -> None:
        """Go to the bytes that differ."""
        if message.session != self.session:
            return
        self.running.pop("step", None)
        if message.offset is not None:
            self.bytes_pane.go_to(message.offset, message.blocks)
            self.tell()
        else:
            self._no_more("difference", forward=message.forward)

    # Search

    def do_filter(self) -> None:
        """Search in the lines that are shown."""
        if self.outcome is None:
            return
        if self.outcome.text is not None:
            self.ask("search", "search: ")
        else:
            self.say("Lines are searched, not bytes.")

    def answered(self, asked: str, done: Prompt.Done) -> None:
        """Search for what was typed."""
        laid = self.lines_pane.laid
        self._forget()
        if not done.kept or not done.text or laid is None or self.loader is None:
            return
        pattern = re.compile(re.escape(done.text), 0 if done.text != done.text.lower() else re.IGNORECASE)
        self.lines_pane.pattern = pattern
        self.running["search"] = "searching"
        self.loader.search(self.session, laid, done.text, lambda text: pattern.search(text) is not None)
        self.tell_footer()

    def on_rows_found(self, message: RowsFound) -> None:
        """Go to the first hit from the cursor on."""
        if message.session != self.session:
            return
        self.running.pop("search", None)
        if message.laid is not self.lines_pane.laid:
            self.tell()
            return
        row = self.lines_pane.row
        target = step_in(message.rows, row - 1, forward=True) if len(message.rows) else None
        if not message.rows:
            self.lines_pane.pattern = None
            folded = "; u shows those that are folded" if self.shape.context is not None else ""
            self.say(f"No line that is shown has {safe(message.query)}{folded}.")
            return
        self.hits = message.rows
        self.lines_pane.redraw()
        self.lines_pane.go_to(message.rows[0] if target is None else target)
        self.tell()

    def step_back(self) -> bool:
        """Leave the search."""
        if self.hits is None:
            return False
        self._forget()
        return True

    def _forget(self) -> None:
        if self.hits is not None:
            self.forget_search()
            self.lines_pane.redraw()
            self.tell()


def _is(one: Version, other: Version) -> bool:
    """Whether two versions are the same one of one fold."""
    return one.squash is other.squash and one.position == other.position
