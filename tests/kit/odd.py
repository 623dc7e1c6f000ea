"""The odd image, as plain data: what engines refuse and the specification still decides.

It reaches us in archives, layouts and registries only. Each case stands in a directory of its own name.
"""

from dataclasses import dataclass

from tests.kit.entries import (
    MTIME,
    Entry,
    Layer,
    char,
    directory,
    file,
    gnu_long,
    hardlink,
    opaque,
    pax_global,
    sparse,
    symlink,
    whiteout,
)
from tests.kit.images import ImageSpec

ODD_TAG = "odd:1"

LATER = (MTIME + 3_600) * 10**9
"""One hour after every other mtime, in nanoseconds."""


@dataclass(frozen=True, slots=True)
class OddCase:
    """One case that some reader gets wrong: what the lower and the upper layer hold, below a directory of its name."""

    name: str
    lower: tuple[Entry, ...]
    upper: tuple[Entry, ...]


SAME = "the same bytes\n"

ODD_CASES: tuple[OddCase, ...] = (
    OddCase(
        "file-then-its-whiteout",
        (file("file-then-its-whiteout/F", "low"),),
        (file("file-then-its-whiteout/F", "higher"), whiteout("file-then-its-whiteout/F")),
    ),
    OddCase(
        "whiteout-then-children",
        (directory("whiteout-then-children/d"), file("whiteout-then-children/d/old")),
        (
            whiteout("whiteout-then-children/d"),
            directory("whiteout-then-children/d"),
            file("whiteout-then-children/d/new"),
        ),
    ),
    OddCase(
        "children-then-whiteout",
        (directory("children-then-whiteout/d"), file("children-then-whiteout/d/old")),
        (
            directory("children-then-whiteout/d"),
            file("children-then-whiteout/d/new"),
            whiteout("children-then-whiteout/d"),
        ),
    ),
    OddCase(
        "opaque-after-children",
        (directory("opaque-after-children/d"), file("opaque-after-children/d/old")),
        (file("opaque-after-children/d/new"), opaque("opaque-after-children/d")),
    ),
    OddCase(
        "opaque-over-symlink",
        (
            symlink("opaque-over-symlink/d", "t"),
            directory("opaque-over-symlink/t"),
            file("opaque-over-symlink/t/kept"),
        ),
        (
            directory("opaque-over-symlink/d"),
            opaque("opaque-over-symlink/d"),
            file("opaque-over-symlink/d/new"),
        ),
    ),
    OddCase("whiteout-of-nothing", (directory("whiteout-of-nothing"),), (whiteout("whiteout-of-nothing/absent"),)),
    OddCase(
        "whiteout-below-whiteout",
        (directory("whiteout-below-whiteout/d"), file("whiteout-below-whiteout/d/x")),
        (whiteout("whiteout-below-whiteout/d"), whiteout("whiteout-below-whiteout/d/x")),
    ),
    OddCase(
        "file-over-directory",
        (
            directory("file-over-directory/d"),
            directory("file-over-directory/d/s"),
            file("file-over-directory/d/s/x"),
        ),
        (file("file-over-directory/d", "a file"),),
    ),
    OddCase(
        "directory-over-symlink",
        (
            symlink("directory-over-symlink/l", "t"),
            directory("directory-over-symlink/t"),
            file("directory-over-symlink/t/kept"),
        ),
        (directory("directory-over-symlink/l"), file("directory-over-symlink/l/new")),
    ),
    OddCase(
        "directory-over-file",
        (file("directory-over-file/f", "a file"),),
        (directory("directory-over-file/f"), file("directory-over-file/f/new")),
    ),
    OddCase(
        "implied-over-symlink",
        (
            symlink("implied-over-symlink/lib", "usr/lib"),
            directory("implied-over-symlink/usr"),
            directory("implied-over-symlink/usr/lib"),
            file("implied-over-symlink/usr/lib/old"),
        ),
        (file("implied-over-symlink/lib/x"),),
    ),
    OddCase(
        "symlink-new-target",
        (symlink("symlink-new-target/l", "one"),),
        (symlink("symlink-new-target/l", "two"),),
    ),
    OddCase(
        "metadata",
        (
            file("metadata/mode", SAME),
            file("metadata/mtime", SAME),
            file("metadata/owner", SAME),
            file("metadata/xattr", SAME),
            file("metadata/identical", SAME),
        ),
        (
            file("metadata/mode", SAME, mode=0o755),
            file("metadata/mtime", SAME, mtime_ns=LATER),
            file("metadata/owner", SAME, uid=5),
            file("metadata/xattr", SAME, xattrs=((b"user.note", b"v"),)),
            file("metadata/identical", SAME),
        ),
    ),
    OddCase(
        "hardlinks",
        (file("hardlinks/base", "12345"),),
        (
            hardlink("hardlinks/to-lower", "hardlinks/base"),
            hardlink("hardlinks/to-later", "./hardlinks/later"),
            file("hardlinks/later", "1234567"),
            hardlink("hardlinks/broken", "hardlinks/absent"),
        ),
    ),
    OddCase("device-zero", (file("device-zero/f", "low"),), (char("device-zero/f", 0, 0),)),
    OddCase(
        "names",
        (directory("."), file("./names/dot", "1"), file("/names/absolute", "22"), file("names//double", "333")),
        (
            file("./names/./dot", "4444"),
            file("../clamped", "55555"),
            file("names/../../clamped-too", "666666"),
            directory("names//twice//slashed//"),
        ),
    ),
    OddCase(
        "bytes",
        (),
        (
            file(b"bytes/\xff\xfe", "not UTF-8"),
            file(b"bytes/new\nline"),
            file(b"bytes/\x1b[31mred"),
            file(b"bytes/back\\slash"),
            file("bytes/日本"),
        ),
    ),
    OddCase("order", (), (file("order/a/b"), file("order/a.b"), file("order/a-"), directory("order/a"))),
    OddCase(
        "twice",
        (file("twice/f", "low"),),
        (file("twice/f", "first"), directory("twice/d"), file("twice/d/x"), file("twice/f", "the last")),
    ),
    OddCase(
        "markers",
        (
            directory("markers/d"),
            file("markers/d/stays"),
            file("markers/removed"),
        ),
        (
            Entry(name=b"markers/.wh.removed/", type=b"5", mode=0o755),
            file("markers/d/.wh..wh..opqX"),
            directory("markers/.wh..wh.plnk"),
            file("markers/.wh..wh.plnk/12.34"),
            file("markers/.wh..wh.aufs"),
            file("markers/.wh."),
        ),
    ),
    OddCase(
        "dialects",
        (),
        (
            gnu_long("dialects/" + "g" * 150),
            file("dialects/cut-short", "GNU name"),
            gnu_long("dialects/" + "t" * 120, link=True),
            symlink("dialects/gnu-link", "cut-short"),
            file("dialects/" + "p" * 150, "PAX name"),
            symlink("dialects/pax-link", "x" * 120),
            file("dialects/pax-size", "sized", size=0, pax=((b"size", b"5"),)),
            file("dialects/pax-owner", uid=3_000_000),
            sparse("dialects/sparse-gnu", 100_000, [(4_096, b"here")], form="gnu"),
            sparse("dialects/sparse-0.0", 100_000, [(4_096, b"here")], form="0.0"),
            sparse("dialects/sparse-0.1", 100_000, [(4_096, b"here")], form="0.1"),
            sparse("dialects/sparse-1.0", 100_000, [(4_096, b"here")], form="1.0"),
            file("dialects/old", "type NUL", raw={"type": b"\0"}),
            file("dialects/old-directory/", raw={"type": b"\0"}),
        ),
    ),
)
"""Every case of the two layers; what each must show stands in the contract tests."""


def odd_layers() -> tuple[Layer, ...]:
    """Two layers; the upper one begins with a PAX global header."""
    lower = tuple(entry for case in ODD_CASES for entry in case.lower)
    upper = tuple(entry for case in ODD_CASES for entry in case.upper)
    return lower, (pax_global((b"comment", b"a commit")), *upper)


def odd_image() -> ImageSpec:
    """The image of odd cases; its history is longer than its layers are many, and says nothing of empty steps."""
    history = [{"created_by": f"step {number}"} for number in range(4)]
    return ImageSpec(layers=odd_layers(), tags=(ODD_TAG,), history=history)


def opaque_root_image() -> ImageSpec:
    """Two layers, the upper one opaque at its root."""
    lower = (directory("d"), file("d/hidden"), file("hidden"))
    return ImageSpec(layers=(lower, (opaque(""), file("seen"))), tags=("opaque-root:1",))


def scratch_image() -> ImageSpec:
    """An image without layers."""
    return ImageSpec(layers=(), tags=("scratch:1",))


def empty_image() -> ImageSpec:
    """Two layers that hold nothing."""
    return ImageSpec(layers=((), ()), tags=("empty:1",))
