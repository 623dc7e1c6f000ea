"""What extraction makes: every version of every kind, with what was asked to be kept, and whole or not at all."""

import os
import stat
import time
from dataclasses import replace
from pathlib import Path

import pytest

from layertui.errors import Cancelled, UsageError
from layertui.extract.attributes import Options
from layertui.extract.lookup import layer_version
from layertui.extract.plan import plan_as, plan_of
from layertui.extract.tree import extract
from layertui.layer.dialect import Dialect
from layertui.layer.read import read_layer
from layertui.layer.walk import WalkedLayer
from layertui.stack.fold import fold
from tests.contract.test_oracles import needs_root, needs_umoci, run, walk
from tests.extract.helpers import IS_ROOT, extracted, names, opened, whole
from tests.kit.entries import (
    MTIME,
    Layer,
    char,
    directory,
    fifo,
    file,
    hardlink,
    opaque,
    sparse,
    symlink,
    whiteout,
)
from tests.kit.oci import oci_layout
from tests.kit.polite import CAPABILITY, polite_image
from tests.kit.tar import tar_bytes
from tests.kit.trees import write_files
from tests.layer.helpers import contents
from tests.layer.test_split import split_layer

TWO: list[Layer] = [
    [
        directory("d", mode=0o750),
        file("d/a", "first\n"),
        file("d/gone", "deleted\n", mode=0o755),
        directory("e"),
        file("e/x", "x\n"),
        hardlink("e/y", "d/a"),
        symlink("l", "d/a"),
    ],
    [file("d/a", "second, longer\n"), whiteout("d/gone"), directory("e"), opaque("e"), file("e/z", "z\n")],
]


@pytest.fixture(params=["plain", "gzip", "zstd"])
def compression(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_the_merged_tree_and_layers_up_to_one(compression: str, tmp_path: Path) -> None:
    image, squash = opened(tmp_path / "image", TWO, compression=compression)
    outcome = extract(image, whole(squash), tmp_path / "out", Options())
    assert names(tmp_path / "out") == ["d/", "d/a", "e/", "e/z", "l"]
    assert (tmp_path / "out/d/a").read_text() == "second, longer\n"
    assert os.readlink(tmp_path / "out/l") == "d/a"
    assert (outcome.files, outcome.directories, outcome.others, outcome.problems) == (2, 2, 1, [])
    base = plan_of(squash, [layer_version(squash, b"", 0)], layer=0, merged=True)
    extract(image, base, tmp_path / "base", Options())
    assert names(tmp_path / "base") == ["d/", "d/a", "d/gone", "e/", "e/x", "e/y", "l"]
    assert (tmp_path / "base/d/a").samefile(tmp_path / "base/e/y")


def test_shadowed_and_deleted_versions(compression: str, tmp_path: Path) -> None:
    image, squash = opened(tmp_path / "image", TWO, compression=compression)
    wanted = [layer_version(squash, path, 0) for path in (b"d/gone", b"/d/a/", b"./e", b"l")]
    extract(image, plan_of(squash, wanted, layer=0, merged=False), tmp_path / "out", Options())
    assert names(tmp_path / "out") == ["a", "e/", "e/x", "e/y", "gone", "l"]
    assert (tmp_path / "out/gone").read_text() == "deleted\n"
    assert (tmp_path / "out/a").read_text() == "first\n"
    assert (tmp_path / "out/e/y").read_text() == "first\n", "a hard link's content, whose target is not asked for"
    assert os.access(tmp_path / "out/gone", os.X_OK)


def test_one_thing_under_another_name(tmp_path: Path) -> None:
    image, squash = opened(tmp_path / "image", TWO)
    itself = plan_as(squash, layer_version(squash, b"e", 0), b"", layer=0, merged=False)
    assert sorted(itself.keys()) == [b"x", b"y"], "what lies in it goes right into the destination"
    extract(image, itself, tmp_path / "out", Options(new=True))
    assert names(tmp_path / "out") == ["x", "y"]
    with pytest.raises(UsageError, match=r"exists already\. Nothing was written\."):
        extract(image, itself, tmp_path / "out", Options(new=True))
    renamed = plan_as(squash, layer_version(squash, b"d/gone", 0), b"found", layer=0, merged=False)
    extract(image, renamed, tmp_path / "out", Options())
    assert (tmp_path / "out/found").read_text() == "deleted\n"
    with pytest.raises(Cancelled):
        plan_as(squash, layer_version(squash, b"", 0), b"", layer=0, merged=False, check=cancel)


def cancel() -> None:
    """What a planner calls that is to stop."""
    raise Cancelled


def test_one_layers_diff_leaves_markers_out(tmp_path: Path) -> None:
    image, squash = opened(tmp_path / "image", TWO)
    plan = plan_of(squash, [layer_version(squash, b"", 1)], layer=1, merged=False)
    outcome = extract(image, plan, tmp_path / "out", Options())
    assert names(tmp_path / "out") == ["d/", "d/a", "e/", "e/z"]
    assert outcome.notes == ["1 whiteout is left out: they stand for no file."]


def test_directories_that_a_layer_only_implies_are_made_where_something_lies_in_them(tmp_path: Path) -> None:
    below: Layer = [directory("a/b"), file("a/b/old"), directory("c/d"), file("c/d/old"), file("e/old")]
    above: Layer = [opaque("a/b"), file("a/b/new", "new"), whiteout("c/d/old"), file("e/f/new", "deep")]
    image, squash = opened(tmp_path / "image", [below, above])
    plan = plan_of(squash, [layer_version(squash, b"", 1)], layer=1, merged=False)
    assert extract(image, plan, tmp_path / "out", Options()).problems == []
    assert names(tmp_path / "out") == ["a/", "a/b/", "a/b/new", "e/", "e/f/", "e/f/new"]


def test_hard_links_are_links_or_copies(tmp_path: Path) -> None:
    layers: list[Layer] = [
        [file("a/f", "one"), hardlink("b/g", "a/f"), hardlink("b/h", "a/f"), symlink("s", "x"), hardlink("t", "s")],
        [hardlink("up", "a/f"), hardlink("broken", "nowhere")],
    ]
    image, squash = opened(tmp_path / "image", layers)
    outcome = extract(image, whole(squash), tmp_path / "out", Options())
    inodes = {(tmp_path / "out" / name).stat().st_ino for name in ("a/f", "b/g", "b/h", "up")}
    assert len(inodes) == 1
    assert os.readlink(tmp_path / "out/t") == "x"
    assert [problem.message for problem in outcome.problems] == [
        f"{tmp_path}/out/broken: a hard link whose target no layer holds."
    ]
    only_b = plan_of(squash, [layer_version(squash, b"b", 0)], layer=0, merged=False)
    extract(image, only_b, tmp_path / "copies", Options())
    assert names(tmp_path / "copies") == ["b/", "b/g", "b/h"]
    assert (tmp_path / "copies/b/g").samefile(tmp_path / "copies/b/h")


def test_a_link_into_a_layer_below_is_a_link(tmp_path: Path) -> None:
    extracted(tmp_path / "image", [[file("solo", "one")], [hardlink("again", "solo")]], tmp_path / "out")
    assert (tmp_path / "out/solo").samefile(tmp_path / "out/again")


@pytest.mark.parametrize("how", ["plain", "gzip"])
def test_order_and_duplicates_in_a_layer(how: str, tmp_path: Path) -> None:
    entries: Layer = [
        file("b", "b"),
        file("big", bytes(3_000_000)),
        file("c", "first"),
        file("a", "a"),
        file("c", "last"),
        directory("d"),
    ]
    image, squash = opened(tmp_path / "image", [entries], compression=how)
    for merged in (True, False):
        plan = plan_of(squash, [layer_version(squash, b"", 0)], layer=0, merged=merged)
        assert extract(image, plan, tmp_path / f"out{merged}", Options()).problems == []
        assert {name: (tmp_path / f"out{merged}" / name).read_text() for name in "abc"} == {
            "a": "a",
            "b": "b",
            "c": "last",
        }


@needs_root
def test_metadata_that_overlay_copied_up_alone_keeps_the_content_below(tmp_path: Path) -> None:
    image, _ = opened(tmp_path / "image", [[], []])
    for name in ("lower", "upper"):
        (tmp_path / name).mkdir()
    (tmp_path / "lower/f").write_text("the content")
    (tmp_path / "upper/f").write_bytes(bytes(11))
    (tmp_path / "upper/f").chmod(0o640)
    os.setxattr(tmp_path / "upper/f", "trusted.overlay.metacopy", b"")
    walked = [WalkedLayer(tmp_path / name, name, Dialect.OVERLAY) for name in ("lower", "upper")]
    squash = fold([read_layer(layer) for layer in walked], layer_count=2)
    layers = tuple(replace(layer, content=content) for layer, content in zip(image.layers, walked, strict=True))
    outcome = extract(replace(image, layers=layers), whole(squash), tmp_path / "out", Options(preserve=True))
    assert outcome.problems == []
    assert (tmp_path / "out/f").read_text() == "the content"
    assert mode(tmp_path / "out/f") == 0o640


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


KEPT: list[Layer] = [
    [
        directory("locked", mode=0o555, mtime_ns=MTIME * 10**9 + 5),
        file("locked/f", "f", mode=0o4751, uid=12, gid=34, mtime_ns=(MTIME + 7) * 10**9 + 123),
        directory("locked/closed", mode=0),
        file("locked/closed/g", "g", mode=0),
        directory("shut", mode=0),
        file("shut/implied/f"),
        directory("sticky", mode=0o1777),
        symlink("l", "locked", mtime_ns=MTIME * 10**9 - 1),
        file(
            "cap",
            "c",
            mode=0o755,
            xattrs=((b"security.capability", CAPABILITY), (b"user.note", b"n"), (b"trusted.overlay.redirect", b"/x")),
        ),
        char("null", 1, 3, mode=0o666, uid=5),
        fifo("pipe", mode=0o620),
    ]
]


def test_without_preserve_files_are_as_if_made_new(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        outcome = extracted(tmp_path / "image", KEPT, tmp_path / "out")
    finally:
        os.umask(before)
    modes = {name: mode(tmp_path / "out" / name) for name in ("locked", "locked/f", "locked/closed/g", "sticky")}
    assert modes == {"locked": 0o750, "locked/f": 0o750, "locked/closed/g": 0o640, "sticky": 0o750}
    assert mode(tmp_path / "out") == 0o750
    assert time.time() - (tmp_path / "out/locked/f").stat().st_mtime < 100
    assert not {"null", "pipe"} & set(os.listdir(tmp_path / "out"))
    owned = ["1 entry has another owner than in the image: only --as-root-filesystem keeps them."] if IS_ROOT else []
    assert outcome.notes == [
        "2 devices and pipes are left out: only --as-root-filesystem makes them.",
        "1 file has no setuid or setgid bit any more: only --as-root-filesystem keeps them.",
        "1 entry has no extended attributes any more: only --as-root-filesystem keeps them.",
        *owned,
    ]
    assert outcome.left_out.words().startswith("2 devices and pipes, 1 setuid bit, 1 xattr")


def test_preserve_keeps_mode_and_mtime_and_no_more(tmp_path: Path) -> None:
    extracted(tmp_path / "image", KEPT, tmp_path / "out", preserve=True)
    out = tmp_path / "out"
    assert {
        name: mode(out / name) for name in ("locked", "locked/f", "locked/closed", "locked/closed/g", "sticky")
    } == {
        "locked": 0o555,
        "locked/f": 0o751,
        "locked/closed": 0,
        "locked/closed/g": 0,
        "sticky": 0o777,
    }
    assert (out / "locked").stat().st_mtime_ns == MTIME * 10**9 + 5
    assert (out / "locked/f").stat().st_mtime_ns == (MTIME + 7) * 10**9 + 123
    assert (out / "l").lstat().st_mtime_ns == MTIME * 10**9 - 1
    assert (out / "locked/f").stat().st_uid == os.geteuid()
    assert os.listxattr(out / "cap") == []
    assert time.time() - (out / "shut/implied").stat().st_mtime < 100, "no layer says when it was made"
    assert not {"null", "pipe"} & set(os.listdir(out))


@needs_root
@pytest.mark.parametrize("existing", [False, True])
def test_a_root_filesystem_has_everything(existing: bool, tmp_path: Path) -> None:
    out = tmp_path / "out"
    if existing:
        out.mkdir()
    assert extracted(tmp_path / "image", KEPT, out, as_root_filesystem=True).problems == []
    status = (out / "locked/f").stat()
    assert (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid) == (0o4751, 12, 34)
    assert mode(out / "sticky") == 0o1777
    assert mode(out / "pipe") == 0o620
    assert (out / "null").lstat().st_rdev == os.makedev(1, 3)
    assert ((out / "null").lstat().st_uid, mode(out / "null")) == (5, 0o666)
    assert os.getxattr(out / "cap", "security.capability") == CAPABILITY
    assert os.getxattr(out / "cap", "user.note") == b"n"
    assert "trusted.overlay.redirect" not in os.listxattr(out / "cap"), "an engine's own"


@needs_umoci
@needs_root
def test_a_root_filesystem_is_what_umoci_unpacks(tmp_path: Path) -> None:
    layout = oci_layout(tmp_path / "layout", [polite_image()], compression="gzip")
    index = layout / "index.json"
    index.write_bytes(index.read_bytes().replace(b'"polite:1"', b'"polite"'))  # umoci's names have no colon
    run("umoci", "unpack", "--image", f"{layout}:polite", tmp_path / "bundle")
    extracted(tmp_path / "image", polite_image().layers, tmp_path / "out", as_root_filesystem=True)
    assert walk(tmp_path / "out") == walk(tmp_path / "bundle" / "rootfs")


@pytest.mark.parametrize("form", ["gnu", "0.0", "0.1", "1.0"])
@pytest.mark.parametrize("how", ["plain", "gzip"])
def test_sparse_files_stay_sparse(form: str, how: str, tmp_path: Path) -> None:
    size = 50_000_000
    layers: list[Layer] = [
        [sparse("s", size, [(4096, b"here"), (40_000_000, b"there" * 500)], form=form), file("z", bytes(9_000_000))]
    ]
    image, squash = opened(tmp_path / "image", layers, compression=how)
    extract(image, whole(squash), tmp_path / "out", Options())
    data = (tmp_path / "out/s").read_bytes()
    assert len(data) == size
    assert data[4096:4100] == b"here"
    assert data[40_000_000:40_002_500] == b"there" * 500
    assert data.count(0) == size - 4 - 2500
    assert (tmp_path / "out/s").stat().st_blocks * 512 < 1_000_000
    assert (tmp_path / "out/z").stat().st_size == 9_000_000
    assert (tmp_path / "out/z").stat().st_blocks * 512 < 1_000_000


def test_odd_names_are_told_and_the_rest_is_there(tmp_path: Path) -> None:
    layers: list[Layer] = [
        [
            file(b"\xff\xfe", "not UTF-8"),
            file(b"new\nline", "1"),
            file(b"\x1b[31mred", "2"),
            file("n" * 256, "too long"),
            directory("m" * 300),
            file("m" * 300 + "/below", "3"),
            symlink("empty", ""),
            symlink("long", "x" * 5000),
            file("ok", "4"),
        ]
    ]
    outcome = extracted(tmp_path / "image", layers, tmp_path / "out")
    assert sorted(os.listdir(os.fsencode(tmp_path / "out"))) == [b"\x1b[31mred", b"new\nline", b"ok", b"\xff\xfe"]
    assert outcome.problem_count == 5
    assert {type(problem).exit_code for problem in outcome.problems} == {7}
    said = " ".join(problem.message for problem in outcome.problems)
    assert "longer than this file system takes" in said
    assert "its directory could not be made" in said
    assert "a symlink without a target" in said


def test_layers_that_are_kept_as_files(tmp_path: Path) -> None:
    image, squash = opened(tmp_path / "image", TWO)
    (tmp_path / "walked/sub").mkdir(parents=True)
    (tmp_path / "walked/sub/f").write_text("content")
    os.link(tmp_path / "walked/sub/f", tmp_path / "walked/again")
    walked = WalkedLayer(tmp_path / "walked", "walked", Dialect.PLAIN)
    tar = tar_bytes(TWO[0])
    books = split_layer(tar, tmp_path / "files")
    (tmp_path / "files").mkdir()
    plain = squash.trees[0]
    write_files(tmp_path / "files", plain, {0: b"", 1: contents(tar, plain, 1), 2: contents(tar, plain, 2), 4: b"x\n"})
    squash = fold([read_layer(books), read_layer(walked)], layer_count=2)
    layers = tuple(
        replace(layer, content=content) for layer, content in zip(image.layers, (books, walked), strict=True)
    )
    outcome = extract(replace(image, layers=layers), whole(squash), tmp_path / "out", Options())
    assert outcome.problems == []
    assert (tmp_path / "out/d/a").read_text() == "first\n"
    assert (tmp_path / "out/sub/f").read_text() == "content"
    assert (tmp_path / "out/sub/f").samefile(tmp_path / "out/again")


def test_two_things_of_one_name_are_refused(tmp_path: Path) -> None:
    _, squash = opened(tmp_path / "image", [[file("a/conf"), file("b/conf")]])
    wanted = [layer_version(squash, path, 0) for path in (b"a/conf", b"b/conf")]
    with pytest.raises(UsageError, match="Two things would stand at conf"):
        plan_of(squash, wanted, layer=0, merged=False)
