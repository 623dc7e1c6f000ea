"""The layers of a store: which lie below one another, in which of several stores, and how each is read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from layertui.errors import DamagedError, LayertuiError, NotFoundError, as_damage
from layertui.image.bounds import LAYERS
from layertui.image.digest import DiffID
from layertui.image.image import StoredLayer
from layertui.layer.beneath import Beneath
from layertui.layer.columns import LARGEST_SIZE_BYTES
from layertui.layer.split import SplitLayer
from layertui.layer.stored import StoredTree
from layertui.layer.walk import WalkedLayer
from layertui.sources.podman.books import Books, RawContainer, RawLayer, read_books
from layertui.sources.podman.copied import CopiedLayer
from layertui.sources.podman.drivers import Driver, driver_of
from layertui.sources.podman.owners import in_user_namespace, owner_map

MEDIA_TYPE = "application/vnd.oci.image.layer.v1.tar"
"""Of every layer: the books tell how its uncompressed tar was."""

SPLIT_METHOD = "Podman's books (tar-split)"
"""How a layer is read whose tar's headers are in the books."""


@dataclass(frozen=True, slots=True)
class Part:
    """One store directory: the main one, or one that is only read."""

    store: Beneath
    """Its directory."""
    driver: Driver
    """How its layers are kept."""
    books: Books
    """What its books said when they were read."""
    owner: tuple[int, int]
    """Uid and gid whose store it is: of any but root, owners on disk are those of the user's namespace."""

    @classmethod
    def open(cls, root: Path, driver: str = "", *, preferred: str = "") -> "Part":
        """Read the books of one store; raises LayertuiError where there are none."""
        store = Beneath.open(root, str(root))
        status = store.status(b"")
        kind = driver_of(store, driver, preferred=preferred, rootless=status.st_uid != 0 or in_user_namespace())
        return cls(store, kind, read_books(store, kind.name), (status.st_uid, status.st_gid))


def chain(parts: Sequence[Part], top: str, where: str) -> list[tuple[Part, RawLayer]]:
    """A layer and all below it, base to top, wherever they are; `where` names the image in errors.

    Raises DamagedError where one is missing or is below itself, and what is wrong with layers.json where that is why.
    """
    found: list[tuple[Part, RawLayer]] = []
    seen: set[str] = set()
    layer_id: str | None = top
    while layer_id:
        if layer_id in seen:
            raise DamagedError(f"{where}: its layers run in a loop: {layer_id[:12]} is below itself.", _REPAIR)
        if len(found) >= LAYERS.value:
            raise LAYERS.exceeded(f"{where} has more layers and")
        holder = next((part for part in parts if layer_id in part.books.layers), None)
        if holder is None:
            raise unknown_layer(parts, f"{where}: its layer {layer_id[:12]}")
        seen.add(layer_id)
        found.append((holder, holder.books.layers[layer_id]))
        layer_id = found[-1][1].parent
    return found[::-1]


def unknown_layer(parts: Sequence[Part], what: str) -> LayertuiError:
    """The error for a layer that no store's books have; `what` begins it."""
    lost = next((part.books.lost["layers"] for part in parts if "layers" in part.books.lost), None)
    if lost is None:
        return DamagedError(f"{what} is not in layers.json.", _REPAIR)
    return type(lost)(f"{what} is not known: {lost.message}", lost.hint)


_REPAIR = "The image was removed just now, part of it is in another store, or this one is damaged: podman system check"


def diff_id(layer: RawLayer) -> DiffID | None:
    """A layer's diff ID as recorded; None where it has none that is well-formed."""
    try:
        return DiffID.parse(layer.diff_digest or "")
    except DamagedError:
        return None


def size_bytes(layer: RawLayer) -> int | None:
    """The size of a layer's uncompressed tar; None where the store does not tell, as of a layer that can change."""
    size = layer.diff_size
    return size if size is not None and 0 <= size < LARGEST_SIZE_BYTES and layer.diff_digest else None


def stored(part: Part, layer: RawLayer) -> StoredLayer:
    """One layer of an image, listed as its tar was; what is missing or damaged is the layer's problem."""
    label = f"{part.store.label}: layer {layer.id[:12]}"
    try:
        return _stored(part, layer, label)
    except LayertuiError as problem:
        return StoredLayer(None, MEDIA_TYPE, False, size_bytes(layer), problem=as_damage(problem))


def _stored(part: Part, layer: RawLayer, label: str) -> StoredLayer:
    split = f"{part.driver.name}-layers/{layer.id}.tar-split.gz"
    root: Callable[[], Beneath] | None = None
    lost: LayertuiError | None = None
    try:
        root = _files(part, layer)
    except LayertuiError as problem:
        lost = problem
    warning = ""
    if _holds(part, split):
        if lost is not None:
            warning = f"its files cannot be read, only their names: {lost.message}"
        content: StoredTree = SplitLayer(lambda: part.store.blob(split.encode()), root, label, method=SPLIT_METHOD)
    elif root is None:
        raise lost or NotFoundError(f"{label} has no files.")
    elif part.driver.whole and layer.parent:
        raise DamagedError(
            f"{label}: {split} is missing, and the directory is a copy of all layers below too.",
            "The storage driver vfs keeps no diffs. Save the image: podman save NAME -o image.tar",
        )
    else:
        warning = (
            f"{split} is missing from the books, so its directory is listed as it is now:"
            " hard links and times may differ."
        )
        content = WalkedLayer(root, label, part.driver.dialect, owner_map(part.owner, layer))
    return StoredLayer(content, MEDIA_TYPE, False, size_bytes(layer), warning=warning)


def writable(part: Part, container: RawContainer, layer: RawLayer, parts: Sequence[Part], label: str) -> StoredLayer:
    """The writable layer of a container; what is missing or damaged is the layer's problem."""
    try:
        return StoredLayer(_writable(part, container, layer, parts, label), MEDIA_TYPE, False, None)
    except LayertuiError as problem:
        return StoredLayer(None, MEDIA_TYPE, False, None, problem=as_damage(problem))


def _writable(part: Part, container: RawContainer, layer: RawLayer, parts: Sequence[Part], label: str) -> StoredTree:
    root, owners = _files(part, layer), owner_map(part.owner, layer, container)
    if not part.driver.whole or not layer.parent:
        return WalkedLayer(root, label, part.driver.dialect, owners)
    holder, below = chain(parts, layer.parent, label)[-1]
    return CopiedLayer(root, _files(holder, below), label, owners, owner_map(holder.owner, below))


def _files(part: Part, layer: RawLayer) -> Callable[[], Beneath]:
    """What opens the directory with a layer's files; raises LayertuiError where it cannot be opened now."""
    name = part.driver.files(layer.id).encode()
    part.store.directory(name)
    return lambda: part.store.directory(name)


def _holds(part: Part, name: str) -> bool:
    """Whether a store has a file, be it readable or not."""
    try:
        part.store.status(name.encode())
    except NotFoundError:
        return False
    except LayertuiError:
        return True
    return True
