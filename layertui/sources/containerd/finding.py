"""Where containerd keeps images on this host: its own root and those of what brings one along."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from layertui.errors import UnreachableError
from layertui.sources.base import Source
from layertui.sources.docker.endpoint import look_at_socket, owner_and_mode
from layertui.sources.place import Environ, Place, refusing

SCHEME = "containerd"
"""What stands before the colon."""

META_DB = "io.containerd.metadata.v1.bolt/meta.db"
"""The database of all namespaces, below containerd's root."""

CONTENT = "io.containerd.content.v1.content"
"""The blobs, below containerd's root, as an OCI layout has them (content/local/store.go)."""

_CONFIG_BYTES = 1 << 20
"""Of config.toml: more is no config."""

_RANCHER = "/run/k3s/containerd/containerd.sock"
_SNAP = "/var/snap/microk8s/common"
_DOCKER = "/run/docker/containerd/containerd.sock"

_ABSENT_HINT = "Start it (sudo systemctl start containerd), or name its directory: containerd:DIR"
_DENIED_HINT = "Ask root for read access, or use sudo."


@dataclass(frozen=True, slots=True)
class _Spot:
    """One containerd that may be on this host."""

    name: str
    root: str
    """Where it keeps everything; empty where only a socket is known."""
    socket: str = ""
    namespace: str = "default"
    """The one whose names need no namespace before them, as its own client has it."""
    optional: bool = True
    """Whether nothing is said of it where it is not there."""


def find(environ: Environ, host: Path = Path("/")) -> tuple[Place, ...]:
    """Every place where containerd may keep images; those of other products only where such a product has been.

    `host` is where the host's root directory is. Looks at paths and variables, opens config.toml at most.
    """
    ctr = shutil.which("ctr", path=environ.get("PATH"))
    looked = (_place(spot, host, ctr) for spot in _spots(environ, host))
    return tuple(place for place in looked if place is not None)


def _spots(environ: Environ, host: Path) -> Iterator[_Spot]:
    namespace = environ.get("CONTAINERD_NAMESPACE") or "default"
    root, socket = _configured(host / "etc/containerd/config.toml")
    socket = socket or "/run/containerd/containerd.sock"
    spots = (
        _Spot("containerd", root or "/var/lib/containerd", socket, namespace, optional=False),
        _Spot("containerd (k3s)", "/var/lib/rancher/k3s/agent/containerd", _RANCHER, "k8s.io"),
        _Spot("containerd (RKE2)", "/var/lib/rancher/rke2/agent/containerd", _RANCHER, "k8s.io"),
        _Spot("containerd (MicroK8s)", f"{_SNAP}/var/lib/containerd", f"{_SNAP}/run/containerd.sock", "k8s.io"),
        _Spot("containerd (Docker's own)", "/var/lib/docker/containerd/daemon", _DOCKER, "moby"),
    )
    address = environ.get("CONTAINERD_ADDRESS", "").removeprefix("unix://")
    if address and all(address != spot.socket for spot in spots):
        yield _Spot("containerd ($CONTAINERD_ADDRESS)", "", address, namespace, optional=False)
    yield from spots
    home = environ.get("HOME", "")
    if data := environ.get("XDG_DATA_HOME") or (f"{home}/.local/share" if home else ""):
        settings = environ.get("XDG_CONFIG_HOME") or f"{home}/.config"
        # Its socket lies in a mount namespace of its own (nerdctl, docs/rootless.md).
        root, _ = _configured(_within(host, f"{settings}/containerd/config.toml"))
        yield _Spot("containerd (rootless)", root or f"{data}/containerd", "", namespace)


def _configured(path: Path) -> tuple[str, str]:
    """Root and socket as config.toml says them (containerd-config.toml(5)); empty where it does not."""
    try:
        with path.open("rb") as file:
            text = file.read(_CONFIG_BYTES).decode()
        import tomllib  # most hosts have no such file, and the parser takes longer than the look

        config = tomllib.loads(text)
    except (OSError, ValueError):
        return "", ""  # the usual places are tried then
    root, grpc = config.get("root"), config.get("grpc")
    socket = grpc.get("address") if isinstance(grpc, dict) else None
    return root if isinstance(root, str) else "", socket if isinstance(socket, str) else ""


def _within(host: Path, path: str) -> Path:
    return host / path.lstrip("/")


def _place(spot: _Spot, host: Path, ctr: str | None) -> Place | None:
    """What is at a spot: the store where it can be read, else its socket where containerd's own client is there.

    None where nothing is, and nothing would be missed.
    """
    root, path = _within(host, spot.root), _within(host, spot.socket)
    store = look_at_store(root) if spot.root else StoreLook(False, "absent")
    socket = look_at_socket(path) if spot.socket else None
    listens = socket is not None and socket.found
    if spot.optional and store.said == "absent" and not listens:
        return None

    def open_store() -> Source:
        # Neither of these is needed for a look.
        from layertui.sources.containerd.listing import list_store
        from layertui.sources.containerd.store import ContentStore

        return list_store(ContentStore(root, f"{spot.name} ({root})"), spot.namespace)

    def open_client() -> Source:
        from layertui.sources.containerd.export import Client, list_exports

        return list_exports(Client(ctr or "ctr", str(path), f"{spot.name} ({path})"), spot.namespace)

    if store.readable:
        return Place(SCHEME, spot.name, spot.root, True, "present", "", open_store)
    if socket is not None and listens and not socket.denied and ctr is not None:
        said = f"present; its store {spot.root}: {store.said}" if store.denied else "present"
        return Place(SCHEME, spot.name, spot.socket, True, f"{said}; read by ctr", "", open_client)
    where, said, hint = spot.root or spot.socket, store.said, _ABSENT_HINT
    if store.denied:
        hint = _DENIED_HINT
    elif socket is not None and listens:
        where, said = spot.socket, f"{socket.said}; ctr, which could read it, is not installed"
        if socket.denied:
            said, hint = socket.said, _DENIED_HINT
    refused = UnreachableError(f"{spot.name}: {where}: {said}.", hint)
    return Place(SCHEME, spot.name, where, hint is _DENIED_HINT, said, hint, refusing(refused))


@dataclass(frozen=True, slots=True)
class StoreLook:
    """What a look at a store's directory showed."""

    readable: bool
    """Whether its database and its blobs can be read."""
    said: str
    """`present`, `absent`, `permission denied (root:root 0700)`."""
    denied: bool = False
    """Whether it may not be read."""


def look_at_store(root: Path) -> StoreLook:
    """Whether a directory is a root of containerd that this process can read."""
    for path, wanted in ((root / META_DB, os.R_OK), (root / CONTENT, os.R_OK | os.X_OK)):
        try:
            status = os.stat(path)
        except PermissionError:
            return StoreLook(False, f"permission denied{_closed(path)}", denied=True)
        except (OSError, ValueError):
            return StoreLook(False, "absent")
        if not _may(path, wanted):
            return StoreLook(False, f"permission denied ({path.name}: {owner_and_mode(status)})", denied=True)
    return StoreLook(True, "present")


def _closed(path: Path) -> str:
    """Owner and mode of the directory on the way that lets nobody through."""
    for directory in reversed(path.parents):
        try:
            status = os.stat(directory)
        except OSError:
            break
        if not _may(directory, os.X_OK):
            return f" ({directory}: {owner_and_mode(status)})"
    return ""


def _may(path: Path, wanted: int) -> bool:
    return os.access(path, wanted, effective_ids=os.access in os.supports_effective_ids)
