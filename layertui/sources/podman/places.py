"""Where Podman may be on this host: its stores on disk, and its API sockets.

A store is read before a socket is asked: it has the layers' own headers, and needs no service. So a socket is only
*found* where the store of the same owner cannot be read, or where CONTAINER_HOST names another one: otherwise every
image would be listed twice.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NoReturn

from layertui.errors import NotFoundError
from layertui.image.address import without_secrets
from layertui.sources.base import Source
from layertui.sources.docker.endpoint import Endpoint, Flavour, owner_and_mode
from layertui.sources.docker.finding import place_of
from layertui.sources.place import Environ, Place
from layertui.sources.podman.settings import Settings, runtime_directory, settings_for

SCHEME = "containers-storage"
"""Of a store."""

SOCKET_SCHEME = "podman"
"""Of an API socket; in a reference both are `containers-storage:`."""

ROOT_SOCKET = Path("/run/podman/podman.sock")
"""Where systemd's podman.socket listens for root."""

PODMAN = Flavour(
    scheme=SOCKET_SCHEME,
    name="Podman",
    stopped_hint="Start its service (systemctl --user start podman.socket), or set CONTAINER_HOST to where it listens.",
    denied_hint="Open the socket of your own Podman, or run layertui as its owner.",
)
"""Podman's service, which speaks Docker's API; it puts no files of its own over an image."""


def find(environ: Environ) -> tuple[Place, ...]:
    """Podman's places in the order in which they are asked; looks at paths and variables only, and connects to none.

    Root sees root's store, anyone else their own and root's as far as it may be read. Other users' stores are opened
    by naming them: `containers-storage:[overlay@/home/USER/.local/share/containers/storage]NAME`.
    """
    if sys.platform == "win32":
        return (_named_host(environ, {}),)
    # Under `podman unshare` everyone seems to be root; Podman says who it really is.
    rootless_uid = environ.get("_CONTAINERS_ROOTLESS_UID", "")
    return _find(environ, int(rootless_uid) if rootless_uid.isdigit() else os.geteuid())


def _find(environ: Environ, uid: int) -> tuple[Place, ...]:
    stores = [_store("Podman (root)", settings_for(environ if uid == 0 else {}, 0))]
    sockets = {str(ROOT_SOCKET): stores[0]}
    if uid != 0:
        stores.insert(0, _store("Podman (rootless)", settings_for(environ, uid)))
        sockets = {str(runtime_directory(environ, uid) / "podman/podman.sock"): stores[0], **sockets}
    named = _named_host(environ, sockets)
    usual = (_socket(path, store) for path, store in sockets.items() if named.where != _variable(f"unix://{path}"))
    return (*stores, named, *usual)


def _store(name: str, settings: Settings) -> Place:
    root = settings.graph_root
    found, said, hint = _look(root)
    if not found and (further := [path for path in settings.additional if _look(path)[0]]):
        # A store that has nothing of its own yet still has what it reads from others.
        settings = replace(settings, graph_root=further[0], additional=tuple(further[1:]))
        found, said, root = True, f"present; {root} ({said})", further[0]
    if settings.problem is not None:
        said, hint = f"{said}; {settings.configured} cannot be read", settings.problem.hint
    return Place(SCHEME, name, str(root), found, said, hint, partial(_open_store, settings))


def _look(root: Path) -> tuple[bool, str, str]:
    """Whether a directory can be opened as a store, what the look showed, and what to do."""
    try:
        names = set(os.listdir(root))
    except PermissionError:
        return False, _denied(root), "Root's images are read by root: sudo layertui"
    except (OSError, ValueError):
        return False, "absent", "Podman makes it at its first image: podman pull NAME"
    if not any(name.endswith(("-images", "-layers")) for name in names):
        return False, "empty", "Podman fills it at its first image: podman pull NAME"
    return True, "present", ""


def _denied(path: Path) -> str:
    """`permission denied`, with the nearest directory that can be seen and who may read it."""
    for directory in (path, *path.parents):
        try:
            status = os.stat(directory)
        except OSError:
            continue
        return f"permission denied ({directory} {owner_and_mode(status)})"
    return "permission denied"


def _open_store(settings: Settings) -> Source:
    from layertui.sources.podman.store import ContainersStorage

    store = ContainersStorage.open(settings.graph_root, preferred=settings.driver, additional=settings.additional)
    return store.listing()


def _named_host(environ: Environ, sockets: Mapping[str, Place]) -> Place:
    """CONTAINER_HOST; where it is one of the usual `sockets`, the store of the same owner is read instead."""
    name, host = "Podman (CONTAINER_HOST)", environ.get("CONTAINER_HOST", "").strip()
    if not host:
        hint = "Set it to where a Podman service listens: unix:///PATH, tcp://HOST:PORT or ssh://USER@HOST/PATH."
        return Place(SOCKET_SCHEME, name, "CONTAINER_HOST", False, "unset", hint, partial(_unset, hint))
    endpoint = Endpoint(host)
    place = place_of(endpoint, name, where=_variable(host), flavour=PODMAN)
    return _unless_read(place, sockets.get(str(endpoint.socket)))


def _variable(host: str) -> str:
    return f"CONTAINER_HOST={without_secrets(host)}"


def _unset(hint: str) -> NoReturn:
    raise NotFoundError("CONTAINER_HOST is not set.", hint)


def _socket(path: str, store: Place) -> Place:
    """One of the usual sockets, and the store that its service would answer from."""
    hint = f"Start its service: systemctl {'' if path == str(ROOT_SOCKET) else '--user '}start podman.socket"
    place = place_of(Endpoint(f"unix://{path}"), f"{store.name}, its socket", hint=hint, flavour=PODMAN)
    return _unless_read(place, store)


def _unless_read(socket: Place, store: Place | None) -> Place:
    """A socket's place, not found where the store behind it is read."""
    if not socket.found or store is None or not store.found:
        return socket
    return replace(socket, found=False, said=f"{socket.said}; its store is read instead", hint="")
