"""Asking the places of a host what they hold, and reading manifests and configs."""

import os
import stat
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress

from textual.message import Message

from layertui.errors import Cancelled, LayertuiError, UnreachableError
from layertui.sources.base import ImageEntry, Source
from layertui.sources.opened import Opened
from layertui.sources.place import ENGINE_TIMEOUT_S
from layertui.tui.host import Host, guarded
from layertui.tui.loading.threads import Task
from layertui.tui.messages import Description, ImagesOpened, Offered, RootAnswered, TagsLooked
from layertui.tui.roots import Asking, Root
from layertui.tui.state import ImageState

GIVE_UP_S = ENGINE_TIMEOUT_S + 1
"""When a place is given up that did not even give up itself; an answer that comes later is taken nevertheless."""

DESCRIBED_S = 0.1
"""Seconds between messages about manifests that are read one after another: each makes the tree anew."""

LOOKED_S = 0.3
"""The same about tags that were asked for."""

LOOKED_AT = 2000
"""Names in the present directory that are looked at for archives."""

OFFERS = 20
"""Archives that are offered at most."""

ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.zst")
"""Endings of files that may be images."""


class Asker:
    """Opens places, and images, each in its own time."""

    def __init__(self, host: Host) -> None:
        """Work for `host`."""
        self._host = host
        self._attempts = 0
        self._tasks: list[Task] = []
        self._asking: dict[int, Task] = {}
        """Who opens a place, by its number."""
        self._looking: Task | None = None

    def _post(self, message: Message) -> None:
        # The program may have ended while the thread waited: then its loop is closed, and nobody listens.
        with suppress(RuntimeError):
            self._host.post_message(message)

    def _start(self, task: Task) -> Task:
        self._tasks = [*(other for other in self._tasks if not other.finished), task]
        return task

    @property
    def waiting(self) -> bool:
        """Whether an answer is awaited."""
        return any(not task.finished and not task.cancelled for task in self._tasks)

    def cancel(self) -> None:
        """Await nothing any more."""
        for task in self._tasks:
            task.cancel()

    def ask(self, number: int, root: Root) -> None:
        """Open a place and list what it holds, in a thread of its own; who was at it before stops."""
        if number in self._asking:
            self._asking[number].cancel()
        self._attempts += 1
        attempt = root.attempt = self._attempts
        root.asking, root.error = Asking.RUNNING, None
        place, opens = root.place, root.opens

        def work(task: Task) -> None:
            source: Source | None = None
            entries: tuple[ImageEntry, ...] = ()
            error: LayertuiError | None = None
            opened: Opened | None = None
            try:
                if opens is not None:
                    opened = opens(lambda: task.cancelled)
                    source, entries = opened.source, opened.entries
                else:
                    source = place.open()
                    entries = tuple(source.entries())
            except Cancelled:
                return
            # Whatever an engine provokes belongs on the screen, beneath its line, and must not hide the others.
            except Exception as failure:
                source, error = None, guarded(failure)
            self._post(RootAnswered(number, attempt, source, entries, error, opened))

        def given_up() -> None:
            silent = UnreachableError(
                f"{place.name} ({place.where}) does not answer.", "It hangs: restart it, or look into its log."
            )
            if root.attempt == attempt and root.asking is Asking.RUNNING:
                self._post(RootAnswered(number, attempt, None, (), silent))

        self._asking[number] = self._start(Task(work, "ask"))
        if not root.offered and opens is None:
            self._host.call_in(GIVE_UP_S, given_up)

    def look(self, number: int, source: Source, tags: Sequence[str]) -> None:
        """Ask a repository about tags, the first first; what was to be asked before is not asked any more."""
        if self._looking is not None:
            self._looking.cancel()

        def work(task: Task) -> None:
            from layertui.sources.registry.tags import TagSource

            if not isinstance(source, TagSource):
                return

            def tick(done: int) -> None:
                if task.cancelled:
                    raise Cancelled

            looked: list[str] = []
            said_s = time.monotonic()
            for tag in tags:
                try:
                    source.look(tag, tick, created=True)
                except Cancelled:
                    break
                # One that cannot be asked for says so when it is opened; the others are asked for all the same.
                except Exception:
                    pass
                looked.append(tag)
                if time.monotonic() - said_s >= LOOKED_S:
                    self._post(TagsLooked(number, source, looked, ended=False))
                    said_s, looked = time.monotonic(), []
            if not task.cancelled:
                self._post(TagsLooked(number, source, looked, ended=True))

        self._looking = self._start(Task(work, "look"))

    def describe(self, states: Iterable[ImageState]) -> None:
        """Read manifest and config of entries, those of one place one after another."""
        by_root: dict[int, list[ImageState]] = {}
        for state in states:
            if state.undescribed and not state.describing:
                state.describing = True
                by_root.setdefault(state.root, []).append(state)
        for members in by_root.values():
            self._describe(members)

    def _describe(self, members: list[ImageState]) -> None:
        def work(task: Task) -> None:
            made: list[Description] = []
            said_s = 0.0
            for state in members:
                if task.cancelled:
                    made.append(Description(state))
                    continue
                try:
                    made.append(Description(state, state.entry.open()))
                # Whatever a damaged archive provokes belongs on the screen, beside the entry, not in a traceback.
                except Exception as failure:
                    made.append(Description(state, error=guarded(failure)))
                if time.monotonic() - said_s >= DESCRIBED_S:
                    self._post(ImagesOpened(made))
                    said_s, made = time.monotonic(), []
            if made:
                self._post(ImagesOpened(made))

        self._start(Task(work, "describe"))

    def offer(self) -> None:
        """Look for archives and layouts in the present directory."""
        self._start(Task(lambda task: self._post(Offered(archives_here())), "offer"))


def archives_here() -> list[str]:
    """Names in the present directory that look like images: archives by their ending, layouts by their marker."""
    found: list[str] = []
    try:
        with os.scandir(".") as entries:
            for count, entry in enumerate(entries):
                if count >= LOOKED_AT:
                    break
                if _may_be_image(entry):
                    found.append(entry.name)
    except OSError:
        return []  # a directory that cannot be listed has nothing to offer
    return sorted(found)[:OFFERS]


def _may_be_image(entry: "os.DirEntry[str]") -> bool:
    try:
        if entry.is_dir():
            return stat.S_ISREG(os.stat(os.path.join(entry.path, "oci-layout")).st_mode)
        return entry.name.lower().endswith(ARCHIVES) and entry.is_file()
    except OSError:
        return False
