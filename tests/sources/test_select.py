"""Which entry a person means, by name, digest and platform."""

from dataclasses import replace

import pytest

from layertui.errors import DamagedError, NotFoundError
from layertui.image.digest import Digest
from layertui.image.platform import Platform
from layertui.sources.base import ImageEntry, Kind, unopenable
from layertui.sources.select import choose, full_name

AMD, ARM = Platform("linux", "amd64"), Platform("linux", "arm64", "v8")


@pytest.fixture(autouse=True)
def _host_is_amd64(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "x86_64")


def entry(*tags: str, kind: Kind = "image", platform: Platform | None = AMD, hex2: str = "aa") -> ImageEntry:
    digest = Digest(f"sha256:{hex2 * 32}")
    problem = DamagedError("broken") if kind == "broken" else None
    return ImageEntry(
        tags[0] if tags else str(digest), tags, kind, platform, digest, problem, unopenable(DamagedError("x"))
    )


def pick(entries: list[ImageEntry], selector: str | None = None, platform: str | None = None) -> int | None:
    """The number of the entry that is chosen."""
    chosen = choose(entries, selector, Platform.parse(platform) if platform else None, "a.tar")
    return None if chosen is None else next(n for n, one in enumerate(entries) if one is chosen)


@pytest.mark.parametrize(
    ("name", "full"),
    [
        ("api", "docker.io/library/api:latest"),
        ("api:1", "docker.io/library/api:1"),
        ("me/api:1", "docker.io/me/api:1"),
        ("localhost/api", "localhost/api:latest"),
        ("host:5000/api", "host:5000/api:latest"),
        ("ghcr.io/me/api:1", "ghcr.io/me/api:1"),
    ],
)
def test_what_docker_leaves_out_of_a_name(name: str, full: str) -> None:
    assert full_name(name) == full


@pytest.mark.parametrize(
    ("selector", "chosen"),
    [
        ("api:1.4", 0),
        ("docker.io/library/api:1.4", 0),
        ("1.4", 0),
        ("api", 2),
        ("api:latest", 2),
        ("me/web:1", 1),
        ("docker.io/me/web:1", 1),
        ("me/web", 1),
        ("web:1", 1),
        ("web", 1),
        ("@1", 1),
        ("sha256:bbbb", 1),
        ("sha256:" + "b" * 64, 1),
        ("bbbbbbbbbbbb", 1),
        ("me/web@sha256:" + "b" * 64, 1),
    ],
)
def test_names_as_people_write_them(selector: str, chosen: int) -> None:
    entries = [entry("api:1.4", "old"), entry("me/web:1", hex2="bb"), entry("api:latest", hex2="cc")]
    assert pick(entries, selector) == chosen


def test_the_exact_name_goes_before_a_looser_reading() -> None:
    assert pick([entry("api:1.4"), entry("1.4", hex2="bb")], "1.4") == 1


def test_a_name_that_two_images_may_mean_leaves_the_choice() -> None:
    assert pick([entry("api:1"), entry("web:1", hex2="bb")], "1") is None


def test_a_wrong_name_lists_the_near_ones_first() -> None:
    entries = [entry("redis:7.4"), entry("api:1.4", hex2="bb"), entry("api:1.5", hex2="cc")]
    with pytest.raises(NotFoundError, match=r"nothing called api:1\.6") as caught:
        pick(entries, "api:1.6")
    assert caught.value.hint.index("api:1.4") < caught.value.hint.index("redis:7.4")


def test_a_long_list_of_names_is_cut() -> None:
    entries = [entry(f"api:{number}", hex2=f"{number:02}") for number in range(30)]
    with pytest.raises(NotFoundError) as caught:
        pick(entries, "web")
    assert "and 18 more" in caught.value.hint


def test_no_names_at_all_is_said() -> None:
    with pytest.raises(NotFoundError, match="its images have no names"):
        pick([entry()], "api")


@pytest.mark.parametrize("selector", ["@7", "sha256:ffff", "ffff"])
def test_a_number_or_digest_that_is_not_there(selector: str) -> None:
    with pytest.raises(NotFoundError):
        pick([entry("api:1")], selector)


def test_one_name_for_several_platforms_is_the_hosts() -> None:
    entries = [entry("api:1", platform=ARM), entry("api:1", hex2="bb")]
    assert pick(entries) == 1
    assert pick(entries, "api:1") == 1
    assert pick(entries, platform="arm64") == 0


def test_untagged_platforms_are_one_image() -> None:
    assert pick([entry(platform=ARM), entry(hex2="bb")]) == 1


def test_other_names_are_other_images_whatever_their_platform() -> None:
    assert pick([entry("a:1", platform=ARM), entry("b:1", hex2="bb")]) is None


def test_two_of_one_platform_leave_the_choice() -> None:
    assert pick([entry("a:1"), entry("a:1", hex2="bb")]) is None


def test_a_platform_that_is_not_there_lists_those_that_are() -> None:
    with pytest.raises(NotFoundError, match=r"nothing for linux/s390x") as caught:
        pick([entry("a:1"), entry("a:1", platform=ARM, hex2="bb")], platform="s390x")
    assert caught.value.hint == "Platforms there: linux/amd64, linux/arm64/v8."


def test_the_one_image_is_chosen_on_any_host_and_beside_artifacts() -> None:
    entries = [entry(kind="attestation", platform=None), entry("a:1", platform=ARM), entry("c", kind="artifact")]
    assert pick(entries) == 1


def test_broken_platforms_of_the_same_name_do_not_hinder() -> None:
    assert pick([entry("a:1", kind="broken", platform=ARM), entry("a:1", hex2="bb")]) == 1


def test_a_name_in_full_and_in_short_are_one_name() -> None:
    assert pick([entry("a:1"), entry("docker.io/library/a:1", kind="broken", platform=ARM, hex2="bb")]) == 0


def test_a_broken_image_of_another_name_leaves_the_choice() -> None:
    assert pick([entry("b:1", kind="broken"), entry("a:1", hex2="bb")]) is None


def test_what_is_asked_for_is_chosen_even_if_it_is_broken() -> None:
    entries = [entry("b:1", kind="broken", platform=ARM), entry("a:1", hex2="bb")]
    assert pick(entries, "b:1") == 0
    assert pick(entries, platform="arm64") == 0


def test_nothing_is_chosen_of_nothing() -> None:
    assert pick([]) is None


@pytest.mark.parametrize(
    ("selector", "number"),
    [
        ("polite:1", 0),
        ("default/polite:1", 0),
        ("default/docker.io/library/polite:1", 0),
        ("k8s.io/polite:1", 1),
        ("k8s.io/docker.io/library/polite:1", 1),
        ("k8s.io/polite", 1),
    ],
)
def test_a_namespace_may_stand_before_any_name(selector: str, number: int) -> None:
    own = replace(entry("docker.io/library/polite:1"), namespace="default")
    other = replace(entry("k8s.io/docker.io/library/polite:1", hex2="bb"), namespace="k8s.io")
    assert pick([own, other], selector) == number
    assert pick([own], "polite:1") == 0
    with pytest.raises(NotFoundError):
        pick([own, other], "moby/polite:1")
