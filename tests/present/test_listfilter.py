"""Docker's filters: what each means, and which words are none."""

from typing import Any

import pytest

from layertui.errors import NotFoundError, UsageError
from layertui.present.listfilter import compile_glob, familiar, parse_filters
from layertui.present.listing import Listed
from tests.hosts import image_id

DIGEST = "sha256:" + "ab" * 32


def listed(name: str, *tags: str, **more: Any) -> Listed:
    return Listed("Docker", "docker-daemon", image_id(name), tags, **more)


IMAGES = [
    listed("newest", "api:1.4", "team/api:1.4", created="2024-03-01T00:00:00Z", labels={"stage": "test", "empty": ""}),
    listed("older", "api:1.3", "localhost:5000/api:1.3", created="2024-02-01T00:00:00Z", labels={"stage": "live"}),
    listed("loose", created="2024-01-15T00:00:00Z"),
    listed("pulled", repo_digests=(f"redis@{DIGEST}",), created="2024-01-10T00:00:00Z"),
    listed("first", "docker.io/library/redis:7", created="2024-01-01T00:00:00.5Z"),
    listed("timeless", "base:latest", created=None),
]


def left(*filters: str) -> list[tuple[str, ...]]:
    """The names of each image that is left: tags, then repositories with a digest."""
    kept = parse_filters(filters).apply(IMAGES)
    return [(*image.tags, *(name.partition("@")[0] + "@" for name in image.repo_digests)) for image in kept]


def test_no_filter_keeps_all() -> None:
    assert parse_filters([]).apply(IMAGES) == IMAGES


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        (["dangling=true"], [(), ("redis@",)]),
        (["dangling=1", "dangling=TRUE"], [(), ("redis@",)]),
        (["Dangling = true"], [(), ("redis@",)]),
        (["reference=api"], [("api:1.4",), ("api:1.3",)]),
        (["reference=api:1.4"], [("api:1.4",)]),
        (["reference=*/api"], [("team/api:1.4",), ("localhost:5000/api:1.3",)]),
        (["reference=*api*"], [("api:1.4",), ("api:1.3",)]),
        (["reference=*:1.3"], [("api:1.3",)]),
        (["reference=*/*:1.3"], [("localhost:5000/api:1.3",)]),
        (["reference=redis"], [("redis@",), ("docker.io/library/redis:7",)]),
        (["reference=redis@*"], [("redis@",)]),
        (["reference=redis:7", "reference=base"], [("docker.io/library/redis:7",), ("base:latest",)]),
        (["reference=API"], []),
        (["reference=redis", "dangling=true"], [("redis@",)]),
        (["label=stage"], [("api:1.4", "team/api:1.4"), ("api:1.3", "localhost:5000/api:1.3")]),
        (["label=stage=live"], [("api:1.3", "localhost:5000/api:1.3")]),
        (["label=stage", "label=empty="], [("api:1.4", "team/api:1.4")]),
        (["label=stage=live", "label=empty"], []),
        (["before=api:1.3"], [(), ("redis@",), ("docker.io/library/redis:7",)]),
        (["since=api:1.3"], [("api:1.4", "team/api:1.4")]),
        (["since=redis:7", "before=api:1.3"], [(), ("redis@",)]),
        ([f"before={image_id('loose').short}"], [("redis@",), ("docker.io/library/redis:7",)]),
        ([f"before={image_id('loose')}"], [("redis@",), ("docker.io/library/redis:7",)]),
        ([f"since=redis@{DIGEST}", "before=api:1.3"], [()]),
    ],
    ids=str,
)
def test_what_is_left(filters: list[str], names: list[tuple[str, ...]]) -> None:
    assert left(*filters) == names


def test_not_dangling_is_whatever_has_a_name() -> None:
    assert left("dangling=false") == [name for name in left() if name]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("until=1h", "There is no filter 'until'."),
        ("dangling", "'dangling' is no filter: it has to be name=value."),
        ("label=", "'label=' is no filter: it has to be name=value."),
        ("dangling=maybe", "dangling is true or false, not 'maybe'."),
        ("reference=[", "'[' is no pattern."),
    ],
)
def test_what_is_no_filter_is_said(text: str, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_filters([text])
    assert raised.value.message == said
    assert raised.value.hint


def test_two_opposite_words_are_refused() -> None:
    with pytest.raises(UsageError, match="not 'true and false'"):
        parse_filters(["dangling=true", "dangling=false"])


@pytest.mark.parametrize("text", ["before=nothing", "since=nothing:1", "before=redis:8", "since=abc"])
def test_an_image_that_is_not_there_has_no_time(text: str) -> None:
    with pytest.raises(NotFoundError, match="There is no image"):
        parse_filters([text]).apply(IMAGES)


def test_an_image_without_a_time_has_nothing_before_it() -> None:
    with pytest.raises(NotFoundError, match="When base was made is not known"):
        parse_filters(["before=base"]).apply(IMAGES)


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("abc", "abc", True),
        ("*", "abc", True),
        ("*c", "abc", True),
        ("a*", "a", True),
        ("a*", "ab/c", False),
        ("a*/b", "abc/b", True),
        ("a*/b", "a/c/b", False),
        ("a*b*c*d*e*/f", "axbxcxdxexxx/f", True),
        ("a*b*c*d*e*/f", "axbxcxdxe/xxx/f", False),
        ("a*b?c*x", "abxbbxdbxebxczzx", True),
        ("a*b?c*x", "abxbbxdbxebxczzy", False),
        ("ab[b-d]", "abc", True),
        ("ab[e-g]", "abc", False),
        ("ab[^c]", "abc", False),
        ("ab[^e-g]", "abc", True),
        ("a\\*b", "a*b", True),
        ("a\\*b", "ab", False),
        ("a?b", "a☺b", True),
        ("a[^a]b", "a☺b", True),
        ("a???b", "a☺b", False),
        ("[a-ζ]*", "α", True),
        ("*[a-ζ]", "A", False),
        ("a?b", "a/b", False),
        ("[\\]a]", "]", True),
        ("[x\\-]", "-", True),
        ("[x\\-]", "z", False),
        ("[z-a]", "z", False),
        ("[^z-a]", "z", True),
        ("[a&&b]", "&", True),
        ("**", "a/b", False),
        ("a.c", "abc", False),
        ("abc", "abcd", False),
    ],
)
def test_patterns_match_as_in_go(pattern: str, name: str, matches: bool) -> None:
    assert (compile_glob(pattern).fullmatch(name) is not None) is matches


@pytest.mark.parametrize(
    "pattern", ["[]a]", "[-]", "[x-]", "[-x]", "\\", "[a-b-c]", "[", "[^", "[^bc", "a[", "a/b[", "[a-", "[\\"]
)
def test_patterns_that_are_none_in_go(pattern: str) -> None:
    with pytest.raises(UsageError, match="is no pattern"):
        compile_glob(pattern)


def test_what_docker_leaves_out_of_a_name() -> None:
    assert familiar("docker.io/library/redis:7") == "redis:7"
    assert familiar("docker.io/team/api:1") == "team/api:1"
    assert familiar("localhost/library/redis:7") == "localhost/library/redis:7"
