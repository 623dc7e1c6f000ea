"""TakingScreen: what can be taken along from any screen: copied to the clipboard, or extracted to the disk."""

import time
from typing import TYPE_CHECKING

from textual import events

from layertui.errors import LayertuiError
from layertui.layer.columns import Kind
from layertui.present.safetext import cell_width, crop_middle, safe
from layertui.present.units import size_text
from layertui.tui.screens.copying import CopyingScreen
from layertui.tui.screens.keyed import KeyScreen
from layertui.tui.state import ImageState, Rate, Reading
from layertui.tui.subject import Subject
from layertui.tui.widgets.lines import LineList
from layertui.tui.widgets.looks import Line
from layertui.tui.widgets.prompt import Prompt

if TYPE_CHECKING:
    from layertui.tui.loading.extracting import Extractor
    from layertui.tui.loading.taking import Request
    from layertui.tui.messages_taking import (
        DestinationCompleted,
        Ending,
        ExtractionEnded,
        ExtractionMeasured,
        ExtractionProgress,
    )

EXTRACT = "extract"
"""What the prompt asks for while it asks where to extract to."""

SPECIAL = {Kind.CHAR: "a device", Kind.BLOCK: "a device", Kind.FIFO: "a named pipe", Kind.WHITEOUT: "a whiteout"}
"""What has nothing that could be extracted, in words."""

LEAST_PLACE = 16
"""Cells of a destination that the footer shows at least."""

LATER_S = 0.5
"""Seconds until it is tried again to say what was extracted, while the person types."""


class TakingScreen(CopyingScreen):
    """Copies and extracts what is under the cursor."""

    _extractor: "Extractor | None" = None
    """Made when something is extracted."""
    _to_extract: "Request | None" = None
    """What the prompt asks a destination for."""
    asked_from: LineList | None = None
    """The pane that had the focus before that."""
    _extracting = ""
    """How far the extraction is; empty where none runs."""
    _extraction_rate: Rate | None = None

    def ask(self, what: str, label: str, text: str = "") -> None:
        """Begin to ask in the prompt."""
        raise NotImplementedError

    def go(self, pane: LineList) -> None:
        """Give a pane the focus."""
        raise NotImplementedError

    def do_extract(self) -> None:
        """Ask where to extract what is under the cursor to."""
        self._ask_where(tar=False)

    def do_extract_layer(self) -> None:
        """Ask where to extract the layer's tar to."""
        self._ask_where(tar=True)

    def _ask_where(self, *, tar: bool) -> None:
        from layertui.tui.destinations import default_name, proposed
        from layertui.tui.loading.taking import Request

        subject = self.subject()
        if subject is None:
            self.say("There is nothing under the cursor that could be extracted.")
            return
        if any(screen._extracting for screen in self._takers()):
            self.say("Something is being extracted already. Ctrl+C cancels it.")
            return
        state = self.state_of_subject(subject)
        missing = missing_for(subject, state, tar)
        if missing or subject.image is None:
            self.say(safe(missing))
            return
        self._to_extract = Request(subject, subject.image, tar, is_alone(subject, state))
        self.asked_from = self.pane
        label = f"tar of L{subject.holder} to: " if tar else "extract to: "
        self.ask(EXTRACT, label, proposed(default_name(subject, tar)))
        if not tar:
            self._extraction_worker().measure(self._to_extract)

    def _extraction_worker(self) -> "Extractor":
        if self._extractor is None:
            from layertui.tui.loading.extracting import Extractor
            from layertui.tui.loading.reading import PROGRESS_S, PROGRESS_SSH_S

            slow = getattr(self.app, "low_bandwidth", False)
            self._extractor = Extractor(self, PROGRESS_SSH_S if slow else PROGRESS_S)
        return self._extractor

    def prompt_answered(self, asked: str, done: Prompt.Done) -> None:
        """Extract to what was typed."""
        if asked != EXTRACT:
            super().prompt_answered(asked, done)
            return
        request, self._to_extract = self._to_extract, None
        if self.asked_from is not None:
            self.go(self.asked_from)
        if request is None or not done.kept:
            self._extraction_worker().cancel()
            return
        from layertui.tui.destinations import default_name, destination

        try:
            path, shown = destination(done.text, default_name(request.subject, request.tar))
        except LayertuiError as problem:
            self.say(safe(problem.message))
            return
        self._extraction_rate = Rate(time.monotonic())
        self._extracting = "extracting  Ctrl+C cancels"
        self._extraction_worker().extract(request, path, shown)
        self.tell_footer()

    async def take(self, event: events.Key) -> None:
        """Do what a key means; Tab completes a destination, and Ctrl+C drops it."""
        if self.asking == EXTRACT and event.key == "tab":
            self._extraction_worker().complete(self.prompt.text)
        elif self.asking == EXTRACT and event.key == "ctrl+c":
            done = Prompt.Done(self.prompt.text, False)
            self.leave_prompt(done)
            self.prompt_answered(EXTRACT, done)
        else:
            await super().take(event)

    # What the worker says

    def on_destination_completed(self, message: "DestinationCompleted") -> None:
        """A destination is completed, unless another one was typed meanwhile."""
        is_last = message.attempt == self._extraction_worker().attempt
        if self.asking == EXTRACT and is_last and message.before == self.prompt.text:
            remark = self.prompt.remark
            self.prompt.ask(self.prompt.label, message.text)
            self.prompt.say(remark)

    def on_extraction_measured(self, message: "ExtractionMeasured") -> None:
        """How much it would be is known."""
        if self.asking == EXTRACT and message.attempt == self._extraction_worker().attempt:
            self.prompt.say(message.text)

    def on_extraction_progress(self, message: "ExtractionProgress") -> None:
        """It is further."""
        from layertui.tui.screens.telling import fraction_text  # which stands on this module

        is_last = message.attempt == self._extraction_worker().attempt
        if not is_last or not self._extracting or self._extraction_rate is None:
            return
        speed = self._extraction_rate.of(time.monotonic(), message.done_bytes)
        parts = [f"extracting {fraction_text(message.done_bytes, message.total_bytes)}"]
        if speed > 0:
            parts.append(f"{size_text(int(speed))}/s")
        self._extracting = "  ".join([*parts, "Ctrl+C cancels"])
        self._top_screen().tell_footer()

    def on_extraction_ended(self, message: "ExtractionEnded") -> None:
        """It ended, in whatever way."""
        if message.attempt == self._extraction_worker().attempt:
            self._extracting = ""
            self._tell_ending(message.ending)

    def _tell_ending(self, ending: "Ending") -> None:
        """Say how it ended in the footer; what does not fit there, on a page."""
        top = self._top_screen()
        if top is not self.app.screen or top.asking:
            top.tell_footer()
            self.set_timer(LATER_S, lambda: self._tell_ending(ending))
            return
        text, is_all = told(ending, self.app.size.width)
        top.say(text)
        if not is_all:
            from layertui.tui.screens.pageful import PageScreen

            self.app.push_screen(PageScreen("EXTRACTED" if ending.where else "NOT EXTRACTED", _page(ending)))

    # Who runs

    def _takers(self) -> "list[TakingScreen]":
        return [screen for screen in self.app.screen_stack if isinstance(screen, TakingScreen)]

    def _top_screen(self) -> KeyScreen:
        return next(screen for screen in reversed(self.app.screen_stack) if isinstance(screen, KeyScreen))

    def footer_progress(self) -> str:
        """What is being extracted, from whichever screen, is more than what is being read."""
        return next((screen._extracting for screen in self._takers() if screen._extracting), super().footer_progress())

    def perform(self, name: str) -> None:
        """Do an action; of what can be cancelled, an extraction is the first."""
        cancelled = [screen for screen in self._takers() if screen.cancel_extraction()] if name == "cancel" else []
        if cancelled:
            self.say("Cancelling the extraction...")
        else:
            super().perform(name)

    def cancel_extraction(self) -> bool:
        """Stop what is being extracted from this screen; False where nothing is."""
        return self._extractor is not None and self._extractor.cancel()

    def on_unmount(self) -> None:
        """Nothing goes on for a screen that was left."""
        if self.cancel_extraction() and self.app.screen_stack:
            self._extracting = ""
            self._top_screen().say("The extraction was cancelled. Nothing was written.")


def missing_for(subject: Subject, state: ImageState | None, tar: bool) -> str:
    """Why something cannot be extracted, or not yet; empty where it can. Not made safe for a terminal."""
    squash, position = subject.squash, subject.position
    if subject.image is None:
        return state.error.message if state is not None and state.error is not None else "Enter opens it first."
    if tar:
        return "" if subject.holder is not None else "No layer is under the cursor: each layer is a tar."
    if squash is None or (subject.layer is None and not squash.is_complete):
        return unread(state, subject.layer)
    if subject.merged and is_alone(subject, state):
        return "The layers below are still being read."
    if position is not None and squash.kind(position) in SPECIAL:
        return f"This is {SPECIAL[squash.kind(position)]}: it holds nothing that could be extracted."
    return ""


def is_alone(subject: Subject, state: ImageState | None) -> bool:
    """Whether a layer is folded without those below it, which are still being read."""
    squash = subject.squash
    return squash is not None and state is not None and any(layer.alone is squash for layer in state.layers)


def unread(state: ImageState | None, layer: int | None) -> str:
    """What is not read yet of an image, or of one of its layers, so that nothing can be extracted."""
    if state is None or not state.layers:
        return "Its layers are not read yet: Enter reads them."
    if layer is not None:
        return state.layers[layer].sentence()
    unasked = [layer for layer in state.layers if layer.reading is Reading.UNASKED]
    if unasked:
        size = size_text(sum(layer.size_bytes for layer in unasked))
        return f"{len(unasked)} of {len(state.layers)} layers are not fetched, {size}: f fetches them."
    failed = [f"L{number}" for number, reading in enumerate(state.layers) if reading.reading is Reading.FAILED]
    if failed:
        return f"{failed[0]} cannot be read, so what all layers give together is not known: extract them one by one."
    return f"{state.prefix} of {len(state.layers)} layers are read: all of them are needed."


def told(ending: "Ending", width: int) -> tuple[str, bool]:
    """What a footer of so many cells says of an ending, safe; and whether that is all there is to say."""
    said, where = safe(ending.said), safe(ending.where)
    if not where:
        return said, cell_width(said) < width
    behind = f", without {ending.left_out}" if ending.left_out else ""
    if ending.problems:
        behind += f"; {ending.problems:,} could not be"
    room = width - 1 - cell_width(f"{said} to {behind}")
    is_all = cell_width(where) <= room and not ending.problems and bool(ending.left_out) >= bool(ending.lines)
    return f"{said} to {crop_middle(where, max(room, LEAST_PLACE))}{behind}", is_all


def _page(ending: "Ending") -> list[Line]:
    """All there is to say of an ending."""
    first = f"{ending.said} to {ending.where}." if ending.where else ending.said
    return [[("plain", f" {safe(text)}")] for text in (first, *ending.lines)]
