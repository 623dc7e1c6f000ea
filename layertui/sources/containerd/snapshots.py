"""Snapshots of one namespace: from a key, such as a chain ID, to the directory that holds the files."""

import os
from collections.abc import Callable
from pathlib import Path

from layertui.errors import DamagedError, LayertuiError, NotFoundError, UnreachableError
from layertui.image.blob import read_error
from layertui.layer.beneath import Beneath
from layertui.layer.dialect import Dialect
from layertui.layer.owners import OwnerMap
from layertui.layer.walk import WalkedLayer
from layertui.sources.accounts import user_name
from layertui.sources.containerd.metadata import Snapshot, read_numbers, read_snapshots

METHOD = "a walk of its snapshot"
"""How such a layer is read, for the screen."""

OVERLAYS = ("overlayfs", "fuse-overlayfs")
"""Snapshotters whose directories hold what changed, best first. Others keep whole copies (native), filesystems'
own snapshots (btrfs, zfs, devmapper), or mounts (stargz, nydus): these do not tell one layer from the next."""

_DEEPEST = 1024
"""Snapshots on top of each other: overlay takes 128 at most."""


class Snapshots:
    """What the snapshotters hold of one namespace; the databases are read when something is asked for."""

    def __init__(self, root: Path, namespace: str, label: str) -> None:
        self._root = root
        self._namespace = namespace
        self._label = label
        self._snapshots: dict[str, dict[str, Snapshot]] | None = None
        self._problem: LayertuiError | None = None
        self._numbers: dict[str, dict[str, int]] = {}

    def check(self) -> None:
        """Raise LayertuiError where the database cannot be read."""
        self._held()

    def content(self, key: str, snapshotter: str = "") -> WalkedLayer | None:
        """The files of a snapshot; None where no snapshotter has one of this key.

        `snapshotter` is the only one that is asked where it is given, else all are. Raises UnreachableError where a
        snapshotter has it that keeps it in a way that is not read, and LayertuiError where its database is damaged.
        """
        asked = [snapshotter] if snapshotter else self._held()
        holders = [name for name in asked if key in self._of(name)]
        if not holders:
            return None
        best = next((name for name in OVERLAYS if name in holders), None)
        if best is None:
            raise UnreachableError(
                f"{self._label}: snapshot {key} is kept by {holders[0]}, which does not keep layers as directories.",
                f"Read from disk are the snapshotters {' and '.join(OVERLAYS)}.",
            )
        label, directory = f"{self._label}: snapshot {key}", self._directory(key, best)
        dialect, owners = self._dialect(best)
        return WalkedLayer(directory, label, dialect, owners, method=METHOD)

    def below(self, key: str, snapshotter: str) -> list[str]:
        """Keys of a snapshot's ancestors, nearest first; raises LayertuiError, also for a loop."""
        snapshots = self._of(snapshotter)
        found: list[str] = []
        while (snapshot := snapshots.get(key)) is not None and snapshot.parent:
            key = snapshot.parent
            found.append(key)
            if len(found) > _DEEPEST:
                raise DamagedError(f"{self._label}: snapshots lie on top of each other in a loop, at {key}.")
        return found

    def _held(self) -> dict[str, dict[str, Snapshot]]:
        """All snapshots by snapshotter and key, read once; what is wrong with the database is told each time."""
        if self._problem is not None:
            raise type(self._problem)(self._problem.message, self._problem.hint)
        if self._snapshots is None:
            try:
                self._snapshots = read_snapshots(self._root, self._namespace, self._label)
            except LayertuiError as problem:
                self._problem = problem
                raise
        return self._snapshots

    def _of(self, snapshotter: str) -> dict[str, Snapshot]:
        return self._held().get(snapshotter, {})

    def _directory(self, key: str, snapshotter: str) -> Callable[[], Beneath]:
        """What opens a snapshot's directory; no symlink below the root leads to it."""
        name = self._of(snapshotter)[key].backend_name
        home = f"io.containerd.snapshotter.v1.{snapshotter}"
        if snapshotter not in self._numbers:
            label = f"{self._label}: {snapshotter}/metadata.db"
            self._numbers[snapshotter] = read_numbers(self._root, f"{home}/metadata.db", label)
        number = self._numbers[snapshotter].get(name)
        if number is None:
            raise NotFoundError(
                f"{self._label}: the snapshotter {snapshotter} does not know {name}.",
                "It was removed while it was read, or the store was not copied completely.",
            )
        root, files = self._root, f"{home}/snapshots/{number}/fs".encode()
        return lambda: Beneath.open(root).directory(files)

    def _dialect(self, snapshotter: str) -> tuple[Dialect, OwnerMap | None]:
        """How removals are written, and whose files they are: in a user's own containerd that user is root."""
        try:
            status = os.stat(self._root)
        except OSError as problem:
            raise read_error(problem, self._label) from problem
        rootless = status.st_uid != 0
        kernel = Dialect.USER_OVERLAY if rootless else Dialect.OVERLAY
        dialect = kernel if snapshotter == "overlayfs" else Dialect.FUSE
        return dialect, _owners_of(status) if rootless else None


def _owners_of(status: os.stat_result) -> OwnerMap:
    return OwnerMap.from_subid(user_name(status.st_uid), status.st_uid, own=(status.st_uid, status.st_gid))
