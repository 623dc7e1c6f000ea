"""Archives as `docker save` writes them: a tar with manifest.json, which lists images by their files (Docker 1.10 on).

Docker 25 and later write an OCI layout into the same tar; manifest.json leads, since it has the images that were asked
for and their full names, and the layout adds digests and whatever else it holds.
"""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from layertui.errors import DamagedError, LayertuiError
from layertui.image.blob import Blob
from layertui.image.bounds import ARCHIVE_MANIFEST_BYTES, LAYERS
from layertui.image.config import parse_config
from layertui.image.digest import Digest
from layertui.image.document import decode
from layertui.image.image import Image, Naming, complete, platform_of
from layertui.image.verify import read_document
from layertui.sources.base import ImageEntry, Listing, broken, short_reference, stored_layer
from layertui.sources.oci import Found, entries_of, look_through
from layertui.sources.oci_archive import ArchiveStore
from layertui.sources.outer import Outer
from layertui.sources.target import Target

SCHEME = "docker-archive"
"""What stands before the colon (containers-transports(5))."""

_AGAIN = "Save it again: docker save NAME -o image.tar"


class _RawImage(msgspec.Struct, rename="pascal"):
    """One image of manifest.json (Docker's image-spec v1.2, *Combined Image JSON + Filesystem Changeset Format*)."""

    config: str | None = None
    repo_tags: list[str | None] | None = None
    layers: list[str] | None = None


@dataclass(frozen=True, slots=True)
class _Saved:
    """One image of manifest.json, with the names that are really its own."""

    config: str
    """Name of the member with its config."""
    layers: tuple[str, ...]
    """Names of the members with its layers, base to top."""
    tags: tuple[str, ...]
    """As recorded."""


def sniff(target: Target) -> bool:
    """Whether this is a tar with a manifest.json."""
    outer = target.outer()
    return outer is not None and "manifest.json" in outer


def open_source(target: Target) -> Listing:
    """List the images of an archive; raises LayertuiError when manifest.json cannot be read."""
    outer = target.outer()
    if outer is None:
        raise DamagedError(f"{target.label} is a directory, not a file.", f"Try: layertui oci:{target.label}")
    saved, warnings = _read_manifest(outer)
    layout, beside, said = _layout_beside(outer)
    warnings = (*outer.warnings, *warnings, *said)
    entries = [_entry(outer, image, layout) for image in saved]
    ours = {entry.digest for entry in entries if entry.digest is not None}
    others = tuple(entry for entry, found in beside if found is None or found.config_digest not in ours)
    return Listing(SCHEME, outer.label, (*entries, *others), warnings)


def _read_manifest(outer: Outer) -> tuple[list[_Saved], tuple[str, ...]]:
    blob = outer.file("manifest.json")
    data = read_document(blob, bound=ARCHIVE_MANIFEST_BYTES)
    is_null = data.strip() == b"null"
    raw = [] if is_null else decode(data, list[_RawImage | None], blob.label, ARCHIVE_MANIFEST_BYTES)
    images = [image for image in raw if image is not None]
    if not images:
        what = "is null" if is_null else "is an empty list"
        raise DamagedError(f"{blob.label} {what}, so the archive names no image.", _AGAIN)
    merged: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    owner: dict[str, tuple[str, tuple[str, ...]]] = {}
    warnings: list[str] = []
    for image in images:
        key = (image.config or "", tuple(image.layers or ()))
        merged.setdefault(key, [])
        for tag in image.repo_tags or ():
            if not tag or tag == "<none>:<none>":
                continue
            if tag in owner and owner[tag] != key:
                warnings.append(f"the tag {tag} is on two images; the later one has it, as with docker load.")
                merged[owner[tag]].remove(tag)
            if tag not in merged[key]:
                merged[key].append(tag)
            owner[tag] = key
    return [_Saved(config, layers, tuple(tags)) for (config, layers), tags in merged.items()], tuple(warnings)


def _layout_beside(
    outer: Outer,
) -> tuple[dict[Digest, Found], list[tuple[ImageEntry, Found | None]], tuple[str, ...]]:
    """The OCI layout in the same tar: its images by config digest, its entries, and what is odd about it."""
    if "index.json" not in outer:
        return {}, [], ()
    store = ArchiveStore(outer)
    try:
        found, unreadable, warnings = look_through(store)
    except LayertuiError as problem:
        return {}, [], (f"the OCI layout beside manifest.json cannot be read: {problem.message}",)
    by_config = {item.config_digest: item for item in found if item.config_digest is not None}
    entries: list[tuple[ImageEntry, Found | None]] = [(item.entry(store), item) for item in found]
    entries.extend((entry, None) for entry in entries_of(store, (), unreadable))
    return by_config, entries, warnings


def _read_config(outer: Outer, image: _Saved) -> bytes:
    if not image.config:
        raise DamagedError(f"{outer.label}: manifest.json names no config for an image.", _AGAIN)
    return read_document(outer.file(image.config))


def _entry(outer: Outer, image: _Saved, layout: dict[Digest, Found]) -> ImageEntry:
    fallback = image.config.rpartition("/")[2].removesuffix(".json")[:12] or "unnamed"
    try:
        if len(image.layers) > LAYERS.value:
            raise LAYERS.exceeded(f"{outer.label}: an image has {len(image.layers):,} layers and")
        raw_config = _read_config(outer, image)
        image_id = Digest.of(raw_config)
        platform = platform_of(parse_config(raw_config, f"{outer.label}: {image.config}"))
    except LayertuiError as problem:
        return broken(problem, image.tags[0] if image.tags else fallback, image.tags)
    reference = image.tags[0] if image.tags else short_reference(image_id)
    found = layout.get(image_id)
    naming = Naming(
        reference, image.tags, found.descriptor.digest if found else None, found.platform if found else None
    )
    return ImageEntry(reference, image.tags, "image", platform, image_id, None, lambda: _open(outer, image, naming))


def _open(outer: Outer, image: _Saved, naming: Naming) -> Image:
    raw_config = _read_config(outer, image)
    warnings = []
    promised = _digest_in(image.config)
    if promised is not None and promised != Digest.of(raw_config):
        warnings.append(f"the config's name promises {promised}, its content is {Digest.of(raw_config)}.")
    stored = [stored_layer(_opener(outer, name), "", None, _blob_digest(name)) for name in image.layers]
    return complete(naming, raw_config, stored, where=f"{outer.label}: {naming.reference}", warnings=warnings)


def _opener(outer: Outer, name: str) -> Callable[[], Blob]:
    return lambda: outer.file(name)


def _digest_in(config: str) -> Digest | None:
    """The digest that a config's name promises: `<hex>.json`, kaniko's `sha256:<hex>`, or a layout's blob."""
    try:
        name = config.rpartition("/")[2].removesuffix(".json")
        return Digest.parse("sha256:" + name.removeprefix("sha256:"))
    except DamagedError:
        return None


def _blob_digest(name: str) -> Digest | None:
    """The digest of a layer's blob, where its name is an address in a layout; other names promise other things."""
    parts = name.removeprefix("./").split("/")
    if len(parts) != 3 or parts[0] != "blobs":
        return None
    try:
        return Digest.parse(f"{parts[1]}:{parts[2]}")
    except DamagedError:
        return None
