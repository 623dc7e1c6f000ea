"""Bytes that cannot be read in place, such as what is compressed or piped, written once to a file without a name."""

import errno
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

import platformdirs

from layertui.errors import LayertuiError, UnreachableError
from layertui.image.blob import FileBlob
from layertui.image.bounds import SPOOL_BYTES

RESERVE_BYTES = 256 << 20
"""Free space that is left on the disk: filling it would stop other programs, the engine among them."""

_CHECK_EVERY_BYTES = 64 << 20
"""How often free space is looked at; rarely enough to cost nothing, often enough for the reserve to hold."""

_MEMORY_FILESYSTEMS = ("tmpfs", "ramfs")


def spool_directory() -> Path:
    """Where spooled archives go: a directory on a disk.

    /tmp is memory on many hosts (a tmpfs), and an archive of some gigabytes there takes what the containers need; the
    user's cache directory and /var/tmp are on disk. Memory is used only when nothing else can be written to.
    """
    candidates = (platformdirs.user_cache_path("layertui"), Path("/var/tmp"), Path(tempfile.gettempdir()))
    usable = [path for path in candidates if _make(path)]
    on_disk = [path for path in usable if not _in_memory(path)]
    if not usable:
        raise UnreachableError(
            "There is no directory to unpack the archive in; tried "
            + ", ".join(str(path) for path in candidates)
            + ".",
            "Set XDG_CACHE_HOME to a directory on a disk that you can write to.",
        )
    return (on_disk or usable)[0]


def disk_directory() -> Path:
    """The same, but never in memory; raises UnreachableError when there is no directory on a disk to write to."""
    directory = spool_directory()
    if _in_memory(directory):
        raise UnreachableError(
            f"There is no directory on a disk to keep contents in: {directory} is memory.",
            "Set XDG_CACHE_HOME to a directory on a disk that you can write to.",
        )
    return directory


def _make(path: Path) -> bool:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(path, os.W_OK | os.X_OK)


def _in_memory(path: Path) -> bool:
    """Whether a directory is on a filesystem in memory (proc(5), *mountinfo*); False where that cannot be told."""
    try:
        device = os.stat(path).st_dev
        mounts = Path("/proc/self/mountinfo").read_bytes()
    except OSError:
        return False
    wanted = f"{os.major(device)}:{os.minor(device)}".encode()
    for line in mounts.splitlines():
        left, _, right = line.partition(b" - ")
        if left.split(b" ")[2:3] == [wanted]:
            return right.split(b" ")[0].decode("ascii", "replace") in _MEMORY_FILESYSTEMS
    return False


def spool(chunks: Iterable[bytes], label: str, *, directory: Path | None = None) -> FileBlob:
    """Write chunks to an unnamed file on disk; its space is free again when the blob is gone, however the program ends.

    Raises DamagedError above the bound, UnreachableError when the disk is full or cannot be written to, and whatever
    `chunks` raises.
    """
    where = directory or spool_directory()
    written = checked = 0
    try:
        with tempfile.TemporaryFile(dir=where, buffering=0) as file:
            for chunk in chunks:
                if written - checked >= _CHECK_EVERY_BYTES or not written:
                    _check_room(where, label)
                    checked = written
                if written + len(chunk) > SPOOL_BYTES.value:
                    raise SPOOL_BYTES.exceeded(f"{label} unpacked")
                _write_all(file.fileno(), chunk)
                written += len(chunk)
            return FileBlob.adopt(os.dup(file.fileno()), label)
    except OSError as problem:
        if problem.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise _full(where, label) from problem
        raise UnreachableError(f"{label} cannot be unpacked in {where}: {problem.strerror}.", _full_hint()) from problem


def _write_all(fd: int, chunk: bytes) -> None:
    view = memoryview(chunk)
    while view:
        view = view[os.write(fd, view) :]


def _check_room(where: Path, label: str) -> None:
    room = os.statvfs(where)
    if room.f_bavail * room.f_frsize < RESERVE_BYTES:
        raise _full(where, label)


def _full(where: Path, label: str) -> LayertuiError:
    return UnreachableError(
        f"{label} has to be unpacked, and {where} has no room for it"
        f" ({RESERVE_BYTES >> 20} MiB are always left free there).",
        _full_hint(),
    )


def _full_hint() -> str:
    return "Make room, set XDG_CACHE_HOME to a directory on a larger disk, or unpack the archive yourself."
