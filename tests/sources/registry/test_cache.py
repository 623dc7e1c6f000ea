"""The blob cache: what is kept, what has to go, and what nobody may slip in."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from layertui.errors import UnreachableError, UsageError
from layertui.image.digest import Digest
from layertui.sources.registry import cache as module
from layertui.sources.registry.cache import BlobCache

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory to another user")


def numbered(number: int, size_bytes: int = 100) -> tuple[Digest, bytes]:
    data = bytes([number]) * size_bytes
    return Digest.of(data), data


def kept(cache: BlobCache, number: int, size_bytes: int = 100) -> Digest:
    digest, data = numbered(number, size_bytes)
    cache.put(digest, data, "blob")
    return digest


def place(cache: BlobCache, digest: Digest) -> Path:
    return cache.root / digest.algorithm / digest.hex[:2] / digest.hex


@pytest.fixture
def cache(tmp_path: Path) -> BlobCache:
    return BlobCache(tmp_path / "cache" / "blobs", 1000)


def test_what_was_kept_is_read_again_and_private(cache: BlobCache) -> None:
    digest = kept(cache, 1)
    blob = cache.get(digest, 100, "blob")
    assert blob is not None
    assert blob.read_at(0, 200) == b"\1" * 100
    assert [(each.digest, each.size_bytes) for each in cache.entries()] == [(digest, 100)]
    assert cache.size_bytes() == 100
    below = [path for path in (cache.root, *cache.root.rglob("*")) if path.is_dir()]
    assert {path.stat().st_mode & 0o777 for path in below} == {0o700}
    assert place(cache, digest).stat().st_mode & 0o777 == 0o600


def test_what_is_not_finished_is_not_there_and_leaves_nothing(cache: BlobCache) -> None:
    digest, data = numbered(1)
    incoming = cache.begin(digest, len(data), "blob")
    incoming.write(data)
    assert cache.get(digest, len(data), "blob") is None
    assert incoming.read_at(10, 5) == b"\1" * 5
    incoming.close()
    assert [path for path in cache.root.rglob("*") if path.is_file()] == []


def test_what_a_killed_program_left_is_removed_in_time(cache: BlobCache) -> None:
    digest, data = numbered(1)
    cache.begin(digest, len(data), "blob").write(data)
    left = next((cache.root / "incoming").iterdir())
    kept(cache, 2)
    assert left.exists()  # it may be somebody's who is at it
    long_ago_s = time.time() - 2 * 24 * 3600
    os.utime(left, (long_ago_s, long_ago_s))
    kept(cache, 3)
    assert not left.exists()


def test_the_one_used_longest_ago_goes(cache: BlobCache) -> None:
    first, second, third = (kept(cache, number, 300) for number in (1, 2, 3))
    for age_s, digest in enumerate((third, second, first)):
        when_s = time.time() - 100 - age_s
        os.utime(place(cache, digest), (when_s, when_s))
    assert cache.get(first, 300, "blob") is not None  # used now
    fourth = kept(cache, 4, 300)
    assert {each.digest for each in cache.entries()} == {third, first, fourth}
    assert cache.size_bytes() <= 1000


def test_what_is_larger_than_the_cache_is_read_and_not_kept(cache: BlobCache) -> None:
    digest, data = numbered(1, 2000)
    incoming = cache.begin(digest, len(data), "blob")
    incoming.write(data)
    assert not incoming.keep()
    blob = incoming.blob()
    incoming.close()
    assert blob.read_at(0, 3000) == data
    assert cache.entries() == ()


@pytest.mark.parametrize(("text", "limit"), [("0", 0), ("5000", 5000), ("", 10 << 30)])
def test_the_variable_says_how_much_is_kept(
    text: str, limit: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAYERTUI_CACHE_BYTES", text)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    cache = BlobCache()
    assert cache.limit_bytes == limit
    digest = kept(cache, 1)
    assert (cache.get(digest, 100, "blob") is not None) == bool(limit)
    assert list((tmp_path / "layertui").glob("blobs")) == ([cache.root] if limit else [])


@pytest.mark.parametrize("text", ["-1", "10G", "²"])
def test_a_size_that_is_no_number_is_a_usage_error(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAYERTUI_CACHE_BYTES", text)
    with pytest.raises(UsageError, match="LAYERTUI_CACHE_BYTES"):
        BlobCache()


def test_one_of_another_size_is_dropped(cache: BlobCache) -> None:
    digest = kept(cache, 1)
    place(cache, digest).write_bytes(b"short")
    assert cache.get(digest, 100, "blob") is None
    assert cache.entries() == ()


@pytest.mark.parametrize("part", ["root", "algorithm", "shard", "blob"])
def test_a_symlink_is_not_followed(part: str, cache: BlobCache, tmp_path: Path) -> None:
    digest = kept(cache, 1)
    path = {
        "root": cache.root,
        "algorithm": cache.root / "sha256",
        "shard": cache.root / "sha256" / digest.hex[:2],
        "blob": place(cache, digest),
    }[part]
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert cache.get(digest, 100, "blob") is None
    kept(cache, 1)  # nor written through
    assert cache.drop() in (0, 100)
    assert (tmp_path / "elsewhere").exists()


@needs_root
def test_a_directory_of_another_user_is_not_used(cache: BlobCache) -> None:
    digest = kept(cache, 1)
    os.chown(cache.root / "sha256", 1234, 1234)
    assert cache.get(digest, 100, "blob") is None
    other, data = numbered(2)
    incoming = cache.begin(other, len(data), "blob")
    incoming.write(data)
    assert not incoming.keep()
    assert incoming.blob().read_at(0, 3) == b"\2\2\2"


def test_a_directory_that_others_could_write_to_is_closed_to_them(cache: BlobCache) -> None:
    digest = kept(cache, 1)
    cache.root.chmod(0o777)
    assert cache.get(digest, 100, "blob") is not None
    assert cache.root.stat().st_mode & 0o777 == 0o700


def test_a_disk_that_is_nearly_full_is_said_and_old_blobs_make_room(
    cache: BlobCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = kept(cache, 1)
    monkeypatch.setattr(module, "RESERVE_BYTES", 1 << 60)
    incoming = cache.begin(*numbered(2)[:1], 100, "registry.example.com/api: blob sha256:ab")
    with pytest.raises(UnreachableError, match="has no room for it") as caught:
        incoming.write(b"\2" * 100)
    incoming.close()
    assert "LAYERTUI_CACHE_BYTES=0" in caught.value.hint
    assert "blob sha256:ab" in caught.value.message
    assert cache.get(digest, 100, "blob") is None  # it was in the way


def test_dropping_one_and_all(cache: BlobCache) -> None:
    first, second, _ = (kept(cache, number) for number in (1, 2, 3))
    open_blob = cache.get(second, 100, "blob")
    assert cache.drop(first) == 100
    cache.begin(first, 100, "blob").write(b"\1" * 50)
    assert cache.drop() == 250
    assert cache.entries() == ()
    assert open_blob is not None
    assert open_blob.read_at(0, 1) == b"\2"


def test_files_that_are_not_blobs_are_left_alone(cache: BlobCache) -> None:
    digest = kept(cache, 1)
    stranger = cache.root / "sha256" / digest.hex[:2] / "notes.txt"
    stranger.write_text("x")
    assert [each.digest for each in cache.entries()] == [digest]
    cache.drop()
    assert stranger.exists()


def test_programs_share_it(tmp_path: Path) -> None:
    """Each keeps the same blobs in a cache that holds half of them, while others do: no failure, never wrong bytes."""
    script = (
        "import sys; from pathlib import Path; from layertui.image.digest import Digest\n"
        "from layertui.sources.registry.cache import BlobCache\n"
        "cache = BlobCache(Path(sys.argv[1]), 10_000)\n"
        "for turn in range(5):\n"
        "    for number in range(20):\n"
        "        data = bytes([number]) * 1000; digest = Digest.of(data)\n"
        "        blob = cache.get(digest, 1000, 'blob')\n"
        "        assert blob is None or blob.read_at(0, 2000) == data\n"
        "        if blob is None: cache.put(digest, data, 'blob')\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "blobs")]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE, cwd=Path(__file__).parents[3]) for _ in range(3)]
    assert [(each.communicate(timeout=60)[1], each.returncode) for each in running] == [(b"", 0)] * 3
    cache = BlobCache(tmp_path / "blobs", 10_000)
    assert 0 < cache.size_bytes() <= 13_000  # each may have been about to make room
    assert list((cache.root / "incoming").iterdir()) == []
