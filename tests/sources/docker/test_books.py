"""Docker's own books on disk, next to what the engine says and saves of the same images and containers."""

import subprocess
from pathlib import Path

import pytest

from layertui.layer.columns import Kind
from layertui.layer.split import SplitLayer
from layertui.sources import overlay2
from layertui.sources.target import Target
from tests.contract.dockerd import why_not
from tests.contract.listing import merged_lines
from tests.sources.docker.held import (
    NOT_BUSYBOX,
    Held,
    contents,
    entry_called,
    folded,
    has_busybox,
    lines,
    opened,
    plain,
    re_timed,
    saved_image,
    tree_of,
)

pytestmark = [
    pytest.mark.skipif(why_not() is not None, reason=str(why_not())),
    pytest.mark.skipif(not has_busybox(), reason=NOT_BUSYBOX),
]


def test_a_layer_is_listed_as_docker_save_writes_it(held: Held) -> None:
    ours, theirs = entry_called(opened(held.data_root), "built:1").open(), saved_image(held.saved)
    assert ours.raw_config == theirs.raw_config
    assert ours.image_id == theirs.image_id
    assert ours.steps == theirs.steps
    assert [(layer.diff_id, layer.command) for layer in ours.layers] == [
        (layer.diff_id, layer.command) for layer in theirs.layers
    ]
    assert len(ours.layers) == 7
    for our_layer, their_layer in zip(ours.layers, theirs.layers, strict=True):
        assert isinstance(our_layer.content, SplitLayer)
        assert our_layer.content.method == "Docker's books (tar-split)"
        our_tree, their_tree = tree_of(our_layer), tree_of(their_layer)
        assert list(our_tree.entries()) == list(their_tree.entries())
        assert our_tree.tar_bytes == their_tree.tar_bytes
        assert contents(our_layer, our_tree) == contents(their_layer, their_tree)
    kinds = {entry.kind for layer in ours.layers for entry in tree_of(layer).entries()}
    assert {Kind.FILE, Kind.DIRECTORY, Kind.SYMLINK, Kind.HARDLINK, Kind.FIFO, Kind.WHITEOUT} <= kinds
    assert merged_lines(folded(ours)) == merged_lines(folded(theirs))


def test_images_are_listed_as_docker_images_lists_them(held: Held) -> None:
    for listing in (opened(held.data_root), held.live):
        entries = [entry for entry in listing.entries() if entry.kind == "image"]
        ours = {
            (str(entry.record.image_id), name, entry.record.size_bytes)
            for entry in entries
            if entry.record is not None
            for name in entry.tags or ("<none>",)
        }
        assert ours == held.images
        times = [entry.record.created or "" for entry in entries if entry.record is not None]
        assert times == sorted(times, reverse=True)
        assert listing.warnings == ()
    built = entry_called(opened(held.data_root), "built:1")
    assert built.tags == ("built:1", "team/built:3", "registry.example:5000/team/built:2")  # docker.io's first
    assert built.reference == "built:1"


def test_a_dangling_image_is_listed_and_the_steps_below_it_are_not(held: Held) -> None:
    dangling = [entry for entry in opened(held.data_root).entries() if entry.kind == "image" and not entry.tags]
    assert len(dangling) == 1
    record = dangling[0].record
    assert record is not None
    assert record.labels == {"kind": "dangling"}
    assert record.image_id is not None
    assert dangling[0].reference == f"sha256:{record.image_id.short}"


def test_what_images_share_is_told_by_chain_ids(held: Held) -> None:
    listing = opened(held.data_root)
    base, built = entry_called(listing, "base:1").record, entry_called(listing, "built:1").record
    assert base is not None
    assert built is not None
    assert base.layers[0] == built.layers[0]
    assert len(base.layers) == 1
    assert sum(size or 0 for _, size in built.layers) == built.size_bytes


def test_containers_stand_behind_their_image_with_their_state(held: Held) -> None:
    entries = held.live.entries()
    names = [entry.reference for entry in entries]
    at = names.index("built:1")
    assert names[at + 1 : at + 3] == ["fresh", "changed"]
    assert names[names.index("base:1") + 1] == "living"  # base:1 and dangling:1 are one image
    found = {entry.reference: entry.container for entry in entries if entry.container is not None}
    assert {name: one.container_id for name, one in found.items()} == held.containers
    assert {name: (one.status, one.running) for name, one in found.items()} == {
        "fresh": ("created", False),
        "changed": ("exited (0)", False),
        "living": ("running", True),
    }
    stopped = entry_called(opened(held.data_root), "living").container
    assert stopped is not None
    assert stopped.status.startswith("exited (")


def test_the_writable_layer_is_what_docker_commit_would_save(held: Held) -> None:
    image = entry_called(opened(held.data_root), "changed").open()
    layer = image.layers[-1]
    assert layer.writable
    assert not any(below.writable for below in image.layers[:-1])
    theirs = saved_image(held.committed).layers[-1]
    our_tree, their_tree = tree_of(layer), tree_of(theirs)
    ours = {plain(entry) for entry in our_tree.entries() if entry.path != b"."}
    assert ours == {plain(entry) for entry in their_tree.entries()}
    assert contents(layer, our_tree) == contents(theirs, their_tree)
    found = {(entry.path, entry.kind, entry.opaque) for entry in our_tree.entries()}
    assert (b"etc/hosts.old", Kind.WHITEOUT, False) in found
    assert (b"usr/gone", Kind.WHITEOUT, False) in found
    assert (b"usr/made", Kind.DIRECTORY, True) in found
    assert (b"usr/link3", Kind.HARDLINK, False) in found
    assert (b"usr/turn", Kind.DIRECTORY, True) in found


def test_every_line_of_docker_diff_is_explained(held: Held) -> None:
    image = entry_called(opened(held.data_root), "changed").open()
    squash = folded(image)
    top = squash.top
    before = {squash.path(at) for at, shown in enumerate(squash.merged_mask(top - 1)) if shown}
    after = {squash.path(at) for at, shown in enumerate(squash.merged_mask(top)) if shown}
    written = {squash.path(at) for at, shown in enumerate(squash.diff_mask(top)) if shown}
    assert len(held.diff) > 15
    for line in held.diff:
        change, path = line[0], line[3:].encode()
        match change:
            case "A":
                assert path in after & written - before, line
            case "C":
                assert path in after & written, line
            case "D":
                assert path in before - after, line
    said = {line[3:].encode() for line in held.diff}
    assert written - {b"."} <= said | before


def test_the_init_layer_is_shown_apart(held: Held) -> None:
    image = entry_called(opened(held.data_root), "fresh").open()
    assert image.container is not None
    assert {b".dockerenv", b"etc/hostname", b"etc/hosts", b"etc/resolv.conf", b"dev/console"} <= set(
        image.container.engine_files
    )
    assert b"etc" not in image.container.engine_files
    assert [entry.path for entry in tree_of(image.layers[-1]).entries() if entry.path != b"."] == []
    assert len(image.layers) == 8  # seven of the image, and its own


def test_a_copy_elsewhere_shows_the_same(held: Held, tmp_path: Path) -> None:
    subprocess.run(["cp", "-a", held.data_root, tmp_path / "disk"], check=True)
    for given in (tmp_path / "disk", tmp_path / "disk" / "overlay2"):
        image = entry_called(opened(given), "built:1").open()
        assert merged_lines(folded(image)) == merged_lines(folded(saved_image(held.saved)))
    assert overlay2.sniff(Target.at(tmp_path / "disk", "disk", lambda _: None))


def test_without_books_only_a_walk_makes_a_difference(held: Held, tmp_path: Path) -> None:
    subprocess.run(["cp", "-a", held.data_root / "overlay2", tmp_path / "bare"], check=True)
    entries = opened(tmp_path / "bare").entries()
    theirs = [{re_timed(line) for line in lines(folded(saved_image(held.saved)))}]
    ours = [{re_timed(line) for line in lines(folded(entry.open()))} for entry in entries if entry.kind == "image"]
    assert theirs[0] in ours
    containers = [entry for entry in entries if entry.kind == "container"]
    assert len(containers) == 3
    image = next(entry.open() for entry in containers if len(tree_of(entry.open().layers[-1])) > 5)
    assert image.container is not None
    assert b".dockerenv" in image.container.engine_files
    committed = {plain(entry) for entry in tree_of(saved_image(held.committed).layers[-1]).entries()}
    assert {plain(entry) for entry in tree_of(image.layers[-1]).entries() if entry.path != b"."} == committed
