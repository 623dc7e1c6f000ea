"""Opening a file's content, searching in it, and counting its lines; each in a thread, one of each at a time."""

import time
from dataclasses import dataclass

from textual.worker import Worker

from layertui.errors import Cancelled
from layertui.layer.columns import Kind
from layertui.present.viewing.body import Body
from layertui.present.viewing.document import Document, read_document
from layertui.present.viewing.hits import CHUNK_BYTES, ContentSearch
from layertui.present.viewing.lines import TextLines
from layertui.present.viewing.textbody import TextBody
from layertui.tui.host import Host, guarded
from layertui.tui.loading.reading import PROGRESS_S, PROGRESS_SSH_S
from layertui.tui.messages_contents import ContentCounted, ContentFound, ContentOpened, ContentProgress
from layertui.tui.version import Version


class Work:
    """One piece of work: it stops where it is told to, and says how far it is."""

    def __init__(self, host: Host, attempt: int, verb: str, total_bytes: int, every_s: float) -> None:
        """Begin to tell `host` in messages of this attempt."""
        self.attempt = attempt
        self.verb = verb
        self.total_bytes = total_bytes
        self.cancelled = False
        self.worker: Worker[None] | None = None
        self._host = host
        self._every_s = every_s
        self._said_s = time.monotonic()

    @property
    def running(self) -> bool:
        """Whether a result is still awaited."""
        return not self.cancelled and self.worker is not None and not self.worker.is_finished

    def tick(self, done_bytes: int) -> None:
        """Say that so much is done; raises Cancelled to stop the work."""
        if self.cancelled:
            raise Cancelled
        now_s = time.monotonic()
        if now_s - self._said_s >= self._every_s:
            self._said_s = now_s
            self._host.post_message(ContentProgress(self.attempt, self.verb, done_bytes, self.total_bytes))


@dataclass(frozen=True, slots=True)
class Start:
    """How a content is shown at first."""

    other: bool = False
    """Whether as what it is not usually shown as (see Document.body)."""
    position: int = 0
    """Where: an offset, or a number in a list."""
    line: int | None = None
    """Where in a text, as the number of a line."""


class ContentLoader:
    """Reads what screens show of contents, and says so in messages."""

    def __init__(self, host: Host, *, low_bandwidth: bool = False) -> None:
        """Work for `host`; with `low_bandwidth` progress is said seldom."""
        self._host = host
        self._every_s = PROGRESS_SSH_S if low_bandwidth else PROGRESS_S
        self._attempts = 0
        self._works: dict[str, Work] = {}

    def attempt(self, group: str) -> int:
        """The last attempt at something (`open`, `find` or `count`): messages of any other are stale."""
        work = self._works.get(group)
        return 0 if work is None or work.cancelled else work.attempt

    def running(self, group: str) -> bool:
        """Whether something is being done."""
        return group in self._works and self._works[group].running

    def cancel(self, *groups: str) -> bool:
        """Stop what runs, or only these; whether anything did. What was open can be read on."""
        stopped = False
        for group, work in self._works.items():
            if (not groups or group in groups) and work.running:
                work.cancelled = stopped = True
        return stopped

    def end(self) -> None:
        """Stop everything, what reads on in an open content too: nobody looks any more."""
        for work in self._works.values():
            work.cancelled = True

    def open(self, version: Version, start: Start, document: Document | None = None) -> None:
        """Open a version, tell what it is, and make its body; `document` is what it is where it is open already.

        A content is read in place, or inflated up to its end and kept; what waits for a source later is stopped with
        this work as well.
        """
        work = self._work("open", "reading", _stored_bytes(version))

        def run() -> None:
            try:
                content = document or self._document(version, work)
                body, position = content.body(start.other), start.position
                if isinstance(body, TextBody) and start.line is not None:
                    place = body.place_of(start.line)
                    position = body.lines.blob.size_bytes if place is None else place[0]
                self._host.post_message(ContentOpened(work.attempt, content, body, position))
            except Cancelled:
                self._host.post_message(ContentOpened(work.attempt))
            # A content is somebody else's data: one that breaks a reader must not take the screen along.
            except Exception as error:
                self._host.post_message(ContentOpened(work.attempt, error=guarded(error)))

        work.worker = self._host.start_worker(run, "content")

    def _document(self, version: Version, work: Work) -> Document:
        blob = version.open(work.tick)
        work.verb, work.total_bytes = "listing", blob.size_bytes
        document = read_document(blob, version.path, is_link=version.kind is Kind.SYMLINK, tick=work.tick)
        work.verb = "reading"
        return document

    def find(self, document: Document, body: Body, search: ContentSearch, position: int, step: int) -> None:
        """Look for the next hit from a position on, or for the last one before it, and on from the other end."""
        work = self._work("find", "searching", document.blob.size_bytes)
        done = 0

        def check() -> None:
            nonlocal done
            done += CHUNK_BYTES
            work.tick(min(done, document.blob.size_bytes))

        def run() -> None:
            try:
                found, around = body.find(search, position, step, check), False
                if found is None:
                    found, around = body.find(search, 0 if step > 0 else body.end()[0], step, check), True
                self._host.post_message(ContentFound(work.attempt, found, around=around))
            except Cancelled:
                self._host.post_message(ContentFound(work.attempt, cancelled=True))
            # As in opening.
            except Exception as error:
                self._host.post_message(ContentFound(work.attempt, error=guarded(error)))

        work.worker = self._host.start_worker(run, "content")

    def count(self, lines: TextLines) -> None:
        """Count the lines of a large text, so that numbers can be shown at its end too."""
        work = self._work("count", "counting lines", lines.blob.size_bytes)

        def run() -> None:
            try:
                lines.index(check=lambda: work.tick(lines.counted_bytes))
                self._host.post_message(ContentCounted(work.attempt))
            except Cancelled:
                self._host.post_message(ContentCounted(work.attempt, cancelled=True))
            # As in opening.
            except Exception as error:
                self._host.post_message(ContentCounted(work.attempt, error=guarded(error)))

        work.worker = self._host.start_worker(run, "content")

    def _work(self, group: str, verb: str, total_bytes: int) -> Work:
        before = self._works.get(group)
        if before is not None:
            before.cancelled = True
        self._attempts += 1
        work = self._works[group] = Work(self._host, self._attempts, verb, total_bytes, self._every_s)
        return work


def _stored_bytes(version: Version) -> int:
    """What there may be to go through until a content is open: its layer."""
    content = version.image.layers[version.layer].content
    return content.size_bytes if content is not None else 0
