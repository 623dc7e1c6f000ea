"""What containerd keeps in its database: images, containers and snapshots by namespace (metadata/buckets.go)."""

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from layertui.image.blob import FileBlob
from layertui.layer.beneath import Beneath
from layertui.sources.containerd.bolt import Bucket, read_bolt
from layertui.sources.containerd.finding import META_DB

_VERSION = b"v1"
"""The bucket of all namespaces; it is also the name of the schema."""

_BARE_DIGEST = re.compile(r"sha(?:256|512):[0-9a-f]+")
_LONG_ID = re.compile(r"[0-9a-f]{64}")

_GO_TIME = struct.Struct(">BqI")
"""Go's time.MarshalBinary: version, seconds since year 1 in UTC, nanoseconds; an offset follows that only matters for
printing."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a name of an image points to; nothing of it is checked yet."""

    digest: str
    """Of a manifest or an index."""
    media_type: str
    """As recorded."""
    size_bytes: int
    """Of the manifest or the index itself."""


@dataclass(frozen=True, slots=True)
class NamedImage:
    """One name of an image."""

    name: str
    """Full, such as `docker.io/library/nginx:1`; CRI also names an image by `sha256:...` and `NAME@sha256:...`."""
    target: Target
    """What it points to."""

    @property
    def tagged(self) -> bool:
        """Whether it is a name with a tag: CRI keeps the config's digest and `NAME@sha256:...` as names too."""
        return "@" not in self.name and not _BARE_DIGEST.fullmatch(self.name)

    @property
    def digested(self) -> bool:
        """Whether it is a name with a digest; Docker keeps what has no name under `moby-dangling@sha256:...`."""
        return "@" in self.name and not self.name.startswith("moby-dangling@")


@dataclass(frozen=True, slots=True)
class ContainerRow:
    """What the database says of a container. Its process is not in there."""

    container_id: str
    """Any name; 64 hexadecimal digits where CRI, nerdctl or Docker made it."""
    image: str
    """Name of its image at the time when it was made; the name may mean another one now."""
    snapshotter: str
    """What keeps its files, such as `overlayfs`; empty where containerd does not."""
    snapshot_key: str
    """Its writable snapshot."""
    created: str | None
    """In ISO 8601, UTC; None where unknown."""
    labels: Mapping[str, str]
    """Among them the names that nerdctl and Kubernetes give it."""

    @property
    def name(self) -> str:
        """What its owner calls it, of Kubernetes `POD/CONTAINER`; empty where it has only an ID of digits."""
        if name := self.labels.get("nerdctl/name"):
            return name
        # A pod's own container, its sandbox, has no second part.
        parts = (self.labels.get("io.kubernetes.pod.name"), self.labels.get("io.kubernetes.container.name"))
        given = "" if _LONG_ID.fullmatch(self.container_id) else self.container_id
        return "/".join(filter(None, parts)) or given


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the database says of a snapshot."""

    backend_name: str
    """How the snapshotter calls it: `NAMESPACE/NUMBER/KEY`."""
    parent: str
    """Key of the snapshot below; empty at the base. A key is a chain ID where it stands for an image's layers."""


@dataclass(frozen=True, slots=True)
class Namespace:
    """What one namespace holds."""

    name: str
    """Such as `default`, `k8s.io` or `moby`."""
    images: tuple[NamedImage, ...]
    """In order of their names, as `ctr image ls` prints them."""
    containers: tuple[ContainerRow, ...]
    """In order of their IDs."""


def read_namespaces(root: Path, label: str) -> tuple[Namespace, ...]:
    """Images and containers of every namespace, in order of their names; raises LayertuiError."""

    def read(database: Bucket) -> tuple[Namespace, ...]:
        top = database.bucket(_VERSION)
        return tuple(_namespace(name, bucket) for name, bucket in top.buckets()) if top is not None else ()

    return read_bolt(_database(root, META_DB, f"{label}: meta.db"), read)


def _namespace(name: bytes, bucket: Bucket) -> Namespace:
    images, containers = bucket.bucket(b"images"), bucket.bucket(b"containers")
    return Namespace(
        _text(name),
        tuple(_image(key, held) for key, held in images.buckets()) if images is not None else (),
        tuple(_container(key, held) for key, held in containers.buckets()) if containers is not None else (),
    )


def _image(name: bytes, bucket: Bucket) -> NamedImage:
    held = bucket.bucket(b"target")
    digest, media_type, size = (
        held.value(key) if held is not None else b"" for key in (b"digest", b"mediatype", b"size")
    )
    return NamedImage(_text(name), Target(_text(digest), _text(media_type), varint(size)))


def _container(container_id: bytes, bucket: Bucket) -> ContainerRow:
    labels = bucket.bucket(b"labels")
    return ContainerRow(
        container_id=_text(container_id),
        image=_text(bucket.value(b"image")),
        snapshotter=_text(bucket.value(b"snapshotter")),
        snapshot_key=_text(bucket.value(b"snapshotKey")),
        created=go_time(bucket.value(b"createdat")),
        labels={_text(key): _text(value) for key, value in labels.items() if isinstance(value, bytes)}
        if labels is not None
        else {},
    )


def read_snapshots(root: Path, namespace: str, label: str) -> dict[str, dict[str, Snapshot]]:
    """All snapshots of a namespace: by the snapshotter that has them, then by key; raises LayertuiError."""

    def read(database: Bucket) -> dict[str, dict[str, Snapshot]]:
        held = database.bucket(_VERSION, namespace.encode(), b"snapshots")
        return {
            _text(snapshotter): {
                _text(key): Snapshot(_text(bucket.value(b"name")), _text(bucket.value(b"parent")))
                for key, bucket in snapshots.buckets()
            }
            for snapshotter, snapshots in (held.buckets() if held is not None else ())
        }

    return read_bolt(_database(root, META_DB, f"{label}: meta.db"), read)


def read_numbers(root: Path, name: str, label: str) -> dict[str, int]:
    """A snapshotter's own database, by its path below the root: the number of each snapshot's directory by its name
    there (storage/bolt.go)."""

    def read(top: Bucket) -> dict[str, int]:
        held = top.bucket(_VERSION, b"snapshots")
        return {
            _text(key): uvarint(bucket.value(b"id")) for key, bucket in (held.buckets() if held is not None else ())
        }

    return read_bolt(_database(root, name, label), read)


def _database(root: Path, name: str, label: str) -> FileBlob:
    """A file below containerd's root, reached through no symlink; raises LayertuiError."""
    return Beneath.open(root, label).blob(name.encode(), label)


def uvarint(data: bytes) -> int:
    """Go's binary.Uvarint: seven bits a byte, the lowest first; 0 where there is none, as there."""
    result = 0
    for position, byte in enumerate(data[:10]):
        result |= (byte & 0x7F) << 7 * position
        if byte < 0x80:
            return result
    return 0


def varint(data: bytes) -> int:
    """Go's binary.Varint: the sign is the lowest bit."""
    raw = uvarint(data)
    return ~(raw >> 1) if raw & 1 else raw >> 1


def go_time(data: bytes) -> str | None:
    """A time in ISO 8601, UTC; None where there is none, and for Go's zero time, the first moment of year 1."""
    if len(data) < _GO_TIME.size or data[0] not in (1, 2):
        return None
    _, seconds, nanoseconds = _GO_TIME.unpack_from(data)
    if seconds == 0:
        return None
    try:
        when = datetime(1, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    except OverflowError:
        return None
    fraction = f".{nanoseconds:09}".rstrip("0").rstrip(".") if nanoseconds < 10**9 else ""
    return f"{when.replace(tzinfo=None).isoformat()}{fraction}Z"


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
