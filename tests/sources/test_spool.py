"""Archives that are written to disk first: to a disk, without a name, within bounds, and cancelled at once."""

import errno
import gc
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from layertui.errors import Cancelled, DamagedError, UnreachableError, UsageError
from layertui.image.blob import FileBlob
from layertui.layer import spool as spooling
from layertui.layer.spool import spool, spool_directory
from layertui.sources.resolve import open_reference
from layertui.sources.spool import make_tick, open_stream
from tests.kit.docker import docker_archive
from tests.kit.entries import file
from tests.kit.images import ImageSpec, compress


def silent(done: int) -> None:
    """A tick that never stops anything."""


def test_the_file_has_no_name_and_its_space_is_free_again(tmp_path: Path) -> None:
    blob = spool([b"abc", b"", b"def"], "label", directory=tmp_path)
    assert (blob.label, blob.size_bytes, blob.read_at(0, 9)) == ("label", 6, b"abcdef")
    assert list(tmp_path.iterdir()) == []
    assert os.fstat(blob.fileno()).st_nlink == 0
    fd = blob.fileno()
    del blob
    gc.collect()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(fd)


def test_nothing_is_left_when_the_chunks_fail(tmp_path: Path) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"abc"
        raise DamagedError("broken")

    with pytest.raises(DamagedError, match="broken"):
        spool(chunks(), "label", directory=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_cache_directory_is_used_and_is_ours_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(spooling, "_in_memory", lambda path: False)
    where = spool_directory()
    assert where == tmp_path / "cache" / "layertui"
    assert where.stat().st_mode & 0o777 == 0o700


def test_a_disk_goes_before_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(spooling, "_in_memory", lambda path: tmp_path in path.parents)
    assert spool_directory() == Path("/var/tmp")
    monkeypatch.setattr(spooling, "_in_memory", lambda path: True)
    assert spool_directory() == tmp_path / "layertui"


@pytest.mark.skipif(not Path("/proc/self/mountinfo").exists(), reason="needs Linux")
def test_memory_is_told_by_the_mount_table() -> None:
    if Path("/dev/shm").is_mount():
        assert spooling._in_memory(Path("/dev/shm"))
    assert not spooling._in_memory(Path("/proc"))
    assert not spooling._in_memory(Path("/nowhere"))


def test_no_directory_at_all_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spooling, "_make", lambda path: False)
    with pytest.raises(UnreachableError, match=r"no directory to unpack .* tried .*/var/tmp") as caught:
        spool_directory()
    assert "XDG_CACHE_HOME" in caught.value.hint


def test_more_than_the_bound_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAYERTUI_MAX_SPOOL_BYTES", "5")
    with pytest.raises(DamagedError, match="exceeds the bound of 5 bytes"):
        spool([b"abc", b"def"], "label", directory=tmp_path)


def test_the_disk_is_never_filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spooling, "RESERVE_BYTES", 1 << 60)
    with pytest.raises(UnreachableError, match="has no room for it"):
        spool([b"abc"], "label", directory=tmp_path)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def full(fd: int, data: object) -> int:
        raise OSError(code, "full")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(UnreachableError, match="has no room for it") as caught:
        spool([b"abc"], "label", directory=tmp_path)
    assert "XDG_CACHE_HOME" in caught.value.hint


def test_unpacking_is_cancelled_and_reports_what_is_done(tmp_path: Path) -> None:
    noise = os.urandom(3 << 20)
    path = tmp_path / "image.tar.gz"
    path.write_bytes(compress(docker_archive([ImageSpec(layers=[[file("a", noise)]])]), "gzip"))
    seen: list[int] = []
    with pytest.raises(Cancelled):
        open_reference(str(path), progress=seen.append, cancelled=lambda: len(seen) >= 3)
    assert len(seen) == 3
    assert seen == sorted(seen)
    assert open_reference(str(path)).chosen is not None


def test_a_bomb_is_refused_before_it_fills_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layertui.layer.compression.EXPANSION_FLOOR_BYTES", 1 << 20)
    path = tmp_path / "bomb.tar.zst"
    path.write_bytes(compress(bytes(64 << 20), "zstd"))
    with pytest.raises(DamagedError, match="bomb"):
        open_reference(str(path))


def pipe_with(data: bytes) -> int:
    """A pipe that this data comes through, then its end."""
    read_end, write_end = os.pipe()

    def write() -> None:
        with os.fdopen(write_end, "wb") as stream:
            stream.write(data)

    threading.Thread(target=write, daemon=True).start()
    return read_end


def test_a_pipe_is_read_to_its_end() -> None:
    data = os.urandom(300_000)
    fd = pipe_with(data)
    blob = open_stream(fd, "standard input", silent)
    os.close(fd)
    assert blob.read_at(0, 400_000) == data


def test_a_pipe_that_says_nothing_is_cancelled_within_half_a_second() -> None:
    read_end, write_end = os.pipe()
    start = time.monotonic()
    with pytest.raises(Cancelled):
        open_stream(read_end, "standard input", make_tick(None, lambda: time.monotonic() - start > 0.1))
    assert time.monotonic() - start < 0.5
    os.close(read_end)
    os.close(write_end)


def test_a_file_as_standard_input_is_read_in_place(tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(b"0123456789")
    with path.open("rb") as stream:
        os.lseek(stream.fileno(), 3, os.SEEK_SET)
        blob = open_stream(stream.fileno(), "standard input", silent)
    assert isinstance(blob, FileBlob)
    assert os.fstat(blob.fileno()).st_ino == path.stat().st_ino
    assert blob.read_at(0, 99) == b"3456789"


def test_a_terminal_as_standard_input_is_a_usage_error() -> None:
    primary, secondary = os.openpty()
    with pytest.raises(UsageError, match="is a terminal"):
        open_stream(secondary, "standard input", silent)
    os.close(primary)
    os.close(secondary)


def test_a_closed_standard_input_is_a_sentence() -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    os.close(write_end)
    with pytest.raises(UnreachableError, match="bad file descriptor"):
        open_stream(read_end, "standard input", silent)
