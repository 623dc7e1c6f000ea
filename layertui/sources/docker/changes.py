"""A container's writable layer without access to the disk: the engine's list of changes, joined with its export.

`docker diff` compares size, mode and time only and lists parents as modified whose content changed; what it does not
list is not known here, but for further names of a hard link that is. Metadata and contents of what it lists come from
the export of the container's merged tree.
"""

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import replace
from threading import Lock

from layertui.layer.build import build
from layertui.layer.columns import Columns, Kind
from layertui.layer.names import clean, path_of
from layertui.layer.stored import StoredTree, Transfer
from layertui.layer.tree import LayerTree
from layertui.layer.window import Tick, Window
from layertui.sources.docker.answers import Change
from layertui.sources.docker.arriving import Stream, arrivals
from layertui.sources.docker.body import Body
from layertui.sources.docker.client import ANSWER_BYTES, Client, decode_answer
from layertui.sources.docker.kept import Kept

METHOD = "the engine's list of changes and export"
"""How such a layer is read, for the person."""

_DELETED = 2
"""The kind of a change that removed a path (moby, archive.ChangeDelete)."""

_REPLACEMENT = "\ufffd".encode()
"""What stands in JSON for bytes that are not UTF-8: the path of a removed file cannot be told then."""

_DIRECTORY, _WHITEOUT = int(Kind.DIRECTORY), int(Kind.WHITEOUT)


class ChangedLayer(StoredTree):
    """The writable layer of a container, as its engine tells it."""

    is_whole = False

    def __init__(self, client: Client, container_id: str, label: str, name: str) -> None:
        """Nothing is asked yet; `name` is what messages call the container."""
        self.label = label
        self.size_bytes = 0
        self.method = METHOD
        self.transfer = self._transfer = Transfer("export", None)
        self._client, self._container_id, self._name = client, container_id, name
        self._lock = Lock()
        self._kept: Kept | None = None

    def read(self, tick: Tick) -> LayerTree:
        """See StoredTree.read."""
        while not self._lock.acquire(timeout=0.1):
            tick(0)
        try:
            return self._read(tick)
        finally:
            self._lock.release()

    def window(self, tree: LayerTree) -> Window:
        """See StoredTree.window; only what is listed is kept, and what a later reading keeps comes behind it."""
        kept = self._kept = self._kept or Kept()
        return kept.window(0, kept.size_bytes)

    def _read(self, tick: Tick) -> LayerTree:
        path = f"/containers/{self._container_id}"
        what = f"the container {self._name}"
        listed = self._listed(f"{path}/changes", f"the changes of {what}", tick)
        removed = {_key(change.path) for change in listed if change.kind == _DELETED}
        changed = {_key(change.path) for change in listed if change.kind != _DELETED}
        if not listed:
            return build(Columns())
        columns, opaque, linked = self._exported(path, what, changed, removed, tick)
        if linked:
            # Their contents went by before the names that tell that they belong here.
            changed |= linked
            columns, opaque, _ = self._exported(path, what, changed, removed, tick)
        came = {_lossy(key) for key in columns.keys}
        unreadable = {key for key in removed if _REPLACEMENT in key}
        missing = (changed | unreadable) - came
        for key in sorted(removed - unreadable - came):
            _whiteout(columns, key)
        columns.opaque = dict.fromkeys(sorted(opaque))
        problems: tuple[str, ...] = ()
        if missing:
            some = ", ".join(sorted(path_of(key).decode("utf-8", "replace") for key in missing)[:3])
            problems = (
                f"{len(missing):,} changed paths of the engine's list are not shown: its export does not have"
                f" them, or their names are not UTF-8 ({some}).",
            )
        return replace(build(columns), problems=problems)

    def _listed(self, path: str, what: str, tick: Tick) -> list[Change]:
        """The engine's list, which some storage drivers compare all files for."""
        body = Body(self._client, path, what)
        try:
            data = b"".join(body.chunks(tick, ANSWER_BYTES))
        finally:
            body.close()
        return decode_answer(data, list[Change], f"{self._client.who}: {what}")

    def _exported(
        self, path: str, what: str, changed: set[bytes], removed: set[bytes], tick: Tick
    ) -> tuple[Columns, set[bytes], set[bytes]]:
        """One export, joined with the list; see `_join`."""
        kept = self._kept = self._kept or Kept()
        self._transfer.done_bytes, self._transfer.ended = 0, False
        body = Body(self._client, f"{path}/export", what)
        try:
            return self._join(body, changed, removed, kept, tick)
        finally:
            body.close()
            self._transfer.ended = True

    def _join(
        self, body: Body, changed: set[bytes], removed: set[bytes], kept: Kept, tick: Tick
    ) -> tuple[Columns, set[bytes], set[bytes]]:
        """The members of the export that are listed, and the directories among them that were made anew.

        The third are names that are not listed and yet belong to the layer: hard links of a file that is, since names
        of one inode are in one layer. An engine that compares with the image does not notice that they were copied up.
        """
        everything = Columns()
        rows: list[int] = []
        opaque: set[bytes] = set()
        label = f"{self._client.who}: the export of the container {self._name}"
        for arrival in arrivals(Stream(self._chunks(body, tick)), everything, label):
            row = arrival.row
            key = _lossy(everything.keys[row])
            if key not in changed and key not in removed:
                continue
            rows.append(row)
            if key in removed and everything.kinds[row] == _DIRECTORY:
                opaque.add(everything.keys[row])
            everything.offsets[row] = kept.size_bytes
            for part in arrival.content():
                kept.append(part)
        return _only(everything, rows), opaque, _linked(everything, changed) - changed

    def _chunks(self, body: Body, tick: Tick) -> Iterator[bytes]:
        for chunk in body.chunks(tick):
            self._transfer.done_bytes += len(chunk)
            yield chunk


def _linked(columns: Columns, changed: set[bytes]) -> set[bytes]:
    """Keys of all members that are the same file as a changed one."""
    groups: dict[bytes, set[bytes]] = {}
    for row, target in columns.links.items():
        if columns.kinds[row] == Kind.HARDLINK:
            first = clean(target)[0]
            groups.setdefault(first, {_lossy(first)}).add(_lossy(columns.keys[row]))
    return {key for group in groups.values() if group & changed for key in group}


def _key(path: str) -> bytes:
    return clean(path.encode("utf-8", "surrogateescape").replace(b"\0", b""))[0]


def _lossy(key: bytes) -> bytes:
    """A key as the engine's JSON has it, where bytes that are not UTF-8 are replaced."""
    return key if key.isascii() else key.decode("utf-8", "replace").encode()


def _only(columns: Columns, rows: Iterable[int]) -> Columns:
    """Some rows of columns, in order."""
    rows = list(rows)
    some = Columns(owner_table=columns.owner_table, owner_index=columns.owner_index)
    some.keys = [columns.keys[row] for row in rows]
    some.kinds = bytearray(columns.kinds[row] for row in rows)
    some.owners = array("I", (columns.owners[row] for row in rows))
    for name in ("mtimes", "sizes", "offsets"):
        column = getattr(columns, name)
        setattr(some, name, array("q", (column[row] for row in rows)))
    for at, row in enumerate(rows):
        for name in ("links", "xattrs", "devices", "sparse"):
            values = getattr(columns, name)
            if row in values:
                getattr(some, name)[at] = values[row]
    some.prefixes = {key[: key.rfind(b"\0") + 1] for key in some.keys}
    some.member_count = len(rows)
    return some


def _whiteout(columns: Columns, key: bytes) -> None:
    columns.keys.append(key)
    columns.kinds.append(_WHITEOUT)
    columns.owners.append(columns.intern((0, 0, 0)))
    for column in (columns.mtimes, columns.sizes, columns.offsets):
        column.append(0)
    columns.prefixes.add(key[: key.rfind(b"\0") + 1])
    columns.member_count += 1
