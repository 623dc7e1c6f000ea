"""Logging in to one registry: what it wants, and the header that gives it; nothing leaves for any other host.

RFC 9110 (basic), distribution's *Token Authentication* and its OAuth2 form. A password goes to the registry that it is
for, or over https to the token server that the registry names, where that belongs to the same domain.
"""

import base64
import time
from dataclasses import dataclass
from threading import Lock
from urllib.parse import urlencode, urlsplit, urlunsplit

import msgspec

from layertui.errors import AuthenticationError, LayertuiError, UnreachableError
from layertui.image.document import decode
from layertui.sources.place import Environ
from layertui.sources.registry.challenge import Challenge, parse_challenges
from layertui.sources.registry.complaints import PROBLEMS, failure_of, refusal_of
from layertui.sources.registry.credentials import Credentials, Search
from layertui.sources.registry.names import Repository
from layertui.sources.registry.origin import Origin
from layertui.sources.registry.patience import Broken, retry_after_s
from layertui.sources.registry.secret import NOTHING, Credential, Secret
from layertui.sources.registry.settings import is_local
from layertui.sources.registry.transport import Answer, Transport
from layertui.sources.registry.waiting import Halt

TOKEN_HOSTS = "LAYERTUI_TOKEN_HOSTS"
"""Variable with further hosts, by commas, that may be sent what is for a registry that names them as token server."""

_TOKEN_BYTES = 1 << 20
"""An answer of a token server; a token with many scopes has some kilobytes."""

_REFUSAL_BYTES = 64 << 10

_SHORTEST_S = 60.0
"""How long a token holds where nothing is said (distribution, *Token Authentication*)."""

_EARLY_S = 5.0
"""How much earlier a token counts as spent: it takes a while to arrive."""


class _Token(msgspec.Struct):
    token: str | None = None
    access_token: str | None = None
    expires_in: float | None = None


@dataclass(frozen=True, slots=True)
class _Pass:
    """A header that lets in, for a while."""

    header: Secret
    end_s: float
    """When it is spent, by the monotonic clock."""


class Login:
    """Keeps what lets in to one repository on one registry. Threads may share it: one of them logs in."""

    def __init__(
        self, repository: Repository, label: str, credentials: Credentials, transport: Transport, environ: Environ
    ) -> None:
        """`label` begins messages. Nothing is looked up or asked before a registry wants it."""
        self._repository, self._label = repository, label
        self._credentials, self._transport, self._environ = credentials, transport, environ
        self._lock = Lock()
        self._search: Search | None = None
        self._pass: _Pass | None = None

    @property
    def header(self) -> Secret:
        """What to send as Authorization; empty where nothing is known to be wanted yet."""
        known = self._pass
        return known.header if known is not None and time.monotonic() < known.end_s else NOTHING

    def answer(self, refused: Secret, challenges: tuple[str, ...], asked: Origin, halt: Halt) -> None:
        """Get what a registry wants: it answered 401 to `refused` from `asked`, with these challenges.

        Raises AuthenticationError where there is nothing to give, or what was given is not good enough, Broken, and
        UnreachableError for a token server that cannot be asked.
        """
        while not self._lock.acquire(timeout=0.1):
            halt.beat()
        try:
            if self.header and self.header != refused:
                return  # another thread was faster
            self._pass = None
            known = {challenge.scheme: challenge for challenge in reversed(parse_challenges(challenges))}
            if "bearer" in known:
                self._pass = self._bearer(known["bearer"], asked, halt)
            elif "basic" in known:
                self._pass = _Pass(Secret(self._basic()), float("inf"))
            else:
                raise UnreachableError(
                    f"{self._label} wants to be logged in to in a way that is not known here.",
                    "Known are basic and bearer. Ask whoever runs it.",
                )
        finally:
            self._lock.release()

    def refusal(self, status: int) -> AuthenticationError:
        """The sentence for a 401 or 403 that logging in does not help against."""
        search = self._search
        credential = search.credential if search is not None else None
        if credential is not None:
            verb = "does not accept" if status == 401 else "does not let in with"
            return AuthenticationError(
                f"{self._label}: the registry {verb} the credentials from {credential.source} (HTTP {status}).",
                f"They may be old, or not for this repository: docker login {self._repository.host}",
            )
        return self._nothing_found(f"{self._label} is private, or does not exist (HTTP {status})")

    def _find(self) -> Search:
        if self._search is None:
            self._search = self._credentials.find(self._repository)
        return self._search

    def _nothing_found(self, begins: str) -> AuthenticationError:
        search = self._find()
        tried = "; ".join(search.tried) or "nowhere"
        problems = "".join(f" {problem.message}" for problem in search.problems)
        return AuthenticationError(
            f"{begins}, and no credentials for it were found. Looked at: {tried}.{problems}",
            f"Log in (docker login {self._repository.host}, or skopeo login), or name a file with --authfile.",
        )

    def _basic(self) -> str:
        credential = self._find().credential
        if credential is None:
            raise self._nothing_found(f"{self._label} wants a user and a password")
        if not credential.username:
            raise AuthenticationError(
                f"{self._label} wants a user and a password; {credential.source} has only a token.",
                f"Log in again: docker login {self._repository.host}",
            )
        return _basic_header(credential)

    def _bearer(self, challenge: Challenge, asked: Origin, halt: Halt) -> _Pass:
        credential = self._find().credential
        if credential is not None and credential.registry_token:
            return _Pass(Secret(f"Bearer {credential.registry_token.reveal()}"), float("inf"))
        realm = challenge.parameters.get("realm", "")
        server = self._checked_realm(realm, asked)
        if credential is not None and not self._may_have(server, asked):
            raise AuthenticationError(
                f"{self._label} names {server.netloc} as its token server, which the credentials from"
                f" {credential.source} are not for; they were not sent there.",
                f"If that server belongs to it: {TOKEN_HOSTS}={server.host}",
            )
        who = f"{self._label}: its token server {server.netloc}"
        service = challenge.parameters.get("service", "")
        try:
            answer = self._ask_for_token(realm, service, credential, who, halt)
        except PROBLEMS as problem:
            raise failure_of(problem, who, server.netloc) from problem
        data = self._accepted(answer, who)
        try:
            token = decode(data, _Token, who)
        except LayertuiError:
            # Its own sentence may quote what was answered.
            raise UnreachableError(f"{who} does not answer as one does.", "Ask whoever runs it.") from None
        text = token.token or token.access_token or ""
        if not text or not text.isascii() or not text.isprintable():
            raise UnreachableError(f"{who} gave no token.", "Ask whoever runs it.")
        return _Pass(Secret(f"Bearer {text}"), time.monotonic() + _holds_s(token))

    def _ask_for_token(self, realm: str, service: str, credential: Credential | None, who: str, halt: Halt) -> Answer:
        fields = {"service": service} if service else {}
        fields["scope"] = f"repository:{self._repository.path}:pull"
        if credential is not None and credential.identity_token:
            fields |= {"grant_type": "refresh_token", "client_id": "layertui"}
            fields["refresh_token"] = credential.identity_token.reveal()
            headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
            return self._transport.ask("POST", realm, headers, halt, who=who, body=urlencode(fields).encode())
        authorization = _basic_header(credential) if credential is not None else ""
        if credential is not None:
            fields["account"] = credential.username
        parts = urlsplit(realm)
        query = "&".join(text for text in (parts.query, urlencode(fields)) if text)
        url = urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))
        accept = {"Accept": "application/json"}
        return self._transport.ask("GET", url, accept, halt, who=who, authorization=authorization)

    def _accepted(self, answer: Answer, who: str) -> bytes:
        if answer.status == 200:
            data = answer.read(_TOKEN_BYTES)
            if data is None:
                raise UnreachableError(f"{who} answers without end.", "Ask whoever runs it.")
            return data
        body = answer.read(_REFUSAL_BYTES) or b""
        if answer.status in (400, 401, 403):
            raise self.refusal(403 if answer.status == 403 else 401)
        after_s = retry_after_s(answer.header("Retry-After"))
        problem = refusal_of(answer.status, body, "a token", who, after_s)
        if isinstance(problem, Broken):
            raise problem
        # A token server that is not there does not mean that the image is not.
        raise UnreachableError(problem.message, problem.hint)

    def _checked_realm(self, realm: str, asked: Origin) -> Origin:
        """Where tokens are given; raises UnreachableError for an address that a secret may not go to."""
        try:
            server = Origin.of(realm)
        except ValueError:
            raise UnreachableError(
                f"{self._label} names a token server whose address makes no sense.", "Ask whoever runs it."
            ) from None
        is_plain_too = asked.scheme == "http" and (server.host == asked.host or is_local(server.netloc))
        if server.scheme != "https" and not is_plain_too:
            raise UnreachableError(
                f"{self._label} names a token server without https, at {server.netloc}; it is not asked.",
                "Passwords and tokens would be readable on the way. Tell who runs it.",
            )
        return server

    def _may_have(self, server: Origin, asked: Origin) -> bool:
        """Whether a token server may be sent what is for the registry."""
        if server.host == asked.host or (is_local(server.netloc) and is_local(asked.netloc)):
            return True
        further = self._environ.get(TOKEN_HOSTS, "").replace(" ", "").lower().split(",")
        return server.host in further or (_domain(server.host) == _domain(asked.host) != "")


def _basic_header(credential: Credential) -> str:
    pair = f"{credential.username}:{credential.password.reveal()}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def _domain(host: str) -> str:
    """What somebody registered: `docker.io` of `auth.docker.io`; empty for an address and for a bare name.

    No list of public suffixes is at hand: two labels, or three below short ones such as `co.uk`.
    """
    labels = host.split(".")
    if len(labels) < 2 or ":" in host or labels[-1].isdigit():
        return ""
    count = 3 if len(labels[-1]) == 2 and len(labels[-2]) <= 3 else 2
    return ".".join(labels[-count:]) if len(labels) >= count else ""


def _holds_s(token: _Token) -> float:
    """How long a token holds: counted from now, since clocks differ; it was made for this request."""
    return max(token.expires_in or 0.0, _SHORTEST_S) - _EARLY_S
