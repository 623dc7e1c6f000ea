"""Looking for names and contents in the layers that are folded, one search at a time."""

import time
from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING

from textual.worker import Worker, get_current_worker

from layertui.errors import Cancelled
from layertui.image.image import Image, Layer
from layertui.present.find import fuzzy
from layertui.present.found import Match
from layertui.present.ways import Way, names_matcher
from layertui.stack.squash import Squash
from layertui.tui.host import Host, guarded
from layertui.tui.loading.reading import GIVE_WAY_S, PROGRESS_S, TYPING_S
from layertui.tui.messages_searching import FoundSome, SearchEnded

if TYPE_CHECKING:  # what searches is imported by the first search
    from layertui.stack.search_pattern import Needle

FUZZY_LIMIT = 500
"""Hits that are kept of a fuzzy search: the best."""

NAMES_LIMIT = 100_000
"""Hits that are kept of the other searches for names: nobody goes through more."""

CONTENTS_LIMIT = 10_000
"""Files that match after which a search in contents ends: each hit keeps its line."""


class Searcher:
    """Searches; a new search replaces an older."""

    def __init__(self, host: Host) -> None:
        """Work for `host`."""
        self._host = host
        self._worker: Worker[None] | None = None
        self._searches = 0
        self.key_s = 0.0
        """When the last key was pressed, by the monotonic clock: the search gives way to it for a moment."""
        self.every_s = PROGRESS_S
        """Seconds between messages about contents."""

    def cancel(self) -> None:
        """Stop; the search says that it was cancelled."""
        if self._worker is not None:
            self._worker.cancel()

    def names(self, squash: Squash, way: Way, query: str) -> int:
        """Look for paths; all hits come in one message, with the number that is returned.

        Raises UsageError for a malformed query; then the last search goes on.
        """
        matcher = None if way is Way.FUZZY else names_matcher(way, query)

        def find(search: int, cancelled: Callable[[], bool]) -> SearchEnded:
            if matcher is None:
                hits = fuzzy(squash, query, FUZZY_LIMIT, cancelled)
                return SearchEnded(search, [Match(hit.position) for hit in hits], limited=len(hits) == FUZZY_LIMIT)
            from layertui.stack.search_names import find_names

            positions = islice(find_names(squash, matcher, cancelled=cancelled), NAMES_LIMIT)
            matches = [Match(position) for position in positions]
            return SearchEnded(search, matches, limited=len(matches) == NAMES_LIMIT)

        return self._start(find)

    def contents(self, image: Image, squash: Squash, needle: "Needle") -> int:
        """Look through the contents of all versions; hits come as they are found, a few times a second.

        Returns the search's number.
        """
        post, every_s = self._host.post_message, self.every_s

        def find(search: int, cancelled: Callable[[], bool]) -> SearchEnded:
            sizes: dict[int, int] = {}
            found: list[Match] = []
            said_s = 0.0

            def progress(layer: int, done_bytes: int) -> None:
                nonlocal said_s
                now_s = time.monotonic()
                if now_s - self.key_s < TYPING_S:
                    time.sleep(GIVE_WAY_S)
                if now_s - said_s >= every_s:
                    said_s = now_s
                    done_bytes = min(done_bytes, sizes[layer])
                    done_bytes += sum(size for number, size in sizes.items() if number < layer)
                    post(FoundSome(search, found[:], layer, done_bytes, sum(sizes.values())))
                    found.clear()

            from layertui.stack.search import ContentSearch

            looking = ContentSearch(image, squash, needle, progress=progress, cancelled=cancelled)
            sizes.update((number, _stored_bytes(image.layers[number])) for number in looking.layers)
            count = 0
            try:
                for match in islice(looking, CONTENTS_LIMIT):
                    found.append(Match(match.position, match.hit))
                    count += 1
            except Cancelled:
                return SearchEnded(search, found, cancelled=True)
            # A layer is somebody else's data: one that breaks the search must not take the screen along.
            except Exception as error:
                return SearchEnded(search, found, [guarded(error)])
            problems = list(looking.problems.values())
            return SearchEnded(search, found, problems, limited=count == CONTENTS_LIMIT)

        return self._start(find)

    def _start(self, find: Callable[[int, Callable[[], bool]], SearchEnded]) -> int:
        self.cancel()
        self._searches += 1
        search, post = self._searches, self._host.post_message

        def work() -> None:
            worker = get_current_worker()
            try:
                ended = find(search, lambda: worker.is_cancelled)
            except Cancelled:
                ended = SearchEnded(search, (), cancelled=True)
            # As above: what is wrong with a name or a tree is said, and ends nothing else.
            except Exception as error:
                ended = SearchEnded(search, (), [guarded(error)])
            post(ended)

        self._worker = self._host.start_worker(work, "find")
        return search


def _stored_bytes(layer: Layer) -> int:
    return layer.stored_bytes or (layer.content.size_bytes if layer.content is not None else 0)
