"""What a real Docker engine keeps of a layer gives the layer that it was given."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from layertui.layer.columns import Kind
from layertui.layer.read import read_layer
from layertui.layer.split import SplitLayer
from layertui.stack.content import content_chunks
from tests.contract.dockerd import Dockerd, why_not
from tests.kit.entries import Entry, char, directory, fifo, file, hardlink, pax_global, sparse, symlink
from tests.kit.tar import tar_bytes
from tests.kit.tarsplit import crc64, tar_split
from tests.layer.helpers import contents, read
from tests.layer.test_split import assert_same, split_of

pytestmark = pytest.mark.skipif(why_not() is not None, reason=f"{why_not()}")

CAPABILITY = bytes.fromhex("0100000200040000000000000000000000000000")

SPARSE_PARTS = [(4096, b"here"), (50_000, b"there" * 300)]

LAYERS: dict[str, list[Entry]] = {
    "kinds": [
        directory("d"),
        file("d/a", "a" * 1000),
        file("d/empty"),
        hardlink("d/b", "d/a"),
        symlink("l", "d/a"),
        fifo("p"),
        char("c", 1, 3),
        file("implied/x", "x"),
        file("cap", "c", xattrs=((b"security.capability", CAPABILITY),)),
    ],
    "names": [
        pax_global((b"comment", b"c" * 600)),
        file("n/" + "p" * 150, "a long name"),
        symlink("long", "t" * 130),
        file(b"bytes\xff\xfe", "not UTF-8"),
        file("日本", "UTF-8", mtime_ns=1_700_000_000_123_456_789, uid=3_000_000),
    ],
    # Docker refuses the old GNU form.
    "sparse": [*(sparse(f"s/{form}", 100_000, SPARSE_PARTS, form=form) for form in ("0.1", "1.0")), file("z", "z")],
}


@pytest.fixture(scope="module")
def engine() -> Iterator[Dockerd]:
    with Dockerd() as engine:
        yield engine


@pytest.mark.parametrize("dialect", ["pax", "gnu"])
@pytest.mark.parametrize("name", LAYERS)
def test_the_books_give_the_layer_and_the_directory_its_contents(
    engine: Dockerd, name: str, dialect: str, tmp_path: Path
) -> None:
    tar = tar_bytes(LAYERS[name], dialect, blocking=10_240)
    archive = tmp_path / "layer.tar"
    archive.write_bytes(tar)
    engine.import_tar(archive, f"{name}-{dialect}:1")
    layers = engine.data_root / "image/overlay2/layerdb/sha256"
    books = layers / hashlib.sha256(tar).hexdigest()
    root = engine.data_root / "overlay2" / (books / "cache-id").read_text() / "diff"
    layer = SplitLayer(books / "tar-split.json.gz", root, name)
    tree, expected = read_layer(layer), read(tar)
    assert_same(tree, expected)
    assert_same(split_of(tar_split(tar)), tree)
    window = layer.window(tree)
    for row, kind in enumerate(tree.columns.kinds):
        if kind == Kind.FILE:
            data = contents(tar, expected, row)
            assert b"".join(content_chunks(window, tree, row, None)) == data
            assert tree.columns.checksums.get(row, b"") == (crc64(data) if data else b"")
