"""Write an image whose layer tars lie in files: as a docker-archive, and as an OCI layout with gzip layers."""

import hashlib
import io
import json
import os
import shutil
import tarfile
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

CREATED = "2025-01-01T00:00:00Z"
"""A fixed time, so that the same layers give the same image."""

CHUNK_BYTES = 1 << 20
"""How much is read at a time."""

GZIP_LEVEL = 6
"""What Docker and gzip(1) use when nothing is asked for."""


def to_json(document: object) -> bytes:
    """A document as stable bytes."""
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def sha256_of(path: Path) -> str:
    """The hex digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def config_of(diff_ids: Sequence[str], commands: Sequence[str]) -> bytes:
    """The image config of these layers, base to top; one history step makes each layer."""
    return to_json(
        {
            "architecture": "amd64",
            "os": "linux",
            "created": CREATED,
            "config": {"Cmd": ["python3"], "Env": ["PATH=/usr/local/bin:/usr/bin:/bin"]},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{diff_id}" for diff_id in diff_ids]},
            "history": [{"created": CREATED, "created_by": f"RUN {command} # buildkit"} for command in commands],
        }
    )


def write_docker_archive(target: Path, layers: Sequence[Path], commands: Sequence[str], tag: str) -> None:
    """Write `target` from layer tars, base to top, named as `docker save` named them before Docker 25."""
    with ThreadPoolExecutor(2) as pool:
        diff_ids = list(pool.map(sha256_of, layers))
    config = config_of(diff_ids, commands)
    config_name = hashlib.sha256(config).hexdigest() + ".json"
    names = [f"{diff_id}/layer.tar" for diff_id in diff_ids]
    partial = target.with_suffix(".partial")
    with partial.open("wb") as out, tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as outer:

        def add(name: str, data: bytes) -> None:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            outer.addfile(member, io.BytesIO(data))

        add(config_name, config)
        for name, layer in zip(names, layers, strict=True):
            member = tarfile.TarInfo(name)
            member.size = layer.stat().st_size
            with layer.open("rb") as file:
                outer.addfile(member, file)
        add("manifest.json", to_json([{"Config": config_name, "RepoTags": [tag], "Layers": names}]))
    partial.rename(target)


def _gzip(layer: Path, blobs: Path) -> tuple[str, str, int]:
    """Compress one layer into `blobs`; returns diff ID and digest in hex, and the size of the blob."""
    compressor = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, 31)
    plain, stored, size = hashlib.sha256(), hashlib.sha256(), 0
    partial = blobs / f"{layer.name}.partial"
    with layer.open("rb") as source, partial.open("wb") as out:

        def put(data: bytes) -> None:
            nonlocal size
            stored.update(data)
            size += len(data)
            out.write(data)

        while chunk := source.read(CHUNK_BYTES):
            plain.update(chunk)
            put(compressor.compress(chunk))
        put(compressor.flush())
    partial.rename(blobs / stored.hexdigest())
    return plain.hexdigest(), stored.hexdigest(), size


def write_gzip_layout(target: Path, layers: Sequence[Path], commands: Sequence[str], tag: str) -> None:
    """Write an OCI layout of the same layers, each compressed with gzip."""
    partial = target.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    blobs = partial / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(lambda layer: _gzip(layer, blobs), layers))
    oci = "application/vnd.oci.image"

    def put(data: bytes, media_type: str) -> dict[str, Any]:
        digest = hashlib.sha256(data).hexdigest()
        (blobs / digest).write_bytes(data)
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data)}

    config = put(config_of([diff_id for diff_id, _, _ in made], commands), f"{oci}.config.v1+json")
    descriptors = [
        {"mediaType": f"{oci}.layer.v1.tar+gzip", "digest": f"sha256:{digest}", "size": size}
        for _, digest, size in made
    ]
    media_type = f"{oci}.manifest.v1+json"
    manifest = put(
        to_json({"schemaVersion": 2, "mediaType": media_type, "config": config, "layers": descriptors}), media_type
    )
    manifest["annotations"] = {"org.opencontainers.image.ref.name": tag.partition(":")[2] or "latest"}
    (partial / "oci-layout").write_bytes(to_json({"imageLayoutVersion": "1.0.0"}))
    (partial / "index.json").write_bytes(to_json({"schemaVersion": 2, "manifests": [manifest]}))
    os.rename(partial, target)
