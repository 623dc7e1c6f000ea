"""OCI layouts in a directory (image-layout.md), as `skopeo copy ... oci:DIR` makes."""

import os
from pathlib import Path

from layertui.errors import DamagedError, LayertuiError
from layertui.image.blob import Blob, FileBlob, read_error
from layertui.sources.base import Listing
from layertui.sources.oci import entries_of, look_through
from layertui.sources.target import Target

SCHEME = "oci"
"""What stands before the colon (containers-transports(5))."""


class DirectoryStore:
    """A layout's files in a directory; a symlink that leads out of it is refused."""

    def __init__(self, root: Path, label: str) -> None:
        self._root = root
        self._real_root = os.path.realpath(root)
        self.label = label
        """What messages call the layout."""

    def holds(self, name: str) -> bool:
        """Whether there is something of this name, be it readable or not."""
        try:
            os.lstat(self._root / name)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:
            return True
        return True

    def file(self, name: str) -> Blob:
        """A file by its name within the layout; raises LayertuiError."""
        label = f"{self.label}: {name}"
        # Resolved first and opened without following, so that what is checked is what is opened.
        real = os.path.realpath(self._root / name)
        if os.path.commonpath([real, self._real_root]) != self._real_root:
            raise DamagedError(
                f"{label} is a symlink that leads out of the layout, and is not followed.",
                "Copy the layout with its links resolved: cp -rL",
            )
        return FileBlob.open(Path(real), label, follow=False)


def sniff(target: Target) -> bool:
    """Whether this is a directory with an index.json, the mark of a layout, or its blobs."""
    if target.directory is None:
        return False
    return any(os.path.lexists(target.directory / name) for name in ("index.json", "oci-layout", "blobs/sha256"))


def open_source(target: Target) -> Listing:
    """List the images of a layout; raises LayertuiError."""
    if target.directory is None:
        raise DamagedError(f"{target.label} is a file, not a directory.", f"Try: layertui oci-archive:{target.label}")
    store = DirectoryStore(target.directory, target.label)
    found, unreadable, warnings = look_through(store)
    return Listing(SCHEME, target.label, entries_of(store, found, unreadable), warnings)


def no_layout(directory: Path, label: str) -> LayertuiError:
    """The error for a directory that is no layout, with what it looks like."""
    try:
        names = set(os.listdir(directory))
    except OSError as problem:
        return read_error(problem, label)
    hint = "Make one with: skopeo copy docker://NAME oci:DIR"
    if not names:
        return DamagedError(f"{label} is an empty directory, not an OCI layout.", hint)
    if {"manifest.json", "version"} <= names:
        hint = f"It looks like skopeo's dir: format. Convert it: skopeo copy dir:{label} oci-archive:image.tar"
    elif "manifest.json" in names:
        hint = f"It looks like an unpacked docker-archive. Pack it: tar -C {label} -cf image.tar ."
    elif len(names & {"bin", "etc", "usr", "var", "lib"}) >= 3:
        hint = "It looks like a root filesystem."
    return DamagedError(f"{label} is a directory, not an OCI layout; it has no index.json.", hint)
