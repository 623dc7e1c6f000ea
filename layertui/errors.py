"""The one error tree: a message for the person, a hint with the next step, and the exit code."""

from collections.abc import Iterable, Sequence
from typing import ClassVar


class LayertuiError(Exception):
    """Something that is said to the person in one sentence, with what to do next.

    `message` says what happened and where; `hint` says what to do. Both may hold text that came out of a file:
    whoever prints them escapes them first (`layertui.present.safetext`). `lines` is the message again, a sentence each,
    where it stands for several failures: a terminal has room for a line each.
    """

    exit_code: ClassVar[int] = 70
    """What the process ends with when this error reaches the command line."""

    def __init__(self, message: str, hint: str = "", *, lines: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.lines = tuple(lines) or (message,)


class UsageError(LayertuiError):
    """The command line, a reference or an option cannot be understood."""

    exit_code = 2


class NotFoundError(LayertuiError):
    """The file, image, tag, layer or path that was named is not there."""

    exit_code = 3


class UnreachableError(LayertuiError):
    """A source is there but cannot be read: permission, a dead socket, no network."""

    exit_code = 4


class DamagedError(LayertuiError):
    """The input is damaged, breaks its specification, exceeds a bound, or is of a kind that is not supported."""

    exit_code = 5


def none_reached(failures: Iterable[LayertuiError], hint: str) -> UnreachableError:
    """What is said where several places were asked and each failed; what some of them say alike is said once."""
    messages = tuple(dict.fromkeys(failure.message for failure in failures))
    return UnreachableError(" ".join(messages), hint, lines=messages)


class AuthenticationError(LayertuiError):
    """A source wants credentials that it did not get."""

    exit_code = 6


class PartialResultError(LayertuiError):
    """Something was shown, but not all of it could be read."""

    exit_code = 7


def as_damage(problem: LayertuiError) -> LayertuiError:
    """The same problem with what an image or a store names, and no person: what is missing there is damage."""
    return DamagedError(problem.message, problem.hint) if isinstance(problem, NotFoundError) else problem


class Cancelled(Exception):
    """The person cancelled the work that was running; no result is shown for it."""
