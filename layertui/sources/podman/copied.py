"""The layer of a container that is a copy of its whole image (vfs): what it changed, by comparing the two."""

from collections.abc import Iterator

from layertui.layer.beneath import Root
from layertui.layer.build import build
from layertui.layer.columns import Columns, Kind
from layertui.layer.dialect import Dialect
from layertui.layer.files import FilesWindow, place
from layertui.layer.names import parent_of, path_of
from layertui.layer.owners import OwnerMap
from layertui.layer.stored import StoredTree
from layertui.layer.tree import LayerTree
from layertui.layer.walk import WalkedLayer
from layertui.layer.window import Tick

COMPARED = "a walk of its directory and of its image's"
"""How such a layer is read, for the person."""


class CopiedLayer(StoredTree):
    """A layer whose directory holds all layers below too; `below` is the directory of the layer beneath it.

    It differs where a commit would say so (containers/storage, `archive/changes_linux.go`): mode, owner, xattrs, and
    of all but directories size, mtime and target. A file that was changed with size and mtime kept is not noticed.
    """

    def __init__(
        self, root: Root, below: Root, label: str, owners: OwnerMap | None = None, below_owners: OwnerMap | None = None
    ) -> None:
        self.label = label
        self.size_bytes = 0
        self.method = COMPARED
        self._root = root
        self._own = WalkedLayer(root, label, Dialect.PLAIN, owners)
        self._below = WalkedLayer(below, label, Dialect.PLAIN, below_owners)

    def read(self, tick: Tick) -> LayerTree:
        """See StoredTree.read; entries are counted as what is done."""
        below = self._below.read(tick)
        columns = _difference(self._own.read(lambda done: tick(done + len(below))), below)
        place(columns, self.label)
        return build(columns)

    def window(self, tree: LayerTree) -> FilesWindow:
        """See StoredTree.window."""
        return FilesWindow(self._root, tree, self.label)


def _difference(own: LayerTree, below: LayerTree) -> Columns:
    """What a tar of the changes would hold: what differs with the directories that it is in, and whiteouts."""
    rows = {own.columns.keys[row]: row for row in range(own.entry_count)}
    lower = {below.columns.keys[row]: row for row in range(below.entry_count)}
    changed = [key for key, row in rows.items() if key not in lower or _facts(own, row) != _facts(below, lower[key])]
    removed = [key for key in lower if key not in rows and _is_directory(own, rows, parent_of(key))]
    kept = {rows[key] for key in changed}
    for key in (*changed, *removed):
        kept.update(rows[parent] for parent in _parents(key))
    columns = Columns()
    _copy(own, sorted(kept), columns)
    for key in removed:
        _add(columns, key, Kind.WHITEOUT, (0, 0, 0), 0, 0)
    columns.member_count = len(columns.keys)
    for tree in (own, below):
        columns.refused_count += tree.columns.refused_count
        for warning in tree.columns.warnings:
            columns.warn(warning)
    return columns


def _facts(tree: LayerTree, row: int) -> tuple[object, ...]:
    """What of an entry counts when two are compared; names of one file are alike."""
    columns, data = tree.columns, tree.data_row(row)
    kind = columns.kinds[data]
    owner, xattrs = columns.owner_table[columns.owners[data]], columns.xattrs.get(data)
    if kind == Kind.DIRECTORY:
        return kind, owner, xattrs
    return (
        kind,
        owner,
        xattrs,
        columns.sizes[data],
        columns.mtimes[data],
        columns.links.get(data),
        columns.devices.get(data),
    )


def _is_directory(tree: LayerTree, rows: dict[bytes, int], key: bytes) -> bool:
    return not key or (key in rows and tree.columns.kinds[rows[key]] == Kind.DIRECTORY)


def _parents(key: bytes) -> Iterator[bytes]:
    """The directories that a key lies in, without the root."""
    while key := parent_of(key):
        yield key


def _copy(tree: LayerTree, rows: list[int], columns: Columns) -> None:
    """Take over rows; of the names of one file the first that is taken has its content, the others are links to it."""
    first: dict[int, bytes] = {}
    for row in rows:
        key, data, source = tree.columns.keys[row], tree.data_row(row), tree.columns
        kind, at = Kind(source.kinds[data]), len(columns.keys)
        is_link = first.setdefault(data, key) != key
        size = 0 if is_link else source.sizes[data]
        owner = source.owner_table[source.owners[data]]
        _add(columns, key, Kind.HARDLINK if is_link else kind, owner, source.mtimes[data], size)
        if is_link:
            columns.links[at] = path_of(first[data])
        elif data in source.links:
            columns.links[at] = source.links[data]
        if data in source.devices and not is_link:
            columns.devices[at] = source.devices[data]
        if data in source.xattrs:
            columns.xattrs[at] = source.xattrs[data]


def _add(columns: Columns, key: bytes, kind: Kind, owner: tuple[int, int, int], mtime_ns: int, size: int) -> None:
    columns.keys.append(key)
    columns.prefixes.add(key[: key.rfind(b"\0") + 1])
    columns.kinds.append(kind)
    columns.owners.append(columns.intern(owner))
    columns.mtimes.append(mtime_ns)
    columns.sizes.append(size)
