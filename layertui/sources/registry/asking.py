"""One repository and the places that have it: each question goes to mirrors first, and again where that helps."""

from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock
from typing import TypeVar

from layertui.errors import LayertuiError, UnreachableError
from layertui.sources.place import Environ
from layertui.sources.registry.auth import Login
from layertui.sources.registry.complaints import PROBLEMS, failure_of, is_no_tls, refusal_of
from layertui.sources.registry.credentials import Credentials
from layertui.sources.registry.names import Repository
from layertui.sources.registry.origin import Origin
from layertui.sources.registry.patience import Broken, Patience, retry_after_s
from layertui.sources.registry.settings import Endpoint, Settings
from layertui.sources.registry.transport import Answer, Transport
from layertui.sources.registry.waiting import Halt

T = TypeVar("T")

_REFUSAL_BYTES = 64 << 10
"""How much of an error answer is read."""


class Line:
    """One endpoint: how it is spoken to, and what lets in."""

    def __init__(self, endpoint: Endpoint, label: str, transport: Transport, login: Login) -> None:
        self.endpoint = endpoint
        """Where it is."""
        self.who = label if not endpoint.is_mirror else f"{label}: the mirror {endpoint.repository.text}"
        """How messages begin."""
        self._transport, self._login = transport, login
        self._schemes: tuple[str, ...] = ("https", "http") if endpoint.may_be_plain else ("https",)

    def get(
        self,
        path: str,
        what: str,
        halt: Halt,
        *,
        headers: Mapping[str, str] | None = None,
        method: str = "GET",
        accepted: tuple[int, ...] = (200,),
    ) -> Answer:
        """Ask for something below the repository; `what` is what messages call it. Logs in where that is wanted.

        Raises LayertuiError for every status that is not `accepted`, and Broken where asking again may help.
        """
        header = self._login.header
        answer = self._send(method, path, headers or {}, header.reveal(), halt)
        if answer.status == 401 and not answer.is_elsewhere:
            _body(answer)  # so that its connection can be used again
            self._login.answer(header, answer.challenges, self._origin(), halt)
            answer = self._send(method, path, headers or {}, self._login.header.reveal(), halt)
        if answer.status in accepted:
            return answer
        raise self._refusal(answer, what)

    def url(self, path: str, scheme: str = "") -> str:
        """The address of something below the repository, by the scheme that is spoken unless another is given."""
        return f"{scheme or self._schemes[0]}://{self.endpoint.api_host}/v2/{self.endpoint.repository.path}/{path}"

    def _origin(self) -> Origin:
        return Origin.of(self.url(""))

    def _send(self, method: str, path: str, headers: Mapping[str, str], authorization: str, halt: Halt) -> Answer:
        for scheme in self._schemes:
            try:
                answer = self._transport.ask(
                    method,
                    self.url(path, scheme),
                    headers,
                    halt,
                    who=self.who,
                    authorization=authorization,
                    verify=not self.endpoint.insecure,
                )
            except PROBLEMS as problem:
                if scheme == self._schemes[-1] or not is_no_tls(problem):
                    raise failure_of(problem, self.who, self.endpoint.api_host) from problem
            else:
                self._schemes = (scheme,)
                return answer
        raise AssertionError("there is a scheme, and it answered or failed")

    def _refusal(self, answer: Answer, what: str) -> LayertuiError | Broken:
        body = _body(answer)
        if answer.status in (401, 403) and answer.is_elsewhere:
            return UnreachableError(
                f"{answer.who} does not let in (HTTP {answer.status}).", "Credentials are never sent on. Try again."
            )
        if answer.status in (401, 403):
            return self._login.refusal(answer.status)
        return refusal_of(answer.status, body, what, answer.who, retry_after_s(answer.header("Retry-After")))


def _body(answer: Answer) -> bytes:
    """What an error answer says; nothing where that does not arrive, since its status says enough."""
    try:
        return answer.read(_REFUSAL_BYTES) or b""
    except (LayertuiError, Broken):
        return b""


class Lines:
    """All endpoints of a repository, in the order to be tried."""

    def __init__(
        self,
        repository: Repository,
        settings: Settings,
        environ: Environ,
        authfile: Path | None,
        *,
        system: Path = Path("/"),
    ) -> None:
        """Nothing is connected to yet; raises LayertuiError as `Settings.endpoints` does."""
        self.transport = Transport(settings, environ, system=system)
        """The connections that all share."""
        credentials = Credentials(environ, authfile)

        def line(endpoint: Endpoint) -> Line:
            place = endpoint.repository
            login = Login(place, place.text, credentials, self.transport, environ)
            return Line(endpoint, repository.text, self.transport, login)

        self._lines = [line(endpoint) for endpoint in settings.endpoints(repository)]
        self._lock = Lock()

    def ask(self, work: Callable[[Line], T], halt: Halt, *, by_digest: bool) -> T:
        """Do something at the first endpoint where it works, repeated where it broke; mirrors that fail go last.

        `by_digest` says whether what is asked for is named by its digest: some mirrors are for only these, or for only
        tags. Raises LayertuiError: what the registry itself says, with what its mirrors said.
        """
        failures: list[LayertuiError] = []
        with self._lock:
            lines = [line for line in self._lines if _is_for(line.endpoint, by_digest)]
        for line in lines:
            try:
                return _patiently(work, line, halt)
            except LayertuiError as problem:
                failures.append(problem)
                if line.endpoint.is_mirror and type(problem) is UnreachableError:
                    self._give_up(line)
        raise _of_all(failures)

    def once(self, work: Callable[[Line], T]) -> T:
        """Do something at the registry itself, once; raises LayertuiError, and Broken where asking again may help."""
        with self._lock:
            line = self._lines[-1]
        return work(line)

    def _give_up(self, line: Line) -> None:
        """A mirror that cannot be reached would cost its timeout with every question."""
        with self._lock:
            self._lines = [other for other in self._lines if other is not line]


def _patiently(work: Callable[[Line], T], line: Line, halt: Halt) -> T:
    patience = Patience()
    while True:
        try:
            return work(line)
        except Broken as broken:
            halt.pause(patience.next_pause(broken))


def _is_for(endpoint: Endpoint, by_digest: bool) -> bool:
    return endpoint.pull == "all" or (endpoint.pull == "digest-only") == by_digest


def _of_all(failures: list[LayertuiError]) -> LayertuiError:
    """The last failure, which is of the registry itself; the others are told with it."""
    *mirrors, last = failures
    if not mirrors:
        return last
    said = " ".join(dict.fromkeys(problem.message for problem in mirrors))
    return type(last)(f"{last.message} Before that: {said}", last.hint)
