"""containerd's root as a directory that a person names, also of a host that is dead or mounted elsewhere."""

from layertui.errors import DamagedError
from layertui.sources.base import Listing
from layertui.sources.containerd.finding import SCHEME, look_at_store
from layertui.sources.containerd.listing import list_store
from layertui.sources.containerd.store import ContentStore
from layertui.sources.docker.books_shelf import Shelf
from layertui.sources.storage import no_store
from layertui.sources.target import Target

__all__ = ["SCHEME", "open_source", "sniff"]


def sniff(target: Target) -> bool:
    """Whether this is a directory with containerd's database."""
    return target.directory is not None and look_at_store(target.directory).said != "absent"


def open_source(target: Target) -> Listing:
    """List the images and containers of a store; raises LayertuiError."""
    if target.directory is None:
        raise DamagedError(f"{target.label} is a file, not a directory.", "Name containerd's root: /var/lib/containerd")
    if not sniff(target):
        raise no_store(Shelf(target.directory, target.label), SCHEME)
    return list_store(ContentStore(target.directory, target.label))
