"""Which version a path means: resolved as in a container, never outside, and with a hint where it is elsewhere."""

from pathlib import Path

import pytest

from layertui.errors import DamagedError, NotFoundError
from layertui.extract.lookup import layer_version, merged_version
from layertui.stack.squash import Squash
from tests.extract.helpers import opened
from tests.kit.entries import directory, file, hardlink, opaque, symlink, whiteout

LAYERS = [
    [
        directory("usr"),
        directory("usr/bin"),
        file("usr/bin/tool", "0"),
        symlink("bin", "usr/bin"),
        symlink("absolute", "/usr/bin/tool"),
        symlink("relative", "usr/../usr/./bin//tool"),
        symlink("out", "../../../usr/bin/tool"),
        symlink("usr/up", ".."),
        symlink("loop", "loop2"),
        symlink("loop2", "loop"),
        symlink("broken", "usr/nothing"),
        hardlink("linked", "absolute"),
        symlink("c0", "usr/bin/tool"),
        *(symlink(f"c{number}", f"c{number - 1}") for number in range(1, 41)),
        file("gone", "x"),
        directory("d"),
        file("d/f", "x"),
    ],
    [file("usr/bin/tool", "1"), whiteout("gone"), opaque("d"), symlink("late", "gone")],
]


@pytest.fixture(scope="module")
def squash(tmp_path_factory: pytest.TempPathFactory) -> Squash:
    return opened(tmp_path_factory.mktemp("lookup"), LAYERS)[1]


@pytest.mark.parametrize(
    "path",
    [
        *("usr/bin/tool", "/usr/bin/tool", "./usr//bin/tool", "bin/tool", "absolute", "relative", "out", "usr/up/out"),
        *("usr/up/usr/up/bin/tool", "../../bin/tool", "bin/../bin/tool", "linked", "c39", "broken/../../bin/tool"),
    ],
)
def test_links_are_followed_within_the_image(path: str, squash: Squash) -> None:
    if path.startswith("broken"):
        with pytest.raises(NotFoundError):
            merged_version(squash, path.encode(), 1, follow=True)
        return
    position = merged_version(squash, path.encode(), 1, follow=True)
    assert (squash.path(position), squash.layer(position)) == (b"usr/bin/tool", 1)
    assert squash.layer(merged_version(squash, path.encode(), 0, follow=True)) == 0


def test_the_last_link_is_followed_only_where_asked(squash: Squash) -> None:
    assert squash.path(merged_version(squash, b"bin", 1, follow=False)) == b"bin"
    assert squash.path(merged_version(squash, b"bin/", 1, follow=False)) == b"usr/bin"
    assert squash.path(merged_version(squash, b"usr/up", 1, follow=True)) == b"."
    for root in (b"", b"/", b".", b"..", b"usr/.."):
        assert squash.path(merged_version(squash, root, 1, follow=False)) == b"."


@pytest.mark.parametrize("path", ["loop", "loop/x", "c40"])
def test_loops_and_long_chains_end(path: str, squash: Squash) -> None:
    with pytest.raises(DamagedError, match="more than 40 symlinks"):
        merged_version(squash, path.encode(), 1, follow=True)


@pytest.mark.parametrize(
    ("path", "said", "hint"),
    [
        ("nothing", "The image does not show nothing.", "layertui files"),
        ("gone", "The image does not show gone.", "Layer 0 holds a version of it: --layer 0"),
        ("late", "does not show late: it leads to gone, which is not there", "--layer 0"),
        ("broken", "it leads to usr/nothing", "layertui files"),
        ("usr/bin/tool/x", "usr/bin/tool is no directory", ""),
        ("d/f", "does not show d/f", "--layer 0"),
    ],
)
def test_what_is_not_there_is_told_with_where_it_is(path: str, said: str, hint: str, squash: Squash) -> None:
    with pytest.raises(NotFoundError) as raised:
        merged_version(squash, path.encode(), 1, follow=True)
    assert said in raised.value.message
    assert hint in raised.value.hint


def test_versions_of_a_layer(squash: Squash) -> None:
    assert squash.layer(layer_version(squash, b"gone", 0)) == 0
    assert squash.path(layer_version(squash, b"bin/tool", 1)) == b"usr/bin/tool"
    assert squash.layer(layer_version(squash, b"bin/tool", 1)) == 1
    with pytest.raises(NotFoundError, match="Layer 1 removes gone: it holds a whiteout there") as removed:
        layer_version(squash, b"gone", 1)
    assert "--layer 0" in removed.value.hint
    with pytest.raises(NotFoundError, match="Layer 1 does not hold bin") as elsewhere:
        layer_version(squash, b"bin", 1)
    assert "--layer 0" in elsewhere.value.hint


def test_an_image_without_layers(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no layers"):
        merged_version(opened(tmp_path, [])[1], b"etc", -1, follow=True)
