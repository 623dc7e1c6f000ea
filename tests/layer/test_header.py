"""Fields of a tar header, and PAX records."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layertui.layer.header import (
    adler_when_right,
    checksum_is_right,
    number,
    pax_number,
    pax_records,
    pax_time_ns,
    text,
    ustar_name,
)
from tests.kit.entries import Entry, file
from tests.kit.tar import entry_bytes, pax_body


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (b"0000644\0", 0o644),
        (b"000644 \0", 0o644),
        (b"   644 \0", 0o644),
        (b"644\0\0\0\0\0", 0o644),
        (b"00000644", 0o644),
        (b"644 junk", 0o644),
        (b"644\0junk", 0o644),
        (b"        ", 0),
        (b"\0\0\0\0\0\0\0\0", 0),
        (b"7777777\0", 0o7777777),
        (b"\x80\0\0\0\0\0\0\x05", 5),
        (b"\x80\0\0\0\0\x01\0\0", 65536),
        (b"\xff\xff\xff\xff\xff\xff\xff\xff", -1),
        (b"\xff\xff\xff\xff\xff\xff\xff\0", -256),
        (b"\xc0\0\0\0\0\0\0\0", -(1 << 62)),
        (b"\xbf\xff\xff\xff\xff\xff\xff\xff", (1 << 62) - 1),
    ],
)
def test_numbers(field: bytes, value: int) -> None:
    assert number(field) == value


@pytest.mark.parametrize(
    "field", [b"-0000001", b"0000008\0", b"0x1ff\0\0\0", b"abcdefgh", b"+644\0\0\0\0", b"6_4\0\0\0\0\0"]
)
def test_what_is_no_number(field: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any message will do
        number(field)


@given(st.integers(-(1 << 86), (1 << 86) - 1))
def test_base_256_numbers_of_twelve_bytes(value: int) -> None:
    field = bytearray(value.to_bytes(12, "big", signed=True))
    field[0] = 0xFF if value < 0 else field[0] | 0x80
    assert number(bytes(field)) == value


@given(st.binary(min_size=512, max_size=512))
def test_the_quick_check_agrees_with_the_sum(block: bytes) -> None:
    right = bytearray(block)
    right[148:156] = b" " * 8
    right[148:156] = b"%06o\0 " % sum(right)
    header = bytes(right)
    assert checksum_is_right(header)
    assert adler_when_right(header[148:156]) == zlib.adler32(header) & 0xFFFF


@given(st.binary(min_size=512, max_size=512), st.integers(0, 511), st.integers(1, 255))
def test_a_flipped_byte_fails_the_sum(block: bytes, at: int, flip: int) -> None:
    right = bytearray(block)
    right[148:156] = b" " * 8
    right[148:156] = b"%06o\0 " % sum(right)
    if 148 <= at < 156:
        return
    signed_before = sum(byte > 127 for byte in right)
    right[at] ^= flip
    if sum(byte > 127 for byte in right) == signed_before:
        assert not checksum_is_right(bytes(right))


def test_a_signed_sum_is_right_too() -> None:
    header = bytearray(entry_bytes(file(b"\xff\xfe\xfd"), "v7")[:512])
    header[148:156] = b" " * 8
    signed = sum(byte - 256 if byte > 127 else byte for byte in header)
    header[148:156] = b"%06o\0 " % signed
    assert checksum_is_right(bytes(header))


def test_text_ends_at_its_first_nul() -> None:
    assert (text(b"ab\0cd"), text(b"abcd"), text(b"\0")) == (b"ab", b"abcd", b"")


def test_a_prefix_belongs_to_posix_headers_only() -> None:
    def name(magic: bytes, **raw: bytes) -> bytes:
        return ustar_name(
            entry_bytes(Entry(name=b"n", raw={"magic": magic, "prefix": b"p" * 155, **raw}), "ustar")[:512], b"n"
        )

    assert name(b"ustar\x0000") == b"p" * 155 + b"/n"
    assert name(b"ustar  \0") == b"n"
    assert name(bytes(8)) == b"n"


def test_stars_prefix_is_shorter() -> None:
    header = bytearray(entry_bytes(Entry(name=b"n", raw={"prefix": b"p" * 131}), "ustar")[:512])
    header[476:488] = b"00000000001 "
    header[508:512] = b"tar\0"
    assert ustar_name(bytes(header), b"n") == b"p" * 131 + b"/n"


@given(
    st.lists(st.tuples(st.binary(min_size=1, max_size=20).filter(lambda key: b"=" not in key), st.binary(max_size=300)))
)
def test_pax_records_come_back_as_written(records: list[tuple[bytes, bytes]]) -> None:
    assert list(pax_records(pax_body(records))) == records


def test_pax_records_may_be_padded() -> None:
    assert list(pax_records(b"6 a=b\n" + bytes(20))) == [(b"a", b"b")]


@pytest.mark.parametrize(
    "data",
    [
        b"6 a=b",
        b"7 a=b\n",
        b"5 a=b\n",
        b"6 a=bx",
        b"a=b\n",
        b" 6 a=b\n",
        b"0 a=b\n",
        b"-6 a=b\n",
        b"99999999999999999999999 a=b\n",
        b"4 ab\n",
        b"5 =b\n",
        b"3 \n",
        b"6 a=b\n\0x",
        b"6\na=b\n",
        b"1",
    ],
)
def test_malformed_pax_records_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="PAX record"):
        list(pax_records(data))


@given(st.binary(max_size=200))
def test_any_bytes_as_pax_records(data: bytes) -> None:
    try:
        list(pax_records(data))
    except ValueError as error:
        assert "PAX record" in str(error)  # noqa: PT017


@pytest.mark.parametrize(
    ("value", "time_ns"),
    [
        (b"0", 0),
        (b"1700000000", 1_700_000_000 * 10**9),
        (b"1.5", 1_500_000_000),
        (b"1.", 10**9),
        (b"1.000000001", 1_000_000_001),
        (b"1.0000000019", 1_000_000_001),
        (b"-1.5", -1_500_000_000),
        (b"-0.25", -250_000_000),
    ],
)
def test_pax_times(value: bytes, time_ns: int) -> None:
    assert pax_time_ns(value) == time_ns


@pytest.mark.parametrize("value", [b"", b"x", b"1e9", b"1,5", b".", b"1.x", b"--1", b"1-", b" 1", b"nan"])
def test_what_is_no_pax_time(value: bytes) -> None:
    with pytest.raises(ValueError, match="is not a time"):
        pax_time_ns(value)


@pytest.mark.parametrize("value", [b"", b"-1", b"1.5", b"0x1", b"1" * 31, b" 1", b"1_0"])
def test_what_is_no_pax_number(value: bytes) -> None:
    with pytest.raises(ValueError, match="is not a number"):
        pax_number(value)
