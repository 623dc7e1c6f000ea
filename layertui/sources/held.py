"""From a name to an image or a container that an engine or a store of this host holds."""

import os
import re
from collections.abc import Callable, Sequence

from layertui.errors import LayertuiError, NotFoundError, UnreachableError, none_reached
from layertui.image.platform import Platform
from layertui.sources.base import ImageEntry, Listing
from layertui.sources.opened import Opened, pick
from layertui.sources.place import Environ, Place
from layertui.sources.reference import Reference

Look = Callable[[Environ], Sequence[Place]]
"""What finds the engines and stores of a host."""

PLACES = {
    "docker-daemon": ("docker-daemon",),
    "docker-container": ("docker-daemon",),
    "containers-storage": ("containers-storage", "podman"),
    "podman-container": ("containers-storage", "podman"),
    "containerd": ("containerd",),
}
"""Schemes of references, and the schemes of the places that are asked for them."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:[:/@][A-Za-z0-9._-]+)*\Z", re.ASCII)
"""What engines take for the name of an image or a container, or for an ID; a port is within."""

_FILES = (".tar", ".tgz", ".gz", ".zst", ".xz", ".bz2", ".oci")
"""Endings of files: an engine is not asked for these, so that a misspelt one is just said not to be there."""


def look_here(environ: Environ) -> Sequence[Place]:
    """All engines and stores of this host; imported when it is asked, since most references are files."""
    from layertui.sources.host import look

    return look(environ)


def may_be_held(name: str) -> bool:
    """Whether a word could be the name of an image or a container, and does not look like a file's."""
    return _NAME.match(name) is not None and not name.lower().endswith(_FILES)


def open_held(reference: Reference, platform: Platform | None = None, *, look: Look | None = None) -> Opened:
    """Ask the engines and stores of this host, in their order, for what a reference names; the first that has it wins.

    With a scheme only its own are asked, and without a name the first that answers is opened as a whole. Raises
    NotFoundError when all answered and none has it, UnreachableError (or what the only one that was asked raised)
    when one that might have it did not answer.
    """
    wanted = PLACES.get(reference.scheme or "")
    places = [place for place in (look or look_here)(os.environ) if wanted is None or place.scheme in wanted]
    failures: list[LayertuiError] = []
    missing: list[NotFoundError] = []
    for place in places:
        if not place.found:
            continue
        try:
            source = place.open()
            entries = _of_kind(source.entries(), reference.scheme)
        except LayertuiError as failure:
            failures.append(failure)
            continue
        only = Listing(source.scheme, source.label, entries, source.warnings, problems=source.problems)
        try:
            return pick(only, reference.name or None, platform, reference.layers)
        except NotFoundError as failure:
            missing.append(failure)
        except LayertuiError as failure:
            failures.append(failure)
    raise _nowhere(reference, places, failures, missing)


def _of_kind(entries: Sequence[ImageEntry], scheme: str | None) -> tuple[ImageEntry, ...]:
    """The containers alone where the scheme asks for one."""
    if scheme is not None and scheme.endswith("-container"):
        return tuple(entry for entry in entries if entry.kind == "container")
    return tuple(entries)


def _nowhere(
    reference: Reference, places: Sequence[Place], failures: list[LayertuiError], missing: list[NotFoundError]
) -> LayertuiError:
    if failures:
        # It may well be where nobody answered: that is what has to be mended first.
        return failures[0] if len(failures) == 1 else none_reached(failures, failures[0].hint)
    if len(missing) == 1:
        return missing[0]
    if missing:
        asked = ", ".join(place.name for place in places if place.found)
        return NotFoundError(
            f"None of {asked} has anything called {reference.name}.", "List what there is: layertui ls"
        )
    hint = next((place.hint for place in places if place.hint), "")
    if reference.scheme is None:
        return NotFoundError(tried(places), "Check the spelling, and the directory you are in.")
    return UnreachableError(tried(places), hint)


def tried(places: Sequence[Place]) -> str:
    """The sentence for a host where there is nothing to ask: what was looked for, and what was there."""
    looked = ", ".join(f"{place.where} ({place.said})" for place in places)
    return f"No engine and no store was found. Tried {looked}." if looked else "No engine and no store was found."
