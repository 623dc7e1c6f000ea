"""What the system says about a file that is written, as a sentence, and whether the rest can still be written."""

import errno
import os

from layertui.errors import LayertuiError, PartialResultError, UnreachableError
from layertui.layer.member import shown

_ENDS_ALL = frozenset(
    {
        *(errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO),
        *(errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ESTALE, errno.ENODEV),
        *(errno.EMFILE, errno.ENFILE, errno.EACCES),
    }
)
"""Errors that are not about one entry: the disk, or the directory itself, is at fault, and others would fail too."""

FULL = (errno.ENOSPC, errno.EDQUOT)
"""Nothing more can be written."""

FAILURES = (OSError, OverflowError, ValueError)
"""What writing an entry may raise: numbers out of an image may be larger than any call takes, names may hold a NUL."""


def ends_all(problem: Exception) -> bool:
    """Whether a failure is not that of one entry alone."""
    return isinstance(problem, OSError) and problem.errno in _ENDS_ALL


def beneath(label: str, key: bytes) -> str:
    """What messages call a place beneath a destination."""
    return f"{label.rstrip('/')}/{shown(key)}" if key else label


def write_error(problem: Exception, label: str) -> LayertuiError:
    """The sentence for a failure to write `label`: an entry that cannot be made, or a destination that ends it all."""
    code = problem.errno if isinstance(problem, OSError) else None
    reason = os.strerror(code).lower() if code else "a number or name in it is beyond what this system takes"
    match code:
        case errno.ENOSPC | errno.EDQUOT:
            why = "no space is left" if code == errno.ENOSPC else "the quota is used up"
            return UnreachableError(f"{label} cannot be written: {why}.", "Make room, or choose another directory: -o.")
        case errno.EROFS:
            return UnreachableError(f"{label} is on a read-only file system.", "Choose another directory: -o.")
        case errno.EACCES:
            return UnreachableError(
                f"{label} cannot be written: permission denied.", "Choose a directory that you can write to: -o."
            )
        case errno.ENOENT | errno.ENOTDIR | errno.ELOOP | errno.ESTALE:
            return UnreachableError(
                f"{label} cannot be written: its directory was moved, removed or replaced meanwhile.", "Try it again."
            )
        case errno.EMFILE | errno.ENFILE:
            return UnreachableError(
                f"{label} cannot be written: too many open files.", "Raise the limit: ulimit -n 8192"
            )
        case errno.ENAMETOOLONG:
            return PartialResultError(f"{label}: its name or target is longer than this file system takes.")
        case errno.EEXIST:
            return PartialResultError(f"{label}: this file system takes its name for that of another file here.")
        case errno.EILSEQ | errno.EINVAL:
            return PartialResultError(f"{label}: this file system does not take its name or an attribute ({reason}).")
        case errno.EXDEV:
            return UnreachableError(
                f"{label} cannot be written: another file system is mounted beneath it.", "Choose another directory."
            )
        case errno.EFBIG:
            return PartialResultError(f"{label}: the file is larger than this file system takes.")
        case _:
            make = UnreachableError if ends_all(problem) else PartialResultError
            return make(f"{label} cannot be written: {reason}.")
