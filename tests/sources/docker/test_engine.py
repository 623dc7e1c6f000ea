"""A real Docker engine: what it lists, how its layers are read, and that it is only ever read."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from layertui.errors import LayertuiError, NotFoundError
from layertui.image.image import Image
from layertui.layer.stored import StoredTree
from layertui.sources.base import ImageEntry
from layertui.sources.docker.client import ALLOWED
from layertui.sources.docker.endpoint import Endpoint
from layertui.sources.docker.engine import EngineSource, open_engine
from layertui.sources.docker.finding import find
from layertui.stack.load import load
from tests.contract import expected_polite
from tests.contract.dockerd import Dockerd
from tests.contract.forms import load as load_reference
from tests.contract.listing import diff_lines, merged_lines
from tests.kit.hostile_engine import HostileEngine, RecordingProxy, answer


def source_of(live_engine: Dockerd, *, use_disk: bool) -> EngineSource:
    return open_engine(Endpoint(live_engine.host), use_disk=use_disk)


def called(source: EngineSource, name: str) -> ImageEntry:
    return next(entry for entry in source.entries() if name in (entry.reference, *entry.tags))


def methods(image: Image) -> set[str]:
    return {layer.content.method for layer in image.layers if isinstance(layer.content, StoredTree)}


BOOKS = "Docker's books (tar-split)"
EXPORT = "the engine's export"


def test_images_and_containers_are_listed_as_docker_lists_them(live_engine: Dockerd) -> None:
    source = source_of(live_engine, use_disk=False)
    form = "{{.ID}} {{.Repository}}:{{.Tag}}"
    theirs = live_engine.docker("images", "--no-trunc", "--format", form).splitlines()
    images = [entry for entry in source.entries() if entry.kind == "image"]
    ours = [
        f"{entry.record.image_id} {tag}"
        for entry in images
        if entry.record is not None
        for tag in entry.tags or ("<none>:<none>",)
    ]
    assert sorted(ours) == sorted(theirs)
    created = [entry.record.created or "" for entry in images if entry.record is not None]
    assert created == sorted(created, reverse=True)  # the engine's order; those of one second stand in any
    dangling = next(entry for entry in images if not entry.tags)
    assert dangling.record is not None
    assert re.fullmatch(r"sha256:[0-9a-f]{12}", dangling.reference)
    assert dangling.record.labels == {"kind": "dangling"}
    size = int(live_engine.docker("image", "inspect", "-f", "{{.Size}}", "built:1"))
    record = called(source, "built:1").record
    assert record is not None
    assert record.size_bytes == size
    assert record.created is not None
    assert record.created.endswith("Z")
    assert set(called(source, "built:1").tags) == {"built:1", "registry.example:5000/team/built:2"}


def test_containers_follow_their_image_newest_first(live_engine: Dockerd) -> None:
    entries = source_of(live_engine, use_disk=False).entries()
    place = next(at for at, entry in enumerate(entries) if "built:1" in entry.tags)
    assert [(entry.kind, entry.reference) for entry in entries[place + 1 : place + 3]] == [
        ("container", "fresh"),
        ("container", "changed"),
    ]
    states = {
        entry.container.name: (entry.container.status, entry.container.running)
        for entry in entries
        if entry.container is not None
    }
    assert states == {"fresh": ("created", False), "changed": ("exited (0)", False), "living": ("running", True)}


@pytest.mark.parametrize(("use_disk", "method"), [(True, BOOKS), (False, EXPORT)])
@pytest.mark.parametrize("name", ["built:1", "polite:1", "base:1"])
def test_an_image_shows_what_docker_save_shows(
    live_engine: Dockerd, tmp_path: Path, name: str, use_disk: bool, method: str
) -> None:
    live_engine.docker("save", "-o", tmp_path / "saved.tar", name)
    saved, _, squash = load_reference(f"{tmp_path}/saved.tar:{name}")
    image = called(source_of(live_engine, use_disk=use_disk), name).open()
    assert methods(image) == {method}
    loaded = load(image)
    assert loaded.problems == ()
    assert merged_lines(loaded.squash) == merged_lines(squash)
    if name == "polite:1":
        assert [diff_lines(loaded.squash, layer) for layer in range(5)] == expected_polite.DIFFS
    assert load(image, verify_content=True).squash.rewritten() == []  # contents can be read, and are compared
    assert [layer.diff_id for layer in image.layers] == [layer.diff_id for layer in saved.layers]
    assert [layer.command for layer in image.layers] == [layer.command for layer in saved.layers]
    assert [(step.command, step.layer) for step in image.steps] == [(step.command, step.layer) for step in saved.steps]
    assert (image.image_id, image.platform, image.config.config) == (
        saved.image_id,
        saved.platform,
        saved.config.config,
    )
    assert image.warnings == ()


def test_the_sizes_of_shared_layers_are_the_same_with_and_without_books(live_engine: Dockerd) -> None:
    books = source_of(live_engine, use_disk=True)
    api = source_of(live_engine, use_disk=False)
    assert all(entry.record.layers == () for entry in api.entries() if entry.record is not None)
    listed = {entry.reference: entry.record.layers for entry in books.entries() if entry.record is not None}
    asked = {entry.reference: entry.record.layers for entry in api.with_layers() if entry.record is not None}
    assert asked == listed
    assert listed["built:1"][0] == listed["base:1"][0]
    assert api.entries() == api.with_layers()


def test_everything_that_is_ever_sent_is_a_get_off_the_list(live_engine: Dockerd) -> None:
    """Held by what reaches the engine: listing, opening and reading everything, in both ways."""
    with RecordingProxy(live_engine.socket) as proxy:
        for use_disk in (True, False):
            source = open_engine(Endpoint(proxy.host), use_disk=use_disk)
            for entry in source.with_layers():
                load(entry.open())
        asked = list(proxy.requests)
    assert len(asked) > 30
    for request in asked:
        method, target, protocol = request.split(" ")
        assert (method, protocol) == ("GET", "HTTP/1.1")
        assert ALLOWED.fullmatch(target.partition("?")[0]), request
        assert target.partition("?")[2] in ("", "all=1")
    ways = {re.sub(r"[0-9a-f]{64}", "ID", request.split(" ")[1].partition("?")[0]) for request in asked}
    assert ways == {
        "/version",
        *(f"/v1.41/{name}" for name in ("info", "images/json", "containers/json")),
        *(f"/v1.41/images/sha256:ID/{name}" for name in ("json", "history", "get")),
        *(f"/v1.41/containers/ID/{name}" for name in ("json", "changes", "export")),
    }


def test_an_image_that_is_removed_meanwhile_is_said(live_engine: Dockerd) -> None:
    source, image = made_and_removed(live_engine)
    with pytest.raises(NotFoundError, match="does not have the image gone:1"):
        called(source, "gone:1").open()
    loaded = load(image)
    assert loaded.unread == {0}
    assert "does not have the image gone:1" in loaded.problems[0].message


def made_and_removed(live_engine: Dockerd) -> tuple[EngineSource, Image]:
    """An image that was listed and opened before it was removed."""
    container = live_engine.docker("create", "base:1", "true").strip()
    live_engine.docker("commit", container, "gone:1")
    source = source_of(live_engine, use_disk=False)
    image = called(source, "gone:1").open()
    live_engine.docker("rm", container)
    live_engine.docker("rmi", "gone:1")
    return source, image


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_somebody_without_access_to_the_disk_reads_through_the_socket(live_engine: Dockerd, tmp_path: Path) -> None:
    """Another user, who may open the socket: the same listing, by the export."""
    program = (
        "import json, os, sys\n"
        "import layertui.sources.docker.engine, layertui.sources.docker.transport  # while they can be read\n"
        "from layertui.sources.docker.engine import open_engine\n"
        "from layertui.sources.docker.endpoint import Endpoint\n"
        "from layertui.stack.load import load\n"
        "from tests.contract.listing import merged_lines\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "source = open_engine(Endpoint(sys.argv[1]))\n"
        "for entry in source.entries():\n"
        "    if entry.reference in ('polite:1', 'fresh'):\n"
        "        loaded = load(entry.open())\n"
        "        print(json.dumps([loaded.image.layers[-1].content.method, len(merged_lines(loaded.squash)),"
        " [problem.message for problem in loaded.problems]]))\n"
    )
    live_engine.socket.parent.chmod(0o711)
    live_engine.socket.chmod(0o666)
    environment = {**os.environ, "HOME": "/nonexistent", "XDG_CACHE_HOME": "/nonexistent"}
    done = subprocess.run(
        [sys.executable, "-c", program, live_engine.host], capture_output=True, text=True, env=environment, timeout=60
    )
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert sorted(method for method, _, _ in said) == [EXPORT, "the engine's list of changes and export"], done.stderr
    assert all(problems == [] for _, _, problems in said)
    assert [count for method, count, _ in said if method == EXPORT] == [len(expected_polite.MERGED)]


def test_the_place_that_is_found_opens(live_engine: Dockerd) -> None:
    place = find({"DOCKER_HOST": live_engine.host, "HOME": "/nonexistent"})[0]
    assert place.found
    assert {"built:1", "polite:1"} <= {entry.reference for entry in place.open().entries()}


def image_of(image_id: str, **more: object) -> dict[str, object]:
    return {"Id": image_id, "RepoTags": ["a:1"], "Created": 1, "Size": 2, **more}


ID = "sha256:" + "ab" * 32


@pytest.mark.parametrize("image_id", ["", "sha256:../../etc", "sha256:" + "AB" * 32, "x" * 500])
def test_an_id_that_is_none_is_one_broken_entry(image_id: str) -> None:
    images = [image_of(image_id), image_of(ID, RepoTags=None, Labels=None, RepoDigests=None)]
    containers = [{"Id": image_id, "Names": ["/c"]}]
    with HostileEngine({"/images/json": answer(images), "/containers/json": answer(containers)}) as hostile:
        entries = open_engine(Endpoint(hostile.host)).entries()
    assert [entry.kind for entry in entries] == ["broken", "image", "broken"]
    with pytest.raises(LayertuiError, match="which is none"):
        entries[0].open()


def test_without_its_containers_images_are_listed_with_a_warning() -> None:
    script = {"/images/json": answer([image_of(ID)]), "/containers/json": answer({"message": "no"}, 403)}
    with HostileEngine(script) as hostile:
        source = open_engine(Endpoint(hostile.host))
    assert [entry.reference for entry in source.entries()] == ["a:1"]
    assert "containers are not listed" in source.warnings[0]


def test_a_container_whose_image_is_gone_comes_last_and_says_so() -> None:
    container = {
        "Id": "cd" * 32,
        "Names": ["/lonely", "/other/link"],
        "ImageID": "sha256:" + "ef" * 32,
        "State": "dead",
    }
    details = {"Name": "/lonely", "Image": "sha256:" + "ef" * 32, "State": {"Status": "exited", "ExitCode": 3}}
    script = {
        "/images/json": answer([image_of(ID)]),
        "/containers/json": answer([container]),
        f"/containers/{'cd' * 32}/json": answer(details),
    }
    with HostileEngine(script) as hostile:
        entries = open_engine(Endpoint(hostile.host)).entries()
        assert [entry.reference for entry in entries] == ["a:1", "lonely"]
        with pytest.raises(NotFoundError, match="stands on an image that was removed"):
            entries[1].open()


def test_a_container_that_is_removed_meanwhile_is_said() -> None:
    script = {"/images/json": answer([]), "/containers/json": answer([{"Id": "cd" * 32, "Names": ["/short"]}])}
    with HostileEngine(script) as hostile:
        (entry,) = open_engine(Endpoint(hostile.host)).entries()
        with pytest.raises(NotFoundError, match="does not have the container short"):
            entry.open()
