"""What a content store lists: the images of every namespace, and their containers."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from layertui.errors import LayertuiError
from layertui.image.config import moment, parse_config
from layertui.image.digest import ChainID, DiffID, Digest
from layertui.image.image import Container, Image
from layertui.image.manifest import Descriptor, Manifest, parse_document
from layertui.image.verify import read_document
from layertui.sources.base import ImageEntry, Listing, Record, broken, container_entry
from layertui.sources.containerd.finding import SCHEME
from layertui.sources.containerd.metadata import ContainerRow, NamedImage, Namespace, Target, read_namespaces
from layertui.sources.containerd.store import ContentStore, NamespaceStore
from layertui.sources.oci import Found, open_blob


def list_store(store: ContentStore, own: str = "default") -> Listing:
    """Everything that the store holds, namespace by namespace; the names of `own` stand alone, and come first.

    Raises LayertuiError where the database cannot be read; what is damaged in an image makes a broken entry.
    """
    namespaces = sorted(read_namespaces(store.root, store.label), key=lambda namespace: namespace.name != own)
    entries = [entry for namespace in namespaces for entry in _Lister(store, namespace, own).entries()]
    names = ", ".join(namespace.name for namespace in namespaces)
    facts = (("namespaces", names or "none"), ("layers read by", "the content store, else its snapshots"))
    return Listing(SCHEME, store.label, tuple(entries), facts=facts)


@dataclass(slots=True)
class _Listed:
    """An entry with what its containers are found by."""

    entry: ImageEntry
    names: frozenset[str]
    """Every name that the namespace has for it."""
    containers: list[ImageEntry] = field(default_factory=list)

    @property
    def top(self) -> str:
        """Chain ID of the top layer; empty where there is none, or none is known."""
        record = self.entry.record
        return record.layers[-1][0] if record is not None and record.layers else ""


class _Lister:
    """One namespace's part of the list."""

    def __init__(self, store: ContentStore, namespace: Namespace, own: str) -> None:
        self._namespace = namespace
        self._prefix = "" if namespace.name == own else f"{namespace.name}/"
        self._held = NamespaceStore(store, namespace.name)

    def entries(self) -> list[ImageEntry]:
        """Images in the order of their first names, each with its containers, then containers without an image."""
        called: dict[Target, list[NamedImage]] = {}
        for image in self._namespace.images:
            called.setdefault(image.target, []).append(image)
        listed = [one for target, images in called.items() for one in self._images(target, images)]
        orphans = self._containers(listed)
        found = [entry for one in listed for entry in (one.entry, *one.containers)] + orphans
        return [replace(entry, namespace=self._namespace.name) for entry in found]

    def _images(self, target: Target, images: Sequence[NamedImage]) -> list[_Listed]:
        names = frozenset(image.name for image in images)
        tags = [self._prefix + image.name for image in images if image.tagged]
        try:
            descriptor = Descriptor(target.media_type, Digest.parse(target.digest), target.size_bytes)
            found = self._held.look(descriptor, tags)
        except LayertuiError as problem:
            return [_Listed(broken(problem, tags[0] if tags else images[0].name, tags), names)]
        digests = tuple(image.name for image in images if image.digested)
        return [_Listed(replace(entry, record=self._record(one, descriptor, digests)), names) for one, entry in found]

    def _record(self, found: Found, target: Descriptor, digests: tuple[str, ...]) -> Record | None:
        """What `ctr image ls` shows, and the config; None for what is no image.

        Sizes are of its documents and of its layers as fetched, as there.
        """
        if found.kind != "image":
            return None
        store, where = self._held.store, f"{self._held.store.label}: {found.descriptor.digest.short}"
        try:
            data = read_document(open_blob(store, found.descriptor), digest=found.descriptor.digest)
            manifest = parse_document(data, where)
            if not isinstance(manifest, Manifest) or manifest.config is None:
                return None
            raw_config = read_document(open_blob(store, manifest.config), digest=manifest.config.digest)
            config = parse_config(raw_config, f"{where}: config")
        except LayertuiError:
            return None  # it was removed just now; opening it says so
        described = [found.descriptor, manifest.config, *manifest.layers]
        if target.digest != found.descriptor.digest:
            described.append(target)
        diff_ids = config.rootfs.diff_ids
        return Record(
            image_id=manifest.config.digest,
            created=moment(config.created),
            size_bytes=sum(one.size_bytes for one in described),
            layers=_sizes(diff_ids, manifest),
            repo_digests=digests,
            labels=config.config.labels,
        )

    def _containers(self, listed: Sequence[_Listed]) -> list[ImageEntry]:
        """Put each container with its image; returns those whose image is not there. Newest first."""
        orphans = []
        snapshots, homes = self._held.snapshots(), _Homes(listed)
        kept = [row for row in self._namespace.containers if row.snapshot_key]  # Docker's own have none here
        for row in sorted(kept, key=lambda row: (row.created or "").rstrip("Z"), reverse=True):
            try:
                below = snapshots.below(row.snapshot_key, row.snapshotter)
            except LayertuiError as problem:
                orphans.append(broken(problem, self._reference(row)))
                continue
            home = homes.of(row, below)
            entry = self._container(row, home.entry if home is not None else None)
            (orphans if home is None else home.containers).append(entry)
        return orphans

    def _reference(self, row: ContainerRow) -> str:
        return self._prefix + (row.name or row.container_id[:12])

    def _container(self, row: ContainerRow, image: ImageEntry | None) -> ImageEntry:
        reference = self._reference(row)
        image_id = image.record.image_id if image is not None and image.record is not None else None
        container = Container(row.container_id, row.name, "", None, row.created, image_id)

        def open_container() -> Image:
            return self._held.container(
                container,
                image.open() if image is not None else None,
                reference,
                snapshot_key=row.snapshot_key,
                snapshotter=row.snapshotter,
            )

        platform = image.platform if image is not None else None
        return container_entry(container, open_container, reference, (reference,), platform=platform)


def _sizes(diff_ids: Sequence[DiffID], manifest: Manifest) -> tuple[tuple[ChainID, int | None], ...]:
    """Chain IDs, base to top, with the sizes of the layers' blobs."""
    if not diff_ids:
        return ()
    known = len(diff_ids) == len(manifest.layers)
    sizes = [layer.size_bytes for layer in manifest.layers] if known else [None] * len(diff_ids)
    return tuple(zip(ChainID.chain(diff_ids), sizes, strict=True))


class _Homes:
    """Which image a container stands on: told by its snapshots, since a name may have been moved meanwhile."""

    def __init__(self, listed: Sequence[_Listed]) -> None:
        self._named: dict[str, dict[str, _Listed]] = {}
        self._topped: dict[str, _Listed] = {}
        for one in listed:
            if one.entry.kind == "image":
                self._topped.setdefault(one.top, one)
                for name in one.names:
                    self._named.setdefault(name, {}).setdefault(one.top, one)

    def of(self, row: ContainerRow, below: Sequence[str]) -> _Listed | None:
        """The image whose top layer is nearest below a container's snapshot, one of its image's name first."""
        named = self._named.get(row.image, {})
        for key in below:
            if found := named.get(key) or self._topped.get(key):
                return found
        return next(iter(named.values()), None) if not below else None
