"""The scanner beside GNU tar: what GNU tar writes is listed as GNU tar lists it, in every format."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from layertui.layer.columns import Kind
from tests.kit.entries import Entry, block, char, directory, fifo, file, gnu_long, hardlink, pax_global, symlink
from tests.kit.tar import tar_bytes
from tests.layer.helpers import Listed, contents, gnu_list, listed, read, row_of

pytestmark = pytest.mark.skipif(shutil.which("tar") is None, reason="needs GNU tar")

FORMATS = ("v7", "oldgnu", "gnu", "ustar", "posix")


def gnu_create(directory: Path, archive: Path, *options: str) -> bytes:
    """What `tar -c` makes of a directory; what a format has no room for is left out, as GNU tar does."""
    command = ["tar", "-c", "-f", str(archive), "-C", str(directory), "--sort=name", "--numeric-owner", *options, "."]
    done = subprocess.run(command, capture_output=True, env=os.environ | {"LC_ALL": "C"}, timeout=60)
    assert done.returncode in (0, 2), done.stderr
    return archive.read_bytes()


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of every kind and with every kind of name."""
    root = tmp_path_factory.mktemp("tree")
    base = os.fsencode(root)

    def write(name: bytes, data: bytes = b"", mtime_s: float = 1_700_000_000) -> None:
        path = os.path.join(base, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as out:
            out.write(data)
        os.utime(path, (mtime_s, mtime_s))

    for length in (1, 97, 98, 99, 100, 101, 153, 154, 155, 156, 200, 250):
        write(b"n" * length, b"x" * length)
    for parent in (98, 99, 100, 101, 153, 154, 155, 156):
        for name in (1, 98, 99, 100, 101):
            write(b"p" * parent + b"/" + b"q" * name)
    write(b"/".join([b"deep"] * 120), b"deep")
    for odd in (b"\xff\xfe", b"new\nline", b"tab\there", b"space here", b"back\\slash", "日本".encode(), b"\x1b[31m"):
        write(b"odd/" + odd, odd)
    write(b"old", b"1", -86_400)
    write(b"fraction", b"1", 1_700_000_000.25)
    write(b"future", b"1", 9_000_000_000)
    write(b"odd/-> arrow", b"1")
    os.mkfifo(root / "fifo")
    os.mkdir(root / "empty", 0o1777)
    os.chmod(root / "empty", 0o1777)
    os.chmod(root / "old", 0o6755)
    os.link(root / "old", root / "older")
    os.link(os.path.join(base, b"n" * 200), root / "to-long")
    for length in (1, 99, 100, 101, 300):
        os.symlink("t" * length, root / f"link-{length}")
    os.symlink(b"\xff\n ->", os.path.join(base, b"odd-link"))
    return root


def assert_same(ours: list[Listed], theirs: list[Listed]) -> None:
    assert [entry.path for entry in ours] == [entry.path for entry in theirs]
    for mine, other in zip(ours, theirs, strict=True):
        assert mine == other


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_is_listed_as_gnu_tar_lists_it(tree: Path, tmp_path: Path, form: str) -> None:
    archive = tmp_path / "layer.tar"
    data = gnu_create(tree, archive, f"--format={form}")
    ours = read(data)
    theirs, status = gnu_list(archive)
    assert (ours.damage, status) == (None, 0)
    assert len(theirs) > 40
    assert_same(listed(ours), theirs)


def test_incremental_dumps_are_listed_as_gnu_tar_lists_them(tree: Path, tmp_path: Path) -> None:
    archive = tmp_path / "layer.tar"
    snapshot = f"--listed-incremental={tmp_path / 'snapshot'}"
    for form in ("oldgnu", "gnu", "posix"):
        data = gnu_create(tree, archive, f"--format={form}", snapshot)
        theirs, _ = gnu_list(archive)
        assert_same(listed(read(data)), theirs)
        (tmp_path / "snapshot").unlink()


def test_pax_options_are_read(tree: Path, tmp_path: Path) -> None:
    archive = tmp_path / "layer.tar"
    data = gnu_create(tree, archive, "--format=posix", "--pax-option=comment=a,globexthdr.name=g,delete=ctime")
    theirs, _ = gnu_list(archive)
    assert_same(listed(read(data)), theirs)
    data = gnu_create(tree, archive, "--format=posix", "--pax-option=uid=77,mtime:={2001-02-03 04:05:06.5}")
    theirs, _ = gnu_list(archive)
    assert_same(listed(read(data)), theirs)
    assert {entry.uid for entry in read(data).entries()} == {77}


SPARSE = {
    "gnu": ("--format=gnu",),
    "oldgnu": ("--format=oldgnu",),
    "0.0": ("--format=posix", "--sparse-version=0.0"),
    "0.1": ("--format=posix", "--sparse-version=0.1"),
    "1.0": ("--format=posix", "--sparse-version=1.0"),
}


@pytest.fixture(scope="module")
def sparse_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("sparse")
    shapes: dict[str, tuple[int, list[int]]] = {
        "hole-only": (1 << 20, []),
        "starts-with-data": (1 << 20, [0]),
        "ends-with-data": (1 << 20, [(1 << 20) - 4096]),
        "five": (1 << 20, [at << 17 for at in range(5)]),
        "many": (1 << 24, [at << 17 for at in range(60)]),
        "n" * 150: (1 << 20, [4096 * 9]),
        "odd-size": ((1 << 20) + 17, [1 << 19]),
    }
    for name, (size, chunks) in shapes.items():
        with (root / name).open("wb") as out:
            out.truncate(size)
            for at in chunks:
                out.seek(at)
                out.write(os.urandom(4096))
    (root / "plain").write_bytes(b"plain")
    (root / "zzz").write_bytes(b"the member after it")
    return root


@pytest.mark.parametrize("form", SPARSE)
def test_sparse_files_have_their_real_size_and_content(sparse_files: Path, tmp_path: Path, form: str) -> None:
    archive = tmp_path / "layer.tar"
    data = gnu_create(sparse_files, archive, "--sparse", *SPARSE[form])
    ours = read(data)
    theirs, status = gnu_list(archive)
    assert (ours.damage, status) == (None, 0)
    assert_same(listed(ours), theirs)
    assert len(ours.columns.sparse) >= 5, "this filesystem keeps no holes" if not ours.columns.sparse else None
    for path in sparse_files.iterdir():
        assert contents(data, ours, row_of(ours, os.fsencode(path.name))) == path.read_bytes(), path.name


def _gnu_says(layer: list[Entry], tmp_path: Path, dialect: str) -> tuple[list[Listed], list[Listed]]:
    data = tar_bytes(layer, dialect)
    archive = tmp_path / "layer.tar"
    archive.write_bytes(data)
    theirs, status = gnu_list(archive)
    assert status == 0
    tree = read(data)
    assert tree.damage is None
    return listed(tree), theirs


@pytest.mark.parametrize("dialect", ["v7", "ustar", "gnu", "pax"])
def test_every_kind_of_member(tmp_path: Path, dialect: str) -> None:
    layer = [
        directory("d", mode=0o1777),
        file("d/file", b"12345", mode=0o4755),
        hardlink("d/hard", "d/file"),
        symlink("d/soft", "../x y"),
        fifo("d/fifo"),
        file("d/contiguous", b"1", raw={"type": b"7"}),
        file("d/old", b"1", raw={"type": b"\0"}),
        file("d/old-directory/", raw={"type": b"\0"}),
    ]
    if dialect != "v7":
        layer += [char("d/null", 1, 3), block("d/disk", 8, 17)]
    ours, theirs = _gnu_says(layer, tmp_path, dialect)
    assert_same(ours, theirs)


@pytest.mark.parametrize("dialect", ["gnu", "pax"])
def test_numbers_that_octal_has_no_room_for(tmp_path: Path, dialect: str) -> None:
    layer = [
        file("uid", uid=3_000_000, gid=2_097_152),
        file("largest", uid=2_097_151, gid=2_097_151),
        file("future", mtime_ns=9_000_000_000 * 10**9),
        file("past", mtime_ns=-1 * 10**9),
        file("long-ago", mtime_ns=-2_000_000_000 * 10**9),
        file("zero", mtime_ns=0),
    ]
    ours, theirs = _gnu_says(layer, tmp_path, dialect)
    assert_same(ours, theirs)


def test_a_size_in_base_256(tmp_path: Path) -> None:
    sized = file("f", b"12345", raw={"size": b"\x80" + (5).to_bytes(11, "big")})
    ours, theirs = _gnu_says([sized, file("after")], tmp_path, "gnu")
    assert_same(ours, theirs)
    assert ours[0].size_bytes == 5


def test_a_size_that_is_larger_than_octal_has_room_for() -> None:
    """No data follows it here: the listing is the same, and the damage is told."""
    data = tar_bytes([file("big", size=10 << 33)], "gnu", end=False)
    tree = read(data)
    assert [entry.size_bytes for entry in tree.entries()] == [10 << 33]
    assert tree.damage is not None


@pytest.mark.parametrize("fraction", [1, 500_000_000, 999_999_999])
@pytest.mark.parametrize("seconds", [-2, -1, 0, 1_700_000_000])
def test_pax_times_have_nanoseconds(tmp_path: Path, seconds: int, fraction: int) -> None:
    ours, theirs = _gnu_says([file("f", mtime_ns=seconds * 10**9 + fraction)], tmp_path, "pax")
    assert ours[0].mtime_ns == seconds * 10**9 + fraction
    if seconds >= 0:  # GNU tar 1.34 lists -1.5 as half a second before 1970; POSIX, Go and Python agree with us
        assert_same(ours, theirs)


@pytest.mark.parametrize("spelling", [b"%07o ", b" %06o\0", b"%06o \0", b"  %05o\0", b"%06o\0\0", b"%08o"])
def test_numbers_spelled_as_old_writers_did(tmp_path: Path, spelling: bytes) -> None:
    odd = file("f", raw={"uid": spelling % 0o1234, "mode": spelling % 0o755})
    ours, theirs = _gnu_says([odd], tmp_path, "ustar")
    assert_same(ours, theirs)
    assert (ours[0].uid, ours[0].mode) == (0o1234, 0o755)


def test_gnu_long_names_before_any_dialect(tmp_path: Path) -> None:
    for dialect in ("gnu", "ustar", "v7"):
        layer = [
            gnu_long("g" * 300),
            file("short", b"1"),
            gnu_long("l" * 300, link=True),
            gnu_long("h" * 200),
            symlink("s", "t"),
            file("after", b"1"),
        ]
        ours, theirs = _gnu_says(layer, tmp_path, dialect)
        assert_same(ours, theirs)


def test_global_headers_stand_until_they_are_taken_back(tmp_path: Path) -> None:
    layer = [
        file("before"),
        pax_global((b"uid", b"77"), (b"comment", b"c")),
        file("a"),
        file("b", pax=((b"uid", b"5"),)),
        file("c"),
        pax_global((b"gid", b"66")),
        file("d"),
        pax_global((b"uid", b"")),
        file("e", uid=3),
    ]
    ours = listed(read(tar_bytes(layer)))
    assert [(entry.uid, entry.gid) for entry in ours] == [(0, 0), (77, 0), (5, 0), (77, 0), (77, 66), (3, 66)]


def test_a_record_that_stands_twice_counts_once_the_last_time(tmp_path: Path) -> None:
    ours, theirs = _gnu_says([file("x", pax=((b"path", b"first"), (b"path", b"last")))], tmp_path, "pax")
    assert_same(ours, theirs)
    assert ours[0].path == b"last"


def test_a_pax_size_belongs_to_the_member_and_not_to_the_header_between(tmp_path: Path) -> None:
    """CVE-2025-62518: a reader that gives it to the GNU header in between finds members inside a file."""
    inner = tar_bytes([file("smuggled")])
    outer = file("f", inner, size=0, pax=((b"size", b"%d" % len(inner)),))
    layer = tar_bytes([outer, file("after")])
    assert [entry.path for entry in read(layer).entries()] == [b"f", b"after"]


def test_xattrs_of_both_writers() -> None:
    both = (
        (b"SCHILY.xattr.user.a", b"plain \xff\0\n"),
        (b"LIBARCHIVE.xattr.user.b%25c", b"AAE"),
        (b"SCHILY.xattr.security.capability", b"\1\0\0\2"),
    )
    (entry,) = read(tar_bytes([file("f", pax=both)])).entries()
    assert dict(entry.xattrs) == {
        b"user.a": b"plain \xff\0\n",
        b"user.b%c": b"\0\1",
        b"security.capability": b"\1\0\0\2",
    }


@pytest.mark.parametrize("kind", [b"1", b"2", b"5", b"6", b"3", b"4"])
def test_a_size_of_what_has_no_data_is_passed_over(tmp_path: Path, kind: bytes) -> None:
    layer = [Entry(name=b"odd", type=kind, link=b"x", size=1024, raw={}), file("after", b"1")]
    tree = read(tar_bytes(layer))
    assert [entry.path for entry in tree.entries()] == [b"odd", b"after"]
    assert tree.damage is None


def test_an_unknown_type_is_listed_as_a_file_with_a_warning(tmp_path: Path) -> None:
    tree = read(tar_bytes([file("odd", b"123", raw={"type": b"Z"}), file("after")]))
    assert [(entry.path, entry.kind) for entry in tree.entries()] == [(b"odd", Kind.FILE), (b"after", Kind.FILE)]
    assert "unknown type" in tree.columns.warnings[0]


def test_devices_have_their_numbers() -> None:
    tree = read(tar_bytes([char("null", 1, 3), block("disk", 8, 17), char("zero", 0, 0)]))
    assert [entry.device for entry in tree.entries()] == [(1, 3), (8, 17), (0, 0)]
