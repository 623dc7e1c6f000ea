"""Which images of a host are shown, and in which order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from layertui.present.query import Term
from layertui.present.units import parse_time
from layertui.present.view import Sort

_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Listed:
    """What an image is sorted by; unknown is None."""

    name: str
    created: str | None
    """In ISO 8601."""
    size_bytes: int | None
    unique_bytes: int | None
    """Freed if it is removed."""
    layer_count: int | None
    container_count: int


def ordered(images: Sequence[Listed], sort: Sort, *, reverse: bool = False) -> list[int]:
    """The images' places in another order: largest, newest and most first, names from A; unknown ones always last.

    Images are alike in the order that they came in. `Sort.COUNT` is by containers, `Sort.LAYER` by number of layers,
    `Sort.RECLAIMABLE` by what removing the image frees.
    """
    values: dict[int, float | str] = {}
    for place, image in enumerate(images):
        value = _value(image, sort)
        if value is not None:
            values[place] = value
    names = sort is Sort.NAME
    known = sorted(values, key=lambda place: values[place], reverse=reverse if names else not reverse)
    return known + [place for place in range(len(images)) if place not in values]


def _value(image: Listed, sort: Sort) -> float | str | None:
    match sort:
        case Sort.SIZE:
            return image.size_bytes
        case Sort.MTIME:
            created = parse_time(image.created)
            return (created - _LONG_AGO).total_seconds() if created is not None else None
        case Sort.COUNT:
            return image.container_count
        case Sort.LAYER:
            return image.layer_count
        case Sort.RECLAIMABLE:
            return image.unique_bytes
    return image.name.lower() or None


def satisfies(terms: Sequence[Term], texts: Sequence[str]) -> bool:
    """Whether something that is called by several texts matches a filter.

    Each term must match one of the texts; a term with `!` must match none.
    """
    keys = [text.encode("utf-8", "surrogateescape").replace(b"/", b"\0") for text in texts]
    return all((all if term.negated else any)(term.matches(key) for key in keys) for term in terms)
