"""What goes wrong when a registry is asked, as sentences: what was tried, and what to do next."""

import errno
import os
import ssl
from http.client import HTTPException, IncompleteRead, RemoteDisconnected

import msgspec
from urllib3 import exceptions

from layertui.errors import LayertuiError, NotFoundError, UnreachableError
from layertui.sources.causes import causes, first, short
from layertui.sources.registry.patience import CONNECT_S, READ_S, Broken

PROBLEMS = (exceptions.HTTPError, HTTPException, OSError, ValueError)
"""What urllib3 and what it is built on raise when a request fails."""

BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses after which asking again may help."""


_CHECK = "Check its spelling, and the network; a proxy is taken from HTTPS_PROXY."


class _Error(msgspec.Struct):
    code: str | None = None
    message: str | None = None


class _Errors(msgspec.Struct):
    errors: list[_Error] | None = None


def failure_of(problem: BaseException, who: str, host: str) -> LayertuiError | Broken:
    """The sentence for what a request raised; Broken where asking again may help. `host` is for the hints."""
    chain = list(causes(problem))
    if first(chain, exceptions.ProxyError) is not None:
        return UnreachableError(
            f"{who}: the proxy on the way there does not let through, or cannot be reached.",
            "Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY.",
        )
    late = first(chain, exceptions.ConnectTimeoutError, TimeoutError, without=(exceptions.NewConnectionError,))
    # A handshake that takes too long is a read to urllib3; to a person it is a host that does not answer.
    if isinstance(late, exceptions.ConnectTimeoutError) or "handshake" in str(late):
        return UnreachableError(f"{who} did not answer within {CONNECT_S:g} s.", _CHECK)
    if first(chain, exceptions.NameResolutionError) is not None:
        return UnreachableError(f"{who}: there is no host {host}, or no network.", _CHECK)
    secured = first(chain, ssl.SSLError, exceptions.SSLError)
    if secured is not None and not isinstance(secured, ssl.SSLEOFError | TimeoutError):
        return _tls_failure(who, host, chain, secured)
    if first(chain, exceptions.TimeoutError, TimeoutError, without=(exceptions.NewConnectionError,)) is not None:
        return Broken(
            UnreachableError(
                f"{who} sent nothing of use for {READ_S.value} s.",
                f"It hangs or is very busy. Try again, or set {READ_S.variable} to a higher number.",
            )
        )
    system = first(chain, OSError, without=(RemoteDisconnected, ssl.SSLEOFError))
    code = system.errno if isinstance(system, OSError) else None
    if code == errno.ECONNREFUSED:
        return UnreachableError(f"{who}: {host} refuses connections: nothing listens there.", _CHECK)
    if code and code not in (errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED):
        return UnreachableError(f"{who}: {host} cannot be reached: {os.strerror(code).lower()}.", _CHECK)
    cut = (RemoteDisconnected, ConnectionError, IncompleteRead, exceptions.IncompleteRead, ssl.SSLEOFError, EOFError)
    if code or first(chain, *cut) is not None:
        return Broken(
            UnreachableError(f"{who} closed the connection before its answer was complete.", "Try again later.")
        )
    return not_a_registry(who)


def not_a_registry(who: str) -> UnreachableError:
    """The sentence for something that answers, but not as a registry does."""
    return UnreachableError(
        f"{who} does not answer as a registry does.",
        "Something else listens there, or a proxy wants to be logged in to. Check the name and its port.",
    )


def is_no_tls(problem: BaseException) -> bool:
    """Whether a request failed because TLS is not spoken there, or nothing listens on its port.

    An answer that takes too long, or a certificate that is not trusted, is no reason to do without TLS.
    """
    chain = list(causes(problem))
    if first(chain, ssl.SSLCertVerificationError, exceptions.NameResolutionError) is not None:
        return False
    return first(chain, ssl.SSLError, ConnectionError, exceptions.NewConnectionError) is not None


def refusal_of(status: int, body: bytes, what: str, who: str, after_s: float | None = None) -> LayertuiError | Broken:
    """The sentence for an answer that is an HTTP error; `what` was asked for, such as `the manifest of latest`.

    `after_s` is what Retry-After says. Not for 401 and 403, of which only the login knows enough to tell.
    """
    said = _said(body)
    if status == 404:
        return NotFoundError(f"{who} does not have {what}{said}.", "Check the name; it may be private, or gone.")
    if status == 429:
        wait = f" It asks to wait {after_s:,.0f} s." if after_s else ""
        return Broken(
            UnreachableError(
                f"{who} was asked too often (HTTP 429){said}.{wait}", "Wait and try again; logged in, one may ask more."
            ),
            after_s,
        )
    if status in BUSY:
        problem = UnreachableError(f"{who} failed on {what} (HTTP {status}){said}.", "Try again later.")
        return Broken(problem, after_s)
    if b"HTTPS server" in body[:200]:
        return UnreachableError(f"{who} speaks only TLS.", "It is said to be insecure; take that out of the settings.")
    if status == 407:
        return UnreachableError(f"{who}: the proxy wants to be logged in to.", "Put USER:PASSWORD@ into HTTPS_PROXY.")
    if status < 400 or not said:
        return not_a_registry(who)
    return UnreachableError(f"{who} refuses to send {what} (HTTP {status}){said}.", "Ask whoever runs it.")


def _said(body: bytes) -> str:
    """The messages of an error answer, with a colon before them (distribution-spec, *Error Codes*)."""
    try:
        errors = msgspec.json.decode(body, type=_Errors).errors or []
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
    texts = dict.fromkeys(error.message or (error.code or "").lower().replace("_", " ") for error in errors)
    text = short("; ".join(text for text in texts if text))
    return f": {text}" if text else ""


def _tls_failure(who: str, host: str, chain: list[BaseException], problem: BaseException) -> UnreachableError:
    verify = first(chain, ssl.SSLCertVerificationError)
    if isinstance(verify, ssl.SSLCertVerificationError):
        return UnreachableError(
            f"{who}: the certificate of {host} is not trusted: {short(verify.verify_message or str(verify))}.",
            f"If it has a private CA: put that into /etc/containers/certs.d/{host}/ca.crt, or name it in SSL_CERT_FILE"
            " or REQUESTS_CA_BUNDLE.",
        )
    reason = getattr(first(chain, ssl.SSLError), "reason", None) or str(problem)
    return UnreachableError(
        f"{who}: the TLS connection to {host} fails: {short(reason).replace('_', ' ').lower()}.",
        "If it speaks plain http, say so in registries.conf (insecure = true). If it wants a certificate of yours: put"
        f" it into /etc/containers/certs.d/{host}, as client.cert and client.key.",
    )
