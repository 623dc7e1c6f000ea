"""A container's writable layer: without access to the disk, next to what the engine itself makes of it."""

import re

import pytest

from layertui.errors import DamagedError, LayertuiError
from layertui.layer.columns import Kind
from layertui.layer.read import layer_window, read_layer
from layertui.layer.stored import StoredTree
from layertui.layer.tree import LayerTree
from layertui.sources.docker.changes import ChangedLayer
from layertui.sources.docker.client import Client
from layertui.sources.docker.endpoint import Endpoint
from layertui.sources.docker.engine import open_engine
from layertui.stack.load import load
from layertui.stack.space import commit_bytes
from tests.contract.dockerd import Dockerd
from tests.contract.listing import diff_lines, merged_lines
from tests.kit.entries import directory, file, hardlink, symlink
from tests.kit.hostile_engine import Answer, HostileEngine, answer, chunked, raw
from tests.kit.tar import tar_bytes

CONTAINER = "cd" * 32
EXPORTED = [
    *(directory("etc"), file("etc/added", "new\n"), file("etc/kept", "k"), file("etc/motd", "changed\n")),
    *(directory("srv"), directory("srv/anew"), file("srv/anew/x", "x"), file("srv/first", "linked")),
    *(hardlink("srv/second", "srv/first"), symlink("srv/to", "first")),
]
CHANGED = {
    *(("/etc", 0), ("/etc/added", 1), ("/etc/motd", 0), ("/etc/gone", 2), ("/srv", 0), ("/srv/anew", 2)),
    *(("/srv/anew/x", 1), ("/srv/second", 1), ("/srv/to", 0)),
}


def changed_layer(changes: Answer, export: Answer) -> tuple[LayerTree, ChangedLayer]:
    script = {f"/containers/{CONTAINER}/changes": changes, f"/containers/{CONTAINER}/export": export}
    with HostileEngine(script) as engine:
        client = Client.connect(Endpoint(engine.host))
        layer = ChangedLayer(client, CONTAINER, "web, writable layer", "web")
        return read_layer(layer), layer


def listed(changes: set[tuple[str, int]]) -> Answer:
    return answer([{"Path": path, "Kind": kind} for path, kind in sorted(changes)])


def whole(data: bytes) -> Answer:
    return chunked(lambda: iter([data]))


def test_changes_and_export_make_the_layer() -> None:
    tree, layer = changed_layer(listed(CHANGED), whole(tar_bytes(EXPORTED)))
    entries = {entry.path.decode(): entry for entry in tree.entries()}
    assert set(entries) == {path[1:] for path, _ in CHANGED} | {"srv/first"}
    assert entries["etc/gone"].kind is Kind.WHITEOUT
    assert entries["srv/anew"].opaque  # it was removed, and is there: made anew
    assert entries["srv/to"].link_target == b"first"
    assert entries["etc/motd"].size_bytes == 8
    assert entries["srv/second"].size_bytes == 6  # its other name is not listed, but names of one file are in one layer
    assert tree.lower_links == {}
    window = layer_window(layer, tree)
    contents = {
        tree.entry(row).path: window.fetch(tree.columns.offsets[row], tree.columns.sizes[row])[
            : tree.columns.sizes[row]
        ]
        for row in range(tree.entry_count)
        if tree.columns.sizes[row]
    }
    assert contents == {b"etc/added": b"new\n", b"etc/motd": b"changed\n", b"srv/anew/x": b"x", b"srv/first": b"linked"}
    assert layer.method == "the engine's list of changes and export"
    assert tree.problems == ()


@pytest.mark.parametrize("nothing", [b"null", b"[]"])
def test_without_changes_there_is_no_export(nothing: bytes) -> None:
    tree, _ = changed_layer(answer(nothing), raw(b""))
    assert tree.entry_count == 0


def test_names_that_are_no_text_are_found_where_they_can_be() -> None:
    """The engine's JSON has a replacement for bytes that are not UTF-8."""
    export = tar_bytes([file("a\udcff".encode("utf-8", "surrogateescape"), "1")])
    changes = {("/a\ufffd", 1), ("/b\ufffd", 2)}
    tree, _ = changed_layer(listed(changes), whole(export))
    assert [entry.path for entry in tree.entries()] == [b"a\xff"]
    assert tree.problems[0].startswith("1 changed paths of the engine's list are not shown")


def test_a_path_that_went_meanwhile_is_said() -> None:
    tree, _ = changed_layer(listed({("/tmp/quick", 1)}), whole(tar_bytes([directory("tmp")])))
    assert tree.entry_count == 0
    assert "tmp/quick" in tree.problems[0]


@pytest.mark.parametrize(
    ("changes", "export", "words"),
    [
        (answer([{"Path": 3}]), raw(b""), "is not as its specification says"),
        (answer({"message": "boom"}, 500), raw(b""), "failed on the changes of the container web"),
        (listed(CHANGED), answer({"message": "No such container: web"}, 404), "No such container: web"),
        (listed(CHANGED), whole(tar_bytes(EXPORTED)[:2000]), "the export of the container web is"),
        (listed(CHANGED), whole(b"<html>" * 200), "damaged at byte 0"),
        (
            listed(CHANGED),
            chunked(lambda: iter([tar_bytes(EXPORTED)[:2048]]), whole=False),
            "closed the connection before its answer was complete",
        ),
    ],
)
def test_every_failure_is_a_sentence(changes: Answer, export: Answer, words: str) -> None:
    with pytest.raises(LayertuiError, match=re.escape(words)) as caught:
        changed_layer(changes, export)
    assert caught.value.hint


def test_a_damaged_export_names_its_offset() -> None:
    data = bytearray(tar_bytes(EXPORTED))
    data[512] ^= 0xFF
    with pytest.raises(DamagedError, match="damaged at byte 512"):
        changed_layer(listed(CHANGED), whole(bytes(data)))


def shown(live_engine: Dockerd, name: str, *, use_disk: bool) -> tuple[list[str], list[str], str]:
    """The top layer, everything, and how the top layer was read."""
    source = open_engine(Endpoint(live_engine.host), use_disk=use_disk)
    entry = next(entry for entry in source.entries() if name in entry.tags)
    loaded = load(entry.open(), verify_content=True)
    assert loaded.problems == ()
    top = loaded.image.layers[-1]
    method = top.content.method if isinstance(top.content, StoredTree) else ""
    assert top.writable == (entry.kind == "container")
    return diff_lines(loaded.squash, top.index), merged_lines(loaded.squash), method


def test_from_disk_it_is_what_docker_commit_makes(live_engine: Dockerd) -> None:
    committed, everything, _ = shown(live_engine, "committed:1", use_disk=True)
    ours, merged, method = shown(live_engine, "changed", use_disk=True)
    assert method == "a walk of its directory"
    assert ours == committed
    assert merged == everything


def test_through_the_api_it_is_what_docker_diff_says(live_engine: Dockerd) -> None:
    """What `docker diff` does not tell: names of a hard link that was copied up, which the export has; else nothing."""
    committed, everything, _ = shown(live_engine, "committed:1", use_disk=False)
    ours, merged, method = shown(live_engine, "changed", use_disk=False)
    assert method == "the engine's list of changes and export"
    assert merged == everything
    paths = {line.split(" ")[-1] for line in ours}
    told = {line.split(" ", 1)[1].lstrip("/") for line in live_engine.docker("diff", "changed").splitlines()}
    assert paths == told | {"usr/link1"}
    known = [line for line in committed if line.split(" ")[-1] in told and not line.startswith("O")]
    assert [line for line in known if line not in ours] == []


def test_a_fresh_container_has_an_empty_layer_either_way(live_engine: Dockerd) -> None:
    image = shown(live_engine, "built:1", use_disk=True)[1]
    for use_disk in (True, False):
        ours, merged, _ = shown(live_engine, "fresh", use_disk=use_disk)
        assert ours == []
        assert merged == image


def test_what_a_commit_adds_is_what_docker_says_that_it_added(live_engine: Dockerd) -> None:
    entry = next(entry for entry in open_engine(Endpoint(live_engine.host)).entries() if entry.reference == "changed")
    loaded = load(entry.open())
    sizes = [
        int(live_engine.docker("image", "inspect", "-f", "{{.Size}}", name)) for name in ("built:1", "committed:1")
    ]
    assert commit_bytes(loaded.squash.trees[-1]) == sizes[1] - sizes[0]
