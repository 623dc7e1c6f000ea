"""What is asked of a registry, one function a question: each asks one endpoint once, and checks what comes."""

import difflib
from collections.abc import Mapping

from layertui.errors import DamagedError, LayertuiError, NotFoundError
from layertui.image.bounds import DOCUMENT_BYTES, Bound
from layertui.image.digest import Digest, new_hasher
from layertui.image.manifest import INDEX_TYPES
from layertui.sources.registry.answers import (
    ACCEPT,
    PAGE_BYTES,
    PAGE_TAGS,
    Document,
    Head,
    NoRanges,
    media_type_of,
    next_query,
    tags_of,
)
from layertui.sources.registry.asking import Line, Lines
from layertui.sources.registry.complaints import not_a_registry
from layertui.sources.registry.names import is_tag
from layertui.sources.registry.patience import Broken
from layertui.sources.registry.ranges import check_partial, check_whole, content_length, too_long
from layertui.sources.registry.transport import Answer
from layertui.sources.registry.waiting import Halt

_HINT = "It is not trusted, and nothing of it is kept. Try again; if it stays so, tell who runs the registry."

_NEAR = 5
"""How many tags are told where the one that was asked for is not there."""

_ACCEPT: Mapping[str, str] = {"Accept": ACCEPT}


def get_document(line: Line, reference: str, where: str, halt: Halt) -> Document:
    """A manifest or an index; raises DamagedError where it is not what its digest says."""
    answer = line.get(f"manifests/{reference}", _manifest(reference), halt, headers=_ACCEPT)
    data = _document(answer, where)
    said = answer.header("Docker-Content-Digest")
    promised = Digest.parse(reference) if not is_tag(reference) else _digest(said, where) if said else None
    if promised is not None:
        _check(data, promised, where)
    return Document(data, media_type_of(answer.header("Content-Type")), promised or Digest.of(data))


def get_head(line: Line, reference: str, where: str, halt: Halt) -> Head:
    """What is said of a manifest."""
    answer = line.get(f"manifests/{reference}", _manifest(reference), halt, headers=_ACCEPT, method="HEAD")
    _exactly(answer, 0, where)
    said = answer.header("Docker-Content-Digest")
    digest = _digest(said, where) if said else None
    return Head(digest, media_type_of(answer.header("Content-Type")), content_length(answer.header))


def get_blob(line: Line, digest: Digest, size_bytes: int, where: str, halt: Halt) -> bytes:
    """A whole small blob; raises DamagedError where size or digest do not match."""
    answer = line.get(f"blobs/{digest}", f"the blob {digest}", halt)
    with answer.closing():
        check_whole(answer.header, size_bytes, where)
        data = _exactly(answer, size_bytes, where)
    _check(data, digest, where)
    return data


def get_range(line: Line, digest: Digest, size_bytes: int, offset: int, end: int, where: str, halt: Halt) -> bytes:
    """The bytes from `offset` up to `end` of a blob."""
    headers = {"Range": f"bytes={offset}-{end - 1}"}
    answer = line.get(f"blobs/{digest}", f"the blob {digest}", halt, headers=headers, accepted=(200, 206, 416))
    with answer.closing():
        if answer.status == 416:
            raise DamagedError(f"{where} ends before byte {end:,}; {size_bytes:,} bytes were promised.", _HINT)
        if answer.status == 206:
            check_partial(answer.header, offset, end, size_bytes, where)
        else:
            check_whole(answer.header, size_bytes, where)
            if end - offset != size_bytes:
                raise NoRanges(f"{answer.who} does not send parts of a blob.", "It has to be read as a whole.")
        return _exactly(answer, end - offset, where)


def get_tags(line: Line, query: str, where: str, halt: Halt) -> tuple[list[str], str | None]:
    """One page of tags, and the query for the next; None where there is none."""
    path = f"tags/list?{query}"
    answer = line.get(path, "its list of tags", halt)
    tags = tags_of(_document(answer, where, PAGE_BYTES), where)
    return tags, next_query(answer.header("Link"), line.url(path), where)


def get_referrers(line: Line, digest: Digest, where: str, halt: Halt) -> bytes | None:
    """The index of what refers to a manifest (distribution-spec, *Listing Referrers* and *Referrers Tag Schema*)."""
    for path in (f"referrers/{digest}", f"manifests/{digest.algorithm}-{digest.hex[:64]}"):
        answer = line.get(path, "what refers to it", halt, headers=_ACCEPT, accepted=(200, 400, 404, 405))
        if answer.status == 200 and media_type_of(answer.header("Content-Type")) in INDEX_TYPES:
            return _document(answer, where)
        answer.close()
    return None


def nothing_there(lines: Lines, label: str, reference: str, problem: NotFoundError, halt: Halt) -> NotFoundError:
    """What is said of a manifest that is not there: with the tags that are near, where they can be had at once."""
    where = f"{label}: the list of tags"
    try:
        tags, _ = lines.once(lambda line: get_tags(line, f"n={PAGE_TAGS}", where, halt))
    except NotFoundError:
        return NotFoundError(
            f"{label} does not exist, or is private.", "Check the name. If it is private, log in: docker login"
        )
    except (LayertuiError, Broken):
        return problem
    if not is_tag(reference):
        return NotFoundError(f"{label} has no {reference}.", "It may have been removed, or never been pushed there.")
    near = difflib.get_close_matches(reference, tags, _NEAR, 0.5)
    has = f"Near it: {', '.join(near)}." if near else f"It has {', '.join(tags[:_NEAR])}." if tags else "It has none."
    return NotFoundError(f"{label} has no tag '{reference}'. {has}", "Check the tag.")


def _document(answer: Answer, where: str, bound: Bound = DOCUMENT_BYTES) -> bytes:
    """The body of an answer that is JSON; raises DamagedError where it is too long or encoded."""
    with answer.closing():
        if media_type_of(answer.header("Content-Type")) == "text/html":
            raise not_a_registry(answer.who)
        if answer.header("Content-Encoding").lower() not in ("", "identity"):
            raise DamagedError(f"{where} came encoded, which was not asked for.", _HINT)
        announced = content_length(answer.header)
        if announced is not None and announced > bound.value:
            raise bound.exceeded(f"{where} has {announced:,} bytes and")
        return answer.read_within(bound, where)


def _exactly(answer: Answer, length: int, where: str) -> bytes:
    """The body of an answer that has to have `length` bytes; raises Broken where it ends early."""
    data = answer.read(length)
    if data is None:
        raise too_long(where, length)
    if len(data) < length:
        raise Broken(DamagedError(f"{where} ended after {len(data):,} of {length:,} bytes.", _HINT))
    return data


def _manifest(reference: str) -> str:
    """What messages call it."""
    return f"the tag '{reference}'" if is_tag(reference) else f"the manifest {reference}"


def _check(data: bytes, digest: Digest, where: str) -> None:
    hasher = new_hasher(digest)
    hasher.update(data)
    if hasher.hexdigest() != digest.hex:
        raise DamagedError(
            f"{where} does not match its digest {digest}: its content is {digest.algorithm}:{hasher.hexdigest()}.",
            _HINT,
        )


def _digest(text: str, where: str) -> Digest:
    try:
        return Digest.parse(text)
    except DamagedError as problem:
        raise DamagedError(f"{where}: its Docker-Content-Digest makes no sense.", _HINT) from problem
