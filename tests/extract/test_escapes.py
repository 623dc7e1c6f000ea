"""Nothing that a layer says is written outside of the destination, whatever stands there already."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from layertui.errors import LayertuiError
from tests.extract.escapes import ESCAPES, EVIL
from tests.extract.helpers import IS_ROOT, extracted, fingerprint, names
from tests.kit.entries import Entry, Layer, directory, file, symlink


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Path]:
    """A directory beside the destination, which has to stay as it is; so has all that is around it."""
    place = tmp_path / "around" / "outside"
    (place / "dir").mkdir(parents=True)
    (place / "secret").write_text("nobody may change this\n")
    (place / "dir" / "inner").write_text("nor this\n")
    (place / "link").symlink_to("secret")
    (place.parent / "out-side").mkdir()
    os.utime(place / "secret", (1_600_000_000, 1_600_000_000))
    before = fingerprint(place.parent)
    yield place
    after = {name: facts for name, facts in fingerprint(place.parent).items() if name.partition("/")[0] != "out"}
    del before["."], after["."]  # the destination appears in it
    assert after == before


def aimed(layers: tuple[Layer, ...], place: Path) -> list[list[Entry]]:
    """The layers with `OUT` as the place that they aim at."""
    where = os.fsencode(place)

    def put(raw: bytes) -> bytes:
        return raw.replace(b"/OUT", where).replace(b"OUT", where)

    return [
        [
            replace(entry, name=put(entry.name), link=put(entry.link), data=entry.data.replace(b"OUT", where))
            for entry in layer
        ]
        for layer in layers
    ]


def test_there_are_enough_cases() -> None:
    assert len(ESCAPES) >= 80


WAYS = [
    pytest.param({}, id="plain"),
    pytest.param({"preserve": True, "force": True}, id="preserving"),
    pytest.param(
        {"as_root_filesystem": True, "force": True},
        id="root",
        marks=pytest.mark.skipif(not IS_ROOT, reason="only root makes a root filesystem"),
    ),
]


@pytest.mark.parametrize("options", WAYS)
@pytest.mark.parametrize("name", ESCAPES)
def test_no_layer_writes_outside(name: str, options: dict[str, bool], outside: Path, tmp_path: Path) -> None:
    target = outside.parent / "out"
    if options.get("force"):
        target.mkdir()
    try:
        extracted(tmp_path / "image", aimed(ESCAPES[name], outside), target, **options)
    except LayertuiError:
        assert not target.exists() or not any(target.iterdir())
        return
    assert target.is_dir()
    ours = {os.lstat(outside / "secret").st_ino, os.lstat(outside / "dir/inner").st_ino}
    for where, facts in fingerprint(target).items():
        assert facts[3] not in ours, f"{where} is another name of a file outside"
        if not options.get("as_root_filesystem"):
            assert int(str(facts[0])) & 0o7000 == 0 or "su" not in where
    if not IS_ROOT or not options.get("as_root_filesystem"):
        assert not any(path.is_block_device() or path.is_char_device() or path.is_fifo() for path in target.iterdir())


def test_the_check_would_see_an_escape(outside: Path) -> None:
    before = fingerprint(outside)
    (outside / "secret").write_text(EVIL)
    assert fingerprint(outside) != before
    (outside / "secret").write_text("nobody may change this\n")
    os.utime(outside / "secret", (1_600_000_000, 1_600_000_000))


SECRET: list[Layer] = [[directory("d"), file("d/secret", EVIL), file("secret", EVIL), file("new", EVIL)]]


@pytest.mark.parametrize("force", [False, True], ids=["", "force"])
@pytest.mark.parametrize(
    "place",
    ["the destination", "a directory", "a file", "a hard link", "a dangling link", "a pipe", "a directory for a file"],
)
def test_what_stands_at_the_destination_leads_nowhere(place: str, force: bool, outside: Path, tmp_path: Path) -> None:
    target = outside.parent / "out"
    if place == "the destination":
        target.symlink_to("outside")
    else:
        target.mkdir()
    match place:
        case "a directory":
            (target / "d").symlink_to(outside)
        case "a file":
            (target / "secret").symlink_to(outside / "secret")
        case "a hard link":
            (target / "secret").write_text("two names\n")
            os.link(target / "secret", target / "other name")
        case "a dangling link":
            (target / "new").symlink_to(outside / "new")
        case "a pipe":
            os.mkfifo(target / "secret")
        case "a directory for a file":
            (target / "secret").mkdir()
    before = fingerprint(target)
    is_replaced = force and place in ("a file", "a hard link", "a dangling link", "a pipe")
    try:
        extracted(tmp_path / "image", SECRET, target, force=force)
    except LayertuiError as error:
        said = error.message
    else:
        said = ""
    assert (not said) == is_replaced
    if said:
        assert str(target) in said
        after = fingerprint(target)
        assert {name: facts[:4] for name, facts in after.items()} == {name: facts[:4] for name, facts in before.items()}
        return
    assert (target / "secret").read_text() == (target / "new").read_text() == EVIL
    assert not (target / "secret").is_symlink()
    assert not (target / "new").is_symlink()
    if place == "a hard link":
        assert (target / "other name").read_text() == "two names\n"


def test_a_destination_swapped_for_a_symlink_meanwhile(outside: Path, tmp_path: Path) -> None:
    target, moved = outside.parent / "out", tmp_path / "moved"
    target.mkdir()

    def swap(done: int, total: int) -> None:
        if not moved.exists():
            target.rename(moved)
            target.symlink_to(outside)

    extracted(tmp_path / "image", SECRET, target, progress=swap)
    assert names(moved) == ["d/", "d/secret", "new", "secret"]


def test_a_new_destination_taken_by_a_symlink_meanwhile(outside: Path, tmp_path: Path) -> None:
    target = outside.parent / "out"

    def take(done: int, total: int) -> None:
        if not target.is_symlink():
            target.symlink_to(outside)

    with pytest.raises(LayertuiError):
        extracted(tmp_path / "image", SECRET, target, progress=take)
    assert sorted(os.listdir(outside.parent)) == ["out", "out-side", "outside"]


def test_a_directory_in_the_destination_swapped_meanwhile(outside: Path, tmp_path: Path) -> None:
    target = outside.parent / "out"
    (target / "d").mkdir(parents=True)

    def swap(done: int, total: int) -> None:
        if not (target / "d").is_symlink():
            (target / "d").rmdir()
            (target / "d").symlink_to(outside)

    with pytest.raises(LayertuiError):
        extracted(tmp_path / "image", SECRET, target, force=True, progress=swap)
    assert names(target) == ["d"], "what was moved in was taken back"


@pytest.mark.parametrize("where", ["tree", "tree/d"])
def test_what_is_made_aside_swapped_meanwhile(where: str, outside: Path, tmp_path: Path) -> None:
    """Only the same user can do it; even so, nothing is followed."""
    target = outside.parent / "out"
    layers: list[Layer] = [[directory("d"), *(file(f"d/{number}/x", EVIL) for number in range(200))]]

    def swap(done: int, total: int) -> None:
        aside = next(path for path in outside.parent.iterdir() if path.name.startswith(".layertui-"))
        victim = aside / where
        if not victim.is_symlink():
            victim.rename(tmp_path / "taken")
            victim.symlink_to(outside)

    with suppress(LayertuiError):
        extracted(tmp_path / "image", layers, target, progress=swap)
    assert os.listdir(tmp_path / "taken")
    assert where == "tree/d" or not target.exists()


def test_a_symlink_is_made_as_it_stands(outside: Path, tmp_path: Path) -> None:
    target = outside.parent / "out"
    extracted(tmp_path / "image", [[symlink("l", str(outside)), symlink("m", "../outside")]], target)
    assert os.readlink(target / "l") == str(outside)
    assert os.readlink(target / "m") == "../outside"
