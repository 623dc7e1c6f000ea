"""`layertui ls`: the images of this host in docker's columns, as bare IDs, and as JSON."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from layertui.errors import LayertuiError
from layertui.image.digest import ChainID, Digest
from layertui.image.image import Container
from layertui.present.report import SCHEMA_VERSION, Json
from layertui.present.safetext import cell_width, safe
from layertui.present.units import UNKNOWN, age_text

NONE = "<none>"
"""Docker's word for a name, a tag or a digest that an image does not have."""

_NARROWEST = 10
_GAP = 3
"""Docker's layout (cli/command/formatter): no column is narrower than the first, and the second lies between two."""

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")


@dataclass(frozen=True, slots=True)
class Listed:
    """One image of the list, with all its names."""

    source: str
    """What its engine or store is called. Not made safe for a terminal, as nothing here is."""
    scheme: str
    """What stands before the colon in a reference to it."""
    image_id: Digest | None
    """Digest of its config; None where unknown."""
    tags: tuple[str, ...] = ()
    """Names with tags, as recorded."""
    repo_digests: tuple[str, ...] = ()
    """Names with the manifest's digest, as recorded."""
    created: str | None = None
    """In ISO 8601."""
    size_bytes: int | None = None
    """Of all its layers' content."""
    layers: tuple[tuple[ChainID, int | None], ...] = ()
    """Chain ID and content bytes of each, base to top; empty where unknown."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Of its config."""
    containers: tuple[Container, ...] = ()
    """Made from it."""
    shared_bytes: int | None = None
    """Of the layers that other images of its source use too."""
    unique_bytes: int | None = None
    """Freed if it is removed."""


@dataclass(frozen=True, slots=True)
class HostList:
    """What the sources of a host hold together."""

    images: tuple[Listed, ...]
    """In the order of the sources, newest first within each."""
    orphans: tuple[tuple[str, Container], ...] = ()
    """Containers whose image is gone, each with the name of its source."""
    problems: tuple[LayertuiError, ...] = ()
    """Why something is missing from the list."""
    sources: tuple[str, ...] = ()
    """Names of all that answered, those without an image included."""
    warnings: tuple[str, ...] = ()
    """What is odd about one of them, a sentence each."""
    unread: frozenset[str] = frozenset()
    """IDs of the orphans whose image may be there all the same: it could not be read, or not all could be listed."""


def docker_size(size_bytes: int | None) -> str:
    """A size as `docker images` prints it, to three digits: `22MB`, `1.1MB`, `164MB`; `?` where it is not known.

    Where Docker rounds up to `1e+03MB` this says `1GB`.
    """
    if size_bytes is None:
        return UNKNOWN
    value = float(size_bytes)
    for unit in _UNITS:
        number = f"{value:.3g}"
        if float(number) < 1000:
            return number + unit
        value /= 1000
    return f"{value:.3g}ZB"


def short_id(digest: Digest | None, *, whole: bool = False) -> str:
    """An image's ID as Docker shows it: 12 digits, or the whole digest."""
    if digest is None:
        return UNKNOWN
    return str(digest) if whole else digest.short


def split_name(name: str) -> tuple[str, str]:
    """Repository and tag of a name, or repository and digest; a colon before the last slash belongs to a port."""
    named, at, digest = name.partition("@")
    if at:
        return split_name(named)[0], digest
    repository, colon, tag = name.rpartition(":")
    return (repository, tag) if colon and "/" not in tag else (name, "")


def names(image: Listed, *, digests: bool) -> list[tuple[str, str, str]]:
    """The lines of one image: repository, tag and digest of each (cli/command/formatter/image.go).

    One a tag, with its repository's digests one for each of them; then repositories that only have a digest.
    """
    by_repository: dict[str, list[str]] = {}
    for name in image.repo_digests:
        repository, digest = split_name(name)
        by_repository.setdefault(repository, []).append(digest)
    tagged = [split_name(tag) for tag in image.tags]
    lines = [
        (repository, tag or NONE, digest)
        for repository, tag in tagged
        for digest in (by_repository.get(repository, [NONE]) if digests else [NONE])
    ]
    with_tag = {repository for repository, _ in tagged}
    for repository, found in by_repository.items():
        if repository not in with_tag:
            lines += [(repository, NONE, digest) for digest in (found if digests else [NONE])]
    return lines or [(NONE, NONE, NONE)]


def images_table(listed: HostList, now: datetime, *, digests: bool = False, no_trunc: bool = False) -> Iterator[str]:
    """Docker's columns and layout, a line for each tag.

    The source has a column only where more than one answered, and it is the last: whoever knows `docker images`, or
    cuts columns out of it, finds all of them where they are. An ID alone cannot tell two sources apart.
    """
    several = len(listed.sources) > 1
    header = ["REPOSITORY", "TAG", *(["DIGEST"] if digests else []), "IMAGE ID", "CREATED", "SIZE"]
    rows = [[*header, *(["SOURCE"] if several else [])]]
    for image in listed.images:
        for repository, tag, digest in names(image, digests=digests):
            row = [repository, tag, *([digest] if digests else []), short_id(image.image_id, whole=no_trunc)]
            row += [age_text(image.created, now), docker_size(image.size_bytes)]
            rows.append([safe(text) for text in (*row, *([image.source] if several else []))])
    return tabbed(rows)


def tabbed(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows of safe texts as Docker lays out its tables; the last column is not padded."""
    widths = [max(max(map(cell_width, column)) + _GAP, _NARROWEST) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [text + " " * (width - cell_width(text)) for text, width in zip(row[:-1], widths, strict=False)]
        yield "".join(cells) + row[-1]


def bare_ids(listed: HostList, *, digests: bool = False, no_trunc: bool = False) -> Iterator[str]:
    """`--quiet`: only IDs, as many lines as the table has, which is how Docker does it."""
    for image in listed.images:
        for _ in names(image, digests=digests):
            yield short_id(image.image_id, whole=no_trunc)


def images_json(listed: HostList) -> Json:
    """`ls`: one object an image; containers without one apart, and what could not be listed."""
    problems = [{"message": problem.message, "hint": problem.hint} for problem in listed.problems]
    orphans = [{**_container_json(container), "source": source} for source, container in listed.orphans]
    return {
        "schema_version": SCHEMA_VERSION,
        "images": [_image_json(image) for image in listed.images],
        "containers_without_image": orphans,
        "warnings": list(listed.warnings),
        **({"problems": problems} if problems else {}),
    }


def _image_json(image: Listed) -> Json:
    return {
        "image_id": None if image.image_id is None else str(image.image_id),
        "tags": list(image.tags),
        "digests": list(image.repo_digests),
        "created": image.created,
        "size_bytes": image.size_bytes,
        "shared_bytes": image.shared_bytes,
        "unique_bytes": image.unique_bytes,
        "source": image.source,
        "scheme": image.scheme,
        "containers": [_container_json(container) for container in image.containers],
    }


def _container_json(container: Container) -> dict[str, Any]:
    return {
        "container_id": container.container_id,
        "name": container.name,
        "status": container.status,
        "running": container.running,
        "created": container.created,
    }
