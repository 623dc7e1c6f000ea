"""The built-in image is the same each time, a proper docker-archive, and tells its whole story."""

import hashlib
import io
import json
import tarfile
from itertools import pairwise
from typing import Any

import pytest

from layertui.image.blob import BytesBlob
from layertui.layer.read import read_layer
from layertui.sources.demo import build_demo, demo_source
from layertui.stack.fold import fold
from layertui.stack.squash import Squash
from layertui.stack.state import Outcome, State


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(build_demo())) as tar:
        members = {member.name: tar.extractfile(member) for member in tar}
        return {name: member.read() for name, member in members.items() if member}


@pytest.fixture(scope="module")
def images(files: dict[str, bytes]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(files["manifest.json"])
    return found


def squash_of(files: dict[str, bytes], image: dict[str, Any]) -> Squash:
    trees = [read_layer(BytesBlob(files[name], name)) for name in image["Layers"]]
    assert all(tree.damage is None and not tree.problems and not tree.columns.warnings for tree in trees)
    return fold(trees, layer_count=len(trees))


def test_two_builds_are_the_same_bytes() -> None:
    first, second = build_demo(), build_demo()
    assert hashlib.sha256(first).digest() == hashlib.sha256(second).digest()
    assert len(first) < 3_000_000


def test_two_images_share_a_base(images: list[dict[str, Any]]) -> None:
    assert [image["RepoTags"] for image in images] == [["api:1.4", "api:latest"], ["api:1.3"]]
    newer, older = (image["Layers"] for image in images)
    assert older[:3] == newer[:3]
    assert older[3] != newer[3]
    assert (len(older), len(newer)) == (6, 9)


def test_digests_and_history_are_true(files: dict[str, bytes], images: list[dict[str, Any]]) -> None:
    for image in images:
        raw = files[image["Config"]]
        assert image["Config"] == hashlib.sha256(raw).hexdigest() + ".json"
        config = json.loads(raw)
        assert config["rootfs"]["diff_ids"] == [
            f"sha256:{hashlib.sha256(files[name]).hexdigest()}" for name in image["Layers"]
        ]
        made = [step for step in config["history"] if not step.get("empty_layer")]
        assert len(made) == len(image["Layers"])
        assert {step["created_by"].split()[0] for step in config["history"]} >= {"ADD", "RUN", "COPY", "ENV", "CMD"}
        assert (config["os"], config["architecture"]) == ("linux", "amd64")
        assert config["config"]["Labels"]


def test_every_parent_is_named_and_every_name_is_plain(files: dict[str, bytes], images: list[dict[str, Any]]) -> None:
    for name in {name for image in images for name in image["Layers"]}:
        with tarfile.open(fileobj=io.BytesIO(files[name])) as tar:
            names = tar.getnames()
        assert all(path.isascii() and path.isprintable() and " " not in path for path in names)
        assert names == sorted(names, key=lambda path: path.replace("/", "\0"))
        assert {path.rpartition("/")[0] for path in names} <= {*names, ""}


STORY = [
    ("app/server", [(3, State.ADDED, Outcome.ONLY)]),
    ("app/models.bin", [(3, State.ADDED, Outcome.SHADOWED), (5, State.REWRITTEN, Outcome.WINS)]),
    (
        "etc/app/config.yaml",
        [
            (4, State.ADDED, Outcome.SHADOWED),
            (5, State.MODIFIED, Outcome.SHADOWED),
            (7, State.MODIFIED, Outcome.WINS),
        ],
    ),
    ("root/.netrc", [(2, State.ADDED, Outcome.DELETED), (6, State.REMOVED, Outcome.NONE)]),
    ("app/.cache/pip.tgz", [(3, State.ADDED, Outcome.DELETED)]),
    ("etc/motd", [(0, State.ADDED, Outcome.DELETED), (6, State.REMOVED, Outcome.NONE)]),
    ("etc/ssl/certs/ca-certificates.crt", [(0, State.ADDED, Outcome.SHADOWED), (7, State.REWRITTEN, Outcome.WINS)]),
    ("app/plugins", [(3, State.ADDED, Outcome.SHADOWED), (8, State.TYPE, Outcome.WINS)]),
    ("app/plugins/csv.so", [(3, State.ADDED, Outcome.DELETED)]),
    ("var/lib/app", [(8, State.ADDED, Outcome.ONLY)]),
    (
        "var/cache/apt/pkgcache.bin",
        [(0, State.ADDED, Outcome.SHADOWED), (1, State.MODIFIED, Outcome.DELETED)],
    ),
    ("usr/bin/bzip2", [(0, State.ADDED, Outcome.ONLY)]),
]


@pytest.mark.parametrize(("path", "expected"), STORY, ids=[path for path, _ in STORY])
def test_the_story(
    path: str,
    expected: list[tuple[int, State, Outcome]],
    files: dict[str, bytes],
    images: list[dict[str, Any]],
) -> None:
    squash = squash_of(files, images[0])
    history = squash.history(path.encode())
    assert [(squash.layer(p), squash.state(p), squash.outcome(p)) for p in history] == expected


def test_the_opaque_directory(files: dict[str, bytes], images: list[dict[str, Any]]) -> None:
    squash = squash_of(files, images[0])
    top = squash.history(b"var/cache/apt")[-1]
    assert (squash.layer(top), squash.state(top), squash.outcome(top)) == (6, State.OPAQUE, Outcome.WINS)


def test_the_changed_mode_holds_the_same_bytes(files: dict[str, bytes], images: list[dict[str, Any]]) -> None:
    squash = squash_of(files, images[0])
    for path, state in ((b"app/models.bin", State.METADATA), (b"etc/ssl/certs/ca-certificates.crt", State.IDENTICAL)):
        below, above = squash.history(path)
        contents = []
        for position in (below, above):
            tree, row = squash.data_position(position)
            start, size = tree.columns.offsets[row], tree.columns.sizes[row]
            contents.append(files[images[0]["Layers"][squash.layer(position)]][start : start + size])
        assert contents[0] == contents[1] != b""
        assert squash.settle(above, same_content=True) is state


def test_the_config_s_versions_differ_in_a_few_lines(files: dict[str, bytes], images: list[dict[str, Any]]) -> None:
    versions = []
    for index in (4, 5, 7):
        with tarfile.open(fileobj=io.BytesIO(files[images[0]["Layers"][index]])) as tar:
            member = tar.extractfile("etc/app/config.yaml")
            assert member is not None
            versions.append(member.read().decode().splitlines())
    for before, after in pairwise(versions):
        assert len(before) == len(after)
        assert sum(a != b for a, b in zip(before, after, strict=True)) == 2


def test_the_source_opens_both_images(images: list[dict[str, Any]]) -> None:
    source = demo_source()
    assert (source.scheme, source.label, source.warnings) == ("demo", "demo", ())
    entries = source.entries()
    assert [(entry.reference, entry.tags, entry.kind) for entry in entries] == [
        ("api:1.4", ("api:1.4", "api:latest"), "image"),
        ("api:1.3", ("api:1.3",), "image"),
    ]
    for entry, saved in zip(entries, images, strict=True):
        image = entry.open()
        assert image.platform.text == "linux/amd64"
        assert image.warnings == ()
        assert len(image.layers) == len(saved["Layers"])
        assert all(layer.command and layer.content and not layer.problem for layer in image.layers)
        assert [str(layer.diff_id)[7:] for layer in image.layers] == [
            name.partition("/")[0] for name in saved["Layers"]
        ]
        for layer in image.layers:
            assert layer.content is not None
            assert read_layer(layer.content, diff_id=layer.diff_id, verify=True).verified == ("diff ID",)
