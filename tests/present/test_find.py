"""Fuzzy find: what is found, what comes first, and that deleted versions are found too."""

import pytest

from layertui.errors import Cancelled
from layertui.present.find import BATCH, fuzzy
from layertui.stack.squash import Squash
from layertui.stack.state import Outcome
from tests.kit.entries import directory, file, whiteout
from tests.present.test_rows import squash_of


def paths(squash: Squash, query: str, limit: int = 500) -> list[str]:
    return [squash.path(hit.position).decode("utf-8", "backslashreplace") for hit in fuzzy(squash, query, limit)]


@pytest.fixture(scope="module")
def squash() -> Squash:
    return squash_of(
        [
            [
                directory("etc"),
                file("etc/passwd", "1"),
                file("etc/ssl/certs/ca.crt", "1"),
                file("usr/bin/passwd-tool", "1"),
                file("usr/share/doc/passwd.html/x", "1"),
                file("README", "1"),
                file("gone", "1"),
            ],
            [whiteout("gone"), file("etc/passwd", "22")],
            [file("etc/passwd", "333")],
        ]
    )


def test_letters_in_order(squash: Squash) -> None:
    assert paths(squash, "esslca") == ["etc/ssl/certs/ca.crt"]
    assert paths(squash, "acsse") == []


def test_words_must_all_be_found(squash: Squash) -> None:
    assert paths(squash, "passwd usr")[0] == "usr/bin/passwd-tool"
    assert "etc/passwd" not in paths(squash, "passwd usr")


def test_upper_case_makes_case_matter(squash: Squash) -> None:
    assert paths(squash, "readme") == ["README"]
    assert paths(squash, "README") == ["README"]
    assert paths(squash, "Readme") == []


def test_best_first(squash: Squash) -> None:
    assert paths(squash, "passwd") == [
        "etc/passwd",
        "usr/bin/passwd-tool",
        "usr/share/doc/passwd.html/x",
    ]
    assert paths(squash, "etc")[0] == "etc", "the directory itself before what lies in it"


def test_a_path_is_one_hit_at_the_version_that_is_visible(squash: Squash) -> None:
    (hit,) = [hit for hit in fuzzy(squash, "etcpasswd") if squash.path(hit.position) == b"etc/passwd"]
    assert squash.layer(hit.position) == 2
    assert squash.outcome(hit.position) is Outcome.WINS


def test_deleted_versions_are_found(squash: Squash) -> None:
    (hit,) = fuzzy(squash, "gone")
    assert (squash.layer(hit.position), squash.outcome(hit.position)) == (0, Outcome.DELETED)


def test_a_whiteout_of_nothing_is_found_as_itself() -> None:
    squash = squash_of([[whiteout("absent")]])
    assert paths(squash, "absent") == ["absent"]


def test_implied_directories_are_not_hits(squash: Squash) -> None:
    assert paths(squash, "usr/share/doc") == ["usr/share/doc/passwd.html/x"]


def test_a_slash_and_the_limit(squash: Squash) -> None:
    assert paths(squash, "etc/pass") == ["etc/passwd"]
    assert len(paths(squash, "a", limit=2)) == 2


def test_nothing_asked_nothing_found(squash: Squash) -> None:
    assert paths(squash, "") == []
    assert paths(squash, "  ") == []


def test_names_that_are_not_utf8() -> None:
    squash = squash_of([[file(b"d/\xff\xfe", "1"), file("größe", "1")]])
    assert [hit.position for hit in fuzzy(squash, "\udcff\udcfe")] == [squash.run(b"d/\xff\xfe")[0]]
    assert paths(squash, "größe") == ["größe"]


def test_cancelled() -> None:
    squash = squash_of([[file(f"f{number:05}", "") for number in range(2 * BATCH)]])
    with pytest.raises(Cancelled):
        fuzzy(squash, "f", cancelled=lambda: True)
    assert len(fuzzy(squash, "f", cancelled=lambda: False)) == 500
