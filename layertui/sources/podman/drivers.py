"""Podman's storage drivers: where each keeps a layer's files, and which of them a store was made with."""

from dataclasses import dataclass

from layertui.errors import DamagedError, LayertuiError, NotFoundError
from layertui.layer.beneath import Beneath
from layertui.layer.dialect import Dialect

READ = ("overlay", "vfs")
"""Drivers whose layers are plain files and are read here; where a store has several, the first is meant."""

_NOT_READ = ("btrfs", "zfs", "devicemapper", "aufs", "windows")
"""Drivers that keep layers in snapshots or block devices, or that Podman has dropped."""


@dataclass(frozen=True, slots=True)
class Driver:
    """How one store keeps its layers."""

    name: str
    """As `podman info` prints it; also what the store's directories begin with."""
    dialect: Dialect
    """How removals are written in a container's layer."""
    others: tuple[str, ...] = ()
    """Drivers that the same directory holds a store of too."""

    @property
    def whole(self) -> bool:
        """Whether each layer's directory is a copy of all below it too, so that it does not tell what changed."""
        return self.name == "vfs"

    def files(self, layer_id: str) -> str:
        """Where a layer's files are, below the store; `layer_id` was checked to lead nowhere else."""
        return f"vfs/dir/{layer_id}" if self.name == "vfs" else f"{self.name}/{layer_id}/diff"


def drivers_in(store: Beneath) -> list[str]:
    """The drivers that a directory holds a store of, those that are read first; raises LayertuiError."""
    names = set(store.directory(b"").names())
    made = ((name, {f"{name}-images".encode(), f"{name}-layers".encode()}) for name in (*READ, *_NOT_READ))
    return [name for name, marks in made if not names.isdisjoint(marks)]


def driver_of(store: Beneath, wanted: str = "", *, preferred: str = "", rootless: bool = False) -> Driver:
    """How a store keeps its layers.

    `wanted` is the driver that was asked for; `preferred` the configured one, which is taken where the store has it:
    Podman goes on with what a store was made with. Of a `rootless` store's overlay, the marks are those that a user
    may make. Raises NotFoundError where the directory is no store, DamagedError where its driver is not read.
    """
    kept = drivers_in(store)
    if not kept:
        raise NotFoundError(
            f"{store.label} is no store of Podman: it has no overlay-images.",
            "Podman makes one at its first image: podman pull NAME",
        )
    if wanted and wanted not in kept:
        raise NotFoundError(f"{store.label} is no store of the driver {wanted}.", f"It is one of the driver {kept[0]}.")
    name = wanted or (preferred if preferred in kept else kept[0])
    if name not in READ:
        raise DamagedError(
            f"{store.label} is kept by the storage driver {name}, whose layers are not read from disk.",
            "Save the image to a file: podman save NAME -o image.tar && layertui image.tar",
        )
    return Driver(name, _dialect(store, name, rootless), tuple(other for other in kept if other != name))


def _dialect(store: Beneath, name: str, rootless: bool) -> Dialect:
    if name == "vfs":
        return Dialect.PLAIN
    # containers/storage notes here whether it mounts by a program, which is fuse-overlayfs.
    try:
        by_program = store.read(b"overlay/.has-mount-program").strip() == b"true"
    except LayertuiError:
        by_program = False
    if by_program:
        return Dialect.FUSE
    return Dialect.USER_OVERLAY if rootless else Dialect.OVERLAY
