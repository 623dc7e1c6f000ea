"""Where extracted files go: made aside in a hidden directory, and moved to their place when they are whole."""

import errno
import os
import secrets
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from layertui.errors import LayertuiError, NotFoundError, UnreachableError, UsageError
from layertui.extract.failures import beneath, write_error
from layertui.extract.folder import Folder, open_directory, remove_tree
from layertui.extract.moving import Moves
from layertui.image.blob import file_kind
from layertui.layer.names import parent_of

HIDDEN = ".layertui-"
"""How the names of what is not yet whole begin."""

_INSIDE = b"tree"
"""What is moved; the directory around it is closed to others, which a file's own mode may not be."""


def hidden_name() -> bytes:
    """A name that nobody can guess and put something at."""
    return os.fsencode(HIDDEN + secrets.token_hex(8))


class Destination:
    """A directory that is to be filled, be it there already or not; leaving `filling` leaves nothing half done.

    `folder` is where files are made. A directory that is not there yet appears with all that is in it at once; one
    that is there gets it one name after the other, none of which replaces anything unless that was asked for, and
    where that fails halfway it is as it was.
    """

    folder: Folder
    """What is made is made here; it has no name of its own yet."""

    def __init__(self, path: Path, *, force: bool = False, new: bool = False) -> None:
        self.label = str(path)
        """What messages call it; not made safe for a terminal."""
        self._path = path
        self._force = force
        self._new = new
        self._name = b""
        """Its name in its parent, where it is yet to be made."""
        self._hidden = hidden_name()
        self._existing: set[bytes] = set()
        """Directories of the plan that are there already."""

    @contextmanager
    def filling(self) -> Iterator[None]:
        """Open it and make what is needed beside it; what was not published is gone behind this, whatever happens.

        Raises LayertuiError where it cannot be written to, or is something else.
        """
        with ExitStack() as stack:
            self._target = Folder(self._open(self._path))
            stack.callback(self._target.close)
            if self._new and not self._name:
                raise UsageError(f"{self.label} exists already. Nothing was written.", "Choose another name.")
            # Before anything is made: an interrupt may come between any two steps.
            stack.callback(self._discard)
            self._aside = self._make_aside()
            stack.callback(os.close, self._aside)
            try:
                self.folder = Folder(open_directory(_INSIDE, self._aside))
            except OSError as problem:
                raise write_error(problem, self.label) from problem
            stack.callback(self.folder.close)
            yield

    def _open(self, path: Path) -> int:
        """Its descriptor, or its parent's where it is not there yet; a symlink in its place is refused."""
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
        try:
            if path.name in ("", ".."):
                return os.open(path, flags)
            try:
                return os.open(path, flags | os.O_NOFOLLOW)
            except FileNotFoundError:
                self._name = os.fsencode(path.name)
                return os.open(path.parent, flags)
            except NotADirectoryError:
                mode = os.lstat(path).st_mode
                what = file_kind(mode)
                hint = (
                    f"It is not followed. Name the directory itself: {os.path.realpath(path)}"
                    if stat.S_ISLNK(mode)
                    else "Name a directory, or one that is yet to be made."
                )
                raise UsageError(f"{self.label} is {what}, not a directory.", hint) from None
        except FileNotFoundError:
            raise NotFoundError(
                f"{path.parent} is not there, so {path.name} cannot be made in it.", "Make it first: mkdir -p"
            ) from None
        except (OSError, ValueError) as problem:
            raise write_error(problem, self.label) from problem

    def _make_aside(self) -> int:
        """Make the hidden directory, and in it the one that is filled; returns the descriptor of the former."""
        at = self._target.fileno()
        try:
            os.mkdir(self._hidden, 0o700, dir_fd=at)
            aside = open_directory(self._hidden, at)
            if os.fstat(aside).st_uid == os.geteuid():
                os.mkdir(_INSIDE, 0o777, dir_fd=aside)
                return aside
        except OSError as problem:
            raise write_error(problem, self.label) from problem
        raise UnreachableError(f"{self.label}: another user replaces what is written there.")

    def _discard(self) -> None:
        with suppress(OSError):  # gone, or taken away by somebody else: there is nothing more to say about it
            remove_tree(self._target.fileno(), self._hidden)

    def check(self, directories: Iterable[bytes], others: Iterable[bytes]) -> None:
        """See that what is to be made can take its place; both in tree order. Raises UsageError.

        Nothing is replaced but files by files, and that only with `force`.
        """
        if self._name:
            return
        self._existing = {b""}
        in_the_way: list[str] = []
        try:
            for key in directories:
                if key and parent_of(key) in self._existing and (status := self._target.status(key)) is not None:
                    if stat.S_ISDIR(status.st_mode):
                        self._existing.add(key)
                    else:
                        raise UsageError(
                            f"{beneath(self.label, key)} is {file_kind(status.st_mode)}, where a directory is to be.",
                            "Move it away, or choose another directory.",
                        )
            for key in others:
                if parent_of(key) in self._existing and (status := self._target.status(key)) is not None:
                    if stat.S_ISDIR(status.st_mode):
                        raise UsageError(
                            f"{beneath(self.label, key)} is a directory, where a file is to be.",
                            "Move it away, or choose another directory.",
                        )
                    in_the_way.append(beneath(self.label, key))
        except (OSError, ValueError) as problem:
            raise write_error(problem, self.label) from problem
        if in_the_way and not self._force:
            more = f", and {len(in_the_way) - 1:,} more" if len(in_the_way) > 1 else ""
            raise UsageError(
                f"{in_the_way[0]} exists already{more}. Nothing was written.",
                "--force replaces files, or choose another directory.",
            )

    def publish(
        self, directories: Iterable[bytes], others: Iterable[bytes], finish: Callable[[bytes, int], None]
    ) -> None:
        """Move all that was made to its place, both in tree order; raises LayertuiError, and then it is as it was.

        `finish` is called with the key and the descriptor of each directory whose mode can only be set once it was
        moved: those that stand in one that was there before, or the destination itself.
        """
        moves = Moves(self._aside, self._target, force=self._force)
        try:
            if self._name:
                moves.whole(self.folder, _INSIDE, self._name)
                finish(b"", self.folder.fileno())
                return
            for key in directories:
                if key not in self._existing and parent_of(key) in self._existing:
                    fd = moves.directory(self.folder, key)
                    try:
                        finish(key, fd)
                    finally:
                        os.close(fd)
            for key in others:
                if parent_of(key) in self._existing:
                    moves.file(self.folder, key)
        except (OSError, ValueError) as problem:
            moves.undo()
            raise self._publish_error(problem) from problem
        except BaseException:
            moves.undo()
            raise

    def is_unit(self, key: bytes) -> bool:
        """Whether a directory is one that `publish` calls `finish` with, or that is there already."""
        return not key or key in self._existing or parent_of(key) in self._existing

    def _publish_error(self, problem: OSError | ValueError) -> LayertuiError:
        code = problem.errno if isinstance(problem, OSError) else None
        if code in (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR, errno.EISDIR):
            return UnreachableError(f"{self.label}: something else was put there meanwhile.", "Try it again.")
        return write_error(problem, self.label)
