"""Layers of overlay's are walked as a commit would write them: every form of its markers, on a real file system."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from layertui.errors import Cancelled, DamagedError, NotFoundError
from layertui.layer.columns import Kind
from layertui.layer.dialect import Dialect
from layertui.layer.names import path_of
from layertui.layer.read import layer_window, read_layer
from layertui.layer.tree import LayerTree
from layertui.layer.walk import KEPT_OPEN, WalkedLayer
from tests.kit.trees import IS_ROOT, make_whiteout, overlay_mount

pytestmark = pytest.mark.skipif(not IS_ROOT, reason="whiteouts are device nodes: only root makes them")


@pytest.fixture
def base() -> Iterator[Path]:
    """A directory on a disk: a tmpfs has no `user.` attributes on older kernels."""
    directory = Path(tempfile.mkdtemp(prefix="lt-", dir="/var/tmp"))
    yield directory
    subprocess.run(["rm", "-rf", str(directory)], check=True)  # trees may be too deep for shutil


def walk(root: Path, dialect: Dialect = Dialect.OVERLAY) -> LayerTree:
    return read_layer(WalkedLayer(root, "upper", dialect))


def kinds(tree: LayerTree) -> dict[str, Kind]:
    return {entry.path.decode(): entry.kind for entry in tree.entries()}


def opaque_paths(tree: LayerTree) -> list[bytes]:
    return [path_of(key) for key in tree.columns.opaque]


def test_what_a_real_mount_leaves_behind(base: Path) -> None:
    for path, data in {"keep": "1", "gone": "22", "d/old": "333", "d/old2": "4", "e/deep/f": "5", "mode": "6"}.items():
        (base / "lower" / path).parent.mkdir(parents=True, exist_ok=True)
        (base / "lower" / path).write_text(data)
    os.link(base / "lower/keep", base / "lower/keep2")
    with overlay_mount(base) as merged:
        (merged / "gone").unlink()
        shutil.rmtree(merged / "d")
        (merged / "d").mkdir()
        (merged / "d/new").write_text("new")
        shutil.rmtree(merged / "e/deep")
        (merged / "mode").chmod(0o751)
        os.chown(merged / "mode", 12, 34)
        (merged / "added").write_text("content")
        os.link(merged / "added", merged / "a-second-name")
        (merged / "link").symlink_to("added")
        os.mkfifo(merged / "pipe")
        os.mknod(merged / "null", 0o020666, os.makedev(1, 3))
    tree = walk(base / "upper")
    assert kinds(tree) == {
        "a-second-name": Kind.FILE,
        "added": Kind.HARDLINK,
        "d": Kind.DIRECTORY,
        "d/new": Kind.FILE,
        "e": Kind.DIRECTORY,
        "e/deep": Kind.WHITEOUT,
        "gone": Kind.WHITEOUT,
        "link": Kind.SYMLINK,
        "mode": Kind.FILE,
        "null": Kind.CHAR,
        "pipe": Kind.FIFO,
    }
    assert opaque_paths(tree) == [b"d"]
    entries = {entry.path.decode(): entry for entry in tree.entries()}
    assert entries["added"].link_target == b"a-second-name"
    assert entries["added"].size_bytes == 7
    assert (entries["mode"].mode, entries["mode"].uid, entries["mode"].gid) == (0o751, 12, 34)
    assert entries["mode"].mtime_ns == (base / "lower/mode").stat().st_mtime_ns
    assert entries["null"].device == (1, 3)
    assert entries["link"].link_target == b"added"
    assert all(entry.xattrs == () for entry in tree.entries())
    assert (tree.damage, tree.columns.warnings, tree.tar_bytes) == (None, [], None)
    assert tree.entry_count == len(entries) + 1


def test_contents_are_read_from_the_files(base: Path) -> None:
    (base / "d").mkdir()
    for name, data in {"a": b"", "b": b"bb" * 9000, "d/c": b"ccc", "e": b"", "z": b"last"}.items():
        (base / name).write_bytes(data)
    layer = WalkedLayer(base, "upper", Dialect.PLAIN)
    tree = read_layer(layer)
    window = layer_window(layer, tree)
    for path in (b"z", b"b", b"d/c"):
        row = next(row for row, key in enumerate(tree.columns.keys) if path_of(key) == path)
        data = (base / os.fsdecode(path)).read_bytes()
        assert window.fetch(tree.columns.offsets[row], len(data)) == data
        assert window.fetch(tree.columns.offsets[row] + 2, 1) == data[2:3]
    assert window.fetch(tree.columns.offsets[tree.columns.keys.index(b"z")] + 4, 1) == b""


def test_a_whiteout_by_attribute_counts_where_its_directory_says_so(base: Path) -> None:
    for directory in ("x", "other"):
        (base / directory).mkdir()
        for name in ("gone", "not-empty"):
            (base / directory / name).write_text("text" if name == "not-empty" else "")
            os.setxattr(base / directory / name, "trusted.overlay.whiteout", b"")
        (base / directory / "empty").write_text("")
    os.setxattr(base / "x", "trusted.overlay.opaque", b"x")
    found = kinds(walk(base))
    assert {path for path, kind in found.items() if kind is Kind.WHITEOUT} == {"x/gone"}
    assert opaque_paths(walk(base)) == []


@pytest.mark.parametrize("attribute", ["trusted.overlay.opaque", "user.overlay.opaque"])
def test_both_opaque_attributes_count_and_are_not_listed(base: Path, attribute: str) -> None:
    (base / "d").mkdir()
    os.setxattr(base / "d", attribute, b"y")
    os.setxattr(base / "d", "trusted.overlay.origin", b"o")
    os.setxattr(base, attribute, b"y")
    tree = walk(base)
    assert opaque_paths(tree) == [b".", b"d"]
    assert [entry.xattrs for entry in tree.entries()] == [()]
    assert opaque_paths(walk(base, Dialect.PLAIN)) == []


def test_attributes_of_the_image_are_listed_as_a_tar_has_them(base: Path) -> None:
    (base / "f").write_text("")
    capability = bytes.fromhex("0100000200040000000000000000000000000000")
    os.setxattr(base / "f", "security.capability", capability)
    os.setxattr(base / "f", "user.note", b"n")
    os.setxattr(base / "f", "user.containers.note", b"engine")
    os.setxattr(base / "f", "trusted.host", b"host")
    (entry,) = walk(base).entries()
    assert entry.xattrs == ((b"security.capability", capability), (b"user.note", b"n"))


def test_metacopy_and_redirect_are_shown_and_not_followed(base: Path) -> None:
    (base / "lower").mkdir()
    (base / "lower/f").write_bytes(b"content" * 99)
    (base / "lower/d").mkdir()
    (base / "lower/d/x").write_text("x")
    with overlay_mount(base, options=",metacopy=on,redirect_dir=on") as merged:
        (merged / "f").chmod(0o600)
        (merged / "d").rename(merged / "renamed")
    layer = WalkedLayer(base / "upper", "upper", Dialect.OVERLAY)
    tree = read_layer(layer)
    assert kinds(tree) == {"d": Kind.WHITEOUT, "f": Kind.FILE, "renamed": Kind.DIRECTORY}
    row = tree.columns.keys.index(b"f")
    assert tree.columns.metacopies == {row}
    assert tree.columns.sizes[row] == 693
    assert any("renamed: was renamed (overlay redirect)" in warning for warning in tree.columns.warnings)
    assert any("1 file holds metadata only" in warning for warning in tree.columns.warnings)
    with pytest.raises(NotFoundError, match="metadata only"):
        layer.window(tree).fetch(tree.columns.offsets[row], 1)


def test_a_real_file_named_as_a_marker_stays_one(base: Path) -> None:
    (base / ".wh.x").write_text("real")
    tree = walk(base)
    assert kinds(tree) == {".wh.x": Kind.FILE}
    assert tree.columns.warnings == [".wh.x: a real file; a commit turns it into a whiteout."]
    assert walk(base, Dialect.PLAIN).columns.warnings == []


def test_a_socket_has_no_form_in_a_layer(base: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(base / "s"))
        tree = walk(base)
    assert tree.entry_count == 0
    assert "s: a socket" in tree.columns.warnings[0]
    assert tree.columns.refused_count == 0


def without_sys_admin(base: Path, dialect: str) -> str:
    code = (
        "import sys; from pathlib import Path; from layertui.layer.walk import WalkedLayer\n"
        "from layertui.layer.dialect import Dialect; from layertui.layer.read import read_layer\n"
        "tree = read_layer(WalkedLayer(Path(sys.argv[1]), 'upper', Dialect[sys.argv[2]]))\n"
        "print(tree.damage and tree.damage.message, [entry.path.decode() for entry in tree.entries()])\n"
    )
    command = ["setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin", sys.executable, "-c", code]
    done = subprocess.run([*command, str(base), dialect], capture_output=True, text=True, timeout=30, check=True)
    return done.stdout


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv")
def test_without_the_capability_hidden_markers_are_told(base: Path) -> None:
    (base / "d").mkdir()
    (base / "d/f").write_text("")
    make_whiteout(base / "gone")
    os.setxattr(base / "d", "trusted.overlay.opaque", b"y")
    listed = "['d', 'd/f', 'gone']\n"
    assert without_sys_admin(base, "OVERLAY") == f"opaque markers cannot be read; deleted files may appear {listed}"
    assert without_sys_admin(base, "USER_OVERLAY") == f"None {listed}"
    assert walk(base).damage is None
    shutil.rmtree(base / "d")
    assert without_sys_admin(base, "OVERLAY") == "None ['gone']\n"


def test_a_directory_that_changes_while_it_is_walked(base: Path) -> None:
    for name in ("a", "b", "c"):
        (base / name).mkdir()
        (base / name / "f").write_text("1")
    seen = 0

    def change(done: int) -> None:
        nonlocal seen
        seen += 1
        if seen == 2:  # the root is listed, a is being
            shutil.rmtree(base / "b")
            shutil.rmtree(base / "c")
            (base / "c").symlink_to("/etc")

    tree = WalkedLayer(base, "upper", Dialect.OVERLAY).read(change)
    assert [path for path in kinds(tree) if "/" in path] == ["a/f"]
    assert (tree.columns.refused_count, tree.columns.warnings) == (1, ["b is not there."])
    assert kinds(tree)["c"] is Kind.SYMLINK


def test_a_directory_without_permission_is_named_and_the_rest_kept(base: Path) -> None:
    base.chmod(0o755)
    (base / "locked").mkdir(mode=0o700)
    (base / "locked/f").write_text("")
    (base / "open").write_text("")
    code = (
        "import os, sys; from pathlib import Path; from layertui.layer.walk import WalkedLayer\n"
        "from layertui.layer.dialect import Dialect; from layertui.layer.read import read_layer\n"
        "layer = WalkedLayer(Path(sys.argv[1]), 'upper', Dialect.PLAIN)\n"
        "import layertui.layer.walk\nos.setgid(65534); os.setuid(65534)\n"
        "tree = read_layer(layer)\n"
        "print([e.path.decode() for e in tree.entries()], tree.columns.refused_count, tree.columns.warnings)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(base)], capture_output=True, text=True, timeout=30)
    assert done.stdout == "['locked', 'open'] 1 ['locked: permission denied.']\n", done


def test_a_root_that_is_not_there(base: Path) -> None:
    with pytest.raises(DamagedError, match="absent is not there"):
        walk(base / "absent")


def test_deep_trees_need_few_open_files(base: Path) -> None:
    at = os.open(base, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d", dir_fd=at)
        below = os.open("d", os.O_RDONLY, dir_fd=at)
        os.close(os.open("z", os.O_CREAT | os.O_WRONLY, dir_fd=at))
        os.close(at)
        at = below
    os.close(at)
    most = 0

    def count(done: int) -> None:
        nonlocal most
        most = max(most, len(os.listdir("/proc/self/fd")))

    before = len(os.listdir("/proc/self/fd"))
    tree = WalkedLayer(base, "upper", Dialect.OVERLAY).read(count)
    assert most < before + KEPT_OPEN + 5
    assert tree.entry_count == 2048
    assert tree.columns.refused_count == 2
    assert list(tree.order) == sorted(range(len(tree)), key=tree.columns.keys.__getitem__)


def test_cancelling_stops_the_walk(base: Path) -> None:
    for number in range(600):
        (base / f"{number}").write_text("")
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > 4  # three times while the names are listed, and then while they are looked at

    with pytest.raises(Cancelled):
        read_layer(WalkedLayer(base, "upper", Dialect.OVERLAY), cancelled=cancelled)
    assert asked == 5


def test_names_of_any_bytes(base: Path) -> None:
    for name in (b"\xff\xfe", b"new\nline", b"a-", b"a.b"):
        with open(os.fsencode(base) + b"/" + name, "w") as file:
            file.write("x")
    (base / "a").mkdir()
    (base / "a/b").write_text("")
    tree = walk(base)
    assert [entry.path for entry in tree.entries()] == [b"a", b"a/b", b"a-", b"a.b", b"new\nline", b"\xff\xfe"]
