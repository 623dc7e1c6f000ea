"""Where images may be on this host: what was looked for, what was there, and how to open it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn

from layertui.errors import LayertuiError
from layertui.sources.base import Source

ENGINE_TIMEOUT_S = 5.0
"""How long an engine may take to answer: one that hangs must not hold anything up."""

Environ = Mapping[str, str]
"""Environment variables: handed in, so that a look can be tested."""


@dataclass(frozen=True, slots=True)
class Place:
    """One engine or store that was looked for. Looking opens and asks nothing, and takes no time."""

    scheme: str
    """What stands before the colon in a reference to an image there, such as `docker-daemon`."""
    name: str
    """What it is called on the screen, such as `Docker`, `Docker (context colima)`, `Podman (root)`."""
    where: str
    """What was looked at: a socket, a directory, an address. Not made safe for a terminal."""
    found: bool
    """Whether there is something to open. A place that is not found is only said to have been tried."""
    said: str
    """What the look showed, in few words: `absent`, `present`, `permission denied (root:docker 0660)`, `unset`."""
    hint: str
    """What to do when it is not found or cannot be opened; may be empty."""
    open: Callable[[], Source]
    """Connects or reads the books, then lists; raises LayertuiError with what was tried and what to do next.

    Takes ENGINE_TIMEOUT_S at most before it gives up on an engine that does not answer.
    """


def refusing(problem: LayertuiError) -> Callable[[], Source]:
    """The `open` of a place that is known not to open: raises `problem`, afresh each time."""

    def refuse() -> NoReturn:
        raise type(problem)(problem.message, problem.hint)

    return refuse
