"""The list of a host's images: docker's columns, its rules for lines, and the documented JSON."""

from datetime import UTC, datetime
from typing import Any

import pytest

from layertui.errors import UnreachableError
from layertui.image.image import Container
from layertui.present.listing import (
    HostList,
    Listed,
    bare_ids,
    docker_size,
    images_json,
    images_table,
    split_name,
)
from tests.hosts import chain_id, image_id

NOW = datetime(2024, 1, 17, tzinfo=UTC)
A, B = "sha256:" + "a" * 64, "sha256:" + "b" * 64


def listed(name: str, *tags: str, source: str = "Docker", **more: Any) -> Listed:
    more.setdefault("created", "2024-01-03T00:00:00Z")
    more.setdefault("size_bytes", 121_400_000)
    return Listed(source, "docker-daemon", image_id(name), tags, **more)


def table(*images: Listed, sources: tuple[str, ...] = ("Docker",), **options: bool) -> list[str]:
    return list(images_table(HostList(images, sources=sources), NOW, **options))


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (None, "?"),
        (0, "0B"),
        (999, "999B"),
        (1_000, "1kB"),
        (1_234, "1.23kB"),
        (22_020_096, "22MB"),
        (74_800_000, "74.8MB"),
        (163_956_000, "164MB"),
        (999_499, "999kB"),
        (999_600, "1MB"),
        (1_100_000_000, "1.1GB"),
        (2**63, "9.22EB"),
        (10**22, "10ZB"),
    ],
)
def test_sizes_as_docker_prints_them(size_bytes: int | None, text: str) -> None:
    assert docker_size(size_bytes) == text


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("api:1.4", ("api", "1.4")),
        ("localhost:5000/api", ("localhost:5000/api", "")),
        ("localhost:5000/api:1", ("localhost:5000/api", "1")),
        (f"api@{A}", ("api", A)),
        (f"api:1@{A}", ("api", A)),
    ],
)
def test_names_taken_apart(name: str, parts: tuple[str, str]) -> None:
    assert split_name(name) == parts


def test_a_line_for_each_tag_in_dockers_layout() -> None:
    images = [listed("one", "api:1.4", "registry.example.com:5000/team/api:1.4"), listed("two")]
    assert table(*images) == [
        "REPOSITORY                           TAG       IMAGE ID       CREATED       SIZE",
        f"api                                  1.4       {image_id('one').short}   2 weeks ago   121MB",
        f"registry.example.com:5000/team/api   1.4       {image_id('one').short}   2 weeks ago   121MB",
        f"<none>                               <none>    {image_id('two').short}   2 weeks ago   121MB",
    ]


def test_nothing_but_the_titles_where_there_is_no_image() -> None:
    assert table() == ["REPOSITORY   TAG       IMAGE ID   CREATED   SIZE"]


def test_digests_stand_beside_each_tag_of_their_repository() -> None:
    image = listed("one", "api:1", "api:2", "mirror/api:1", repo_digests=(f"api@{A}", f"old/api@{B}"))
    rows = [line.split()[:3] for line in table(image, digests=True)]
    assert rows == [
        ["REPOSITORY", "TAG", "DIGEST"],
        ["api", "1", A],
        ["api", "2", A],
        ["mirror/api", "1", "<none>"],
        ["old/api", "<none>", B],
    ]
    assert [line.split()[:2] for line in table(image)][1:] == [row[:2] for row in rows[1:]]


def test_whole_ids() -> None:
    assert str(image_id("one")) in table(listed("one"), no_trunc=True)[1]


def test_what_is_unknown_is_no_guess() -> None:
    unknown = Listed("containerd", "containerd", None, ("api:1",))
    assert table(unknown)[1].split() == ["api", "1", "?", "?"]


def test_a_source_has_a_column_where_several_answered_though_one_holds_nothing() -> None:
    one = listed("one", "api:1")
    assert "SOURCE" not in table(one)[0]
    lines = table(one, sources=("Docker", "Podman (root)"))
    assert [line.split()[-1] for line in lines] == ["SOURCE", "Docker"]
    assert lines[0].index("SOURCE") == lines[1].index("Docker")


def test_columns_stand_though_names_are_wide() -> None:
    lines = table(listed("one", "größe/日本:1"), listed("two", "a:1"))
    assert lines[1].startswith("größe/日本   1         ")
    assert lines[2].startswith("a            1         ")


def test_names_that_act_on_a_terminal_are_shown() -> None:
    image = listed("one", "evil\x1b[2J:\u202e1", source="Docker (context \x07)")
    line = table(image, sources=("a", "b"))[1]
    assert "evil\\x1b[2J" in line
    assert "\\u202e1" in line
    assert "Docker (context \\x07)" in line


def test_quiet_has_as_many_lines_as_the_table() -> None:
    host = HostList((listed("one", "api:1", "api:2"), listed("two")))
    assert list(bare_ids(host)) == [image_id("one").short] * 2 + [image_id("two").short]
    assert list(bare_ids(host, no_trunc=True))[-1] == str(image_id("two"))


def test_json_has_the_documented_keys_and_null_for_what_is_unknown() -> None:
    web = Container("c" * 64, "web", "exited (0)", False, "2024-01-04T00:00:00Z", image_id("one"))
    lost = Container("d" * 64, "lost", "", None, None, None)
    full = listed(
        "one",
        "api:1",
        repo_digests=(f"api@{A}",),
        layers=((chain_id("base"), 121_400_000),),
        containers=(web,),
        shared_bytes=0,
        unique_bytes=121_400_000,
    )
    bare = Listed("containerd", "containerd", None, ("k8s:1",))
    problem = UnreachableError("Podman does not answer.", "Start it.")
    shape = images_json(HostList((full, bare), (("Podman", lost),), (problem,), warnings=("odd",)))
    assert next(iter(shape)) == "schema_version"
    assert shape == {
        "schema_version": 1,
        "images": [
            {
                "image_id": str(image_id("one")),
                "tags": ["api:1"],
                "digests": [f"api@{A}"],
                "created": "2024-01-03T00:00:00Z",
                "size_bytes": 121_400_000,
                "shared_bytes": 0,
                "unique_bytes": 121_400_000,
                "source": "Docker",
                "scheme": "docker-daemon",
                "containers": [
                    {
                        "container_id": "c" * 64,
                        "name": "web",
                        "status": "exited (0)",
                        "running": False,
                        "created": "2024-01-04T00:00:00Z",
                    }
                ],
            },
            {
                "image_id": None,
                "tags": ["k8s:1"],
                "digests": [],
                "created": None,
                "size_bytes": None,
                "shared_bytes": None,
                "unique_bytes": None,
                "source": "containerd",
                "scheme": "containerd",
                "containers": [],
            },
        ],
        "containers_without_image": [
            {
                "container_id": "d" * 64,
                "name": "lost",
                "status": "",
                "running": None,
                "created": None,
                "source": "Podman",
            }
        ],
        "warnings": ["odd"],
        "problems": [{"message": "Podman does not answer.", "hint": "Start it."}],
    }
