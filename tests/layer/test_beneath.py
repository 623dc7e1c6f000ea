"""What lies beneath an opened directory is reached without following a symlink, and without leaving it."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from layertui.errors import DamagedError, LayertuiError, NotFoundError, UnreachableError
from layertui.image.bounds import ARCHIVE_MANIFEST_BYTES
from layertui.layer.beneath import Beneath
from tests.kit.trees import IS_ROOT


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "outside").write_text("secret")
    root = tmp_path / "root"
    (root / "a/b").mkdir(parents=True)
    (root / "a/b/f").write_text("content")
    (root / "link-file").symlink_to("a/b/f")
    (root / "link-dir").symlink_to("a")
    (root / "link-out").symlink_to("..")
    (root / "a/absolute").symlink_to(tmp_path / "outside")
    os.mkfifo(root / "pipe")
    return root


@pytest.mark.parametrize("key", [b"a/b/f", b"a\0b\0f", b"/a//b/./f"])
def test_a_file_is_read_by_path_or_key(tree: Path, key: bytes) -> None:
    beneath = Beneath.open(tree)
    assert beneath.read(key) == b"content"
    assert beneath.blob(key, "its name").label == "its name"
    assert beneath.directory(b"a").directory(b"b").read(b"f") == b"content"


@pytest.mark.parametrize(
    ("key", "kind", "said"),
    [
        (b"a/absent", NotFoundError, "root/a/absent is not there"),
        (b"a/b/f/g", NotFoundError, "is not there"),
        (b"link-file", DamagedError, "link-file is a symlink"),
        (b"link-dir/b/f", DamagedError, "is a symlink"),
        (b"link-out/outside", DamagedError, "is a symlink"),
        (b"a/absolute", DamagedError, "is a symlink"),
        (b"../outside", DamagedError, "leads out of its directory"),
        (b"a/b/../../../outside", DamagedError, "leads out"),
        (b"a", UnreachableError, "is a directory"),
        (b"pipe", UnreachableError, "is a named pipe"),
        (b"n" * 300, NotFoundError, "is not there"),
    ],
)
def test_all_else_is_one_sentence(tree: Path, key: bytes, kind: type[LayertuiError], said: str) -> None:
    with pytest.raises(kind, match=said):
        Beneath.open(tree).read(key)


def test_the_directory_itself_may_be_reached_through_a_symlink(tree: Path) -> None:
    assert Beneath.open(tree / "link-dir").read(b"b/f") == b"content"
    with pytest.raises(DamagedError, match="symlink"):
        Beneath.open(tree).directory(b"link-dir")
    with pytest.raises(NotFoundError, match="nowhere is not there"):
        Beneath.open(tree / "nowhere")
    with pytest.raises(NotFoundError):
        Beneath.open(tree / "a/b/f")


def test_it_stays_the_same_directory_when_it_is_moved(tree: Path) -> None:
    beneath = Beneath.open(tree)
    tree.rename(tree.with_name("moved"))
    assert beneath.read(b"a/b/f") == b"content"


def test_names_are_listed_with_what_they_are(tree: Path) -> None:
    beneath = Beneath.open(tree)
    for _ in range(2):  # a second look begins at the start again
        kinds = {name: stat.S_IFMT(status.st_mode) for name, status in beneath.scan()}
        assert kinds[b"a"] == stat.S_IFDIR
        assert kinds[b"link-dir"] == stat.S_IFLNK
        assert kinds[b"pipe"] == stat.S_IFIFO
    assert [name for name, _ in beneath.scan(b"a/b")] == [b"f"]
    assert beneath.link_target(b"link-out") == b".."
    assert beneath.status(b"a/absolute").st_mode & 0o170000 == stat.S_IFLNK
    with pytest.raises(NotFoundError):
        beneath.status(b"absent")


def test_a_file_above_its_bound_is_refused_unread(tree: Path) -> None:
    with open(tree / "large", "wb") as file:
        file.truncate(ARCHIVE_MANIFEST_BYTES.default + 1)
    with pytest.raises(DamagedError, match="exceeds the bound"):
        Beneath.open(tree).read(b"large", ARCHIVE_MANIFEST_BYTES)


@pytest.mark.skipif(sys.platform != "linux", reason="extended attributes are read on Linux")
def test_attributes_are_those_of_the_link_and_not_of_its_target(tree: Path) -> None:
    os.setxattr(tree / "a/b/f", "user.mark", b"v\0w")
    beneath = Beneath.open(tree)
    assert beneath.directory(b"a/b").xattrs(b"f")[b"user.mark"] == b"v\0w"
    assert b"user.mark" not in beneath.xattrs(b"link-file")
    if IS_ROOT:
        os.setxattr(tree / "link-file", "trusted.mark", b"link", follow_symlinks=False)
        assert beneath.xattrs(b"link-file")[b"trusted.mark"] == b"link"
    with pytest.raises(NotFoundError):
        beneath.xattrs(b"absent")


@pytest.mark.skipif(not IS_ROOT, reason="makes a device")
def test_a_device_is_not_even_opened(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mknod(tree / "device", stat.S_IFCHR | 0o600, os.makedev(1, 5))
    beneath = Beneath.open(tree)
    monkeypatch.delattr(os, "open")
    with pytest.raises(UnreachableError, match="device is a character device, not a file"):
        beneath.read(b"device")


@pytest.mark.skipif(not IS_ROOT, reason="becomes another user")
def test_without_permission_it_says_so(tree: Path) -> None:
    (tree / "a/b").chmod(0o700)
    code = (
        "import os, sys; from pathlib import Path; from layertui.layer.beneath import Beneath\n"
        "beneath = Beneath.open(Path(sys.argv[1]))\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "from layertui.errors import LayertuiError\n"
        "try: beneath.read(b'a/b/f')\n"
        "except LayertuiError as error: print(type(error).__name__, error.message, error.hint)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tree)], capture_output=True, text=True, timeout=30)
    assert done.stdout.startswith("UnreachableError"), done
    assert "a/b/f: permission denied" in done.stdout
