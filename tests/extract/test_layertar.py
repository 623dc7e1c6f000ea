"""A layer's tar comes out as the very bytes that its diff ID is of, or says that it was written anew."""

import gzip
import hashlib
import io
import os
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from layertui.errors import Cancelled, DamagedError, LayertuiError, UnreachableError, UsageError
from layertui.extract.contents import Work
from layertui.extract.layertar import layer_tar
from layertui.extract.saving import save
from layertui.image.blob import BytesBlob, Content, CutBlob
from layertui.image.digest import DiffID
from layertui.image.image import Layer
from layertui.layer.columns import Kind
from layertui.layer.dialect import Dialect
from layertui.layer.read import read_layer
from layertui.layer.tree import Entry
from layertui.layer.walk import WalkedLayer
from tests.contract.test_oracles import needs_root
from tests.extract.helpers import fingerprint, opened
from tests.kit.entries import Layer as Entries
from tests.kit.entries import directory, file, gnu_long, hardlink, opaque, pax_global, sparse, symlink, whiteout
from tests.kit.images import compress
from tests.kit.polite import CAPABILITY, polite_layers
from tests.kit.tar import tar_bytes
from tests.kit.trees import make_whiteout, write_files
from tests.layer.helpers import contents, read
from tests.layer.test_split import split_layer

ENTRIES: Entries = [
    *polite_layers()[0],
    *polite_layers()[4][-3:],
    pax_global((b"comment", b"kept as it is")),
    gnu_long("g" * 150),
    file("cut", "GNU name"),
    file("empty"),
    file("big", b"x" * 700_000),
    hardlink("with a size", "big", size=700_000),
    sparse("sparse", 100_000, [(4096, b"here")], form="gnu"),
]


def layer_of(content: Content, tar: bytes | None) -> Layer:
    """A layer whose diff ID is that of a tar."""
    diff_id = None if tar is None else DiffID("sha256:" + hashlib.sha256(tar).hexdigest())
    return Layer(0, diff_id, None, None, "", None, None, None, None, content, None)


@pytest.mark.parametrize("how", ["plain", "gzip", "zstd", "xz", "bzip2"])
def test_a_stored_tar_is_exact(how: str) -> None:
    tar = tar_bytes(ENTRIES, "gnu", blocking=10_240)
    found = layer_tar(layer_of(BytesBlob(compress(tar, how), "blob"), tar), Work())
    assert b"".join(found.chunks) == tar
    assert (found.notes, found.problems) == ([], [])


def test_another_tar_than_was_promised_is_refused(tmp_path: Path) -> None:
    tar = tar_bytes(ENTRIES)
    found = layer_tar(layer_of(BytesBlob(gzip.compress(tar + bytes(512)), "blob"), tar), Work())
    with pytest.raises(DamagedError, match="not those of its diff ID"):
        save(found.chunks, tmp_path / "layer.tar")
    assert os.listdir(tmp_path) == []
    unknown = layer_tar(layer_of(BytesBlob(tar, "blob"), None), Work())
    assert b"".join(unknown.chunks) == tar
    assert "could not be verified" in unknown.notes[0]
    with pytest.raises(DamagedError, match="512 bytes of the layer are missing"):
        layer_tar(layer_of(CutBlob(BytesBlob(tar, "blob"), 512), tar), Work())


def kept(tmp_path: Path, tar: bytes, *, packed: bool = True) -> Layer:
    """A layer as an engine keeps it: a tar-split file, and its files in a directory."""
    plain = read(tar)
    rows = {row: contents(tar, plain, row) for row, kind in enumerate(plain.columns.kinds) if kind == Kind.FILE}
    (tmp_path / "files").mkdir()
    write_files(tmp_path / "files", plain, rows)
    return layer_of(split_layer(tar, tmp_path / "files", packed=packed), tar)


@pytest.mark.parametrize("dialect", ["pax", "gnu"])
@pytest.mark.parametrize("packed", [True, False])
def test_a_tar_is_put_together_from_books_and_files(dialect: str, packed: bool, tmp_path: Path) -> None:
    tar = tar_bytes(ENTRIES[:-1], dialect, blocking=10_240)
    done: list[tuple[int, int]] = []
    work = Work(progress=lambda at, total: done.append((at, total)))
    assert b"".join(layer_tar(kept(tmp_path, tar, packed=packed), work).chunks) == tar
    assert done[-1][0] > 700_000


def test_files_that_changed_are_told(tmp_path: Path) -> None:
    tar = tar_bytes([file("a", b"a" * 600), file("b", "b"), symlink("l", "a")])
    layer = kept(tmp_path, tar)
    (tmp_path / "files/b").write_text("c")
    with pytest.raises(DamagedError, match="not those of its diff ID"):
        list(layer_tar(layer, Work()).chunks)
    (tmp_path / "files/a").write_text("shorter")
    with pytest.raises(DamagedError, match="7 bytes on disk, but the layer's had 600"):
        list(layer_tar(layer, Work()).chunks)
    (tmp_path / "files/a").unlink()
    (tmp_path / "files/a").symlink_to("/etc/passwd")
    with pytest.raises(LayertuiError, match="symlink that is not followed"):
        list(layer_tar(layer, Work()).chunks)
    with pytest.raises(UnreachableError, match="directory that holds its files"):
        list(layer_tar(layer_of(split_layer(tar), tar), Work()).chunks)


def test_a_sparse_file_that_the_books_lost_is_told(tmp_path: Path) -> None:
    tar = tar_bytes(ENTRIES)
    with pytest.raises(DamagedError):
        list(layer_tar(kept(tmp_path, tar), Work()).chunks)


def told(entry: Entry) -> Entry:
    """An entry without what a marker's file says of itself, and without where opaque markers are told."""
    is_marker = entry.kind is Kind.WHITEOUT
    return replace(entry, opaque=False, **({"mode": 0, "mtime_ns": 0} if is_marker else {}))


@needs_root
def test_a_walked_layer_is_written_as_a_commit_would(tmp_path: Path) -> None:
    upper = tmp_path / "upper"
    (upper / "d" / "e").mkdir(parents=True)
    (upper / "d/f").write_bytes(b"content" * 1000)
    os.link(upper / "d/f", upper / "d/g")
    (upper / "l").symlink_to("x" * 150)
    (upper / ("n" * 200)).write_text("long name")
    (upper / os.fsdecode(b"\xff\xfe")).write_text("not UTF-8")
    (upper / "größe").write_text("UTF-8")
    os.mkfifo(upper / "pipe", 0o620)
    os.mknod(upper / "null", 0o020666, os.makedev(1, 3))
    os.setxattr(upper / "d/f", "security.capability", CAPABILITY)
    os.setxattr(upper / "d/f", "user.bytes", bytes(range(256)))
    os.setxattr(upper / "d", "trusted.overlay.opaque", b"y")
    os.chown(upper / "d/f", 3_000_000, 4)
    os.chmod(upper / "d/e", 0o1777)
    os.utime(upper / "d/e", ns=(0, -1_500_000_000))
    os.utime(upper / "größe", ns=(0, -2_000_000_000))
    make_whiteout(upper / "gone")
    make_whiteout(upper / "d/e/gone")
    walked = WalkedLayer(upper, "upper", Dialect.OVERLAY)
    tree = read_layer(walked)
    found = layer_tar(layer_of(walked, None), Work())
    data = b"".join(found.chunks)
    again = read(data)
    assert list(map(told, again.entries())) == list(map(told, tree.entries()))
    assert list(again.columns.opaque) == [b"d"]
    row = again.columns.keys.index(b"d\0f")
    assert contents(data, again, row) == b"content" * 1000
    assert "written anew" in found.notes[0]
    assert found.problems == []
    listed = subprocess.run(["tar", "-tv"], input=data, capture_output=True, check=True)
    assert listed.stderr == b""
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        assert len(archive.getmembers()) == len(list(tree.entries())) + 1


@needs_root
def test_an_opaque_root_and_a_sparse_file(tmp_path: Path) -> None:
    upper = tmp_path / "upper"
    upper.mkdir()
    os.setxattr(upper, "trusted.overlay.opaque", b"y")
    with (upper / "sparse").open("wb") as hole:
        hole.truncate(1_000_000)
        hole.seek(500_000)
        hole.write(b"here")
    data = b"".join(layer_tar(layer_of(WalkedLayer(upper, "upper", Dialect.OVERLAY), None), Work()).chunks)
    again = read(data)
    assert list(again.columns.opaque) == [b""]
    assert contents(data, again, 0)[500_000:500_004] == b"here"


def test_a_file_that_vanished_is_left_out_and_told(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    tree = WalkedLayer(tmp_path, "files", Dialect.PLAIN)
    vanishing = WalkedLayer(tmp_path, "files", Dialect.PLAIN)

    class Vanishing(WalkedLayer):
        def read(self, tick: object) -> object:  # type: ignore[override]
            found = vanishing.read(tick)  # type: ignore[arg-type]
            (tmp_path / "a").unlink(missing_ok=True)
            return found

    assert tree.label == "files"
    found = layer_tar(layer_of(Vanishing(tmp_path, "files", Dialect.PLAIN), None), Work())
    data = b"".join(found.chunks)
    assert [entry.path for entry in read(data).entries()] == [b"b"]
    assert "a is left out" in found.problems[0].message


def chunks() -> Iterator[bytes]:
    yield b"first "
    yield b"second"


def failing() -> Iterator[bytes]:
    yield b"first "
    raise Cancelled


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    assert save(chunks(), tmp_path / "new") == 12
    assert (tmp_path / "new").read_text() == "first second"
    (tmp_path / "other").write_text("mine")
    (tmp_path / "link").symlink_to("other")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "dir").mkdir()
    before = fingerprint(tmp_path)
    for name, said in (("new", "exists already"), ("link", "symlink"), ("pipe", "named pipe"), ("dir", "a directory")):
        with pytest.raises(UsageError, match=said):
            save(chunks(), tmp_path / name)
        if name != "new":
            with pytest.raises(UsageError, match=said):
                save(chunks(), tmp_path / name, force=True)
    for target in (tmp_path / "cancelled", tmp_path / "other"):
        with pytest.raises(Cancelled):
            save(failing(), target, force=True)
    with pytest.raises(LayertuiError, match="is not there"):
        save(chunks(), tmp_path / "no" / "such")
    after = fingerprint(tmp_path)
    assert {name: facts[:4] for name, facts in after.items()} == {name: facts[:4] for name, facts in before.items()}
    assert save(chunks(), tmp_path / "other", force=True) == 12
    assert (tmp_path / "other").read_text() == "first second"


def test_a_name_taken_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    def taken() -> Iterator[bytes]:
        yield b"ours"
        (tmp_path / "x").write_text("theirs")

    with pytest.raises(LayertuiError, match="something else was put there"):
        save(taken(), tmp_path / "x")
    assert (tmp_path / "x").read_text() == "theirs"
    assert os.listdir(tmp_path) == ["x"]


@pytest.mark.parametrize("name", ["plain", "gzip"])
def test_layers_of_an_archive(name: str, tmp_path: Path) -> None:
    layers = [[directory("d"), file("d/f", "1")], [whiteout("d/f"), opaque("d")]]
    image, _ = opened(tmp_path / "image", layers, compression=name)
    assert [b"".join(layer_tar(layer, Work()).chunks) for layer in image.layers] == [tar_bytes(each) for each in layers]
