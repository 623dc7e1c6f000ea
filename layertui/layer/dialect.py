"""How storage drivers write markers on disk: what a file in a layer's directory stands for.

Linux, Documentation/filesystems/overlayfs.rst, "whiteouts and opaque directories", "Redirected directories" and
"Metadata only copy up"; fuse-overlayfs(1); aufs(5).
"""

import os
import re
import stat
from collections.abc import Mapping
from enum import Enum
from pathlib import Path

from layertui.layer.columns import Kind, Xattrs

_SYS_ADMIN = 1 << 21
"""CAP_SYS_ADMIN in a set of capabilities."""

_EVERY_ID = 4_294_967_295
"""How many IDs the first user namespace maps: all."""

_ENGINE_PREFIXES = (b"user.overlay.", b"user.fuseoverlayfs.", b"user.containers.")
"""Attributes by which engines keep their own books: never an image's."""

CAPABILITY = b"security.capability"
"""What a file may do without being root (capabilities(7))."""

_LISTED = (CAPABILITY, b"security.ima")
"""Attributes besides `user.` ones that engines write into a layer's tar. Others are the host's, as SELinux labels."""

FUSE_OPAQUE_NAME = b".wh..opq"
"""A device 0/0 that fuse-overlayfs puts beside `.wh..wh..opq`: a tar's writer, which puts `.wh.` before the name of a
whiteout, makes that same marker of it."""

_OVERRIDE = re.compile(
    rb"(\d{1,10}):(\d{1,10}):0*([0-7]{1,6})(?::(char|block|pipe|socket|file|dir)(?:-(\d{1,10})-(\d{1,10}))?)?"
)
"""uid, gid, octal mode, and what the file stands for (containers/storage, `user.containers.override_stat`)."""

_TYPES = {b"char": stat.S_IFCHR, b"block": stat.S_IFBLK, b"pipe": stat.S_IFIFO, b"socket": stat.S_IFSOCK}


class Dialect(Enum):
    """Which driver wrote a layer's directory."""

    OVERLAY = "overlay"
    """The kernel's overlayfs: character devices 0/0, and attributes that only a capability shows."""
    USER_OVERLAY = "overlay in a user namespace"
    """The same, mounted by a user who is not root: its attributes are `user.` ones, which everyone can see."""
    FUSE = "fuse-overlayfs"
    """Overlay's forms, `.wh.` files, and attributes that give the true owner and mode."""
    AUFS = "aufs"
    """`.wh.` files as in a tar."""
    PLAIN = "plain"
    """A whole copy, as vfs keeps one: it has no markers."""

    @property
    def is_overlay(self) -> bool:
        """Whether overlay's forms count."""
        return self in (Dialect.OVERLAY, Dialect.USER_OVERLAY, Dialect.FUSE)

    @property
    def has_marker_files(self) -> bool:
        """Whether a file named `.wh.x` is a marker and not a file."""
        return self in (Dialect.FUSE, Dialect.AUFS)

    @property
    def attribute_prefixes(self) -> tuple[bytes, ...]:
        """What the names of its own attributes begin with."""
        if not self.is_overlay:
            return ()
        fuse = (b"user.fuseoverlayfs.",) if self is Dialect.FUSE else ()
        return (b"trusted.overlay.", b"user.overlay.", *fuse)

    def attribute(self, xattrs: Mapping[bytes, bytes], name: bytes) -> bytes | None:
        """One of the driver's own attributes, such as `opaque`; None where it is not there."""
        for prefix in self.attribute_prefixes:
            value = xattrs.get(prefix + name)
            if value is not None:
                return value
        return None

    def is_whiteout(self, status: os.stat_result, xattrs: Mapping[bytes, bytes], *, by_attribute: bool) -> bool:
        """Whether a file stands for a removed one; `by_attribute` where its directory says that such files may."""
        if not self.is_overlay:
            return False
        if stat.S_ISCHR(status.st_mode):
            return status.st_rdev == 0
        empty = stat.S_ISREG(status.st_mode) and not status.st_size
        return by_attribute and empty and self.attribute(xattrs, b"whiteout") is not None


def listed_xattrs(xattrs: Mapping[bytes, bytes]) -> Xattrs:
    """What of a file's attributes belongs to the image: what engines would write into a tar, sorted."""
    return tuple(
        sorted(
            (name, value)
            for name, value in xattrs.items()
            if name in _LISTED or (name.startswith(b"user.") and not name.startswith(_ENGINE_PREFIXES))
        )
    )


class Override:
    """What a rootless engine noted of a file that it could not make as it should be."""

    __slots__ = ("device", "gid", "mode", "uid")

    def __init__(self, uid: int, gid: int, mode: int, device: tuple[int, int]) -> None:
        self.uid = uid
        self.gid = gid
        self.mode = mode
        """Permission bits, and type bits where the file stands for a device, pipe or socket; else 0."""
        self.device = device

    @classmethod
    def of(cls, xattrs: Mapping[bytes, bytes]) -> "Override | None":
        """Read it from a file's attributes; None where there is none, or none that makes sense."""
        value = xattrs.get(b"user.containers.override_stat") or xattrs.get(b"user.fuseoverlayfs.override_stat")
        found = _OVERRIDE.fullmatch(value.rstrip(b"\0")) if value else None
        if found is None:
            return None
        uid, gid, mode, what, major, minor = found.groups()
        device = int(major or b"0"), int(minor or b"0")
        return cls(int(uid), int(gid), int(mode, 8) & 0o7777 | _TYPES.get(what, 0), device)


KINDS = {
    stat.S_IFREG: Kind.FILE,
    stat.S_IFDIR: Kind.DIRECTORY,
    stat.S_IFLNK: Kind.SYMLINK,
    stat.S_IFCHR: Kind.CHAR,
    stat.S_IFBLK: Kind.BLOCK,
    stat.S_IFIFO: Kind.FIFO,
}
"""File types to kinds; what is not here, such as a socket, has no form in a tar."""


def sees_trusted_xattrs(proc: Path = Path("/proc/self")) -> bool:
    """Whether this process is shown `trusted.` attributes: CAP_SYS_ADMIN, in the first user namespace (xattr(7)).

    The system says nothing where it leaves them out, so this has to be asked before.
    """
    try:
        status = (proc / "status").read_bytes()
        ids = (proc / "uid_map").read_bytes().split()
    except OSError:
        return False
    found = re.search(rb"^CapEff:\s*([0-9a-f]+)$", status, re.MULTILINE)
    return found is not None and bool(int(found[1], 16) & _SYS_ADMIN) and ids[:1] == [b"0"] and int(ids[2]) == _EVERY_ID
