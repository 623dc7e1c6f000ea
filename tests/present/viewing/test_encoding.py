"""What is text, and in which encoding: tables, and every one-byte damage that must not make UTF-8 something else."""

import os
import random

import pytest

from layertui.present.viewing.encoding import SAMPLE_BYTES, detect

RUSSIAN = "Съешь же ещё этих мягких французских булок, да выпей чаю.\n"


@pytest.mark.parametrize(
    ("data", "title"),
    [
        (b"plain\n", "UTF-8"),
        (RUSSIAN.encode(), "UTF-8"),
        (b"\xef\xbb\xbfkey\n", "UTF-8 with a byte order mark"),
        (RUSSIAN.encode("utf-16"), "UTF-16 LE"),
        (b"\xfe\xff" + RUSSIAN.encode("utf-16-be"), "UTF-16 BE"),
        ("name=wert\r\nmore=x\r\n".encode("utf-16-le"), "UTF-16 LE"),
        ("name=wert\r\nmore=x\r\n".encode("utf-16-be"), "UTF-16 BE"),
        ("Müller\nStraße\n".encode("latin-1"), "Latin-1"),
        (b"\x1b[31mcolour\x1b[0m\x08\n", "UTF-8"),
        (b"\xff\xfe\0\0" + "text".encode("utf-32-le"), None),
        (b"\x7fELF\0\0\1", None),
        (bytes(100), None),
        (b"\x01\x02\x03\x04\x05\x06", None),
        (b"a\0", None),
    ],
)
def test_encodings(data: bytes, title: str | None) -> None:
    found = detect(data)
    assert (found and found.title) == title


def test_random_bytes_are_no_text() -> None:
    generator = random.Random(1)
    assert not any(detect(generator.randbytes(size)) for size in (200, 1_000, 10_000) for _ in range(50))


def test_utf_8_that_is_cut_at_the_end_of_the_sample_is_utf_8() -> None:
    data = (RUSSIAN * 2000).encode()
    for size in range(SAMPLE_BYTES - 3, SAMPLE_BYTES):
        found = detect(data[: size + 1][:SAMPLE_BYTES])
        assert found is not None
        assert found.title == "UTF-8"


def test_a_damaged_byte_leaves_utf_8_what_it_is() -> None:
    data = bytearray((RUSSIAN * 2).encode())
    data[50] = 0xFF
    found = detect(bytes(data))
    assert found is not None
    assert found.title == "UTF-8"
    assert "\\xff" in found.decode(bytes(data))


def test_every_program_of_this_machine_is_no_text() -> None:
    names = [name for name in sorted(os.listdir("/usr/bin")) if os.path.isfile(f"/usr/bin/{name}")][:200]
    for name in names:
        with open(f"/usr/bin/{name}", "rb") as program:
            sample = program.read(SAMPLE_BYTES)
        assert (detect(sample) is None) == (b"\0" in sample), name
