"""Docker's books half-written, damaged, denied, or of another kind: one sentence each, and the rest is shown."""

import json
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from layertui.errors import DamagedError, LayertuiError, NotFoundError, UnreachableError
from layertui.image.digest import ChainID, Digest
from layertui.layer.dialect import Dialect
from layertui.layer.walk import WalkedLayer
from layertui.sources.docker.books import DockerBooks
from tests.contract.dockerd import why_not
from tests.kit.entries import directory, file, hardlink
from tests.kit.tar import tar_bytes
from tests.sources.docker.held import (
    NOT_BUSYBOX,
    Held,
    contents,
    entry_called,
    folded,
    has_busybox,
    lines,
    opened,
    re_timed,
    saved_image,
    started,
    tree_of,
)

pytestmark = [
    pytest.mark.skipif(why_not() is not None, reason=str(why_not())),
    pytest.mark.skipif(not has_busybox(), reason=NOT_BUSYBOX),
]


def test_damaged_names_leave_images_without_them(copied: Path) -> None:
    (copied / "image/overlay2/repositories.json").write_text('{"Repositories":{"base":')
    listing = opened(copied)
    assert all(entry.tags == () for entry in listing.entries() if entry.kind == "image")
    assert len([entry for entry in listing.entries() if entry.kind == "image"]) >= 3
    assert "repositories.json" in listing.warnings[0]
    assert "without their names" in listing.warnings[0]
    assert entry_called(listing, "changed").open().layers[-1].writable


def books_of(copied: Path) -> tuple[DockerBooks, tuple[ChainID, ...], Digest]:
    books = DockerBooks.open(copied)
    record = entry_called(books.source("books"), "built:1").record
    assert record is not None
    assert record.image_id is not None
    return books, tuple(chain_id for chain_id, _ in record.layers), record.image_id


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("", None, "does not know the layer"),
        ("cache-id", "../../../../etc", "names no directory"),
        ("diff", "sha256:zz", "not a diff ID"),
        ("parent", "sha256:../x", "not a chain ID"),
        ("cache-id", None, "cache-id is not there"),
        ("diff", b"\xff\xfe", "should hold one line of text"),
        ("diff", "sha256:" + "0" * 64, "its books contradict each other"),
    ],
)
def test_a_damaged_layer_is_its_own_problem(copied: Path, name: str, text: str | bytes | None, said: str) -> None:
    _, chain_ids, _ = books_of(copied)
    book = copied / "image/overlay2/layerdb/sha256" / chain_ids[-1].hex
    if not name:
        shutil.rmtree(book)
    elif text is None:
        (book / name).unlink()
    else:
        (book / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    listing = opened(copied)
    layers = entry_called(listing, "built:1").open().layers
    found = layers[-1].problem.message if layers[-1].problem is not None else ""
    warnings = " ".join(entry_called(listing, "built:1").open().warnings)
    assert said in found + warnings
    assert len(tree_of(layers[0])) > 20
    assert len(tree_of(entry_called(listing, "base:1").open().layers[0])) > 20


def test_without_tar_split_the_directory_is_walked(copied: Path, held: Held) -> None:
    _, chain_ids, _ = books_of(copied)
    for chain_id in chain_ids:
        (copied / "image/overlay2/layerdb/sha256" / chain_id.hex / "tar-split.json.gz").unlink()
    image = entry_called(opened(copied), "built:1").open()
    assert isinstance(image.layers[0].content, WalkedLayer)
    assert image.layers[0].content.method == "a walk of its directory"
    assert any("tar-split.json.gz is missing" in warning for warning in image.warnings)
    theirs = {re_timed(line) for line in lines(folded(saved_image(held.saved)))}
    assert {re_timed(line) for line in lines(folded(image))} == theirs


def test_a_lost_directory_leaves_the_names(copied: Path) -> None:
    books, chain_ids, _ = books_of(copied)
    directory = (copied / "image/overlay2/layerdb/sha256" / chain_ids[1].hex / "cache-id").read_text()
    shutil.rmtree(copied / "overlay2" / directory)
    layer = books.layer(chain_ids[1], "lost")
    assert "contents cannot be read" in layer.warning
    image = entry_called(opened(copied), "built:1").open()
    tree = tree_of(image.layers[1])
    assert b"app/server" in {entry.path for entry in tree.entries()}
    with pytest.raises(LayertuiError, match="cannot be read"):
        contents(image.layers[1], tree)


def test_one_damaged_config_hides_no_other_image(copied: Path) -> None:
    _, _, image_id = books_of(copied)
    (copied / "image/overlay2/imagedb/content/sha256" / image_id.hex).write_text("{}")
    listing = opened(copied)
    built = entry_called(listing, "built:1")
    assert built.kind == "broken"
    assert built.problem is not None
    assert "does not match its digest" in built.problem.message
    with pytest.raises(DamagedError):
        built.open()
    assert entry_called(listing, "base:1").open().layers
    changed = entry_called(listing, "changed").open()  # its layers are known without the config
    assert len(changed.layers) == 8
    assert "config is gone" in changed.warnings[0]
    assert changed.layers[0].diff_id is not None


def test_a_container_whose_image_was_removed_keeps_its_layers(copied: Path) -> None:
    _, _, image_id = books_of(copied)
    (copied / "image/overlay2/imagedb/content/sha256" / image_id.hex).unlink()
    listing = opened(copied)
    assert "built:1 names an image that is not in the books." in listing.warnings
    assert {entry.reference for entry in listing.entries()[-2:]} == {"changed", "fresh"}
    assert len(entry_called(listing, "changed").open().layers) == 8


def test_a_damaged_container_is_shown_without_its_name(copied: Path, held: Held) -> None:
    container_id = held.containers["changed"]
    (copied / "containers" / container_id / "config.v2.json").write_text("{")
    listing = opened(copied)
    entry = entry_called(listing, container_id[:12])
    assert entry.container is not None
    assert (entry.container.status, entry.container.running) == ("", None)
    assert any("without its name" in warning for warning in listing.warnings)
    assert len(entry.open().layers) == 8


def test_a_container_without_its_filesystem_says_so(copied: Path, held: Held) -> None:
    shutil.rmtree(copied / "image/overlay2/layerdb/mounts" / held.containers["changed"])
    image = entry_called(opened(copied), "changed").open()
    assert len(image.layers) == 8
    assert image.layers[-1].problem is not None
    assert "no filesystem for the container" in image.layers[-1].problem.message


def test_layers_in_a_loop_are_refused(copied: Path) -> None:
    books, chain_ids, _ = books_of(copied)
    (copied / "image/overlay2/layerdb/sha256" / chain_ids[0].hex / "parent").write_text(chain_ids[1])
    with pytest.raises(DamagedError, match="below itself"):
        books.chain(chain_ids[1])


def test_a_symlink_in_the_books_is_not_followed(copied: Path, tmp_path: Path) -> None:
    _, chain_ids, _ = books_of(copied)
    book = copied / "image/overlay2/layerdb/sha256" / chain_ids[-1].hex
    (tmp_path / "elsewhere").write_text((book / "cache-id").read_text())
    (book / "cache-id").unlink()
    (book / "cache-id").symlink_to(tmp_path / "elsewhere")
    image = entry_called(opened(copied), "built:1").open()
    assert any("symlink that is not followed" in warning for warning in image.warnings)


def test_a_driver_that_is_not_read_is_named(copied: Path) -> None:
    (copied / "image/overlay2").rename(copied / "image/btrfs")
    with pytest.raises(DamagedError, match="storage driver btrfs"):
        DockerBooks.open(copied)


def test_a_directory_without_books_is_said_to_have_none(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="image is not there"):
        DockerBooks.open(tmp_path)
    (tmp_path / "image").mkdir()
    with pytest.raises(NotFoundError, match="no books of Docker"):
        DockerBooks.open(tmp_path)


def test_owners_of_a_remapped_data_root_are_the_containers(copied: Path, held: Held, tmp_path: Path) -> None:
    remapped = tmp_path / "165536.165536"
    copied.rename(remapped)
    mount = remapped / "image/overlay2/layerdb/mounts" / held.containers["changed"] / "mount-id"
    fresh = tmp_path / "upper"
    fresh.write_text("1")
    subprocess.run(["chown", "165537:165538", fresh], check=True)
    fresh.rename(remapped / "overlay2" / mount.read_text() / "diff" / "owned")
    layer = entry_called(opened(remapped), "changed").open().layers[-1]
    owned = next(entry for entry in tree_of(layer).entries() if entry.path == b"owned")
    assert (owned.uid, owned.gid) == (1, 2)


def test_a_rootless_data_root_is_mapped_by_its_users_ranges(
    copied: Path, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = pwd.struct_passwd(("someone", "x", 4321, 4321, "", str(copied.parent), "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwuid", lambda uid: {4321: user}[uid])
    os.chown(copied, 4321, 4321)
    mount = (copied / "image/overlay2/layerdb/mounts" / held.containers["changed"] / "mount-id").read_text()
    diff = copied / "overlay2" / mount / "diff"
    for name, mark in (("own", 4321), ("hidden", 4321)):
        (diff / name).mkdir()
        os.chown(diff / name, mark, mark)
    os.setxattr(diff / "hidden", "user.overlay.opaque", b"y")
    layer = entry_called(opened(copied), "changed").open().layers[-1]
    found = {entry.path: entry for entry in tree_of(layer).entries()}
    assert (found[b"own"].uid, found[b"own"].gid, found[b"own"].opaque) == (0, 0, False)
    assert found[b"hidden"].opaque
    assert isinstance(layer.content, WalkedLayer)
    assert layer.content.dialect is Dialect.USER_OVERLAY  # its marks need no capability
    shutil.rmtree(diff / "own")
    shutil.rmtree(diff / "hidden")


def test_what_may_not_be_read_is_said(copied: Path, held: Held) -> None:
    """Another user reads the books and not the layers, then not even the books."""
    reachable = Path(tempfile.mkdtemp(prefix="lt-denied-", dir="/tmp"))
    try:
        reachable.chmod(0o755)
        root = reachable / "root"
        shutil.copytree(copied / "image", root / "image")
        (root / "overlay2").mkdir(mode=0o700)
        subprocess.run(["chmod", "-R", "go+rX", root / "image"], check=True)
        with nobody():
            image = entry_called(opened(root), "built:1").open()
            assert all("permission denied" in warning for warning in image.warnings)
            assert len(image.warnings) == 7
            assert opened(root).warnings[0].endswith("Containers are shown without their names.")
            assert b"app/server" in {entry.path for entry in tree_of(image.layers[1]).entries()}
            with pytest.raises(UnreachableError):
                contents(image.layers[1], tree_of(image.layers[1]))
            container = entry_called(opened(root), held.containers["changed"][:12])
            problem = container.open().layers[-1].problem
            assert problem is not None
            assert "permission denied" in problem.message
            assert not DockerBooks.open(root).readable
        (root / "image").chmod(0o700)
        with nobody(), pytest.raises(UnreachableError, match=r"root/image: permission denied") as caught:
            DockerBooks.open(root)
        assert "sudo" in caught.value.hint
        with nobody(), pytest.raises(UnreachableError, match=r"permission denied"):
            opened(root)
    finally:
        shutil.rmtree(reachable)


@contextmanager
def nobody() -> Iterator[None]:
    """Without any right of root's on files."""
    os.setegid(65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def test_vfs_is_listed_from_its_books_and_says_what_it_cannot_tell(tmp_path: Path) -> None:
    with started(storage_driver="vfs") as engine:
        (tmp_path / "base.tar").write_bytes(tar_bytes([directory("etc"), file("etc/a", "a"), hardlink("b", "etc/a")]))
        (tmp_path / "Dockerfile").write_text("FROM base:1\nCOPY base.tar /etc/\n")
        engine.import_tar(tmp_path / "base.tar", "base:1")
        engine.build(tmp_path, "built:1")
        engine.docker("create", "--name", "fresh", "--network", "none", "built:1", "x")
        engine.docker("save", "-o", tmp_path / "saved.tar", "built:1")
        listing = opened(engine.data_root)
        ours, theirs = entry_called(listing, "built:1").open(), saved_image(tmp_path / "saved.tar")
        assert len(ours.layers) == 2
        for our_layer, their_layer in zip(ours.layers, theirs.layers, strict=True):
            assert list(tree_of(our_layer).entries()) == list(tree_of(their_layer).entries())
            assert contents(our_layer, tree_of(our_layer)) == contents(their_layer, tree_of(their_layer))
        problem = entry_called(listing, "fresh").open().layers[-1].problem
        assert problem is not None
        assert "vfs gives a container a copy" in problem.message


def test_a_state_is_worded_as_docker_words_it(copied: Path, held: Held) -> None:
    path = copied / "containers" / held.containers["changed"] / "config.v2.json"
    document = json.loads(path.read_bytes())
    ran = document["State"]
    for state, words in (
        ({"Running": True, "Paused": True}, ("paused", True)),
        ({"Running": True, "Restarting": True}, ("restarting", True)),
        ({"Dead": True}, ("dead", False)),
        ({"RemovalInProgress": True}, ("removing", False)),
        ({"ExitCode": 137}, ("exited (137)", False)),
    ):
        path.write_text(json.dumps({**document, "State": {**ran, **state}}))
        container = entry_called(opened(copied), "changed").container
        assert container is not None
        assert (container.status, container.running) == words
