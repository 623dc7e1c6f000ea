"""The find pane: paths of all layers that a query finds, hidden and deleted versions too."""

from collections.abc import Sequence
from itertools import groupby
from typing import ClassVar

from rich.cells import cell_len

from layertui.layer.columns import Kind
from layertui.present.find import Hit
from layertui.present.marks import OUTCOME_MARKS, STATE_MARKS, outcome_mark
from layertui.present.safetext import crop_middle, safe
from layertui.present.units import size_narrow
from layertui.stack.squash import Squash
from layertui.tui.actions import Place
from layertui.tui.widgets.columns import SIZE_WIDTH
from layertui.tui.widgets.lines import LineList
from layertui.tui.widgets.looks import Line, Run, pad, pad_left, spread


def hits_text(count: int) -> str:
    """How many hits there are, in words that need no plural."""
    return f"hits: {count:,}"


class FindPane(LineList):
    """Hits, best first: layer, marks, size and path."""

    place: ClassVar[Place] = Place.FIND

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        """Make it empty."""
        super().__init__(id=id, classes=classes)
        self.query_text = ""
        self.hits: Sequence[Hit] = ()
        self.squash: Squash | None = None
        self.searching = False

    def show(self, query: str, squash: Squash | None, hits: Sequence[Hit]) -> None:
        """Show other hits, with the cursor on the best."""
        self.query_text, self.squash, self.hits, self.searching = query, squash, hits, False
        self.changed(0)

    def search(self, query: str) -> None:
        """A search has begun; the hits of the last one stay until it ends."""
        self.query_text, self.searching = query, True
        if not self.hits:
            self.refresh_line(0)

    @property
    def hit(self) -> Hit | None:
        """The hit under the cursor."""
        return self.hits[self.cursor] if self.cursor < len(self.hits) else None

    def line_count(self) -> int:
        """How many hits there are."""
        return len(self.hits)

    def title(self, width: int) -> Line:
        """How many hits."""
        left: Line = [("title", " FIND  in all layers")]
        return spread(left, [("title", f"{hits_text(len(self.hits))} " if self.query_text else "")], width)

    def head(self, width: int) -> Line:
        """The columns' names."""
        return [("head", f" L    S  {'Out':<4} {'Size':>{SIZE_WIDTH}}  Path")]

    def empty(self, width: int) -> list[Line]:
        """What to do, or that nothing was found."""
        if not self.query_text:
            return [[("dim", " Type letters of a path, in their order. Enter goes to the hit.")]]
        return [[("dim", " Searching..." if self.searching else " Nothing matches.")]]

    def line(self, index: int, width: int) -> Line:
        """One hit, with the letters that matched marked."""
        squash, hit = self.squash, self.hits[index]
        if squash is None:
            return []
        at = hit.position
        state, outcome = squash.state(at), squash.outcome(at)
        runs: list[Run] = [("plain", f" L{squash.layer(at):<3} ")]
        runs.append(
            (STATE_MARKS[state].style, f"{STATE_MARKS[state].text}  ") if state is not None else ("plain", "   ")
        )
        look = OUTCOME_MARKS[outcome].style if outcome in OUTCOME_MARKS else "plain"
        out = outcome_mark(outcome, squash.by_layer(at)) if outcome in OUTCOME_MARKS else ""
        runs.append((look, pad(out, 4)))
        kind = squash.kind(at)
        size = size_narrow(squash.size_bytes(at)) if kind in (Kind.FILE, Kind.HARDLINK) else ""
        runs.append(("plain", " " + pad_left(size, SIZE_WIDTH) + "  "))
        room = width - sum(cell_len(text) for _, text in runs)
        path = safe(squash.path(at)) + ("/" if kind is Kind.DIRECTORY else "")
        return runs + _marked(path, self.query_text, room)


def _marked(path: str, query: str, room: int) -> list[Run]:
    """A path with the letters of a query marked; one that is too long is cut in its middle."""
    path = crop_middle(path, room)
    smart = (lambda text: text) if query != query.lower() else str.lower
    subject, marked = smart(path), set[int]()
    for word in query.split():
        at = subject.rfind(word)
        if at >= 0:
            marked.update(range(at, at + len(word)))
            continue
        for letter in word:
            at = subject.find(letter, at + 1)
            if at < 0:
                break
            marked.add(at)
    runs: list[Run] = []
    for is_marked, group in groupby(enumerate(path), lambda item: item[0] in marked):
        runs.append(("match" if is_marked else "plain", "".join(character for _, character in group)))
    return runs
