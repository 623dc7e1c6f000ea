"""From a tar's columns to a LayerTree: tree order, duplicates, implied parents, hard links.

Within one tar the last member wins (OCI image-spec, layer.md, forbids a path to stand twice; real tars do it), and what
an earlier one left behind is kept as dead: it is listed and its bytes count, but it hides nothing below.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from itertools import compress, islice
from operator import eq, not_

from layertui.errors import DamagedError
from layertui.layer.columns import Columns, Kind
from layertui.layer.member import shown
from layertui.layer.names import clean, parent_of
from layertui.layer.tree import DEAD, IMPLIED, OPAQUE, PASSAGE, LayerTree

NODE_FACTOR, NODE_SPARE = 4, 100_000
"""Implied directories may be this many times the members, and this many more: a few long names imply thousands."""

IMPLIED_NAME_BYTES = 256 << 20
"""The most bytes that the names of implied directories may take together."""

DIRECTORY = bytes(kind == Kind.DIRECTORY for kind in range(256))
"""Translates a column of kinds to 1 where it is a directory."""
PLAIN = bytes(kind not in (Kind.DIRECTORY, Kind.WHITEOUT) for kind in range(256))
"""Translates a column of kinds to 1 for what can hold nothing beneath it."""


def build(columns: Columns) -> LayerTree:
    """Make the tree of one layer; `columns` gains the implied directories.

    Raises DamagedError where implied directories exceed their bound.
    """
    keys, kinds = columns.keys, columns.kinds
    order = sorted(range(len(keys)), key=keys.__getitem__)
    in_order = list(map(keys.__getitem__, order))
    directories = set(compress(keys, kinds.translate(DIRECTORY)))
    missing = _closed({prefix[:-1] for prefix in columns.prefixes} - directories, directories)
    columns.prefixes = set()
    flags = bytearray(len(keys))
    stands_twice = any(map(eq, in_order, islice(in_order, 1, None)))
    if stands_twice or not missing.isdisjoint(compress(keys, kinds.translate(PLAIN)) if missing else ()):
        _settle_conflicts(columns, order, flags)
        order.sort(key=lambda row: (keys[row], kinds[row] != Kind.WHITEOUT, row))
    del in_order
    _add_implied(columns, flags, missing, directories)
    if len(keys) == len(flags) == len(order) + 1 and not keys[-1]:
        order.insert(0, len(order))
    elif len(keys) > len(order):
        order.extend(range(len(order), len(keys)))
        order.sort(key=keys.__getitem__)
    columns.content_bytes = sum(columns.sizes)
    link_rows, lower_links = _hard_links(columns, flags, order)
    return LayerTree(columns, flags, array("I", order), link_rows, lower_links)


def _parents(keys: Iterable[bytes]) -> set[bytes]:
    """The parents of all keys."""
    return set(map(parent_of, keys))


def _settle_conflicts(columns: Columns, order: list[int], flags: bytearray) -> None:
    """Mark the rows that a later member of the same tar replaced, in one pass in tree order.

    A member that is no directory also replaces everything that earlier members put beneath its path, and is replaced
    by the first later member beneath it.
    """
    keys, kinds = columns.keys, columns.kinds
    stack: list[list[int]] = []  # for each ancestor: length of its prefix, row it kills up to, last plain row
    prefixes: list[bytes] = []

    def leave() -> None:
        latest_below, last_plain = stack[-1][3], stack[-1][2]
        if 0 <= last_plain < latest_below and not flags[last_plain] & DEAD:
            flags[last_plain] |= DEAD
            columns.warn(f"{shown(keys[last_plain])}: a later member of the same layer lies beneath this path.")
        stack.pop()
        prefixes.pop()
        if stack:
            stack[-1][3] = max(stack[-1][3], latest_below)

    at, count = 0, len(order)
    while at < count:
        key = keys[order[at]]
        group = at
        while at < count and keys[order[at]] == key:
            at += 1
        while prefixes and not key.startswith(prefixes[-1]):
            leave()
        killed_up_to = stack[-1][1] if stack else -1
        entries = [row for row in order[group:at] if kinds[row] != Kind.WHITEOUT]
        whiteouts = [row for row in order[group:at] if kinds[row] == Kind.WHITEOUT]
        for row in whiteouts[:-1]:
            flags[row] |= DEAD
        if len(entries) > 1:
            columns.warn(f"{shown(key)}: stands {len(entries)} times in this layer; the last one counts.")
        for row in entries:
            if row < killed_up_to or row != entries[-1]:
                flags[row] |= DEAD
        plain = max((row for row in entries if kinds[row] != Kind.DIRECTORY), default=-1)
        last_plain = entries[-1] if entries and entries[-1] == plain else -1
        latest = entries[-1] if entries else -1
        if stack:
            stack[-1][3] = max(stack[-1][3], latest)
        stack.append([len(key), max(killed_up_to, plain), last_plain, -1])
        prefixes.append(key + b"\0" if key else b"")
    while stack:
        leave()


def _add_implied(columns: Columns, flags: bytearray, missing: set[bytes], alive: set[bytes]) -> None:
    """Append a directory for every parent that has no living entry, and mark the opaque ones.

    `missing` are the parents without an entry, `alive` the directories that have one.
    """
    keys, kinds, opaque = columns.keys, columns.kinds, columns.opaque
    if flags.strip(b"\0"):
        dead = set(compress(keys, flags))
        alive -= dead
        alive |= {keys[row] for row in range(len(keys)) if kinds[row] == Kind.DIRECTORY and not flags[row]}
        missing = _closed(_parents(compress(keys, map(not_, flags))) - alive, alive)
    by_entries = missing
    if missing and kinds.find(Kind.WHITEOUT) >= 0:
        rows = zip(keys, kinds, flags, strict=True)
        by_entries = _parents(key for key, kind, flag in rows if kind != Kind.WHITEOUT and not flag) - alive
    implied = _closed(by_entries, alive)
    passages = _closed((missing | opaque.keys()) - alive - implied, alive | implied)
    if b"" not in alive:
        implied.add(b"")
    if len(implied) + len(passages) > NODE_FACTOR * len(keys) + NODE_SPARE:
        raise DamagedError(
            f"its names imply more than {NODE_FACTOR} directories an entry, and {NODE_SPARE:,} more.",
            "It looks made to fill memory.",
        )
    root_owner = columns.intern((0o755, 0, 0))
    for group, flag in ((implied, IMPLIED), (passages, IMPLIED | PASSAGE)):
        for key in sorted(group):
            keys.append(key)
            kinds.append(Kind.DIRECTORY)
            columns.owners.append(root_owner)
            for column in (columns.mtimes, columns.sizes, columns.offsets):
                column.append(0)
            flags.append(flag)
    if opaque:
        for row in compress(range(len(keys)), map(opaque.__contains__, keys)):
            if kinds[row] == Kind.DIRECTORY and not flags[row] & DEAD:
                flags[row] |= OPAQUE


def _closed(keys: Iterable[bytes], present: set[bytes]) -> set[bytes]:
    """The keys and all their ancestors that are not present, without the root."""
    closed: set[bytes] = set()
    name_bytes = 0
    for key in keys:
        while key and key not in closed and key not in present:
            closed.add(key)
            name_bytes += len(key)
            if name_bytes > IMPLIED_NAME_BYTES:
                raise DamagedError(
                    f"the names of its implied directories take more than {IMPLIED_NAME_BYTES:,} bytes.",
                    "It looks made to fill memory.",
                )
            key = parent_of(key)
    return closed


def _hard_links(columns: Columns, flags: bytearray, order: list[int]) -> tuple[dict[int, int], dict[int, bytes]]:
    """Second pass: find every hard link's target, wherever in the tar it stands.

    A link whose target is no entry of this layer is left to the fold, which knows the layers below.
    """
    keys, kinds = columns.keys, columns.kinds
    links = [row for row in columns.links if kinds[row] == Kind.HARDLINK]
    link_rows: dict[int, int] = {}
    lower: dict[int, bytes] = {}
    entries: dict[bytes, int | None] = {}
    ends: dict[int, int | bytes | None] = {}  # a row, the key of a path in a lower layer, or None for a ring

    def entry_at(key: bytes) -> int | None:
        if key not in entries:
            at = bisect_left(order, key, key=keys.__getitem__)
            entries[key] = None
            while at < len(order) and keys[order[at]] == key:
                if kinds[order[at]] != Kind.WHITEOUT and not flags[order[at]] & (DEAD | IMPLIED):
                    entries[key] = order[at]
                at += 1
        return entries[key]

    def follow(row: int) -> None:
        trail: dict[int, None] = {}
        end: int | bytes | None = row
        while isinstance(end, int) and kinds[end] == Kind.HARDLINK:
            if end in ends or end in trail:
                end = ends.get(end)
                break
            trail[end] = None
            key = clean(columns.links[end])[0]
            found = entry_at(key)
            end = key if found is None else found
        ends.update(dict.fromkeys(trail, end))

    for row in links:
        follow(row)
        end = ends[row]
        if end is None:
            columns.warn(f"{shown(keys[row])}: a hard link that leads to itself; its size is unknown.")
        elif isinstance(end, bytes):
            lower[row] = end
        elif kinds[end] == Kind.DIRECTORY:
            columns.warn(f"{shown(keys[row])}: a hard link to a directory; its size is unknown.")
        else:
            link_rows[row] = end
    return link_rows, lower
