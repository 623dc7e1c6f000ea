"""A directory that is written to, and what lies beneath it: reached a name at a time, so no symlink is followed."""

import errno
import os
from collections import OrderedDict
from contextlib import suppress

from layertui.layer.names import parent_of

KEPT_OPEN = 64
"""How many directories stay open: a process may have 1,024 files open, and a path as many components."""

_REMOVED_DEPTH = 32
"""How deep a tree is removed as it stands."""

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def open_directory(name: bytes, at: int) -> int:
    """Open one name in a directory as a directory, never a symlink to one. Raises OSError."""
    if name in (b"", b".", b"..") or b"/" in name:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    return os.open(name, _DIRECTORY, dir_fd=at)


class Folder:
    """A directory by its descriptor, which is this object's to close; places beneath it are keys (see names.py).

    All methods raise OSError, and ValueError for a name that no system takes. Nothing that exists is ever replaced.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._open: OrderedDict[bytes, int] = OrderedDict()

    def fileno(self) -> int:
        """The directory's own descriptor."""
        return self._fd

    def close(self) -> None:
        """Let go of all descriptors."""
        for fd in (*self._open.values(), self._fd):
            with suppress(OSError):
                os.close(fd)
        self._open.clear()

    def directory(self, key: bytes) -> int:
        """A directory's descriptor, good until the next call: it is kept for those who ask again."""
        missing = []
        while key and key not in self._open:
            missing.append(key)
            key = parent_of(key)
        fd = self._fd
        if key:
            fd = self._open[key]
            self._open.move_to_end(key)
        for key in reversed(missing):
            fd = self._open[key] = open_directory(_name(key), fd)
            if len(self._open) > KEPT_OPEN:
                os.close(self._open.popitem(last=False)[1])
        return fd

    def parent(self, key: bytes) -> tuple[int, bytes]:
        """The directory that a place lies in, as `directory` gives it, and its name there."""
        name = _name(key)
        if name in (b"", b".", b"..") or b"/" in name:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        return self.directory(parent_of(key)), name

    def status(self, key: bytes) -> os.stat_result | None:
        """What is at a place, a symlink itself; None where nothing is."""
        try:
            at, name = self.parent(key)
            return os.stat(name, dir_fd=at, follow_symlinks=False)
        except OSError as problem:
            if problem.errno in (errno.ENOENT, errno.ENAMETOOLONG):
                return None
            raise

    def make_directory(self, key: bytes, mode: int) -> None:
        """Make a directory; the umask counts."""
        at, name = self.parent(key)
        os.mkdir(name, mode, dir_fd=at)

    def make_file(self, key: bytes, mode: int) -> int:
        """Make an empty file and open it for writing; the descriptor is the caller's to close, the umask counts."""
        at, name = self.parent(key)
        return os.open(name, _NEW_FILE, mode, dir_fd=at)

    def make_symlink(self, key: bytes, target: bytes) -> None:
        """Make a symlink that says `target`, wherever that leads."""
        at, name = self.parent(key)
        os.symlink(target, name, dir_fd=at)

    def make_node(self, key: bytes, mode: int, device: int) -> None:
        """Make a device or a pipe, by the type bits of `mode`; the umask counts."""
        at, name = self.parent(key)
        os.mknod(name, mode, device, dir_fd=at)

    def make_link(self, key: bytes, existing: bytes) -> None:
        """Make a further name of a file beneath this directory; of a symlink the name is its own, not its target's."""
        at, name = self.parent(existing)
        at = os.dup(at)
        try:
            to, new = self.parent(key)
            os.link(name, new, src_dir_fd=at, dst_dir_fd=to, follow_symlinks=False)
        finally:
            os.close(at)

    def remove(self, key: bytes) -> None:
        """Remove what is no directory."""
        at, name = self.parent(key)
        os.unlink(name, dir_fd=at)


def remove_tree(at: int, name: bytes) -> None:
    """Remove a directory of ours with all that is in it, links as links. Raises OSError.

    What lies deep is moved up to its top first, so that no depth needs more recursion or descriptors than another.
    """
    top = open_ours(name, at)
    try:
        moved: list[bytes] = []
        _empty(top, top, 0, moved)
        for each in moved:
            inner = open_ours(each, top)
            try:
                _empty(inner, top, 0, moved)
            finally:
                os.close(inner)
            os.rmdir(each, dir_fd=top)
    finally:
        os.close(top)
    os.rmdir(name, dir_fd=at)


def _empty(fd: int, top: int, depth: int, moved: list[bytes]) -> None:
    """Remove all that is in a directory; `moved` grows by the names that too deep directories got at the top."""
    for name in map(os.fsencode, os.listdir(fd)):
        try:
            os.unlink(name, dir_fd=fd)
            continue
        except (IsADirectoryError, PermissionError):  # the latter is what others than Linux say of a directory
            inner = open_ours(name, fd)
        try:
            if depth < _REMOVED_DEPTH:
                _empty(inner, top, depth + 1, moved)
                os.rmdir(name, dir_fd=fd)
            else:
                moved.append(b".layertui-deep-%d" % len(moved))
                os.rename(name, moved[-1], src_dir_fd=fd, dst_dir_fd=top)
        finally:
            os.close(inner)


def open_ours(name: bytes, at: int) -> int:
    """Open a directory that we made, and make it one that can be changed, whatever mode it was given."""
    try:
        fd = open_directory(name, at)
    except PermissionError:
        os.chmod(name, 0o700, dir_fd=at)
        fd = open_directory(name, at)
    os.fchmod(fd, 0o700)
    return fd


def _name(key: bytes) -> bytes:
    return key[key.rfind(b"\0") + 1 :]
