"""Owners on disk and in a container: a user's store, a user namespace, and both."""

from pathlib import Path

import pytest

from layertui.sources.podman.books import IdMap, RawContainer, RawLayer
from layertui.sources.podman.owners import in_user_namespace, owner_map

ROOT, USER = (0, 0), (4711, 4712)
PLAIN, MAPPED = RawLayer("a"), RawContainer("c", uidmap=[IdMap(0, 10, 5)], gidmap=[IdMap(0, 1, 1), IdMap(1, 99_999, 9)])


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    """Subordinate IDs of a user whom no password file knows, by number."""
    (tmp_path / "subuid").write_text("4711:100000:1000\n4711:500000:1000\nother:1:9\n")
    (tmp_path / "subgid").write_text("4711:200000:100000\n")
    return tmp_path


def test_roots_own_store_is_as_it_is(etc: Path) -> None:
    assert owner_map(ROOT, PLAIN, etc=etc) is None


@pytest.mark.parametrize(
    ("on_disk", "inside"),
    [
        ((4711, 4712), (0, 0)),
        ((100_000, 200_000), (1, 1)),
        ((500_000, 299_999), (1001, 100_000)),
        ((0, 0), (None, None)),
    ],
)
def test_a_user_is_root_in_their_own_store(
    on_disk: tuple[int, int], inside: tuple[int | None, int | None], etc: Path
) -> None:
    found = owner_map(USER, PLAIN, etc=etc)
    assert found is not None
    assert found.inside(*on_disk) == inside


def test_the_first_record_with_a_map_counts(etc: Path) -> None:
    found = owner_map(ROOT, PLAIN, MAPPED, etc=etc)
    assert found is not None
    assert found.inside(13, 1) == (3, 0)
    assert found.inside(15, 0) == (None, None)


def test_a_users_container_in_a_namespace_of_its_own_is_mapped_twice(etc: Path) -> None:
    found = owner_map(USER, PLAIN, MAPPED, etc=etc)
    assert found is not None
    assert found.inside(100_009, 200_000) == (0, 0)  # 10 and 1 for the user, the first of both for the container
    assert found.inside(100_013, 299_998) == (4, 1)
    assert found.inside(100_014, 299_999) == (None, 2)
    assert found.inside(*USER) == (None, None)
    assert all(part.size > 0 for part in (*found.uids, *found.gids))


@pytest.mark.parametrize(
    ("text", "shifted"),
    [
        ("         0          0 4294967295\n", False),
        ("         0       1001          1\n         1     100000      65536\n", True),
    ],
)
def test_a_user_namespace_is_noticed(text: str, shifted: bool, tmp_path: Path) -> None:
    (tmp_path / "uid_map").write_text(text)
    assert in_user_namespace(tmp_path) is shifted
    assert not in_user_namespace(tmp_path / "absent")


def test_ranges_that_no_kernel_takes_are_not_looked_through(etc: Path) -> None:
    """Every file's owner is looked up in them; a book may list a million, or IDs of thousands of digits."""
    odd = RawContainer("c", uidmap=[IdMap(10**4000, 0, 1), *(IdMap(n, n, 1) for n in range(100_000))], gidmap=[])
    found = owner_map(ROOT, odd, etc=etc)
    assert found is not None
    assert len(found.uids) < 400
    assert found.inside(5, 0) == (5, None)
