"""From a tar's columns to a LayerTree: tree order, duplicates, implied parents, hard links.

Within one tar the last member wins (OCI image-spec, layer.md, forbids a path to stand twice; real tars do it), and what
an earlier one left behind is kept as dead: it is listed and its bytes count, but it hides nothing below.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from itertools import compress, islice
from operator import eq

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
WHITEOUT = bytes(kind == Kind.WHITEOUT for kind in range(256))
"""Translates a column of kinds to 1 for whiteouts."""


def build(columns: Columns) -> LayerTree:
    """Make the tree of one layer; `columns` gains the implied directories.

    Raises DamagedError where implied directories exceed their bound.
    """
    keys, kinds = columns.keys, columns.kinds
    order = sorted(range(len(keys)), key=keys.__getitem__)
    in_order = [keys[row] for row in order]
    directories = set(compress(keys, kinds.translate(DIRECTORY)))
    parents = _parents(keys)
    parents |= _closed(parents - directories, directories)
    flags = bytearray(len(keys))
    if any(map(eq, in_order, islice(in_order, 1, None))) or not parents.isdisjoint(
        compress(keys, kinds.translate(PLAIN))
    ):
        _settle_conflicts(columns, order, flags)
        order.sort(key=lambda row: (keys[row], kinds[row] != Kind.WHITEOUT, row))
    _add_implied(columns, flags, parents, directories)
    if len(keys) > len(order):
        order.extend(range(len(order), len(keys)))
        order.sort(key=keys.__getitem__)
    columns.content_bytes = sum(columns.sizes)
    link_rows, lower_links = _hard_links(columns, flags, order)
    return LayerTree(columns, flags, array("I", order), link_rows, lower_links)


def _parents(keys: Iterable[bytes]) -> set[bytes]:
    """The parents of all keys, without the root."""
    parents = {key[: key.rfind(b"\0")] if b"\0" in key else b"" for key in keys}
    parents.discard(b"")
    return parents


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


def _add_implied(columns: Columns, flags: bytearray, parents: set[bytes], alive: set[bytes]) -> None:
    """Append a directory for every parent that has no living entry, and mark the opaque ones."""
    keys, kinds = columns.keys, columns.kinds
    if any(flags):
        dead = {key for key, flag in zip(keys, flags, strict=True) if flag & DEAD}
        living = {keys[row] for row in range(len(keys)) if kinds[row] == Kind.DIRECTORY and not flags[row] & DEAD}
        alive -= dead - living
        parents = _parents(key for key, flag in zip(keys, flags, strict=True) if not flag & DEAD)
    missing = parents - alive
    if b"" not in alive:
        missing.add(b"")
    opaque = columns.opaque
    if not missing and not opaque:
        return
    whiteouts = set(compress(keys, kinds.translate(WHITEOUT)))
    by_entries = missing
    if whiteouts and missing:
        entries = (
            key for key, kind, flag in zip(keys, kinds, flags, strict=True) if kind != Kind.WHITEOUT and not flag
        )
        by_entries = _parents(entries) - alive
    implied = _closed(by_entries, alive)
    passages = _closed((missing | set(opaque)) - alive - implied - {b""}, alive | implied)
    if b"" not in alive:
        implied.add(b"")
    if len(implied) + len(passages) > NODE_FACTOR * len(keys) + NODE_SPARE:
        raise DamagedError(
            f"its names imply more than {NODE_FACTOR} directories an entry, and {NODE_SPARE:,} more.",
            "It looks made to fill memory.",
        )
    root_owner = columns.intern((0o755, 0, 0))
    for group, flag in ((implied, IMPLIED), (passages, IMPLIED | PASSAGE)):
        for key in group:
            keys.append(key)
            kinds.append(Kind.DIRECTORY)
            columns.owners.append(root_owner)
            for column in (columns.mtimes, columns.sizes, columns.offsets):
                column.append(0)
            flags.append(flag)
    if opaque:
        for row, key in enumerate(keys):
            if kinds[row] == Kind.DIRECTORY and key in opaque and not flags[row] & DEAD:
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
    if not links:
        return link_rows, lower
    in_order = [keys[row] for row in order]

    def entry_at(key: bytes) -> int | None:
        at = bisect_left(in_order, key)
        found = None
        while at < len(order) and in_order[at] == key:
            row = order[at]
            if kinds[row] != Kind.WHITEOUT and not flags[row] & (DEAD | IMPLIED):
                found = row
            at += 1
        return found

    target_keys = {row: clean(columns.links[row])[0] for row in links}
    for row in links:
        seen = {row}
        target: int | None = row
        while target is not None and kinds[target] == Kind.HARDLINK:
            key = target_keys[target]
            target = link_rows[target] if target in link_rows and target != row else entry_at(key)
            if target in seen:
                target = None
                columns.warn(f"{shown(keys[row])}: a hard link that leads to itself; its size is unknown.")
                break
            if target is None:
                lower[row] = key
            else:
                seen.add(target)
        if target is not None and kinds[target] == Kind.DIRECTORY:
            columns.warn(f"{shown(keys[row])}: a hard link to a directory; its size is unknown.")
        elif target is not None:
            link_rows[row] = target
    return link_rows, lower
