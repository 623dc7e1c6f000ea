"""Databases that are whole and say nonsense: each image that is sound stays usable."""

import os
from pathlib import Path

import pytest

from layertui.errors import DamagedError, LayertuiError
from layertui.layer.dialect import Dialect
from layertui.layer.read import read_layer
from layertui.layer.walk import WalkedLayer
from layertui.present.sharing import shares
from layertui.sources.base import ImageEntry
from layertui.sources.containerd.metadata import go_time, read_namespaces, varint
from tests.kit.bolt import Tree
from tests.kit.entries import file
from tests.kit.images import ImageSpec
from tests.sources.containerd import made
from tests.sources.containerd.made import META_DB, SNAPSHOTTER, put_image, target, write_numbers, write_root
from tests.sources.containerd.stores import entries

SOUND = b"docker.io/library/sound:1"


def listed(root: Path, **namespace: Tree) -> dict[str, ImageEntry]:
    """What is listed of a store with one sound image and what is given."""
    images = {SOUND: put_image(root, ImageSpec(layers=[[file("a", "a")]])), **namespace.pop("images", {})}
    write_root(root, {b"default": {b"images": images, **{key.encode(): held for key, held in namespace.items()}}})
    return entries(root)


@pytest.mark.parametrize(
    ("bucket", "message"),
    [
        (target("../../../../etc/passwd", 10), "is not a digest"),
        (target("", 10), "is not a digest"),
        ({}, "is not a digest"),
        ({b"target": b"a value where a bucket belongs"}, "is not a digest"),
        (target("sha256:" + "ab" * 32, 10), "is missing from the store"),
        (target("sha256:" + "ab" * 32, 10, "text/html"), "is missing from the store"),
    ],
)
def test_an_image_that_points_nowhere_is_broken_and_the_others_are_not(
    tmp_path: Path, bucket: Tree, message: str
) -> None:
    found = listed(tmp_path, images={b"bad:1": bucket})
    assert list(found) == ["bad:1", SOUND.decode()]
    assert found["bad:1"].kind == "broken"
    with pytest.raises(LayertuiError, match=message):
        found["bad:1"].open()
    assert found[SOUND.decode()].open().layers[0].problem is None


def test_what_images_share_is_counted_as_fetched(tmp_path: Path) -> None:
    base, top = [file("a", "a" * 9000)], [file("b", "b")]
    images = {b"base:1": put_image(tmp_path, ImageSpec(layers=[base]))}
    images[b"api:1"] = put_image(tmp_path, ImageSpec(layers=[base, top]))
    write_root(tmp_path, {b"default": {b"images": images}})
    found = entries(tmp_path)
    blobs = [layer.compressed_bytes for layer in found["api:1"].open().layers]
    assert shares([found["base:1"].record, found["api:1"].record]) == [(blobs[0], 0), tuple(blobs)]


def test_a_blob_that_is_a_link_out_of_the_store_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("{}")
    root = tmp_path / "root"
    listed(root)
    os.symlink(tmp_path / "secret", root / "io.containerd.content.v1.content/blobs/sha256" / ("ab" * 32))
    found = listed(root, images={b"bad:1": target("sha256:" + "ab" * 32, 2)})
    with pytest.raises(DamagedError, match="is a symlink that is not followed"):
        found["bad:1"].open()


def test_a_blob_that_is_not_what_its_name_says_is_not_shown(tmp_path: Path) -> None:
    entry = listed(tmp_path)[SOUND.decode()]
    assert entry.digest is not None
    blob = tmp_path / "io.containerd.content.v1.content/blobs/sha256" / entry.digest.hex
    blob.write_bytes(blob.read_bytes().replace(b"application", b"Application", 1))
    with pytest.raises(DamagedError, match="does not match its digest"):
        entries(tmp_path)[SOUND.decode()].open()


def container(key: str, **labels: str) -> Tree:
    return {
        b"image": SOUND,
        b"snapshotter": b"overlayfs",
        b"snapshotKey": key.encode(),
        b"createdat": made.go_time("2024-01-02T03:04:05", 600),
        b"labels": {name.encode(): text.encode() for name, text in labels.items()},
    }


def snapshot(name: str, parent: str = "") -> Tree:
    return {b"name": name.encode(), b"parent": parent.encode()}


def test_a_container_whose_snapshots_lie_in_a_ring_is_broken(tmp_path: Path) -> None:
    ring = {b"a": snapshot("d/1/a", "b"), b"b": snapshot("d/2/b", "a")}
    found = listed(tmp_path, containers={b"c": container("a")}, snapshots={b"overlayfs": ring})
    assert (found["c"].kind, found[SOUND.decode()].kind) == ("broken", "image")
    with pytest.raises(DamagedError, match="in a loop"):
        found["c"].open()


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        (None, "overlayfs/metadata.db is not there"),
        ({}, "does not know d/1/c"),
        ({"d/1/c": 7}, ""),
    ],
)
def test_a_writable_layer_that_is_gone_says_so(tmp_path: Path, numbers: dict[str, int] | None, message: str) -> None:
    if numbers is not None:
        write_numbers(tmp_path, numbers)
    found = listed(tmp_path, containers={b"c": container("c")}, snapshots={b"overlayfs": {b"c": snapshot("d/1/c")}})
    entry = found["c"]
    assert entry.container is not None
    assert entry.container.created == "2024-01-02T03:04:05.0000006Z"
    layer = entry.open().layers[-1]
    assert layer.writable
    if message:
        assert layer.problem is not None
        assert message in layer.problem.message
    else:
        assert layer.content is not None  # its directory is looked for when it is read


def test_containers_that_containerd_keeps_no_files_of_are_left_out(tmp_path: Path) -> None:
    assert list(listed(tmp_path, containers={b"d0": {b"image": b"", b"snapshotter": b""}})) == [SOUND.decode()]


def test_a_database_that_is_none_is_named(tmp_path: Path) -> None:
    write_root(tmp_path, {})
    assert entries(tmp_path) == {}
    (tmp_path / META_DB).write_bytes(b"half" * 4000)
    with pytest.raises(DamagedError, match=r"the store: meta\.db has no valid meta page") as caught:
        entries(tmp_path)
    assert caught.value.hint


def test_names_that_are_no_unicode_are_shown(tmp_path: Path) -> None:
    write_root(tmp_path, {b"n\xff": {b"images": {b"x\xff:1": target("sha256:" + "0" * 64, 1)}}})
    (found,) = read_namespaces(tmp_path, "the store")
    assert (found.name, found.images[0].name) == ("n\ufffd", "x\ufffd:1")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (made.go_time("2024-01-02T03:04:05"), "2024-01-02T03:04:05Z"),
        (made.go_time("2024-01-02T03:04:05", 120_000_000), "2024-01-02T03:04:05.12Z"),
        (bytes.fromhex("01 00 00 00 0e e2 97 8f 41 1f e7 16 d3 ff ff"), "2026-11-24T13:59:29.535238355Z"),
        (bytes.fromhex("02 00 00 00 0e e2 97 8f 41 1f e7 16 d3 00 3c 07"), "2026-11-24T13:59:29.535238355Z"),
        (bytes.fromhex("01 00 00 00 00 00 00 00 00 00 00 00 00 ff ff"), None),
        (b"\x01" + b"\xff" * 14, None),
        (b"\x01\x7f" + b"\xff" * 13, None),
        (b"", None),
        (b"\x07" * 15, None),
    ],
)
def test_times_are_gos(data: bytes, text: str | None) -> None:
    assert go_time(data) == text


@pytest.mark.parametrize(
    ("data", "number"),
    [
        (b"", 0),
        (b"\x02", 1),
        (b"\x01", -1),
        (b"\xae\x10", 1047),
        (b"\x80" * 11, 0),
        (b"\xff" * 9 + b"\x01", -(1 << 63)),
    ],
)
def test_numbers_are_gos(data: bytes, number: int) -> None:
    assert varint(data) == number


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a store to another user")
def test_in_a_users_own_store_that_user_is_root(tmp_path: Path) -> None:
    write_numbers(tmp_path, {"d/1/c": 1})
    upper = tmp_path / made.SNAPSHOTTER / "snapshots/1/fs"
    upper.mkdir(parents=True)
    (upper / "mine").touch()
    for path in (tmp_path, upper, upper / "mine"):
        os.chown(path, 54321, 54322)
    found = listed(tmp_path, containers={b"c": container("c")}, snapshots={b"overlayfs": {b"c": snapshot("d/1/c")}})
    layer = found["c"].open().layers[-1]
    assert isinstance(layer.content, WalkedLayer)
    assert layer.content.dialect is Dialect.USER_OVERLAY
    assert [(entry.path, entry.uid, entry.gid) for entry in read_layer(layer.content).entries()] == [(b"mine", 0, 0)]


@pytest.mark.parametrize(
    "name", [META_DB, "io.containerd.content.v1.content", f"{SNAPSHOTTER}/metadata.db", f"{SNAPSHOTTER}/snapshots/1/fs"]
)
def test_a_link_in_place_of_a_part_of_the_store_is_not_followed(tmp_path: Path, name: str) -> None:
    """Whoever hands over a disk can have it lead anywhere on this host."""
    root = tmp_path / "root"
    sealed: Tree = {b"image": b"", b"snapshotter": b"overlayfs", b"snapshotKey": b"own"}
    snapshots: Tree = {b"overlayfs": {b"own": {b"name": b"default/1/own", b"parent": b""}}}
    listed(root, containers={b"sealed": sealed}, snapshots=snapshots)
    write_numbers(root, {"default/1/own": 1})
    (root / SNAPSHOTTER / "snapshots/1/fs").mkdir(parents=True)
    (root / SNAPSHOTTER / "snapshots/1/fs/secret").write_text("1")
    (root / name).rename(tmp_path / "elsewhere")
    (root / name).symlink_to(tmp_path / "elsewhere")
    problems: list[str] = []
    try:
        for entry in entries(root).values():
            for layer in entry.open().layers:
                if layer.problem is not None:
                    raise layer.problem
                assert layer.content is not None
                read_layer(layer.content)
    except LayertuiError as error:
        problems.append(error.message)
    assert "is a symlink that is not followed" in "".join(problems)
