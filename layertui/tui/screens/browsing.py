"""Going through images and layers, and along one path through its layers."""

from textual.timer import Timer

from layertui.errors import LayertuiError
from layertui.present.safetext import safe
from layertui.tui.screens.telling import TellingScreen
from layertui.tui.state import ImageState

REST_S = 0.15
"""Seconds that the cursor rests before contents in view are compared, and manifests in view are read."""


class BrowsingScreen(TellingScreen):
    """Which layer of which image is looked at."""

    _rest: Timer | None = None
    _first: int | None = None
    """The layer to begin with once the image is open; None for the usual one."""

    def open_image(self, place: int) -> None:
        """Look at another image: its layers begin to be read."""
        if self.here is not None and self.here[0] == place:
            self.describe(self.states[place])  # in case that was cancelled
            return
        self.look_at(place, None)

    def look_at(self, place: int, layer: int | None) -> None:
        """Show a layer; one of another image opens that. None is the layer that tells most: see `usual_layer`."""
        before = self.state
        same = self.here is not None and self.here[0] == place
        if not same:
            self.forget_hits()  # they are another image's
            if before is not None:
                self.loader.leave(before)
        state = self.states[place]
        self._first = layer
        self.here = (place, usual_layer(state) if layer is None else layer)
        self.loader.want(self.here[1])
        if not same:
            if state.opened:
                self.loader.again(state)
            elif state.image is not None:
                self.begin(place)
            else:
                self.describe(state)
        elif state.opened:
            self.loader.pump(state)
        self.show_files()
        self.tell()

    def begin(self, place: int) -> None:
        """Begin to read an image whose manifest and config are known."""
        state = self.states[place]
        image = state.image
        if image is None:
            return
        first = usual_layer(state) if self._first is None else self._first
        opened = self.holdings.roots[state.root].meant
        asked = False
        if opened is not None and opened.layers is not None and opened.chosen is state.entry:
            try:
                meant = opened.layers.resolve(image)
                first, asked = meant[-1], True
                if opened.layers.merged and not self.files.view.merged:
                    self.files.do_merged()
            except LayertuiError as error:
                self.notice = safe(error.message)
        first = max(0, min(first, len(image.layers) - 1))
        self.here = (place, first)
        self.loader.want(first)
        self.loader.open(state, self.states.values())
        if asked:
            self.fetch_shown()
        self.images.rebuild()
        row = self.images.row
        # Of a host, the person may have gone on to another line while the engine was asked.
        if image.layers and (not self.holdings.host or (row is not None and row.place == place)):
            self.images.select(place, first)
            if self.holdings.roots[state.root].opens is not None:
                self.images.bring_up()
        self.show_files()

    def fetch_shown(self) -> None:
        """Fetch what is looked at, where it has to be fetched."""
        raise NotImplementedError

    def describe(self, state: ImageState) -> None:
        """Read manifest and config of an entry, if that is still to be done."""
        self.loader.describe([state])

    def show_files(self) -> None:
        """Show the layer that is looked at."""
        state = self.state
        if state is None or self.here is None:
            said = safe(self.nothing_open())
            if self.files.squash is not None or self.files.message != said:
                self.files.show(None, 0, 0, said)
            return
        layer = self.here[1]
        problem = state.problem
        if problem is not None:
            self.files.show(None, layer, 0, safe(f"{problem.message} {problem.hint}"))
        elif not state.openable:
            self.files.show(None, layer, 0, f"This is an {state.entry.kind}, no image.")
        elif state.image is None:
            opening = "Opening the image..." if state.describing else "Opening was cancelled. Enter opens it."
            self.files.show(None, layer, 0, opening)
        elif not state.image.layers:
            self.files.show(None, layer, 0, "This image has no layers. i shows its config.")
        else:
            message = safe(state.layers[layer].sentence()) if layer < len(state.layers) else ""
            self.files.show(state.squash_of(layer), layer, len(state.image.layers), message)

    def rest(self) -> None:
        """Begin to wait until the cursor rests."""
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(REST_S, self._rested)

    def _rested(self) -> None:
        state = self.state
        if state is not None and self.files.squash is state.squash:
            self.loader.settle(state, self.files.positions_in_view())
        self.loader.describe(self.images.wanting())

    def nothing_open(self) -> str:
        """What the file pane says while no image is looked at."""
        return "There is no image in this file."

    def to_layer(self, layer: int) -> bool:
        """Look at another layer of the same image, tree included; False where there is none such."""
        state = self.state
        if state is None or state.image is None or self.here is None or not 0 <= layer < len(state.image.layers):
            return False
        self.images.select(self.here[0], layer)
        self.look_at(self.here[0], layer)
        return True

    def do_previous_layer(self) -> None:
        """The layer below."""
        if self.here is not None and not self.to_layer(self.here[1] - 1):
            self.say("This is the base: no layer is below it.")

    def do_next_layer(self) -> None:
        """The layer above."""
        if self.here is not None and not self.to_layer(self.here[1] + 1):
            self.say("This is the top layer.")

    # One path in several layers

    def _stand(self, layer: int, path: bytes) -> bool:
        """Go to a layer, and there to a path; what hides the path is taken back."""
        self.files.wanted = path
        if not self.to_layer(layer):
            return False
        if self.files.stand_at(path):
            return True
        self.files.show_everything()
        if self.files.stand_at(path):
            return True
        if self.files.view.merged:
            self.files.do_merged()
        return self.files.stand_at(path)

    def do_winner(self) -> None:
        """Jump to the layer whose version a container sees."""
        squash, path = self.files.squash, self.files.path
        if squash is None or path is None:
            return
        position = squash.winner(path)
        if position is None:
            self.say("No container sees this path: its last version was removed.")
        elif self._stand(squash.layer(position), path):
            note = "" if squash.is_complete else ", of the layers that are read"
            self.say(f"L{squash.layer(position)} wins{note}.")

    def do_cycle(self) -> None:
        """Jump to the next layer that holds the path."""
        squash, path = self.files.squash, self.files.path
        if squash is None or path is None or self.here is None:
            return
        layers = sorted({squash.layer(position) for position in squash.history(path)})
        if not layers or layers == [self.here[1]]:
            self.say("No other layer holds this path.")
            return
        layer = next((number for number in layers if number > self.here[1]), layers[0])
        if self._stand(layer, path):
            self.say(f"L{layer}, one of {len(layers)} layers that hold this path.")


def usual_layer(state: ImageState) -> int:
    """The layer that an image is begun at, its base; of a container, the writable one."""
    if state.entry.container is None or state.image is None:
        return 0
    return max(0, len(state.image.layers) - 1)
