"""An OCI layout that images are added to (image-layout.md): nothing has its name before it is whole and verified."""

import errno
import fcntl
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from layertui.errors import DamagedError, LayertuiError, NotFoundError, UnreachableError, UsageError
from layertui.image.blob import FileBlob
from layertui.image.bounds import DOCUMENT_BYTES
from layertui.image.digest import Digest
from layertui.image.document import decode
from layertui.image.manifest import CONTAINERD_NAME, REF_NAME, Index, parse_document
from layertui.image.verify import read_document
from layertui.sources.registry.partial import Partial

PARTIAL = ".partial"
"""Directory of what is not whole. It is part of no specification, and is gone once an image is whole."""

_MARK, _INDEX, _BLOBS = "oci-layout", "index.json", "blobs"
_OURS = {_MARK, _INDEX, _BLOBS, PARTIAL}
_EMPTY = b'{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}'
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_CHOOSE = "Choose a directory that is empty or not there yet, or a layout: -o"


def check_destination(root: Path) -> None:
    """Raise LayertuiError where no layout can be made or added to; nothing is written."""
    try:
        fd = _open(root)
    except NotFoundError:
        if not root.parent.is_dir():
            raise
        return
    try:
        _check(fd, str(root))
    finally:
        os.close(fd)


def _open(root: Path) -> int:
    """The descriptor of a directory; raises LayertuiError, NotFoundError where it is not there."""
    try:
        return os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        raise NotFoundError(
            f"{root.parent} is not there, so {root.name} cannot be made in it.", "Make it first: mkdir -p"
        ) from None
    except NotADirectoryError:
        raise UsageError(f"{root} is no directory. Nothing was written.", _CHOOSE) from None
    except (OSError, ValueError) as problem:
        raise _not_written(problem, str(root)) from problem


def _check(fd: int, label: str) -> None:
    """Raise UsageError for a directory that is no layout, and is not empty; DamagedError for a damaged layout."""
    names = set(os.listdir(fd))
    if _INDEX not in names and names <= _OURS:
        return  # a new one, or one whose making was interrupted
    if not {_INDEX, _MARK} <= names:
        raise UsageError(f"{label} holds other things, and is no OCI layout. Nothing was written.", _CHOOSE)
    _read_index(fd, label)


def _read_index(fd: int, label: str) -> dict[str, Any]:
    where = f"{label}: {_INDEX}"
    data = read_document(FileBlob.open(Path(_INDEX), where, at=fd, follow=False))
    if not isinstance(parse_document(data, where), Index):
        raise DamagedError(f"{where} is a manifest, where an index belongs.", _CHOOSE)
    return decode(data, dict[str, Any], where)


class LayoutWriter:
    """A layout that is open for writing, by one program at a time; threads may share it. Close it."""

    def __init__(self, root: Path) -> None:
        """Make it where it is not there; raises LayertuiError where something else is in the way."""
        self.label = str(root)
        """What messages call it."""
        try:
            with suppress(FileExistsError, FileNotFoundError):
                os.mkdir(root)
        except (OSError, ValueError) as problem:
            raise _not_written(problem, self.label) from problem
        self._fd = _open(root)
        try:
            self._lock()
            _check(self._fd, self.label)
            with self._said():
                self._begin()
        except BaseException:
            os.close(self._fd)
            raise

    def close(self) -> None:
        """Let others write to it; what is not whole stays, to be gone on with."""
        with suppress(OSError):  # not empty, then
            os.rmdir(PARTIAL, dir_fd=self._fd)
        os.close(self._fd)

    def __enter__(self) -> "LayoutWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def free_bytes(self) -> int:
        """How much there is room for."""
        with self._said():
            room = os.fstatvfs(self._fd)
        return room.f_bavail * room.f_frsize

    def blob(self, digest: Digest, size_bytes: int) -> FileBlob | None:
        """A blob that is there under its name and has this size; its digest is for the reader to check."""
        try:
            with self._folder(_BLOBS, digest.algorithm) as folder:
                blob = FileBlob.open(Path(digest.hex), f"{self.label}: blob {digest}", at=folder, follow=False)
        except (OSError, LayertuiError):
            return None
        return blob if blob.size_bytes == size_bytes else None

    def partial(self, digest: Digest) -> Partial:
        """What there is of a blob that is not whole, perhaps nothing; close it. Raises LayertuiError."""
        with self._said():
            return self._partial(f"{digest.algorithm}-{digest.hex}")

    def partial_bytes(self, digest: Digest) -> int:
        """How much of a blob that is not whole is there already."""
        try:
            with self._folder(PARTIAL) as folder:
                name = f"{digest.algorithm}-{digest.hex}"
                return os.stat(name, dir_fd=folder, follow_symlinks=False).st_size
        except OSError:
            return 0

    def publish(self, partial: Partial, digest: Digest) -> None:
        """Give a blob its name, now that it is verified; raises LayertuiError."""
        with self._said():
            self._publish(partial, digest.hex, _BLOBS, digest.algorithm)

    def discard(self, partial: Partial) -> None:
        """Remove what turned out to be no blob; raises LayertuiError."""
        with self._said(), self._folder(PARTIAL) as folder:
            os.unlink(partial.name, dir_fd=folder)

    def put(self, digest: Digest, data: bytes) -> None:
        """Add a small blob that is verified; raises LayertuiError."""
        with self._said():
            self._put(f"{digest.algorithm}-{digest.hex}", data, digest.hex, _BLOBS, digest.algorithm)

    def add(self, descriptor: Mapping[str, Any], tag: str | None, name: str) -> None:
        """Let index.json name a manifest or index whose blobs are all there; raises LayertuiError.

        `tag` is its last part alone, as most tools look for it, `name` all of it, as containerd and Docker do. What had
        the same name before loses it, and is still there, as with docker.
        """
        index = _read_index(self._fd, self.label)
        wanted = {**({REF_NAME: tag} if tag else {}), CONTAINERD_NAME: name}
        kept = []
        for entry in index.get("manifests") or []:
            named = dict(entry.get("annotations") or {})
            is_same = entry.get("digest") == descriptor["digest"]
            if named.get(CONTAINERD_NAME) == name:
                named = {key: text for key, text in named.items() if key not in (REF_NAME, CONTAINERD_NAME)}
                if is_same:
                    continue
                entry = {key: value for key, value in entry.items() if key != "annotations"}
                entry |= {"annotations": named} if named else {}
            elif is_same and not {REF_NAME, CONTAINERD_NAME} & named.keys():
                continue  # it has a name from now on
            kept.append(entry)
        data = msgspec.json.encode({**index, "manifests": [*kept, {**descriptor, "annotations": wanted}]})
        if len(data) > DOCUMENT_BYTES.value:
            raise DOCUMENT_BYTES.exceeded(f"{self.label}: {_INDEX}, with one more image,")
        with self._said():
            self._put(_INDEX, data, _INDEX)

    def _lock(self) -> None:
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UnreachableError(f"{self.label} is being written to by another program.", "Wait for it.") from None
        except OSError:
            pass  # a file system without locks: nobody can tell

    def _begin(self) -> None:
        for names in ((PARTIAL,), (_BLOBS,), (_BLOBS, "sha256")):
            with self._folder(*names, make=True):
                pass
        there = os.listdir(self._fd)
        if _MARK not in there:
            self._put(_MARK, b'{"imageLayoutVersion":"1.0.0"}', _MARK)
        if _INDEX not in there:
            self._put(_INDEX, _EMPTY, _INDEX)

    def _put(self, hidden: str, data: bytes, name: str, *folder: str) -> None:
        with self._partial(hidden) as partial:
            partial.empty()
            partial.write(data)
            self._publish(partial, name, *folder)

    def _partial(self, name: str) -> Partial:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        with self._folder(PARTIAL, make=True) as folder:
            fd = os.open(name, flags, 0o666, dir_fd=folder)
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise FileExistsError(errno.EEXIST, "not a file")
        return Partial(fd, name, self._said)

    def _publish(self, partial: Partial, name: str, *folder: str) -> None:
        partial.settle()
        with self._folder(PARTIAL) as source, self._folder(*folder, make=True) as target:
            os.rename(partial.name, name, src_dir_fd=source, dst_dir_fd=target)

    @contextmanager
    def _folder(self, *names: str, make: bool = False) -> Iterator[int]:
        """The descriptor of a directory in the layout, no symlink followed; raises OSError."""
        fd = os.dup(self._fd)
        try:
            for name in names:
                if make:
                    with suppress(FileExistsError):
                        os.mkdir(name, dir_fd=fd)
                below = os.open(name, _DIRECTORY, dir_fd=fd)
                os.close(fd)
                fd = below
            yield fd
        finally:
            os.close(fd)

    @contextmanager
    def _said(self) -> Iterator[None]:
        """What the system refuses, as a sentence."""
        try:
            yield
        except OSError as problem:
            raise _not_written(problem, self.label) from problem


def _not_written(problem: OSError | ValueError, label: str) -> LayertuiError:
    code = problem.errno if isinstance(problem, OSError) else errno.EINVAL
    match code:
        case errno.ENOSPC | errno.EDQUOT:
            why = "no space is left" if code == errno.ENOSPC else "the quota is used up"
            return no_room(f"{label} cannot be written to: {why}.")
        case errno.ENOTDIR | errno.EEXIST | errno.EISDIR | errno.ELOOP | errno.ENOTEMPTY:
            return UsageError(f"{label}: something that is no file or directory of a layout is in the way.", _CHOOSE)
        case _:
            reason = os.strerror(code or errno.EIO).lower()
            return UnreachableError(f"{label} cannot be written to: {reason}.", "Choose another directory: -o")


def no_room(message: str) -> UnreachableError:
    """The error for a disk that is full, or would be."""
    return UnreachableError(message, "Make room, and run the same command again: it goes on from what came so far.")
