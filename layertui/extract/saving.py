"""One file that appears under its name when it is whole."""

import errno
import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from layertui.errors import LayertuiError, NotFoundError, UsageError
from layertui.extract.destination import hidden_name
from layertui.extract.failures import write_error
from layertui.extract.moving import move_to_free
from layertui.image.blob import file_kind

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def save(chunks: Iterable[bytes], path: Path, *, force: bool = False) -> int:
    """Write chunks to a file; returns how many bytes they were.

    An existing file is replaced only with `force`, anything else never, and no symlink is followed. Raises
    LayertuiError, and what `chunks` raises; then all is as it was.
    """
    label = str(path)
    at = _open_parent(path, label)
    name, hidden = os.fsencode(path.name), hidden_name()
    try:
        _check(at, name, label, force=force)
        written = _write(at, hidden, chunks, label)
        try:
            if force:
                os.rename(hidden, name, src_dir_fd=at, dst_dir_fd=at)
            else:
                move_to_free(at, at, hidden, name)
        except OSError as problem:
            raise _publish_error(problem, label) from problem
    finally:
        with suppress(OSError):  # it is there only where something failed
            os.unlink(hidden, dir_fd=at)
        os.close(at)
    return written


def _open_parent(path: Path, label: str) -> int:
    if path.name in ("", ".."):
        raise UsageError(f"{label} is a directory.", "Name the file to write: -o layer.tar")
    try:
        return os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        raise NotFoundError(f"{path.parent} is not there, so {path.name} cannot be made in it.") from None
    except (OSError, ValueError) as problem:
        raise write_error(problem, label) from problem


def _check(at: int, name: bytes, label: str, *, force: bool) -> None:
    """Raise UsageError where something is in the way."""
    try:
        mode = os.stat(name, dir_fd=at, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return
    except (OSError, ValueError) as problem:
        raise write_error(problem, label) from problem
    if not stat.S_ISREG(mode):
        raise UsageError(f"{label} is {file_kind(mode)}, which is not replaced.", "Choose another name.")
    if not force:
        raise UsageError(f"{label} exists already. Nothing was written.", "--force replaces it.")


def _write(at: int, hidden: bytes, chunks: Iterable[bytes], label: str) -> int:
    written = 0
    try:
        with open(os.open(hidden, _NEW, 0o666, dir_fd=at), "wb", buffering=0) as file:
            for chunk in chunks:
                view = memoryview(chunk)
                while view:
                    count = file.write(view) or 0
                    written += count
                    view = view[count:]
    except OSError as problem:
        raise write_error(problem, label) from problem
    return written


def _publish_error(problem: OSError, label: str) -> LayertuiError:
    if problem.errno in (errno.EEXIST, errno.EISDIR):
        return UsageError(f"{label}: something else was put there meanwhile. Nothing was written.")
    return write_error(problem, label)
