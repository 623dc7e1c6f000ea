"""Directories of overlay2 without Docker's books: stacks by `lower`, containers by their init layer, and damage."""

import json
import os
import shutil
from pathlib import Path

import pytest

from layertui.errors import DamagedError, LayertuiError, NotFoundError
from layertui.layer.columns import Kind
from layertui.sources import overlay2
from layertui.sources.base import WARNINGS, ImageEntry
from layertui.sources.select import choose
from layertui.sources.target import Target
from tests.contract import expected_polite
from tests.contract.listing import diff_lines, merged_lines
from tests.kit.docker_root import DockerRoot
from tests.kit.entries import directory, file, whiteout
from tests.kit.overlay2 import add_layer, layer_id, overlay2_store, short_name
from tests.kit.polite import polite_image, polite_layers
from tests.sources.guarded import Watch, read_all
from tests.sources.storing import as_walked, folded, opened, trees

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make overlay's markers")

BASE = (directory("etc"), file("etc/a", "a"), file("etc/b", "b"))
UPPER = (directory("etc"), whiteout("etc/a"))
INIT = (file(".dockerenv"), directory("etc"), file("etc/hosts"), directory("dev"), directory("dev/shm"))


def entries(root: Path) -> tuple[ImageEntry, ...]:
    return opened(overlay2.open_source, root).entries()


@pytest.mark.parametrize("short_names", [True, False])
def test_the_polite_image_is_read_from_its_directories(short_names: bool, tmp_path: Path) -> None:
    names = overlay2_store(tmp_path, [polite_layers()], short_names=short_names)[0]
    (entry,) = entries(tmp_path)
    assert entry.kind == "image"
    assert entry.reference == names[-1][:12]
    image = entry.open()
    assert [layer.command for layer in image.layers] == names  # so that a person finds the directory again
    assert as_walked(merged_lines(folded(image))) == as_walked(expected_polite.MERGED)
    assert "no config is known" in image.warnings[0]


def test_with_dockers_books_the_listing_is_the_tars(tmp_path: Path) -> None:
    root = DockerRoot(tmp_path)
    root.add_image(polite_image())
    for given in (tmp_path, tmp_path / "overlay2"):
        listing = opened(overlay2.open_source, given)
        assert (listing.scheme, listing.warnings) == ("overlay2", ())
        image = listing.entries()[0].open()
        assert image.tags == ("polite:1",)
        assert [diff_lines(folded(image), layer) for layer in range(5)] == expected_polite.DIFFS
        assert merged_lines(folded(image)) == expected_polite.MERGED


def test_each_top_is_an_entry_and_can_be_chosen(tmp_path: Path) -> None:
    overlay2_store(tmp_path, [[BASE, UPPER], [BASE]])
    found = entries(tmp_path)
    assert [entry.reference for entry in found] == sorted(layer_id(n)[:12] for n in (1, 2))
    assert choose(found, layer_id(1)[:12], None, "x") is not None
    assert choose(found, layer_id(2), None, "x") is next(
        entry for entry in found if entry.reference == layer_id(2)[:12]
    )
    assert choose(found, None, None, "x") is None
    with pytest.raises(NotFoundError):
        choose(found, layer_id(0), None, "x")  # no top: it is part of the first


def test_an_image_on_another_hides_only_what_no_container_uses(tmp_path: Path) -> None:
    base, upper = overlay2_store(tmp_path, [[BASE, UPPER]])[0]
    init = add_layer(tmp_path, f"{layer_id(7)}-init", INIT, [base])
    add_layer(tmp_path, layer_id(7), (file("new", "n"), whiteout("etc")), [base, init])
    found = {entry.reference: entry for entry in entries(tmp_path)}
    assert set(found) == {base[:12], upper[:12], layer_id(7)[:12]}
    container = found[layer_id(7)[:12]]
    assert container.kind == "container"
    assert container.container is not None
    assert container.container.container_id == layer_id(7)
    assert container.container.running is None
    order = list(found)
    assert order.index(layer_id(7)[:12]) == order.index(base[:12]) + 1
    image = container.open()
    assert [layer.writable for layer in image.layers] == [False, True]
    assert image.container is not None
    assert image.container.engine_files == (b".dockerenv", b"dev/shm", b"etc/hosts")
    assert {entry.path for entry in trees(image)[1].entries()} == {b"new", b"etc"}
    chosen = choose(entries(tmp_path), layer_id(7)[:14], None, "x")
    assert chosen is not None
    assert chosen.kind == "container"


def test_a_data_root_without_books_is_read_as_its_directory(tmp_path: Path) -> None:
    overlay2_store(tmp_path / "overlay2", [[BASE]])
    assert overlay2.sniff(Target.at(tmp_path, "root", lambda _: None))
    assert [entry.reference for entry in entries(tmp_path)] == [layer_id(0)[:12]]


def test_a_layer_that_is_gone_is_said_and_the_others_are_shown(tmp_path: Path) -> None:
    base, middle, _ = overlay2_store(tmp_path, [[BASE, UPPER, UPPER]])[0]
    shutil.rmtree(tmp_path / middle)
    (entry,) = entries(tmp_path)
    image = entry.open()
    problem = image.layers[1].problem
    assert problem is not None
    assert f"l/{short_name(middle)}" in problem.message
    assert "leads to no layer's directory" in problem.message
    assert image.layers[0].command == base
    assert image.layers[0].problem is None


@pytest.mark.parametrize("target", ["../../../../etc", "/etc", "../..", "../no/such/diff", "../l/diff", "../../x/diff"])
def test_a_short_name_that_leads_out_is_not_followed(target: str, tmp_path: Path) -> None:
    base, _ = overlay2_store(tmp_path / "store", [[BASE, UPPER]])[0]
    (tmp_path / "x" / "diff").mkdir(parents=True)
    link = tmp_path / "store" / "l" / short_name(base)
    link.unlink()
    link.symlink_to(target)
    found = {entry.reference: entry for entry in entries(tmp_path / "store")}
    assert set(found) == {layer_id(0)[:12], layer_id(1)[:12]}  # the base is no one's lower now
    assert found[layer_id(1)[:12]].open().layers[0].problem is not None


def test_files_of_a_layer_that_are_a_symlink_are_not_followed(tmp_path: Path) -> None:
    names = overlay2_store(tmp_path, [[BASE]])[0]
    shutil.rmtree(tmp_path / names[0] / "diff")
    (tmp_path / names[0] / "diff").symlink_to("/etc")
    problem = entries(tmp_path)[0].open().layers[0].problem
    assert problem is not None
    assert "symlink that is not followed" in problem.message


@pytest.mark.parametrize("length", [1, 2])
def test_layers_in_a_loop_are_named_and_the_others_open(length: int, tmp_path: Path) -> None:
    overlay2_store(tmp_path, [[BASE]])
    names = [layer_id(10), layer_id(11)][:length]
    for name, lower in zip(names, reversed(names), strict=True):
        add_layer(tmp_path, name, BASE, [lower])
    found = {entry.reference: entry for entry in entries(tmp_path)}
    assert set(found) == {layer_id(0)[:12], *(name[:12] for name in names)}
    for name in names:
        entry = found[name[:12]]
        assert entry.kind == "broken"
        assert entry.problem is not None
        assert "are a loop" in entry.problem.message
    assert len(found[layer_id(0)[:12]].open().layers) == 1


@pytest.mark.parametrize(
    ("lower", "said"),
    [(b"\xff\xfe", "one line of text"), (b"l/X:" * 2000, "exceeds the bound"), (b"l/" + b"x" * 70_000, "exceeds")],
)
def test_a_lower_that_makes_no_sense_breaks_one_stack(lower: bytes, said: str, tmp_path: Path) -> None:
    overlay2_store(tmp_path, [[BASE], [BASE, UPPER]])
    (tmp_path / layer_id(2) / "lower").write_bytes(lower)
    found = {entry.reference: entry for entry in entries(tmp_path)}
    problem = found[layer_id(2)[:12]].problem
    assert problem is not None
    assert said in problem.message
    assert found[layer_id(0)[:12]].kind == "image"


def test_a_name_that_is_no_id_is_a_name(tmp_path: Path) -> None:
    add_layer(tmp_path, "base-of-all-the-others", BASE, [])
    (entry,) = entries(tmp_path)
    assert entry.tags == ("base-of-all-the-others",)
    assert choose([entry], "base-of-all-the-others", None, "x") is entry
    assert entry.open().image_id.startswith("sha256:")


def test_podmans_store_is_read_and_said_to_have_books(tmp_path: Path) -> None:
    overlay2_store(tmp_path / "overlay", [[BASE]])
    (tmp_path / "overlay-layers").mkdir()
    (tmp_path / "overlay-layers" / "layers.json").write_text("[]")
    for given in (tmp_path, tmp_path / "overlay"):
        listing = opened(overlay2.open_source, given)
        assert "containers-storage:" in listing.warnings[0]
        assert listing.entries()[0].open().layers[0].content is not None


def test_real_files_with_a_markers_name_stay_files(tmp_path: Path) -> None:
    overlay2_store(tmp_path, [[BASE]])
    (tmp_path / layer_id(0) / "diff" / "etc" / ".wh.c").write_text("real")
    tree = trees(entries(tmp_path)[0].open())[0]
    assert (b"etc/.wh.c", Kind.FILE) in {(entry.path, entry.kind) for entry in tree.entries()}
    assert any("a commit turns it into a whiteout" in warning for warning in tree.columns.warnings)


@pytest.mark.parametrize(
    ("made", "what", "hint"),
    [
        ((), "is an empty directory", "/var/lib/docker"),
        (("aufs/layers/", "aufs/diff/"), "storage of the driver aufs", "aufs:"),
        (("image/btrfs/layerdb/",), "storage driver btrfs", "docker-daemon:"),
        (("subvolumes/",), "driver btrfs", "docker-daemon:"),
        (("devicemapper/", "metadata/"), "devicemapper", "docker-daemon:"),
        (("overlay-images/", "vfs/"), "Podman's store", "containers-storage:"),
        (("snapshots/1/fs/", "metadata.db"), "containerd's store", "containerd:"),
        (("abc/lower-id",), "the old driver overlay", "docker-daemon:"),
        (("dir/abc/",), "driver vfs", "image/"),
        (("100000.100000/image/",), "user namespace", "/100000.100000"),
        (("etc/", "usr/", "var/", "bin/"), "a root filesystem", "var/lib/docker"),
        (("notes.txt",), "a directory of another kind", "/var/lib/docker"),
    ],
)
def test_another_directory_is_named_with_what_was_looked_for(
    made: tuple[str, ...], what: str, hint: str, tmp_path: Path
) -> None:
    for name in made:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("/"):
            path.mkdir(exist_ok=True)
        else:
            path.touch()
    assert not overlay2.sniff(Target.at(tmp_path, str(tmp_path), lambda _: None))
    with pytest.raises(LayertuiError) as caught:
        opened(overlay2.open_source, tmp_path)
    assert what in caught.value.message
    assert "Looked for" in caught.value.message
    assert hint in caught.value.hint


def test_a_file_is_no_storage(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    target = Target.at(tmp_path / "file", "file", lambda _: None)
    assert not overlay2.sniff(target)
    with pytest.raises(DamagedError, match="a file, not a directory"):
        overlay2.open_source(target)


def test_damaged_books_are_said_and_the_directories_read(tmp_path: Path) -> None:
    overlay2_store(tmp_path / "overlay2", [[BASE]])
    (tmp_path / "image" / "overlay2" / "layerdb").mkdir(parents=True)
    listing = opened(overlay2.open_source, tmp_path)
    assert "Docker's books cannot be read" in listing.warnings[0]
    assert listing.entries()[0].reference == layer_id(0)[:12]


@pytest.mark.parametrize("name", ["image/overlay2", "overlay2", "containers", "image/overlay2/layerdb/sha256"])
def test_a_link_in_place_of_a_directory_is_not_followed(name: str, tmp_path: Path) -> None:
    """Whoever hands over a disk can have it lead anywhere on this host."""
    for root in ("given", "other"):
        DockerRoot(tmp_path / root).add_container(polite_image(), UPPER, "web")
    shutil.rmtree(tmp_path / "given" / name)
    (tmp_path / "given" / name).symlink_to(tmp_path / "other" / name)
    watch = Watch(tmp_path / "given")
    with watch.on():
        read_all(tmp_path / "given")
    assert watch.bad == []


def test_a_thousand_wrong_names_are_a_hundred_warnings(tmp_path: Path) -> None:
    DockerRoot(tmp_path).add_image(polite_image())
    names = {f"r:{number}": f"sha256:{number:064x}" for number in range(1000)}
    (tmp_path / "image/overlay2/repositories.json").write_text(json.dumps({"Repositories": {"r": names}}))
    warnings = opened(overlay2.open_source, tmp_path).warnings
    assert len(warnings) == WARNINGS + 1
    assert warnings[-1] == "900 more things are wrong there."


def test_an_exit_code_beyond_any_process_is_a_damaged_document(tmp_path: Path) -> None:
    root = DockerRoot(tmp_path)
    root.add_container(polite_image(), UPPER, "web", state={"ExitCode": 10**4000})
    listing = opened(overlay2.open_source, tmp_path)
    assert listing.entries()[-1].kind == "container"
    assert "is shown without its name" in listing.warnings[0]
