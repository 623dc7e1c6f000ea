"""What a start of the screen is about: a host, what was opened, or what is to be opened behind the first frame."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from layertui.errors import LayertuiError
from layertui.layer.read import Cancel
from layertui.sources.opened import Opened
from layertui.sources.place import Place


@dataclass(frozen=True, slots=True)
class HostView:
    """A host, to be shown with everything that it holds."""

    places: tuple[Place, ...]
    """Every place that was looked for, those included that are not there."""


@dataclass(frozen=True, slots=True)
class PairView:
    """Two images to be compared, each chosen by its reference."""

    a: Opened
    b: Opened
    """Its source is A's own where that holds both."""


Opening = Callable[[Cancel], Opened]
"""Opens one reference: it is called in a thread, and asks now and then whether to stop. Raises LayertuiError, and
Cancelled."""


class Opener(Protocol):
    """Opens any reference, and prints nothing; it is called in a thread."""

    def __call__(self, text: str, cancelled: Cancel = ..., /) -> Opened:
        """Open what a person typed, asking `cancelled` now and then; raises LayertuiError, and Cancelled."""


@dataclass(frozen=True, slots=True)
class AskedView:
    """One reference that is opened behind the first frame: a registry takes its time."""

    name: str
    """What it is called. Not made safe for a terminal."""
    open: Opening
    registry: str = ""
    """The registry's host, where one is asked."""
    typed: str = ""
    """What the person typed, which is remembered once it is open."""
    by_tag: bool = False
    """Whether it means a repository with all its tags."""
    problem: LayertuiError | None = None
    """Why it could not be opened, where that was tried before there was a screen."""


@dataclass(frozen=True, slots=True)
class AskedPair:
    """Two references that are compared once both are open."""

    a: AskedView
    b: AskedView


Shown = Opened | HostView | PairView | AskedView | AskedPair
"""What a start of the screen can be about."""
