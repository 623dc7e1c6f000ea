"""The containers of Docker's books: who they are, and the stack that each of them sees."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

import msgspec

from layertui.errors import DamagedError, LayertuiError, as_damage
from layertui.image.config import moment
from layertui.image.digest import ChainID, Digest
from layertui.image.document import decode
from layertui.image.image import Container, Image, Naming, StoredLayer, with_container
from layertui.sources.base import ImageEntry, container_entry
from layertui.sources.docker.books import MEDIA_TYPE, DockerBooks, checked_container_id
from layertui.sources.docker.books_shelf import Shelf
from layertui.sources.docker.books_stack import newest_first, without_image

ImageOpener = Callable[[Digest | None], Callable[[], Image] | None]
"""Gives what opens an image; None where the books do not have it."""


class _RawState(msgspec.Struct, rename="pascal"):
    running: bool | None = None
    paused: bool | None = None
    restarting: bool | None = None
    removal_in_progress: bool | None = None
    dead: bool | None = None
    exit_code: Annotated[int, msgspec.Meta(ge=-(1 << 31), lt=1 << 32)] | None = None
    started_at: str | None = None


class _RawContainer(msgspec.Struct, rename="pascal"):
    """config.v2.json (moby, container/container.go)."""

    name: str | None = None
    created: str | None = None
    image: str | None = None
    state: _RawState | None = None
    driver: str | None = None


def container_entries(
    books: DockerBooks, label: str, opener: ImageOpener, warnings: list[str]
) -> dict[Digest | None, list[ImageEntry]]:
    """The containers of every image by its ID, newest first; those whose image is not known under None."""
    mounted, _ = _ids_in(books.shelf, "layerdb/mounts")
    documented, problem = _ids_in(books.containers, "")
    if problem is not None and mounted:
        warnings.append(f"{problem.message} Containers are shown without their names.")
        every = [_unknown(container_id) for container_id in mounted]
    else:
        # A half-removed one may have only documents, or only a filesystem.
        ids = sorted({*mounted, *documented})
        every = [one for container_id in ids if (one := _container(books, container_id, warnings)) is not None]
    found: dict[Digest | None, list[ImageEntry]] = {}
    for container in sorted(every, key=lambda one: newest_first(one.created)):
        found.setdefault(container.image_id, []).append(_entry(books, container, label, opener))
    return found


def _ids_in(shelf: Shelf, name: str) -> tuple[list[str], LayertuiError | None]:
    """The containers that a directory holds, and why it cannot be listed."""
    try:
        return [text for text in shelf.names(name) if _is_container_id(text)], None
    except LayertuiError as problem:
        return [], problem


def _is_container_id(name: str) -> bool:
    """Whether a directory is a container's: BuildKit keeps mounts under names of its own beside them."""
    try:
        checked_container_id(name)
    except DamagedError:
        return False
    return True


def _container(books: DockerBooks, container_id: str, warnings: list[str]) -> Container | None:
    """What config.v2.json says; None for a container of another storage driver."""
    name = f"{container_id}/config.v2.json"
    try:
        raw = decode(books.containers.read(name), _RawContainer, f"{books.containers.label}/{name}")
    except LayertuiError as problem:
        warnings.append(f"{problem.message} The container {container_id[:12]} is shown without its name.")
        return _unknown(container_id)
    if raw.driver not in (None, "", books.driver):
        return None
    status, running = _status(raw.state) if raw.state is not None else ("", None)
    try:
        image_id = Digest.parse(raw.image or "")
    except DamagedError:
        image_id = None
    return Container(container_id, (raw.name or "").removeprefix("/"), status, running, moment(raw.created), image_id)


def _unknown(container_id: str) -> Container:
    """A container of which only the ID is known."""
    return Container(container_id, "", "", None, None, None)


def _status(state: _RawState) -> tuple[str, bool]:
    """The state in the engine's words (moby, container/state.go, *StateString*), and whether processes live."""
    if state.running:
        return "paused" if state.paused else "restarting" if state.restarting else "running", True
    if state.removal_in_progress:
        return "removing", False
    if state.dead:
        return "dead", False
    if moment(state.started_at) is None:
        return "created", False
    return f"exited ({state.exit_code or 0})", False


def _entry(books: DockerBooks, container: Container, label: str, opener: ImageOpener) -> ImageEntry:
    reference = container.name or container.container_id[:12]
    return container_entry(
        container, lambda: _open(books, container, reference, opener, f"{label}: {reference}"), reference
    )


def _open(books: DockerBooks, container: Container, reference: str, opener: ImageOpener, where: str) -> Image:
    """The stack that a container sees; raises LayertuiError where neither its image nor its layers are known."""
    parent_chain: ChainID | None = None
    lost: LayertuiError | None = None
    try:
        disk = books.container(container.container_id)
        writable, parent_chain = disk.writable, disk.parent_chain
        container = replace(container, engine_files=disk.engine_files)
    except LayertuiError as problem:
        lost = as_damage(problem)
        writable = StoredLayer(None, MEDIA_TYPE, False, None, problem=lost)
    image = None
    gone = f"the container {reference} names no image."
    if open_image := opener(container.image_id):
        try:
            image = open_image()
        except LayertuiError as problem:
            gone = problem.message
    elif container.image_id is not None:
        gone = f"{container.image_id.short} is not in the books."
    if image is None:
        if lost is not None:
            raise lost
        image_id = container.image_id or Digest.of(container.container_id.encode())
        try:
            image = without_image(books, Naming(reference), parent_chain, image_id, gone, where)
        except LayertuiError as problem:
            raise as_damage(problem) from problem
    return with_container(image, container, writable, reference=reference)
