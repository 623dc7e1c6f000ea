"""The writer writes what other readers of tar read back."""

import io
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.kit import entries as e
from tests.kit.tar import tar_bytes


def members(data: bytes) -> list[tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return tar.getmembers()


LONG = "d/" * 60 + "n" * 120

COMMON = [
    e.directory("d"),
    e.file("d/f", "hello", mode=0o4755, uid=1000, gid=1001),
    e.symlink("d/l", "f"),
    e.hardlink("d/h", "d/f"),
    e.char("d/null", 1, 3),
    e.fifo("d/p"),
]


@pytest.mark.parametrize("dialect", ["pax", "gnu", "ustar"])
def test_every_dialect_reads_back(dialect: str) -> None:
    read = members(tar_bytes(COMMON, dialect))
    assert [member.name for member in read] == ["d", "d/f", "d/l", "d/h", "d/null", "d/p"]
    assert (read[1].mode, read[1].uid, read[1].gid, read[1].size) == (0o4755, 1000, 1001, 5)
    assert (read[2].linkname, read[3].linkname) == ("f", "d/f")
    assert (read[4].devmajor, read[4].devminor) == (1, 3)
    assert {member.mtime for member in read} == {e.MTIME}


@pytest.mark.parametrize("dialect", ["pax", "gnu"])
def test_what_a_plain_header_cannot_say(dialect: str) -> None:
    odd = [
        e.file(LONG, "x", uid=2**31, mtime_ns=-5 * 10**9),
        e.symlink("s", LONG),
        e.file("größe", "y"),
    ]
    read = members(tar_bytes(odd, dialect))
    assert [member.name for member in read] == [LONG, "s", "größe"]
    assert (read[0].uid, read[0].mtime, read[1].linkname) == (2**31, -5, LONG)


def test_pax_fractions_and_xattrs() -> None:
    entry = e.file("f", mtime_ns=-1_500_000_000, xattrs=((b"user.a", b"1"),), pax=((b"comment", b"c"),))
    read = members(tar_bytes([entry]))[0]
    assert read.mtime == -1.5
    assert read.pax_headers == {"mtime": "-1.5", "SCHILY.xattr.user.a": "1", "comment": "c"}


def test_pax_lengths_count_themselves() -> None:
    for length in (80, 85, 86, 87, 88, 89, 90, 91, 92, 93, 980, 985, 990, 995):
        read = members(tar_bytes([e.file("f", pax=((b"comment", b"x" * length),))]))
        assert read[0].pax_headers["comment"] == "x" * length


def test_global_pax_speaks_of_all_that_follows() -> None:
    read = members(tar_bytes([e.pax_global((b"comment", b"c")), e.file("f")]))
    assert read[0].pax_headers["comment"] == "c"


@pytest.mark.parametrize("form", ["gnu", "0.0", "0.1", "1.0"])
def test_sparse_files(form: str) -> None:
    chunks = [(index * 4096, b"%04d" % index) for index in range(30)]
    dialect = "gnu" if form == "gnu" else "pax"
    data = tar_bytes([e.sparse("s", 200_000, chunks, form=form), e.file("after", "x")], dialect)
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        assert tar.getnames() == ["s", "after"]
        content = tar.extractfile("s")
        assert content is not None
        whole = bytearray(200_000)
        for offset, piece in chunks:
            whole[offset : offset + 4] = piece
        assert content.read() == bytes(whole)


def test_raw_fields_stand_as_given() -> None:
    assert tar_bytes([e.file("f", raw={"chksum": b"0000000\0"})])[148:156] == b"0000000\0"
    data = tar_bytes([e.file("f", raw={"uname": b"\xff\xfe"})], end=False)
    assert data[265:267] == b"\xff\xfe"
    assert len(data) == 512
    assert members(data)[0].name == "f"


@pytest.mark.skipif(shutil.which("tar") is None, reason="tar is not installed")
@pytest.mark.parametrize("dialect", ["pax", "gnu", "ustar", "v7"])
def test_gnu_tar_lists_it(dialect: str, tmp_path: Path) -> None:
    archive = tmp_path / "a.tar"
    plain = [entry for entry in COMMON if dialect != "v7" or entry.type in b"0125"]
    archive.write_bytes(tar_bytes(plain, dialect, blocking=10_240))
    listed = subprocess.run(["tar", "-tf", archive], capture_output=True, check=True).stdout.splitlines()
    assert listed == [entry.name for entry in plain]
