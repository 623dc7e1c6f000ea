"""Which of a source's entries a person means, by name, digest and platform."""

import difflib
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import starmap

from layertui.errors import NotFoundError
from layertui.image.platform import Platform, host_platform
from layertui.sources.base import ImageEntry

_DIGEST = re.compile(r"(?:.*@)?(?:sha(?:256|512):)?([0-9a-f]{4,128})", re.DOTALL)
_SHOWN = 12
"""How many names an error lists; more do not fit a screen."""


def choose(
    entries: Sequence[ImageEntry], selector: str | None, platform: Platform | None, label: str
) -> ImageEntry | None:
    """The one entry that is meant, or None when several are left.

    An image under one name for several platforms is one that is meant: of these the wanted platform's is taken, else
    the host's. A container is meant only by its name or ID, where no image has it. Raises NotFoundError when nothing
    has the name or the platform.
    """
    pool = list(entries)
    if selector is not None:
        pool = _named([entry for entry in entries if entry.kind != "container"], selector)
        pool = pool or _named([entry for entry in entries if entry.kind == "container"], selector)
        if not pool:
            raise _nothing_named(entries, selector, label)
        if all(entry.kind == "container" for entry in pool):
            return pool[0] if len(pool) == 1 else None
    if platform is not None:
        pool = _built_for(pool, platform, label)
    images = [entry for entry in pool if entry.kind == "image"]
    if not images:
        return pool[0] if len(pool) == 1 else None
    lost = [entry for entry in pool if entry.kind == "broken"]
    if len(images) == 1:
        return images[0] if not lost or _one_name([*images, *lost]) else None
    platforms = {entry.platform for entry in images}
    if len(platforms) < len(images) or not _one_name(images):
        return None
    return _nearest(images, platform or host_platform())


def _nearest(images: Sequence[ImageEntry], machine: Platform) -> ImageEntry | None:
    distances = [(entry.platform.distance(machine) if entry.platform else None, entry) for entry in images]
    usable = [(distance, entry) for distance, entry in distances if distance is not None]
    if not usable:
        return None
    best = min(distance for distance, _ in usable)
    nearest = [entry for distance, entry in usable if distance == best]
    return nearest[0] if len(nearest) == 1 else None


def _one_name(entries: Sequence[ImageEntry]) -> bool:
    """Whether entries are one image for several platforms: they share a name, or none has any."""
    names = [{full_name(tag) for tag in entry.tags} for entry in entries]
    return bool(set.intersection(*names)) or not any(names)


def _built_for(pool: Sequence[ImageEntry], platform: Platform, label: str) -> list[ImageEntry]:
    hits = [entry for entry in pool if entry.platform is not None and entry.platform.answers(platform)]
    if hits:
        return hits
    there = dict.fromkeys(entry.platform.text for entry in pool if entry.platform is not None)
    listed = ", ".join(there) if there else "none is known"
    raise NotFoundError(f"{label} has nothing for {platform.text}.", f"Platforms there: {listed}.")


def _named(entries: Sequence[ImageEntry], selector: str) -> list[ImageEntry]:
    """The entries that a name means, at the strictest way of reading it that has any."""
    if found := re.fullmatch(r"@(\d{1,9})", selector, re.ASCII):
        return list(entries[int(found[1]) : int(found[1]) + 1])
    readings: tuple[Callable[[str, str], bool], ...] = (
        lambda tag, name: tag == name,
        lambda tag, name: full_name(tag) == full_name(name),
        lambda tag, name: _split(tag)[1] == name,
        lambda tag, name: not _split(name)[1] and _split(full_name(tag))[0] == _split(full_name(name))[0],
        lambda tag, name: f"/{tag}".endswith(f"/{name}"),
        lambda tag, name: f"/{_split(tag)[0]}".endswith(f"/{name}"),
    )
    for reading in readings:
        if hits := [entry for entry in entries if any(starmap(reading, _pairs(entry, selector)))]:
            return hits
    if prefix := _DIGEST.fullmatch(selector):
        return [entry for entry in entries if any(text.startswith(prefix[1]) for text in _digests(entry))]
    return []


def _pairs(entry: ImageEntry, selector: str) -> Iterator[tuple[str, str]]:
    """All that an entry is called, with what was typed; both without the namespace where that was typed too."""
    prefix = f"{entry.namespace}/"
    for name in _names(entry):
        yield name, selector
        if entry.namespace and selector.startswith(prefix):
            yield name.removeprefix(prefix), selector.removeprefix(prefix)


def _names(entry: ImageEntry) -> tuple[str, ...]:
    """All that an entry is called: tags, the reference, and names with a digest."""
    return (*entry.tags, entry.reference, *(entry.record.repo_digests if entry.record is not None else ()))


def _digests(entry: ImageEntry) -> list[str]:
    """Hexadecimal digits of what tells an entry apart: manifest, config, container."""
    if entry.container is not None:
        return [entry.container.container_id]
    image_id = entry.record.image_id if entry.record is not None else None
    return [digest.hex for digest in (entry.digest, image_id) if digest is not None]


def _nothing_named(entries: Sequence[ImageEntry], selector: str, label: str) -> NotFoundError:
    names = list(dict.fromkeys(tag for entry in entries for tag in entry.tags))
    if re.fullmatch(r"@\d+", selector, re.ASCII):
        return NotFoundError(f"{label} has no entry {selector[1:]}; there are {len(entries)}, counted from 0.")
    if not names:
        return NotFoundError(f"{label} has nothing called {selector}; its images have no names.", "Leave the name out.")
    parts = {name: name for name in names} | {_split(name)[1]: name for name in names if _split(name)[1]}
    near = list(dict.fromkeys(parts[part] for part in difflib.get_close_matches(selector, parts, n=_SHOWN, cutoff=0.5)))
    rest = [name for name in names if name not in near]
    listed = ", ".join([*near, *rest][:_SHOWN])
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return NotFoundError(f"{label} has nothing called {selector}.", f"Names there: {listed}{more}.")


def full_name(name: str) -> str:
    """A name with what Docker leaves out: `api` is `docker.io/library/api:latest`."""
    path, tag = _split(name)
    host, slash, _ = path.partition("/")
    if not slash:
        path = f"docker.io/library/{path}"
    elif not ("." in host or ":" in host or host == "localhost"):
        path = f"docker.io/{path}"
    return f"{path}:{tag or 'latest'}"


def _split(name: str) -> tuple[str, str]:
    """Name and tag; a colon before the last slash belongs to a port."""
    path, colon, tag = name.rpartition(":")
    return (path, tag) if colon and "/" not in tag else (name, "")
