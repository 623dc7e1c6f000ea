"""From an entry back to what a person types to open it again: the inverse of `resolve`."""

import os
from collections.abc import Iterator, Sequence
from shlex import quote

from layertui.errors import NotFoundError
from layertui.sources.base import ImageEntry, Source
from layertui.sources.reference import HELD, READABLE, REMOTE
from layertui.sources.resolve import STANDARD_INPUT
from layertui.sources.select import choose

_CONTAINERS = {"docker-daemon": "docker-container", "containers-storage": "podman-container"}
"""By the scheme of an engine's images, that of its containers."""

_FAMILIES = {"podman": "containers-storage"}
"""Sources that go by another scheme: Podman's service by that of Podman's stores."""

_DEMO = "demo"
"""The built-in images, which are no file."""

_SHORT = 12
"""Digits of a digest that tell an image apart; all of them are written where they do not."""


def typed(source: Source, entry: ImageEntry, layers: str = "", *, before: Sequence[Source] = ()) -> str:
    """What to type behind `layertui` in a shell for an entry, or for `layers` of it, which stand as behind the `#`.

    A path is given as it was typed. `before` are sources of this host that are asked first for a name. The text is
    not made safe for a terminal. Raises NotFoundError where nothing that could be typed leads there.
    """
    scheme = _FAMILIES.get(source.scheme, source.scheme)
    if scheme in REMOTE:
        text = f"{scheme}://{_remote(source, entry)}"
    elif scheme in HELD and not _is_path(source.label):
        text = _held(scheme, source, entry, before)
    elif scheme == _DEMO:
        text = f"{scheme}:{_name(source.entries(), entry, source.label)}"
    elif source.label == STANDARD_INPUT and not os.path.lexists(source.label):
        raise NotFoundError("What came through standard input cannot be opened again.")
    else:
        # A store is found by its path alone, where that is not absolute: its scheme is for names.
        start = f"{scheme}:" if scheme in READABLE or source.label.startswith("/") else ""
        text = f"{start}{source.label}:{_name(source.entries(), entry, source.label)}"
    return quote(f"{text}#{layers}" if layers else text)


def _is_path(label: str) -> bool:
    return label.startswith(("/", "./", "../")) or os.path.lexists(label)


def _held(scheme: str, source: Source, entry: ImageEntry, before: Sequence[Source]) -> str:
    if entry.kind == "container" and scheme in _CONTAINERS:
        scheme = _CONTAINERS[scheme]
    entries = tuple(other for other in source.entries() if _is_asked(other, scheme))
    for name in _names(entries, entry):
        if _leads_to(entries, name, entry) and not any(_has(other, scheme, name) for other in before):
            return f"{scheme}:{name}"
    raise NotFoundError(f"No reference means {entry.reference} in {source.label}: another place is asked first.")


def _is_asked(entry: ImageEntry, scheme: str) -> bool:
    return scheme not in _CONTAINERS.values() or entry.kind == "container"


def _has(source: Source, scheme: str, name: str) -> bool:
    if scheme not in (source.scheme, _FAMILIES.get(source.scheme), _CONTAINERS.get(source.scheme)):
        return False
    try:
        choose([entry for entry in source.entries() if _is_asked(entry, scheme)], name, None, source.label)
    except NotFoundError:
        return False
    return True


def _remote(source: Source, entry: ImageEntry) -> str:
    """The name in a registry; of what it would not choose itself, the repository and the digest."""
    from layertui.sources.registry.tags import TagSource  # nobody else waits for it

    if isinstance(source, TagSource):
        return f"{source.label}:{entry.tags[0].rpartition(':')[2]}"
    entries = source.entries()
    if choose(entries, None, None, source.label) is entry:
        return source.label
    if entry.digest is None:
        raise NotFoundError(f"{entry.reference} has no digest to ask for.")
    path = source.label.partition("@")[0]
    name, _, tag = path.rpartition(":")
    return f"{name if name and '/' not in tag else path}@{entry.digest}"


def _name(entries: Sequence[ImageEntry], entry: ImageEntry, label: str) -> str:
    """What stands behind a path: the first thing to say that leads to the entry and to no other."""
    for name in _names(entries, entry):
        if _leads_to(entries, name, entry):
            return name
    raise NotFoundError(f"No reference means {entry.reference} in {label}: another image has its name.")


def _names(entries: Sequence[ImageEntry], entry: ImageEntry) -> Iterator[str]:
    yield entry.reference
    digests = [entry.digest, entry.record.image_id if entry.record is not None else None]
    for digest in digests:
        if digest is not None:
            yield f"{digest.algorithm}:{digest.hex[:_SHORT]}"
            yield str(digest)
    if entry.container is not None:
        yield entry.container.container_id
    else:
        images = [other for other in entries if other.kind != "container"]
        yield f"@{next((at for at, other in enumerate(images) if other is entry), len(images))}"


def _leads_to(entries: Sequence[ImageEntry], name: str, entry: ImageEntry) -> bool:
    try:
        return choose(entries, name, None, "") is entry
    except NotFoundError:
        return False
