"""A layer that another image has read is not read again, unless its contents stand elsewhere in its own blob."""

from pathlib import Path

from layertui.image.blob import BytesBlob
from layertui.layer.compression import Compression, decompress
from layertui.layer.read import read_layer
from layertui.sources.registry.cache import BlobCache
from layertui.sources.registry.images import Images
from layertui.sources.registry.names import parse_name
from layertui.sources.registry.source import look_up
from layertui.tui.loading.reading import same_read
from tests.kit.entries import file
from tests.kit.estargz import estargz
from tests.kit.images import OCI_LAYER, compress, descriptor, digest
from tests.sources.registry.fake import FakeClient


def test_blobs_of_one_tar_with_and_without_a_table_are_read_each(tmp_path: Path) -> None:
    made = estargz([file("noise", bytes(range(256)) * 1000), file("word", "last")])
    tar = b"".join(decompress(BytesBlob(made.blob, "x"), Compression.GZIP))
    plain, client = compress(tar, "zstd"), FakeClient()
    for name, data, more in (("table", made.blob, {"annotations": made.annotations}), ("tar", plain, {})):
        client.put(data)
        for tag in (name, f"{name}-again"):
            client.push_layers([descriptor(data, f"{OCI_LAYER}+gzip", **more)], [digest(tar)], tag)
    images = Images(client, BlobCache(tmp_path / "blobs"))  # type: ignore[arg-type]
    layers = {
        tag: look_up(images, parse_name(f"registry.example.com/team/api:{tag}")).found[0].open().layers[0]
        for tag in ("table", "table-again", "tar", "tar-again")
    }
    diff_id = layers["table"].diff_id
    assert diff_id is not None
    assert all(layer.diff_id == diff_id for layer in layers.values())
    for name, other in (("table", "tar"), ("tar", "table")):
        content = layers[name].content
        assert content is not None
        tree = read_layer(content)
        read = {diff_id: (layers[name], tree, 0)}
        assert same_read(layers[f"{name}-again"], 0, read) is tree
        assert same_read(layers[other], 0, read) is None
