"""Images as plain data, and the bytes that they are made of."""

import bz2
import gzip
import hashlib
import json
import lzma
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.kit.entries import Entry, Layer, directory, file
from tests.kit.tar import tar_bytes

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

CREATED = "2024-01-02T03:04:05Z"
"""The time that every document says which is not given another."""

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"

_SUFFIX = {"plain": "", "gzip": "+gzip", "zstd": "+zstd", "xz": "+xz", "bzip2": "+bzip2"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSpec:
    """An image as its author would say it: layers base to top, and what its config holds."""

    layers: Sequence[Layer]
    tags: Sequence[str] = ("image:1",)
    dialect: str = "pax"
    history: Sequence[Mapping[str, Any]] | None = None
    """The config's history as it is written; None writes one `RUN step N` for each layer."""
    config: Mapping[str, Any] = field(default_factory=dict)
    """What stands under `config`: Env, Cmd, Labels, ..."""
    os: str = "linux"
    architecture: str = "amd64"
    variant: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Further keys of the config document; they replace what the builder would write."""


@dataclass(frozen=True, slots=True)
class BuiltLayer:
    """One layer as bytes."""

    tar: bytes
    blob: bytes
    """What is stored: the tar, or the tar compressed."""
    media_type: str

    @property
    def diff_id(self) -> str:
        """sha256 of the tar."""
        return digest(self.tar)

    @property
    def digest(self) -> str:
        """sha256 of what is stored."""
        return digest(self.blob)


@dataclass(frozen=True, slots=True)
class BuiltImage:
    """One image as bytes: its layers, config and OCI manifest."""

    spec: ImageSpec
    layers: tuple[BuiltLayer, ...]
    config: bytes
    manifest: bytes
    history: Sequence[Mapping[str, Any]]
    """As the config has it."""

    @property
    def image_id(self) -> str:
        """sha256 of the config."""
        return digest(self.config)


def digest(data: bytes) -> str:
    """`sha256:` and 64 hex digits."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def compress(data: bytes, how: str) -> bytes:
    """`data` as plain, gzip, zstd, xz or bzip2; the same bytes each time."""
    match how:
        case "plain":
            return data
        case "gzip":
            return gzip.compress(data, 6, mtime=0)
        case "zstd":
            return zstd.compress(data, 3)
        case "xz":
            return lzma.compress(data)
        case "bzip2":
            return bz2.compress(data)
    raise ValueError(f"no compression {how}")


def to_json(document: object) -> bytes:
    """Compact JSON with keys in the order given."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def descriptor(data: bytes, media_type: str, **more: Any) -> dict[str, Any]:
    """An OCI descriptor of `data`."""
    return {"mediaType": media_type, "digest": digest(data), "size": len(data), **more}


def build(spec: ImageSpec, compression: str | Sequence[str] = "plain") -> BuiltImage:
    """The bytes of an image; `compression` is for all layers, or one for each."""
    each = [compression] * len(spec.layers) if isinstance(compression, str) else compression
    layers = []
    for entries, how in zip(spec.layers, each, strict=True):
        tar = tar_bytes(entries, spec.dialect)
        layers.append(BuiltLayer(tar, compress(tar, how), OCI_LAYER + _SUFFIX[how]))
    history = spec.history
    if history is None:
        history = [{"created": CREATED, "created_by": f"RUN step {index}"} for index in range(len(layers))]
    config = {
        "created": CREATED,
        "architecture": spec.architecture,
        "os": spec.os,
        **({"variant": spec.variant} if spec.variant else {}),
        "config": dict(spec.config),
        "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]},
        "history": list(history),
        **spec.extra,
    }
    raw_config = to_json(config)
    manifest = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": descriptor(raw_config, OCI_CONFIG),
        "layers": [descriptor(layer.blob, layer.media_type) for layer in layers],
    }
    return BuiltImage(spec, tuple(layers), raw_config, to_json(manifest), history)


def outer_tar(files: Mapping[str, bytes | Entry]) -> bytes:
    """An archive of these files in this order, with the directories that they stand in."""
    entries: list[Entry] = []
    seen: set[str] = set()
    for name, content in files.items():
        parts = name.split("/")[:-1]
        for depth in range(1, len(parts) + 1):
            parent = "/".join(parts[:depth])
            if parent not in seen:
                seen.add(parent)
                entries.append(directory(parent))
        entries.append(content if isinstance(content, Entry) else file(name, content))
    return tar_bytes(entries, "pax")
