"""Docker's books in or beside a directory that a person gave."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from layertui.errors import LayertuiError, NotFoundError
from layertui.sources.base import Listing
from layertui.sources.docker.books import DockerBooks
from layertui.sources.docker.books_shelf import Shelf

_UNREADABLE = "Docker's books cannot be read, so images have no names:"
"""Begins the warning about books that are there."""


def books_near(shelf: Shelf, drivers: Sequence[str], scheme: str, warnings: list[str]) -> Listing | None:
    """What the books say when the directory is a data root, or a driver's directory within one.

    None where there are none of these drivers; books that cannot be read are none, with a warning.
    """
    here = Path(shelf.root.absolute())
    places = [(here, shelf.label, drivers)]
    if here.name in drivers:
        places.append((here.parent, str(here.parent), (here.name,)))
    for data_root, label, wanted in places:
        driver = _kept_for(Shelf(data_root, label), wanted, warnings)
        if driver is None:
            continue
        try:
            return replace(DockerBooks.open(data_root, label, driver).source(shelf.label), scheme=scheme)
        except LayertuiError as problem:
            warnings.append(f"{_UNREADABLE} {problem.message}")
    return None


def _kept_for(data_root: Shelf, drivers: Sequence[str], warnings: list[str]) -> str | None:
    """The driver whose books a data root has; None where it has none of these."""
    try:
        kept = data_root.names("image")
    except NotFoundError:
        return None
    except LayertuiError as problem:
        warnings.append(f"{_UNREADABLE} {problem.message}")
        return None
    here = [name for name in drivers if name in kept]
    # Where a part of the books is gone, opening them says which.
    parts = ("layerdb", "imagedb", "repositories.json")
    return next((name for part in parts for name in here if not data_root.lacks(f"image/{name}/{part}")), None)
