"""The find pane: versions of all layers whose name or content a query finds, hidden and deleted ones too."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual.geometry import Region

from layertui.layer.columns import Kind
from layertui.present.found import Match, hit_line, hit_more, hit_place
from layertui.present.marks import OUTCOME_MARKS, STATE_MARKS, outcome_mark
from layertui.present.safetext import crop_middle, safe
from layertui.present.units import size_narrow
from layertui.present.ways import Way
from layertui.stack.squash import Squash
from layertui.tui.actions import Place
from layertui.tui.widgets.columns import SIZE_WIDTH
from layertui.tui.widgets.lines import LineList
from layertui.tui.widgets.looks import Line, Run, cells, pad, pad_left, spread
from layertui.tui.wrapping import wrap

if TYPE_CHECKING:
    from layertui.stack.search_file import FileHit

TEXT_WIDTH = 24
"""Cells that the line of a hit gets at least, where the pane has so many."""

WAY_WIDTH = 15
"""Cells of the ways' titles."""


def hits_text(count: int, *, limited: bool = False) -> str:
    """How many hits there are, in words that need no plural."""
    return f"hits: {count:,}{' or more' if limited else ''}"


@dataclass(frozen=True, slots=True)
class Asked:
    """A search."""

    way: Way
    query: str
    squash: Squash
    """What was looked through."""


class FindPane(LineList):
    """Hits: layer, marks, size and path; of contents also where in it, and the line."""

    place: ClassVar[Place] = Place.FIND

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        """Make it empty."""
        super().__init__(id=id, classes=classes)
        self.search = 0
        """The number of the last search."""
        self.asked: Asked | None = None
        """The last search."""
        self.shown: Asked | None = None
        """What the hits are of: the last search, or, until names are found, the one before."""
        self.hits: Sequence[Match] = ()
        self.searching = False
        self.typed: tuple[Way, str] | None = None
        """What stands in the prompt; None while it is closed."""
        self.problem = ""
        """Why that cannot be looked for; safe."""
        self.problems: Sequence[str] = ()
        """What could not be read, a sentence each; safe."""
        self.cancelled = False
        """Whether the last search was cancelled."""
        self.limited = False
        """Whether there may be more hits, which are not kept."""
        self._was_at = 0, 0
        """The cursor and the top line when the hits were hidden."""

    # What is looked for

    @contextmanager
    def typing(self, way: Way, query: str, problem: str = "") -> Iterator[None]:
        """This stands in the prompt now; hits of something else are hidden, unless a search for it begins meanwhile.

        So hits that stay until others are found are not drawn a second time in between.
        """
        hid, said = self.hidden, self.empty(self.inner_width)
        self.typed, self.problem = (way, query), problem
        yield
        if not hid or not self.hidden or said != self.empty(self.inner_width):
            self._hide_or_show(hid)
        self._refresh_rows(0, 1)

    def leave(self) -> None:
        """The prompt is closed."""
        hid, self.typed, self.problem = self.hidden, None, ""
        self._hide_or_show(hid)
        self._refresh_rows(0, 1)

    def _hide_or_show(self, hid: bool) -> None:
        if self.hidden and not hid:
            self._was_at = self.cursor, self.top
        elif hid and not self.hidden:
            self.cursor, self.top = self._was_at
        if self.hidden or hid:
            self.changed()

    def begin(self, search: int, asked: Asked) -> None:
        """A search has begun. Hits of names stay until others are found, so that the pane does not flicker."""
        self.search, self.asked, self.searching = search, asked, True
        self.problems, self.limited, self.cancelled = (), False, False
        if asked.way.in_contents or self.shown is None or self.shown.way.in_contents:
            self._show(asked, ())
        elif not self.hits:
            self.refresh_line(0)

    def forget(self) -> None:
        """Drop the last search."""
        self.search, self.asked, self.searching = 0, None, False
        self.problems, self.limited, self.cancelled = (), False, False
        self._show(None, ())

    def add(self, matches: Sequence[Match]) -> None:
        """More was found; the cursor stays where it is, and only what is new is drawn."""
        if self.shown is not self.asked:
            self._show(self.asked, list(matches))
        elif matches:
            before, thumb = len(self.hits), self._thumb(len(self.hits))
            self.hits = [*self.hits, *matches]
            if not before:
                self.changed()
                return
            for index in range(before, min(len(self.hits), self.top + self.window_height)):
                self.refresh_line(index)
            for row in set(thumb) ^ set(self._thumb(len(self.hits))):
                self.refresh(Region(self.size.width - 1, self.head_height + row, 1, 1))
            self.refresh_title()

    def end(self, problems: Sequence[str], *, limited: bool, cancelled: bool) -> None:
        """The search has ended."""
        self.searching, self.problems, self.limited, self.cancelled = False, problems, limited, cancelled
        if not self.hits:
            self.changed()
        self.refresh_title()

    def _show(self, asked: Asked | None, hits: Sequence[Match]) -> None:
        self.shown, self.hits = asked, hits
        self.changed(0)

    def refresh_title(self) -> None:
        """Draw the title anew."""
        self._refresh_rows(0)

    @property
    def hidden(self) -> bool:
        """Whether the hits are of something else than what stands in the prompt."""
        asked = self.asked
        return self.typed is not None and (asked is None or self.typed != (asked.way, asked.query))

    @property
    def remarks(self) -> list[str]:
        """Why the last search may have found too little; safe."""
        said = ["The search was cancelled."] if self.cancelled else []
        partial = partial_text(self.asked.squash) if self.asked is not None else ""
        return [*said, *self.problems, *([f"Searched {partial}: the others are not read."] if partial else [])]

    @property
    def squash(self) -> Squash | None:
        """What the hits' positions are in."""
        return self.shown.squash if self.shown is not None else None

    @property
    def hit(self) -> Match | None:
        """The hit under the cursor."""
        return self.hits[self.cursor] if self.cursor < self.line_count() else None

    # Going through the hits

    def do_next_hit(self) -> None:
        """The next hit, round and round."""
        self.move_to((self.cursor + 1) % max(1, self.line_count()))

    def do_previous_hit(self) -> None:
        """The previous hit, round and round."""
        self.move_to((self.cursor - 1) % max(1, self.line_count()))

    # What is drawn

    def line_count(self) -> int:
        """How many hits there are."""
        return 0 if self.hidden else len(self.hits)

    def title(self, width: int) -> Line:
        """Which way it is looked for, and how many hits there are; while the prompt is open, the other ways."""
        asked, typed = self.asked, self.typed
        way = typed[0] if typed is not None else asked.way if asked is not None else Way.FUZZY
        text = f" FIND  {way.title}"
        words = []
        if asked is not None and not self.hidden:
            words += ["cancelled" if self.cancelled else "not all read" if self.problems else ""]
            words.append(partial_text(asked.squash))
            words.append(hits_text(len(self.hits), limited=self.limited))
        right: Line = [("title", "  ".join(filter(None, words)) + " ")]
        more = [f": {asked.query}"] if typed is None and asked is not None else []
        if typed is not None:
            more = [f"   Tab: {way.others()}", f"   Tab: {way.others().split(', ')[0]}"]
        room = width - cell_len(text) - cells(right) - 1
        text += next((one for one in more if cell_len(one) <= room), "")
        return spread([("title", text)], right, width)

    def head(self, width: int) -> Line:
        """The columns' names."""
        way = self.typed[0] if self.typed is not None else self.shown.way if self.shown is not None else Way.FUZZY
        path = "Path:line: text" if way.in_contents else "Path"
        return [("head", f" L    S  {'Out':<4} {'Size':>{SIZE_WIDTH}}  {path}")]

    def empty(self, width: int) -> list[Line]:
        """What to do, why it cannot be done, or that nothing was found."""
        if self.problem:
            return list(wrap([("error", f" {self.problem}")], width, 1))
        way, query = self.typed or (Way.FUZZY, self.asked.query if self.asked is not None else "")
        if not query.strip():
            return _ways(way)
        if self.hidden and way.in_contents:
            texts = ["Enter looks through the contents of all layers,", "hidden and deleted files too."]
        elif self.searching:
            texts = ["Searching..."]
        else:
            texts = ["Nothing matches.", *self.remarks]
        return [part for text in texts for part in wrap([("dim", f" {text}")], width, 1)]

    def line(self, index: int, width: int) -> Line:
        """One hit, with what matched marked."""
        shown, (at, hit) = self.shown, self.hits[index]
        if shown is None:
            return []
        squash = shown.squash
        state, outcome, kind = squash.state(at), squash.outcome(at), squash.kind(at)
        runs: list[Run] = [("plain", f" L{squash.layer(at):<3} ")]
        runs.append(
            (STATE_MARKS[state].style, f"{STATE_MARKS[state].text}  ") if state is not None else ("plain", "   ")
        )
        look = OUTCOME_MARKS[outcome].style if outcome in OUTCOME_MARKS else "plain"
        out = outcome_mark(outcome, squash.by_layer(at)) if outcome in OUTCOME_MARKS else ""
        runs.append((look, pad(out, 4)))
        size = size_narrow(squash.size_bytes(at)) if kind in (Kind.FILE, Kind.HARDLINK) else ""
        runs.append(("plain", " " + pad_left(size, SIZE_WIDTH) + "  "))
        room = width - cells(runs)
        path = safe(squash.path(at)) + ("/" if kind is Kind.DIRECTORY else "")
        if hit is not None:
            return runs + _with_text(path, hit, room)
        marked = shown.query if shown.way is Way.FUZZY else ""
        return runs + _marked(crop_middle(path, room), marked)


def partial_text(squash: Squash) -> str:
    """How much of an image was looked through; empty for all of it."""
    if squash.is_complete and not squash.first:
        return ""
    if squash.first:
        return f"in L{squash.first} alone"
    return f"in {len(squash.trees)} of {squash.layer_count} layers"


def _ways(way: Way) -> list[Line]:
    """All ways to look, and what to type for each."""
    lines: list[Line] = [[("dim", " Every layer is looked through, hidden and deleted versions too.")], []]
    for one in Way:
        look, pointer = ("key", ">") if one is way else ("dim", " ")
        lines.append([(look, f" {pointer} {pad(one.title, WAY_WIDTH)}  "), ("dim", one.hint)])
    lines += [[], [("dim", " Tab goes to the next way. Names are found as you type, contents on Enter.")]]
    return [*lines, [("dim", " Small letters find capitals too.")]]


def _with_text(path: str, hit: "FileHit", room: int) -> list[Run]:
    """Path, place and line of a hit, with what matched marked; the path is cut before the line is."""
    place, more = hit_place(hit), hit_more(hit)
    more = f"  {more}" if more and room > 2 * TEXT_WIDTH else ""
    room -= len(more)
    path = crop_middle(path, max(room - len(place) - TEXT_WIDTH, room // 2 - len(place), 1))
    before, match, after = hit_line(hit, max(0, room - cell_len(path) - len(place)))
    return [("plain", path), ("dim", place), ("plain", before), ("match", match), ("plain", after), ("dim", more)]


def _marked(path: str, query: str) -> list[Run]:
    """A path with the letters of a query marked."""
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
