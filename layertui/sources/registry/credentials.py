"""Where somebody's credentials for a registry are: containers' auth.json, Docker's config.json, and their helpers.

containers-auth.json(5) and docs.docker.com, *docker login*. Only what is for the asked host, or for a namespace on it
that the repository is in, is ever taken. Nothing is looked up before a registry wants credentials.
"""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from layertui.errors import AuthenticationError, DamagedError, LayertuiError, NotFoundError
from layertui.image.blob import FileBlob
from layertui.image.bounds import Bound
from layertui.image.document import decode
from layertui.image.verify import read_document
from layertui.sources.place import Environ
from layertui.sources.registry.helpers import ask_helper
from layertui.sources.registry.names import HUB, Repository
from layertui.sources.registry.secret import Credential, Secret
from layertui.sources.registry.settings import config_home, home

FILE_BYTES = Bound("LAYERTUI_MAX_AUTHFILE_BYTES", 1 << 20, "bytes")
"""A file of credentials: real ones have some kilobytes."""

_HUB_SERVER = "https://index.docker.io/v1/"
"""What Docker Hub is called where docker logs in to it."""

_HUB_NAMES = ("index.docker.io", "registry-1.docker.io")


class _Entry(msgspec.Struct):
    auth: str | None = None
    username: str | None = None
    password: str | None = None
    identitytoken: str | None = None
    registrytoken: str | None = None


class _File(msgspec.Struct, rename="camel"):
    auths: dict[str, _Entry | None] | None = None
    cred_helpers: dict[str, str] | None = None
    creds_store: str | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """What looking for credentials gave."""

    credential: Credential | None
    """What was found; None: the registry is asked without."""
    tried: tuple[str, ...]
    """Names of the files and helpers that were looked at, in order."""
    problems: tuple[LayertuiError, ...] = ()
    """Why some of them could not be used."""


class Credentials:
    """All places where this host keeps credentials."""

    def __init__(self, environ: Environ, authfile: Path | None = None) -> None:
        """`authfile` replaces all other places. Nothing is opened yet."""
        self._environ = environ
        self._authfile = authfile

    def find(self, repository: Repository) -> Search:
        """The credential for a repository: of the first file that has one, for the longest name that it lies in.

        Raises AuthenticationError where a file that was asked for by name cannot be read; what else goes wrong are
        problems of the search.
        """
        tried: list[str] = []
        problems: list[LayertuiError] = []
        for file in self._files():
            named = str(file) in (str(self._authfile), self._environ.get("REGISTRY_AUTH_FILE"))
            tried.append(str(file))
            try:
                raw = _read(file)
            except LayertuiError as problem:
                if named:
                    raise AuthenticationError(problem.message, "Name another one, or log in first.") from problem
                if isinstance(problem, NotFoundError):
                    tried[-1] += " (absent)"
                else:
                    problems.append(problem)
                continue
            try:
                credential = self._in_file(raw, file, repository, tried)
            except LayertuiError as problem:
                problems.append(problem)
                continue
            if credential is not None:
                return Search(credential, tuple(tried), tuple(problems))
        return Search(None, tuple(tried), tuple(problems))

    def _files(self) -> Iterator[Path]:
        """In podman's order: containers' own, then Docker's."""
        environ = self._environ
        if self._authfile is not None:
            yield self._authfile
            return
        if named := environ.get("REGISTRY_AUTH_FILE"):
            yield Path(named)
        else:
            if runtime := environ.get("XDG_RUNTIME_DIR"):
                yield Path(runtime) / "containers/auth.json"
            yield config_home(environ) / "containers/auth.json"
        docker = environ.get("DOCKER_CONFIG")
        yield (Path(docker) if docker else home(environ) / ".docker") / "config.json"

    def _in_file(self, raw: _File, file: Path, repository: Repository, tried: list[str]) -> Credential | None:
        helper = (raw.cred_helpers or {}).get(repository.host) or raw.creds_store
        if repository.host == HUB and not (raw.cred_helpers or {}).get(HUB):
            helper = next((name for key, name in (raw.cred_helpers or {}).items() if _normal(key) == HUB), helper)
        if helper:
            tried.append(f"docker-credential-{helper}")
            server = _HUB_SERVER if repository.host == HUB else repository.host
            credential = ask_helper(helper, server, self._environ)
            if credential is not None:
                return credential
        entries = {_normal(key): (key, entry) for key, entry in (raw.auths or {}).items() if entry is not None}
        for key in _keys(repository):
            if key in entries:
                credential = _credential(entries[key][1], f"{file} ({entries[key][0]})")
                if credential is not None:
                    return credential
        return None


def _keys(repository: Repository) -> Iterator[str]:
    """`host/team/api`, `host/team`, `host`: the longest comes first."""
    text = repository.text
    while text:
        yield text
        text = text.rpartition("/")[0]


def _normal(key: str) -> str:
    """A key of a file as a name: old ones are addresses, and Docker Hub has several (docker/cli, credentials)."""
    text = key
    if "://" in key:
        try:
            parts = urlsplit(key)
        except ValueError:
            return key
        path = parts.path.rstrip("/")
        text = parts.netloc + ("" if path in ("/v1", "/v2") else path)
    host, slash, path = text.rstrip("/").partition("/")
    if host in _HUB_NAMES:
        host = HUB
        if path in ("v1", "v2"):
            return host
    return host + slash + path


def _credential(entry: _Entry, source: str) -> Credential | None:
    """What an entry holds; None for an empty one, which docker leaves where a helper keeps the rest."""
    if entry.registrytoken:
        return Credential(source, registry_token=Secret(entry.registrytoken))
    username, password = entry.username or "", entry.password or ""
    if entry.auth:
        username, password = _pair(entry.auth, source)
    if entry.identitytoken:
        return Credential(source, username, identity_token=Secret(entry.identitytoken))
    return Credential(source, username, Secret(password)) if username else None


def _pair(text: str, source: str) -> tuple[str, str]:
    try:
        user, colon, password = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        colon = ""
    if not colon:
        # The chain of exceptions would hold the text itself.
        raise DamagedError(f"{source}: `auth` is not the base64 of USER:PASSWORD.", "Log in again.") from None
    return user, password.strip("\0")


def _read(file: Path) -> _File:
    data = read_document(FileBlob.open(file, str(file)), bound=FILE_BYTES)
    try:
        return decode(data or b"{}", _File, str(file), FILE_BYTES)
    except DamagedError:
        # Its own sentence may quote the beginning of the file.
        raise DamagedError(
            f"{file} is no valid file of credentials.", "Correct it, or remove it and log in again."
        ) from None
