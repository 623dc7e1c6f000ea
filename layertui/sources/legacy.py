"""Archives of Docker before 1.10: `repositories` and one directory a layer, without manifest.json (image-spec v1)."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import msgspec

from layertui.errors import DamagedError, LayertuiError
from layertui.image.blob import Blob
from layertui.image.bounds import ARCHIVE_MANIFEST_BYTES, LAYERS
from layertui.image.config import History, ImageConfig, moment, parse_config
from layertui.image.digest import Digest
from layertui.image.document import decode
from layertui.image.image import Image, Naming, complete, platform_of
from layertui.image.verify import read_document
from layertui.sources.base import ImageEntry, Listing, broken, stored_layer
from layertui.sources.outer import Outer
from layertui.sources.target import Target

SCHEME = "docker-archive"
"""The same as of newer archives: a person need not know how old one is."""

_WARNING = "an archive of Docker before 1.10, without manifest.json: no digests are recorded, so nothing is verified."


class _RawCommand(msgspec.Struct, rename="pascal"):
    cmd: list[str] | str | None = None


class _RawLayer(msgspec.Struct):
    """`<id>/json`: a layer, and an image if it is the top one."""

    id: str | None = None
    parent: str | None = None
    created: str | None = None
    author: str | None = None
    comment: str | None = None
    container_config: _RawCommand | None = None


def sniff(target: Target) -> bool:
    """Whether this is a tar with `repositories`, or with a directory of the old form, and without manifest.json."""
    outer = target.outer()
    if outer is None or "manifest.json" in outer or "index.json" in outer:
        return False
    # A newer archive that is cut off looks the same without its manifest: which image was meant is not known then.
    return "repositories" in outer or (not outer.damage and bool(_layer_ids(outer)))


def open_source(target: Target) -> Listing:
    """List the images of an old archive; raises LayertuiError."""
    outer = target.outer()
    if outer is None:
        raise DamagedError(f"{target.label} is a directory, not an image archive.")
    tags = _tags(outer)
    heads = dict.fromkeys([*tags.values(), *_heads(outer, tags)])
    entries = [_entry(outer, head, tuple(name for name, owner in tags.items() if owner == head)) for head in heads]
    if not entries:
        raise DamagedError(
            f"{outer.label}: repositories names no image.", "Save it again: docker save NAME -o image.tar"
        )
    return Listing(SCHEME, outer.label, tuple(entries), (*outer.warnings, _WARNING))


def _layer_ids(outer: Outer) -> list[str]:
    tops = (name.removesuffix("/json") for name in outer.names() if name.endswith("/json"))
    return [top for top in tops if "/" not in top and f"{top}/layer.tar" in outer]


def _tags(outer: Outer) -> dict[str, str]:
    """Name to the ID of its top layer, as `repositories` records them."""
    if "repositories" not in outer:
        return {}
    blob = outer.file("repositories")
    data = read_document(blob, bound=ARCHIVE_MANIFEST_BYTES)
    shape = dict[str, dict[str, str | None] | None]
    recorded: Mapping[str, Mapping[str, str | None] | None] = decode(data, shape, blob.label)
    return {
        f"{name}:{tag}": top
        for name, by_tag in recorded.items()
        for tag, top in (by_tag or {}).items()
        if top is not None
    }


def _heads(outer: Outer, tags: Mapping[str, str]) -> list[str]:
    """The layers that no other builds on, when `repositories` names none: docker save of an ID writes such archives."""
    if tags:
        return []
    parents = set()
    identifiers = _layer_ids(outer)
    for identifier in identifiers:
        try:
            parents.add(_layer(outer, identifier)[0].parent)
        except LayertuiError:
            continue  # said once its own entry is made
    return [identifier for identifier in identifiers if identifier not in parents]


def _layer(outer: Outer, identifier: str) -> tuple[_RawLayer, bytes]:
    blob = outer.file(f"{identifier}/json")
    data = read_document(blob)
    return decode(data, _RawLayer, blob.label), data


def _entry(outer: Outer, head: str, tags: tuple[str, ...]) -> ImageEntry:
    reference = tags[0] if tags else head[:12]
    try:
        _, raw = _layer(outer, head)
        image_id = _image_id(head, raw)
        platform = platform_of(parse_config(raw, f"{outer.label}: {head}/json"))
    except LayertuiError as problem:
        return broken(problem, reference, tags)
    naming = Naming(reference, tags)
    return ImageEntry(reference, tags, "image", platform, image_id, None, lambda: _open(outer, head, naming))


def _open(outer: Outer, head: str, naming: Naming) -> Image:
    where = f"{outer.label}: {naming.reference}"
    chain: list[tuple[str, _RawLayer]] = []
    seen: set[str] = set()
    raw_config = b""
    identifier: str | None = head
    while identifier:
        if identifier in seen:
            raise DamagedError(f"{where}: its layers are their own parents.")
        if len(seen) >= LAYERS.value:
            raise LAYERS.exceeded(f"{where} has more layers than are read and")
        seen.add(identifier)
        layer, data = _layer(outer, identifier)
        raw_config = raw_config or data
        chain.append((identifier, layer))
        identifier = layer.parent
    chain.reverse()
    stored = [stored_layer(_blob_of(outer, identifier), "", None, None) for identifier, _ in chain]
    config = _config(raw_config, [layer for _, layer in chain], where)
    return complete(naming, raw_config, stored, where=where, config=config, image_id=_image_id(head, raw_config))


def _blob_of(outer: Outer, identifier: str) -> Callable[[], Blob]:
    return lambda: outer.file(f"{identifier}/layer.tar")


def _config(raw_config: bytes, layers: list[_RawLayer], where: str) -> ImageConfig:
    """The top layer's own config, with one step of history for each layer: every old step made one."""
    config = parse_config(raw_config, f"{where}: json")
    history = tuple(
        History(
            created=moment(layer.created),
            created_by=_command(layer.container_config),
            author=layer.author or "",
            comment=layer.comment or "",
            empty_layer=False,
        )
        for layer in layers
    )
    return replace(config, history=history, rootfs=replace(config.rootfs, diff_ids=()))


def _command(raw: _RawCommand | None) -> str:
    if raw is None or raw.cmd is None:
        return ""
    return raw.cmd if isinstance(raw.cmd, str) else " ".join(raw.cmd)


def _image_id(identifier: str, raw: bytes) -> Digest:
    """The ID that Docker showed then, which was drawn at random; where it is none, the digest of its JSON."""
    try:
        return Digest.parse(f"sha256:{identifier}")
    except DamagedError:
        return Digest.of(raw)
