"""Images and their layers, and what completes one from the little that a source knows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from layertui.errors import DamagedError, LayertuiError
from layertui.image.blob import Content
from layertui.image.bounds import LAYERS, MANY_LAYERS
from layertui.image.config import ImageConfig, parse_config
from layertui.image.digest import ChainID, DiffID, Digest
from layertui.image.history import Step as Step  # part of this module's face
from layertui.image.history import line_up
from layertui.image.platform import Platform


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of an image, before anything of its content is read."""

    index: int
    """Its number; 0 is the base."""
    diff_id: DiffID | None
    """Of its uncompressed tar; None where the image does not tell."""
    chain_id: ChainID | None
    """Of it on top of all below; None where a diff ID is unknown."""
    digest: Digest | None
    """Of the blob as stored; None where the source does not tell."""
    media_type: str
    """Of the blob as stored."""
    compressed_bytes: int | None
    """Size of the stored blob when it is compressed, else None."""
    stored_bytes: int | None
    """Size of the stored blob; None where unknown."""
    command: str | None
    """What made it, for reading; None where unknown. Not made safe for a terminal."""
    created: str | None
    """When, in ISO 8601; None where unknown."""
    content: Content | None
    """Its tar as stored, or its files; None where `problem` says why it cannot be read."""
    problem: LayertuiError | None
    """Why there is no content."""
    writable: bool = False
    """Whether it is the writable layer of a container."""


@dataclass(frozen=True, slots=True)
class Container:
    """What an engine says about a container."""

    container_id: str
    """64 hexadecimal digits in Docker and Podman; any name in containerd."""
    name: str
    """Without the leading slash; empty where it has none. Not made safe for a terminal."""
    status: str
    """As the engine words it, such as `running` or `exited (0)`; empty where unknown."""
    running: bool | None
    """None where unknown."""
    created: str | None
    """In ISO 8601; None where unknown."""
    image_id: Digest | None
    """Of the image that it was made from; None where unknown."""
    engine_files: tuple[bytes, ...] = ()
    """Paths that the engine put over the image for this container (Docker's init layer); they are in no layer."""


@dataclass(frozen=True, slots=True)
class Image:
    """A stack of layers and how a container starts on it."""

    reference: str
    """What the person could type to mean it."""
    tags: tuple[str, ...]
    """All names it has in its source."""
    image_id: Digest
    """Digest of its config, as Docker shows it."""
    manifest_digest: Digest | None
    """Of its manifest; None where the source has none."""
    platform: Platform
    """What it is built for."""
    config: ImageConfig
    """How a container starts, and the history."""
    raw_config: bytes
    """The config as stored."""
    layers: tuple[Layer, ...]
    """Base to top."""
    steps: tuple[Step, ...]
    """The history as recorded, base to top."""
    warnings: tuple[str, ...]
    """What is odd about it, a sentence each; not made safe for a terminal."""
    container: Container | None = None
    """The container whose writable layer is the top one; None of a mere image."""


@dataclass(frozen=True, slots=True)
class StoredLayer:
    """What a source knows about one layer."""

    content: Content | None
    """Its tar as stored or its files, or None with a `problem`."""
    media_type: str
    """As recorded, or as its first bytes tell."""
    compressed: bool
    """Whether the blob is compressed."""
    stored_bytes: int | None
    """Size of the blob, or what its descriptor promises when it is not there."""
    digest: Digest | None = None
    """Of the blob, where the source records one."""
    problem: LayertuiError | None = None
    """Why there is no content."""
    warning: str = ""
    """What is odd about it, as a clause behind `layer N`."""


@dataclass(frozen=True, slots=True)
class Naming:
    """How an image is called where it was found."""

    reference: str
    """What the person could type to mean it."""
    tags: tuple[str, ...] = ()
    """All its names."""
    manifest_digest: Digest | None = None
    """Of its manifest, where there is one."""
    platform: Platform | None = None
    """What an index says that it is built for."""


def complete(
    naming: Naming,
    raw_config: bytes,
    layers: Sequence[StoredLayer],
    *,
    where: str,
    config: ImageConfig | None = None,
    image_id: Digest | None = None,
    warnings: Sequence[str] = (),
) -> Image:
    """Make an image of its config and its layers (base to top), as far as a source has them.

    `where` names the image in errors. `config` and `image_id` are for sources without an OCI config: they replace
    what is read from `raw_config`. `warnings` come first in the image's own.

    Raises DamagedError when the config cannot be read, when it has more layers than are stored (their numbers would
    be wrong), or when there are more layers than the bound.
    """
    if config is None:
        config = parse_config(raw_config, f"{where}: config")
    if len(layers) > LAYERS.value:
        raise LAYERS.exceeded(f"{where} has {len(layers):,} layers and")
    diff_ids = config.rootfs.diff_ids
    if len(diff_ids) > len(layers):
        raise DamagedError(
            f"{where}: its config names {len(diff_ids)} layers, its manifest only {len(layers)}.",
            "It was not saved completely. Save or fetch it again.",
        )
    found = list(warnings)
    if len(layers) > MANY_LAYERS:
        found.append(f"{len(layers)} layers: engines refuse an image with more than {MANY_LAYERS}.")
    matched = len(diff_ids) == len(layers)
    if not matched and diff_ids:
        found.append(f"the config names {len(diff_ids)} layers, the manifest {len(layers)}: diff IDs are unknown.")
    elif not matched and image_id is None:
        found.append("the config names no layers: diff IDs are unknown, and the layers cannot be verified by them.")
    steps, problem = line_up(config.history, len(layers))
    if problem:
        found.append(problem + ".")
    platform = _platform(config, naming.platform, found)
    found.extend(f"layer {index}: {layer.warning}" for index, layer in enumerate(layers) if layer.warning)
    return Image(
        reference=naming.reference,
        tags=naming.tags,
        image_id=image_id or Digest.of(raw_config),
        manifest_digest=naming.manifest_digest,
        platform=platform,
        config=config,
        raw_config=raw_config,
        layers=_layers(layers, diff_ids if matched else (), steps),
        steps=steps,
        warnings=tuple(found),
    )


def _layers(stored: Sequence[StoredLayer], diff_ids: Sequence[DiffID], steps: Sequence[Step]) -> tuple[Layer, ...]:
    chain_ids = ChainID.chain(diff_ids) if diff_ids else ()
    by_layer = {step.layer: step for step in steps if step.layer is not None}
    layers = []
    for index, layer in enumerate(stored):
        step = by_layer.get(index)
        layers.append(
            Layer(
                index=index,
                diff_id=diff_ids[index] if diff_ids else None,
                chain_id=chain_ids[index] if chain_ids else None,
                digest=layer.digest,
                media_type=layer.media_type,
                compressed_bytes=layer.stored_bytes if layer.compressed else None,
                stored_bytes=layer.stored_bytes,
                command=(step.command or None) if step else None,
                created=step.created if step else None,
                content=layer.content,
                problem=_numbered(layer.problem, index),
            )
        )
    return tuple(layers)


def _numbered(problem: LayertuiError | None, index: int) -> LayertuiError | None:
    return type(problem)(f"layer {index}: {problem.message}", problem.hint) if problem is not None else None


def with_container(image: Image, container: Container, writable: StoredLayer, *, reference: str) -> Image:
    """The stack that a container sees: its image's layers, and its writable layer on top."""
    number = len(image.layers)
    layer = Layer(
        index=number,
        diff_id=None,
        chain_id=None,
        digest=None,
        media_type=writable.media_type,
        compressed_bytes=None,
        stored_bytes=writable.stored_bytes,
        command=f"writable layer of {container.name or container.container_id[:12]}",
        created=container.created,
        content=writable.content,
        problem=_numbered(writable.problem, number),
        writable=True,
    )
    warnings = [*image.warnings, *([f"layer {number}: {writable.warning}"] if writable.warning else [])]
    return replace(
        image,
        reference=reference,
        layers=(*image.layers, layer),
        steps=(*image.steps, Step(layer.command or "", container.created, number)),
        warnings=tuple(warnings),
        container=container,
    )


def platform_of(config: ImageConfig) -> Platform:
    """What a config says that its image is built for."""
    return Platform(config.os, config.architecture, config.variant, config.os_version)


def _platform(config: ImageConfig, promised: Platform | None, warnings: list[str]) -> Platform:
    """The config's platform, since it belongs to the content, completed by what the index says."""
    own = platform_of(config)
    if promised is None or not promised.known:
        return own
    if not own.known:
        return promised
    if (own.os, own.architecture) != (promised.os, promised.architecture):
        warnings.append(f"the index says {promised.text}, the config {own.text}; the config is believed.")
        return own
    return replace(own, variant=own.variant or promised.variant, os_version=own.os_version or promised.os_version)
