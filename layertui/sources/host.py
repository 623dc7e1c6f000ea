"""Every place of this host where images may be, and asking all of them at once."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass

from layertui.errors import LayertuiError, UnreachableError
from layertui.sources import containerd, podman
from layertui.sources.base import ImageEntry, Source
from layertui.sources.docker import finding as docker
from layertui.sources.held import PLACES
from layertui.sources.place import ENGINE_TIMEOUT_S, Environ, Place

GIVE_UP_S = ENGINE_TIMEOUT_S + 1
"""When a place is given up that did not even give up itself."""

REPORT_IT = "Please report it with the command that you ran."
"""What to do about a bug."""

BEAT_S = 0.25
"""Between two calls that say who is still awaited."""


@dataclass(frozen=True, slots=True)
class Finder:
    """What looks for one family of engines and stores."""

    name: str
    """What the family is called when the look itself fails."""
    scheme: str
    """What stands before the colon in a reference to an image of it."""
    find: Callable[[Environ], tuple[Place, ...]]
    """Looks at paths and variables only."""


FINDERS = (
    Finder("Docker", "docker-daemon", docker.find),
    Finder("Podman", "containers-storage", podman.find),
    Finder("containerd", "containerd", containerd.find),
)
"""In the order in which their images are listed, and in which a bare name is looked for."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of opening one place."""

    place: Place
    """Which."""
    source: Source | None
    """What it holds; None where `problem` says why that is not known."""
    entries: tuple[ImageEntry, ...]
    """The source's list."""
    problem: LayertuiError | None
    """Why it could not be opened or listed."""


def look(environ: Environ, finders: Sequence[Finder] = FINDERS) -> tuple[Place, ...]:
    """All places of this host, those included that are not there; opens and asks nothing.

    A finder that fails becomes a place that says so: one must never hide the others.
    """
    places: list[Place] = []
    for finder in finders:
        try:
            places += finder.find(environ)
        except Exception as failure:  # whatever it is, the other finders still have something to say
            places.append(_failed_look(finder, failure))
    return tuple(places)


def typed_scheme(place: Place) -> str:
    """What a person types before the colon to mean an image of a place: the sockets of a family go by its own."""
    return next((scheme for scheme, asked in PLACES.items() if place.scheme in asked), place.scheme)


def _failed_look(finder: Finder, failure: Exception) -> Place:
    said = f"not looked for: {_reason(failure)}"

    def refuse() -> Source:
        raise UnreachableError(f"{finder.name} was {said}.")

    return Place(finder.scheme, finder.name, finder.name, False, said, "", refuse)


def open_all(
    places: Sequence[Place],
    give_up_s: float = GIVE_UP_S,
    waiting: Callable[[str], None] | None = None,
) -> Iterator[Answer]:
    """Open and list the places that were found, all at once, and give their answers in the order of `places`.

    This is for the commands: without a screen, threads live here (with one, in its loading). Each place has
    `give_up_s` from now; one that hangs longer is left behind in its thread, which does not keep the process alive.
    `waiting` is called a few times a second with the name of the place that is awaited.
    """
    end_s = time.monotonic() + give_up_s
    asked = [(place, _ask(place)) for place in places if place.found]
    for place, future in asked:
        while not future.done() and time.monotonic() < end_s:
            if waiting is not None:
                waiting(place.name)
            wait((future,), timeout=min(BEAT_S, max(end_s - time.monotonic(), 0)))
        yield _answer(place, future)


def _ask(place: Place) -> "Future[tuple[Source, tuple[ImageEntry, ...]]]":
    future: Future[tuple[Source, tuple[ImageEntry, ...]]] = Future()

    def work() -> None:
        try:
            source = place.open()
            future.set_result((source, source.entries()))
        except Exception as failure:  # it is handed to whoever waits; a thread has nobody else to tell
            future.set_exception(failure)

    # Not an executor: Python waits for an executor's threads at its end, and one of these may hang for good.
    threading.Thread(target=work, name=f"open {place.name}", daemon=True).start()
    return future


def _answer(place: Place, future: "Future[tuple[Source, tuple[ImageEntry, ...]]]") -> Answer:
    if not future.done():
        silent = UnreachableError(
            f"{place.name} ({place.where}) does not answer.",
            place.hint or "It hangs: restart it, or look into its log.",
        )
        return Answer(place, None, (), silent)
    failure = future.exception()
    if failure is not None:
        return Answer(place, None, (), _said(failure, place))
    return Answer(place, *future.result(), None)


def _said(failure: BaseException, place: Place) -> LayertuiError:
    """Any failure of a source as a sentence."""
    if isinstance(failure, LayertuiError):
        return failure
    message = f"{place.name} ({place.where}) cannot be read: {_reason(failure)}."
    return UnreachableError(message, place.hint) if isinstance(failure, OSError) else LayertuiError(message, REPORT_IT)


def _reason(failure: BaseException) -> str:
    """Why something failed that should have said so itself; nothing that came out of a file or a socket is quoted."""
    if isinstance(failure, LayertuiError):
        return failure.message
    if isinstance(failure, OSError) and failure.strerror:
        return failure.strerror.lower()
    return f"{type(failure).__name__}, a bug in layertui"
