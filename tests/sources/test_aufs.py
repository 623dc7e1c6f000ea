"""Directories of aufs, made by its on-disk rules: no kernel has it any more, and none is needed to read it."""

import os
import shutil
from pathlib import Path

import pytest

from layertui.errors import DamagedError
from layertui.layer.columns import Kind
from layertui.sources import aufs, overlay2
from layertui.sources.target import Target
from tests.contract import expected_polite
from tests.contract.listing import diff_lines, merged_lines
from tests.kit.aufs import add_layer, aufs_store
from tests.kit.docker_root import DockerRoot
from tests.kit.entries import directory, file, whiteout
from tests.kit.overlay2 import layer_id
from tests.kit.polite import polite_image, polite_layers
from tests.sources.storing import as_walked, folded, opened, trees

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files of other owners")

BASE = (directory("etc"), file("etc/a", "a"))


@pytest.mark.parametrize("inside", ["", "aufs"])
def test_the_polite_image_is_read_from_layers_and_diff(inside: str, tmp_path: Path) -> None:
    names = aufs_store(tmp_path / inside, polite_layers())
    assert aufs.sniff(Target.at(tmp_path, "x", lambda _: None))
    assert not overlay2.sniff(Target.at(tmp_path, "x", lambda _: None))
    (entry,) = opened(aufs.open_source, tmp_path).entries()
    assert entry.reference == names[-1][:12]
    image = entry.open()
    assert [layer.command for layer in image.layers] == names
    assert as_walked(merged_lines(folded(image))) == as_walked(expected_polite.MERGED)
    assert not any(b".wh." in entry.path for tree in trees(image) for entry in tree.entries())


def test_containers_stand_on_their_image(tmp_path: Path) -> None:
    names = aufs_store(tmp_path, polite_layers())
    init = add_layer(tmp_path, f"{layer_id(9)}-init", (file(".dockerenv"), directory("etc"), file("etc/hosts")), names)
    add_layer(tmp_path, layer_id(9), (directory("etc"), whiteout("etc/motd")), [*names, init])
    image_entry, container_entry = opened(aufs.open_source, tmp_path).entries()
    assert image_entry.reference == names[-1][:12]
    image = container_entry.open()
    assert len(image.layers) == 6
    assert image.container is not None
    assert image.container.engine_files == (b".dockerenv", b"etc/hosts")
    found = {(entry.path, entry.kind) for entry in trees(image)[-1].entries()}
    assert (b"etc/motd", Kind.WHITEOUT) in found


def test_dockers_books_give_names_configs_and_exact_listings(tmp_path: Path) -> None:
    root = DockerRoot(tmp_path, "aufs")
    root.add_image(polite_image())
    init = (file(".dockerenv"),)
    root.add_container(polite_image(), (directory("etc"), whiteout("etc/motd")), "changed", init=init)
    for given in (tmp_path, tmp_path / "aufs"):
        listing = opened(aufs.open_source, given)
        assert listing.scheme == "aufs"
        assert listing.warnings == ()
        entry, container = listing.entries()
        assert entry.tags == ("polite:1",)
        image = entry.open()
        assert [layer.command for layer in image.layers] == expected_polite.COMMANDS
        assert [diff_lines(folded(image), layer) for layer in range(5)] == expected_polite.DIFFS
        assert merged_lines(folded(image)) == expected_polite.MERGED
        changed = container.open()
        assert changed.container is not None
        assert changed.container.name == "changed"
        assert changed.container.engine_files == (b".dockerenv",)
        found = {(entry.path, entry.kind) for entry in trees(changed)[-1].entries()}
        assert (b"etc/motd", Kind.WHITEOUT) in found


def test_a_missing_layer_is_said_and_the_others_are_shown(tmp_path: Path) -> None:
    names = aufs_store(tmp_path, polite_layers())
    shutil.rmtree(tmp_path / "diff" / names[2])
    image = opened(aufs.open_source, tmp_path).entries()[0].open()
    assert [layer.problem is None for layer in image.layers] == [True, True, False, True, True]
    problem = image.layers[2].problem
    assert problem is not None
    assert "is named in layers/, and is not there" in problem.message


@pytest.mark.parametrize("lowers", ["../../etc", "/etc", "."])
def test_a_name_that_leads_out_is_not_followed(lowers: str, tmp_path: Path) -> None:
    aufs_store(tmp_path, [BASE])
    (tmp_path / "layers" / layer_id(0)).write_text(f"{lowers}\n")
    image = opened(aufs.open_source, tmp_path).entries()[0].open()
    assert image.layers[0].problem is not None
    assert image.layers[1].problem is None


def test_layers_in_a_loop_are_named_and_the_others_open(tmp_path: Path) -> None:
    aufs_store(tmp_path, [BASE])
    for name, lower in ((layer_id(1), layer_id(2)), (layer_id(2), layer_id(1))):
        add_layer(tmp_path, name, BASE, [lower])
    found = {entry.reference: entry for entry in opened(aufs.open_source, tmp_path).entries()}
    assert found[layer_id(0)[:12]].kind == "image"
    for name in (layer_id(1), layer_id(2)):
        problem = found[name[:12]].problem
        assert problem is not None
        assert "are a loop" in problem.message


def test_another_directory_is_named_with_what_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "overlay2").mkdir()
    with pytest.raises(DamagedError, match=r"storage of the driver overlay2.*Looked for layers/") as caught:
        opened(aufs.open_source, tmp_path)
    assert f"overlay2:{tmp_path}" in caught.value.hint
