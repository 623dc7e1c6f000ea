"""Members of archives: as tar, unzip and ar list them, and hostile ones listed without being unpacked."""

import gzip
import io
import random
import shutil
import struct
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from layertui.errors import Cancelled
from layertui.image.blob import BytesBlob, FileBlob
from layertui.layer.columns import Kind
from layertui.present.safetext import is_safe
from layertui.present.viewing import archive
from layertui.present.viewing.archive import Members, archive_form, list_members, member_lines
from tests.kit.entries import Entry, directory, file, hardlink, sparse, symlink, whiteout
from tests.kit.images import compress
from tests.kit.tar import tar_bytes
from tests.layer.helpers import at_most_seconds


def members(data: bytes) -> Members:
    blob = BytesBlob(data, "archive")
    form = archive_form(blob)
    assert form is not None
    return list_members(blob, form)


def paths(found: Members) -> list[str]:
    return [member.path.decode() for member in found.members]


ENTRIES = [
    directory("etc", mode=0o755),
    file("etc/a", b"content", mode=0o4755),
    symlink("etc/l", "a"),
    hardlink("etc/h", "etc/a"),
    whiteout("etc/gone"),
    sparse("s", 5_000_000_000, [(10, b"x")], form="1.0"),
]


@pytest.mark.parametrize("how", ["plain", "gzip", "zstd", "xz", "bzip2"])
def test_a_tar_however_it_is_compressed(how: str) -> None:
    data = compress(tar_bytes(ENTRIES), how)
    assert archive_form(BytesBlob(data, "a")) == ("tar" if how == "plain" else f"tar, {how}")
    found = members(data)
    assert found.problem == ""
    assert paths(found) == ["etc", "etc/a", "etc/l", "etc/h", "etc/.wh.gone", "s"]
    lines = member_lines(found, 0, 9)
    assert [line[:10] for line in lines[:3]] == ["drwxr-xr-x", "-rwsr-xr-x", "lrwxrwxrwx"]
    assert [line.rpartition("Z  ")[2] for line in lines[:4]] == ["etc/", "etc/a", "etc/l -> a", "etc/h link to etc/a"]
    assert found.members[-1].size_bytes == 5_000_000_000


def test_a_tar_inside_a_gzip_inside_a_gzip_is_not_gone_after() -> None:
    inner = gzip.compress(tar_bytes([file("a")]))
    assert archive_form(BytesBlob(gzip.compress(inner), "x.gz")) is None
    held = members(tar_bytes([file("inner.tar.gz", inner)]))
    assert paths(held) == ["inner.tar.gz"]


def test_a_zip_as_the_standard_library_lists_it() -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive_file:
        archive_file.writestr("d/", "")
        archive_file.writestr("d/ü.txt", "x" * 5000)
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        link.create_system = 3
        archive_file.writestr(link, "d")
        archive_file.comment = b"PK\x05\x06 in a comment" * 20
    for before in (b"", b"#!/bin/sh\nexec python\n" * 50):  # one that unpacks itself
        data = before + held.getvalue()
        found = list_members(BytesBlob(data, "zip"), "zip")
        assert [(each.path.decode(), each.kind, each.size_bytes) for each in found.members] == [
            ("d", Kind.DIRECTORY, 0),
            ("d/ü.txt", Kind.FILE, 5000),
            ("link", Kind.SYMLINK, 1),
        ]
        assert found.problem == ""


def _real(suffix: str) -> Iterator[Path]:
    for top in ("/usr/share", "/root/.pyenv/versions"):
        yield from list(Path(top).rglob(f"*.{suffix}"))[:2] if Path(top).is_dir() else ()


@pytest.mark.parametrize("suffix", ["whl", "jar", "zip"])
def test_real_zips(suffix: str) -> None:
    real = list(_real(suffix))
    if not real:
        pytest.skip(f"no .{suffix} on this machine")
    for path in real:
        with zipfile.ZipFile(path) as told:
            expected = [(each.filename.rstrip("/"), each.file_size) for each in told.infolist()]
        found = list_members(FileBlob.open(path, path.name), "zip")
        assert [(each.path.decode(), each.size_bytes) for each in found.members] == expected


@pytest.mark.skipif(shutil.which("ar") is None, reason="ar makes what is listed")
def test_an_ar_with_long_names(tmp_path: Path) -> None:
    names = ["short.o", "a-very-long-name-of-an-object-file.o", "odd"]
    for name in names:
        (tmp_path / name).write_bytes(b"x" * (len(name) * 3))
    subprocess.run(["ar", "rc", "lib.a", *names], cwd=tmp_path, check=True)
    data = (tmp_path / "lib.a").read_bytes()
    found = members(data)
    assert [(each.path.decode(), each.size_bytes) for each in found.members] == [
        (name, len(name) * 3) for name in names
    ]
    assert members(data[:-5]).members[:2] == found.members[:2]


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb makes a package")
def test_a_debian_package(tmp_path: Path) -> None:
    (tmp_path / "p/DEBIAN").mkdir(parents=True)
    (tmp_path / "p/DEBIAN/control").write_text(
        "Package: p\nVersion: 1\nArchitecture: all\nMaintainer: m\nDescription: d\n"
    )
    subprocess.run(["dpkg-deb", "--build", "p", "p.deb"], cwd=tmp_path, check=True, capture_output=True)
    found = paths(members((tmp_path / "p.deb").read_bytes()))
    assert found[0] == "debian-binary"
    assert [name.partition(".")[0] for name in found[1:]] == ["control", "data"]


def test_a_bomb_is_listed_by_its_directory_alone() -> None:
    """Ten thousand members that say four gigabytes each, over one small content."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive_file:
        archive_file.writestr("0", bytes(100_000))
    data = held.getvalue()
    start, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    entry = bytearray(data[start:end])
    entry[24:28] = struct.pack("<I", 0xFFFFFFF0)
    directory_bytes = bytes(entry) * 10_000
    tail = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 10_000, 10_000, len(directory_bytes), start, 0)
    with at_most_seconds(5):
        found = members(data[:start] + directory_bytes + tail)
    assert (len(found.members), found.problem) == (10_000, "")
    assert found.content_bytes == 10_000 * 0xFFFFFFF0


def test_a_directory_that_says_more_than_any_has_is_refused() -> None:
    tail = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFF0, 0, 0)
    assert "more than the" in list_members(BytesBlob(b"PK\x03\x04" + tail, "zip"), "zip").problem


def test_members_are_listed_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MEMBER_LIMIT", 1000)
    data = tar_bytes(file(f"f{number}") for number in range(20_000))
    for each in (data, gzip.compress(data, 1)):
        found = members(each)
        assert len(found.members) == 1000
        assert "Only the first" in found.problem


def test_a_tar_that_is_cut_short_lists_what_it_has_and_says_where() -> None:
    data = tar_bytes([file("a", b"x" * 600), file("b", b"y" * 600)])
    found = members(data[:2300])
    assert paths(found) == ["a", "b"]
    assert found.problem.startswith("It is damaged at byte")
    cut_gzip = members(gzip.compress(data + random.Random(8).randbytes(4_000_000))[:-100_000])
    assert paths(cut_gzip) == ["a", "b"]


def test_damaged_archives_never_raise() -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive_file:
        for number in range(5):
            archive_file.writestr(f"name{number}", "text")
    ar = b"!<arch>\n" + b"".join(
        b"%-16s%-12d%-6d%-6d%-8o%-10d`\n" % (b"n/", 1, 0, 0, 0o644, 4) + b"text" for _ in range(5)
    )
    generator = random.Random(9)
    for whole, form in ((held.getvalue(), "zip"), (ar, "ar"), (tar_bytes(ENTRIES), "tar")):
        for _ in range(400):
            data = bytearray(whole[: generator.choice([len(whole), generator.randrange(len(whole))])])
            for _ in range(generator.randrange(6)):
                data[generator.randrange(len(data) or 1) if data else 0 :][:1] = bytes([generator.randrange(256)])
                if data:
                    data[generator.randrange(len(data))] = generator.randrange(256)
            found = list_members(BytesBlob(bytes(data), "archive"), form)
            assert all(is_safe(line) for line in member_lines(found, 0, 100))


def test_names_that_act_on_a_terminal_are_safe() -> None:
    lines = member_lines(members(tar_bytes([file(b"a\x1b[31m\xff\nb"), symlink("l", "\x1b]0;t\x07")])), 0, 9)
    assert all(is_safe(line) for line in lines)


def test_listing_can_be_cancelled() -> None:
    def tick(done: int) -> None:
        raise Cancelled

    data = gzip.compress(tar_bytes([Entry(name=b"a", data=bytes(3_000_000))]), 1)
    with pytest.raises(Cancelled):
        list_members(BytesBlob(data, "a"), "tar, gzip", tick)


def test_python_lists_the_same_tar(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "t.tar.xz", "w:xz") as target:
        target.add(Path(__file__).parent, "viewing")
    data = (tmp_path / "t.tar.xz").read_bytes()
    with tarfile.open(tmp_path / "t.tar.xz") as told:
        assert paths(members(data)) == told.getnames()
