"""Layers of a registry: fetched when they are read, verified, kept, and given up at once."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from layertui.errors import Cancelled, DamagedError, NotFoundError, UnreachableError
from layertui.extract.contents import Work
from layertui.extract.layertar import layer_tar
from layertui.image.blob import BytesBlob
from layertui.image.digest import DiffID, Digest
from layertui.image.image import Layer
from layertui.image.manifest import Descriptor
from layertui.layer.compression import Compression, decompress
from layertui.layer.read import layer_window, read_layer
from layertui.layer.tree import LayerTree
from layertui.layer.version import open_version
from layertui.sources.registry.blobs import Blobs
from layertui.sources.registry.cache import BlobCache
from layertui.sources.registry.layer import RemoteLayer
from layertui.stack.compare_reading import Contents
from layertui.stack.content import SpotComparer
from layertui.stack.search_content import search_layer
from layertui.stack.search_pattern import compile_needle
from tests.kit.entries import directory, file, symlink
from tests.kit.estargz import estargz
from tests.kit.images import compress
from tests.kit.tar import tar_bytes
from tests.sources.registry.fake import FakeClient, sha256

NOISE = random.Random(5).randbytes(200_000)
ENTRIES = [
    directory("a"),
    file("a/one", b"1" * 3000),
    file("a/noise", NOISE),
    symlink("b", "a/one"),
    file("c", b"last"),
]
TAR = tar_bytes(ENTRIES, "pax")
LAYER = Layer(0, None, None, None, "", None, None, None, None, None, None)
GZIP = "application/vnd.oci.image.layer.v1.tar+gzip"


class Repo:
    """A repository with a cache on disk, and the layer in it."""

    def __init__(self, root: Path, limit: int = 1 << 30) -> None:
        self.client = FakeClient()
        self.cache = BlobCache(root / "blobs", limit)

    def layer(self, blob: bytes, diff_id: str | None = None, **more: object) -> RemoteLayer:
        digest = self.client.put(blob)
        return self.of(Descriptor(GZIP, Digest(digest), len(blob), **more), diff_id)  # type: ignore[arg-type]

    def of(self, descriptor: Descriptor, diff_id: str | None = None) -> RemoteLayer:
        known = DiffID(diff_id) if diff_id else None
        return RemoteLayer(Blobs(self.client, self.cache), descriptor, known)  # type: ignore[arg-type]


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path)


def names(tree: LayerTree) -> list[bytes]:
    return [entry.path for entry in tree.entries()]


def content(layer: RemoteLayer, tree: LayerTree, path: bytes) -> bytes:
    blob = open_version(layer, tree, tree.columns.keys.index(path.replace(b"/", b"\0")))
    return blob.read_at(0, blob.size_bytes)


@pytest.mark.parametrize("how", ["plain", "gzip", "zstd", "xz"])
def test_a_layer_is_fetched_once_verified_and_kept(how: str, repo: Repo) -> None:
    blob = compress(TAR, how)
    layer = repo.layer(blob, sha256(TAR))
    assert repo.client.asked == []
    done: list[int] = []
    tree = read_layer(layer, progress=done.append)
    local = read_layer(BytesBlob(blob, "x"))
    assert list(tree.entries()) == list(local.entries())
    assert (tree.verified, tree.problems, tree.damage) == (("digest", "diff ID"), (), None)
    assert done == sorted(done)
    assert done[-1] == len(blob)
    assert repo.client.streamed() == 1
    repo.client.blobs.clear()  # from here on nothing can be fetched
    assert content(layer, tree, b"a/noise") == NOISE
    assert content(layer, tree, b"b") == b"a/one"
    window = layer_window(layer, tree)
    offsets = sorted((tree.columns.offsets[row], row) for row in range(len(tree)) if tree.columns.sizes[row])
    assert [window.fetch(offset, 4)[:4] for offset, _ in offsets] == [b"1111", NOISE[:4], b"last"]
    again = repo.of(layer.descriptor, sha256(TAR))
    assert names(read_layer(again)) == names(tree)
    assert read_layer(again).verified == ("digest", "diff ID")
    assert repo.client.streamed() == 1


def test_another_digest_is_refused_and_nothing_is_kept(repo: Repo) -> None:
    blob = compress(TAR, "gzip")
    layer = repo.layer(blob)
    repo.client.blobs[sha256(blob)] = compress(TAR.replace(b"last", b"evil"), "gzip")[: len(blob)].ljust(
        len(blob), b"\0"
    )
    with pytest.raises(DamagedError, match="does not match its digest: its content is sha256:"):
        read_layer(layer)
    assert repo.cache.entries() == ()
    assert list(repo.cache.root.rglob("*.*")) == []
    with pytest.raises(DamagedError):
        layer.whole()


def test_another_diff_id_is_said(repo: Repo) -> None:
    tree = read_layer(repo.layer(compress(TAR, "gzip"), sha256(b"other")))
    assert tree.verified == ("digest",)
    assert "diff ID does not match" in tree.problems[0]


@pytest.mark.parametrize("spoil", [lambda data: data[:-20] + bytes(20), lambda data: bytes(len(data))])
def test_a_kept_blob_that_was_changed_is_fetched_anew(spoil, repo: Repo) -> None:  # type: ignore[no-untyped-def]
    blob = compress(TAR, "gzip")
    layer = repo.layer(blob)
    whole = read_layer(layer)
    path = next(path for path in repo.cache.root.rglob("*") if path.is_file())
    path.write_bytes(spoil(blob))
    assert names(read_layer(layer)) == names(whole)
    assert repo.client.streamed() == 2
    assert path.read_bytes() == blob


def test_a_kept_blob_that_was_changed_is_dropped_though_no_other_comes(repo: Repo) -> None:
    blob = compress(TAR, "gzip")
    layer = repo.layer(blob)
    read_layer(layer)
    path = next(path for path in repo.cache.root.rglob("*") if path.is_file())
    path.write_bytes(bytes(len(blob)))
    repo.client.blobs.clear()
    with pytest.raises(DamagedError, match="no such blob"):
        read_layer(layer)
    assert repo.cache.entries() == ()


def test_a_content_is_read_at_any_offset(repo: Repo) -> None:
    layer = repo.layer(compress(TAR, "gzip"))
    tree = read_layer(layer)
    blob = open_version(layer, tree, tree.columns.keys.index(b"a\0noise"))
    for offset in (150_000, 0, 90_000):
        assert blob.read_at(offset, 50) == NOISE[offset : offset + 50]


def test_a_damaged_layer_is_shown_as_far_as_it_goes_and_kept(repo: Repo) -> None:
    blob = compress(TAR, "gzip")
    cut = blob[: len(blob) // 2]
    layer = repo.layer(cut)
    tree = read_layer(layer)
    assert tree.damage is not None
    assert b"a/one" in names(tree)
    assert "digest" in tree.verified
    assert content(layer, tree, b"a/one") == b"1" * 3000
    assert names(read_layer(layer)) == names(tree)
    assert repo.client.streamed() == 1


@pytest.mark.parametrize("limit", [0, 1000])
def test_without_a_cache_contents_are_read_all_the_same(limit: int, tmp_path: Path) -> None:
    repo = Repo(tmp_path, limit)
    layer = repo.layer(compress(TAR, "gzip"))
    tree = read_layer(layer)
    assert content(layer, tree, b"c") == b"last"
    assert repo.client.streamed() == 1
    assert repo.cache.entries() == ()


def test_a_layer_that_waits_is_cancelled_at_once_and_leaves_nothing(repo: Repo) -> None:
    repo.client.hold = threading.Event()
    layer = repo.layer(compress(TAR, "gzip"))
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    begun_s = time.monotonic()
    with pytest.raises(Cancelled):
        read_layer(layer, cancelled=stop.is_set)
    assert time.monotonic() - begun_s < 0.8
    assert repo.client.closed.wait(2)  # the request is ended too
    _until(lambda: not list((repo.cache.root / "incoming").iterdir()))
    repo.client.hold = None
    repo.client.closed.clear()
    assert b"c" in names(read_layer(layer))


def test_two_that_read_at_once_fetch_once_and_one_may_be_cancelled(repo: Repo) -> None:
    repo.client.hold = threading.Event()
    layer = repo.layer(compress(TAR, "gzip"))
    stop = threading.Event()
    found: list[object] = []

    def read(cancelled: threading.Event | None) -> None:
        try:
            found.append(names(read_layer(layer, cancelled=cancelled.is_set if cancelled else None)))
        except Cancelled:
            found.append("cancelled")

    threads = [threading.Thread(target=read, args=(each,)) for each in (stop, None)]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    stop.set()
    threads[0].join(2)
    repo.client.hold.set()
    threads[1].join(5)
    assert found[0] == "cancelled"
    assert b"c" in found[1]  # type: ignore[operator]
    assert repo.client.streamed() == 1


def test_a_full_disk_is_said(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layertui.sources.registry.cache.RESERVE_BYTES", 1 << 60)
    with pytest.raises(UnreachableError, match="no room"):
        read_layer(repo.layer(compress(TAR, "gzip")))


@pytest.mark.parametrize(
    ("media_type", "said"),
    [(GZIP, "no such blob"), (GZIP.replace("layer.", "layer.nondistributable."), "not distributed")],
)
def test_a_layer_that_the_registry_lacks_is_damage(media_type: str, said: str, repo: Repo) -> None:
    layer = repo.of(Descriptor(media_type, Digest(sha256(b"gone")), 100_000))
    for ask in (lambda: read_layer(layer), layer.whole):
        with pytest.raises(DamagedError, match=said) as caught:
            ask()
        assert not isinstance(caught.value, NotFoundError)


@pytest.fixture(params=["annotated", "by its footer"])
def seekable(request: pytest.FixtureRequest, repo: Repo) -> RemoteLayer:
    """An eStargz in the repository."""
    made = estargz(ENTRIES, 50_000)
    return repo.layer(made.blob, annotations=made.annotations if request.param == "annotated" else {})


def test_an_estargz_is_listed_without_its_contents(seekable: RemoteLayer, repo: Repo) -> None:
    tree = read_layer(seekable)
    assert sorted(names(tree)) == [b"a", b"a/noise", b"a/one", b"b", b"c"]
    assert repo.client.streamed() == 0
    listed = sum(int(line.partition("+")[2]) for line in repo.client.asked)
    assert listed < 20_000
    assert content(seekable, tree, b"c") == b"last"
    assert content(seekable, tree, b"a/noise") == NOISE
    assert repo.client.streamed() == 0
    assert "table of contents" in seekable.method


def test_an_estargz_that_is_here_already_is_read_as_what_it_is(seekable: RemoteLayer, repo: Repo) -> None:
    seekable.whole()
    tree = read_layer(seekable)
    assert "digest" in tree.verified
    assert content(seekable, tree, b"c") == b"last"
    assert len(repo.client.asked) == 1


def test_a_registry_without_ranges_sends_it_whole(seekable: RemoteLayer, repo: Repo) -> None:
    repo.client.ranges = False
    tree = read_layer(seekable)
    assert b"a/noise" in names(tree)
    assert content(seekable, tree, b"c") == b"last"
    assert repo.client.streamed() == 1
    assert "table" not in seekable.method


def test_a_table_of_contents_that_is_damaged_is_said_and_not_used(repo: Repo) -> None:
    made = estargz(ENTRIES, 50_000)
    wrong = {name: sha256(b"other") for name in made.annotations}
    tree = read_layer(repo.layer(made.blob, annotations=wrong))
    assert b"a/noise" in names(tree)
    assert "digest" in tree.verified
    assert "The whole layer was read instead." in tree.problems[0]


def test_a_small_layer_is_not_asked_for_its_table(repo: Repo) -> None:
    made = estargz([file("a", "1")])
    read_layer(repo.layer(made.blob, annotations=made.annotations))
    assert [line.split()[0] for line in repo.client.asked] == ["stream"]


def test_waiting_for_a_part_is_cancelled(seekable: RemoteLayer, repo: Repo) -> None:
    tree = read_layer(seekable)
    repo.client.hold_ranges = threading.Event()
    row = tree.columns.keys.index(b"c")

    def tick(done: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        open_version(seekable, tree, row, tick).read_at(0, 4)
    repo.client.hold_ranges = None
    assert content(seekable, tree, b"c") == b"last"


def test_a_tree_is_read_by_what_listed_it(seekable: RemoteLayer, repo: Repo) -> None:
    by_table = read_layer(seekable)
    seekable.whole()
    again = repo.of(seekable.descriptor)
    by_tar = read_layer(again)
    for layer in (seekable, again, repo.of(seekable.descriptor)):
        for tree in (by_table, by_tar):
            assert content(layer, tree, b"a/noise") == NOISE
            assert (
                layer_window(layer, tree).fetch(tree.columns.offsets[tree.columns.keys.index(b"c")], 4)[:4] == b"last"
            )
    assert repo.client.streamed() == 1


def test_a_table_that_lies_later_does_not_spoil_what_was_listed(seekable: RemoteLayer, repo: Repo) -> None:
    before = read_layer(seekable)
    digest, whole = seekable.descriptor.digest, repo.client.blobs[seekable.descriptor.digest]
    at = len(whole) - 3000
    repo.client.blobs[digest] = whole[:at] + bytes(2500) + whole[at + 2500 :]  # in the middle of the table
    with pytest.raises(DamagedError):
        read_layer(seekable)
    repo.client.blobs[digest] = whole
    after = read_layer(seekable)
    assert "table" not in seekable.method
    for tree in (before, after):
        assert content(seekable, tree, b"a/noise") == NOISE


def test_blobs_of_one_tar_with_and_without_a_table_are_not_mixed_up(seekable: RemoteLayer, repo: Repo) -> None:
    by_table = read_layer(seekable)
    blob = BytesBlob(repo.client.blobs[seekable.descriptor.digest], "x")
    plain = repo.layer(compress(b"".join(decompress(blob, Compression.GZIP)), "zstd"))
    by_tar = read_layer(plain)
    assert content(seekable, by_tar, b"a/noise") == NOISE
    with pytest.raises(DamagedError, match="has no table of contents"):
        content(plain, by_table, b"a/noise")


def test_how_much_there_is_to_list_is_its_table(seekable: RemoteLayer, repo: Repo) -> None:
    done: list[int] = []
    read_layer(seekable, progress=done.append)
    assert done[-1] == seekable.size_bytes < 20_000
    repo.client.ranges = False
    read_layer(seekable, progress=done.append)
    assert done[-1] == seekable.size_bytes == seekable.descriptor.size_bytes


def stopping(done: int) -> None:
    raise Cancelled


@pytest.mark.parametrize(
    "ask",
    [
        lambda layer, tree: layer_window(layer, tree, stopping),
        lambda layer, tree: layer_tar(replace(LAYER, content=layer), Work(cancelled=lambda: True)),
        lambda layer, tree: list(search_layer(layer, tree, compile_needle("last"), range(len(tree)), stopping)),
        lambda layer, tree: SpotComparer().digests([(tree, 0)], {tree: layer}, lambda: True),
        lambda layer, tree: Contents({tree: layer}, [(tree, 0)], lambda: True),
    ],
    ids=["a window", "its tar", "a search", "digests", "contents to compare"],
)
def test_waiting_for_what_the_cache_lost_is_cancelled(ask: Callable[..., object], repo: Repo) -> None:
    layer = repo.layer(compress(TAR, "gzip"))
    tree = read_layer(layer)
    repo.cache.drop()
    repo.client.closed.clear()
    repo.client.hold = threading.Event()
    at_last = threading.Timer(3, repo.client.hold.set)  # so that this test ends, where nothing is cancelled
    at_last.start()
    begun_s = time.monotonic()
    with pytest.raises(Cancelled):
        ask(layer, tree)
    assert time.monotonic() - begun_s < 0.5
    repo.client.hold.set()
    at_last.cancel()


def _until(there) -> None:  # type: ignore[no-untyped-def]
    end_s = time.monotonic() + 2
    while not there():
        assert time.monotonic() < end_s
        time.sleep(0.02)
