"""What an extracted file is given besides its content, and how."""

import os
from dataclasses import dataclass

from layertui.errors import UsageError
from layertui.layer.columns import Kind
from layertui.layer.dialect import listed_xattrs
from layertui.layer.tree import Entry

_OTHERS_MAY_RUN = 0o111
_TYPES = {Kind.CHAR: 0o020000, Kind.BLOCK: 0o060000, Kind.FIFO: 0o010000}
_PATH_ONLY = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | getattr(os, "O_PATH", 0)
_LARGEST_ID = (1 << 32) - 2
"""The one above means "leave it as it is" to chown(2)."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a person asked for."""

    preserve: bool = False
    """Keep permission bits and mtime; without, files are as if made new, executable where they were."""
    as_root_filesystem: bool = False
    """Owners, setuid, setgid and sticky bits, devices, pipes and extended attributes too; only root can."""
    force: bool = False
    """Replace files that exist."""
    new: bool = False
    """Refuse a destination that is there already, be it a directory that has room for everything."""

    def check(self) -> None:
        """Raise UsageError where the process cannot do what is asked."""
        if self.as_root_filesystem and os.geteuid() != 0:
            raise UsageError(
                "A root filesystem has owners, devices and setuid files: only root can make them.",
                "Use sudo, or --preserve to keep modes and times.",
            )

    @property
    def keeps(self) -> bool:
        """Whether mode and mtime are kept."""
        return self.preserve or self.as_root_filesystem

    def first_mode(self, entry: Entry) -> int:
        """The mode that a file or directory is made with, to which the umask applies."""
        if entry.kind is Kind.DIRECTORY:
            return 0o700 if self.keeps else 0o777
        if self.keeps:
            return 0o600
        return 0o777 if entry.mode & _OTHERS_MAY_RUN else 0o666

    def makes(self, kind: Kind) -> bool:
        """Whether entries of a kind are made at all."""
        return self.as_root_filesystem or kind not in _TYPES

    def node_mode(self, entry: Entry) -> int:
        """The type bits of a device or pipe, without permissions: they are set later."""
        return _TYPES[entry.kind]

    def apply(self, fd: int, entry: Entry) -> None:
        """Give an open file or directory what it is to keep. Raises OSError, OverflowError or ValueError."""
        if not self.keeps:
            return
        mode = entry.mode & 0o777
        if self.as_root_filesystem:
            mode = entry.mode & 0o7777
            os.fchown(fd, *_owner(entry))  # before the mode and attributes: it takes setuid and capabilities away
        os.fchmod(fd, mode)
        if self.as_root_filesystem:
            for name, value in listed_xattrs(dict(entry.xattrs)):
                os.setxattr(fd, name, value)
        if not entry.implied:
            os.utime(fd, ns=(entry.mtime_ns, entry.mtime_ns))

    def apply_named(self, at: int, name: bytes, entry: Entry) -> None:
        """The same for a symlink, device or pipe, by its name in a directory: it is never opened nor followed."""
        if not self.keeps:
            return
        if self.as_root_filesystem:
            uid, gid = _owner(entry)
            os.chown(name, uid, gid, dir_fd=at, follow_symlinks=False)
            if entry.kind is not Kind.SYMLINK:
                _change_mode(at, name, entry.mode)
        os.utime(name, ns=(entry.mtime_ns, entry.mtime_ns), dir_fd=at, follow_symlinks=False)


def _owner(entry: Entry) -> tuple[int, int]:
    if not (0 <= entry.uid <= _LARGEST_ID and 0 <= entry.gid <= _LARGEST_ID):
        raise ValueError(f"no system has the owner {entry.uid}:{entry.gid}")
    return entry.uid, entry.gid


def _change_mode(at: int, name: bytes, mode: int) -> None:
    """Set the mode of a device or pipe; Linux changes a name's mode only through what it leads to."""
    fd = os.open(name, _PATH_ONLY, dir_fd=at)
    try:
        os.chmod(f"/proc/self/fd/{fd}", mode & 0o7777)
    finally:
        os.close(fd)
