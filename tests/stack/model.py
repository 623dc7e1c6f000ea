"""A naive model of the layering rules: plain dicts of path to version, one layer applied after another.

It is written from the specification (OCI image-spec, layer.md, "Applying Changesets", "Whiteouts" and "Opaque
Whiteout") and from the project's layering rules, and it shares nothing with the fold but the words for kinds, states
and outcomes: it walks every descendant, again and again, where the fold walks none. Slow, and easy to check by eye.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from layertui.layer.columns import Kind
from layertui.stack.state import Outcome, State

ROOT = "."

TYPES = {
    b"0": Kind.FILE,
    b"1": Kind.HARDLINK,
    b"2": Kind.SYMLINK,
    b"3": Kind.CHAR,
    b"4": Kind.BLOCK,
    b"5": Kind.DIRECTORY,
    b"6": Kind.FIFO,
}


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a layer's tar, as it is written."""

    name: str
    type: bytes = b"0"
    content: bytes = b""
    link: str = ""
    mode: int = 0o644
    mtime_s: int = 0
    device: tuple[int, int] = (0, 0)


@cache
def tar_member(member: Member) -> bytes:
    """A ustar header and its data; cached, since random stacks draw the same few members over and over."""
    header = bytearray(512)
    name, link = member.name.encode(), member.link.encode()
    header[0 : len(name)] = name
    header[100:136] = b"%07o\0%07o\0%07o\0%011o\0" % (member.mode, 0, 0, len(member.content))
    header[136:148] = b"%011o\0" % member.mtime_s
    header[156:157] = member.type
    header[157 : 157 + len(link)] = link
    header[257:265] = b"ustar\x0000"
    header[329:345] = b"%07o\0%07o\0" % member.device
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + member.content + bytes(-len(member.content) % 512)


def tar_of(members: Sequence[Member]) -> bytes:
    """The tar of one layer."""
    return b"".join(map(tar_member, members)) + bytes(1024)


@cache
def cleaned(name: str) -> str:
    """A name without `.`, doubled slashes and the root's slash, `..` clamped at the root."""
    parts: list[str] = []
    for part in name.split("/"):
        if part == ".." and parts:
            parts.pop()
        elif part not in ("", ".", ".."):
            parts.append(part)
    return "/".join(parts) or ROOT


@cache
def parents(path: str) -> tuple[str, ...]:
    """All ancestors of a path, nearest first, the root last."""
    found = []
    while "/" in path:
        path = path.rpartition("/")[0]
        found.append(path)
    return (*found, ROOT)


@cache
def is_beneath(path: str, directory: str) -> bool:
    """Whether a path lies strictly beneath a directory."""
    return path != ROOT and (directory == ROOT or path.startswith(directory + "/"))


def depth(path: str) -> int:
    """Components of a path; 0 is the root."""
    return 0 if path == ROOT else path.count("/") + 1


def tree_key(path: str) -> tuple[str, ...]:
    """Orders paths as a tree is listed: a directory, then all that is beneath it."""
    return () if path == ROOT else tuple(path.split("/"))


@dataclass(slots=True, eq=False)
class Version:
    """One version of a path, or a marker, and what becomes of it."""

    path: str
    layer: int
    row: int | None
    """Its place among the layer's entries and whiteouts; None for what the tar does not hold itself."""
    kind: Kind
    member: Member | None = None
    is_marker: bool = False
    hides_nothing: bool = False
    """A whiteout of a path that is not there."""
    state: State = State.ADDED
    """As told without comparing contents."""
    settled: State = State.ADDED
    """As told when contents were compared."""
    outcome: Outcome = Outcome.ONLY
    by_layer: int | None = None
    content_kind: Kind = Kind.FILE
    """What it is once hard links are followed."""
    content: bytes | None = b""
    """None where a hard link's target is not known."""
    target: str = ""
    """A symbolic link's, hard links followed."""
    device: tuple[int, int] = (0, 0)

    @property
    def is_implied(self) -> bool:
        return self.row is None

    @property
    def is_directory(self) -> bool:
        return self.kind is Kind.DIRECTORY

    @property
    def metadata(self) -> tuple[int, int]:
        assert self.member is not None
        return self.member.mode, self.member.mtime_s


@dataclass(slots=True)
class Model:
    """What a stack of layers makes."""

    versions: list[Version] = field(default_factory=list)
    """Every version and marker that a history may name, in no order."""
    merged_after: list[dict[str, Version]] = field(default_factory=list)
    """The merged tree after each layer."""
    history: dict[str, list[Version]] = field(default_factory=dict)
    """Versions and markers of each path, base to top."""
    paths: set[str] = field(default_factory=set)
    """Every path that some layer names or implies, by entries or markers."""


class _Layer:
    """One layer on its own: what its tar holds once it was read to the end."""

    def __init__(self, number: int, members: Sequence[Member]) -> None:
        self.number = number
        self.own: dict[str, Version] = {}
        """What the layer puts into the tree: its living entries, and the directories that they imply."""
        self.entries: list[Version] = []
        """All entries in tar order, those that a later one replaced too."""
        self.whiteouts: list[Version] = []
        self.opaque: set[str] = set()
        row = 0
        for member in members:
            path = cleaned(member.name)
            directory, _, name = path.rpartition("/")
            if name == ".wh..wh..opq":
                self.opaque.add(directory or ROOT)
                continue
            if name.startswith(".wh.."):  # aufs' control entries, and `.wh..`, which names nothing
                continue
            if name.startswith(".wh."):
                hidden = cleaned(f"{directory}/{name[4:]}")
                self.whiteouts.append(Version(hidden, number, row, Kind.WHITEOUT, member, is_marker=True))
            else:
                self._add(Version(path, number, row, TYPES[member.type], member))
            row += 1
        for path in list(self.own):
            for parent in parents(path):
                self.own.setdefault(parent, Version(parent, number, None, Kind.DIRECTORY))
        self.own.setdefault(ROOT, Version(ROOT, number, None, Kind.DIRECTORY))
        self._doom()

    def _add(self, version: Version) -> None:
        """Extract one entry over those before it: the last one at a path wins, a type change removes a subtree."""
        for path, other in list(self.own.items()):
            if (
                path == version.path
                or (is_beneath(path, version.path) and not version.is_directory)
                or (is_beneath(version.path, path) and not other.is_directory)
            ):
                del self.own[path]
        self.own[version.path] = version
        self.entries.append(version)

    def _doom(self) -> None:
        """Those that a later member of the same tar replaced are born dead, and hide nothing."""
        for at, version in enumerate(self.entries):
            if self.own.get(version.path) is not version:
                # Reading: "shadowed if that layer holds its own entry at this same path" also when that later entry
                # was replaced in its turn.
                again = any(later.path == version.path for later in self.entries[at + 1 :])
                version.outcome = Outcome.SHADOWED if again else Outcome.DELETED
                version.by_layer = self.number

    def is_living(self, version: Version) -> bool:
        return self.own.get(version.path) is version


def replay(layers: Sequence[Sequence[Member]]) -> Model:
    """Apply layers base to top."""
    model = Model()
    merged: dict[str, Version] = {}
    for number, members in enumerate(layers):
        merged = _apply(model, merged, _Layer(number, members))
        model.merged_after.append(merged)
    _mark_winners(model, merged)
    return model


def _apply(model: Model, below: dict[str, Version], layer: _Layer) -> dict[str, Version]:
    """Hide first, then add; returns the merged tree after the layer."""
    for version in layer.entries:
        _follow_links(version, layer, below)

    removed = {marker.path for marker in layer.whiteouts}
    hidden = {
        path
        for path in below
        if path in removed
        or any(is_beneath(path, name) for name in removed)
        or any(is_beneath(path, directory) for directory in layer.opaque)
    }
    merged = {path: version for path, version in below.items() if path not in hidden}
    context: set[str] = set()
    for path in sorted(layer.own, key=depth):
        new, old = layer.own[path], merged.get(path)
        if old is not None and old.is_directory and new.is_directory:
            if new.is_implied:
                context.add(path)
                continue
        elif old is not None:
            for other in [other for other in merged if is_beneath(other, path)]:
                del merged[other]
        merged[path] = new

    for path, version in below.items():
        if merged.get(path) is not version:
            own = layer.own.get(path)
            version.outcome = Outcome.SHADOWED if own is not None and not own.is_implied else Outcome.DELETED
            version.by_layer = layer.number

    _decide_states(layer, below, removed, context)
    _record(model, layer, context)
    return merged


def _follow_links(version: Version, layer: _Layer, below: dict[str, Version]) -> None:
    """Give a version its content, through hard links: an own entry first, else the tree below, before whiteouts."""
    assert version.member is not None
    seen = {version}
    at = version
    while at.kind is Kind.HARDLINK:
        assert at.member is not None
        path = cleaned(at.member.link)
        own = layer.own.get(path)
        if own is None or own.is_implied:
            lower = below.get(path)
            if lower is None or lower.is_directory:
                version.content = None
            else:
                # Reading: a link into a lower layer is taken for a file, whatever it leads to.
                version.content = lower.content
            return
        if own in seen or own.is_directory:
            version.content = None
            return
        seen.add(own)
        at = own
    assert at.member is not None
    version.content_kind = at.kind
    version.content = at.member.content if at.kind is Kind.FILE else b""
    version.target = at.member.link
    version.device = at.member.device


def _compare(old: Version | None, new: Version) -> tuple[State, State]:
    """What `new` is over `old`, before and after contents are compared; directories apart from their children."""
    if old is None or (old.is_implied and new.is_directory):
        # Reading: the first entry of a directory that was only implied so far is an added one.
        return State.ADDED, State.ADDED
    old_kind = Kind.DIRECTORY if old.is_directory else old.content_kind
    new_kind = Kind.DIRECTORY if new.is_directory else new.content_kind
    if old_kind is not new_kind:
        return State.TYPE, State.TYPE
    if new.is_implied:
        return State.UNCHANGED, State.UNCHANGED
    if new.is_directory:
        state = State.METADATA if old.metadata != new.metadata else State.UNCHANGED
        return state, state
    if new_kind is Kind.SYMLINK and old.target != new.target:
        return State.MODIFIED, State.MODIFIED
    if new_kind in (Kind.CHAR, Kind.BLOCK) and old.device != new.device:
        return State.MODIFIED, State.MODIFIED
    same = State.METADATA if old.metadata != new.metadata else State.IDENTICAL
    if new_kind is not Kind.FILE:
        return same, same
    if old.content is None or new.content is None:
        return State.REWRITTEN, State.REWRITTEN
    if len(old.content) != len(new.content):
        return State.MODIFIED, State.MODIFIED
    if not new.content:
        return same, same
    return State.REWRITTEN, same if old.content == new.content else State.MODIFIED


def _decide_states(layer: _Layer, below: dict[str, Version], removed: set[str], context: set[str]) -> None:
    for version in layer.entries:
        version.state, version.settled = _compare(below.get(version.path), version)
    for marker in layer.whiteouts:
        marker.state = marker.settled = State.REMOVED
        marker.hides_nothing = marker.path not in below
    changed: set[str] = set()  # children that the layer adds or removes
    for path, version in layer.own.items():
        if path in context:
            continue
        version.state, version.settled = _compare(below.get(path), version)
        if version.state in (State.ADDED, State.TYPE):
            changed.add(path)
        if version.is_implied and version.state != State.TYPE:
            version.state = version.settled = State.UNCHANGED
    # Reading: a child is removed by a whiteout of its own; what goes with an opaque directory or a removed
    # grandparent is not a change of this directory's list.
    changed |= removed & below.keys()
    touched = {parents(path)[0] for path in changed}
    for path, version in layer.own.items():
        if not version.is_directory or version.state == State.TYPE or path in context:
            continue
        old = below.get(path)
        only_mtime = version.state == State.METADATA and old is not None and old.metadata[0] == version.metadata[0]
        if only_mtime and path in touched:
            version.state = version.settled = State.UNCHANGED
        # Reading: a directory beside its own whiteout is as good as opaque.
        if (path in layer.opaque or path in removed) and any(is_beneath(other, path) for other in below):
            version.state = version.settled = State.OPAQUE


def _record(model: Model, layer: _Layer, context: set[str]) -> None:
    """Note the layer's versions and markers in each path's history."""
    rows: dict[str, list[Version]] = {}
    for version in (*layer.whiteouts, *layer.entries):
        rows.setdefault(version.path, []).append(version)
    for path, version in layer.own.items():
        if version.is_implied and path not in context:
            model.versions.append(version)
            if version.state != State.UNCHANGED:
                rows.setdefault(path, []).append(version)
    for path in layer.opaque:
        own = layer.own.get(path)
        # Where the layer has an entry for the directory, the entry is what is shown; where it makes the directory
        # anew without one, the marker has nothing to hide; else the marker stands for itself.
        if own is None or not own.is_directory or path in context:
            marker = Version(path, layer.number, None, Kind.DIRECTORY, is_marker=True)
            marker.state = marker.settled = State.OPAQUE
            rows.setdefault(path, []).append(marker)
            model.versions.append(marker)
    model.versions += (*layer.whiteouts, *layer.entries)
    for path, found in rows.items():
        model.history.setdefault(path, []).extend(found)
    # Reading: what was born dead implies no directories.
    model.paths.update(rows, layer.own)
    for path in (*layer.own, *layer.opaque, *(marker.path for marker in layer.whiteouts)):
        model.paths.update((path, *parents(path)))


def _mark_winners(model: Model, merged: dict[str, Version]) -> None:
    for path, version in merged.items():
        counted = [
            other
            for other in model.history.get(path, ())
            if not other.is_marker and (not other.is_implied or other.state == State.TYPE)
        ]
        if len(counted) > 1 and version in counted:
            version.outcome = Outcome.WINS


def in_tree_order(paths: set[str]) -> Iterator[str]:
    """Paths as a tree is listed."""
    return iter(sorted(paths, key=tree_key))
