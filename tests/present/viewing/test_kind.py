"""What contents are, told by real files of this machine and by made ones, hostile ones too."""

import io
import os
import random
import shutil
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest

from layertui.image.blob import BytesBlob, FileBlob
from layertui.present.safetext import is_safe
from layertui.present.viewing.elf import elf_facts
from layertui.present.viewing.hexdump import hex_lines, row_bytes, row_count
from layertui.present.viewing.kind import Form, Look, interpreter_of, look
from layertui.present.viewing.picture import picture_fact
from tests.kit.entries import file
from tests.kit.images import compress
from tests.kit.tar import tar_bytes
from tests.layer.helpers import at_most_seconds


def looked(data: bytes, name: bytes = b"") -> Look:
    return look(BytesBlob(data, "content"), name=name)


def png(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", 13)
        + b"IHDR"
        + header
        + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    )


JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xc4\0\x04ab\xff\xc2\0\x11\x08\x01\x2c\x01\x90\x03" + bytes(
    20
)
WEBP = b"RIFF\0\0\0\0WEBP"


@pytest.mark.parametrize(
    ("data", "name", "form", "fact"),
    [
        (b"", b"", Form.EMPTY, "Empty file"),
        (b"words\n", b"notes", Form.TEXT, "Text, UTF-8, 6 B"),
        (b"a\r\nb\r\n", b"notes", Form.TEXT, "Text, UTF-8, CRLF line ends, 6 B"),
        (b"#!/usr/bin/env python3\n", b"tool", Form.TEXT, "python3 script, UTF-8, 23 B"),
        (png(640, 480), b"", Form.BINARY, "PNG image, 640 x 480, 33 B"),
        (b"GIF89a\x10\0\x20\0" + bytes(9), b"", Form.BINARY, "GIF image, 16 x 32, 19 B"),
        (JPEG, b"", Form.BINARY, f"JPEG image, 400 x 300, {len(JPEG)} B"),
        (WEBP + b"VP8X\n\0\0\0\0\0\0\0\x0f\0\0\x1f\0\0", b"", Form.BINARY, "WebP image, 16 x 32, 30 B"),
        (WEBP + b"VP8L\0\0\0\0/\x0f\xc0\x07\0" + bytes(5), b"", Form.BINARY, "WebP image, 16 x 32, 30 B"),
        (b"\x89PNG\r\n\x1a\n", b"", Form.BINARY, "PNG image, 8 B"),
        (b"SQLite format 3\0" + bytes(9), b"", Form.BINARY, "SQLite database, 25 B"),
        (b"MZ is how this text begins\n", b"", Form.TEXT, "Text, UTF-8, 27 B"),
        (b"BZh9 is how this text begins\n", b"", Form.TEXT, "Text, UTF-8, 29 B"),
        (compress(b"not a tar" * 99, "gzip"), b"", Form.BINARY, None),
        (compress(tar_bytes([file("a")]), "zstd"), b"x.tar.zst", Form.ARCHIVE, None),
        (b"\xcb\r\r\n" + bytes(12), b"m.pyc", Form.BINARY, "Python bytecode, 16 B"),
    ],
)
def test_what_it_is(data: bytes, name: bytes, form: Form, fact: str | None) -> None:
    found = looked(data, name)
    assert found.form is form
    assert fact is None or found.facts == (fact,)


def test_a_link_is_shown_as_its_target() -> None:
    found = look(BytesBlob(b"\x7fELF", "link"), is_link=True)
    assert (found.form, found.facts) == (Form.LINK, ("Symlink; its target is shown",))


@pytest.mark.skipif(shutil.which("readelf") is None, reason="readelf is the second opinion")
@pytest.mark.parametrize("path", ["/bin/ls", sys.executable, "/usr/bin/umoci", "/sbin/ldconfig"])
def test_programs_of_this_machine_as_readelf_reads_them(path: str) -> None:
    if not os.path.exists(path):
        pytest.skip(f"{path} is not installed")
    facts = "\n".join(elf_facts(FileBlob.open(Path(path), path)))
    told = subprocess.run(["readelf", "-h", "-l", "-d", "-n", path], capture_output=True, text=True, check=True).stdout
    assert "ELF 64-bit little-endian, x86-64" in facts or os.uname().machine != "x86_64"
    for line in told.splitlines():
        if "(NEEDED)" in line or "program interpreter:" in line or "Build ID:" in line:
            assert line.split()[-1].strip("[]") in facts
    assert ("statically linked" in facts) == ("There is no dynamic section" in told)


def test_damaged_programs_never_raise_and_never_hang() -> None:
    whole = Path("/bin/ls").read_bytes()
    generator = random.Random(5)
    with at_most_seconds(20):
        for _ in range(300):
            data = bytearray(whole[: generator.choice([4, 5, 20, 64, 200, 4096, len(whole)])])
            for _ in range(generator.randrange(40)):
                data[generator.randrange(4, min(len(data), 1200)) if len(data) > 5 else 4 - len(data)] = (
                    generator.randrange(256)
                )
            assert all(is_safe(line) for line in elf_facts(BytesBlob(bytes(data), "ls")))


def test_damaged_pictures_never_raise() -> None:
    generator = random.Random(6)
    for whole in (png(2, 3), JPEG, WEBP + b"VP8X" + bytes(30), b"GIF89a" + bytes(30)):
        for _ in range(200):
            data = bytearray(whole[: generator.randrange(12, len(whole))])
            data[generator.randrange(12, len(data)) if len(data) > 12 else 0] = generator.randrange(256)
            picture_fact(BytesBlob(bytes(data), "picture"))


def test_a_picture_of_nothing_but_segments_ends() -> None:
    with at_most_seconds(2):
        assert picture_fact(BytesBlob(b"\xff\xd8" + b"\xff\xe0\0\2" * 1_000_000, "picture")) == "JPEG image"


def test_a_script_that_names_an_escape_is_safe() -> None:
    assert all(is_safe(fact) for fact in looked(b"#!/bin/\x1b]0;owned\x07\n").facts)


@pytest.mark.parametrize(
    ("line", "interpreter"),
    [
        (b"#!/bin/sh -e\n", b"sh"),
        (b"#! /usr/bin/env -S LC_ALL=C python3 -u\n", b"python3"),
        (b"#!\n", b""),
        (b"# no\n", b""),
        (b"#!/usr/bin/env\n", b""),
    ],
)
def test_interpreters(line: bytes, interpreter: bytes) -> None:
    assert interpreter_of(line) == interpreter


@pytest.mark.skipif(shutil.which("hexdump") is None, reason="hexdump is the second opinion")
def test_hex_lines_are_those_of_hexdump(tmp_path: Path) -> None:
    data = random.Random(7).randbytes(1000)
    (tmp_path / "f").write_bytes(data)
    told = subprocess.run(["hexdump", "-v", "-C", tmp_path / "f"], capture_output=True, text=True, check=True).stdout
    lines = hex_lines(BytesBlob(data, "f"), 0, 100, 16)
    assert lines == told.splitlines()[:-1]
    assert len(lines) == row_count(1000, 16)
    assert hex_lines(BytesBlob(data, "f"), 62, 100, 16) == lines[62:]


def test_hex_lines_fit_the_width() -> None:
    for width, per_row in ((78, 16), (77, 8), (45, 8)):
        assert row_bytes(width, 100) == per_row
        assert len(hex_lines(BytesBlob(bytes(100), "f"), 0, 1, per_row)[0]) <= width


def test_a_zip_inside_a_wheel_name_and_others() -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("a", "b")
    assert looked(held.getvalue(), b"x-1.0-py3-none-any.whl").facts[0].startswith("Python wheel (zip), ")
    assert looked(held.getvalue(), b"x.jar").facts[0].startswith("Java archive (zip), ")
    assert looked(held.getvalue(), b"x.deb").facts[0].startswith("zip archive, ")
