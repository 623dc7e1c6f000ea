"""Layers that try to write outside of where they are extracted to. `OUT` stands for a directory beside it.

Names are those of the CVEs, and of the tests of containerd (`archive/tar_test.go`, breakouts) and umoci
(`oci/layer/tar_extract_test.go`), where a case comes from there.
"""

from tests.kit.entries import (
    Entry,
    Layer,
    block,
    char,
    directory,
    fifo,
    file,
    gnu_long,
    hardlink,
    opaque,
    symlink,
    whiteout,
)

EVIL = "written by the image\n"
UP = "../" * 40

LONG = "d" * 247
"""A component that makes sixteen of them longer than PATH_MAX."""

REALPATH_STEPS = "abcdefghijklmnop"


def _realpath_overflow(last: Entry) -> Layer:
    """Directories and links to them whose resolved path is longer than PATH_MAX: a resolver gives up, and is passed."""
    entries: list[Entry] = []
    path = ""
    for step in REALPATH_STEPS:
        entries += [directory(path + LONG), symlink(path + step, LONG)]
        path += LONG + "/"
    chain = "/".join(REALPATH_STEPS)
    entries.append(symlink(f"{chain}/{'l' * 254}", "../" * len(REALPATH_STEPS)))
    entries.append(symlink("escape", f"{chain}/{'l' * 254}/../../outside"))
    return [*entries, last]


ESCAPES: dict[str, tuple[Layer, ...]] = {
    # names
    "absolute name": ([file("OUT/secret", EVIL)],),
    "absolute name with doubled slashes": ([file("//OUT//secret", EVIL)],),
    "name with dots": ([file("../outside/secret", EVIL)],),
    "name with many dots": ([file(UP + "OUT/secret", EVIL)],),
    "name with dots inside": ([file("a/../../outside/secret", EVIL)],),
    "name with dots behind a dot": ([file("./../outside/secret", EVIL)],),
    "name with dots behind a real directory": ([directory("a"), file("a/../../outside/secret", EVIL)],),
    "name that begins as the destination does": ([file("../out-side/x", EVIL), file("../out/../outside/x", EVIL)],),
    "file that is called as its parent": ([file("..", EVIL)],),
    "directory that is called as its parent": ([directory("..", mode=0)],),
    "directory outside, to change its mode": ([directory("../outside", mode=0)],),
    "absolute directory outside, to change its mode": ([directory("OUT", mode=0o777)],),
    "dots at the end of a name": ([directory("a"), directory("a/../..", mode=0)],),
    "file with slashes at its end": ([file("../outside/secret///", EVIL)],),
    "backslashes": ([file("..\\outside\\secret", EVIL)],),
    "names of dots and blanks": ([file("...", EVIL), file(".. /secret", EVIL), file(" ../secret", EVIL)],),
    "NUL in a PAX path": ([file("x", EVIL, pax=((b"path", b"ok\0/../../outside/secret"),))],),
    "PAX path": ([file("harmless", EVIL, pax=((b"path", b"../outside/secret"),))],),
    "PAX link path": ([hardlink("h", "harmless", pax=((b"linkpath", b"../outside/secret"),)), file("h", EVIL)],),
    "GNU long name": ([gnu_long("../" * 60 + "OUT/secret"), file("harmless", EVIL)],),
    "ustar prefix": ([file("secret", EVIL, raw={"prefix": b"../outside"})],),
    "CVE-2007-4559": ([file("../" * 20 + "tmp/../OUT/secret", EVIL)],),
    "CVE-2024-24579 (stereoscope)": (
        [file("../outside/secret", EVIL), symlink("l", ".."), file("l/outside/new", EVIL)],
    ),
    "dive: the header's name as a path": ([file("/../OUT/new", EVIL)],),
    # symlinks, then what lies beneath them
    "file through a symlink": ([symlink("l", "OUT"), file("l/secret", EVIL)],),
    "file through a relative symlink": ([symlink("l", "../outside"), file("l/secret", EVIL)],),
    "file through a symlink to the parent": ([symlink("l", ".."), file("l/outside/secret", EVIL)],),
    "file through a symlink to the root": ([symlink("l", "/"), file("l/OUT/secret", EVIL)],),
    "file through a chain of symlinks": ([symlink("a", "b"), symlink("b", "OUT"), file("a/secret", EVIL)],),
    "file through a loop of symlinks": ([symlink("a", "b"), symlink("b", "a"), file("a/secret", EVIL)],),
    "directory through a symlink": ([symlink("l", "OUT"), directory("l/new"), file("l/new/x", EVIL)],),
    "symlink through a symlink": ([symlink("l", "OUT"), symlink("l/secret", "elsewhere")],),
    "hard link through a symlink": ([symlink("l", "OUT"), file("f", EVIL), hardlink("l/secret", "f")],),
    "device through a symlink": ([symlink("l", "OUT"), char("l/null", 1, 3)],),
    "child before its symlink": ([file("l/secret", EVIL), symlink("l", "OUT")],),
    "children around a symlink": ([directory("d"), file("d/x"), symlink("d", "OUT"), file("d/secret", EVIL)],),
    "symlink with a slash at its end": ([symlink("l/", "OUT"), file("l/secret", EVIL)],),
    "symlink to a place with a slash": ([symlink("l", "OUT/"), file("l/secret", EVIL)],),
    "dots inside a link target": ([directory("d"), symlink("d/l", "x/../../../outside"), file("d/l/secret", EVIL)],),
    "implied parent over a symlink": ([symlink("l", "OUT")], [file("l/deep/er/secret", EVIL)]),
    "file through a symlink below": ([symlink("l", "OUT")], [file("l/secret", EVIL)]),
    "directory replaced by a symlink below": (
        [directory("d"), file("d/secret")],
        [symlink("d", "OUT")],
        [file("d/secret", EVIL)],
    ),
    "symlink replaced by a directory": (
        [symlink("d", "OUT")],
        [whiteout("d"), directory("d", mode=0o777), file("d/secret", EVIL)],
    ),
    "directory over a symlink, to change its target's mode": ([symlink("d", "OUT")], [directory("d", mode=0)]),
    "whiteout through a symlink": ([symlink("d", "OUT")], [whiteout("d/secret")]),
    "opaque marker through a symlink": ([symlink("d", "OUT")], [opaque("d")]),
    "whiteout through a symlink of the same layer": ([symlink("d", "OUT"), whiteout("d/secret"), opaque("d")],),
    # a symlink in the place of a file
    "file over a symlink": ([symlink("f", "OUT/secret"), file("f", EVIL)],),
    "file over a symlink below": ([symlink("f", "OUT/secret")], [file("f", EVIL)]),
    "file over a symlink to what is not there": ([symlink("f", "OUT/new"), file("f", EVIL)],),
    "symlink over a file, with attributes": ([file("f", EVIL), symlink("f", "OUT/secret", mode=0, uid=7, mtime_ns=1)],),
    "CVE-2021-29136 (umoci): the root is a symlink": (
        [Entry(name=b".", type=b"2", link=b"OUT"), file("secret", EVIL)],
    ),
    "the root is a symlink, with a slash": ([Entry(name=b"./", type=b"2", link=b"OUT"), file("secret", EVIL)],),
    "the root is a symlink, absolute": ([Entry(name=b"/", type=b"2", link=b"OUT"), file("secret", EVIL)],),
    "the root is a symlink below": ([Entry(name=b".", type=b"2", link=b"OUT")], [file("secret", EVIL)]),
    "the root is a hard link": ([Entry(name=b".", type=b"1", link=b"OUT"), file("secret", EVIL)],),
    "the root is a device": ([Entry(name=b".", type=b"3", device=(1, 3)), file("secret", EVIL)],),
    # hard links
    "hard link to a file outside": ([hardlink("h", "OUT/secret")],),
    "hard link to a file outside, then written": ([hardlink("h", "../outside/secret"), file("h", EVIL)],),
    "hard link below, then written": ([hardlink("h", "../outside/secret")], [file("h", EVIL)]),
    "hard link through a symlink, then written": ([symlink("l", "OUT"), hardlink("h", "l/secret"), file("h", EVIL)],),
    "hard link to a symlink": ([symlink("l", "OUT/secret"), hardlink("h", "l", mode=0, uid=7)],),
    "hard link to a symlink, then written": ([symlink("l", "OUT/secret"), hardlink("h", "l"), file("h", EVIL)],),
    "hard link to a symlink to a directory": ([symlink("l", "OUT"), hardlink("h", "l"), file("h/secret", EVIL)],),
    "hard link to a symlink below": ([symlink("l", "OUT/secret")], [hardlink("h", "l"), file("l", EVIL)]),
    "hard link to itself": ([hardlink("h", "h")],),
    "ring of hard links": ([hardlink("a", "b"), hardlink("b", "a")],),
    "hard link to the root": ([hardlink("h", "/"), hardlink("i", "."), hardlink("j", "..")],),
    # of Python's tarfile
    "CVE-2024-12718: attributes of the parent": (
        [symlink("x", "."), directory("x/../..", mode=0, mtime_ns=1), file("x/../../outside/secret", EVIL, mode=0)],
    ),
    "CVE-2025-4138: a link whose resolution overflows": (_realpath_overflow(symlink("escape/secret", "/etc/passwd")),),
    "CVE-2025-4330: a hard link through links": (
        [directory("a"), symlink("a/b", "../.."), hardlink("a/c", "a/b/outside/secret"), file("a/c", EVIL)],
    ),
    "CVE-2025-4517: a file through a link that overflows": (_realpath_overflow(file("escape/secret", EVIL)),),
    "CVE-2025-4517: a hard link through a link that overflows": (
        [*_realpath_overflow(hardlink("h", "escape/secret")), file("h", EVIL)],
    ),
    # of containerd's breakouts
    "SymlinkAbsolute": ([directory("etc"), symlink("localetc", "/etc"), file("localetc/../OUT/secret", EVIL)],),
    "SymlinkUpAndOut": ([directory("d"), symlink("d/up", "../../.."), file("d/up/OUT/secret", EVIL)],),
    "SymlinkMultipleAbsolute": ([symlink("a", "OUT"), symlink("b", "/a"), file("b/secret", EVIL)],),
    "SymlinkMultipleRelative": ([symlink("a", "../outside"), symlink("b", "a"), file("b/secret", EVIL)],),
    "SymlinkEmptyFile": ([file("empty"), symlink("l", "/empty"), file("l/../../outside/secret", EVIL)],),
    "HardlinkRelative": ([symlink("l", ".."), hardlink("h", "l/outside/secret"), file("h", EVIL)],),
    "HardlinkDownAndOut": ([directory("d"), hardlink("d/h", "d/../../outside/secret"), file("d/h", EVIL)],),
    "HardlinkSymlinkBeforeCreateTarget": ([hardlink("h", "l/secret"), symlink("l", "OUT"), file("h", EVIL)],),
    "HardlinkSymlinkChmod": ([symlink("l", "OUT/secret"), hardlink("h", "l", mode=0o4777, uid=1)],),
    "SymlinkParentDirectory": ([symlink("d/..", "OUT"), file("d/../secret", EVIL)],),
    "SymlinkEmptyFilename": ([symlink("", "OUT"), symlink("d/", "OUT"), file("d//secret", EVIL)],),
    "SymlinkOverrideDirectory": ([directory("d"), symlink("d", "OUT"), directory("d", mode=0), file("d/x", EVIL)],),
    "DirectoryOverrideSymlink": ([symlink("d", "OUT"), directory("d", mode=0), file("d/secret", EVIL)],),
    "DirectoryOverrideSymlinkAndHardlink": (
        [symlink("d", "OUT"), hardlink("h", "d"), directory("d"), hardlink("h", "d/secret"), file("h", EVIL)],
    ),
    "WhiteoutRootParent": ([file("x")], [file(".wh...", EVIL)]),
    "WhiteoutParent": ([file("d/x")], [file("d/.wh...", EVIL), file("d/.wh../x", EVIL)]),
    "WhiteoutRoot": ([file("x")], [file(".wh.", EVIL)]),
    "WhiteoutCurrentDirectory": ([file("x")], [file(".wh..", EVIL)]),
    "WhiteoutDots": ([file("x")], [file("../outside/.wh.secret"), file("OUT/.wh..wh..opq")]),
    "WhiteoutAbsolute": ([file("x")], [file("OUT/.wh.secret"), whiteout("OUT")]),
    # what else may do harm
    "devices": ([char("null", 1, 3), block("sda", 8, 0), char("zero", 0, 0), char("huge", 2**20, 2**20)],),
    "pipe": ([fifo("p"), fifo("../outside/p")],),
    "setuid": ([file("su", EVIL, mode=0o6777), directory("t", mode=0o7777)],),
    "directories that cannot be entered": ([directory("d", mode=0), directory("d/e", mode=0), file("d/e/f", EVIL)],),
    "twins by case": ([symlink("Link", "OUT"), file("link/secret", EVIL), symlink("LINK", "..")],),
    "twins by Unicode form": ([symlink("é", "OUT"), file("e\u0301/secret", EVIL)],),
    "attributes of an engine": (
        [
            file("f", EVIL, xattrs=((b"trusted.overlay.redirect", b"/OUT"), (b"user.overlay.metacopy", b""))),
            directory("d", xattrs=((b"trusted.overlay.opaque", b"y"), (b"security.selinux", b"x"))),
        ],
    ),
    "numbers that nothing takes": ([file("f", EVIL, uid=2**40, gid=2**32 - 1, mtime_ns=2**62), file("g", uid=2**31)],),
    "names of our own": (
        [file(".layertui-0123456789abcdef", EVIL), symlink("tree", "OUT"), file("tree/secret", EVIL)],
    ),
    "empty and long targets": ([symlink("e", ""), symlink("l", "x" * 5000), symlink("n", b"a\0b")],),
    "names that are too long": ([file("n" * 256, EVIL), file("n" * 256 + "/below", EVIL), file("ok", EVIL)],),
}
"""Each alone leaves every byte outside the destination as it was."""
