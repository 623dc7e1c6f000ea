"""OCI layouts, as directories and in a tar."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.kit.images import (
    OCI_CONFIG,
    OCI_INDEX,
    OCI_MANIFEST,
    BuiltImage,
    ImageSpec,
    build,
    descriptor,
    digest,
    outer_tar,
    to_json,
)


def oci_files(
    images: Sequence[ImageSpec],
    *,
    compression: str | Sequence[str] = "gzip",
    docker: bool = False,
    nested: bool = False,
    attestations: bool = False,
) -> dict[str, bytes]:
    """What an OCI layout holds, by name, in order.

    `docker` names images as Docker's own layouts do; `nested` puts the images of one tag into one index each (several
    platforms); `attestations` adds an attestation manifest for each image, as buildkit does.
    """
    files: dict[str, bytes] = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}'}
    by_tag: dict[str, list[dict[str, Any]]] = {}
    for spec in images:
        image = build(spec, compression)
        for data in [*(layer.blob for layer in image.layers), image.config, image.manifest]:
            files[_blob_name(data)] = data
        platform = {"architecture": spec.architecture, "os": spec.os}
        if spec.variant:
            platform["variant"] = spec.variant
        described = [descriptor(image.manifest, OCI_MANIFEST, platform=platform)]
        if attestations:
            described.append(_attestation(files, image))
        for tag in spec.tags or ("",):
            by_tag.setdefault(tag, []).extend(described)
    manifests: list[dict[str, Any]] = []
    for tag, described in by_tag.items():
        annotations = _annotations(tag, docker)
        if nested or attestations:
            index = to_json({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": described})
            files[_blob_name(index)] = index
            manifests.append(descriptor(index, OCI_INDEX, **annotations))
        else:
            manifests += [{**one, **annotations} for one in described]
    files["index.json"] = to_json({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests})
    return files


def oci_layout(target: Path, images: Sequence[ImageSpec], **options: Any) -> Path:
    """An OCI layout in the directory `target`; see `oci_files` for the options."""
    for name, data in oci_files(images, **options).items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (target / "blobs" / "sha256").mkdir(parents=True, exist_ok=True)
    return target


def oci_archive(images: Sequence[ImageSpec], **options: Any) -> bytes:
    """An OCI layout in a tar; see `oci_files` for the options."""
    return outer_tar(oci_files(images, **options))


def _blob_name(data: bytes) -> str:
    return "blobs/sha256/" + digest(data)[7:]


def _annotations(tag: str, docker: bool) -> dict[str, Any]:
    if not tag:
        return {}
    if not docker:
        return {"annotations": {"org.opencontainers.image.ref.name": tag}}
    full = tag if "/" in tag else f"docker.io/library/{tag}"
    names = {"io.containerd.image.name": full, "org.opencontainers.image.ref.name": tag.rpartition(":")[2]}
    return {"annotations": names}


def _attestation(files: dict[str, bytes], image: BuiltImage) -> dict[str, Any]:
    """buildkit's attestation manifest: an in-toto statement as its layer, its platform unknown."""
    statement = to_json({"_type": "https://in-toto.io/Statement/v0.1", "subject": [], "predicate": {}})
    config = to_json(
        {"architecture": "unknown", "os": "unknown", "config": {}, "rootfs": {"type": "layers", "diff_ids": []}}
    )
    manifest = to_json(
        {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": descriptor(config, OCI_CONFIG),
            "layers": [descriptor(statement, "application/vnd.in-toto+json")],
        }
    )
    for data in (statement, config, manifest):
        files[_blob_name(data)] = data
    return descriptor(
        manifest,
        OCI_MANIFEST,
        platform={"architecture": "unknown", "os": "unknown"},
        annotations={
            "vnd.docker.reference.digest": digest(image.manifest),
            "vnd.docker.reference.type": "attestation-manifest",
        },
    )
