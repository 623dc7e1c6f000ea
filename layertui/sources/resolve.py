"""From what a person types to an opened source and the image that is meant."""

import os
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from layertui.errors import DamagedError, LayertuiError, NotFoundError, UsageError
from layertui.image.blob import read_error
from layertui.image.platform import Platform
from layertui.layer.read import Cancel, Progress
from layertui.sources import docker_archive, legacy, oci_archive, oci_layout
from layertui.sources.base import Source
from layertui.sources.held import may_be_held, open_held
from layertui.sources.oci_layout import no_layout
from layertui.sources.opened import Opened as Opened  # part of this module's face
from layertui.sources.opened import pick as pick
from layertui.sources.outer import no_image
from layertui.sources.reference import HELD, REMOTE, Reference, parse_reference
from layertui.sources.spool import make_tick
from layertui.sources.target import Target

STORE_BEGINS = ("/", "[")
"""How the rest of a reference begins that names a store's directory, and not an image in one of this host's."""

STANDARD_INPUT = "standard input"
"""What messages call it."""


class SourceKind(Protocol):
    """What each source's module has."""

    @property
    def SCHEME(self) -> str:
        """What stands before the colon."""

    @property
    def sniff(self) -> Callable[[Target], bool]:
        """Whether a target is of this kind; raises LayertuiError when it is of none."""

    @property
    def open_source(self) -> Callable[[Target], Source]:
        """Open a target of this kind; raises LayertuiError."""


class StorageKind:
    """A kind of storage directory; its module is imported when it is asked, since opening an archive waits for none."""

    def __init__(self, scheme: str, module: str) -> None:
        self.SCHEME = scheme
        """What stands before the colon."""
        self.module = module
        """Its module's full name."""

    def sniff(self, target: Target) -> bool:
        """Whether a target is of this kind."""
        return target.directory is not None and self._kind().sniff(target)

    def open_source(self, target: Target) -> Source:
        """Open a target of this kind; raises LayertuiError."""
        return self._kind().open_source(target)

    def _kind(self) -> SourceKind:
        return cast(SourceKind, import_module(self.module))


SOURCES: tuple[SourceKind, ...] = (
    docker_archive,
    oci_archive,
    legacy,
    oci_layout,
    StorageKind("containers-storage", "layertui.sources.podman.store"),
    StorageKind("containerd", "layertui.sources.containerd.directory"),
    StorageKind("overlay2", "layertui.sources.overlay2"),
    StorageKind("aufs", "layertui.sources.aufs"),
)
"""All kinds, in the order in which they are asked: an archive with both manifests is Docker's."""


def open_reference(
    text: str,
    platform: str | None = None,
    *,
    progress: Progress | None = None,
    cancelled: Cancel | None = None,
    authfile: Path | None = None,
) -> Opened:
    """Open what a reference names, manifests and configs only, and choose the image that is meant.

    A bare name is a path if there is one, else what an engine or a store of this host holds; nothing is ever pulled.
    A registry is asked for a name behind `docker://` alone; `authfile` replaces its other places of credentials.

    `platform` is as a person writes it, such as `linux/arm64`; without it the host's is preferred. `progress` is
    called with bytes done while an archive has to be unpacked to disk first; `cancelled` stops that, and waiting for
    a registry.

    Raises UsageError, NotFoundError, UnreachableError, DamagedError or AuthenticationError, each with what to do next,
    and Cancelled.
    """
    wanted = Platform.parse(platform) if platform else None
    reference = parse_reference(text)
    tick = make_tick(progress, cancelled)
    if reference.name == "-" or reference.name.startswith("-:"):
        target = Target.of_stream(0, STANDARD_INPUT, tick)
        selector = reference.name[2:] or None
    elif reference.scheme in REMOTE:
        from layertui.sources.registry.source import open_remote

        return open_remote(reference, wanted, authfile=authfile, tick=tick)
    elif reference.scheme in HELD and not reference.name.startswith(STORE_BEGINS):
        return open_held(reference, wanted)
    elif reference.name.startswith("["):
        return _open_store(reference, wanted)
    else:
        try:
            path, selector, reference = split_path(reference)
        except NotFoundError:
            if reference.scheme is None and may_be_held(reference.name):
                return _held_or_nothing(reference, wanted)
            raise
        target = Target.at(Path(path), path, tick)
    return pick(_source(target, reference.scheme), selector, wanted, reference.layers)


def _open_store(reference: Reference, platform: Platform | None) -> Opened:
    """`containers-storage:[DRIVER@DIR]NAME`: a store that the reference itself names (containers-transports(5))."""
    from layertui.sources.podman.store import split_store

    store = split_store(reference.name)
    if store.root is None:
        return open_held(replace(reference, name=store.name), platform)
    return pick(store.open(), store.name or None, platform, reference.layers)


def _held_or_nothing(reference: Reference, platform: Platform | None) -> Opened:
    """What an engine or a store has of a bare name; what goes wrong says that there is no such file either."""
    try:
        return open_held(reference, platform)
    except LayertuiError as failure:
        hint = failure.hint
        if isinstance(failure, NotFoundError):
            hint = f"{hint} From a registry: layertui {REMOTE[0]}://{reference.name}".strip()
        raise type(failure)(f"There is no file or directory {reference.name}. {failure.message}", hint) from None


def _source(target: Target, scheme: str | None) -> Source:
    wanted = [kind for kind in SOURCES if scheme in (None, kind.SCHEME)]
    for kind in wanted:
        if kind.sniff(target):
            return kind.open_source(target)
    if scheme is not None and isinstance(wanted[0], StorageKind):
        return wanted[0].open_source(target)  # it says best what it looked for, and what is there instead
    for kind in SOURCES:
        if kind not in wanted and kind.sniff(target):
            raise DamagedError(
                f"{target.label} cannot be read as {scheme}:, it is of the kind {kind.SCHEME}:.",
                f"Try: layertui {kind.SCHEME}:{target.label}",
            )
    raise _nothing(target)


def _nothing(target: Target) -> LayertuiError:
    if target.directory is not None:
        return no_layout(target.directory, target.label)
    outer = target.outer()
    return no_image(outer) if outer is not None else DamagedError(f"{target.label} is not an image.")


def split_path(reference: Reference) -> tuple[str, str | None, Reference]:
    """Where the path ends and the name inside begins: the longest path that exists, cut at a colon.

    Returns path, name, and the reference; its layers are gone when what looked like them belongs to the file's name.
    Raises NotFoundError when no path exists.
    """
    found = _cut(reference.name)
    if found is None and reference.layers is not None:
        found, reference = _cut(reference.text.removeprefix(f"{reference.scheme}:")), replace(reference, layers=None)
    if found is None:
        raise _no_such_file(reference)
    return *found, reference


def _cut(name: str) -> tuple[str, str | None] | None:
    end = len(name)
    while end > 0:
        if os.path.lexists(_no_nul(name[:end])):
            return name[:end], name[end + 1 :] or None
        end = name.rfind(":", 0, end)
    return None


def _no_nul(path: str) -> str:
    """A path that system calls take: one with a NUL can name nothing."""
    return path.replace("\0", "\ufffd")


def _no_such_file(reference: Reference) -> LayertuiError:
    head, mark, tail = reference.name.rpartition("#")
    if mark and os.path.lexists(_no_nul(head)):
        return UsageError(
            f"'#{tail}' is no layer.", "Write #4 for a layer, #0..4 for a range, or #sha256:ab12 for a digest."
        )
    path = reference.name.partition(":")[0] if reference.scheme else reference.name
    try:
        os.lstat(_no_nul(path))
    except PermissionError as problem:
        return read_error(problem, path)
    except OSError:
        pass  # said below
    return NotFoundError(f"There is no file or directory {path}.", "Check the spelling, and the directory you are in.")
