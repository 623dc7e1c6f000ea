"""What registries answer, taken apart without asking anything: documents, pages of tags, where the next one is."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import msgspec

from layertui.errors import DamagedError, UnreachableError
from layertui.image.bounds import Bound
from layertui.image.digest import Digest
from layertui.image.document import decode
from layertui.image.manifest import INDEX_TYPES, MANIFEST_TYPES
from layertui.sources.registry.names import is_tag

PAGE_BYTES = Bound("LAYERTUI_MAX_TAG_PAGE_BYTES", 32 << 20, "bytes")
"""One page of tags: some registries send all of them in one, and a hundred thousand take some megabytes."""

TAGS = Bound("LAYERTUI_MAX_TAGS", 200_000, "tags")
"""Tags of one repository: the largest that are known have some tens of thousands; a list may have no end."""

PAGE_TAGS = 1000
"""How many tags are asked for at a time: most registries send no more."""

ACCEPT = ", ".join(
    (*sorted(MANIFEST_TYPES | INDEX_TYPES), "application/vnd.docker.distribution.manifest.v1+prettyjws;q=0.1")
)
"""Manifests of every kind; the retired one, so that it arrives, and can be refused with a sentence."""

_LINK = re.compile(r"<([^<>]*)>((?:\s*;\s*[^,;<]*)*)")
_NEXT = re.compile(r";\s*rel\s*=\s*(?:\"[^\"]*\bnext\b[^\"]*\"|next\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Document:
    """A manifest or an index, as it arrived."""

    data: bytes
    """As stored: its hash is `digest`."""
    media_type: str
    """Of the answer, without parameters; empty where it has none. Not trusted: `parse_document` compares it."""
    digest: Digest
    """Verified."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a registry says of a manifest without sending it; nothing of it is verified."""

    digest: Digest | None
    """None where it does not say."""
    media_type: str
    """Without parameters; empty where it does not say."""
    size_bytes: int | None
    """None where it does not say."""


class NoRanges(UnreachableError):
    """A registry that sends a blob whole or not at all: read it as a stream."""


class _Tags(msgspec.Struct):
    tags: list[str] | None = None


def tags_of(data: bytes, where: str) -> list[str]:
    """The tags of a page, without what can be none; raises DamagedError, beginning with `where`."""
    return [tag for tag in decode(data, _Tags, where, PAGE_BYTES).tags or () if is_tag(tag)]


def next_query(link: str, url: str, where: str) -> str | None:
    """What to ask behind `tags/list?` for the page behind the one at `url`; None where that was the last (RFC 8288).

    Raises DamagedError for a link that leads to another host: what is for this one would go there.
    """
    for target, parameters in _LINK.findall(link):
        if not _NEXT.search(parameters):
            continue
        try:
            here, there = urlsplit(url), urlsplit(urljoin(url, target))
            is_here = there.hostname == here.hostname and there.path.endswith("/tags/list")
            query = urlencode(parse_qsl(there.query, keep_blank_values=True))
        except ValueError:
            is_here, query = False, ""
        if not is_here:
            raise DamagedError(f"{where} leads to another place for its next page; that is not followed.")
        return query
    return None


def media_type_of(content_type: str) -> str:
    """A media type without its parameters, in small letters."""
    return content_type.partition(";")[0].strip().lower()
