"""Blobs that were fetched, kept on disk by digest, so that what one image brought is not fetched for the next."""

import errno
import os
import secrets
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from layertui.errors import LayertuiError, UnreachableError, UsageError
from layertui.image.blob import FileBlob
from layertui.image.digest import Digest
from layertui.layer.spool import RESERVE_BYTES, spool_directory

VARIABLE = "LAYERTUI_CACHE_BYTES"
"""Environment variable with the most bytes that are kept; 0 keeps none."""

CACHE_BYTES = 10 << 30
"""What is kept without the variable: some tens of images, and a small part of a disk that holds images at all."""

_INCOMING = "incoming"
"""Directory of blobs that are not whole; a blob gets its name when its digest was verified."""

_STALE_S = 24 * 3600.0
"""Age at which what is not whole was left behind by a program that was killed."""

_CHECK_EVERY_BYTES = 64 << 20
"""How often free space is looked at."""

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_HINT = f"Make room, set XDG_CACHE_HOME to a directory on a larger disk, or keep less: {VARIABLE}=0"


def limit_bytes() -> int:
    """The most bytes that are kept; raises UsageError when the variable holds no number."""
    text = os.environ.get(VARIABLE, "")
    if text and not (text.isascii() and text.isdigit()):
        raise UsageError(f"{VARIABLE} is '{text}', which is not a number of bytes.", "0 switches the cache off.")
    return int(text) if text else CACHE_BYTES


@dataclass(frozen=True, slots=True)
class Cached:
    """A blob that is kept."""

    digest: Digest
    """Of its bytes, as they were when it was kept."""
    size_bytes: int
    used_s: float
    """When it was last asked for, in seconds since 1970."""


class Incoming:
    """A file that a blob is written to while it arrives, and that is read at once; threads may share it."""

    def __init__(self, fd: int, where: str, label: str, keep: Callable[[], bool], discard: Callable[[], None]) -> None:
        self._fd, self._where, self._label = fd, where, label
        self._keep, self._discard = keep, discard
        self._checked = -_CHECK_EVERY_BYTES
        self.size_bytes = 0
        """How much was written."""

    def write(self, data: bytes) -> None:
        """Add bytes at the end; raises UnreachableError where the disk is full, or nearly."""
        try:
            if self.size_bytes - self._checked >= _CHECK_EVERY_BYTES:
                room = os.fstatvfs(self._fd)
                if room.f_bavail * room.f_frsize < RESERVE_BYTES:
                    raise OSError(errno.ENOSPC, "")
                self._checked = self.size_bytes
            view = memoryview(data)
            while view:
                view = view[os.write(self._fd, view) :]
        except OSError as problem:
            raise _unwritable(problem, self._label, self._where) from problem
        self.size_bytes += len(data)

    def read_at(self, offset: int, length: int) -> bytes:
        """Bytes that were written."""
        try:
            return os.pread(self._fd, length, offset)
        except OSError as problem:
            raise UnreachableError(f"{self._label} cannot be read back: {problem.strerror}.") from problem

    def blob(self) -> FileBlob:
        """All that was written, for as long as the blob lives, kept or not."""
        return FileBlob.adopt(os.dup(self._fd), self._label)

    def keep(self) -> bool:
        """Put it into the cache, now that it is verified; returns whether it is there."""
        return self._keep()

    def close(self) -> None:
        """Forget it, unless it was kept."""
        self._discard()

    def __del__(self) -> None:
        os.close(self._fd)


class BlobCache:
    """A directory of blobs, of this user alone; programs may share it. Where it cannot be used, nothing is kept.

    Below `root` it is `sha256/ab/HEX`, beside `incoming`. No symlink is followed, and directories of other owners are
    not used. What is opened has the size that it should have; its digest is for the reader to check.
    """

    def __init__(self, root: Path | None = None, limit: int | None = None) -> None:
        """Open nothing yet. Raises UsageError as `limit_bytes`."""
        self.root = root or platformdirs.user_cache_path("layertui") / "blobs"
        """Where it is."""
        self.limit_bytes = limit_bytes() if limit is None else limit
        """The most bytes that are kept; 0 for none."""

    def get(self, digest: Digest, size_bytes: int, label: str) -> FileBlob | None:
        """A blob that is kept, which counts as used now; None where there is none of this size."""
        if not self.limit_bytes:
            return None
        try:
            with self._folder(*_place(digest)) as folder:
                blob = FileBlob.open(Path(digest.hex), label, at=folder, follow=False)
                if blob.size_bytes == size_bytes:
                    os.utime(blob.fileno())
                    return blob
        except (OSError, LayertuiError):
            return None  # it is fetched, then
        self.drop(digest)
        return None

    def begin(self, digest: Digest, size_bytes: int, label: str) -> Incoming:
        """A file for a blob that is about to be fetched: one without a name where it will not be kept.

        Raises UnreachableError where nothing can be written at all.
        """
        if self.limit_bytes and size_bytes <= self.limit_bytes:
            with suppress(OSError):
                return self._begin_kept(digest, size_bytes, label)
        where = spool_directory()
        try:
            with tempfile.TemporaryFile(dir=where, buffering=0) as file:
                return Incoming(os.dup(file.fileno()), str(where), label, lambda: False, lambda: None)
        except OSError as problem:
            raise _unwritable(problem, label, str(where)) from problem

    def _begin_kept(self, digest: Digest, size_bytes: int, label: str) -> Incoming:
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._make_room(size_bytes)
        name = f"{digest.hex}.{secrets.token_hex(8)}"
        with self._folder(_INCOMING, make=True) as folder:
            fd = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder)

        def keep() -> bool:
            try:
                with self._folder(_INCOMING) as source, self._folder(*_place(digest), make=True) as target:
                    os.rename(name, digest.hex, src_dir_fd=source, dst_dir_fd=target)
                self._make_room(0)  # others may have arrived meanwhile
            except OSError:
                return False
            return True

        def discard() -> None:
            with suppress(OSError), self._folder(_INCOMING) as folder:
                os.unlink(name, dir_fd=folder)

        return Incoming(fd, str(self.root), label, keep, discard)

    def put(self, digest: Digest, data: bytes, label: str) -> None:
        """Keep a small blob that is verified, where that is possible."""
        with suppress(LayertuiError):
            incoming = self.begin(digest, len(data), label)
            try:
                incoming.write(data)
                incoming.keep()
            finally:
                incoming.close()

    def entries(self) -> tuple[Cached, ...]:
        """What is kept, used longest ago first."""
        return tuple(sorted(self._walk(), key=lambda cached: (cached.used_s, cached.digest)))

    def size_bytes(self) -> int:
        """How many bytes are kept."""
        return sum(cached.size_bytes for cached in self._walk())

    def drop(self, digest: Digest | None = None) -> int:
        """Remove a blob, or all, what is not whole included; returns how many bytes that frees.

        A program that has it open goes on reading.
        """
        found = [cached for cached in self._walk() if digest is None or cached.digest == digest]
        freed = sum(cached.size_bytes for cached in found if self._remove(cached.digest))
        if digest is None:
            freed += self._sweep(0.0)
        return freed

    def _make_room(self, size_bytes: int) -> None:
        """Remove what was used longest ago until so much more fits, within the limit and on the disk."""
        self._sweep(_STALE_S)
        entries = self.entries()
        room = os.statvfs(self.root)
        over_limit = sum(cached.size_bytes for cached in entries) + size_bytes - self.limit_bytes
        excess = max(over_limit, RESERVE_BYTES + size_bytes - room.f_bavail * room.f_frsize)
        for cached in entries:
            if excess <= 0:
                return
            if self._remove(cached.digest):
                excess -= cached.size_bytes

    def _remove(self, digest: Digest) -> bool:
        try:
            with self._folder(*_place(digest)) as folder:
                os.unlink(digest.hex, dir_fd=folder)
        except OSError:
            return False  # another program was faster
        return True

    def _sweep(self, older_than_s: float) -> int:
        """Remove what is not whole and was not written to for so long; returns how many bytes that frees."""
        freed = 0
        with suppress(OSError), self._folder(_INCOMING) as folder:
            for name in os.listdir(folder):
                with suppress(OSError):
                    status = os.stat(name, dir_fd=folder, follow_symlinks=False)
                    if time.time() - status.st_mtime >= older_than_s:
                        os.unlink(name, dir_fd=folder)
                        freed += status.st_size
        return freed

    def _walk(self) -> Iterator[Cached]:
        """All that is kept, in no order; what another program removes meanwhile is left out."""
        for algorithm, shard, name in self._names():
            try:
                digest = Digest.parse(f"{algorithm}:{name}")
                with self._folder(algorithm, shard) as folder:
                    status = os.stat(name, dir_fd=folder, follow_symlinks=False)
            except (OSError, LayertuiError):
                continue  # not one of ours
            if stat.S_ISREG(status.st_mode) and name.startswith(shard):
                yield Cached(digest, status.st_size, status.st_mtime)

    def _names(self) -> Iterator[tuple[str, str, str]]:
        for algorithm in ("sha256", "sha512"):
            for shard in self._listed(algorithm):
                for name in self._listed(algorithm, shard):
                    yield algorithm, shard, name

    def _listed(self, *names: str) -> list[str]:
        try:
            with self._folder(*names) as folder:
                return os.listdir(folder)
        except OSError:
            return []

    @contextmanager
    def _folder(self, *names: str, make: bool = False) -> Iterator[int]:
        """The descriptor of a directory below the root, which is ours, and so is each on the way; raises OSError."""
        fd = os.open(self.root, _DIRECTORY)
        try:
            _own(fd)
            for name in names:
                if make:
                    with suppress(FileExistsError):
                        os.mkdir(name, 0o700, dir_fd=fd)
                below = os.open(name, _DIRECTORY, dir_fd=fd)
                os.close(fd)
                fd = below
                _own(fd)
            yield fd
        finally:
            os.close(fd)


def _own(fd: int) -> None:
    """See to it that a directory is for this user alone; raises PermissionError where it is another's."""
    status = os.fstat(fd)
    if status.st_uid != os.geteuid():
        raise PermissionError(errno.EPERM, "the directory belongs to another user")
    if status.st_mode & 0o077:
        os.fchmod(fd, 0o700)


def _place(digest: Digest) -> tuple[str, str]:
    """The directory of a blob; its digest was checked against the grammar, so this leads nowhere else."""
    return digest.algorithm, digest.hex[:2]


def _unwritable(problem: OSError, label: str, where: str) -> UnreachableError:
    if problem.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return UnreachableError(
            f"{label} has to be kept while it is read, and {where} has no room for it"
            f" ({RESERVE_BYTES >> 20} MiB are always left free there).",
            _HINT,
        )
    reason = os.strerror(problem.errno or errno.EIO).lower()
    return UnreachableError(f"{label} cannot be kept in {where}: {reason}.", _HINT)
