"""What comes through a file descriptor: read in place from a file, written to disk from a pipe."""

import os
import select
import stat
from collections.abc import Callable, Iterator

from layertui.errors import Cancelled, UsageError
from layertui.image.blob import FileBlob, read_error
from layertui.layer.read import Cancel, Progress
from layertui.layer.spool import spool

_PIPE_CHUNK_BYTES = 1 << 20
_WAIT_S = 0.2
"""How long to wait for a pipe before asking whether the work was cancelled."""


def make_tick(progress: Progress | None, cancelled: Cancel | None) -> Callable[[int], None]:
    """Something to call with the bytes done, which reports them and raises Cancelled when it was asked to stop."""

    def tick(done: int) -> None:
        if cancelled is not None and cancelled():
            raise Cancelled
        if progress is not None:
            progress(done)

    return tick


def open_stream(fd: int, label: str, tick: Callable[[int], None]) -> FileBlob:
    """What comes through a file descriptor, as a blob: read in place from a file, spooled from a pipe.

    Raises UsageError when it is a terminal, since nobody types an archive.
    """
    try:
        status = os.fstat(fd)
    except OSError as problem:
        raise read_error(problem, label) from problem
    if stat.S_ISREG(status.st_mode):
        whole = FileBlob.adopt(os.dup(fd), label)
        start = os.lseek(fd, 0, os.SEEK_CUR)
        return whole.slice(start, whole.size_bytes - start, label) if start else whole
    if os.isatty(fd):
        raise UsageError(
            f"{label} is a terminal, so no archive comes from it.",
            "Pipe one into it: docker save NAME | layertui -",
        )
    return spool(_pipe(fd, label, tick), label)


def _pipe(fd: int, label: str, tick: Callable[[int], None]) -> Iterator[bytes]:
    done = 0
    while True:
        try:
            ready, _, _ = select.select([fd], [], [], _WAIT_S)
            if ready:
                chunk = os.read(fd, _PIPE_CHUNK_BYTES)
                if not chunk:
                    return
                done += len(chunk)
                yield chunk
        except OSError as problem:
            raise read_error(problem, label) from problem
        tick(done)
