"""Platforms: read as people write them, matched as engines match them."""

import pytest

from layertui.errors import UsageError
from layertui.image.platform import Platform, host_platform


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("linux/amd64", "linux/amd64"),
        ("linux/arm64/v8", "linux/arm64/v8"),
        ("amd64", "linux/amd64"),
        ("x86_64", "linux/amd64"),
        ("aarch64", "linux/arm64/v8"),
        ("LINUX/Arm64", "linux/arm64"),
        ("linux/arm/v7", "linux/arm/v7"),
        ("windows/amd64", "windows/amd64"),
    ],
)
def test_read_as_a_person_writes_it(typed: str, text: str) -> None:
    assert Platform.parse(typed).text == text


@pytest.mark.parametrize("typed", ["", "a/b/c/d", "linux//v8", "linux/amd 64", "linux/\x1b[0m"])
def test_what_is_no_platform_is_a_usage_error(typed: str) -> None:
    with pytest.raises(UsageError, match="is not a platform"):
        Platform.parse(typed)


@pytest.mark.parametrize(
    ("has", "wanted", "answers"),
    [
        ("linux/amd64", "linux/amd64", True),
        ("linux/amd64", "linux/arm64", False),
        ("windows/amd64", "linux/amd64", False),
        ("linux/arm64", "linux/arm64/v8", True),
        ("linux/arm64/v8", "linux/arm64", True),
        ("linux/arm/v6", "linux/arm", True),
        ("linux/arm/v6", "linux/arm/v7", False),
        ("linux/arm", "linux/arm/v7", True),
    ],
)
def test_a_variant_that_was_not_asked_for_is_free(has: str, wanted: str, answers: bool) -> None:
    assert Platform.parse(has).answers(Platform.parse(wanted)) is answers


@pytest.mark.parametrize(
    ("image", "machine", "distance"),
    [
        ("linux/amd64", "linux/amd64", 0),
        ("linux/arm/v7", "linux/arm/v7", 0),
        ("linux/arm/v6", "linux/arm/v7", 1),
        ("linux/arm/v7", "linux/arm/v6", None),
        ("linux/arm64", "linux/arm64/v8", 0),
        ("linux/amd64/v3", "linux/amd64", None),
        ("windows/amd64", "linux/amd64", None),
    ],
)
def test_a_machine_runs_older_variants_and_no_newer(image: str, machine: str, distance: int | None) -> None:
    assert Platform.parse(image).distance(Platform.parse(machine)) == distance


def test_the_host_runs_linux_containers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    assert host_platform().text == "linux/arm64/v8"
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    assert host_platform().text == "linux/riscv64"


def test_what_is_not_known_says_so() -> None:
    assert Platform().text == "unknown"
    assert not Platform("unknown", "unknown").known
