"""Going through images and layers, and along one path through its layers."""

from layertui.errors import LayertuiError
from layertui.present.safetext import safe
from layertui.tui.screens.telling import TellingScreen


class BrowsingScreen(TellingScreen):
    """Which layer of which image is looked at."""

    def open_image(self, place: int) -> None:
        """Look at another image: its layers begin to be read."""
        if self.here is not None and self.here[0] == place:
            return
        self.look_at(place, 0)

    def look_at(self, place: int, layer: int) -> None:
        """Show a layer; one of another image opens that."""
        before = self.state
        same = self.here is not None and self.here[0] == place
        if not same:
            self.forget_hits()  # they are another image's
            if before is not None:
                self.loader.cancel(before)
        self.here = (place, layer)
        self.loader.wanted = layer
        state = self.states[place]
        if not same:
            if state.opened:
                self.loader.again(state)
            elif state.image is not None:
                self.begin(place)
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
        first = 0
        if self.opened.layers is not None and self.opened.chosen is state.entry:
            try:
                meant = self.opened.layers.resolve(image)
                first = meant[-1]
                if self.opened.layers.merged and not self.files.view.merged:
                    self.files.do_merged()
            except LayertuiError as error:
                self.notice = safe(error.message)
        self.here = (place, first)
        self.loader.wanted = first
        self.loader.open(state, self.states)
        self.images.rebuild()
        if image.layers:
            self.images.select(place, first)
        self.show_files()

    def show_files(self) -> None:
        """Show the layer that is looked at."""
        state = self.state
        if state is None or self.here is None:
            self.files.show(None, 0, 0, "There is no image in this file.")
            return
        layer = self.here[1]
        problem = state.error or state.entry.problem
        if problem is not None:
            self.files.show(None, layer, 0, safe(f"{problem.message} {problem.hint}"))
        elif state.entry.kind != "image":
            self.files.show(None, layer, 0, f"This is an {state.entry.kind}, no image.")
        elif state.image is None:
            self.files.show(None, layer, 0, "Opening the image...")
        elif not state.image.layers:
            self.files.show(None, layer, 0, "This image has no layers. i shows its config.")
        else:
            message = safe(state.layers[layer].sentence()) if layer < len(state.layers) else ""
            self.files.show(state.squash_of(layer), layer, len(state.image.layers), message)

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
