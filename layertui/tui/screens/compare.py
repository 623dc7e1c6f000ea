"""The compare screen: two sides row by row; of two whole images the layers and the configs too."""

from layertui.layer.columns import Kind
from layertui.tui.screens.compare_telling import CompareTelling
from layertui.tui.subject import Subject
from layertui.tui.version import Version
from layertui.tui.want import Want
from layertui.tui.widgets.lines import LineList
from layertui.tui.widgets.prompt import Prompt

WHOLE_ONLY = "Whole images are compared: 1 shows their layers, Enter there compares two."
"""Why a key about layers does nothing."""


class CompareScreen(CompareTelling):
    """What keys do to a comparison."""

    # Panes

    def do_pane_tree(self) -> None:
        """The layers side by side."""
        self._go_whole(self.pairs)

    def do_pane_files(self) -> None:
        """The rows."""
        self.go(self.files)

    def do_pane_details(self) -> None:
        """The configs."""
        self._go_whole(self.configs)

    def do_info(self) -> None:
        """The configs."""
        self._go_whole(self.configs)

    def _go_whole(self, pane: LineList) -> None:
        if self.is_whole and self.comparison is not None:
            self.go(pane)
        elif self.comparison is not None:
            self.say("Layers and configs are compared where two whole images are.")

    def step_back(self) -> bool:
        """From layers and configs back to the rows; else without a filter."""
        if self.pane is not self.files:
            self.go(self.files)
            return True
        if self.files.view.query:
            self.files.filter("")
            return True
        return False

    # Going through rows

    def do_next_hit(self) -> None:
        """The next difference."""
        if self.pane is self.files and not self.files.step(forward=True):
            self.say("No difference follows.")

    def do_previous_hit(self) -> None:
        """The previous difference."""
        if self.pane is self.files and not self.files.step(forward=False):
            self.say("No difference comes before.")

    def do_filter(self) -> None:
        """Ask for a filter."""
        if self.comparison is not None:
            self.ask("filter", "/", self.files.view.query)
            self._say_matches()

    def _say_matches(self) -> None:
        if self.files.chosen is not None:
            self.prompt.say(f"{self.files.chosen.count:,}")

    def prompt_changed(self, text: str) -> None:
        """Filter the rows as someone types."""
        if self.asking == "filter":
            self.files.filter(text)
            self._say_matches()

    def on_prompt_key(self, message: Prompt.Key) -> None:
        """Move in the rows that are filtered."""
        getattr(self.files, f"do_{message.action}")()

    def answered(self, asked: str, done: Prompt.Done) -> None:
        """Enter keeps the filter, Esc drops it."""
        if asked == "filter":
            self.files.filter(done.text if done.kept else "")
        else:
            super().answered(asked, done)

    # Other sides

    def do_previous_layer(self) -> None:
        """The layer below, on both sides."""
        self._to_layer(-1)

    def do_next_layer(self) -> None:
        """The layer above, on both sides."""
        self._to_layer(1)

    def _to_layer(self, step: int) -> None:
        if self.comparison is None:
            return
        wants: list[Want] = []
        sides = (("A", self.comparison.side_a), ("B", self.comparison.side_b))
        for want, (name, side) in zip(self.wants, sides, strict=True):
            layer, first = side.layer + step, side.squash.first if want.merged else 0
            if want.is_whole:
                self.say(WHOLE_ONLY)
                return
            if not first <= layer < len(side.image.layers):
                self.say(f"L{side.layer} is the {'lowest' if step < 0 else 'top'} layer of {name}.")
                return
            wants.append(want.of_layer(layer, merged=want.merged, first=first))
        self.look_at(*wants)

    def do_merged(self) -> None:
        """The diffs of two layers, or what the layers up to them give together."""
        if self.comparison is None:
            return
        if any(want.is_whole for want in self.wants):
            self.say(WHOLE_ONLY)
            return
        merged = not all(want.merged for want in self.wants)
        sides = (self.comparison.side_a, self.comparison.side_b)
        self.look_at(*(want.of_layer(side.layer, merged=merged) for want, side in zip(self.wants, sides, strict=True)))

    # Opening

    def do_open(self) -> None:
        """Compare a pair of layers; the rows open what they hold themselves."""
        pair = self.pairs.pair
        if self.pane is not self.pairs or pair is None:
            return
        if pair.a is None or pair.b is None:
            self.say("This layer has no counterpart: there is nothing to compare it with.")
            return
        self.show_screen(
            CompareScreen(
                self.wants[0].of_layer(pair.a),
                self.wants[1].of_layer(pair.b),
                self.base,
                holdings=self.holdings,
                loader=self.loader,
            )
        )

    def on_line_list_opened(self, message: LineList.Opened) -> None:
        """A line was clicked twice."""
        self.perform("open")

    def versions(self) -> tuple[Version | None, Version | None]:
        """What both sides have at the path under the cursor."""
        comparison, row = self.comparison, self.files.row
        if comparison is None or row is None:
            return None, None
        sides = ((comparison.side_a, comparison.a(row)), (comparison.side_b, comparison.b(row)))
        a, b = (None if at is None else Version(side.image, side.squash, at) for side, at in sides)
        return a, b

    def open_file(self) -> None:
        """Show what differs in the contents of both sides, or the content that one side has."""
        a, b = (version if version is not None and version.has_content else None for version in self.versions())
        if a is not None and b is not None:
            from layertui.tui.screens.hunks import HunksScreen

            self.show_screen(HunksScreen(a, b, self.base))
        elif (version := b or a) is not None:
            from layertui.tui.screens.content import ContentScreen

            self.show_screen(ContentScreen(version, self.base))
        else:
            kinds = {version.kind for version in self.versions() if version is not None} or {Kind.DIRECTORY}
            what = "An empty directory" if kinds == {Kind.DIRECTORY} else f"A {kinds.pop().name.lower()}"
            self.say(f"{what} has no content to show; the details say what differs.")

    def subject(self) -> Subject | None:
        """The path under the cursor as B has it, else as A has it."""
        comparison, row = self.comparison, self.files.row
        if comparison is None or row is None or self.pane is not self.files:
            return None
        which = 0 if comparison.b(row) is None else 1
        side = (comparison.side_a, comparison.side_b)[which]
        position = (comparison.a(row), comparison.b(row))[which]
        entry = self.wants[which].state.entry
        return Subject(entry.reference, side.image, side.layer, side.merged, side.squash, position)
