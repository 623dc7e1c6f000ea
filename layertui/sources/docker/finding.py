"""Where Docker may be on this host: variables, contexts and the usual sockets. Nothing is opened or asked.

Docker's own precedence: DOCKER_HOST, DOCKER_CONTEXT, the current context of config.json, the default socket
(docs.docker.com, *docker context*). What else is found comes after it; no socket stands twice.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from layertui.errors import LayertuiError, NotFoundError
from layertui.image.address import without_secrets
from layertui.sources.accounts import home_of
from layertui.sources.base import Source
from layertui.sources.docker.contexts import ClientConfig, Context, environment_tls, read_client_config
from layertui.sources.docker.endpoint import (
    DEFAULT_PIPE,
    DEFAULT_SOCKET,
    DOCKER,
    Endpoint,
    Flavour,
    Tls,
    look_at_socket,
)
from layertui.sources.place import Environ, Place, refusing

_SUPPORTED = ("unix", "tcp", "http", "https", "ssh", "npipe")
"""Protocols of DOCKER_HOST; http and https are accepted as spellings of tcp."""


def find(
    environ: Environ, *, default_socket: Path = DEFAULT_SOCKET, windows: bool = os.name == "nt"
) -> tuple[Place, ...]:
    """All places of Docker, the one first that `docker` itself would use.

    The sockets of Docker Desktop, Colima, Rancher Desktop and Lima are said to be absent only where that program has
    left its directory. `default_socket` and `windows` are for tests.
    """
    config = read_client_config(_config_directory(environ))
    default = Endpoint(DEFAULT_PIPE if windows else f"unix://{default_socket}", headers=config.headers)
    places: dict[str, Place] = {}

    def add(place: Place, key: str) -> None:
        places.setdefault(key, place)

    usual = list(_usual(environ, default))
    starts = {_key(endpoint): hint for _, endpoint, hint in usual if hint}
    add(*_current(environ, config, default, starts))
    for context in config.contexts:
        name = f"{DOCKER.name} (context {context.name})"
        if context.endpoint is None:
            problem = context.problem or NotFoundError(f"The context {context.name} names no engine.")
            add(_unusable(name, f"context {context.name}", "cannot be read", problem), f"context {context.name}")
        else:
            key = _key(context.endpoint)
            add(place_of(context.endpoint, name, hint=starts.get(key, "")), key)
    for name, endpoint, hint in usual:
        if _key(endpoint) not in places:
            add(place_of(endpoint, name, hint=hint), _key(endpoint))
    return tuple(places.values())


REMOTE_HINT = "Check the address, and that an engine listens there."
"""What to do about an engine elsewhere that cannot be reached."""


def place_of(endpoint: Endpoint, name: str, *, where: str = "", hint: str = "", flavour: Flavour = DOCKER) -> Place:
    """The place of an engine that is known to listen somewhere, or said to.

    `where` replaces the endpoint's own text, `hint` the flavour's where nothing listens.
    """
    where = where or endpoint.shown
    protocol = endpoint.protocol
    if hint or endpoint.socket is None:
        flavour = replace(flavour, stopped_hint=hint or REMOTE_HINT)

    def open_it() -> Source:
        from layertui.sources.docker.engine import open_engine  # the engine's parts are not needed for a look

        return open_engine(endpoint, flavour)

    if protocol not in _SUPPORTED:
        problem = NotFoundError(
            f"{endpoint.shown} is no address of an engine: {protocol}:// is not known.",
            "Use unix://, tcp:// or ssh://.",
        )
        return _unusable(name, where, f"{protocol}:// is not known", problem, flavour)
    if endpoint.socket is None:
        if protocol == "npipe" and os.name != "nt":
            problem = NotFoundError(f"{endpoint.shown} is a named pipe.", "It can be opened on Windows only.")
            return _unusable(name, where, "a named pipe of Windows", problem, flavour)
        return Place(flavour.scheme, name, where, True, "asked when opened", flavour.stopped_hint, open_it)
    look = look_at_socket(endpoint.socket)
    said_hint = flavour.hint_when_denied(look.said) if look.denied else flavour.stopped_hint
    return Place(flavour.scheme, name, where, look.found, look.said, said_hint, open_it)


def _current(environ: Environ, config: ClientConfig, default: Endpoint, starts: Mapping[str, str]) -> tuple[Place, str]:
    """What `docker` itself would use, and its key; `starts` says by key what starts an engine."""
    if host := environ.get("DOCKER_HOST", "").strip():
        endpoint = Endpoint(host, _environment_tls(environ), config.headers)
        where, key = f"DOCKER_HOST={without_secrets(host)}", _key(endpoint)
        return place_of(endpoint, DOCKER.name, where=where, hint=starts.get(key, "")), key
    way = "DOCKER_HOST (unset), "
    chosen = environ.get("DOCKER_CONTEXT", "").strip()
    if config.problem is not None:
        way += "config.json (cannot be read), "
    name = chosen or config.current
    if not name or name == "default":
        where = f"{way}context default -> {default.shown}"
        return place_of(default, DOCKER.name, where=where), _key(default)
    if chosen:
        way += "DOCKER_CONTEXT, "
    context = config.context(name) or Context(
        name,
        None,
        NotFoundError(f"There is no Docker context {name}.", "List them with: docker context ls"),
    )
    if context.endpoint is None:
        problem = context.problem or NotFoundError(f"The context {name} names no engine.")
        said = "no such context" if config.context(name) is None else "cannot be read"
        return _unusable(DOCKER.name, f"{way}context {name}", said, problem), f"context {context.name}"
    where = f"{way}context {name} -> {context.endpoint.shown}"
    key = _key(context.endpoint)
    return place_of(context.endpoint, f"{DOCKER.name} (context {name})", where=where, hint=starts.get(key, "")), key


def _usual(environ: Environ, default: Endpoint) -> Iterator[tuple[str, Endpoint, str]]:
    """Name, endpoint and what starts it, of all that usually listen somewhere."""
    home = _home(environ)

    def at(name: str, path: Path, hint: str) -> tuple[str, Endpoint, str]:
        return name, Endpoint(f"unix://{path}", headers=default.headers), hint

    yield DOCKER.name, default, ""
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    if runtime.startswith("/"):
        yield at("Docker (rootless)", Path(runtime, "docker.sock"), "Start it: systemctl --user start docker")
    for path in (home / ".docker/desktop/docker.sock", home / ".docker/run/docker.sock"):
        if path.parent.is_dir():
            yield at("Docker Desktop", path, "Start Docker Desktop.")
    homes = (Path(environ.get("COLIMA_HOME") or home / ".colima"), _config_home(environ) / "colima")
    for path in (path for directory in homes for path in _below(directory, "docker.sock")):
        profile = path.parent.name
        yield at(f"Colima ({profile})", path, f"Start it: colima start {profile}")
    if (home / ".rd").is_dir():
        yield at("Rancher Desktop", home / ".rd/docker.sock", "Start Rancher Desktop with the engine dockerd (moby).")
    for path in _below(Path(environ.get("LIMA_HOME") or home / ".lima"), "sock/docker.sock"):
        machine = path.parent.parent.name
        yield at(f"Lima ({machine})", path, f"Start it: limactl start {machine}")


def _below(directory: Path, name: str) -> list[Path]:
    """The sockets of all machines that a program keeps in a directory; names with `_` hold what they share."""
    try:
        machines = sorted(path for path in directory.iterdir() if path.name[:1] not in "._" and path.is_dir())
    except OSError:
        return []
    if name == "docker.sock":
        return [machine / name for machine in machines if os.path.lexists(machine / name) or _is_profile(machine)]
    return [machine / name for machine in machines if os.path.lexists(machine / name)]


def _is_profile(directory: Path) -> bool:
    """Whether a directory of Colima is a machine: those it keeps for other things have no colima.yaml."""
    return os.path.lexists(directory / "colima.yaml")


def _environment_tls(environ: Environ) -> Tls | None:
    verify = bool(environ.get("DOCKER_TLS_VERIFY"))
    if not verify and not environ.get("DOCKER_TLS"):
        return None
    directory = Path(environ.get("DOCKER_CERT_PATH") or _config_directory(environ))
    found = environment_tls(directory)
    if verify:
        return found
    ca, cert, key = (path if path and path.is_file() else None for path in (found.ca, found.cert, found.key))
    return Tls(ca, cert, key, verify=False)


def _key(endpoint: Endpoint) -> str:
    """What two endpoints have in common when they are the same socket."""
    return os.path.realpath(endpoint.socket) if endpoint.socket is not None else endpoint.host


def _unusable(name: str, where: str, said: str, problem: LayertuiError, flavour: Flavour = DOCKER) -> Place:
    return Place(flavour.scheme, name, where, False, said, problem.hint, refusing(problem))


def _home(environ: Environ) -> Path:
    if home := environ.get("HOME") or environ.get("USERPROFILE"):
        return Path(home)
    return home_of() or Path("/")


def _config_directory(environ: Environ) -> Path:
    return Path(environ.get("DOCKER_CONFIG") or _home(environ) / ".docker")


def _config_home(environ: Environ) -> Path:
    return Path(environ.get("XDG_CONFIG_HOME") or _home(environ) / ".config")
