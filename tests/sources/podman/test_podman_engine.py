"""Stores that Podman itself made, next to what Podman saves of them."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from layertui.errors import DamagedError
from layertui.image.image import Image
from layertui.layer.stored import StoredTree
from tests.contract import expected_polite
from tests.contract.listing import diff_lines, merged_lines
from tests.contract.podman_store import PodmanStore, why_not
from tests.sources.podman.changed import CHANGED, filled, saved
from tests.sources.podman.reading import as_committed, contents, listing, named, read, same_layers

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))


@pytest.fixture(scope="module")
def store(archive: bytes) -> Iterator[PodmanStore]:
    with PodmanStore() as made:
        yield filled(made, archive)


def methods(image: Image) -> set[str]:
    return {layer.content.method for layer in image.layers if isinstance(layer.content, StoredTree)}


def test_a_loaded_image_shows_what_the_archive_holds(store: PodmanStore, archive: bytes, tmp_path: Path) -> None:
    (tmp_path / "polite.tar").write_bytes(archive)
    image = named(listing(store), "localhost/polite:1").open()
    same_layers(image, saved(tmp_path / "polite.tar"))
    _, squash = read(image)
    assert [diff_lines(squash, layer) for layer in range(5)] == expected_polite.DIFFS
    assert merged_lines(squash) == expected_polite.MERGED
    assert methods(image) == {"Podman's books (tar-split)"}


def test_a_committed_image_shows_what_podman_saves_of_it(store: PodmanStore) -> None:
    image = named(listing(store), "localhost/committed:1").open()
    same_layers(image, saved(store.directory / "committed.tar"))


def test_a_changed_container_shows_what_a_commit_adds(store: PodmanStore) -> None:
    image = named(listing(store), "c").open()
    committed = saved(store.directory / "committed.tar")
    trees, squash = read(image)
    of_commit, _ = read(committed)
    assert as_committed(trees[5]) == as_committed(of_commit[5])
    assert contents(image, 5, trees[5]) == contents(committed, 5, of_commit[5])
    assert diff_lines(squash, 5) == CHANGED


def test_the_list_has_what_podman_lists(store: PodmanStore) -> None:
    source = listing(store)
    said = json.loads("".join(store.lines("images", "--format", "json")))
    images = [entry for entry in source.entries() if entry.kind == "image"]
    records = [entry.record for entry in images if entry.record is not None]
    assert [entry.tags for entry in images] == [("localhost/committed:1",), ("localhost/polite:1",)]
    assert [record.image_id for record in records] == [f"sha256:{line['Id']}" for line in said]
    assert [entry.digest for entry in images] == [line["Digest"] for line in said]
    inspected = json.loads("".join(store.lines("inspect", "polite:1", "--type", "image")))[0]
    assert list(records[1].repo_digests) == inspected["RepoDigests"]
    assert records[1].created == inspected["Created"]
    assert records[1].labels == inspected["Labels"]
    # Podman counts its documents too.
    assert 0 < inspected["Size"] - (records[1].size_bytes or 0) < 10_000
    assert records[0].layers[:5] == records[1].layers


def test_a_container_stands_behind_its_image(store: PodmanStore) -> None:
    entries = listing(store).entries()
    assert [(entry.kind, entry.reference) for entry in entries] == [
        ("image", "localhost/committed:1"),
        ("image", "localhost/polite:1"),
        ("container", "c"),
    ]
    assert entries[2].tags == ("c",)
    container = entries[2].container
    assert container is not None
    assert container.container_id == store.podman("inspect", "c", "--type", "container", "--format", "{{.Id}}")
    assert (container.running, container.status, container.engine_files) == (None, "", ())
    image = entries[2].open()
    assert image.container == container
    assert [layer.writable for layer in image.layers] == [False] * 5 + [True]


def test_steps_of_a_build_are_left_out_and_dangling_images_are_not(archive: bytes, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM polite:1\nCOPY Dockerfile /one\nCOPY Dockerfile /two\nENV A=b\n")
    with PodmanStore() as store:
        store.load(archive)
        store.podman("build", "-q", "-t", "built:1", "--layers", tmp_path)
        (tmp_path / "Dockerfile").write_text("FROM polite:1\nCOPY Dockerfile /other\n")
        store.podman("build", "-q", "-t", "built:1", tmp_path)
        listed = [str(entry.record.image_id) for entry in listing(store).entries() if entry.record is not None]
        everything = store.lines("images", "-aq", "--no-trunc")
        assert len(everything) == 5  # two steps of the build that has lost its name, itself, the new one, the base
        # Podman's order within one second says nothing.
        assert sorted(listed) == sorted(store.lines("images", "-q", "--no-trunc"))
        named_none = [entry for entry in listing(store).entries() if not entry.tags]
        assert [len(entry.open().layers) for entry in named_none] == [7]


def test_metadata_alone_is_known_as_such(archive: bytes) -> None:
    with PodmanStore(options=["overlay.mountopt=metacopy=on"]) as store:
        store.load(archive)
        store.podman("create", "--name", "c", "polite:1")
        store.inside('M=$($P mount c); chmod 600 "$M/etc/shadow"; mv "$M/usr/lib" "$M/usr/lib2"')
        trees, squash = read(named(listing(store), "c").open())
        lines = diff_lines(squash, 5)
        if "m *  f etc/shadow" not in lines and "? *  f etc/shadow" in lines:
            pytest.skip("this kernel copies the content up as well (no metacopy)")
        assert lines == ["  *  d etc", "m *  f etc/shadow", "  *  d usr", "-    w usr/lib", "+    d usr/lib2"]
        assert any("usr/lib2: was renamed" in warning for warning in trees[5].columns.warnings)


def test_vfs_shows_images_by_their_books_and_containers_by_comparing(archive: bytes, tmp_path: Path) -> None:
    (tmp_path / "polite.tar").write_bytes(archive)
    with PodmanStore("vfs") as store:
        filled(store, archive)
        source = listing(store)
        same_layers(named(source, "localhost/polite:1").open(), saved(tmp_path / "polite.tar"))
        image, committed = named(source, "c").open(), saved(store.directory / "committed.tar")
        trees, squash = read(image)
        of_commit, of_tar = read(committed)
        assert as_committed(trees[5]) == as_committed(of_commit[5])
        assert contents(image, 5, trees[5]) == contents(committed, 5, of_commit[5])
        assert diff_lines(squash, 5) == diff_lines(of_tar, 5)
        assert "m *  d usr" not in diff_lines(squash, 5)  # a directory's mtime alone is in no commit of this driver


def test_owners_of_a_container_in_a_user_namespace_are_its_own(archive: bytes) -> None:
    with PodmanStore() as store:
        store.load(archive)
        store.podman("create", "--name", "c", "--uidmap", "0:100000:5000", "--gidmap", "0:200000:5000", "polite:1")
        store.inside('M=$($P mount c); chmod 600 "$M/home/user/new"; echo 1 > "$M/a"; chown 100007:200008 "$M/a"')
        trees, _ = read(named(listing(store), "c").open())
        owners = {entry.path: (entry.uid, entry.gid) for entry in trees[5].entries()}
        assert owners[b"home/user/new"] == (1001, 1001)
        assert owners[b"a"] == (7, 8)


def test_images_of_a_store_that_is_only_read(store: PodmanStore, tmp_path: Path) -> None:
    with PodmanStore(options=[f"overlay.imagestore={store.root}"]) as second:
        second.podman("create", "--name", "elsewhere", "polite:1")
        second.inside('M=$($P mount elsewhere); rm "$M/etc/motd"')
        source = listing(second, [store.root, tmp_path / "absent"])
        assert source.warnings == (f"{tmp_path}/absent is not there.",)
        kinds = [(entry.kind, entry.reference) for entry in source.entries()]
        assert kinds == [
            ("image", "localhost/committed:1"),
            ("image", "localhost/polite:1"),
            ("container", "elsewhere"),
        ]
        _, squash = read(named(source, "elsewhere").open())
        assert diff_lines(squash, 5) == ["  *  d etc", "-    w etc/motd"]
        alone = named(listing(second), "elsewhere")
        with pytest.raises(DamagedError, match=r"its layer \w+ is not in layers\.json"):
            alone.open()


def test_reading_leaves_a_store_as_it_is(store: PodmanStore) -> None:
    def state() -> dict[str, tuple[int, int, int]]:
        paths = [os.path.join(at, name) for at, *names in os.walk(store.root) for name in [*names[0], *names[1]]]
        status = {path: os.lstat(path) for path in paths}
        return {path: (found.st_size, found.st_mtime_ns, found.st_ctime_ns) for path, found in status.items()}

    before = state()
    for entry in listing(store).entries():
        read(entry.open())
    assert state() == before


def test_a_manifest_list_is_no_image(store: PodmanStore) -> None:
    store.podman("manifest", "create", "many:1")
    try:
        found = named(listing(store), "localhost/many:1")
        assert found.kind == "artifact"
        with pytest.raises(DamagedError, match="is a manifest list, not an image"):
            found.open()
    finally:
        store.podman("manifest", "rm", "many:1")
