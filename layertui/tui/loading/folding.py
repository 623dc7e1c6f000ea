"""Folding the layers that are read, again and again while more come, and never too often."""

import time
from collections.abc import Callable

from textual.worker import Worker

from layertui.stack.fold import fold
from layertui.stack.space import reclaimable_bytes
from layertui.tui.host import Host, guarded
from layertui.tui.messages import Folded
from layertui.tui.state import ImageState, LayerState, Reading

FOLD_AGAIN_S = 0.3
"""Seconds between folds of a growing prefix, at least."""

FOLD_SHARE = 4
"""A fold is not begun again before so many times its duration: it takes the interpreter from keys and readers."""


class Folder:
    """Makes folds, one at a time."""

    def __init__(self, host: Host, wanted: Callable[[], int]) -> None:
        """Work for `host`; `wanted` gives the layer under the cursor."""
        self._host = host
        self._wanted = wanted
        self._folding: Worker[None] | None = None
        self._began_s = 0.0
        self._took_s = 0.0
        self._timer = False

    @property
    def busy(self) -> bool:
        """Whether a fold is being made."""
        return self._folding is not None

    def fold(self, state: ImageState) -> None:
        """Start one fold if one is due: the wanted layer alone first, then the prefix, not too often."""
        if self._folding is not None or state.image is None:
            return
        count = len(state.image.layers)
        prefix = state.prefix
        wanted = self._wanted()
        if prefix <= wanted < count:
            layer = state.layers[wanted]
            if layer.tree is not None and layer.alone is None:
                self._start(state, [layer], count, wanted)
                return
        if prefix == state.folded and (state.squash is not None or count):
            return
        if prefix == count and state.squash is not None and state.folded == count:
            return
        wait_s = self._began_s + max(FOLD_AGAIN_S, FOLD_SHARE * self._took_s) - time.monotonic()
        if prefix < count and state.squash is not None and wait_s > 0:
            if not self._timer:
                self._timer = True
                self._host.call_in(wait_s, lambda: self._due(state))
            return
        self._start(state, state.layers[:prefix], count, None)

    def _due(self, state: ImageState) -> None:
        self._timer = False
        self.fold(state)

    def _start(self, state: ImageState, layers: list[LayerState], count: int, alone: int | None) -> None:
        session, post = state.session, self._host.post_message
        trees = [layer.tree for layer in layers if layer.tree is not None]
        last = alone is None and not state.pending
        self._began_s = time.monotonic()

        def work() -> None:
            try:
                squash = fold(trees, layer_count=count, first=alone or 0)
                post(Folded(session, len(trees), alone, squash, reclaimable_bytes(squash) if last else None))
            # As in reading: the screen says what went wrong and stays.
            except Exception as error:
                post(Folded(session, len(trees), alone, error=guarded(error)))

        self._folding = self._host.start_worker(work, "fold")

    def ended(self, state: ImageState | None, message: Folded) -> None:
        """Take in a fold, and start the next that is due for the image that is looked at."""
        self._folding = None
        self._took_s = time.monotonic() - self._began_s
        if state is None:
            return
        if state.session == message.session:
            if message.squash is None:
                failed = state.layers[message.alone] if message.alone is not None else None
                for layer in [failed] if failed is not None else state.layers[: message.count]:
                    layer.error, layer.reading = message.error, Reading.FAILED
                return
            if message.alone is not None:
                state.layers[message.alone].alone = message.squash
            else:
                state.squash, state.folded = message.squash, message.count
                state.reclaimable_bytes = message.reclaimable_bytes
                state.compared.clear()
                for layer in state.layers[: message.count]:
                    layer.alone = None
        self.fold(state)
