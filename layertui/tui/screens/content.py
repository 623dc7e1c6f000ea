"""ContentScreen: a file's content as one layer has it, and what keys do with it."""

from layertui.present.viewing.kind import Form
from layertui.tui.loading.contents import Start
from layertui.tui.screens.content_searching import ContentSearching
from layertui.tui.version import Version


class ContentScreen(ContentSearching):
    """Shows one version of a file, of any layer, whatever became of it."""

    # How it is looked at

    def do_hexadecimal(self) -> None:
        """Text or bytes; an archive's members or its bytes."""
        if self.document is None or self.document.look.form is Form.EMPTY:
            self.say("There is nothing to show in another way.")
            return
        self.other = not self.other
        self._hit = self.content.hit_in_row if self.content.byte else None
        self.contents.open(self.version, Start(self.other, self.content.byte), self.document)

    def do_info(self) -> None:
        """Metadata and history of the file; the same again closes them."""
        self.go(self.content if self.pane is self.info else self.info)

    def do_quit(self) -> None:
        """Close the help or the page of metadata, else the screen."""
        if self.pane is self.info:
            self.go(self.content)
        else:
            super().do_quit()

    def do_pager(self) -> None:
        """Show it in $PAGER."""
        if self.document is None:
            self.say("It is not open.")
            return
        from layertui.present.viewing.plain import plain_chunks
        from layertui.tui.pager import show

        self.say(show(self.app, plain_chunks(self.document)))

    # Other versions

    def do_previous_layer(self) -> None:
        """The version in the next lower layer that holds one."""
        self._go_to(self.version.below(), "No lower layer holds a version of this file.")

    def do_next_layer(self) -> None:
        """The version in the next higher layer that holds one."""
        self._go_to(self.version.above(), "No higher layer holds a version of this file.")

    def do_winner(self) -> None:
        """The version that a container sees."""
        winner = self.version.winner()
        if winner is not None and winner.position == self.version.position:
            self.say("This is the version that a container sees.")
        else:
            self._go_to(winner, "No container sees a file at this path: it is removed, or no file any more.")

    def do_cycle(self) -> None:
        """The next version, and after the highest the lowest."""
        history = self.version.history()
        self._go_to(self.version.above() or (history[0] if len(history) > 1 else None), "There is no other version.")

    def _go_to(self, version: Version | None, otherwise: str) -> None:
        if version is None:
            self.say(otherwise)
        else:
            self.open(version, self.start())

    # Comparing

    def do_mark(self) -> None:
        """Mark this version as side A, or take the mark back."""
        if self.base.side == self.version:
            self.base.side = None
            self.say("Nothing is marked any more.")
        else:
            self.base.side = self.version
            self.say(f"A is {self.version.title}. c on another version compares.")

    def do_compare(self) -> None:
        """Compare the marked version with this one; without a mark the one below."""
        marked = self.base.side if isinstance(self.base.side, Version) else None
        if marked == self.version:
            self.say("This version is A itself: go to another with [ ], or to another file.")
            return
        lower = marked or self.version.below()
        if lower is None:
            self.say("No lower layer holds a version to compare with: b on another file marks that as A.")
            return
        from layertui.tui.screens.hunks import HunksScreen

        self.show_screen(HunksScreen(lower, self.version, self.base))
