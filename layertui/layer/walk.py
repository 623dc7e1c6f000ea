"""A layer that is listed by walking its directory, as a storage driver keeps it."""

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from layertui.errors import LayertuiError, UnreachableError
from layertui.layer.beneath import Beneath, Root, opened
from layertui.layer.build import build
from layertui.layer.columns import Columns, Kind, Owner
from layertui.layer.dialect import (
    CAPABILITY,
    FUSE_OPAQUE_NAME,
    KINDS,
    Dialect,
    Override,
    listed_xattrs,
    sees_trusted_xattrs,
)
from layertui.layer.files import FilesWindow, place
from layertui.layer.member import shown
from layertui.layer.names import COMPONENT_LIMIT, PATH_LIMIT_BYTES, path_of
from layertui.layer.owners import OwnerMap
from layertui.layer.stored import StoredTree
from layertui.layer.tar import Damage
from layertui.layer.tree import LayerTree
from layertui.layer.whiteout import PREFIX, Marker, marker_of
from layertui.layer.window import Tick

KEPT_OPEN = 32
"""How many directories on the way down stay open: a process may have 1,024 files open, a path as many components."""

TICK_ENTRIES = 256
"""How many entries are read between two calls of tick: a millisecond or so."""

WALKED = "a walk of its directory"
"""How such a layer is read, for the person."""

_WITH_XATTRS = frozenset({stat.S_IFREG, stat.S_IFDIR})
"""What can carry an image's attributes: symlinks and devices have none that a user or an engine sets."""

HIDDEN_MARKERS = "opaque markers cannot be read; deleted files may appear"
"""What is wrong with a layer of overlay's that is walked without CAP_SYS_ADMIN."""


class WalkedLayer(StoredTree):
    """A layer that is files in a directory; `owners` maps them to what they are in the container."""

    def __init__(
        self, root: Root, label: str, dialect: Dialect, owners: OwnerMap | None = None, *, method: str = WALKED
    ) -> None:
        self.label = label
        self.size_bytes = 0
        self.method = method
        self.dialect = dialect
        """Which driver wrote it."""
        self._root = root
        self._owners = owners

    def read(self, tick: Tick) -> LayerTree:
        """See StoredTree.read; entries are counted as what is done.

        What vanishes or cannot be read is left out with a warning, and counts as refused.
        """
        walk = _Walk(opened(self._root), self.dialect, self._owners, tick)
        walk.run()
        columns = walk.columns
        place(columns, self.label)
        # Only a directory can carry an opaque marker; the build adds implied ones.
        hidden = self.dialect is Dialect.OVERLAY and Kind.DIRECTORY in columns.kinds and not sees_trusted_xattrs()
        return replace(build(columns), damage=Damage(HIDDEN_MARKERS, None) if hidden else None)

    def window(self, tree: LayerTree) -> FilesWindow:
        """See StoredTree.window."""
        return FilesWindow(self._root, tree, self.label)


@dataclass(slots=True)
class _Frame:
    """A directory that is being walked."""

    key: bytes
    directory: Beneath | None
    """None while it is closed, so that not too many are open."""
    names: Iterator[bytes]
    """What is in it and still to come, in tree order."""
    has_whiteouts: bool
    """Whether it says that files with an attribute in it may be whiteouts (overlay: `opaque` is `x`)."""


class _Walk:
    """One pass over a directory, in tree order: the first name of an inode is the file, the later ones its links."""

    def __init__(self, root: Beneath, dialect: Dialect, owners: OwnerMap | None, tick: Tick) -> None:
        self.columns = Columns()
        self._root = root
        self._dialect = dialect
        self._owners = owners
        self._tick = tick
        self._first_rows: dict[tuple[int, int], int] = {}
        """Rows by device and inode number, of what has more names than one."""
        self._frames: list[_Frame] = []
        self._unmapped: set[tuple[int, int]] = set()
        self._looked_at = 0

    def run(self) -> None:
        """Walk all of it. Raises LayertuiError where the root cannot be read, and what tick raises."""
        attributes = self._xattrs(self._root, b".")
        self._frames.append(self._frame(b"", self._root, attributes))
        while self._frames:
            frame = self._frames[-1]
            name = next(frame.names, b"")
            if not name:
                self._frames.pop()
                continue
            self._looked_at += 1
            if not self._looked_at % TICK_ENTRIES:
                self._tick(self._looked_at)
            try:
                self._look_at(frame, name)
            except LayertuiError as error:
                self.columns.refuse(error.message.removeprefix(f"{self._root.label}/"))
        self._sum_up()

    def _look_at(self, frame: _Frame, name: bytes) -> None:
        """Make of a name what it stands for; a directory is walked next.

        Raises LayertuiError for what is gone or cannot be looked at.
        """
        key = _joined(frame.key, name)
        if len(key) > PATH_LIMIT_BYTES or key.count(b"\0") >= COMPONENT_LIMIT:
            self.columns.refuse(f"{shown(key[:80])}...: its path is longer than any engine can make one.")
            return
        directory = self._opened(frame)
        status = directory.status(name)
        if name.startswith(PREFIX) and self._is_marker_file(frame.key, key, name, status):
            return
        attributes = self._xattrs(directory, name) if stat.S_IFMT(status.st_mode) in _WITH_XATTRS else {}
        if self._dialect.is_whiteout(status, attributes, by_attribute=frame.has_whiteouts):
            self._add(key, Kind.WHITEOUT, status)
            return
        override = Override.of(attributes) if self._dialect is Dialect.FUSE else None
        stands_for = stat.S_IFMT(override.mode) if override and stat.S_ISREG(status.st_mode) else 0
        kind = KINDS.get(stands_for or stat.S_IFMT(status.st_mode))
        if kind is None:
            self.columns.warn(f"{shown(key)}: a socket, which no layer can hold: a commit leaves it out.")
            return
        columns, row = self.columns, len(self.columns.keys)
        link = directory.link_target(name) if kind is Kind.SYMLINK else None
        if kind is not Kind.DIRECTORY and status.st_nlink > 1:
            first = self._first_rows.setdefault((status.st_dev, status.st_ino), row)
            if first != row:
                kind, link = Kind.HARDLINK, path_of(columns.keys[first])
        self._add(key, kind, status, override)
        if link is not None:
            columns.links[row] = link
        if kind in (Kind.CHAR, Kind.BLOCK):
            columns.devices[row] = override.device if override else (os.major(status.st_rdev), os.minor(status.st_rdev))
        if attributes:
            self._add_attributes(key, row, kind, attributes)
        if kind is Kind.DIRECTORY:
            self._frames.append(self._frame(key, directory.directory(name), attributes))
            if len(self._frames) > KEPT_OPEN:
                self._frames[-KEPT_OPEN - 1].directory = None

    def _add(self, key: bytes, kind: Kind, status: os.stat_result, override: Override | None = None) -> None:
        columns = self.columns
        columns.keys.append(key)
        columns.prefixes.add(key[: key.rfind(b"\0") + 1])
        columns.kinds.append(kind)
        columns.owners.append(columns.intern(self._owner(status, override)))
        columns.mtimes.append(max(-(1 << 63), min(status.st_mtime_ns, (1 << 63) - 1)))
        columns.sizes.append(status.st_size if kind is Kind.FILE else 0)

    def _owner(self, status: os.stat_result, override: Override | None) -> Owner:
        if override is not None:
            return override.mode & 0o7777, override.uid, override.gid
        mode, uid, gid = status.st_mode & 0o7777, status.st_uid, status.st_gid
        if self._owners is not None:
            inside = self._owners.inside(uid, gid)
            if None in inside:
                self._unmapped.add((uid, gid))
            uid, gid = (raw if mapped is None else mapped for raw, mapped in zip((uid, gid), inside, strict=True))
        return mode, uid, gid

    def _add_attributes(self, key: bytes, row: int, kind: Kind, attributes: Mapping[bytes, bytes]) -> None:
        """Keep what belongs to the image, and what overlay says of a file by its own attributes."""
        columns = self.columns
        if listed := listed_xattrs(attributes):
            if self._owners is not None and CAPABILITY in attributes:
                named = dict(listed)
                named[CAPABILITY] = self._owners.capability(named[CAPABILITY])
                listed = tuple(named.items())
            columns.xattrs[row] = listed
        if kind is Kind.FILE and self._dialect.attribute(attributes, b"metacopy") is not None:
            columns.metacopies.add(row)
        redirect = self._dialect.attribute(attributes, b"redirect")
        if redirect is not None:
            columns.warn(
                f"{shown(key)}: was renamed (overlay redirect); what layers below hold of it is at {shown(redirect)}, "
                "which is not followed."
            )

    def _is_marker_file(self, parent: bytes, key: bytes, name: bytes, status: os.stat_result) -> bool:
        """Take in a file named `.wh.` something, where the driver means a marker by it; False where it is a file."""
        columns = self.columns
        if not self._dialect.has_marker_files:
            if self._dialect.is_overlay:
                columns.warn(f"{shown(key)}: a real file; a commit turns it into a whiteout.")
            return False
        if name == FUSE_OPAQUE_NAME and self._dialect.is_whiteout(status, {}, by_attribute=False):
            columns.opaque[parent] = None
            return True
        match marker_of(name):
            case Marker.OPAQUE:
                columns.opaque[parent] = None
            case Marker.CONTROL if parent:
                columns.warn(f"{shown(key)}: a control entry of aufs, neither a file nor a whiteout.")
            case Marker.NAMELESS:
                columns.refuse(f"{shown(key)}: a whiteout that names nothing is passed over.")
            case Marker.WHITEOUT:
                self._add(_joined(parent, name[len(PREFIX) :]), Kind.WHITEOUT, status)
            case _:
                pass  # at the root, aufs always has its control entries
        return True

    def _frame(self, key: bytes, directory: Beneath, attributes: Mapping[bytes, bytes]) -> _Frame:
        """Begin a directory: list it, and take in what its own attributes say."""
        names = []
        for at, name in enumerate(directory.names()):
            if not at % TICK_ENTRIES:
                self._tick(self._looked_at)
            names.append(name)
        names.sort()
        opaque = self._dialect.attribute(attributes, b"opaque")
        if opaque == b"y":
            self.columns.opaque[key] = None
        return _Frame(key, directory, iter(names), opaque == b"x")

    def _opened(self, frame: _Frame) -> Beneath:
        if frame.directory is None:
            frame.directory = self._root.directory(frame.key)
        return frame.directory

    def _xattrs(self, directory: Beneath, name: bytes) -> dict[bytes, bytes]:
        """A name's extended attributes; where they cannot be read there are none, and that is told.

        Raises NotFoundError where the name is gone.
        """
        try:
            return directory.xattrs(name)
        except UnreachableError as error:
            self.columns.refuse(error.message.removeprefix(f"{self._root.label}/"))
            return {}

    def _sum_up(self) -> None:
        """Say what is true of many entries once."""
        columns = self.columns
        columns.member_count = len(columns.keys) + len(columns.opaque)
        if columns.metacopies:
            count = len(columns.metacopies)
            files = "1 file holds" if count == 1 else f"{count:,} files hold"
            columns.warn(f"{files} metadata only (overlay metacopy): the content is that of the layers below.")
        if self._unmapped:
            uid, gid = min(self._unmapped)
            columns.warn(f"owners outside the recorded ranges, such as {uid}:{gid}, are shown as they are on disk.")


def _joined(parent: bytes, name: bytes) -> bytes:
    return parent + b"\0" + name if parent else name
