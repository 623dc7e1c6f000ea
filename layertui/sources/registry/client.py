"""Questions to one repository of a registry: manifests, blobs and tags, verified, within bounds, failures as sentences.

What is asked and how is distribution-spec 1.1, *Pull* and *Content Discovery*. Nothing is ever pushed.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from layertui.errors import DamagedError, NotFoundError
from layertui.image.bounds import DOCUMENT_BYTES
from layertui.image.digest import Digest
from layertui.layer.window import Tick
from layertui.sources.place import Environ
from layertui.sources.registry.answers import PAGE_TAGS, TAGS, Document, Head, NoRanges
from layertui.sources.registry.names import RemoteName, is_tag
from layertui.sources.registry.patience import silence_s
from layertui.sources.registry.settings import Settings, read_settings
from layertui.sources.registry.stream import Stream
from layertui.sources.registry.waiting import Halt, wait_for

if TYPE_CHECKING:
    from layertui.sources.registry.asking import Line, Lines

T = TypeVar("T")

__all__ = ["Document", "Head", "NoRanges", "RegistryClient", "connect"]

_HINT = "It is not trusted, and nothing of it is kept. Try again; if it stays so, tell who runs the registry."


class RegistryClient:
    """Asks one repository on one registry, by its mirrors first. Threads may share it.

    Every `tick` is called with 0 at least every 0.25 s while something is waited for, and may raise Cancelled; what is
    under way is then given up. All raise LayertuiError: UnreachableError, AuthenticationError, NotFoundError,
    DamagedError.
    """

    def __init__(
        self,
        name: RemoteName,
        settings: Settings,
        environ: Environ,
        authfile: Path | None = None,
        *,
        system: Path = Path("/"),
    ) -> None:
        """`connect` reads the settings; `system` is the root of the file system, for tests."""
        self.name = name
        """The image that it was made for; others of the repository can be asked for as well."""
        self.label = name.repository.text
        """`registry.example.com/team/api`: what messages call it."""
        self._settings, self._environ, self._authfile, self._system = settings, environ, authfile, system
        self._lock = Lock()
        self._made: Lines | None = None

    @property
    def received_bytes(self) -> int:
        """How many bytes of answers have arrived so far, from whichever host."""
        return self._made.transport.received_bytes if self._made is not None else 0

    def document(self, reference: str, *, tick: Tick | None = None) -> Document:
        """The manifest or index of a tag or digest, DOCUMENT_BYTES at most.

        Verified against the digest asked for; of a tag against what the registry says its digest is, if it does.
        Raises UsageError for what is neither.
        """
        from layertui.sources.registry.questions import get_document, nothing_there

        where = self.name.at(reference).text

        def work(halt: Halt) -> Document:
            try:
                return self._ask(lambda line: get_document(line, reference, where, halt), halt, not is_tag(reference))
            except NotFoundError as problem:
                raise nothing_there(self._lines, self.label, reference, problem, halt) from problem

        return self._wait(work, tick)

    def head(self, reference: str, *, tick: Tick | None = None) -> Head:
        """What the registry says of a tag or digest; raises NotFoundError, and UsageError for what is neither."""
        from layertui.sources.registry.questions import get_head

        where = self.name.at(reference).text
        by_digest = not is_tag(reference)
        return self._wait(
            lambda halt: self._ask(lambda line: get_head(line, reference, where, halt), halt, by_digest), tick
        )

    def blob(self, digest: Digest, size_bytes: int, *, tick: Tick | None = None) -> bytes:
        """A whole small blob, such as a config: DOCUMENT_BYTES at most, size and digest verified."""
        from layertui.sources.registry.questions import get_blob

        where = self.blob_label(digest)
        if size_bytes > DOCUMENT_BYTES.value:
            raise DOCUMENT_BYTES.exceeded(f"{where} has {size_bytes:,} bytes and")
        return self._wait(
            lambda halt: self._ask(lambda line: get_blob(line, digest, size_bytes, where, halt), halt, True), tick
        )

    def range(self, digest: Digest, size_bytes: int, offset: int, length: int, *, tick: Tick | None = None) -> bytes:
        """Exactly these bytes of a blob of `size_bytes`; one request. They cannot be verified by the digest.

        Raises NoRanges where the registry would send all of the blob instead, DamagedError where it is not that long.
        """
        from layertui.sources.registry.questions import get_range

        where = self.blob_label(digest)
        end = offset + length
        if not 0 <= offset <= end <= size_bytes:
            raise DamagedError(f"{where} has {size_bytes:,} bytes; {offset:,} to {end:,} are to be read.", _HINT)
        if not length:
            return b""
        return self._wait(
            lambda halt: self._ask(
                lambda line: get_range(line, digest, size_bytes, offset, end, where, halt), halt, True
            ),
            tick,
        )

    def stream(self, digest: Digest, size_bytes: int, offset: int = 0) -> Stream:
        """A blob from an offset on, requested at once in the background; nothing is raised before the first read.

        The stream goes on by ranges where the connection breaks, and gives exactly `size_bytes - offset` bytes or
        raises. It does not verify the digest: whoever reads all of it does.
        """
        return Stream(self._lines, self.blob_label(digest), digest, size_bytes, offset)

    def tags(self, *, tick: Tick | None = None) -> Iterator[str]:
        """Yield the tags in the registry's order, page by page; raises LayertuiError on the way."""
        where = f"{self.label}: the list of tags"
        query: str | None = f"n={PAGE_TAGS}"
        seen: set[str] = set()
        count = 0
        while query is not None:
            if query in seen:
                raise DamagedError(f"{where} leads in a circle.", _HINT)
            seen.add(query)
            tags, query = self._wait(partial(self._page, query, where), tick)
            count += max(len(tags), 1)  # an empty page counts too, or there could be pages without end
            if count > TAGS.value:
                raise TAGS.exceeded(f"{where} is so long that it")
            yield from tags

    def referrers(self, digest: Digest, *, tick: Tick | None = None) -> bytes | None:
        """The index of what refers to a manifest, such as signatures, from the API or the fallback tag; None: none.

        Not verified: there is nothing to verify it against.
        """
        from layertui.sources.registry.questions import get_referrers

        where = f"{self.label}: the list of what refers to {digest.algorithm}:{digest.short}"
        return self._wait(
            lambda halt: self._ask(lambda line: get_referrers(line, digest, where, halt), halt, True), tick
        )

    def blob_label(self, digest: Digest) -> str:
        """What messages call a blob of this repository."""
        return f"{self.label}: blob {digest.algorithm}:{digest.short}"

    def close(self) -> None:
        """Let go of idle connections; the client can be used again."""
        if self._made is not None:
            self._made.transport.close()

    @property
    def _lines(self) -> "Lines":
        from layertui.sources.registry.asking import Lines

        with self._lock:
            if self._made is None:
                place = self.name.repository
                self._made = Lines(place, self._settings, self._environ, self._authfile, system=self._system)
            return self._made

    def _page(self, query: str, where: str, halt: Halt) -> tuple[list[str], str | None]:
        from layertui.sources.registry.questions import get_tags

        return self._ask(lambda line: get_tags(line, query, where, halt), halt, False)

    def _ask(self, work: "Callable[[Line], T]", halt: Halt, by_digest: bool) -> T:
        return self._lines.ask(work, halt, by_digest=by_digest)

    def _wait(self, work: Callable[[Halt], T], tick: Tick | None) -> T:
        return wait_for(work, self.label, silence_s(), tick)


def connect(name: RemoteName, environ: Environ, *, authfile: Path | None = None) -> RegistryClient:
    """A client for an image's repository: settings of this host are read, nothing is connected to or asked.

    `authfile` replaces every other place of credentials; they are looked up once a registry wants some.
    Raises UnreachableError where registries.conf blocks the registry, DamagedError where a setting makes no sense.
    """
    settings = read_settings(environ)
    settings.endpoints(name.repository)
    return RegistryClient(name, settings, environ, authfile)
