"""Blobs read from any offset, and each way in which a file cannot be read has its sentence."""

import errno
import gc
import os
from pathlib import Path

import pytest

from layertui.errors import DamagedError, LayertuiError, NotFoundError, UnreachableError
from layertui.image.blob import BytesBlob, FileBlob, SliceableBlob, read_error


@pytest.fixture(params=["file", "bytes"])
def blob(request: pytest.FixtureRequest, tmp_path: Path) -> SliceableBlob:
    if request.param == "bytes":
        return BytesBlob(b"0123456789", "ten")
    path = tmp_path / "ten"
    path.write_bytes(b"0123456789")
    return FileBlob.open(path, "ten")


def test_reads_at_any_offset_and_shorter_only_at_the_end(blob: SliceableBlob) -> None:
    assert blob.size_bytes == 10
    assert blob.read_at(0, 3) == b"012"
    assert blob.read_at(8, 5) == b"89"
    assert blob.read_at(10, 5) == b""
    assert blob.read_at(99, 5) == b""


def test_a_slice_ends_where_it_ends(blob: SliceableBlob) -> None:
    part = blob.slice(2, 3, "part")
    assert (part.size_bytes, part.label) == (3, "part")
    assert part.read_at(1, 10) == b"34"


def test_a_slice_of_a_slice_counts_from_the_slice(tmp_path: Path) -> None:
    path = tmp_path / "ten"
    path.write_bytes(b"0123456789")
    assert FileBlob.open(path, "ten").slice(2, 6, "a").slice(1, 2, "b").read_at(0, 9) == b"34"


@pytest.mark.parametrize(("offset", "size"), [(8, 3), (11, 0), (-1, 2), (0, -1)])
def test_a_slice_beyond_the_end_is_damage(blob: SliceableBlob, offset: int, size: int) -> None:
    with pytest.raises(DamagedError, match="ten"):
        blob.slice(offset, size, "part")


def test_the_file_stays_open_while_a_slice_lives_and_no_longer(tmp_path: Path) -> None:
    path = tmp_path / "ten"
    path.write_bytes(b"0123456789")
    whole = FileBlob.open(path, "ten")
    fd, part = whole.fileno(), whole.slice(5, 5, "part")
    del whole
    gc.collect()
    assert part.read_at(0, 5) == b"56789"
    del part
    gc.collect()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(fd)


def test_a_file_cut_off_while_it_is_read_is_said(tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(b"x" * 5000)
    opened = FileBlob.open(path, "image.tar")
    os.truncate(path, 1000)
    with pytest.raises(DamagedError, match=r"image\.tar ends at byte 1,000; 5,000"):
        opened.read_at(0, 5000)


def test_what_is_no_file_is_named_for_what_it_is(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NotFoundError, match="gone is not there"):
        FileBlob.open(tmp_path / "gone", "gone")
    with pytest.raises(UnreachableError, match="dir is a directory, not a file"):
        FileBlob.open(tmp_path, "dir")
    with pytest.raises(UnreachableError, match="pipe is a named pipe, not a file"):
        FileBlob.open(tmp_path / "pipe", "pipe")
    with pytest.raises(NotFoundError):
        FileBlob.open(Path("a\0b"), "nul")


def test_a_symlink_is_followed_only_when_that_is_allowed(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to("file")
    assert FileBlob.open(tmp_path / "link", "link").read_at(0, 1) == b"x"
    with pytest.raises(DamagedError, match="symlink"):
        FileBlob.open(tmp_path / "link", "link", follow=False)


@pytest.mark.parametrize(
    ("code", "kind", "said"),
    [
        (errno.ENOENT, NotFoundError, "is not there"),
        (errno.EACCES, UnreachableError, "permission denied"),
        (errno.EISDIR, UnreachableError, "is a directory"),
        (errno.ELOOP, DamagedError, "symlink"),
        (errno.EMFILE, UnreachableError, "too many open files"),
        (errno.ENXIO, UnreachableError, "socket"),
        (errno.EIO, UnreachableError, "input/output error"),
    ],
)
def test_each_error_of_the_system_is_a_sentence(code: int, kind: type[LayertuiError], said: str) -> None:
    problem = read_error(OSError(code, os.strerror(code)), "image.tar")
    assert type(problem) is kind
    assert problem.message.startswith("image.tar")
    assert said in problem.message
    assert problem.message.endswith(".")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.touch(mode=0o000)
    with pytest.raises(UnreachableError, match="permission denied"):
        FileBlob.open(path, "secret")
