"""All tags of a repository, newest version first: nothing is fetched for a tag before it is asked for."""

import os
import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from layertui.errors import LayertuiError, UsageError
from layertui.image.digest import Digest
from layertui.image.image import Image
from layertui.image.platform import Platform
from layertui.layer.window import Tick
from layertui.sources.base import ImageEntry, Record
from layertui.sources.place import Environ
from layertui.sources.registry.cache import BlobCache
from layertui.sources.registry.client import connect
from layertui.sources.registry.images import Images
from layertui.sources.registry.names import RemoteName, parse_name
from layertui.sources.registry.source import SCHEME, RegistrySource, familiar, helping, look_up, only

_VERSION = re.compile(r"[vV]?(\d{1,18}(?:\.\d{1,18}){0,7})(?![0-9])(.*)", re.DOTALL | re.ASCII)
_EARLIER = re.compile(r"[._-]?(?:alpha|beta|rc|pre|dev|nightly|snapshot|[ab]\d)", re.IGNORECASE | re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{7,64}", re.ASCII)
_NUMBER = re.compile(r"(\d{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class TagFacts:
    """What is known of a tag once it was asked for."""

    digest: Digest
    """Of its manifest or index."""
    platforms: tuple[Platform, ...]
    """What it is built for, the host's first; without those that cannot be told."""
    created: str | None
    """In ISO 8601; None where only the config of one of its images tells, and none was read."""


class TagSource:
    """A repository by its tags; threads may share it."""

    scheme = SCHEME
    """What stands before the colon."""
    warnings: tuple[str, ...] = ()
    """What is odd about it as a whole."""
    problems: tuple[LayertuiError, ...] = ()
    """Why images that it may hold are not among its entries."""

    def __init__(self, images: Images, name: RemoteName, tags: Iterable[str], platform: Platform | None = None) -> None:
        """`tags` as the registry lists them; of each an image for `platform`, else for the host, is opened."""
        self.images = images
        """The repository; its client counts the bytes that arrive."""
        self.tags = tuple(sorted(dict.fromkeys(tags), key=newest_first))
        """All of them: names first, then versions, the newest first."""
        self.label = images.client.label
        """What messages call it."""
        self._name, self._platform = name, platform
        self._known: dict[str, TagFacts] = {}
        self._created: dict[Digest, str] = {}
        self._lock = threading.Lock()

    def entries(self) -> tuple[ImageEntry, ...]:
        """An entry for each tag; tags that are known to be of one digest are one entry, where the first stands."""
        groups: dict[Digest | str, list[str]] = {}
        for tag in self.tags:
            facts = self.known(tag)
            groups.setdefault(tag if facts is None else facts.digest, []).append(tag)
        return tuple(self._entry(tags) for tags in groups.values())

    def known(self, tag: str) -> TagFacts | None:
        """What is known of a tag by now; None before it was asked for."""
        with self._lock:
            facts = self._known.get(tag)
            created = self._created.get(facts.digest) if facts is not None else None
        return facts if facts is None or created is None else TagFacts(facts.digest, facts.platforms, created)

    def look(self, tag: str, tick: Tick | None = None, *, created: bool = False) -> TagFacts:
        """Ask for a tag's manifest or index: one request, and one more for the config of a mere manifest.

        `created` asks for the manifest and config of one of several images too, where nothing else tells when it was
        made. Raises LayertuiError, and what `tick` raises.
        """
        facts = self.known(tag)
        if facts is None or (created and facts.created is None):
            source = self._source(tag, tick)
            if created and source.created is None:
                self._open(source)
            facts = self.known(tag)
        assert facts is not None, "it was just asked for"
        return facts

    def _source(self, tag: str, tick: Tick | None = None) -> RegistrySource:
        source = look_up(self.images, self._name.at(tag), tick)
        built = [entry.platform for entry in source.found if entry.kind == "image" and entry.platform is not None]
        with self._lock:
            self._known[tag] = TagFacts(source.digest, tuple(dict.fromkeys(built)), source.created)
        return source

    def _open(self, source: RegistrySource) -> Image:
        image = only(source, self._platform).open()
        if image.config.created is not None:
            with self._lock:
                self._created.setdefault(source.digest, image.config.created)
        return image

    def _entry(self, tags: list[str]) -> ImageEntry:
        names = tuple(familiar(self._name.at(tag)) for tag in tags)
        facts = self.known(tags[0])
        opener: Callable[[], Image] = partial(self._open_tag, tags[0])
        if facts is None:
            return ImageEntry(names[0], names, "image", None, None, None, opener)
        platform = facts.platforms[0] if len(facts.platforms) == 1 else None
        digests = (f"{self.label}@{facts.digest}",)
        record = Record(created=facts.created, repo_digests=digests, platforms=facts.platforms)
        return ImageEntry(names[0], names, "image", platform, facts.digest, None, opener, record)

    def _open_tag(self, tag: str) -> Image:
        return self._open(self._source(tag))


def open_tags(
    text: str,
    platform: Platform | None = None,
    *,
    environ: Environ | None = None,
    authfile: Path | None = None,
    tick: Tick | None = None,
) -> TagSource:
    """List the tags of `[docker://][host[:port]/]repository`; `platform` is for the images that are opened later.

    Raises UsageError for a name with a tag or digest, LayertuiError, and what `tick` raises.
    """
    text = text.removeprefix(f"{SCHEME}://")
    name = parse_name(text)
    if name.digest is not None or text.endswith(f":{name.tag}"):
        raise UsageError(
            f"'{text}' names one image, and all tags were asked for.",
            f"Leave the tag out: {SCHEME}://{name.repository.text}",
        )
    with helping(name):
        images = Images(connect(name, os.environ if environ is None else environ, authfile=authfile), BlobCache())
        return TagSource(images, name, images.client.tags(tick=tick), platform)


def newest_first(tag: str) -> tuple[object, ...]:
    """A key that sorts tags: `latest`, other names, then versions from the newest on.

    Of one version the bare one comes first, then its variants (`-alpine`) by name, then what came before it (`-rc1`),
    the newest first.
    """
    found = _VERSION.fullmatch(tag)
    if found is None or (_COMMIT.fullmatch(tag) and not tag.isdigit()):
        return 0, tag != "latest", _natural(tag)
    numbers = tuple(-int(number) for number in found[1].split("."))
    is_earlier = _EARLIER.match(found[2]) is not None
    # A longer number is newer than its beginning: the end counts as 1 where every number counts as 0 or less.
    return 1, (*numbers, 1), is_earlier, _natural(found[2], -1 if is_earlier else 1)


def _natural(text: str, sign: int = 1) -> tuple[tuple[bool, int, tuple[int, ...]], ...]:
    """Text with its numbers as numbers, so that `rc9` is before `rc10`; the other way round with `sign` -1."""
    return tuple(
        (True, sign * int(part), ()) if part.isdigit() else (False, 0, tuple(sign * ord(letter) for letter in part))
        for part in _NUMBER.split(text)
    )
