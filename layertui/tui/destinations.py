"""Where an extraction goes: what is proposed for it, and what the person typed made a path."""

import os
import re
from itertools import count, islice
from pathlib import Path

from layertui.errors import UsageError
from layertui.present.safetext import is_safe, safe
from layertui.tui.subject import Subject

_UNUSUAL = re.compile(r"[^A-Za-z0-9._+@-]+")
"""What is replaced in a reference that becomes a file's name: above all slashes and colons."""

_ENDING = re.compile(r"(?<=.)(?:\.tar)?\.[A-Za-z]\w{0,7}\Z", re.ASCII)
"""What a number is put before that makes a name another one: `.bin`, `.tar.gz`, and not the `.4` of a version."""

LOOKED_AT = 10_000
"""Names of a directory that are looked at for a completion."""


def default_name(subject: Subject, tar: bool) -> str:
    """How what is extracted is called: by its path, else by the image and the layer; a safe text without a slash."""
    version = subject.version
    if version is not None and version.path != b"." and not tar:
        return safe(version.path.rpartition(b"/")[2], exact=True)
    name = _UNUSUAL.sub("-", safe(subject.reference)).strip("-.") or "image"
    layer = subject.holder if tar else subject.layer
    if layer is not None:
        name += f"-L0-L{layer}" if subject.merged and not tar else f"-L{layer}"
    return f"{name}.tar" if tar else name


def proposed(name: str) -> str:
    """The destination that is proposed: the name in the present directory, or one like it that is free there."""
    found = _ENDING.search(name)
    stem, ending = (name[: found.start()], found[0]) if found else (name, "")
    for number in count(2):
        if not os.path.lexists(name):
            return f"./{name}"
        name = f"{stem}-{number}{ending}"
    raise AssertionError("count has no end")


def completed(typed: str) -> str:
    """A path with its last name completed, as far as the directories there leave no choice; a slash behind a whole one.

    Looks at the disk, which may take long.
    """
    head, slash, start = typed.rpartition("/")
    try:
        with os.scandir(os.path.expanduser(head + slash) or ".") as found:
            names = [entry.name for entry in islice(found, LOOKED_AT) if _completes(entry, start)]
    except OSError:
        return typed
    if not names:
        return typed
    first, last = min(names), max(names)
    alike = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))
    return head + slash + first[:alike] + ("/" if len(names) == 1 else "")


def _completes(entry: "os.DirEntry[str]", start: str) -> bool:
    name = entry.name
    return name.startswith(start) and bool(start or name[0] != ".") and is_safe(name) and entry.is_dir()


def destination(typed: str, name: str) -> tuple[Path, str]:
    """What the person typed as a path, and what messages call it; what goes into a directory gets `name` there.

    `~` is the home directory; with a slash at its end it is a directory to put the thing into, without one the thing's
    own new name. Raises UsageError where it is no path.
    """
    if not typed.strip():
        raise UsageError("No destination was given. Nothing was written.")
    if not is_safe(typed):
        raise UsageError("There are control characters in the destination. Nothing was written.")
    if typed.endswith("/") or typed == "~" or typed.rpartition("/")[2] in (".", ".."):
        typed = os.path.join(typed, name)
    path = os.path.expanduser(typed)
    if path.startswith("~"):
        raise UsageError(f"There is no user {typed.partition('/')[0][1:]}, so no such home directory.")
    return Path(path), typed
