"""The tour that everybody takes: ten steps through the built-in image, in several terminals at a time."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.e2e.terminal import QUIET_S, Terminal

Seen = Callable[[Terminal], object]


def shows(text: str) -> Seen:
    """A text is on the screen."""
    return lambda terminal: text in terminal.text


def at(text: str) -> Seen:
    """The line under the cursor holds a text."""
    return lambda terminal: text in terminal.cursor_line()


def without(text: str) -> Seen:
    """A text has gone."""
    return lambda terminal: text not in terminal.text


def top(text: str) -> Seen:
    """One of the first two lines holds a text."""
    return lambda terminal: text in "\n".join(terminal.lines()[:2])


TOUR: Mapping[str, Sequence[tuple[str, Seen]]] = {
    "open": [("g", at("api:1.4"))],
    "walk layers": [
        ("j", at("L0")),
        ("]", shows("FILES  L1 ")),
        ("]", shows("FILES  L2 ")),
        ("[", shows("FILES  L1 ")),
        ("[", shows("FILES  L0 ")),
    ],
    "find a winner": [
        ("f", shows("Every layer is looked through")),
        ("c", top("hits: 100")),
        ("o", top("hits: 41")),
        ("n", top("hits: 13")),
        ("f", top("hits: 1")),
        ("enter", shows("Hit 1 of 1.")),
        ("w", shows("L7 wins.")),
    ],
    "filter": [
        ("/", shows("6 of 6")),
        ("m", shows("1 of 6")),
        ("escape", without("of 6")),
    ],
    "sort": [("s", shows("Sort by")), ("s", shows("by size"))],
    "compare": [
        ("1", at("L7")),
        ("g", at("api:1.4")),
        ("c", top("diff 1/39")),
        ("n", top("diff 2/39")),
        ("escape", shows("FILES  L7 ")),
    ],
    "open a file": [
        ("2", at("config.yaml")),
        ("enter", shows("line 1 of 14")),
        ("j", shows("line 2 of 14")),
        ("escape", shows("FILES  L7 ")),
    ],
    "copy a path": [("y", shows("Copy  p path")), ("p", shows("Copied: etc/app/config.yaml"))],
    "help": [("?", shows("KEYS in the files pane")), ("q", without("KEYS in"))],
}
"""Each step's keys, and what each must bring; the tenth is to quit."""


@dataclass(slots=True)
class Walk:
    """One terminal on the tour."""

    name: str
    """What it is, for a message."""
    terminal: Terminal
    sent_bytes: dict[str, int] = field(default_factory=dict)
    """What each key of the tour brought, by its step and number."""

    @property
    def total_bytes(self) -> int:
        """What all keys brought."""
        return sum(self.sent_bytes.values())


def settle(walks: Sequence[Walk], quiet_s: float) -> None:
    """Take in what comes until all are quiet."""
    busy = True
    while busy:
        time.sleep(quiet_s)
        received = [walk.terminal.receive(0) for walk in walks]
        busy = any(received)


def take_the_tour(walks: Sequence[Walk], quiet_s: float = QUIET_S) -> None:
    """Press each key in all terminals, wait until each has what it must bring and all are quiet; then quit in all."""
    for walk in walks:
        walk.terminal.wait_until_read()
    settle(walks, 5 * QUIET_S)
    for step, keys in TOUR.items():
        for number, (key, seen) in enumerate(keys, 1):
            before = [len(walk.terminal.raw) for walk in walks]
            for walk in walks:
                walk.terminal.send_key(key)
            for walk in walks:
                what = f"what {key!r}, key {number} of {step!r} in {walk.name}, must bring"
                walk.terminal.wait_until(lambda ask=seen, of=walk.terminal: ask(of), what=what)
            settle(walks, quiet_s)
            for walk, so_far in zip(walks, before, strict=True):
                walk.sent_bytes[f"{step} {number}, {key}"] = len(walk.terminal.raw) - so_far
    for walk in walks:
        walk.terminal.send(b"q")
