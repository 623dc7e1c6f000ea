"""What each case of the odd image shows, stated by hand from the specification and the layering rules.

For each case the lower layer, the upper layer and the merged tree, with paths below the case's directory. A merged line
is the kind, the size and the path.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Expected:
    """One case; lines as `diff_lines` and `merged_lines` of the tests write them."""

    lower: tuple[str, ...]
    upper: tuple[str, ...]
    merged: tuple[str, ...]


EXPECTED: dict[str, Expected] = {
    # `.wh.F` hides only what lies below; the F of the same layer stays.
    "file-then-its-whiteout": Expected(("+ >1 f F",), ("-    w F", "~ *  f F"), ("f 6 F",)),
    "whiteout-then-children": Expected(
        ("+ >1 d d", "+ x1 f d/old"),
        ("-    w d", "O *  d d", "+    f d/new"),
        ("d 0 d", "f 0 d/new"),
    ),
    "children-then-whiteout": Expected(
        ("+ >1 d d", "+ x1 f d/old"),
        ("-    w d", "O *  d d", "+    f d/new"),
        ("d 0 d", "f 0 d/new"),
    ),
    # The directory has no entry of its own in the upper layer: it keeps what the lower one says of it.
    "opaque-after-children": Expected(
        ("+    d d", "+ x1 f d/old"),
        ("O    d d (implied)", "+    f d/new"),
        ("d 0 d", "f 0 d/new"),
    ),
    "opaque-over-symlink": Expected(
        ("+ >1 l d", "+    d t", "+    f t/kept"),
        ("T *  d d", "+    f d/new"),
        ("d 0 d", "f 0 d/new", "d 0 t", "f 0 t/kept"),
    ),
    "whiteout-of-nothing": Expected(("+    d .",), ("-    w absent",), ("d 0 .",)),
    "whiteout-below-whiteout": Expected(("+ x1 d d", "+ x1 f d/x"), ("-    w d", "-    w d/x"), ()),
    "file-over-directory": Expected(("+ >1 d d", "+ x1 d d/s", "+ x1 f d/s/x"), ("T *  f d",), ("f 6 d",)),
    "directory-over-symlink": Expected(
        ("+ >1 l l", "+    d t", "+    f t/kept"),
        ("T *  d l", "+    f l/new"),
        ("d 0 l", "f 0 l/new", "d 0 t", "f 0 t/kept"),
    ),
    "directory-over-file": Expected(("+ >1 f f",), ("T *  d f", "+    f f/new"), ("d 0 f", "f 0 f/new")),
    # No entry of its own replaced the link, so it counts as deleted.
    "implied-over-symlink": Expected(
        ("+ x1 l lib", "+    d usr", "+    d usr/lib", "+    f usr/lib/old"),
        ("T *  d lib (implied)", "+    f lib/x"),
        ("d implied lib", "f 0 lib/x", "d 0 usr", "d 0 usr/lib", "f 0 usr/lib/old"),
    ),
    "symlink-new-target": Expected(("+ >1 l l",), ("~ *  l l",), ("l 0 l -> two",)),
    # Same size each time: only a comparison tells what these are (see the test of settled states).
    "metadata": Expected(
        ("+ >1 f identical", "+ >1 f mode", "+ >1 f mtime", "+ >1 f owner", "+ >1 f xattr"),
        ("? *  f identical", "? *  f mode", "? *  f mtime", "? *  f owner", "? *  f xattr"),
        ("f 15 identical", "f 15 mode", "f 15 mtime", "f 15 owner", "f 15 xattr user.note"),
    ),
    "hardlinks": Expected(
        ("+    f base",),
        ("+    h broken", "+    f later", "+    h to-later", "+    h to-lower"),
        (
            "f 5 base",
            "h ? broken -> hardlinks/absent",
            "f 7 later",
            "h 7 to-later -> ./hardlinks/later",
            "h 5 to-lower -> hardlinks/base",
        ),
    ),
    "device-zero": Expected(("+ >1 f f",), ("T *  c f",), ("c 0 f",)),
    "names": Expected(
        ("+    f absolute", "+ >1 f dot", "+    f double"),
        ("~ *  f dot", "+    d twice/slashed"),
        ("f 2 absolute", "f 4 dot", "f 3 double", "d implied twice", "d 0 twice/slashed"),
    ),
    "bytes": Expected(
        (),
        (r"+    f \x1b[31mred", "+    f back\\slash", r"+    f new\nline", "+    f 日本", r"+    f \xff\xfe"),
        (r"f 0 \x1b[31mred", "f 0 back\\slash", r"f 0 new\nline", "f 0 日本", r"f 9 \xff\xfe"),
    ),
    "order": Expected(
        (),
        ("+    d a", "+    f a/b", "+    f a-", "+    f a.b"),
        ("d 0 a", "f 0 a/b", "f 0 a-", "f 0 a.b"),
    ),
    # The last one counts; the earlier one is listed, as its bytes are there, and hides nothing.
    "twice": Expected(
        ("+ >1 f f",),
        ("+    d d", "+    f d/x", "~ >1 f f", "~ *  f f"),
        ("d 0 d", "f 0 d/x", "f 8 f"),
    ),
    # A marker that is a directory removes; aufs' control entries and the marker without a name are nothing.
    "markers": Expected(
        ("+    d d", "+    f d/stays", "+ x1 f removed"),
        ("-    w removed",),
        ("d 0 d", "f 0 d/stays"),
    ),
    "dialects": Expected(
        (),
        (
            "+    f " + "g" * 150,
            "+    l gnu-link",
            "+    f old",
            "+    d old-directory",
            "+    l pax-link",
            "+    f pax-owner",
            "+    f pax-size",
            "+    f " + "p" * 150,
            "+    f sparse-0.0",
            "+    f sparse-0.1",
            "+    f sparse-1.0",
            "+    f sparse-gnu",
        ),
        (
            "f 8 " + "g" * 150,
            "l 0 gnu-link -> dialects/" + "t" * 120,
            "f 8 old",
            "d 0 old-directory",
            "l 0 pax-link -> " + "x" * 120,
            "f 0 pax-owner",
            "f 5 pax-size",
            "f 8 " + "p" * 150,
            "f 100000 sparse-0.0",
            "f 100000 sparse-0.1",
            "f 100000 sparse-1.0",
            "f 100000 sparse-gnu",
        ),
    ),
}
"""By the case's name."""

OUTSIDE = ["+    f clamped", "+    f clamped-too"]
"""What the case `names` puts at the root of the upper layer: paths that tried to leave it."""

WARNED = ("../clamped", "names/../../clamped-too", "twice/f", "markers/.wh.removed", "markers/.wh.")
"""What the upper layer warns about, at least."""
