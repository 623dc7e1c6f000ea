"""What a storage directory looks like, for the sentence that it is not of the kind that was asked for."""

import re

from layertui.errors import DamagedError, LayertuiError, NotFoundError
from layertui.sources.docker.books_shelf import Shelf

_LOOKED_FOR = {
    "overlay2": "directories with diff and link or lower, here or in overlay2/, and Docker's books in image/overlay2/",
    "aufs": "layers/ with diff/, here or in aufs/, and Docker's books in image/aufs/",
    "containers-storage": "overlay-images/ or vfs-images/",
    "containerd": "io.containerd.metadata.v1.bolt/meta.db",
}
"""What tells each kind."""

_DOCKER = "Docker's data root", "/var/lib/docker"

_USUAL = {
    "overlay2": _DOCKER,
    "aufs": _DOCKER,
    "containers-storage": ("Podman's store", "/var/lib/containers/storage"),
    "containerd": ("containerd's root", "/var/lib/containerd"),
}
"""What is meant by a directory of each kind, and where it usually is."""

_LOOKED_INTO = 100
"""How many directories in it are looked at: enough to tell of what kind they are."""

_REMAPPED = re.compile(r"\d{1,10}\.\d{1,10}")
"""What Docker calls the data root of a user namespace within its own: the first uid and gid of its range."""


def no_store(shelf: Shelf, scheme: str) -> LayertuiError:
    """The error for a directory that is no storage of this kind: what was looked for, what it is, what to do next."""
    label = shelf.label
    try:
        names = set(shelf.names())
        for name in sorted(names)[:_LOOKED_INTO]:
            if shelf.is_directory(name):
                shelf.names(name)  # what may not be looked into may well be what was asked for
    except LayertuiError as problem:
        return problem
    looked = f"Looked for {_LOOKED_FOR[scheme]}."
    what, usual = _USUAL[scheme]
    if not names:
        return NotFoundError(f"{label} is an empty directory. {looked}", f"Give {what}: {usual}")
    remapped = sorted(name for name in names if _REMAPPED.fullmatch(name) and shelf.is_directory(f"{name}/image"))
    if remapped:
        return NotFoundError(
            f"{label} keeps its images apart for a user namespace. {looked}",
            f"Try: layertui {scheme if _USUAL[scheme] is _DOCKER else 'overlay2'}:{label}/{remapped[0]}",
        )
    what, hint = _looks(shelf, names, scheme)
    return DamagedError(f"{label} is {what}, not a directory of {scheme}. {looked}", hint)


def _looks(shelf: Shelf, names: set[str], scheme: str) -> tuple[str, str]:
    """What a directory is, and what to do about it."""
    label, here = shelf.label, shelf.root.absolute()
    wanted, usual = _USUAL[scheme]
    engine = "With the engine running, open its images: layertui docker-daemon:"
    if {"layers", "diff"} <= names or shelf.holds("aufs/layers"):
        return "storage of the driver aufs", f"Try: layertui aufs:{label}"
    if shelf.holds("overlay2") or {"l"} <= names:
        return "storage of the driver overlay2", f"Try: layertui overlay2:{label}"
    if names & {"overlay-images", "vfs-images"}:
        return "Podman's store", f"Try: layertui containers-storage:{here}"
    if (shelf.holds("snapshots") and "metadata.db" in names) or any("containerd.metadata" in name for name in names):
        return "containerd's store", f"Try: layertui containerd:{here}"
    drivers = sorted(shelf.names("image")) if shelf.is_directory("image") else []
    if drivers:
        return f"a data root of Docker for the storage driver {' and '.join(drivers)}", engine
    if "subvolumes" in names or "btrfs" in names:
        return "storage of the driver btrfs, which is not read from disk", engine
    if {"devicemapper", "metadata"} <= names:
        return "storage of the driver devicemapper, which keeps layers in block devices", engine
    if any(shelf.holds(f"{name}/lower-id") for name in sorted(names)[:_LOOKED_INTO]):
        return "storage of the old driver overlay, which is not read", engine
    if "dir" in names or "vfs" in names:
        return "storage of the driver vfs without Docker's books", "Give the data root, which has image/ in it."
    if len(names & {"bin", "etc", "usr", "var", "lib"}) >= 3:
        return (
            "a root filesystem",
            f"If a host's disk is mounted there, give {wanted} in it, such as {usual[1:]}.",
        )
    return "a directory of another kind", f"Give {wanted}, such as {usual}, or a copy of it."
