"""The images of a store: what its books and big data say of each, and how it is opened."""

import base64
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from layertui.errors import DamagedError, LayertuiError, as_damage
from layertui.image.config import ImageConfig, moment, parse_config
from layertui.image.digest import ChainID, DiffID, Digest
from layertui.image.image import Image, Naming, complete, platform_of
from layertui.image.manifest import Index, parse_document
from layertui.image.verify import read_document
from layertui.sources.base import ImageEntry, Kind, Record, broken, short_reference, unopenable
from layertui.sources.podman.books import RawImage, RawLayer
from layertui.sources.podman.layers import Part, chain, diff_id, size_bytes, stored

_PLAIN = re.compile(r"[.0-9a-z]+")
"""Keys of big data that are file names as they are."""


@dataclass(frozen=True, slots=True)
class Held:
    """One image of a store as far as its list needs it."""

    part: Part
    """The store that has it."""
    raw: RawImage
    """What images.json says."""
    names: tuple[str, ...]
    """Tags, and names with a digest, of all stores that have it."""
    raw_config: bytes
    """Its config, verified; empty where `problem` says why not."""
    config: ImageConfig | None
    """The same, read."""
    problem: LayertuiError | None
    """Why it cannot be opened."""
    kind: Kind = "image"
    """An image, or an artifact for a manifest list and what else has no layers of its own."""

    @property
    def tags(self) -> tuple[str, ...]:
        """Its names with a tag, as recorded."""
        return tuple(name for name in self.names if "@" not in name)

    @property
    def created(self) -> str:
        """In ISO 8601; empty where unknown."""
        return moment(self.raw.created) or ""

    @property
    def image_id(self) -> Digest | None:
        """What Podman shows: of the config for all but partly pulled images; None where it is no digest."""
        try:
            return Digest.parse(f"sha256:{self.raw.id}")
        except DamagedError:
            return None

    @property
    def manifest_digest(self) -> Digest | None:
        """Of its manifest; None where the store does not tell."""
        try:
            return Digest.parse(self.raw.digest or "")
        except DamagedError:
            return None

    @property
    def reference(self) -> str:
        """How a person types it."""
        if self.tags:
            return self.tags[0]
        return short_reference(self.image_id) if self.image_id else self.raw.id[:12]

    @property
    def where(self) -> str:
        """What messages call it."""
        return f"{self.part.store.label}: {self.reference}"

    def layers(self, parts: Sequence[Part]) -> list[tuple[Part, RawLayer]]:
        """Its layers, base to top; raises LayertuiError."""
        return chain(parts, self.raw.layer, self.where) if self.raw.layer else []


def look_at(part: Part, raw: RawImage, names: Sequence[str]) -> Held:
    """Read an image's config; what goes wrong is kept as its problem."""
    where = f"{part.store.label}: {names[0] if names else raw.id[:12]}"
    kind: Kind = "image"
    raw_config, config = b"", None
    problem: LayertuiError | None = None
    try:
        raw_config = _config(part, raw, where)
        config = parse_config(raw_config, f"{where}: config")
    except _NoImage as reason:
        kind, problem = "artifact", DamagedError(reason.message, reason.hint)
    except LayertuiError as error:
        problem = as_damage(error)
    return Held(part, raw, tuple(names), raw_config, config, problem, kind)


class _NoImage(LayertuiError):
    """What has a name in the store and no layers: a manifest list, an artifact."""


def _config(part: Part, raw: RawImage, where: str) -> bytes:
    """The config of an image, checked against the digest that names it; raises LayertuiError."""
    digest = next((text for text in (f"sha256:{raw.id}",) if text in (raw.big_data_names or ())), None)
    return _big_data(part, raw, str(Digest.parse(digest) if digest else _config_digest(part, raw, where)))


def _config_digest(part: Part, raw: RawImage, where: str) -> Digest:
    """What the manifest says: the ID of a partly pulled image is not its config's digest."""
    # `instances.json` stands beside a list that `podman manifest` made, be it empty.
    is_list = "instances.json" in (raw.big_data_names or ())
    manifest = None if is_list else parse_document(_big_data(part, raw, "manifest"), f"{where}: manifest")
    if manifest is None or isinstance(manifest, Index):
        raise _NoImage(f"{where} is a manifest list, not an image.", "Open one of the images that it names.")
    if manifest.kind != "image" or manifest.config is None:
        raise _NoImage(f"{where} is not a runnable image; its type is {manifest.what}.")
    return manifest.config.digest


def _big_data(part: Part, raw: RawImage, key: str) -> bytes:
    """One of the documents that a store keeps of an image; one that is named by its digest is checked against it."""
    # makeBigDataBaseName of containers/storage.
    name = key if _PLAIN.fullmatch(key) else "=" + base64.b64encode(key.encode()).decode()
    path = f"{part.driver.name}-images/{raw.id}/{name}"
    blob = part.store.blob(path.encode(), f"{part.store.label}: {key} of image {raw.id[:12]}")
    return read_document(blob, digest=Digest.parse(key) if key.startswith("sha256:") else None)


def entry_of(held: Held, parts: Sequence[Part]) -> ImageEntry:
    """The line of the store's list for an image."""
    problem, layers = held.problem, []
    try:
        layers = held.layers(parts)
    except LayertuiError as error:
        problem = problem or error
    record = _record(held, layers)
    if problem is not None and held.kind == "image":
        return replace(broken(problem, held.reference, held.tags, None, held.manifest_digest), record=record)
    platform = platform_of(held.config) if held.config is not None else None
    opener = unopenable(problem) if problem is not None else _opener(held, parts)
    return ImageEntry(held.reference, held.tags, held.kind, platform, held.manifest_digest, None, opener, record)


def _record(held: Held, layers: Sequence[tuple[Part, RawLayer]]) -> Record:
    sizes = [size_bytes(layer) for _, layer in layers]
    known = [size for size in sizes if size is not None]
    chained = _chain_ids(held, [layer for _, layer in layers])
    all_known = held.kind == "image" and len(known) == len(sizes) and bool(layers or not held.raw.layer)
    return Record(
        image_id=held.image_id,
        created=held.created or None,
        size_bytes=sum(known) if all_known else None,
        layers=tuple(zip(chained, sizes, strict=True)) if chained else (),
        repo_digests=_repo_digests(held),
        labels=held.config.config.labels if held.config is not None else {},
    )


def _chain_ids(held: Held, layers: Sequence[RawLayer]) -> tuple[ChainID, ...]:
    """Of each layer, base to top: from the config where it fits, else from the books; empty where not all are known."""
    diff_ids: Sequence[DiffID | None] = held.config.rootfs.diff_ids if held.config is not None else ()
    if len(diff_ids) != len(layers):
        diff_ids = [diff_id(layer) for layer in layers]
    known = [diff for diff in diff_ids if diff is not None]
    return ChainID.chain(known) if known and len(known) == len(diff_ids) else ()


def _repo_digests(held: Held) -> tuple[str, ...]:
    """Names with the manifest's digest, as `podman images --digests` has them."""
    digest = held.manifest_digest
    repositories = dict.fromkeys(_repository(name) for name in held.names)
    named = [f"{repository}@{digest}" for repository in repositories] if digest is not None else []
    return tuple(dict.fromkeys((*named, *(name for name in held.names if "@" in name))))


def _repository(name: str) -> str:
    path = name.partition("@")[0]
    head, colon, tag = path.rpartition(":")
    return head if colon and "/" not in tag else path


def _opener(held: Held, parts: Sequence[Part]) -> Callable[[], Image]:
    return lambda: open_image(held, parts)


def open_image(held: Held, parts: Sequence[Part]) -> Image:
    """An image with its layers; raises LayertuiError."""
    if held.problem is not None or held.config is None:
        unopenable(held.problem or DamagedError(f"{held.where} has no config."))()
    is_config_digest = held.image_id == Digest.of(held.raw_config)
    return complete(
        Naming(held.reference, held.tags, held.manifest_digest),
        held.raw_config,
        [stored(part, layer) for part, layer in held.layers(parts)],
        where=held.where,
        config=held.config,
        image_id=None if is_config_digest else held.image_id,
    )


def without_intermediates(images: Sequence[Held], used: set[str]) -> list[Held]:
    """The images that `podman images` lists: steps of a build that others go on from are left out.

    Such a step has no name, its history and its layers begin another image's, and no container is `used` to hold it.
    """
    begun = {step for held in images if held.config is not None for step in _steps(held.config)[:-1]}

    def is_intermediate(held: Held) -> bool:
        steps = _steps(held.config) if held.config is not None else []
        return not held.names and held.raw.id not in used and bool(steps) and steps[-1] in begun

    return [held for held in images if not is_intermediate(held)]


def _steps(config: ImageConfig) -> list[int]:
    """For each step of a history, a number that stands for it, all steps before it and their layers."""
    diff_ids = iter(config.rootfs.diff_ids)
    told = [(step, None if step.empty_layer else next(diff_ids, None)) for step in config.history]
    return list(accumulate(told, lambda before, step: hash((before, step)), initial=0))[1:]
