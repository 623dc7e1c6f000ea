"""OCI layouts whose layers have tables of contents."""

from collections.abc import Sequence
from pathlib import Path

from layertui.image.blob import BytesBlob
from layertui.layer.compression import decompress, sniff
from tests.kit.estargz import SeekableBlob
from tests.kit.images import OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST, descriptor, digest, to_json


def seekable_layout(root: Path, layers: Sequence[SeekableBlob], kind: str) -> str:
    """An image of these layers, base to top, as a layout; `kind` is their compression. Returns its name for skopeo."""
    files, described, diff_ids = {}, [], []
    for each in layers:
        blob = BytesBlob(each.blob, "layer")
        diff_ids.append(digest(b"".join(decompress(blob, sniff(each.blob[:16])))))
        described.append(descriptor(each.blob, f"{OCI_LAYER}+{kind}", annotations=each.annotations))
        files[described[-1]["digest"]] = each.blob
    rootfs = {"type": "layers", "diff_ids": diff_ids}
    config = to_json({"os": "linux", "architecture": "amd64", "config": {}, "rootfs": rootfs})
    manifest = to_json(
        {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": descriptor(config, OCI_CONFIG),
            "layers": described,
        }
    )
    files.update({digest(data): data for data in (config, manifest)})
    (root / "blobs/sha256").mkdir(parents=True)
    for name, data in files.items():
        (root / "blobs/sha256" / name.partition(":")[2]).write_bytes(data)
    (root / "oci-layout").write_bytes(b'{"imageLayoutVersion":"1.0.0"}')
    index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [descriptor(manifest, OCI_MANIFEST)]}
    (root / "index.json").write_bytes(to_json(index))
    return f"oci:{root}"
