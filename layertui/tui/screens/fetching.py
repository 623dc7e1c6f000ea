"""Layers that have to be fetched: only those that are looked at, and all of them for what needs all."""

from collections.abc import Iterable

from textual.timer import Timer

from layertui.present.safetext import safe
from layertui.present.units import size_text
from layertui.tui.screens.browsing import BrowsingScreen
from layertui.tui.state import ImageState, Reading
from layertui.tui.tree_pages import layers_text

PASSING_S = 0.5
"""Seconds that the cursor rests on a layer before it is fetched: longer than it takes to read what made the layer, so
that going through a list of layers fetches none of them."""

TO_FETCH = frozenset({Reading.UNASKED, Reading.CANCELLED})
"""How far a layer is that is fetched once somebody asks for it."""


class FetchingScreen(BrowsingScreen):
    """What is fetched, and when."""

    _passing: Timer | None = None

    def look_at(self, place: int, layer: int | None) -> None:
        """Show a layer; it is fetched once the cursor rests there."""
        super().look_at(place, layer)
        self.stay_away()
        if layer is not None:
            self._passing = self.set_timer(PASSING_S, self._rested_on_layer)

    def stay_away(self) -> None:
        """Fetch nothing because the cursor rests."""
        if self._passing is not None:
            self._passing.stop()

    def _rested_on_layer(self) -> None:
        if self.state is not None and self.state.opened:
            self._begun(self.loader.fetch(self.state, self._looked_at(), passing=True))

    def _looked_at(self) -> Iterable[int]:
        """The layers that the files are of: one, or all up to it."""
        if self.here is None or not self.has_layers:
            return ()
        layer = self.here[1]
        return range(layer + 1) if self.files.view.merged else (layer,)

    def fetch_shown(self) -> None:
        """Fetch what is looked at."""
        if self.state is not None and self.state.opened:
            self._begun(self.loader.fetch(self.state, self._looked_at()), say=self.files.view.merged)

    def fetch_all(self) -> None:
        """Fetch all layers of the image that is looked at, for what needs all of them."""
        state = self.state
        if state is not None and state.opened:
            numbers = [number for number, layer in enumerate(state.layers) if layer.fetched]
            self._begun(self.loader.fetch(state, numbers), say=True)

    def _begun(self, numbers: list[int], *, say: bool = False) -> None:
        state = self.state
        if not numbers or state is None:
            return
        self.images.rebuild()
        if self.files.rows is None:
            self.show_files()
        self.tell()
        if say:
            self.say(f"Fetching {amount(state, numbers)}.")

    def to_fetch(self) -> list[int]:
        """The layers of the image that is looked at that are fetched once somebody asks for them."""
        layers = self.state.layers if self.state is not None else ()
        return [number for number, layer in enumerate(layers) if layer.fetched and layer.reading in TO_FETCH]

    def show_files(self) -> None:
        """Show the layer that is looked at; layers together only where all of them are here."""
        super().show_files()
        state = self.state
        if state is None or self.here is None or not self.files.view.merged:
            return
        layer = self.here[1]
        below = range(min(layer + 1, len(state.layers)))
        missing = [number for number in below if state.layers[number].fetched and state.layers[number].tree is None]
        if missing and state.image is not None and state.problem is None:
            self.files.show(None, layer, len(state.image.layers), safe(_why_not(state, layer, missing)))

    def do_winner(self) -> None:
        """Jump to the version that a container sees; say what is not known without further layers."""
        super().do_winner()
        state, numbers = self.state, self.to_fetch()
        if self.notice and state is not None and numbers:
            self.say(f"{self.notice} f fetches {amount(state, numbers)} more.")


def amount(state: ImageState, numbers: Iterable[int]) -> str:
    """How much some layers are: `3 layers, 212 MB`."""
    sizes = [state.layers[number].size_bytes for number in numbers]
    return f"{layers_text(len(sizes))}, {size_text(sum(sizes))}"


def _why_not(state: ImageState, layer: int, missing: list[int]) -> str:
    """Why layers cannot be shown together."""
    together = "L0" if not layer else f"L0 to L{layer} together"
    failed = next((number for number in missing if state.layers[number].reading is Reading.FAILED), None)
    if failed is not None:
        return f"{together}: L{failed} cannot be read. {state.layers[failed].sentence()} R tries again."
    unasked = [number for number in missing if state.layers[number].reading in TO_FETCH]
    if unasked:
        return f"{together}: {amount(state, unasked)}, not fetched yet. Enter fetches that."
    return f"{together}: {amount(state, missing)}, on the way."
