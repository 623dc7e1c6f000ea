"""Connections to an engine: the docker SDK's session, made read-only, and ways to end a request from outside.

This module imports the SDK, which takes a tenth of a second: import it where an engine is asked, never at the top.
The SDK's own ssh transport needs paramiko; here `ssh://` is the ssh program itself, as for Docker's command line.
"""

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import docker
import docker.errors
import docker.tls
import urllib3
from requests import PreparedRequest, Response, Session
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import ConnectionPool, HTTPConnectionPool

from layertui.errors import UnreachableError
from layertui.image.address import without_secrets
from layertui.sources.docker.dialling import Dial, Lines, ssh_dial, unix_dial
from layertui.sources.docker.endpoint import Endpoint, Tls

Refuse = Callable[[str, str], None]
"""Called with method and path of every request; raises to keep it from being sent."""


class _ReadOnly(BaseAdapter):
    """Passes on what may be asked; everything that a session sends goes through its adapters."""

    def __init__(self, adapter: BaseAdapter, refuse: Refuse) -> None:
        super().__init__()
        self._adapter = adapter
        self._refuse = refuse

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> Response:
        """Send a request that is on the list."""
        self._refuse(request.method or "", urlsplit(request.url or "").path)
        return self._adapter.send(request, stream, timeout, verify, cert, dict(proxies or {}))

    def close(self) -> None:
        """Close what is below."""
        self._adapter.close()


class _Dialled(HTTPConnection):
    """A connection over a socket that something else opens."""

    def __init__(self, dial: Dial, timeout_s: float) -> None:
        super().__init__("localhost", timeout=timeout_s)
        self._dial = dial

    def connect(self) -> None:
        """Open it; what `dial` raises is the sentence for why that fails."""
        self.sock = self._dial()


class _DialledPool(HTTPConnectionPool):
    def __init__(self, dial: Dial, timeout_s: float) -> None:
        super().__init__("localhost", timeout=timeout_s)
        self._dial, self._timeout_s = dial, timeout_s

    def _new_conn(self) -> _Dialled:
        return _Dialled(self._dial, self._timeout_s)


class _DialledAdapter(HTTPAdapter):
    def __init__(self, dial: Dial, timeout_s: float) -> None:
        super().__init__()
        self._pool = _DialledPool(dial, timeout_s)

    def get_connection_with_tls_context(self, *_: object, **__: object) -> HTTPConnectionPool:
        """The one pool there is."""
        return self._pool

    def request_url(self, request: PreparedRequest, proxies: object) -> str:
        """The path alone: there is no host, and no proxy on the way to a socket."""
        return request.path_url

    def close(self) -> None:
        """Close what is idle."""
        super().close()
        self._pool.close()


class _RecordingAdapter(HTTPAdapter):
    """TCP, plain or with TLS, whose connections are remembered."""

    def __init__(self, lines: Lines) -> None:
        super().__init__()

        class Plain(HTTPConnection):
            def connect(self) -> None:
                super().connect()
                if self.sock is not None:
                    lines.add(self.sock)

        class Secured(HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                if self.sock is not None:
                    lines.add(self.sock)

        self._plain, self._secured = Plain, Secured

    def get_connection_with_tls_context(
        self,
        request: PreparedRequest,
        verify: bool | str | None,
        proxies: Mapping[str, str] | None = None,
        cert: str | tuple[str, str] | None = None,
    ) -> ConnectionPool:
        """The pool for a request, which makes connections of ours."""
        pool = super().get_connection_with_tls_context(request, verify, proxies, cert)
        if isinstance(pool, HTTPConnectionPool):
            pool.ConnectionCls = self._secured if pool.scheme == "https" else self._plain
        return pool


def open_session(endpoint: Endpoint, timeout_s: float, refuse: Refuse, lines: Lines) -> tuple[Session, str]:
    """The SDK's session with an endpoint, and its base URL; connects to nothing yet.

    Nothing of the environment is used: no proxy, no .netrc. Raises UnreachableError for an address or certificates
    that make no sense.
    """
    dial: Dial | None = None
    base = endpoint.host
    if endpoint.protocol == "unix":
        dial, base = unix_dial(endpoint, timeout_s, lines), "unix:///dialled"
    elif endpoint.protocol == "ssh":
        dial, base = ssh_dial(endpoint, timeout_s, lines), "unix:///dialled"
    elif endpoint.protocol == "tcp":
        base = f"tcp://{_with_port(endpoint)}"
    tls = _tls_config(endpoint.tls, endpoint) if endpoint.tls is not None and dial is None else False
    try:
        # The version keeps the SDK from asking for it: the client does that itself, within bounds.
        session = docker.APIClient(base_url=base, version="1.24", timeout=round(timeout_s), tls=tls)
    # The SDK reads all of config.json, credentials included, and trips over whatever stands there.
    except (docker.errors.DockerException, ValueError, TypeError, AttributeError, KeyError, OSError) as problem:
        raise UnreachableError(
            f"{endpoint.shown} cannot be used: {without_secrets(str(problem))}.",
            "Check the address (DOCKER_HOST), the certificates, and Docker's config.json.",
        ) from problem
    url = str(session.base_url)
    if dial is not None:
        session.mount("http+docker://", _DialledAdapter(dial, timeout_s))
    elif endpoint.protocol != "npipe":
        session.mount("http://", _RecordingAdapter(lines))
        session.mount("https://", _RecordingAdapter(lines))
    for prefix, adapter in list(session.adapters.items()):
        session.mount(prefix, _ReadOnly(adapter, refuse))
    session.trust_env = False
    session.headers.update(endpoint.headers)
    made: Session = session
    return made, url


def _with_port(endpoint: Endpoint) -> str:
    """An address with the port that Docker's client takes when none is given."""
    host = endpoint.address.rstrip("/")
    if ":" in host.rpartition("]")[2]:
        return host
    return f"{host}:{2376 if endpoint.tls is not None else 2375}"


def _tls_config(tls: Tls, endpoint: Endpoint) -> docker.tls.TLSConfig:
    if not tls.verify:
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)  # it was asked for, and would print
    pair = (str(tls.cert), str(tls.key)) if tls.cert is not None and tls.key is not None else None
    try:
        return docker.tls.TLSConfig(
            client_cert=pair, ca_cert=str(tls.ca) if tls.ca is not None else None, verify=tls.verify
        )
    except docker.errors.TLSParameterError as problem:
        files = ", ".join(str(path) for path in (tls.ca, tls.cert, tls.key) if path is not None)
        raise UnreachableError(
            f"{endpoint.shown} needs TLS, and its certificates cannot be read: {files or 'there are none'}.",
            "Set DOCKER_CERT_PATH to the directory with ca.pem, cert.pem and key.pem.",
        ) from problem
