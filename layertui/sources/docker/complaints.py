"""What goes wrong when an engine is asked, as sentences: what was tried, and what to do next."""

import errno
import os
import re
import ssl
from http.client import HTTPException, IncompleteRead, RemoteDisconnected

import msgspec
import requests
import urllib3

from layertui.errors import AuthenticationError, LayertuiError, NotFoundError, UnreachableError
from layertui.sources.causes import causes, first, short
from layertui.sources.docker.endpoint import Endpoint, Flavour, look_at_socket

_GONE = re.compile(r"no such (?:image|container)|imagedb/content/\S+: no such file", re.IGNORECASE)
"""What an error 500 says that is a 404 in truth: Docker 20.10 answers so when it is to export an image that is gone."""


class _Message(msgspec.Struct):
    message: str | None = None


def failure_of(
    problem: BaseException, endpoint: Endpoint, flavour: Flavour, timeout_s: float, ssh_said: str = ""
) -> LayertuiError:
    """The sentence for what a request raised; `ssh_said` is what ssh complained with, if it did."""
    if isinstance(problem, LayertuiError):
        return problem
    who = f"{flavour.name} at {endpoint.shown}"
    chain = list(causes(problem))
    if _is_timeout(chain):
        return UnreachableError(
            f"{who} did not answer within {timeout_s:g} s.",
            "It hangs or is very busy. Look into its log, or restart it, then refresh.",
        )
    if ssh_said:
        return _ssh_failure(who, ssh_said)
    if _any(chain, urllib3.exceptions.NameResolutionError):
        return UnreachableError(f"{who}: there is no host of that name.", "Check the address in DOCKER_HOST.")
    secured = first(chain, ssl.SSLError, requests.exceptions.SSLError, urllib3.exceptions.SSLError)
    if secured is not None:
        return _tls_failure(who, chain, secured)
    system = first(chain, OSError, without=(requests.exceptions.RequestException, RemoteDisconnected))
    if isinstance(system, OSError) and system.errno:
        return _system_failure(system, endpoint, flavour, who)
    if _any(chain, RemoteDisconnected, IncompleteRead, urllib3.exceptions.IncompleteRead, EOFError):
        return UnreachableError(
            f"{who} closed the connection before its answer was complete.",
            "It was stopped or restarted, or it is no engine. Try again.",
        )
    if _any(chain, HTTPException, urllib3.exceptions.ProtocolError, urllib3.exceptions.HTTPError):
        return not_an_engine(who)
    return UnreachableError(f"{who} cannot be asked: {short(str(problem))}.", flavour.stopped_hint)


def not_an_engine(who: str) -> LayertuiError:
    """The sentence for something that answers, but not as an engine does."""
    return UnreachableError(
        f"{who} does not answer as an engine does.",
        "Something else listens there. Check DOCKER_HOST and the current context: docker context ls",
    )


def refusal_of(status: int, body: bytes, what: str, who: str) -> LayertuiError:
    """The sentence for an answer that is an HTTP error; `what` was asked for, such as `image sha256:ab12`."""
    message = _engine_message(body)
    if 300 <= status < 400 or message is None:
        if b"HTTPS server" in body[:200]:
            return UnreachableError(
                f"{who} speaks only TLS.", "Set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH, or use its context."
            )
        return not_an_engine(who)
    said = f": {message}" if message else ""
    if status == 500 and _GONE.search(message):
        status = 404
    match status:
        case 404:
            return NotFoundError(f"{who} does not have {what}{said}.", "It may have been removed just now. Refresh.")
        case 401:
            return AuthenticationError(f"{who} wants credentials{said}.", "Ask whoever runs it how to reach it.")
        case 403:
            return UnreachableError(
                f"{who} does not allow to ask for {what}{said}.", "A proxy or a plugin in front of it refuses that."
            )
        case 400 if "version" in message:
            return UnreachableError(
                f"{who} does not speak this version of the API{said}.", "Update the engine, or layertui."
            )
        case _:
            return UnreachableError(f"{who} failed on {what} (HTTP {status}){said}.", "Look into the engine's log.")


def _engine_message(body: bytes) -> str | None:
    """The message of an error answer; None where it is not one of an engine."""
    try:
        message = msgspec.json.decode(body, type=_Message).message
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return short(message or "")


def _is_timeout(chain: list[BaseException]) -> bool:
    """Whether nothing came in time; urllib3 counts a refused connection among timeouts too."""
    kinds = (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError, TimeoutError)
    return first(chain, *kinds, without=(urllib3.exceptions.NewConnectionError,)) is not None


def _any(chain: list[BaseException], *kinds: type[BaseException]) -> bool:
    return first(chain, *kinds) is not None


def _system_failure(problem: OSError, endpoint: Endpoint, flavour: Flavour, who: str) -> LayertuiError:
    path = endpoint.socket
    match problem.errno:
        case errno.ENOENT | errno.ENOTDIR if path is not None:
            return UnreachableError(f"{path} is not there, so {flavour.name} does not listen.", flavour.stopped_hint)
        case errno.EACCES | errno.EPERM if path is not None:
            said = look_at_socket(path).said.removeprefix("permission denied").strip()
            return UnreachableError(f"Permission denied: {path} {said}".rstrip() + ".", flavour.hint_when_denied(said))
        case errno.ECONNREFUSED:
            return UnreachableError(f"{who} refuses connections: nothing listens there.", flavour.stopped_hint)
        case errno.ECONNRESET | errno.EPIPE:
            return UnreachableError(
                f"{who} closed the connection before its answer was complete.",
                "It was stopped or restarted, or it is no engine. Try again.",
            )
        case errno.EPROTOTYPE | errno.ENOTSOCK:
            return UnreachableError(f"{who} is no socket that an engine listens on.", flavour.stopped_hint)
        case _:
            reason = os.strerror(problem.errno or errno.EIO).lower()
            return UnreachableError(f"{who} cannot be reached: {reason}.", flavour.stopped_hint)


def _tls_failure(who: str, chain: list[BaseException], problem: BaseException) -> LayertuiError:
    verify = first(chain, ssl.SSLCertVerificationError)
    if isinstance(verify, ssl.SSLCertVerificationError):
        return UnreachableError(
            f"{who}: its certificate is not trusted: {short(verify.verify_message or str(verify))}.",
            "Check ca.pem in DOCKER_CERT_PATH or in the context, and the host's name in DOCKER_HOST.",
        )
    reason = short(getattr(first(chain, ssl.SSLError), "reason", None) or str(problem)).replace("_", " ").lower()
    return UnreachableError(
        f"{who}: the TLS connection fails: {reason}.",
        "Check whether it uses TLS at all, and cert.pem and key.pem in DOCKER_CERT_PATH.",
    )


def _ssh_failure(who: str, said: str) -> LayertuiError:
    text = short(said)
    if "dial-stdio" in text or "docker" in text:
        hint = "Docker's client (18.09 or later) must be installed on that host, and may use its engine."
    else:
        hint = "Make sure that ssh gets there without a question: ssh-add, ~/.ssh/config, known_hosts."
    return UnreachableError(f"{who}: ssh says: {text}.", hint)
