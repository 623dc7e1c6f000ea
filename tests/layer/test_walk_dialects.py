"""Layers of fuse-overlayfs, aufs and vfs, and owners that are shifted on disk."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from layertui.layer.columns import Kind
from layertui.layer.dialect import Dialect, sees_trusted_xattrs
from layertui.layer.names import path_of
from layertui.layer.owners import OwnerMap
from layertui.layer.read import read_layer
from layertui.layer.tree import LayerTree
from layertui.layer.walk import WalkedLayer
from tests.kit.trees import IS_ROOT, make_whiteout

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="extended attributes are read on Linux")
AS_ROOT = pytest.mark.skipif(not IS_ROOT, reason="needs root")


@pytest.fixture
def base() -> Iterator[Path]:
    """A directory on a disk: a tmpfs has no `user.` attributes on older kernels."""
    directory = Path(tempfile.mkdtemp(prefix="lt-", dir="/var/tmp"))
    yield directory
    shutil.rmtree(directory)


def walk(root: Path, dialect: Dialect, owners: OwnerMap | None = None) -> LayerTree:
    return read_layer(WalkedLayer(root, "layer", dialect, owners))


def kinds(tree: LayerTree) -> dict[str, Kind]:
    return {entry.path.decode(): entry.kind for entry in tree.entries()}


def opaque_paths(tree: LayerTree) -> list[bytes]:
    return [path_of(key) for key in tree.columns.opaque]


def fill(base: Path, *paths: str) -> None:
    for path in paths:
        (base / path).parent.mkdir(parents=True, exist_ok=True)
        (base / path).write_text("")


@pytest.mark.parametrize("dialect", [Dialect.AUFS, Dialect.FUSE])
def test_marker_files_are_markers(base: Path, dialect: Dialect) -> None:
    fill(base, "d/.wh.gone", "d/.wh..wh..opq", "d/stays", ".wh.top", "e/.wh.", "e/.wh..wh.control", ".wh..wh..opqX")
    tree = walk(base, dialect)
    assert kinds(tree) == {
        "d": Kind.DIRECTORY,
        "d/gone": Kind.WHITEOUT,
        "d/stays": Kind.FILE,
        "e": Kind.DIRECTORY,
        "top": Kind.WHITEOUT,
    }
    assert opaque_paths(tree) == [b"d"]
    assert tree.columns.warnings == [
        "e/.wh.: a whiteout that names nothing is passed over.",
        "e/.wh..wh.control: a control entry of aufs, neither a file nor a whiteout.",
    ]


def test_aufs_keeps_its_books_at_the_root_and_its_whiteouts_as_one_inode(base: Path) -> None:
    (base / ".wh..wh.plnk").mkdir()
    (base / ".wh..wh.orph").mkdir()
    fill(base, ".wh..wh.aufs", "a")
    os.link(base / "a", base / ".wh..wh.plnk/123.456")
    os.link(base / "a", base / "b")
    os.link(base / ".wh..wh.aufs", base / ".wh.x")
    os.link(base / ".wh..wh.aufs", base / ".wh.y")
    tree = walk(base, Dialect.AUFS)
    assert kinds(tree) == {"a": Kind.FILE, "b": Kind.HARDLINK, "x": Kind.WHITEOUT, "y": Kind.WHITEOUT}
    assert tree.columns.warnings == []


@AS_ROOT
def test_to_aufs_and_vfs_overlays_forms_mean_nothing(base: Path) -> None:
    make_whiteout(base / "device")
    (base / "d").mkdir()
    os.setxattr(base / "d", "trusted.overlay.opaque", b"y")
    for dialect in (Dialect.AUFS, Dialect.PLAIN):
        tree = walk(base, dialect)
        assert kinds(tree) == {"d": Kind.DIRECTORY, "device": Kind.CHAR}
        assert opaque_paths(tree) == []


def test_vfs_has_no_markers(base: Path) -> None:
    fill(base, ".wh.x", "d/.wh..wh..opq")
    tree = walk(base, Dialect.PLAIN)
    assert kinds(tree) == {".wh.x": Kind.FILE, "d": Kind.DIRECTORY, "d/.wh..wh..opq": Kind.FILE}
    assert (tree.columns.warnings, opaque_paths(tree)) == ([], [])


@pytest.mark.parametrize("attribute", ["user.fuseoverlayfs.opaque", "user.overlay.opaque"])
def test_fuse_opaque_attributes(base: Path, attribute: str) -> None:
    (base / "d").mkdir()
    os.setxattr(base / "d", attribute, b"y")
    tree = walk(base, Dialect.FUSE)
    assert opaque_paths(tree) == [b"d"]
    assert [entry.xattrs for entry in tree.entries()] == [()]


def test_the_true_owner_and_mode_of_a_rootless_file(base: Path) -> None:
    fill(base, "f", "null", "pipe", "nonsense")
    (base / "d").mkdir()
    os.setxattr(base / "f", "user.containers.override_stat", b"12:34:0104755")
    os.setxattr(base / "d", "user.containers.override_stat", b"5:6:01777:dir")
    os.setxattr(base / "null", "user.containers.override_stat", b"0:0:020666:char-1-3")
    os.setxattr(base / "pipe", "user.containers.override_stat", b"0:0:0600:pipe")
    os.setxattr(base / "nonsense", "user.containers.override_stat", b"root:root:rwx")
    tree = walk(base, Dialect.FUSE, OwnerMap.of([(0, 100_000, 10)], [(0, 100_000, 10)]))
    entries = {entry.path.decode(): entry for entry in tree.entries()}
    assert (entries["f"].uid, entries["f"].gid, entries["f"].mode) == (12, 34, 0o4755)
    assert (entries["d"].uid, entries["d"].gid, entries["d"].mode) == (5, 6, 0o1777)
    assert (entries["null"].kind, entries["null"].device, entries["null"].mode) == (Kind.CHAR, (1, 3), 0o666)
    assert entries["pipe"].kind is Kind.FIFO
    assert (entries["nonsense"].uid, entries["nonsense"].gid) == (os.geteuid(), os.getegid())
    assert all(entry.xattrs == () for entry in entries.values())
    (entry,) = (entry for entry in walk(base, Dialect.USER_OVERLAY).entries() if entry.path == b"f")
    assert entry.uid == os.geteuid()


@AS_ROOT
def test_owners_are_mapped_into_the_container(base: Path) -> None:
    fill(base, "root", "user", "host")
    os.chown(base / "root", 1000, 1001)
    os.chown(base / "user", 100_041, 200_006)
    os.chown(base / "host", 7, 8)
    owners = OwnerMap.of([(0, 1000, 1), (1, 100_000, 65_536)], [(0, 1001, 1), (1, 200_000, 65_536)])
    tree = walk(base, Dialect.OVERLAY, owners)
    assert {entry.path: (entry.uid, entry.gid) for entry in tree.entries()} == {
        b"host": (7, 8),
        b"root": (0, 0),
        b"user": (42, 7),
    }
    assert tree.columns.warnings == ["owners outside the recorded ranges, such as 7:8, are shown as they are on disk."]


def test_ranges_of_a_user(tmp_path: Path) -> None:
    (tmp_path / "subuid").write_text(
        "# ranges\nother:1:5\nann:100000:10\n1000:300000:5\nann:x:y\nann:1:99999999999\n\n"
    )
    (tmp_path / "subgid").write_text("ann:500000:20")
    rootless = OwnerMap.from_subid("ann", 1000, own=(1000, 1001), etc=tmp_path)
    assert rootless.uids == ((0, 1000, 1), (1, 100_000, 10), (11, 300_000, 5))
    assert rootless.gids == ((0, 1001, 1), (1, 500_000, 20))
    assert rootless.inside(300_004, 500_019) == (15, 20)
    assert rootless.inside(300_005, 499_999) == (None, None)
    remapped = OwnerMap.from_subid("ann", 1000, etc=tmp_path)
    assert remapped.uids[0] == (0, 100_000, 10)
    assert OwnerMap.from_subid("ann", 1000, etc=tmp_path / "absent").uids == ()


def test_the_capability_counts_in_the_first_user_namespace_only(tmp_path: Path) -> None:
    def seen(effective: str, ids: str) -> bool:
        (tmp_path / "status").write_text(f"Name:\tx\nCapEff:\t{effective}\nCapBnd:\t0\n")
        (tmp_path / "uid_map").write_text(ids)
        return sees_trusted_xattrs(tmp_path)

    everyone = "         0          0 4294967295\n"
    assert seen("000001ffffffffff", everyone)
    assert not seen("000001ffffdfffff", everyone)
    assert not seen("0000000000000000", everyone)
    assert not seen("000001ffffffffff", "0 1000 1\n1 100000 65536\n")
    assert not seen("nonsense", "")
    assert not sees_trusted_xattrs(tmp_path / "absent")


@AS_ROOT
@pytest.mark.skipif(shutil.which("fuse-overlayfs") is None, reason="needs fuse-overlayfs")
@pytest.mark.skipif(not os.path.exists("/dev/fuse"), reason="needs /dev/fuse")
def test_what_fuse_overlayfs_leaves_behind(base: Path) -> None:
    for name in ("lower/d", "upper", "work", "merged"):
        (base / name).mkdir(parents=True)
    for name in ("gone", "d/old", "keep"):
        (base / "lower" / name).write_text(name)
    merged = base / "merged"
    said = f"lowerdir={base / 'lower'},upperdir={base / 'upper'},workdir={base / 'work'}"
    subprocess.run(["fuse-overlayfs", "-o", said, str(merged)], check=True, capture_output=True, timeout=20)
    try:
        (merged / "gone").unlink()
        shutil.rmtree(merged / "d")
        (merged / "d").mkdir()
        (merged / "d/new").write_text("new")
    finally:
        subprocess.run(["umount", str(merged)], check=True, capture_output=True)
    tree = walk(base / "upper", Dialect.FUSE)
    assert kinds(tree) == {"d": Kind.DIRECTORY, "d/new": Kind.FILE, "gone": Kind.WHITEOUT}
    assert opaque_paths(tree) == [b"d"]
    assert all(entry.xattrs == () for entry in tree.entries())


@AS_ROOT
@pytest.mark.parametrize(("root_id", "revision"), [(100_000, 2), (7, 3)], ids=["the container's root", "another's"])
def test_a_capability_of_the_container_s_root_is_an_ordinary_one(base: Path, root_id: int, revision: int) -> None:
    sets = bytes.fromhex("00040000000000000000000000000000")
    fill(base, "ping")
    noted = bytes.fromhex("01000003") + sets + root_id.to_bytes(4, "little")
    os.setxattr(base / "ping", "security.capability", noted)
    owners = OwnerMap.of([(0, 100_000, 65_536)], [(0, 100_000, 65_536)])
    found = dict(next(walk(base, Dialect.USER_OVERLAY, owners).entries()).xattrs)[b"security.capability"]
    assert found == (bytes.fromhex("01000002") + sets if revision == 2 else noted)


def test_times_and_numbers_that_no_column_holds_do_not_end_the_walk(base: Path) -> None:
    """Years up to 2446 fit on ext4, 64 bits of nanoseconds end in 2262; an attribute may have 64 KiB."""
    fill(base, "late", "null", "other")
    os.utime(base / "late", (13_569_465_600,) * 2)
    os.setxattr(base / "null", "user.containers.override_stat", b"0:0:0644:char-1-3")
    os.setxattr(base / "other", "user.containers.override_stat", b"0:0:0644:char-" + b"9" * 3000 + b"-1")
    tree = walk(base, Dialect.FUSE)
    assert kinds(tree) == {"late": Kind.FILE, "null": Kind.CHAR, "other": Kind.FILE}
    assert tree.columns.mtimes[0] == (1 << 63) - 1
    assert tree.columns.devices == {1: (1, 3)}
