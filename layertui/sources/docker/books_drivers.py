"""Docker's storage drivers: where each keeps a layer's files, and how a layer says there what it removes."""

from dataclasses import dataclass

from layertui.layer.dialect import Dialect


@dataclass(frozen=True, slots=True)
class Driver:
    """A storage driver that keeps layers as plain files (moby, daemon/graphdriver)."""

    name: str
    """As `docker info` prints it; also the directory below the data root."""
    layers: str
    """Directory, below the data root, that holds a directory for each layer."""
    inside: str
    """What of a layer's directory are its files; empty where all of it is."""
    dialect: Dialect
    """How removals are written."""
    whole: bool = False
    """Whether each layer is a copy of all below it, so that what it changed is told by the books alone."""


DRIVERS = {
    driver.name: driver
    for driver in (
        Driver("overlay2", "overlay2", "diff", Dialect.OVERLAY),
        Driver("fuse-overlayfs", "fuse-overlayfs", "diff", Dialect.FUSE),
        Driver("aufs", "aufs/diff", "", Dialect.AUFS),
        Driver("vfs", "vfs/dir", "", Dialect.PLAIN, whole=True),
    )
}
"""The drivers whose layers are read, by name; where a data root has the books of several, the first is meant."""

OTHERS = ("overlay", "btrfs", "zfs", "devicemapper", "windowsfilter", "lcow")
"""Drivers that keep layers in snapshots, in block devices, or in a form that Docker has dropped: not read from disk."""
