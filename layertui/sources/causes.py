"""What led to an error of a network library, and somebody else's words in it, for the sentences of sources."""

from collections.abc import Iterator

SHOWN = 300
"""How many characters of a server's own message are quoted."""


def short(text: str) -> str:
    """A text of somebody else's in one line, cut where it is long, without the dot at its end."""
    text = " ".join(text.split()).rstrip(".")
    return text if len(text) <= SHOWN else text[:SHOWN] + "..."


def causes(problem: BaseException | None) -> Iterator[BaseException]:
    """An exception and all that led to it; the libraries keep that in several ways."""
    seen: set[int] = set()
    waiting: list[object] = [problem]
    while waiting:
        one = waiting.pop(0)
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]


def first(
    chain: list[BaseException], *kinds: type[BaseException], without: tuple[type[BaseException], ...] = ()
) -> BaseException | None:
    """The first in a chain of causes that is of one of some kinds, and of none of others."""
    return next((one for one in chain if isinstance(one, kinds) and not isinstance(one, without)), None)
