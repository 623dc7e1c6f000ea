"""What is remembered between two starts: references that were opened, and how wide the left pane is.

None of it is needed: what cannot be read is dropped, and what cannot be written is not.
"""

import fcntl
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

import msgspec

from layertui.errors import LayertuiError
from layertui.image.document import decode

WAIT_S = 0.5
"""How long to wait for another process that writes; then it is written without waiting any more."""

STATE_BYTES = 1 << 20
"""The longest state that is read: a full history of long paths takes less."""

REFERENCE_CHARACTERS = 4096
"""The longest reference that is remembered: as long as a path can be."""

_SUFFIX = ".new"


class State(msgspec.Struct, frozen=True, omit_defaults=True):
    """All of it, as state.json has it; what a later version adds there is dropped."""

    history: list[str] = []
    """References as they were typed, paths made absolute; the last one first."""
    wider_cells: int = 0
    """Cells that the left pane was made wider by; less than 0 for narrower."""


def read_state(path: str) -> State:
    """What is remembered; nothing where the file is damaged or cannot be read."""
    try:
        with open(path, "rb") as file:
            return decode(file.read(STATE_BYTES), State, path)
    except (OSError, LayertuiError):
        return State()


def remember(path: str, references: Iterable[str], wider_cells: int | None, most: int) -> None:
    """Add references, the last one opened last, to at most `most`, and take over the pane's width unless it is None.

    What another process wrote in the meantime stays: it is read again under a lock, and the file is replaced in one
    step. Raises nothing.
    """
    opened = [reference for reference in references if _is_sound(reference)]
    with suppress(OSError), _locked(os.path.dirname(path)):
        before = read_state(path)
        history = list(dict.fromkeys([*reversed(opened), *before.history]))[:most]
        state = State(history, before.wider_cells if wider_cells is None else wider_cells)
        if state != before:
            _replace(path, msgspec.json.encode(state))


def _is_sound(reference: str) -> bool:
    """Whether a reference is worth remembering: a name that is no text cannot be kept in JSON."""
    return 0 < len(reference) <= REFERENCE_CHARACTERS and reference.isprintable()


@contextmanager
def _locked(directory: str) -> Iterator[None]:
    """Hold the directory, which is made if need be; after WAIT_S go on without: the file is replaced whole anyway."""
    os.makedirs(directory, mode=0o700, exist_ok=True)
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        until_s = time.monotonic() + WAIT_S
        while True:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:  # held, or a file system without locks
                if time.monotonic() >= until_s:
                    break
                time.sleep(0.02)
        yield
    finally:
        os.close(fd)


def _replace(path: str, data: bytes) -> None:
    """Write a file that only its owner can read, and give it its name once it is whole."""
    new = f"{path}.{os.getpid()}{_SUFFIX}"
    fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(data)
        os.replace(new, path)
    except OSError:
        with suppress(OSError):
            os.unlink(new)
        raise
