"""What this host says about registries: mirrors, plain http, and what may not be asked at all.

containers-registries.conf(5) in its second version, its drop-ins, and the lists of its first; `insecure-registries` of
Docker's daemon.json. As with Docker, a registry on this host itself may speak plain http.
"""

import ipaddress
import os
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from layertui.errors import DamagedError, LayertuiError, NotFoundError, UnreachableError, UsageError
from layertui.image.blob import FileBlob
from layertui.image.document import decode
from layertui.image.verify import read_document
from layertui.sources.accounts import home_of
from layertui.sources.place import Environ
from layertui.sources.registry.names import HUB, HUB_API, Repository, parse_name

Pull = Literal["all", "digest-only", "tag-only"]
"""What a mirror is asked for (`pull-from-mirror`)."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One place where a repository may be asked for."""

    repository: Repository
    """What it is called there; credentials are looked up by this name."""
    insecure: bool = False
    """Whether certificates are not checked, and plain http will do, because this host's settings say so."""
    is_mirror: bool = False
    """Whether it stands in for the registry that was named."""
    pull: Pull = "all"
    """What a mirror may be asked for."""

    @property
    def api_host(self) -> str:
        """The host to connect to, with its port where one is given."""
        return HUB_API if self.repository.host == HUB else self.repository.host

    @property
    def may_be_plain(self) -> bool:
        """Whether plain http is tried where TLS is not spoken."""
        return self.insecure or is_local(self.repository.host)


class _Mirror(msgspec.Struct, rename="kebab"):
    location: str = ""
    insecure: bool = False
    pull_from_mirror: str = ""


class _Registry(msgspec.Struct, rename="kebab"):
    location: str = ""
    prefix: str = ""
    insecure: bool = False
    blocked: bool = False
    mirror: list[_Mirror] = []
    mirror_by_digest_only: bool = False

    @property
    def key(self) -> str:
        """What names begin with that this table is about."""
        return self.prefix or self.location


class _List(msgspec.Struct):
    registries: list[str] = []


class _Lists(msgspec.Struct):
    insecure: _List = msgspec.field(default_factory=_List)
    block: _List = msgspec.field(default_factory=_List)


class _File(msgspec.Struct):
    registry: list[_Registry] = []
    registries: _Lists | None = None


class _Daemon(msgspec.Struct):
    insecure: list[str] | None = msgspec.field(default=None, name="insecure-registries")


@dataclass(frozen=True, slots=True)
class Settings:
    """All of it, as far as it is about registries."""

    registries: tuple[_Registry, ...]
    """The tables of registries.conf; of two about the same names, the later one holds."""
    docker_insecure: tuple[str, ...]
    """Hosts, and networks in CIDR notation, that Docker's daemon may speak http to."""

    def endpoints(self, repository: Repository) -> tuple[Endpoint, ...]:
        """Where to ask for a repository, mirrors first and in the order to be tried, the registry itself last.

        Raises UnreachableError where it is blocked.
        """
        found = self._about(repository)
        if found is None:
            return (Endpoint(repository, self.is_insecure(repository.host)),)
        registry, matched = found
        if registry.blocked:
            raise UnreachableError(
                f"{repository.text} is not asked for: registries.conf blocks '{registry.key}'.",
                "If that is not meant, take `blocked` out of registries.conf.",
            )
        mirrors = [
            Endpoint(
                _moved(repository, mirror.location, matched),
                mirror.insecure or self.is_insecure(mirror.location.partition("/")[0]),
                is_mirror=True,
                pull="digest-only" if registry.mirror_by_digest_only else _pull(mirror.pull_from_mirror),
            )
            for mirror in registry.mirror
        ]
        own = _moved(repository, registry.location, matched) if registry.location else repository
        return (*mirrors, Endpoint(own, registry.insecure or self.is_insecure(own.host)))

    def is_insecure(self, host: str) -> bool:
        """Whether Docker's daemon may speak http to a host, or not check its certificate."""
        return any(host == entry or _within(host, entry) for entry in self.docker_insecure)

    def _about(self, repository: Repository) -> tuple[_Registry, int] | None:
        """The table whose key is the longest beginning of a name, and how many characters of the name it covers."""
        hits = [
            (len(registry.key), registry, matched)
            for registry in self.registries
            if (matched := _matched(repository, registry.key))
        ]
        if not hits:
            return None
        _, registry, matched = max(hits, key=lambda hit: hit[0])
        return registry, matched


def read_settings(environ: Environ, *, system: Path = Path("/")) -> Settings:
    """Read the files that there are; `system` is the root of the file system, for tests.

    Raises DamagedError where a registries.conf is damaged: it may be what forbids a registry.
    """
    tables: dict[str, _Registry] = {}
    for file in _files(environ, system):
        for registry in _read(file):
            tables[registry.key] = registry
    return Settings(tuple(tables.values()), tuple(_docker_insecure(environ, system)))


def home(environ: Environ) -> Path:
    """The person's home."""
    return Path(environ["HOME"]) if environ.get("HOME") else home_of() or Path("/")


def config_home(environ: Environ) -> Path:
    """Where the person's settings are (XDG base directories)."""
    return Path(environ["XDG_CONFIG_HOME"]) if environ.get("XDG_CONFIG_HOME") else home(environ) / ".config"


def is_local(host: str) -> bool:
    """Whether a host, with or without a port, is this one by its name: `localhost`, 127.0.0.0/8, ::1."""
    name = without_port(host)
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def without_port(host: str) -> str:
    """A host's name or address alone, without the brackets of IPv6."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host if host.count(":") > 1 else host.partition(":")[0]


def _files(environ: Environ, system: Path) -> Iterator[Path]:
    """The main file, the person's or else the system's, then all drop-ins by name, the person's last."""
    own, systems = config_home(environ) / "containers", system / "etc/containers"
    if named := environ.get("CONTAINERS_REGISTRIES_CONF"):
        yield Path(named)
    else:
        usual = (own / "registries.conf", systems / "registries.conf", system / "usr/share/containers/registries.conf")
        yield from [file for file in usual if file.is_file()][:1]
    for directory in (systems / "registries.conf.d", own / "registries.conf.d"):
        try:
            names = sorted(name for name in os.listdir(directory) if name.endswith(".conf"))
        except OSError:
            continue
        yield from (directory / name for name in names)


def _read(file: Path) -> list[_Registry]:
    try:
        text = read_document(FileBlob.open(file, str(file))).decode()
        raw = msgspec.convert(tomllib.loads(text), _File)
    except ValueError as problem:  # TOML, UTF-8, or a value of another type
        raise DamagedError(
            f"{file} cannot be used: {problem}.", "Correct it: man containers-registries.conf"
        ) from problem
    lists = raw.registries or _Lists()
    blocked = set(lists.block.registries)
    old = [
        _Registry(location=host, insecure=host in lists.insecure.registries, blocked=host in blocked)
        for host in dict.fromkeys((*lists.insecure.registries, *lists.block.registries))
    ]
    for registry in raw.registry:
        if not registry.key or (not registry.location and not registry.key.startswith("*.")):
            registry.location = registry.location or registry.key
        if not registry.key or any(not mirror.location for mirror in registry.mirror):
            raise DamagedError(f"{file} has a registry or a mirror without a location.", "Correct it.")
        for mirror in registry.mirror:
            _pull(mirror.pull_from_mirror, str(file))
    return [*old, *raw.registry]


def _pull(text: str, where: str = "") -> Pull:
    match text:
        case "" | "all":
            return "all"
        case "digest-only":
            return "digest-only"
        case "tag-only":
            return "tag-only"
        case _:
            raise DamagedError(
                f"{where} has pull-from-mirror '{text}'.", "It can be all, digest-only or tag-only: correct it."
            )


def _matched(repository: Repository, key: str) -> int:
    """How many characters of a name a key covers; 0 where it is not about it."""
    text = repository.text
    if key.startswith("*."):
        name = without_port(repository.host)
        return len(name) if name.endswith(key[1:]) else 0
    ends = len(key) == len(text) or text[len(key) : len(key) + 1] in ("/", ":") if text.startswith(key) else False
    return len(key) if ends else 0


def _moved(repository: Repository, location: str, matched: int) -> Repository:
    """The repository with the location in place of what a key covers; raises DamagedError for a bad location."""
    text = location.rstrip("/") + repository.text[matched:]
    try:
        return parse_name(text).repository
    except UsageError as problem:
        raise DamagedError(
            f"registries.conf leads {repository.text} to '{text}', which is no name in a registry.", "Correct it."
        ) from problem


def _docker_insecure(environ: Environ, system: Path) -> Iterable[str]:
    """These only ever allow more, so a file that cannot be read allows nothing."""
    for file in (system / "etc/docker/daemon.json", config_home(environ) / "docker/daemon.json"):
        try:
            raw = decode(read_document(FileBlob.open(file, str(file))), _Daemon, str(file))
        except LayertuiError as problem:
            if isinstance(problem, NotFoundError | UnreachableError | DamagedError):
                continue
            raise
        yield from raw.insecure or ()


def _within(host: str, network: str) -> bool:
    """Whether a host that is an address lies in a network; names are not resolved for that."""
    try:
        return "/" in network and ipaddress.ip_address(without_port(host)) in ipaddress.ip_network(network, False)
    except ValueError:
        return False
