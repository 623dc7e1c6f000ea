"""Registries that lie, hang or never end: each script is refused with a sentence, within bounds of bytes and time."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from layertui.errors import AuthenticationError, Cancelled, DamagedError, LayertuiError, NotFoundError, UnreachableError
from layertui.image.digest import Digest
from layertui.sources.registry.client import NoRanges, RegistryClient
from tests.sources.registry.conftest import Mocks
from tests.sources.registry.kit import BASIC, LAYER, MANIFEST, PASSWORD, Host
from tests.sources.registry.mock import (
    Answer,
    MockRegistry,
    answer,
    blob,
    challenge,
    document,
    dripping,
    endless,
    hang,
    parts,
    raw,
    redirect,
    refuse,
    when,
)

DIGEST = Digest.of(LAYER)
BLOB = f"blobs/{DIGEST}"
SIZE = len(LAYER)
MIB = 1 << 20


@dataclass(frozen=True)
class Case:
    """What is answered, what is asked, and what has to be said of it."""

    name: str
    answers: Answer | list[Answer]
    error: type[LayertuiError]
    words: str
    requests: int = 1
    """How many requests may come at most."""
    received: int = 5 * MIB
    """How many bytes may be taken at most."""


def part(said: str, data: bytes = LAYER[10:20], **headers: str) -> Answer:
    return answer(data, 206, "application/octet-stream", Content_Range=said, **headers)


FLOOD = "X-Flood: " + "x" * 200_000
MANIFESTS = [
    Case("never ends", parts(endless), DamagedError, "exceeds the bound of 4,194,304 bytes", received=5 * MIB),
    Case("announces 10 GB", answer(b"x", Content_Length="10000000000"), DamagedError, "10,000,000,000 bytes and"),
    Case("its tag has another digest", document(MANIFEST, Docker_Content_Digest=str(DIGEST)), DamagedError, "digest"),
    Case("digest is a path", document(MANIFEST, Docker_Content_Digest="../../etc/x"), DamagedError, "makes no sense"),
    Case("a web page", answer(b"<html>", kind="text/html"), UnreachableError, "does not answer as a registry"),
    Case("came encoded", document(MANIFEST, Content_Encoding="gzip"), DamagedError, "came encoded"),
    Case("ends early", document(MANIFEST, Content_Length="4000"), UnreachableError, "before its answer was", 6),
    Case("a chunk ends early", raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nxx"), UnreachableError,
         "before its answer was", 6),
    Case("a chunk of no size", raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nxx"), UnreachableError,
         "before its answer was", 6),
    Case("drips", parts(dripping), UnreachableError, "nothing of use for 1 s", 2),
    Case("hangs before it answers", hang(), UnreachableError, "nothing of use for 1 s", 2),
    Case("hangs in the middle", hang(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nxx"), UnreachableError, "use", 2),
    Case("is no HTTP", raw(b"SSH-2.0-OpenSSH_9.2\r\n"), UnreachableError, "does not answer as a registry"),
    Case("says nothing", raw(b""), UnreachableError, "closed the connection", 6),
    Case("a header of 200 kB", raw(f"HTTP/1.1 200 OK\r\n{FLOOD}\r\n\r\n".encode()), UnreachableError, "as a registry"),
    Case("a thousand headers", raw(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 999 + b"\r\n"), UnreachableError, "registry"),
    Case("asks to continue for ever", raw(b"HTTP/1.1 100 Continue\r\n\r\n" * 9), UnreachableError, "closed", 6),
    Case("too often asked", refuse(429, "TOOMANYREQUESTS", "slow down"), UnreachableError, "429.*slow down", 6),
    Case("wants a year's rest", refuse(429, Retry_After="31536000"), UnreachableError, "asks to wait 31,536,000 s"),
    Case("fails for ever", refuse(503, "UNAVAILABLE", "no disk"), UnreachableError, "HTTP 503.*no disk", 6),
    Case("fails with a nested body", answer(b"[" * 100_000, 500), UnreachableError, "HTTP 500", 6),
    Case("fails without end", parts(endless, head="500 No"), UnreachableError, "HTTP 500", 6),
    Case("refuses", refuse(418, "TEAPOT", "I am one"), UnreachableError, "HTTP 418.*I am one"),
    Case("401 for ever", challenge('Basic realm="x"'), AuthenticationError, "does not accept the cred.*config.json", 2),
    Case("401 without a challenge", answer(status=401), UnreachableError, "in a way that is not known", 1),
    Case("401 of another kind", challenge("Negotiate"), UnreachableError, "in a way that is not known", 1),
    Case("401 with garbage", challenge('=,"\\\\,Bearer realm'), UnreachableError, "makes no sense|not known", 1),
    Case("401 without a realm", challenge("Bearer"), UnreachableError, "address makes no sense", 1),
    Case("realm is a file", challenge('Bearer realm="file:///etc/passwd"'), UnreachableError, "makes no sense"),
    Case("realm without https", challenge('Bearer realm="http://auth.example.com/"'), UnreachableError, "https"),
    Case("403", refuse(403, "DENIED", "no"), AuthenticationError, "HTTP 403"),
    Case("redirects in a circle", redirect("/v2/team/api/manifests/1"), UnreachableError, "10 redirects", 11),
    Case("redirects to a file", redirect("file:///etc/passwd"), UnreachableError, "no address of http"),
    Case("redirects to nonsense", redirect("http://[::1/"), UnreachableError, "no address of http"),
    Case("redirects nowhere", answer(status=307), UnreachableError, "does not answer as a registry"),
]  # fmt: skip


def check(client: RegistryClient, mock: MockRegistry, case: Case, ask: Callable[[], object]) -> None:
    with pytest.raises(case.error, match=case.words) as raised:
        ask()
    told = f"{raised.value.message} {raised.value.hint} {raised.value!r}"
    assert PASSWORD not in told
    assert BASIC.split()[1] not in told
    assert len(mock.requests) <= case.requests
    assert client.received_bytes <= case.received


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("case", MANIFESTS, ids=lambda case: case.name)
def test_a_manifest_that_is_none(case: Case, host: Host, mocks: Mocks) -> None:
    mock = mocks({"manifests/1": case.answers})
    host.log_in(mock.host)
    client = host.client(mock.name)
    check(client, mock, case, lambda: client.document("1"))


def test_a_manifest_that_its_digest_is_not_of(host: Host, mocks: Mocks) -> None:
    mock = mocks({f"manifests/{DIGEST}": document(MANIFEST, Docker_Content_Digest=str(DIGEST))})
    with pytest.raises(DamagedError, match="does not match its digest"):
        host.client(mock.name).document(DIGEST)


RANGES = [
    Case("ignored", answer(LAYER), NoRanges, "does not send parts", received=0),
    Case("ignored, and another size", answer(LAYER + b"x"), DamagedError, f"{SIZE + 1:,}", received=0),
    Case("other bytes", part(f"bytes 20-29/{SIZE}"), DamagedError, "20 to 30 came", received=0),
    Case("another whole", part(f"bytes 10-19/{SIZE + 1}"), DamagedError, "does not match its descriptor", received=0),
    Case("not said which", answer(LAYER[10:20], 206), DamagedError, "not said which came", received=0),
    Case("in several parts", answer(b"--x", 206, "multipart/byteranges; boundary=x"), DamagedError, "not said which"),
    Case("no such bytes", answer(status=416), DamagedError, "ends before byte 20"),
    Case("too many", part(f"bytes 10-19/{SIZE}", LAYER), DamagedError, "are announced", received=0),
    Case("without end", parts(endless, head=f"206 P\r\nContent-Range: bytes 10-19/{SIZE}"), DamagedError, "is longer",
         received=MIB),
    Case("too few", parts(lambda: [b"xx"], head=f"206 P\r\nContent-Range: bytes 10-19/{SIZE}"), DamagedError,
         "ended after 2 of 10 bytes", 6),
    Case("not there", refuse(404, "BLOB_UNKNOWN", "blob unknown"), NotFoundError, "blob unknown"),
]  # fmt: skip


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("case", RANGES, ids=lambda case: case.name)
def test_a_range_that_is_another(case: Case, host: Host, mocks: Mocks) -> None:
    mock = mocks({BLOB: case.answers})
    client = host.client(mock.name)
    check(client, mock, case, lambda: client.range(DIGEST, SIZE, 10, 10))


def read(client: RegistryClient, offset: int = 0, limit: int = SIZE * 2) -> bytes:
    """All that a stream gives."""
    stream, data = client.stream(DIGEST, SIZE, offset), b""
    while (chunk := stream.read(100_000)) and len(data) < limit:
        data += chunk
    return data


def broken_at(position: int, *, ranges: bool = True) -> Answer:
    """Each request gets this many bytes at most before the connection ends."""

    def send(line, request):  # type: ignore[no-untyped-def]
        first = request.range[0] if ranges and request.range else 0
        rest = LAYER[first:]
        head = f"206 P\r\nContent-Range: bytes {first}-{SIZE - 1}/{SIZE}" if first else "200 OK"
        parts(lambda: [rest[:position]], length=len(rest), head=head)(line, request)

    return send


STREAMS = [
    Case("never ends", parts(endless), DamagedError, "is longer than", received=SIZE + MIB),
    Case("announces another size", answer(LAYER + b"x"), DamagedError, "does not match its descriptor", received=0),
    Case("ends early each time", broken_at(0), UnreachableError, "before its answer was complete", 6),
    Case("ends early without a word", parts(lambda: [LAYER[:9]]), UnreachableError, "ended at byte 9 of", 6),
    Case("goes on elsewhere", [broken_at(9), part(f"bytes 5-{SIZE - 1}/{SIZE}")], DamagedError, "5 to .* came", 2),
    Case("has no rest", [broken_at(9), answer(status=416)], DamagedError, "ends before byte 9", 2),
    Case("drips", parts(dripping, length=SIZE), UnreachableError, "nothing of use for 1 s", 3),
    Case("is not there", refuse(404, "BLOB_UNKNOWN", "blob unknown"), NotFoundError, "blob unknown"),
]  # fmt: skip


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("case", STREAMS, ids=lambda case: case.name)
def test_a_stream_that_is_not_the_blob(case: Case, host: Host, mocks: Mocks) -> None:
    mock = mocks({BLOB: case.answers})
    client = host.client(mock.name)
    check(client, mock, case, lambda: read(client))


TAGS = [
    Case("leads elsewhere", answer({"tags": ["1"]}, Link='<http://evil.example/v2/team/api/tags/list?n=1>; rel="next"'),
         DamagedError, "leads to another place"),
    Case("leads astray", answer({"tags": ["1"]}, Link="</v2/_catalog?n=1>; rel=next"), DamagedError, "place"),
    Case("leads in a circle", answer({"tags": ["1"]}, Link="<list?n=1000>; rel=next"), DamagedError, "circle"),
    Case("is no list", answer({"tags": {"a": 1}}), DamagedError, "not as its specification says"),
    Case("is too long", parts(lambda: endless(b'"a",' * 16384)), DamagedError, "exceeds the bound", received=40 * MIB),
]  # fmt: skip


@pytest.mark.parametrize("case", TAGS, ids=lambda case: case.name)
def test_tags_that_are_none(case: Case, host: Host, mocks: Mocks) -> None:
    mock = mocks({"tags/list": case.answers})
    client = host.client(mock.name)
    check(client, mock, case, lambda: list(client.tags()))


def test_pages_of_tags_without_end(host: Host, mocks: Mocks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAYERTUI_MAX_TAGS", "20")

    def page(line, request):  # type: ignore[no-untyped-def]
        last = int(request.query.get("last", "0")) + 1
        answer({"tags": []}, Link=f'</v2/team/api/tags/list?last={last}>; rel="next"')(line, request)

    mock = mocks({"tags/list": page})
    with pytest.raises(DamagedError, match="exceeds the bound of 20 tags"):
        list(host.client(mock.name).tags())
    assert len(mock.requests) == 21


def test_tags_come_page_by_page_without_what_is_no_tag(host: Host, mocks: Mocks) -> None:
    first = answer({"tags": ["1.0", "../x", "a b"]}, Link='</v2/team/api/tags/list?n=1000&last=1.0>; rel="next"')
    mock = mocks({"tags/list": when(lambda r: "last" in r.query, answer({"tags": ["2.0"]}), first)})
    tags = host.client(mock.name).tags()
    assert next(tags) == "1.0"
    assert len(mock.requests) == 1
    assert list(tags) == ["2.0"]
    assert mock.requests[1].query == {"n": "1000", "last": "1.0"}
    assert list(host.client(mocks({"tags/list": answer({"tags": None})}).name).tags()) == []


def test_a_broken_stream_goes_on_where_it_broke(host: Host, mocks: Mocks) -> None:
    mock = mocks({BLOB: broken_at(100_000)})
    assert read(host.client(mock.name)) == LAYER
    assert [request.range for request in mock.requests] == [None, (100_000, None), (200_000, None)]
    assert read(host.client(mock.name), offset=SIZE - 5) == LAYER[-5:]


def test_a_broken_stream_begins_anew_where_there_are_no_ranges(host: Host, mocks: Mocks) -> None:
    mock = mocks({BLOB: [broken_at(100_000), answer(LAYER)]})
    assert read(host.client(mock.name)) == LAYER


def test_a_stream_that_breaks_too_often_is_given_up(host: Host, mocks: Mocks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layertui.sources.registry.pump._BREAKS", 1)
    monkeypatch.setattr("layertui.sources.registry.pump._PROGRESS_BYTES", 1)
    mock = mocks({BLOB: broken_at(1000)})
    with pytest.raises(UnreachableError, match="before its answer was complete"):
        read(host.client(mock.name))
    assert len(mock.requests) == 2


@pytest.mark.parametrize(
    "before", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 262144\r\n\r\nxx"], ids=["first", "later"]
)
def test_whoever_waits_is_let_go_at_once(before: bytes, host: Host, mocks: Mocks) -> None:
    mock = mocks({BLOB: hang(before), "manifests/1": hang(before)})
    client = host.client(mock.name)
    begun_s = time.monotonic()

    def tick(_: int = 0) -> None:
        if time.monotonic() - begun_s > 0.2:
            raise Cancelled

    for wait in (
        lambda: client.document("1", tick=tick),
        lambda: client.range(DIGEST, SIZE, 0, SIZE, tick=tick),
        lambda: [client_read(client, tick)],
    ):
        begun_s = time.monotonic()
        with pytest.raises(Cancelled):
            wait()
        assert time.monotonic() - begun_s < 0.7
    if before:
        assert mock.idle_within(2)


def client_read(client: RegistryClient, check: Callable[[], None]) -> None:
    stream = client.stream(DIGEST, SIZE)
    try:
        while stream.read(100_000, check):
            pass
    finally:
        stream.close()


def test_a_stream_that_is_forgotten_ends_its_request(host: Host, mocks: Mocks) -> None:
    mock = mocks({BLOB: hang(b"HTTP/1.1 200 OK\r\nContent-Length: 262144\r\n\r\nxx")})
    client = host.client(mock.name)
    stream = client.stream(DIGEST, SIZE)
    assert stream.read(2) == b"xx"
    del stream
    assert mock.idle_within(2)


def test_what_breaks_once_is_asked_again(host: Host, mocks: Mocks) -> None:
    answers = [refuse(503), raw(b""), refuse(429, Retry_After="1"), document(MANIFEST)]
    mock = mocks({"manifests/1": answers})
    begun_s = time.monotonic()
    assert host.client(mock.name).document("1").data == MANIFEST
    assert time.monotonic() - begun_s > 1.5
    assert len(mock.requests) == 4


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        (
            answer({"tags": ["3.18", "3.19", "3.19.1", "edge"]}),
            r"has no tag '3\.191'\. Near it: 3\.19\.1, 3\.19, 3\.18",
        ),
        (answer({"tags": ["edge"]}), r"has no tag '3\.191'\. It has edge"),
        (answer({"tags": []}), r"It has none"),
        (refuse(404, "NAME_UNKNOWN", "no repository"), "does not exist, or is private"),
        (refuse(500), "does not have the tag '3.191': manifest unknown"),
        (hang(), "does not have the tag '3.191': manifest unknown"),
    ],
)
@pytest.mark.usefixtures("impatient")
def test_a_tag_that_is_not_there(tags: Answer, words: str, host: Host, mocks: Mocks) -> None:
    mock = mocks({"tags/list": tags})
    with pytest.raises(NotFoundError, match=words):
        host.client(mock.name).document("3.191")


INDEX = json.dumps({"schemaVersion": 2, "manifests": []}).encode()
INDEX_ANSWER = document(INDEX, "application/vnd.oci.image.index.v1+json")


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ({f"referrers/{DIGEST}": INDEX_ANSWER}, INDEX),
        ({f"manifests/sha256-{DIGEST.hex}": INDEX_ANSWER}, INDEX),
        ({f"referrers/{DIGEST}": answer(b"<html>", kind="text/html")}, None),
        ({}, None),
    ],
    ids=["asked", "by its tag", "a web page", "none"],
)
def test_what_refers_to_a_manifest(
    script: dict[str, Answer | list[Answer]], found: bytes | None, host: Host, mocks: Mocks
) -> None:
    assert host.client(mocks(script).name).referrers(DIGEST) == found


def test_a_small_blob_is_verified(host: Host, mocks: Mocks) -> None:
    mock = mocks({BLOB: [blob(LAYER), blob(LAYER[::-1]), blob(LAYER + b"x")]})
    client = host.client(mock.name)
    assert client.blob(DIGEST, SIZE) == LAYER
    with pytest.raises(DamagedError, match="does not match its digest"):
        client.blob(DIGEST, SIZE)
    with pytest.raises(DamagedError, match="does not match its descriptor"):
        client.blob(DIGEST, SIZE)
    with pytest.raises(DamagedError, match="exceeds the bound"):
        client.blob(DIGEST, 1 << 30)
    with pytest.raises(DamagedError, match="are to be read"):
        client.range(DIGEST, SIZE, SIZE - 1, 2)
    assert client.range(DIGEST, SIZE, SIZE, 0) == b""
    assert len(mock.requests) == 3


def test_a_head_tells_without_sending(host: Host, mocks: Mocks) -> None:
    mock = mocks({"manifests/1": document(MANIFEST)})
    client = host.client(mock.name)
    head = client.head("1")
    assert (head.digest, head.size_bytes) == (Digest.of(MANIFEST), len(MANIFEST))
    assert client.received_bytes == 0
    with pytest.raises(NotFoundError):
        client.head("2")
