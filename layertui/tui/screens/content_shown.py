"""What a content's screen shows, and what happens between its pane and its workers."""

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Self

from textual.geometry import Region

from layertui.errors import DamagedError, LayertuiError
from layertui.extract.lookup import merged_version
from layertui.layer.columns import Kind
from layertui.present.details import chain_line, outcome_sentence
from layertui.present.safetext import cell_width, crop_middle, safe
from layertui.present.units import size_text
from layertui.present.viewing.document import Document
from layertui.present.viewing.kind import Form
from layertui.present.viewing.textbody import TextBody
from layertui.tui.base import Base
from layertui.tui.loading.contents import ContentLoader, Start
from layertui.tui.messages_contents import ContentCounted, ContentOpened, ContentProgress
from layertui.tui.pages import NAME_WIDTH, file_page
from layertui.tui.screens.above import AboveScreen
from layertui.tui.screens.telling import fraction_text
from layertui.tui.subject import Subject
from layertui.tui.version import Version
from layertui.tui.widgets.content import ContentPane
from layertui.tui.widgets.lines import LineList
from layertui.tui.widgets.looks import Line, cells, spread
from layertui.tui.widgets.page import PageView

OPENING_S = 0.15
"""Seconds that what was shown before stays while another version is opened: most are there sooner."""

OPENING_SLOWLY_S = 0.6
"""The same with low bandwidth, where a screen that says no more than that costs as much as the content after it."""

GROUPS = ("open", "find", "count")
"""What the workers do, by their names in ContentLoader."""

PATH_CELLS = 24
"""Cells of a path that the header shows at least, before it leaves out what stands before it."""


class ContentShown(AboveScreen):
    """One version of a file."""

    DETAIL_LINES = 1

    _held = False
    """Whether nothing is drawn yet, as the content may be there in a moment."""

    def __init__(self, version: Version, base: Base, *, at: int | None = None) -> None:
        """Show a version, from a byte on; `base` is what is marked as side A."""
        super().__init__()
        self.version = version
        self.base = base
        self.content = ContentPane(classes="pane")
        self.info = PageView(classes="pane")
        self.document: Document | None = None
        """What is open; None while it is not."""
        self.body_loader: ContentLoader | None = None
        self.other = False
        """Whether it is shown as what it is not usually shown as: bytes, or a text."""
        self._at = at or 0
        self._undrawn = ExitStack()
        """Holds back what would be drawn, until there is something to draw."""
        self._progress = ""
        self._uncounted = False
        """Whether the counting of lines was cancelled: it is not begun again by itself."""

    def panes(self) -> Sequence[LineList]:
        """The content, and what else is known of the file."""
        return (self.content, self.info)

    @property
    def contents(self) -> ContentLoader:
        """The workers."""
        if self.body_loader is None:
            self.body_loader = ContentLoader(self, low_bandwidth=self.low_bandwidth)
        return self.body_loader

    @property
    def low_bandwidth(self) -> bool:
        """Whether to send little."""
        return getattr(self.app, "low_bandwidth", False)

    @property
    def busy(self) -> bool:
        """Whether something is awaited that will be shown."""
        return self.content.waits or any(self.contents.running(group) for group in GROUPS)

    def begin(self) -> None:
        """Open the version; nothing is drawn before it is there, if that is soon."""
        self._held = True
        self._undrawn.enter_context(self.app.batch_update())
        self.open(self.version, Start(position=self._at))

    def ended(self) -> None:
        """Stop what runs."""
        self._draw()
        if self.body_loader is not None:
            self.body_loader.end()
        self.content.end()

    def subject(self) -> Subject:
        """The version, for copying and extracting."""
        version = self.version
        return Subject(
            version.image.reference, version.image, version.layer, squash=version.squash, position=version.position
        )

    # Opening

    def open(self, version: Version, start: Start) -> None:
        """Open another version."""
        self.version, self.document = version, None
        self.contents.cancel("find", "count")
        self._uncounted = False
        self.contents.open(version, start)
        patience_s = OPENING_SLOWLY_S if self.low_bandwidth else OPENING_S
        self.call_in(patience_s, lambda: self._still_opening(version))
        self.info.show("FILE", lambda width: self._info_lines(), NAME_WIDTH + 2, subject=version.position)
        self.tell()

    def _info_lines(self) -> Sequence[Line]:
        return file_page(self.version.squash, self.version.position, self.version.image)

    def _still_opening(self, version: Version) -> None:
        if self.version is version and self.contents.running("open"):
            self.content.facts = []
            self.content.say_instead("Opening...")
        self._draw()

    def on_content_opened(self, message: ContentOpened) -> None:
        """A content was opened, or cannot be."""
        if message.attempt != self.contents.attempt("open"):
            return
        self._progress = ""
        self.document = message.document
        if message.document is None or message.body is None:
            problem = message.error or LayertuiError("Opening was cancelled.", "R opens it again.")
            self.content.facts = []
            self.content.say_instead(safe(f"{problem.message} {problem.hint}"))
        elif message.document.look.form is Form.EMPTY:
            self.content.facts = message.document.facts
            self.content.say_instead("This file is empty.")
        else:
            self.content.facts = [*message.document.facts, *self._more_facts(message.document)]
            self.content.show(message.body, message.position)
            self.shown()
        self.tell()
        self._draw()

    def _draw(self) -> None:
        """Draw what was held back."""
        if self._held:
            self._held = False
            self._undrawn.close()
            for widget in (self.header, self.content, self.details, self.footer):
                widget.refresh()

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Draw the screen anew, but not while it is held back: its widgets are drawn then, and that once."""
        return super().refresh(*regions, repaint=repaint and not self._held, layout=layout, recompose=recompose)

    def shown(self) -> None:
        """Another body is in the pane."""

    def _more_facts(self, document: Document) -> list[str]:
        """What is known of a content besides what its bytes tell."""
        if self.version.kind is Kind.SYMLINK:
            return [leads_to(self.version)]
        members = document.members
        if members is None:
            return []
        counted = f"{len(members.members):,} members, {size_text(members.content_bytes)} unpacked"
        return [f"{counted}. {safe(members.problem)}" if members.problem else counted]

    # Progress

    def on_content_progress(self, message: ContentProgress) -> None:
        """Work is further."""
        if not any(message.attempt == self.contents.attempt(group) for group in GROUPS):
            return
        self._progress = f"{message.verb} {fraction_text(message.done_bytes, message.total_bytes)}"
        self.prompt.say(self._progress)
        self.tell_footer()

    def progress_text(self) -> str:
        """What is being done, how far, and how to cancel it."""
        running = any(self.contents.running(group) for group in GROUPS)
        return f"{self._progress}  Ctrl+C cancels" if running and self._progress else super().progress_text()

    def do_cancel(self) -> None:
        """Stop what runs; what is shown stays."""
        opening, counting = self.contents.running("open"), self.contents.running("count")
        if not self.contents.cancel():
            super().do_cancel()
            return
        self._progress = ""
        self._uncounted = self._uncounted or counting
        self.prompt.say("Cancelled.")
        if opening and self.document is None:
            self.content.facts = []
            self.content.say_instead("Opening was cancelled. R opens it again, q goes back.")
        self.say("Cancelled.")

    def do_refresh(self) -> None:
        """Open it again, where that failed or was cancelled, or its source has changed."""
        self.open(self.version, self.start())
        self.say("Opening it again.")

    def start(self) -> Start:
        """Where another version is begun at: the same line of a text, else the same place."""
        body = self.content.body
        row = self.content.row
        line = body.number_at(row.place) if isinstance(body, TextBody) and row is not None else None
        return Start(self.other, self.content.position, line)

    # Lines that are counted later

    def moved(self, pane: LineList) -> None:
        """Other rows may be in view, and want numbers that are not known yet."""
        body = self.content.body
        if not self.content.numbers:
            self._uncounted = False
        wanted = self.content.lacks_numbers and not self._uncounted and not self.contents.running("count")
        if isinstance(body, TextBody) and wanted and not body.lines.is_counted:
            self.contents.count(body.lines)
        self.tell_footer()

    def on_content_counted(self, message: ContentCounted) -> None:
        """The lines are counted."""
        body = self.content.body
        if message.attempt == self.contents.attempt("count") and isinstance(body, TextBody):
            self._progress = ""
            self._uncounted = message.error is not None
            body.measure()
            self.content.again()
            self.tell_footer()

    # What is said

    def useless(self) -> set[str]:
        """Tab is not needed, as i leads to the other pane; without a search there is no next hit."""
        useless = super().useless() | {"next_pane"}
        if self.content.search is None or self.pane is self.info:
            useless.add("next_hit")
        return useless | {"find", "merged"} if self.pane is self.info else useless

    def tell(self) -> None:
        """Say everything anew."""
        version = self.version
        self.header.show(self._header(self.app.size.width))
        self.details.show("", self._chain, subject=version.position)
        self.tell_footer()

    def _chain(self, width: int) -> Sequence[Line]:
        line = chain_line(self.version.squash, self.version.position, width - 2)
        return [[("plain", " "), *((str(look), text) for look, text in line)]]

    def _header(self, width: int) -> Line:
        """Image, layer, path, and what became of the version."""
        version = self.version
        right: Line = [("plain", outcome_sentence(version.squash, version.position))]
        left: list[tuple[str, str]] = [("title-on", "layertui"), ("plain", f"  {safe(version.image.reference)}")]
        layer = ("plain", f"  L{version.layer}  ")
        path = safe(version.path)
        wanted = min(cell_width(path), PATH_CELLS)
        while left and cells([*left, layer, *right]) + wanted + 2 > width:
            left.pop(0)
        room = width - cells([*left, layer, *right]) - 2
        return spread([*left, layer, ("win", crop_middle(path, max(room, 1)))], right, width)


def leads_to(version: Version) -> str:
    """Where a symlink leads in the image as a container sees it; safe."""
    parent, _, _ = version.path.rpartition(b"/")
    target = version.squash.entry(version.position).link_target or b""
    path = target if target.startswith(b"/") else parent + b"/" + target
    try:
        position = merged_version(version.squash, path, version.squash.top, follow=True)
    except DamagedError:
        return "It leads through more symlinks than a container follows: a loop."
    except LayertuiError:
        return "It leads to nothing in this image."
    end = "/" if version.squash.kind(position) is Kind.DIRECTORY else ""
    return f"It leads to {safe(version.squash.path(position))}{end} of L{version.squash.layer(position)}."
