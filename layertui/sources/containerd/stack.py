"""Containers of containerd: an image's layers, and the snapshots above them."""

from dataclasses import replace

from layertui.errors import DamagedError, LayertuiError, as_damage
from layertui.image.config import ImageConfig, Rootfs, RunConfig
from layertui.image.digest import ChainID, Digest
from layertui.image.image import Container, Image, Layer, Naming, Step, StoredLayer, complete, with_container
from layertui.layer.columns import Kind
from layertui.layer.read import read_layer
from layertui.sources.containerd.snapshots import Snapshots

_UNKNOWN = ImageConfig("", "", "", "", None, "", RunConfig(), Rootfs(()), ())
"""Of a container whose image is gone."""

_MEDIA_TYPE = "application/vnd.oci.image.layer.v1.tar"
"""What a snapshot would be packed as."""

_GONE = "its image is no longer in the store: the layers are the snapshots that it keeps, what made them is unknown."


def stack_container(
    snapshots: Snapshots, container: Container, image: Image | None, reference: str, key: str, snapshotter: str
) -> Image:
    """Put a container's snapshots on its image: those between (`nerdctl --userns-remap` makes one), and its own.

    An image that is not what the container stands on, since its name was moved, is left out. Docker's init snapshot
    is shown apart, as the engine's files. Raises LayertuiError where the databases cannot be read.
    """
    below = snapshots.below(key, snapshotter)
    top = image.layers[-1].chain_id if image is not None and image.layers else None
    if image is None or (below and top not in below):
        where = f"the container {reference}"
        image_id = container.image_id or Digest.of(b"")
        result = complete(Naming(reference), b"", [], where=where, config=_UNKNOWN, image_id=image_id)
        result, between = replace(result, warnings=(_GONE,)), below
    else:
        result, between = image, below[: below.index(top)] if top in below else []
    for lower in reversed(between):
        if lower == f"{container.container_id}-init":  # moby, daemon/containerd/image_snapshot.go
            container = replace(container, engine_files=_files(snapshots, lower, snapshotter))
        else:
            result = _with_snapshot(result, lower, stored_snapshot(snapshots, lower, snapshotter))
    return with_container(result, container, stored_snapshot(snapshots, key, snapshotter), reference=reference)


def stored_snapshot(snapshots: Snapshots, key: str, snapshotter: str) -> StoredLayer:
    """A snapshot as a layer, or why it cannot be one."""
    try:
        content = snapshots.content(key, snapshotter)
        if content is not None:
            return StoredLayer(content, _MEDIA_TYPE, False, None)
        problem: LayertuiError = DamagedError(
            f"the snapshotter {snapshotter} has no snapshot {key}.", "It was removed, perhaps just now."
        )
    except LayertuiError as said:
        problem = as_damage(said)
    return StoredLayer(None, _MEDIA_TYPE, False, None, problem=problem)


def _with_snapshot(image: Image, key: str, stored: StoredLayer) -> Image:
    number = len(image.layers)
    try:
        chain_id = ChainID.parse(key)
    except DamagedError:
        chain_id = None
    problem = stored.problem
    layer = Layer(
        index=number,
        diff_id=None,
        chain_id=chain_id,
        digest=None,
        media_type=stored.media_type,
        compressed_bytes=None,
        stored_bytes=None,
        command=f"snapshot {key}",
        created=None,
        content=stored.content,
        problem=type(problem)(f"layer {number}: {problem.message}", problem.hint) if problem is not None else None,
    )
    step = Step(f"snapshot {key}", None, number)
    return replace(image, layers=(*image.layers, layer), steps=(*image.steps, step))


def _files(snapshots: Snapshots, key: str, snapshotter: str) -> tuple[bytes, ...]:
    """Paths of all that is no directory in a snapshot; nothing where it cannot be read, which hides no layer."""
    try:
        content = snapshots.content(key, snapshotter)
        entries = read_layer(content).entries() if content is not None else iter(())
        return tuple(sorted(entry.path for entry in entries if entry.kind is not Kind.DIRECTORY))
    except LayertuiError:
        return ()
