"""What the screen knows of the places that hold images, and everything that they hold."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from layertui.errors import LayertuiError
from layertui.image.digest import Digest
from layertui.present.hosttree import Group, grouped
from layertui.present.sharing import shares
from layertui.sources.base import ImageEntry, Kind, Source
from layertui.sources.opened import Opened
from layertui.sources.place import Place
from layertui.tui.state import ImageState


@dataclass(frozen=True, slots=True)
class HostView:
    """A host, to be shown with everything that it holds."""

    places: tuple[Place, ...]
    """Every place that was looked for, those included that are not there."""


@dataclass(frozen=True, slots=True)
class PairView:
    """Two images to be compared, each chosen by its reference."""

    a: Opened
    b: Opened
    """Its source is A's own where that holds both."""


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

    @property
    def name(self) -> str:
        """What it is called. Not made safe for a terminal."""
        return self.place.name

    def short(self) -> str:
        """How far it is, in the place of a size; empty once it has answered, and before it is asked."""
        match self.asking:
            case Asking.RUNNING:
                return "opening..." if self.offered else "connecting..."
            case Asking.FAILED:
                return "failed"
            case Asking.CANCELLED:
                return "stopped"
        return ""


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
    def of(cls, shown: "Opened | HostView | PairView") -> "Holdings":
        """What is to be shown; the places of a host are still to be asked."""
        if isinstance(shown, PairView):
            return cls._of_two(shown)
        if isinstance(shown, HostView):
            found = [Root(place) for place in shown.places if place.found]
            return cls(found, host=True, missing=(place for place in shown.places if not place.found))
        holdings = cls([_opened_root(shown.source)], host=False)
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

    def try_missing(self, place: Place) -> int:
        """Make a place that was not there one that can be asked: it may have come meanwhile; returns its number."""
        self.missing = tuple(other for other in self.missing if other is not place)
        self.roots.append(Root(place))
        return len(self.roots) - 1

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


def _opened_root(source: Source) -> Root:
    """The root of a source that is open."""
    return Root(Place(source.scheme, source.label, source.label, True, "", "", lambda: source))


def _identity(entry: ImageEntry) -> tuple[object, ...]:
    """What makes an entry the same one after its place was asked again."""
    if entry.container is not None:
        return entry.kind, entry.container.container_id
    image_id = entry.record.image_id if entry.record is not None else None
    return entry.kind, image_id or entry.digest or entry.reference, entry.platform
