"""Moving what is whole to its place, with a way back while not everything is there."""

import errno
import os
import stat
from collections.abc import Callable
from contextlib import suppress

from layertui.extract.folder import Folder, open_directory, open_ours

_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS)
"""What file systems say that have no hard links, or no more of them."""


class Moves:
    """Moves of one extraction, all of which raise OSError; `undo` takes all of them back.

    `aside` is the hidden directory in which files were made, and where those that are replaced wait until all is well.
    """

    def __init__(self, aside: int, target: Folder, *, force: bool) -> None:
        self._aside = aside
        self._target = target
        self._force = force
        self._back: list[Callable[[], None]] = []
        self._kept = 0

    def whole(self, folder: Folder, name: bytes, new: bytes) -> None:
        """Move a folder, which stands in `aside`, to a name in the target that is free, or an empty directory."""
        if not os.path.samestat(os.fstat(folder.fileno()), os.stat(name, dir_fd=self._aside, follow_symlinks=False)):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        os.rename(name, new, src_dir_fd=self._aside, dst_dir_fd=self._target.fileno())
        self._back.append(lambda: os.rename(new, name, src_dir_fd=self._target.fileno(), dst_dir_fd=self._aside))

    def directory(self, folder: Folder, key: bytes) -> int:
        """Move a directory to the same place in the target; returns its descriptor, the caller's to close."""
        at, name = folder.parent(key)
        at = os.dup(at)
        try:
            fd = open_directory(name, at)
            to, _ = self._target.parent(key)
            os.rename(name, name, src_dir_fd=at, dst_dir_fd=to)
        finally:
            os.close(at)
        self._back.append(lambda: self._return(folder, key))
        return fd

    def file(self, folder: Folder, key: bytes) -> None:
        """Move what is no directory to the same place in the target."""
        at, name = folder.parent(key)
        at = os.dup(at)
        try:
            to, _ = self._target.parent(key)
            if self._force:
                self._replace(at, to, name, key)
            else:
                move_to_free(at, to, name, name)
                self._back.append(lambda: self._target.remove(key))
        finally:
            os.close(at)

    def _replace(self, at: int, to: int, name: bytes, key: bytes) -> None:
        """Put a file in the place of another one, which is kept until all is well."""
        self._kept += 1
        kept = b"old-%d" % self._kept
        try:
            if stat.S_ISDIR(os.stat(name, dir_fd=to, follow_symlinks=False).st_mode):
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            _keep(to, name, self._aside, kept)
        except FileNotFoundError:
            move_to_free(at, to, name, name)
            self._back.append(lambda: self._target.remove(key))
            return
        self._back.append(lambda: self._restore(kept, key))
        os.rename(name, name, src_dir_fd=at, dst_dir_fd=to)

    def _restore(self, kept: bytes, key: bytes) -> None:
        to, name = self._target.parent(key)
        os.rename(kept, name, src_dir_fd=self._aside, dst_dir_fd=to)

    def _return(self, folder: Folder, key: bytes) -> None:
        at, name = self._target.parent(key)
        os.close(open_ours(name, at))
        os.rename(name, name, src_dir_fd=at, dst_dir_fd=folder.parent(key)[0])

    def undo(self) -> None:
        """Take back all moves, the last one first; what somebody else changed meanwhile is left."""
        for back in reversed(self._back):
            with suppress(OSError):
                back()


def move_to_free(at: int, to: int, name: bytes, new: bytes) -> None:
    """Move a file to a place where nothing is; raises FileExistsError where something is."""
    try:
        os.link(name, new, src_dir_fd=at, dst_dir_fd=to, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError as problem:
        if problem.errno not in _NO_LINKS:
            raise
        try:
            os.stat(new, dir_fd=to, follow_symlinks=False)
        except FileNotFoundError:
            os.rename(name, new, src_dir_fd=at, dst_dir_fd=to)
        else:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from None
    else:
        os.unlink(name, dir_fd=at)


def _keep(at: int, name: bytes, to: int, kept: bytes) -> None:
    """Give a file a further name, or where that cannot be, another one."""
    try:
        os.link(name, kept, src_dir_fd=at, dst_dir_fd=to, follow_symlinks=False)
    except OSError as problem:
        if problem.errno not in _NO_LINKS:
            raise
        os.rename(name, kept, src_dir_fd=at, dst_dir_fd=to)
