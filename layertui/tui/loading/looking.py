"""Looking closer at what is folded: comparing contents of rows in view."""

from collections.abc import Sequence

from textual.worker import Worker, get_current_worker

from layertui.errors import Cancelled
from layertui.stack.content import Contents
from layertui.stack.state import State
from layertui.tui.host import Host
from layertui.tui.messages import Settled
from layertui.tui.state import ImageState


class Looker:
    """Compares, one view at a time."""

    def __init__(self, host: Host) -> None:
        """Work for `host`."""
        self._host = host
        self._settling: Worker[None] | None = None

    def cancel(self) -> None:
        """Stop."""
        if self._settling is not None:
            self._settling.cancel()

    def settle(self, state: ImageState, positions: Sequence[int]) -> None:
        """Compare contents at positions (rows in view) in the background, unless that is going on already.

        It is not begun anew for each view: a compressed layer is inflated from its start, and would never get to its
        end.
        """
        squash, image = state.squash, state.image
        if squash is None or image is None:
            return
        due = [at for at in positions if squash.states[at] == State.REWRITTEN and at not in state.compared]
        if not due or (self._settling is not None and not self._settling.is_finished):
            return
        contents = state.contents = state.contents or Contents([layer.content for layer in image.layers])
        session, post, compared = state.session, self._host.post_message, state.compared

        def work() -> None:
            worker = get_current_worker()
            try:
                contents.settle(squash, due, lambda: worker.is_cancelled)
            except Cancelled:
                return
            # A comparison that fails leaves the mark `?`, which says that it is not known.
            except Exception:
                pass
            compared.update(due)
            post(Settled(session, squash))

        self._settling = self._host.start_worker(work, "settle")
