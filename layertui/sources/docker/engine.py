"""An engine's images and containers, through its API; their layers by the quickest honest way."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from layertui.errors import DamagedError, LayertuiError, NotFoundError
from layertui.image.digest import ChainID, DiffID, Digest
from layertui.image.image import Container, Image, Naming, StoredLayer, complete, with_container
from layertui.sources.base import ImageEntry, Record, broken, container_entry, short_reference
from layertui.sources.docker.answers import (
    CONTAINER_ID,
    ContainerDetails,
    ContainerSummary,
    ImageSummary,
    Info,
    image_id_of,
    is_running,
    moment_of,
    name_of,
    status_of,
)
from layertui.sources.docker.changes import ChangedLayer
from layertui.sources.docker.client import Client
from layertui.sources.docker.described import describe
from layertui.sources.docker.endpoint import DOCKER, Endpoint, Flavour
from layertui.sources.docker.export import ExportedImage, ExportedLayer
from layertui.sources.docker.ondisk import Disk, NoDisk, disk_of
from layertui.sources.place import ENGINE_TIMEOUT_S

_NO_NAME = "<none>:<none>"
"""How older engines list an image without a tag."""

_TAR = "application/vnd.oci.image.layer.v1.tar"
"""The media type of a layer that is not stored as a blob."""


def open_engine(
    endpoint: Endpoint, flavour: Flavour = DOCKER, *, use_disk: bool = True, timeout_s: float = ENGINE_TIMEOUT_S
) -> "EngineSource":
    """Connect to an engine and list what it holds; raises LayertuiError with what was tried and what to do next.

    `use_disk` False reads everything through the API, as on a host where this process may not read the engine's files.
    """
    client = Client.connect(endpoint, flavour, timeout_s)
    images = client.get("/images/json", list[ImageSummary], "the list of images")
    warnings: list[str] = []
    containers: list[ContainerSummary] = []
    try:
        # Sizes of containers are not asked for: the engine would walk every writable layer.
        containers = client.get("/containers/json", list[ContainerSummary], "the list of containers", {"all": "1"})
    except LayertuiError as problem:
        warnings.append(f"containers are not listed: {problem.message}")
    disk: Disk = NoDisk()
    driver = ""
    if use_disk and endpoint.socket is not None:
        try:
            info = client.get("/info", Info, "its settings")
            disk, driver = disk_of(info, flavour), info.driver or ""
        except LayertuiError as problem:
            warnings.append(f"its files are not looked for: {problem.message}")
    facts = (("version", client.version), ("storage driver", driver), ("layers read by", disk.method))
    known = tuple((name, value) for name, value in facts if value)
    return EngineSource(client, disk, images, containers, tuple(warnings), known)


class EngineSource:
    """What an engine holds: images in its own order, each followed by its containers."""

    def __init__(
        self,
        client: Client,
        disk: Disk,
        images: Sequence[ImageSummary],
        containers: Sequence[ContainerSummary],
        warnings: tuple[str, ...] = (),
        facts: tuple[tuple[str, str], ...] = (),
    ) -> None:
        """`images` and `containers` as the engine listed them; `disk` is where its layers can be read from files."""
        self.scheme = client.flavour.scheme
        """What stands before the colon in a reference to it."""
        self.label = client.who
        """What messages call it."""
        self.warnings = warnings
        """What is odd about it as a whole."""
        self.problems: tuple[LayertuiError, ...] = ()
        """None: an engine lists all that it has, or does not answer."""
        self.facts = facts
        """What it tells about itself, as names and values."""
        self._client, self._disk = client, disk
        image_ids = (image_id_of(summary.id) for summary in images)
        self._layers = dict(disk.layers([image_id for image_id in image_ids if image_id is not None]))
        self._names: dict[Digest, str] = {}
        self._entries = tuple(self._listed(images, containers))

    def entries(self) -> tuple[ImageEntry, ...]:
        """Images in the engine's order, each followed by its containers; those whose image is gone come last."""
        return self._entries

    def with_layers(self, tick: Callable[[int], None] | None = None) -> tuple[ImageEntry, ...]:
        """The entries with chain IDs and sizes of all layers in their records: what tells which images share what.

        The list has them at once where the engine's books can be read. Otherwise every image takes two questions to
        the engine, which is why they are not asked before somebody wants to know. `tick` is called with the number of
        images that are done, and may raise Cancelled. An image that cannot be described keeps its record as it is.
        """
        for done, entry in enumerate(self._entries):
            if tick is not None:
                tick(done)
            record = entry.record
            if entry.kind != "image" or record is None or record.image_id is None or record.layers:
                continue
            try:
                described = describe(self._client, record.image_id, entry.reference)
            except LayertuiError:
                continue  # said when the image is opened
            diff_ids = described.config.rootfs.diff_ids
            chain = ChainID.chain(diff_ids) if diff_ids else ()
            self._layers[record.image_id] = tuple(zip(chain, described.layer_bytes, strict=True))
        self._entries = tuple(self._with_record(entry) for entry in self._entries)
        return self._entries

    def _with_record(self, entry: ImageEntry) -> ImageEntry:
        if entry.record is None or entry.record.image_id not in self._layers:
            return entry
        return replace(entry, record=replace(entry.record, layers=self._layers[entry.record.image_id]))

    def _listed(self, images: Sequence[ImageSummary], containers: Sequence[ContainerSummary]) -> list[ImageEntry]:
        entries: list[ImageEntry] = []
        waiting = sorted(containers, key=lambda container: -(container.created or 0))
        for summary in images:
            entry = self._image_entry(summary)
            entries.append(entry)
            image_id = entry.record.image_id if entry.record is not None else None
            own = [one for one in waiting if image_id is not None and image_id_of(one.image_i_d) == image_id]
            entries += [self._container_entry(one, image_id) for one in own]
            waiting = [one for one in waiting if one not in own]
        return entries + [self._container_entry(one, image_id_of(one.image_i_d)) for one in waiting]

    def _image_entry(self, summary: ImageSummary) -> ImageEntry:
        tags = tuple(tag for tag in summary.repo_tags or () if tag and tag != _NO_NAME)
        image_id = image_id_of(summary.id)
        if image_id is None:
            problem = DamagedError(f"{self.label} lists an image with the ID '{summary.id[:80]}', which is none.")
            return broken(problem, tags[0] if tags else "unnamed", tags)
        reference = tags[0] if tags else short_reference(image_id)
        self._names[image_id] = reference
        record = Record(
            image_id=image_id,
            created=moment_of(summary.created),
            size_bytes=summary.size,
            layers=self._layers.get(image_id, ()),
            repo_digests=tuple(name for name in summary.repo_digests or () if not name.startswith("<none>@")),
            labels={name: text or "" for name, text in (summary.labels or {}).items()},
        )
        naming = Naming(reference, tags)
        return ImageEntry(
            reference, tags, "image", None, image_id, None, lambda: self._open_image(image_id, naming), record
        )

    def _container_entry(self, summary: ContainerSummary, image_id: Digest | None) -> ImageEntry:
        name = name_of(summary.names)
        reference = name or summary.id[:12]
        tags = (name,) if name else ()
        if not CONTAINER_ID.fullmatch(summary.id):
            problem = DamagedError(f"{self.label} lists a container with the ID '{summary.id[:80]}', which is none.")
            return broken(problem, reference, tags)
        container = Container(
            container_id=summary.id,
            name=name,
            status=status_of(summary.state, summary.status),
            running=is_running(summary.state),
            created=moment_of(summary.created),
            image_id=image_id,
            engine_files=self._client.flavour.engine_files,
        )
        return container_entry(container, lambda: self._open_container(container, reference), reference)

    def _open_image(self, image_id: Digest, naming: Naming) -> Image:
        if (kept := self._disk.image(image_id, naming)) is not None:
            return kept
        described = describe(self._client, image_id, naming.reference)
        diff_ids = described.config.rootfs.diff_ids
        export = ExportedImage(self._client, image_id, naming.reference, diff_ids, described.size_bytes)
        sizes = described.layer_bytes
        layers = [self._exported(export, *layer, naming) for layer in enumerate(zip(diff_ids, sizes, strict=True))]
        return complete(
            naming,
            described.raw_config,
            layers,
            where=f"{self.label}: {naming.reference}",
            config=described.config,
            image_id=image_id,
        )

    def _exported(
        self, export: ExportedImage, index: int, layer: tuple[DiffID, int | None], naming: Naming
    ) -> StoredLayer:
        diff_id, size_bytes = layer
        label = f"{self.label}: {naming.reference}, layer {index}"
        return StoredLayer(ExportedLayer(export, diff_id, label, size_bytes), _TAR, False, size_bytes)

    def _open_container(self, container: Container, reference: str) -> Image:
        details = self._client.get(
            f"/containers/{container.container_id}/json", ContainerDetails, f"the container {reference}"
        )
        state = details.state
        if state is not None and state.status:
            exited = state.status == "exited" and state.exit_code is not None
            status = f"exited ({state.exit_code})" if exited else state.status
            container = replace(container, status=status, running=state.running)
        image_id = image_id_of(details.image) or container.image_id
        container = replace(container, image_id=image_id)
        image, gone = self._image_below(image_id, reference)
        if (kept := self._disk.container(container, image, reference)) is not None:
            return kept
        if image is None:
            raise gone
        label = f"{self.label}: {reference}, writable layer"
        changed = ChangedLayer(self._client, container.container_id, label, reference)
        return with_container(image, container, StoredLayer(changed, _TAR, False, None), reference=reference)

    def _image_below(self, image_id: Digest | None, reference: str) -> tuple[Image | None, LayertuiError]:
        """The image that a container stands on; None where it is gone, and the sentence for that."""
        gone = NotFoundError(
            f"{self.label}: {reference} stands on an image that was removed, so its layers are unknown.",
            f"Make an image of it first: docker commit {reference} NAME",
        )
        if image_id is None:
            return None, gone
        name = self._names.get(image_id)
        naming = Naming(name or short_reference(image_id), (name,) if name else ())
        try:
            return self._open_image(image_id, naming), gone
        except NotFoundError:
            return None, gone
