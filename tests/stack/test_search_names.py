"""Names by glob and by regular expression: against other tools' rules, and which versions are told."""

import random
from pathlib import PurePosixPath

import pytest

from layertui.errors import Cancelled, UsageError
from layertui.image.blob import BytesBlob
from layertui.layer.names import key_of
from layertui.layer.read import read_layer
from layertui.stack.fold import fold
from layertui.stack.search_names import find_names, glob_matcher, regex_matcher
from layertui.stack.squash import Squash
from tests.kit.entries import Layer, directory, file, opaque, symlink, whiteout
from tests.kit.tar import tar_bytes


def squash(*layers: Layer) -> Squash:
    trees = [read_layer(BytesBlob(tar_bytes(layer), "layer.tar")) for layer in layers]
    return fold(trees, layer_count=len(trees))


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("*.pem", "etc/ssl/a.pem", True),
        ("*.pem", "etc/ssl/a.PEM", False),
        ("*.pem", "a.pem/x", False),
        ("id_rsa", "root/.ssh/id_rsa", True),
        ("etc/*.pem", "etc/a.pem", True),
        ("/etc/*.pem", "etc/ssl/a.pem", False),
        ("etc/**/*.pem", "etc/a.pem", True),
        ("etc/**/*.pem", "etc/ssl/x/a.pem", True),
        ("etc/**", "etc/ssl/x", True),
        ("**/x", "x", True),
        ("?", "a/b", True),
        ("[a-c]x", "bx", True),
        ("[!a-c]x", "bx", False),
        ("[!a-c]x", "dx", True),
        ("[[]x", "[x", True),
        ("[", "[", True),
        ("a.b", "axb", False),
        ("ü*", "übung", True),
        ("*", "x\ny", True),
        ("", "x", False),
    ],
)
def test_globs(glob: str, path: str, matches: bool) -> None:
    assert glob_matcher(glob)(key_of(path.encode())) is matches


def test_names_as_pathlib_matches_them() -> None:
    generator = random.Random(16)
    for _ in range(2000):
        glob = "".join(generator.choices("ab*?.", k=generator.randrange(1, 6)))
        if "**" in glob or set(glob) <= {"."}:
            continue
        path = "/".join("".join(generator.choices("ab.", k=3)) for _ in range(generator.randrange(1, 3)))
        if any(set(part) <= {"."} for part in path.split("/")):
            continue
        assert glob_matcher(glob)(key_of(path.encode())) == PurePosixPath(path).match(glob), (glob, path)


def test_case_is_passed_over_where_asked() -> None:
    assert glob_matcher("*.PEM", ignore_case=True)(b"a.pem")
    assert regex_matcher("^ETC/", ignore_case=True)(b"etc\0a")
    assert not regex_matcher("^ETC/")(b"etc\0a")


@pytest.mark.parametrize("text", ["(", "[z-a]"])
def test_a_malformed_expression_is_a_sentence(text: str) -> None:
    with pytest.raises(UsageError, match="is not a regular expression"):
        regex_matcher(text)
    if text == "[z-a]":
        with pytest.raises(UsageError, match="is not a glob"):
            glob_matcher(text)


def test_versions_markers_and_links_are_told_and_mere_directories_are_not() -> None:
    found = squash(
        [directory("etc"), file("etc/key", "1"), file("var/key", "2")],
        [directory("etc"), file("etc/key", "22"), opaque("var")],
        [whiteout("etc/key"), symlink("key", "x")],
    )
    told = [(found.path(at), found.layer(at)) for at in find_names(found, glob_matcher("*key*"))]
    assert told == [(b"etc/key", 0), (b"etc/key", 1), (b"etc/key", 2), (b"key", 2), (b"var/key", 0)]
    assert list(find_names(found, glob_matcher("var"), layers=(0,))) == []
    every = [(found.path(at), found.layer(at)) for at in find_names(found, glob_matcher("etc"))]
    assert every == [(b"etc", 0)]
    assert [found.layer(at) for at in find_names(found, glob_matcher("key"), layers=range(1, 3))] == [1, 2, 2]


def test_it_can_be_cancelled() -> None:
    with pytest.raises(Cancelled):
        list(find_names(squash([file("a")]), glob_matcher("*"), cancelled=lambda: True))
