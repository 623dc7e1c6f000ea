"""The containers of a store: what its books say of each, and how one is opened on top of its image."""

import json
from collections.abc import Sequence

import msgspec

from layertui.errors import DamagedError, LayertuiError
from layertui.image.config import moment
from layertui.image.digest import Digest
from layertui.image.document import decode
from layertui.image.image import Container, Image, Naming, complete, platform_of, with_container
from layertui.sources.base import ImageEntry, container_entry
from layertui.sources.podman.books import RawContainer
from layertui.sources.podman.images import Held, open_image
from layertui.sources.podman.layers import Part, chain, diff_id, stored, unknown_layer, writable


class _Metadata(msgspec.Struct, rename="kebab"):
    """What Podman notes on a container in the store, as JSON within JSON."""

    name: str | None = None
    image_name: str | None = None


def container_entry_of(raw: RawContainer, held: Held | None, parts: Sequence[Part]) -> ImageEntry:
    """The line of the store's list for a container; `held` is its image, None where that is gone."""
    container = _container(raw)
    reference = container.name or raw.id[:12]
    platform = platform_of(held.config) if held is not None and held.config is not None else None

    def opener() -> Image:
        return _open(raw, container, held, parts, reference)

    return container_entry(container, opener, reference, platform=platform)


def _container(raw: RawContainer) -> Container:
    """What the store tells. Whether it runs is Podman's own database's to know, so that is left open."""
    try:
        image_id = Digest.parse(f"sha256:{raw.image}")
    except DamagedError:
        image_id = None  # made from scratch
    name = raw.names[0] if raw.names else _metadata(raw).name or ""
    return Container(raw.id, name, "", None, moment(raw.created), image_id)


def _metadata(raw: RawContainer) -> _Metadata:
    try:
        return decode((raw.metadata or "{}").encode(), _Metadata, "metadata")
    except LayertuiError:
        return _Metadata()  # free text, which is Podman's own to understand


def _open(raw: RawContainer, container: Container, held: Held | None, parts: Sequence[Part], reference: str) -> Image:
    where = f"{parts[0].store.label}: container {reference}"
    part, layers = parts[0], parts[0].books.layers
    if not raw.layer or raw.layer not in layers:
        raise unknown_layer(parts, f"{where}: its writable layer")
    own = layers[raw.layer]
    image = open_image(held, parts) if held is not None else _without_image(raw, own.parent, parts, where, reference)
    return with_container(image, container, writable(part, raw, own, parts, where), reference=reference)


def _without_image(raw: RawContainer, top: str | None, parts: Sequence[Part], where: str, reference: str) -> Image:
    """The layers below a container whose image is gone, or that has none: only their diff IDs are known."""
    layers = chain(parts, top, where) if top else []
    diff_ids = [diff_id(layer) for _, layer in layers]
    known = [str(diff) for diff in diff_ids if diff is not None]
    rootfs = {"type": "layers", "diff_ids": known if len(known) == len(layers) else []}
    lost = next((part.books.lost["images"] for part in parts if "images" in part.books.lost), None)
    why = "is gone" if lost is None else f"is not known ({lost.message.rstrip('.')})"
    gone = f"its image {raw.image[:12]} {why}" if raw.image else "it was made from no image"
    return complete(
        Naming(reference),
        json.dumps({"rootfs": rootfs}).encode(),
        [stored(part, layer) for part, layer in layers],
        where=where,
        warnings=[f"{gone}, so the config and the history of its layers are unknown."],
    )
