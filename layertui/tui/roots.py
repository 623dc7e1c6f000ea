"""What the screen knows of the places that hold images, and everything that they hold."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from layertui.errors import LayertuiError
from layertui.image.digest import Digest
from layertui.present.hosttree import Group, grouped
from layertui.present.sharing import shares
from layertui.sources.base import ImageEntry, Kind, Source
from layertui.sources.opened import Opened
from layertui.sources.place import Place, refusing
from layertui.sources.reference import REMOTE
from layertui.tui.shown import AskedPair, Opening, Shown
from layertui.tui.shown import AskedView as AskedView  # part of this module's face
from layertui.tui.shown import HostView as HostView
from layertui.tui.shown import PairView as PairView
from layertui.tui.state import ImageState


class Asking(Enum):
    """How far a place is."""

    OFFERED = auto()
    """It is opened when the person says so."""
    RUNNING = auto()
    ANSWERED = auto()
    FAILED = auto()
    CANCELLED = auto()


@dataclass(slots=True, eq=False)
class Root:
    """One place: an engine, a store, or a file."""

    place: Place
    asking: Asking = Asking.RUNNING
    attempt: int = 0
    """Which asking is awaited."""
    source: Source | None = None
    error: LayertuiError | None = None
    """Why it could not be opened or listed."""
    members: tuple[int, ...] = ()
    """The numbers of what it holds, in its own order."""
    offered: bool = False
    """Whether it is a file that is offered where no engine holds anything; its first image is opened at once."""
    opens: Opening | None = None
    """What opens it, where it stands for one reference; the image that is meant is opened at once."""
    typed: str = ""
    """What the person typed for it, which is remembered once it is open."""
    opened: Opened | None = None
    """What that opened."""
    heading: str = ""
    """What an offer to ask a registry is called until it is taken up; empty for what is no such offer."""
    by_tag: bool = False
    """Whether it is a repository with all its tags."""
    looking: bool = False
    """Whether a registry is asked about tags in view."""
    looked: set[str] = field(default_factory=set)
    """Tags that were asked for, whether or not that told anything."""

    @classmethod
    def of_reference(cls, name: str, typed: str, opens: Opening, registry: str = "", *, by_tag: bool = False) -> "Root":
        """The place of what one reference opens; `registry` is the host that is asked for it, if one is."""
        place = Place(REMOTE[0] if registry else "", name, registry, True, "", "", refusing(_NOT_BY_PLACE))
        return cls(place, opens=opens, typed=typed, by_tag=by_tag)

    @property
    def name(self) -> str:
        """What it is called. Not made safe for a terminal."""
        return self.place.name

    @property
    def registry(self) -> str:
        """The host of the registry that it is in; empty where it is in none. Not made safe for a terminal."""
        return self.place.where if self.place.scheme in REMOTE else ""

    @property
    def is_offer(self) -> bool:
        """Whether it is an offer to ask a registry that was not taken up yet."""
        return bool(self.heading) and self.asking is Asking.OFFERED

    @property
    def meant(self) -> Opened | None:
        """What was opened, where that says which image or layer is meant."""
        return self.opened if self.opened is not None and self.opened.chosen is not None else None

    def short(self) -> str:
        """How far it is, in the place of a size; empty once it has answered, and before it is asked."""
        match self.asking:
            case Asking.RUNNING:
                is_here = self.offered or (self.opens is not None and not self.registry)
                return "opening..." if is_here else "connecting..."
            case Asking.FAILED:
                return "failed"
            case Asking.CANCELLED:
                return "stopped"
        return ""


_NOT_BY_PLACE = LayertuiError("A reference is opened by itself.")
"""Never said: what stands for a reference is opened by what `opens` it."""


class Holdings:
    """All places on the screen, and by number all that they hold. A number is never given twice."""

    def __init__(self, roots: Iterable[Root], *, host: bool, missing: Iterable[Place] = ()) -> None:
        """Begin with places; with `host` they have lines of their own."""
        self.roots = list(roots)
        self.missing = tuple(missing)
        """Places that were looked for and are not there."""
        self.host = host
        """Whether a whole host is shown, and not one file."""
        self.states: dict[int, ImageState] = {}
        self._next = 0

    @classmethod
    def of(cls, shown: Shown) -> "Holdings":
        """What is to be shown; the places of a host are still to be asked."""
        if isinstance(shown, AskedView):
            return cls([_asked_root(shown)], host=True)
        if isinstance(shown, AskedPair):
            return cls([_asked_root(shown.a), _asked_root(shown.b)], host=True)
        if isinstance(shown, PairView):
            return cls._of_two(shown)
        if isinstance(shown, HostView):
            found = [Root(place) for place in shown.places if place.found]
            return cls(found, host=True, missing=(place for place in shown.places if not place.found))
        holdings = cls([_opened_root(shown.source)], host=False)
        holdings.roots[0].opened = shown
        holdings.adopt(0, shown.source, shown.entries)
        return holdings

    @classmethod
    def _of_two(cls, shown: PairView) -> "Holdings":
        """What two references were opened from; places have lines of their own where there are two."""
        a, b = shown.a, shown.b
        if (a.source.scheme, a.source.label) != (b.source.scheme, b.source.label):
            holdings = cls([_opened_root(a.source), _opened_root(b.source)], host=True)
            holdings.adopt(0, a.source, a.entries)
            holdings.adopt(1, b.source, b.entries)
            return holdings
        known = {_identity(entry) for entry in a.entries}
        holdings = cls([_opened_root(a.source)], host=False)
        holdings.adopt(0, a.source, (*a.entries, *(entry for entry in b.entries if _identity(entry) not in known)))
        return holdings

    def meant(self, opened: Opened) -> ImageState | None:
        """What a reference means, among what was opened from it; None where it leaves several."""
        if opened.chosen is None:
            return None
        wanted, source = _identity(opened.chosen), opened.source
        for root in self.roots:
            if root.source is not None and (root.source.scheme, root.source.label) == (source.scheme, source.label):
                states = (self.states[place] for place in root.members)
                return next((state for state in states if _identity(state.entry) == wanted), None)
        return None

    def adopt(self, number: int, source: Source, entries: Sequence[ImageEntry]) -> None:
        """Take in what a place holds now; what is read of an image that it held before stays.

        A container's layer may be another one since, and what failed may succeed: such begin anew.
        """
        root = self.roots[number]
        if root.by_tag:
            for member in root.members:
                self.states[member].error = None
            self.adopt_tags(number, entries)
            root.source, root.error, root.asking = source, None, Asking.ANSWERED
            return
        known = {_identity(self.states[place].entry): place for place in root.members}
        members: list[int] = []
        for entry in entries:
            place = known.pop(_identity(entry), None)
            if place is None:
                place, self._next = self._next, self._next + 1
            before = self.states.get(place)
            if before is not None and before.error is None and entry.kind == "image":
                before.entry = entry
            else:
                self.states[place] = ImageState(entry, place, number)
            members.append(place)
        for place in set(root.members).difference(members):
            del self.states[place]
        root.source, root.error, root.asking, root.members = source, None, Asking.ANSWERED, tuple(members)
        images = [self.states[place] for place in members if self.states[place].entry.kind == "image"]
        shared = shares([state.entry.record for state in images])
        for state, (shared_bytes, unique_bytes) in zip(images, shared, strict=True):
            state.shared_bytes, state.unique_bytes = shared_bytes, unique_bytes

    def adopt_tags(self, number: int, entries: Sequence[ImageEntry], keep: int | None = None) -> None:
        """Take in a repository's tags, of which some may have turned out to be one image.

        Of such the one to `keep` stands for all of them, else the one that was opened last.
        """
        root = self.roots[number]
        by_tag = {tag: place for place in root.members for tag in self.states[place].entry.tags}
        members: list[int] = []
        for entry in entries:
            places = {by_tag[tag]: None for tag in entry.tags if tag in by_tag}
            place = max(places, key=lambda place: (place == keep, self.states[place].session), default=None)
            if place is None:
                place, self._next = self._next, self._next + 1
                self.states[place] = ImageState(entry, place, number, by_tag=True)
            self.states[place].entry = entry
            members.append(place)
        for place in set(root.members).difference(members):
            del self.states[place]
        root.members = tuple(members)

    def chosen_in(self, root: Root) -> ImageState | None:
        """The image that the reference behind a place means; None where it leaves several, or none."""
        if root.meant is None:
            return None
        states = (self.states[place] for place in root.members)
        return next((state for state in states if state.entry is root.meant.chosen), None)

    def add(self, root: Root) -> int:
        """Put a place beneath all others; returns its number."""
        self.roots.append(root)
        return len(self.roots) - 1

    def try_missing(self, place: Place) -> int:
        """Make a place that was not there one that can be asked: it may have come meanwhile; returns its number."""
        self.missing = tuple(other for other in self.missing if other is not place)
        return self.add(Root(place))

    def count(self, root: Root, kind: Kind) -> int:
        """How many entries of a kind a place holds."""
        return sum(self.states[place].entry.kind == kind for place in root.members)

    def groups(self, root: Root) -> list[Group]:
        """What a place holds in its order, containers under their images."""
        images: list[tuple[int, Digest | None]] = []
        containers: list[tuple[int, Digest | None]] = []
        for place in root.members:
            state = self.states[place]
            kept = containers if state.entry.kind == "container" else images
            kept.append((place, state.image_id))
        return grouped(images, containers)

    def containers_of(self, place: int) -> list[ImageState]:
        """The containers that were made from an image."""
        for group in self.groups(self.roots[self.states[place].root]):
            if group.head == place:
                return [self.states[container] for container in group.containers]
        return []

    @property
    def connecting(self) -> bool:
        """Whether an answer is awaited."""
        return any(root.asking is Asking.RUNNING for root in self.roots)

    @property
    def nothing(self) -> bool:
        """Whether every place has answered or failed, and there is nothing to show."""
        return not self.states and not self.connecting


def _asked_root(shown: AskedView) -> Root:
    """The root of what is still to be asked for."""
    root = Root.of_reference(shown.name, shown.typed, shown.open, shown.registry, by_tag=shown.by_tag)
    if shown.problem is not None:
        root.asking, root.error = Asking.FAILED, shown.problem
    return root


def _opened_root(source: Source) -> Root:
    """The root of a source that is open."""
    return Root(Place(source.scheme, source.label, source.label, True, "", "", lambda: source))


def _identity(entry: ImageEntry) -> tuple[object, ...]:
    """What makes an entry the same one after its place was asked again."""
    if entry.container is not None:
        return entry.kind, entry.container.container_id
    image_id = entry.record.image_id if entry.record is not None else None
    return entry.kind, image_id or entry.digest or entry.reference, entry.platform
