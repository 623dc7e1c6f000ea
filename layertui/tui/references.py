"""What a reference that is being typed can be completed to: what was opened before, files, schemes."""

import os
from collections.abc import Iterable, Iterator
from itertools import islice

from layertui.present.safetext import is_safe
from layertui.sources.reference import HELD, READABLE, REMOTE

LOOKED_AT = 10_000
"""Names of a directory that are looked at."""

FOUND = 200
"""Completions at most: nobody goes through more with a key."""


def completions(typed: str, history: Iterable[str]) -> list[str]:
    """What begins with what was typed: references that were opened, the last one first, then files, then schemes.

    A directory has a slash at its end. Looks at the disk, which may take long.
    """
    found = [reference for reference in history if reference.startswith(typed)]
    found += sorted(_paths(typed))
    if typed and ":" not in typed:
        schemes = (*(f"{scheme}://" for scheme in REMOTE), *(f"{scheme}:" for scheme in (*READABLE, *HELD)))
        found += [scheme for scheme in schemes if scheme.startswith(typed)]
    return [text for text in dict.fromkeys(found) if text != typed and is_safe(text)][:FOUND]


def _paths(typed: str) -> Iterator[str]:
    scheme, colon, path = typed.partition(":")
    before = f"{scheme}:" if colon and scheme in READABLE else ""
    head, slash, start = (path if before else typed).rpartition("/")
    try:
        with os.scandir(os.path.expanduser(head + slash) or ".") as found:
            for entry in islice(found, LOOKED_AT):
                if entry.name.startswith(start) and (start or entry.name[0] != "."):
                    yield f"{before}{head}{slash}{entry.name}{'/' if entry.is_dir() else ''}"
    except OSError:
        return  # there is no such directory, or it may not be read
