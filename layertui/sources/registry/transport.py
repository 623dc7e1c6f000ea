"""HTTP to registries and token servers: connections by host, proxies, redirects followed by hand, bytes counted.

urllib3 itself and no more: cookies, .netrc, redirects that carry headers along and decoded bodies would all have to be
switched off in what is built on it. Its import takes a while: import this where a registry is asked, never at the top.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from urllib.parse import unquote, urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

import layertui
from layertui.errors import UnreachableError
from layertui.image.bounds import Bound
from layertui.sources.place import Environ
from layertui.sources.registry.complaints import PROBLEMS, failure_of
from layertui.sources.registry.origin import Origin, proxy_for
from layertui.sources.registry.patience import CONNECT_S, READ_S, SLOWEST_BYTES
from layertui.sources.registry.settings import Settings
from layertui.sources.registry.trust import tls_context
from layertui.sources.registry.waiting import Halt

REDIRECTS = 10
"""How many are followed: a registry leads to a store, which may lead to another."""

_REDIRECT = frozenset({301, 302, 303, 307, 308})
_CHUNK_BYTES = 256 << 10

_SHORT_DIGITS = 4
"""Digits of the length of a body that is read for its connection's sake: redirects come with some hundred bytes."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer whose body has not been read."""

    status: int
    """HTTP status."""
    headers: Mapping[str, str]
    """By name in any case."""
    challenges: tuple[str, ...]
    """Each WWW-Authenticate header."""
    who: str
    """Who answers, for messages: the registry's label, with the host where it led to another."""
    is_elsewhere: bool
    """Whether another origin answers than the one that was asked."""
    _host: str
    _transport: "Transport"
    _response: urllib3.BaseHTTPResponse
    _halt: Halt

    def header(self, name: str) -> str:
        """A header; empty where it is not there."""
        return self.headers.get(name, "").strip()

    def parts(self) -> Iterator[bytes]:
        """Yield the body as it arrives, undecoded; raises Broken or LayertuiError where it breaks off or drips.

        Only a body read to its end leaves the connection for others.
        """
        is_whole = False
        try:
            with self._halt.holding(self._response):
                waited_s, came_bytes = 0.0, 0
                while True:
                    began_s = time.monotonic()  # what whoever takes the parts needs is not the registry's time
                    part = self._response.read1(_CHUNK_BYTES, decode_content=False)
                    if not part:
                        break
                    self._halt.beat()
                    self._transport.count(len(part))
                    waited_s, came_bytes = waited_s + time.monotonic() - began_s, came_bytes + len(part)
                    if waited_s > READ_S.value:
                        if came_bytes < SLOWEST_BYTES:
                            raise TimeoutError
                        waited_s, came_bytes = 0.0, 0
                    yield part
            is_whole = True
        except PROBLEMS as problem:
            raise failure_of(problem, self.who, self._host) from problem
        finally:
            if is_whole:
                self._response.release_conn()
            else:
                self._response.close()

    def read(self, bound_bytes: int) -> bytes | None:
        """The whole body; None where it is longer than that."""
        data = bytearray()
        for part in self.parts():
            data += part
            if len(data) > bound_bytes:
                self.close()
                return None
        return bytes(data)

    def read_within(self, bound: Bound, what: str) -> bytes:
        """The whole body; raises DamagedError, beginning with `what`, where it exceeds a bound."""
        data = self.read(bound.value)
        if data is None:
            raise bound.exceeded(f"{what} is so long that it")
        return data

    def close(self) -> None:
        """Let go of it; what was not read is given up with its connection."""
        self._response.close()

    @contextmanager
    def closing(self) -> Iterator[None]:
        """Let go of it where this raises."""
        try:
            yield
        except BaseException:
            self.close()
            raise


class Transport:
    """Connections to all hosts that one repository leads to. Threads may share it."""

    def __init__(self, settings: Settings, environ: Environ, *, system: Path = Path("/")) -> None:
        """Nothing is connected to yet; `system` is the root of the file system, for tests."""
        self.received_bytes = 0
        """How many bytes of bodies have arrived."""
        self._settings, self._environ, self._system = settings, environ, system
        self._lock = Lock()
        self._pools: dict[tuple[Origin, bool], urllib3.PoolManager] = {}

    def count(self, size_bytes: int) -> None:
        """Add to the bytes that have arrived."""
        with self._lock:
            self.received_bytes += size_bytes

    def close(self) -> None:
        """Close idle connections."""
        with self._lock:
            pools, self._pools = self._pools, {}
        for pool in pools.values():
            pool.clear()

    def ask(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        halt: Halt,
        *,
        who: str,
        authorization: str = "",
        body: bytes | None = None,
        verify: bool = True,
    ) -> Answer:
        """Send a request and follow where it leads; the answer may be of any status but a redirect.

        `authorization` goes to the origin of `url` alone: once a redirect has led elsewhere, it is never sent again.
        `verify` holds for that origin too. A body is never sent on. Raises one of `complaints.PROBLEMS` where the
        origin itself cannot be asked, Broken or LayertuiError where that is so further on, or where a redirect is not
        followed.
        """
        asked = Origin.of(url)
        carries = bool(authorization)
        for _ in range(REDIRECTS + 1):
            origin = Origin.of(url)
            is_elsewhere = origin != asked
            carries = carries and not is_elsewhere
            sent = {"User-Agent": f"layertui/{layertui.__version__}", "Accept-Encoding": "identity", **headers}
            if carries:
                sent["Authorization"] = authorization
            speaker = f"{who} (redirected to {origin.netloc})" if is_elsewhere else who
            try:
                response = self._send(method, url, origin, sent, body, verify=verify or is_elsewhere)
            except PROBLEMS as problem:
                if is_elsewhere:
                    raise failure_of(problem, speaker, origin.netloc) from problem
                raise
            halt_if_stopped(halt, response)
            location = response.headers.get("Location")
            if response.status not in _REDIRECT or not location:
                challenges = tuple(response.headers.getlist("WWW-Authenticate"))
                return Answer(
                    response.status,
                    response.headers,
                    challenges,
                    speaker,
                    is_elsewhere,
                    origin.netloc,
                    self,
                    response,
                    halt,
                )
            _let_go(response)
            if body is not None:
                raise UnreachableError(f"{speaker} redirects a request that holds a secret, so that is not followed.")
            url = _next_url(url, location, speaker)
        raise UnreachableError(f"{who} leads on and on: {REDIRECTS} redirects were followed.", "Tell who runs it.")

    def _send(
        self, method: str, url: str, origin: Origin, headers: Mapping[str, str], body: bytes | None, *, verify: bool
    ) -> urllib3.BaseHTTPResponse:
        return self._pool(origin, verify).urlopen(
            method,
            url,
            body=body,
            headers=dict(headers),
            redirect=False,
            retries=False,
            preload_content=False,
            decode_content=False,
            timeout=urllib3.Timeout(connect=CONNECT_S, read=float(READ_S.value)),
        )

    def _pool(self, origin: Origin, verify: bool) -> urllib3.PoolManager:
        verify = verify and not self._settings.is_insecure(origin.netloc)
        with self._lock:
            pool = self._pools.get((origin, verify))
            if pool is None:
                pool = self._pools[origin, verify] = self._new_pool(origin, verify)
            return pool

    def _new_pool(self, origin: Origin, verify: bool) -> urllib3.PoolManager:
        context = None
        if origin.scheme == "https":
            context = tls_context(origin.netloc, self._environ, verify=verify, system=self._system)
            if not verify:
                urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)  # it was asked for, and would print
        proxy = proxy_for(origin, self._environ)
        if not proxy:
            return urllib3.PoolManager(maxsize=8, ssl_context=context)
        try:
            parts = urlsplit(proxy)
            login = unquote(f"{parts.username}:{parts.password or ''}") if parts.username else None
            secret = urllib3.make_headers(proxy_basic_auth=login)
            return urllib3.ProxyManager(proxy, maxsize=8, ssl_context=context, proxy_headers=secret)
        except (ValueError, HTTPError) as problem:
            raise UnreachableError(
                f"The proxy for {origin.netloc} cannot be used: it has to be http:// or https://.",
                "Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY.",
            ) from problem


def halt_if_stopped(halt: Halt, response: urllib3.BaseHTTPResponse) -> None:
    """Raise Cancelled, and let go of an answer, where nobody waits for it any more."""
    if halt.stopped:
        response.close()
    halt.beat()


def _let_go(response: urllib3.BaseHTTPResponse) -> None:
    """Be done with an answer whose body is of no use: a short one is read, so that its connection can be used again."""
    length = response.headers.get("Content-Length", "")
    if length.isascii() and length.isdigit() and len(length) <= _SHORT_DIGITS:
        with suppress(*PROBLEMS):
            response.read(decode_content=False)
            response.release_conn()
            return
    response.close()


def _next_url(url: str, location: str, speaker: str) -> str:
    """Where a redirect leads; raises UnreachableError for what is not followed. Its address may hold a secret."""
    try:
        target = urljoin(url, location)
        before, after = Origin.of(url), Origin.of(target)
    except ValueError:
        raise UnreachableError(
            f"{speaker} redirects to something that is no address of http.", "Tell who runs it."
        ) from None
    if before.scheme == "https" and after.scheme == "http":
        raise UnreachableError(
            f"{speaker} redirects from https down to http, at {after.netloc}; that is not followed.",
            "Anybody on the way could read and change what is sent. Tell who runs it.",
        )
    return target
