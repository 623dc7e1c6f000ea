"""OCI archives: a layout in a tar, as `skopeo copy ... oci-archive:FILE` and `docker buildx build -o type=oci` make."""

from layertui.errors import DamagedError
from layertui.image.blob import Blob
from layertui.sources.base import Listing
from layertui.sources.oci import entries_of, look_through
from layertui.sources.outer import Outer
from layertui.sources.target import Target

SCHEME = "oci-archive"
"""What stands before the colon (containers-transports(5))."""


class ArchiveStore:
    """A layout's files as members of a tar."""

    def __init__(self, outer: Outer) -> None:
        self._outer = outer
        self.label = outer.label
        """What messages call the layout."""

    def holds(self, name: str) -> bool:
        """Whether there is a member of this name."""
        return name in self._outer

    def file(self, name: str) -> Blob:
        """A member by its name; raises DamagedError."""
        return self._outer.file(name)


def sniff(target: Target) -> bool:
    """Whether this is a tar with an index.json or the mark of a layout."""
    outer = target.outer()
    return outer is not None and ("index.json" in outer or "oci-layout" in outer)


def open_source(target: Target) -> Listing:
    """List the images of an OCI archive; raises LayertuiError."""
    outer = target.outer()
    if outer is None:
        raise DamagedError(f"{target.label} is a directory, not a file.", f"Try: layertui oci:{target.label}")
    store = ArchiveStore(outer)
    found, unreadable, warnings = look_through(store)
    return Listing(SCHEME, outer.label, entries_of(store, found, unreadable), (*outer.warnings, *warnings))
