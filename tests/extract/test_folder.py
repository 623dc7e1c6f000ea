"""Writing a name at a time: no key leads out, no symlink is followed, and nothing that exists is replaced."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from layertui.extract.folder import KEPT_OPEN, Folder, remove_tree
from tests.extract.helpers import fingerprint, names


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    (tmp_path / "in").mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret").write_text("secret")
    folder = Folder(os.open(tmp_path / "in", os.O_RDONLY | os.O_DIRECTORY))
    yield folder
    folder.close()


def doing(folder: Folder, key: bytes) -> list[object]:
    """Every way to make something at a key; each has to fail."""
    failures: list[object] = []
    for make in (
        lambda: folder.make_directory(key, 0o755),
        lambda: os.close(folder.make_file(key, 0o644)),
        lambda: folder.make_symlink(key, b"x"),
        lambda: folder.make_node(key, 0o010644, 0),
        lambda: folder.make_link(key, b"file"),
        lambda: folder.make_link(b"new", key),
        lambda: folder.remove(key),
        lambda: folder.directory(key + b"\0below"),
    ):
        with pytest.raises((OSError, ValueError)) as raised:
            make()
        failures.append(raised.value)
    return failures


@pytest.mark.parametrize(
    "key",
    [
        *(b"..", b"..\0outside\0secret", b"../outside/secret", b"a\0..\0..\0outside\0new", b".", b"a\0.", b"a/b"),
        *(b"\0", b"a\0\0b", b"/etc", b"link\0secret", b"link\0new", b"file\0below", b"missing\0below"),
    ],
)
def test_no_key_leads_out(key: bytes, folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "in/a").mkdir()
    (tmp_path / "in/link").symlink_to(tmp_path / "outside")
    (tmp_path / "in/file").write_text("f")
    before = fingerprint(tmp_path)
    doing(folder, key)
    assert fingerprint(tmp_path) == before


def test_nothing_that_exists_is_replaced(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "in/link").symlink_to(tmp_path / "outside/new")
    (tmp_path / "in/hard").write_text("hard")
    before = fingerprint(tmp_path)
    for key in (b"link", b"hard"):
        for make in (
            lambda key=key: folder.make_file(key, 0o644),
            lambda key=key: folder.make_directory(key, 0o755),
            lambda key=key: folder.make_symlink(key, b"x"),
            lambda key=key: folder.make_link(key, b"hard"),
        ):
            with pytest.raises(FileExistsError):
                make()
    assert fingerprint(tmp_path) == before


def test_many_directories_need_few_descriptors(folder: Folder) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for number in range(300):
        key = b"d%d" % number
        folder.make_directory(key, 0o755)
        os.close(folder.make_file(key + b"\0f", 0o644))
    for number in range(300):
        folder.make_link(b"d%d\0again" % number, b"d%d\0f" % (299 - number))
    assert len(os.listdir("/proc/self/fd")) <= before + KEPT_OPEN


def test_a_tree_is_removed_whatever_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/kept").write_text("kept")
    root = tmp_path / "tree"
    for width in range(3):
        for depth in ("a", "a/b", "a/b/c"):
            (root / str(width) / depth).mkdir(parents=True, exist_ok=True)
            (root / str(width) / depth / "f").write_text("f")
            (root / str(width) / depth / "l").symlink_to(tmp_path / "outside")
    os.mkfifo(root / "pipe")
    (root / "2/a/b").chmod(0)
    at = os.open(tmp_path, os.O_RDONLY)
    try:
        remove_tree(at, b"tree")
        (tmp_path / "link").symlink_to("outside")
        with pytest.raises(OSError):  # noqa: PT011 - which one is the system's affair
            remove_tree(at, b"link")
    finally:
        os.close(at)
    assert names(tmp_path) == ["link", "outside/", "outside/kept"]
