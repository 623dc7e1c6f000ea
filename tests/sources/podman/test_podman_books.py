"""Books of a store that are broken, half-written or hostile: what can be read is listed, the rest is said."""

import json
import os
from pathlib import Path

import pytest

from layertui.errors import DamagedError, LayertuiError, NotFoundError, UnreachableError, UsageError
from layertui.sources.base import WARNINGS, Listing
from layertui.sources.podman.store import ContainersStorage, sniff, split_store
from layertui.sources.target import Target
from tests.contract.listing import diff_lines
from tests.sources.podman.made import OTHER, SPEC, MadeStore
from tests.sources.podman.reading import contents, named, read


@pytest.fixture
def made(tmp_path: Path) -> MadeStore:
    """A store with two images on one base, and a container of the first."""
    store = MadeStore(tmp_path / "store")
    store.container("c", store.add(SPEC))
    store.add(OTHER, ["localhost/other:1"], "2023-01-02T03:04:05Z")
    return store


def opened(made: MadeStore) -> Listing:
    return ContainersStorage.open(made.root).listing()


def kinds(source: Listing) -> list[tuple[str, str]]:
    return [(entry.kind, entry.reference) for entry in source.entries()]


WHOLE = [("image", "localhost/made:1"), ("container", "c"), ("image", "localhost/other:1")]


def test_a_whole_store_is_listed_and_read(made: MadeStore) -> None:
    source = opened(made)
    assert (kinds(source), source.warnings) == (WHOLE, ())
    image = named(source, "localhost/made:1").open()
    trees, squash = read(image)
    assert diff_lines(squash, 1) == ["  *  d etc", "-    w etc/other"]
    assert contents(image, 0, trees[0]) == {b"etc/motd": b"Welcome.\n", b"etc/other": b"x"}
    first, other = (named(source, name).record for name in ("localhost/made:1", "localhost/other:1"))
    assert first is not None
    assert other is not None
    assert first.layers[0] == other.layers[0]
    assert first.layers[1] != other.layers[1]


@pytest.mark.parametrize(
    ("kind", "left"),
    [
        # Without images.json a container is still there, on layers without a config.
        ("images", [("container", "c")]),
        ("containers", [("image", "localhost/made:1"), ("image", "localhost/other:1")]),
        ("layers", [("broken", "localhost/made:1"), ("container", "c"), ("broken", "localhost/other:1")]),
    ],
)
@pytest.mark.parametrize("damage", ["cut short", "empty", "not JSON", "of another shape"])
def test_a_broken_book_is_said_and_the_others_are_read(
    kind: str, damage: str, left: list[tuple[str, str]], made: MadeStore
) -> None:
    book = made.book(kind)
    whole = book.read_bytes()
    damaged = {"cut short": whole[: len(whole) // 2], "empty": b"", "not JSON": b"\x7fELF", "of another shape": b"{}"}
    book.write_bytes(damaged[damage])
    source = opened(made)
    assert kinds(source) == left
    assert len(source.warnings) == 1
    assert f"overlay-{kind}/{kind}.json is " in source.warnings[0]


def test_one_bad_record_leaves_the_others(made: MadeStore) -> None:
    made.images.insert(0, {"id": 7})
    made.images.append({"id": "../../../etc", "names": ["evil:1"]})
    made.write()
    source = opened(made)
    assert kinds(source) == WHOLE
    assert ["record 0" in source.warnings[0], "cannot be a file's name" in source.warnings[1]] == [True, True]


def test_a_container_without_its_image_has_its_layers_still(made: MadeStore) -> None:
    made.images.pop(0)
    made.write()
    source = opened(made)
    assert kinds(source) == [("image", "localhost/other:1"), ("container", "c")]
    image = named(source, "c").open()
    assert [layer.writable for layer in image.layers] == [False, False, True]
    assert "is gone, so the config and the history of its layers are unknown" in image.warnings[0]
    read(image)


def test_a_missing_parent_is_its_own_images_problem(made: MadeStore) -> None:
    made.layers[1]["parent"] = "ab" * 32
    made.write()
    source = opened(made)
    assert kinds(source) == [("broken", "localhost/made:1"), ("container", "c"), ("image", "localhost/other:1")]
    problem = named(source, "localhost/made:1").problem
    assert isinstance(problem, DamagedError)
    assert "its layer abababababab is not in layers.json" in problem.message
    with pytest.raises(DamagedError):
        named(source, "c").open()


def test_a_loop_of_parents_ends(made: MadeStore) -> None:
    made.layers[0]["parent"] = made.layers[1]["id"]
    made.write()
    problem = named(opened(made), "localhost/made:1").problem
    assert isinstance(problem, DamagedError)
    assert "its layers run in a loop" in problem.message


def test_a_config_that_does_not_match_its_digest_is_refused(made: MadeStore) -> None:
    image_id = made.images[0]["id"]
    made.big_data(image_id, f"sha256:{image_id}", b'{"rootfs":{"type":"layers","diff_ids":[]}}')
    entry = named(opened(made), "localhost/made:1")
    assert entry.kind == "broken"
    with pytest.raises(DamagedError, match="does not match its digest"):
        entry.open()


def test_the_config_of_a_partly_pulled_image_is_found_by_its_manifest(made: MadeStore) -> None:
    record = made.images[0]
    directory = made.root / "overlay-images"
    (directory / record["id"]).rename(directory / ("ef" * 32))
    record["id"] = "ef" * 32
    made.write()
    image = named(opened(made), "localhost/made:1").open()
    assert image.image_id == "sha256:" + "ef" * 32
    assert len(read(image)[0]) == 2


def test_a_removed_image_is_said_when_it_is_opened(made: MadeStore) -> None:
    entry = named(opened(made), "localhost/made:1")
    (made.root / "overlay-layers" / f"{made.layers[1]['id']}.tar-split.gz").unlink()
    for path in sorted(made.files(made.layers[1]["id"]).rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    made.files(made.layers[1]["id"]).rmdir()
    image = entry.open()
    assert image.layers[0].problem is None
    assert isinstance(image.layers[1].problem, DamagedError)
    assert "storage is damaged or only partly copied" in image.layers[1].problem.hint


def test_names_without_files_are_listed(made: MadeStore) -> None:
    made.files(made.layers[0]["id"]).rename(made.root / "moved")
    image = named(opened(made), "localhost/made:1").open()
    assert "layer 0: its files cannot be read, only their names" in image.warnings[0]
    trees, _ = read(image)
    assert [entry.path for entry in trees[0].entries()] == [b"etc", b"etc/motd", b"etc/other"]
    with pytest.raises(LayertuiError):
        contents(image, 0, trees[0])


def test_a_layer_without_tar_split_is_walked(made: MadeStore) -> None:
    (made.root / "overlay-layers" / f"{made.layers[0]['id']}.tar-split.gz").unlink()
    image = named(opened(made), "localhost/made:1").open()
    content = image.layers[0].content
    assert getattr(content, "method", "") == "a walk of its directory"
    assert "its directory is listed as it is now" in image.warnings[0]


def test_vfs_without_tar_split_is_refused_above_the_base(tmp_path: Path) -> None:
    made = MadeStore(tmp_path, "vfs")
    made.add(SPEC)
    for layer in made.layers:
        (tmp_path / "vfs-layers" / f"{layer['id']}.tar-split.gz").unlink()
    base, top = named(opened(made), "localhost/made:1").open().layers
    assert base.problem is None
    assert isinstance(top.problem, DamagedError)
    assert "a copy of all layers below too" in top.problem.message


def test_links_that_lead_out_of_the_store_are_not_followed(made: MadeStore, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "motd").write_text("of the host")
    made.files(made.layers[0]["id"]).rename(tmp_path / "moved")
    made.files(made.layers[0]["id"]).symlink_to(outside)
    made.book("containers").unlink()
    made.book("containers").symlink_to(outside / "motd")
    source = opened(made)
    assert "containers.json is a symlink that is not followed" in source.warnings[0]
    image = named(source, "localhost/made:1").open()
    assert "only their names" in image.warnings[0]


def test_volatile_books_count_too(made: MadeStore) -> None:
    top = made.layers.pop()
    made.write()
    assert kinds(opened(made))[2] == ("broken", "localhost/other:1")
    (made.root / "overlay-layers" / "volatile-layers.json").write_text(json.dumps([top]))
    assert kinds(opened(made)) == WHOLE


def test_a_driver_that_is_not_read_is_named(tmp_path: Path) -> None:
    MadeStore(tmp_path, "btrfs")
    with pytest.raises(DamagedError, match="kept by the storage driver btrfs"):
        ContainersStorage.open(tmp_path)


def test_a_second_store_in_the_same_directory_is_said(made: MadeStore) -> None:
    MadeStore(made.root, "vfs").add(OTHER, ["localhost/whole:1"])
    assert opened(made).warnings == (f"{made.root} has a store of the driver vfs too, not shown.",)
    preferred = ContainersStorage.open(made.root, preferred="vfs").listing()
    assert kinds(preferred) == [("image", "localhost/whole:1")]
    with pytest.raises(NotFoundError, match="no store of the driver btrfs"):
        ContainersStorage.open(made.root, "btrfs")


def test_a_directory_that_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="is no store of Podman"):
        ContainersStorage.open(tmp_path)
    with pytest.raises(NotFoundError, match="is not there"):
        ContainersStorage.open(tmp_path / "absent")


def test_a_store_that_may_not_be_read(made: MadeStore) -> None:
    made.root.chmod(0)
    root = os.geteuid() == 0
    try:
        if root:
            os.seteuid(65534)
        with pytest.raises(UnreachableError, match="permission denied"):
            ContainersStorage.open(made.root)
    finally:
        if root:
            os.seteuid(0)
        made.root.chmod(0o755)


def test_a_directory_is_known_as_a_store(made: MadeStore, tmp_path: Path) -> None:
    assert sniff(Target.at(made.root, str(made.root), lambda _: None))
    assert not sniff(Target.at(tmp_path, str(tmp_path), lambda _: None))


@pytest.mark.parametrize(
    ("text", "root", "driver", "name"),
    [
        ("api:1", None, "", "api:1"),
        ("", None, "", ""),
        ("[overlay@/srv/store]api:1", "/srv/store", "overlay", "api:1"),
        ("[/srv/store]", "/srv/store", "", ""),
        ("[vfs@/srv/store+/run/store]api", "/srv/store", "vfs", "api"),
        ("[vfs@/srv/store+/run/store:vfs.ignore_chown_errors=true]api", "/srv/store", "vfs", "api"),
        ("[overlay@]api", None, "overlay", "api"),
    ],
)
def test_the_brackets_of_a_reference_name_a_store(text: str, root: str | None, driver: str, name: str) -> None:
    found = split_store(text)
    assert (found.root, found.driver, found.name) == (Path(root) if root else None, driver, name)


@pytest.mark.parametrize("text", ["[overlay@/srv/store", "[store]api", "[]api", "[overlay@store]api"])
def test_brackets_without_a_store_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="names no store"):
        split_store(text)


def test_a_size_that_cannot_be_meant_is_unknown(made: MadeStore) -> None:
    for layer in made.layers:
        layer["diff-size"] = 10**4000
    made.write()
    record = named(opened(made), "localhost/made:1").record
    assert record is not None
    assert record.size_bytes is None


def test_a_short_file_cannot_ask_for_endless_work(made: MadeStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """32 MiB are enough for ten million empty records."""
    monkeypatch.setenv("LAYERTUI_MAX_BOOK_RECORDS", "1000")
    made.book("images").write_text("[" + "[]," * 1000 + "[]]")
    (warning,) = opened(made).warnings
    assert warning.endswith("overlay-images/images.json has 1,001 records and exceeds the bound of 1,000 records.")


def test_many_damaged_records_are_a_hundred_warnings(made: MadeStore) -> None:
    made.book("images").write_text("[" + "[]," * 999 + "[]]")
    warnings = opened(made).warnings
    assert len(warnings) == WARNINGS + 1
    assert warnings[-1] == "900 more things are wrong there."
