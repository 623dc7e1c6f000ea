"""Docker's client configuration: config.json and its contexts, read without the SDK, which costs a tenth of a second.

Docker's command line documents both: docs.docker.com, *docker context* and *Docker CLI configuration file*.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec

from layertui.errors import DamagedError, LayertuiError, NotFoundError
from layertui.image.blob import FileBlob
from layertui.image.bounds import Bound
from layertui.image.document import decode
from layertui.image.verify import read_document
from layertui.sources.docker.endpoint import Endpoint, Tls

T = TypeVar("T")

CONFIG_BYTES = Bound("LAYERTUI_MAX_DOCKER_CONFIG_BYTES", 1 << 20, "bytes")
"""config.json and a context's meta.json: real ones have some kilobytes."""

_MANY_CONTEXTS = 200
"""How many contexts are looked at: a person made each of them."""

_SHORT = 12
"""How many digits of a directory's name stand for a context whose own name is not known."""


class _RawConfig(msgspec.Struct):
    current_context: str | None = msgspec.field(default=None, name="currentContext")
    http_headers: dict[str, str] | None = msgspec.field(default=None, name="HttpHeaders")


class _RawEndpoint(msgspec.Struct):
    host: str | None = msgspec.field(default=None, name="Host")
    skip_tls_verify: bool | None = msgspec.field(default=None, name="SkipTLSVerify")


class _RawMeta(msgspec.Struct):
    name: str | None = msgspec.field(default=None, name="Name")
    endpoints: dict[str, _RawEndpoint | None] | None = msgspec.field(default=None, name="Endpoints")


@dataclass(frozen=True, slots=True)
class Context:
    """One context: a name for an engine."""

    name: str
    """As `docker context ls` prints it; of a damaged one, the name of its directory."""
    endpoint: Endpoint | None
    """Where the engine listens; None where `problem` says why that is not known."""
    problem: LayertuiError | None = None
    """What is wrong with it."""


@dataclass(frozen=True, slots=True)
class ClientConfig:
    """What Docker's client is configured with."""

    current: str = ""
    """Name of the current context; empty for the default one."""
    contexts: tuple[Context, ...] = ()
    """All contexts but the default one, by name."""
    problem: LayertuiError | None = None
    """Why config.json could not be read; contexts are there all the same."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """HttpHeaders of config.json."""

    def context(self, name: str) -> Context | None:
        """The context of a name, be it one that is damaged and known by its directory alone."""
        names = (name, _directory_of(name)[:_SHORT])
        return next((context for context in self.contexts if context.name in names), None)


def read_client_config(directory: Path) -> ClientConfig:
    """Read config.json and the contexts below a configuration directory; neither needs to be there.

    Raises nothing: what is wrong is said beside what could be read.
    """
    raw, problem = _RawConfig(), None
    try:
        raw = _read(directory / "config.json", _RawConfig)
    except NotFoundError:
        pass
    except LayertuiError as error:
        problem = error
    headers = raw.http_headers or {}
    contexts = tuple(_context(meta, directory, headers) for meta in _metas(directory / "contexts" / "meta"))
    current = raw.current_context or ""
    named = sorted(contexts, key=lambda context: context.name)
    return ClientConfig("" if current == "default" else current, tuple(named), problem, headers)


def environment_tls(directory: Path) -> Tls:
    """Docker's certificates in a directory, by the names that DOCKER_CERT_PATH goes by; verified."""
    return Tls(directory / "ca.pem", directory / "cert.pem", directory / "key.pem", verify=True)


def _metas(directory: Path) -> list[Path]:
    try:
        return sorted(path / "meta.json" for path in directory.iterdir() if path.is_dir())[:_MANY_CONTEXTS]
    except OSError:
        return []


def _context(meta: Path, directory: Path, headers: Mapping[str, str]) -> Context:
    try:
        raw = _read(meta, _RawMeta)
    except LayertuiError as problem:
        known = DamagedError(problem.message, f"Remove the context (its directory {meta.parent}), and make it again.")
        return Context(meta.parent.name[:_SHORT], None, known if isinstance(problem, DamagedError) else problem)
    name = raw.name or meta.parent.name[:_SHORT]
    endpoint = (raw.endpoints or {}).get("docker")
    if endpoint is None or not endpoint.host:
        return Context(name, None, NotFoundError(f"The context {name} names no Docker engine."))
    return Context(name, Endpoint(endpoint.host, _tls(name, endpoint, directory), headers))


def _tls(name: str, endpoint: _RawEndpoint, directory: Path) -> Tls | None:
    """What a context keeps to secure the connection, where it keeps anything (docker/cli, context/tlsdata.go)."""
    kept = directory / "contexts" / "tls" / _directory_of(name) / "docker"
    ca, cert, key = (path if path.is_file() else None for path in (kept / f"{what}.pem" for what in _TLS_FILES))
    if ca is None and cert is None and key is None and not endpoint.skip_tls_verify:
        return None
    return Tls(ca, cert, key, verify=not endpoint.skip_tls_verify)


_TLS_FILES = ("ca", "cert", "key")


def _directory_of(name: str) -> str:
    """What the directories of a context are called (docker/cli, context/store)."""
    return hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()


def _read(path: Path, shape: type[T]) -> T:
    data = read_document(FileBlob.open(path, str(path)), bound=CONFIG_BYTES)
    return decode(data, shape, str(path), CONFIG_BYTES)
