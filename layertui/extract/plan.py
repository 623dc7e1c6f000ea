"""What is to be taken out, in tree order: places beneath the destination, and which row of which layer fills each."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import compress

from layertui.errors import NotFoundError, UsageError
from layertui.extract.contents import stored_bytes
from layertui.layer.columns import Kind
from layertui.layer.member import shown
from layertui.layer.names import parent_of
from layertui.layer.tree import Entry, LayerTree
from layertui.stack.squash import Fate, Squash


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to be made."""

    key: bytes
    """Its place beneath the destination; the empty key is the destination itself."""
    layer: int
    """The layer that holds it."""
    row: int
    """The row there, hard links followed: what it is and its metadata."""
    content: tuple[int, int]
    """Layer and row of its content: the same, except where overlay copied only metadata up."""


@dataclass(slots=True)
class Plan:
    """All that is to be made, each kind in tree order."""

    trees: dict[int, LayerTree]
    """By layer number."""
    directories: list[Item] = field(default_factory=list)
    """Each before what lies in it."""
    files: list[Item] = field(default_factory=list)
    others: list[Item] = field(default_factory=list)
    """Symlinks, devices and pipes."""
    links: list[tuple[bytes, bytes]] = field(default_factory=list)
    """Further names, and the place of the file that each is a name of."""
    broken: list[bytes] = field(default_factory=list)
    """Places of hard links whose target no layer holds."""
    whiteouts: int = 0
    """Markers that were passed over: they stand for no file."""
    content_bytes: int = 0
    """What has to be read."""

    def kind(self, item: Item) -> Kind:
        """What an item is."""
        return Kind(self.trees[item.layer].columns.kinds[item.row])

    def entry(self, item: Item) -> Entry:
        """Its metadata: that of the file, also where its name is a hard link's."""
        return self.trees[item.layer].entry(item.row)

    def keys(self) -> Iterator[bytes]:
        """The places of all that is no directory."""
        yield from (item.key for item in self.files)
        yield from (item.key for item in self.others)
        yield from (key for key, _ in self.links)


CHECKED_EVERY = 4096
"""How many things are planned between two looks whether the person has cancelled: some milliseconds."""


def plan_as(
    squash: Squash, position: int, name: bytes, *, layer: int, merged: bool, check: Callable[[], None] | None = None
) -> Plan:
    """Plan to take out one version under a name that the person chose, a directory with all beneath it.

    The empty name is the destination itself, for a directory: what lies in it goes right there. `check` is called now
    and then, and may raise Cancelled. Raises NotFoundError for a whiteout; else as `plan_of`.
    """
    planner = _Planner(squash, squash.merged_mask(layer) if merged else squash.diff_mask(layer), layer, merged, check)
    planner.add(position, name)
    return planner.plan


def plan_of(squash: Squash, positions: Iterable[int], *, layer: int, merged: bool) -> Plan:
    """Plan to take out versions, directories with all beneath them, each under its own name in the destination.

    What lies beneath is that of the merged tree of layers up to `layer`, or of that layer's diff alone, whose markers
    are left out. The root's children go right into the destination. Of positions that lie within each other each is
    taken on its own. Raises UsageError where two would get one name, NotFoundError for a whiteout.
    """
    planner = _Planner(squash, squash.merged_mask(layer) if merged else squash.diff_mask(layer), layer, merged)
    taken: set[bytes] = set()
    for position in dict.fromkeys(positions):
        key = squash.key(position)
        name = key[key.rfind(b"\0") + 1 :]
        if name in taken or (taken and (not name or b"" in taken)):
            raise UsageError(
                f"Two things would stand at {shown(name) or 'the top'} in the destination.",
                "Extract them one after the other, into different directories.",
            )
        taken.add(name)
        planner.add(position, name)
    return planner.plan


class _Planner:
    def __init__(
        self, squash: Squash, mask: bytes, layer: int, merged: bool, check: Callable[[], None] | None = None
    ) -> None:
        self._squash = squash
        self._check = check or (lambda: None)
        self._mask = mask
        self._layer = layer
        self._merged = merged
        trees = dict(enumerate(squash.trees, squash.first))
        self._numbers = {id(tree): number for number, tree in trees.items()}
        self._several = {number: set(tree.link_rows.values()) for number, tree in trees.items()}
        """Rows that have more names than one: only these can be links of each other."""
        for source in squash.lower_links.values():
            number, row = self._data(source)
            self._several[number].add(row)
        self._leading: dict[bytes, int] = {}
        """Directories that only lead to something, as long as that may be markers alone."""
        self._first_names: dict[tuple[int, int], bytes] = {}
        self.plan = Plan(trees)

    def add(self, position: int, name: bytes) -> None:
        """Plan one version and what lies beneath it."""
        squash, plan = self._squash, self.plan
        if squash.kind(position) == Kind.WHITEOUT:
            raise NotFoundError(f"{shown(squash.path(position))} is a whiteout there: it has no content.")
        self._item(position, name)
        if squash.kind(position) != Kind.DIRECTORY:
            return
        key = squash.key(position)
        cut = len(key) + (1 if key and not name else 0)  # a NUL parts a directory's name from what lies in it
        start, end = squash.run(squash.path(position)).stop, squash.subtree_ends[position]
        for count, below in enumerate(compress(range(start, end), self._mask[start:end])):
            if not count % CHECKED_EVERY:
                self._check()
            if squash.kind(below) == Kind.WHITEOUT:
                plan.whiteouts += 1
                continue
            key = name + squash.key(below)[cut:]
            if squash.fates[below] in (Fate.MARKER, Fate.CONTEXT):
                self._leading[key] = below
            elif self._merged or squash.ends[below] != squash.layers[below]:  # else a later member replaced it
                self._lead_to(key)
                self._item(below, key)

    def _lead_to(self, key: bytes) -> None:
        """Plan the directories that a layer does not hold itself and that something in it lies in."""
        leading = []
        while (key := parent_of(key)) in self._leading:
            leading.append(key)
        for parent in reversed(leading):
            self._item(self._leading.pop(parent), parent)

    def _item(self, position: int, key: bytes) -> None:
        plan = self.plan
        number, row = self._data(position)
        tree = plan.trees[number]
        kind = tree.columns.kinds[row]
        holder, content_row = self._squash.content_position(position)
        item = Item(key, number, row, (self._numbers[id(holder)], content_row))
        if kind == Kind.DIRECTORY:
            plan.directories.append(item)
        elif kind in (Kind.HARDLINK, Kind.WHITEOUT):
            plan.broken.append(key)
        elif row in self._several[number] and self._first_names.setdefault((number, row), key) != key:
            plan.links.append((key, self._first_names[number, row]))
        elif kind == Kind.FILE:
            plan.files.append(item)
            plan.content_bytes += stored_bytes(plan.trees[item.content[0]], item.content[1])
        else:
            plan.others.append(item)

    def _data(self, position: int) -> tuple[int, int]:
        """The layer and row that a version is, hard links followed."""
        tree, row = self._squash.data_position(position)
        return self._numbers[id(tree)], row
