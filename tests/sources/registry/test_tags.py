"""All tags of a repository: their order, and what is asked for them when."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from layertui.errors import NotFoundError, UsageError
from layertui.image.platform import Platform
from layertui.sources.registry import tags as module
from layertui.sources.registry.tags import TagSource, newest_first, open_tags
from tests.kit.entries import file
from tests.kit.images import CREATED, ImageSpec
from tests.sources.registry.fake import FakeClient

ONE = ImageSpec(layers=[[file("a", "one")]])
ARM = ImageSpec(layers=[[file("a", "arm")]], architecture="arm64")

Tags = Callable[..., TagSource]


@pytest.mark.parametrize(
    "in_order",
    [
        "latest edge stable 10 9.1 9 v2.0 1.27.10 1.27.9 1.27.0 1.27 1 0.9",
        "latest 3.20 3.20-alpine 3.20-slim 3.20-rc10 3.20-rc9 3.20-beta1 3.19",
        "bookworm bookworm-slim trixie 12.5 12.5-slim 12",
        "3f2a9c1 abcdef0 deadbeef 20240102 20231231 2.0",
        "1.0 1.0-1 1.0-2 1.0-10 1.0-build2 1.0rc1",
        "node18 node20 18",
    ],
)
def test_tags_are_sorted_as_versions_the_newest_first(in_order: str) -> None:
    tags = in_order.split()
    for seed in range(5):
        mixed = random.Random(seed).sample(tags, len(tags))
        assert sorted(mixed, key=newest_first) == tags


@pytest.fixture
def client() -> FakeClient:
    return FakeClient()


@pytest.fixture
def tags(client: FakeClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tags:
    """Opens the fake repository with all tags."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr(module, "connect", lambda *_, **__: client)

    def open_it(platform: str | None = None) -> TagSource:
        return open_tags(f"docker://{client.label}", Platform.parse(platform) if platform else None)

    return open_it


def index(client: FakeClient, *names: str) -> None:
    one, arm = client.push_image(ONE)[1], client.push_image(ARM)[1]
    here, there = {"os": "linux", "architecture": "amd64"}, {"os": "linux", "architecture": "arm64"}
    client.push_index([{**arm, "platform": there}, {**one, "platform": here}], *names)
    client.found_tags += names


def test_nothing_is_asked_for_a_tag_before_it_is_opened(tags: Tags, client: FakeClient) -> None:
    index(client, "1.0", "latest", "2.0")
    source = tags()
    entries = source.entries()
    assert client.asked == ["tags"]
    assert [entry.reference for entry in entries] == [f"{client.label}:{tag}" for tag in ("latest", "2.0", "1.0")]
    assert {(entry.kind, entry.platform, entry.digest) for entry in entries} == {("image", None, None)}
    image = entries[1].open()
    assert len(client.asked) == 4
    assert image.platform.text == "linux/amd64"
    assert image.reference == f"{client.label}:2.0"


def test_tags_of_one_digest_are_together_once_that_is_known(tags: Tags, client: FakeClient) -> None:
    index(client, "1.0", "1", "latest")
    client.push_image(ONE, "0.9")
    client.found_tags.append("0.9")
    source = tags()
    assert len(source.entries()) == 4
    facts = [source.look(tag) for tag in ("latest", "1", "0.9")]
    assert [[platform.text for platform in each.platforms] for each in facts] == [
        ["linux/amd64", "linux/arm64"],
        ["linux/amd64", "linux/arm64"],
        ["linux/amd64"],
    ]
    entries = source.entries()
    assert [[name.rpartition(":")[2] for name in entry.tags] for entry in entries] == [
        ["latest", "1"],
        ["1.0"],
        ["0.9"],
    ]
    assert entries[0].digest == facts[0].digest
    assert entries[2].platform is not None
    before = len(client.asked)
    source.look("latest")
    assert len(client.asked) == before


def test_when_it_was_made_is_asked_for_where_it_is_wanted(tags: Tags, client: FakeClient) -> None:
    index(client, "1.0", "1")
    client.push_image(ONE, "0.9")
    client.found_tags.append("0.9")
    source = tags()
    assert source.look("1").created is None
    assert source.look("0.9").created == CREATED
    assert source.look("1", created=True).created == CREATED
    source.look("1.0")
    known = source.known("1.0")
    assert known is not None
    assert known.created == CREATED  # the same digest
    entry = source.entries()[0]
    assert entry.record is not None
    assert entry.record.created == CREATED


def test_the_wanted_platform_is_opened(tags: Tags, client: FakeClient) -> None:
    index(client, "1")
    assert tags("linux/arm64").entries()[0].open().platform.text == "linux/arm64"
    with pytest.raises(NotFoundError, match="nothing for linux/s390x"):
        tags("linux/s390x").entries()[0].open()


@pytest.mark.parametrize("suffix", [":1", "@sha256:" + "a" * 64])
def test_a_name_of_one_image_is_a_usage_error(suffix: str, client: FakeClient) -> None:
    with pytest.raises(UsageError, match="all tags were asked for"):
        open_tags(f"docker://{client.label}{suffix}")


def test_a_port_is_no_tag(tags: Tags, client: FakeClient) -> None:
    tags()
    assert isinstance(open_tags("localhost:5000/api"), TagSource)
