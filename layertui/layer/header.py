"""The fields of a tar header block, and the records of a PAX extended header.

POSIX.1-2017 pax(1), "ustar Interchange Format" and "pax Header Block"; GNU tar's header layout from its tar.h.
"""

BLOCK_BYTES = 512
"""A tar is made of blocks of this size; every header is one block."""

ZERO_BLOCK = bytes(BLOCK_BYTES)
"""The block that ends a tar."""

EXTENSION_LIMIT_BYTES = 1 << 20
"""The largest PAX or GNU extension header that is read: real ones hold a name or a few attributes."""


ADLER_MODULUS = 65_521
"""What both halves of an Adler-32 are counted modulo (RFC 1950)."""


def number(field: bytes) -> int:
    """Read a numeric field: octal text, or GNU's base-256 where the first bit is set (negative where the second is).

    Raises ValueError for anything else; a field of blanks is 0, as readers of old archives take it.
    """
    if field[-1:] in (b"\0", b" ") and field[:-1].isdigit():
        return int(field[:-1], 8)
    if field[0] & 0x80:
        bits = 8 * len(field) - 1
        value = int.from_bytes(field, "big") & ((1 << bits) - 1)
        return value - (1 << bits) if field[0] & 0x40 else value
    digits = field.strip(b" \0").split(b"\0")[0].split(b" ")[0]
    if not digits:
        return 0
    if not digits.isdigit():
        raise ValueError(f"'{_excerpt(digits)}' is not an octal number")
    return int(digits, 8)


def checksum_is_right(header: bytes) -> bool:
    """Check a header's own checksum, summed over unsigned bytes, or signed as some old writers did."""
    try:
        stored = number(header[148:156])
    except ValueError:
        return False
    rest = header[:148] + header[156:]
    unsigned = 256 + sum(rest)
    if stored == unsigned:
        return True
    return stored == unsigned - 256 * sum(byte > 127 for byte in rest)


def adler_when_right(field: bytes) -> int:
    """What the lower half of a header's Adler-32 is if its checksum field holds `field` and is right.

    That half is one more than the sum of all bytes, modulo ADLER_MODULUS, so one C call checks a header. The header's
    sum counts the field itself as eight spaces. Raises ValueError where the field is no number.
    """
    return (1 + number(field) - 256 + sum(field)) % ADLER_MODULUS


def text(field: bytes) -> bytes:
    """Cut a text field at its first NUL."""
    end = field.find(0)
    return field if end < 0 else field[:end]


def ustar_name(header: bytes, name: bytes) -> bytes:
    """Put the prefix field before a name, where the header's format has one.

    Old GNU headers (magic `ustar  `) keep times and sparse maps there; star's prefix is 131 bytes long.
    """
    if header[257:263] != b"ustar\0":
        return name
    prefix = text(header[345:476] if header[508:512] == b"tar\0" else header[345:500])
    return prefix + b"/" + name if prefix else name


def pax_records(data: bytes) -> list[tuple[bytes, bytes]]:
    """The keyword and value of every record of a PAX extended header, in order.

    A record is `LENGTH KEYWORD=VALUE\\n`, LENGTH counting all of it. Raises ValueError for anything else; NULs that
    pad the end are passed over, as GNU tar does.
    """
    records = []
    at, end = 0, len(data)
    while at < end:
        space = data.find(b" ", at, at + 20)
        digits = data[at:space] if space > at else b""
        if not digits.isdigit():
            if not data[at:].strip(b"\0"):
                break
            raise ValueError("a PAX record does not begin with its length")
        stop = at + int(digits)
        if stop > end or stop <= space + 1 or data[stop - 1] != 0x0A:
            raise ValueError("a PAX record does not end where its length says")
        keyword, equals, value = data[space + 1 : stop - 1].partition(b"=")
        if not equals or not keyword:
            raise ValueError("a PAX record has no keyword")
        records.append((keyword, value))
        at = stop
    return records


def pax_time_ns(value: bytes) -> int:
    """Read a PAX time, decimal seconds with an optional fraction, as nanoseconds; raises ValueError."""
    sign = -1 if value.startswith(b"-") else 1
    seconds, _, fraction = value.removeprefix(b"-").partition(b".")
    if not seconds.isdigit() or (fraction and not fraction.isdigit()):
        raise ValueError(f"'{_excerpt(value)}' is not a time")
    return sign * (int(seconds[:30]) * 1_000_000_000 + int(fraction[:9].ljust(9, b"0") or b"0"))


def pax_number(value: bytes) -> int:
    """Read a PAX number, decimal digits; raises ValueError."""
    if not value.isdigit() or len(value) > 30:
        raise ValueError(f"'{_excerpt(value)}' is not a number")
    return int(value)


def _excerpt(value: bytes) -> str:
    return value[:40].decode("utf-8", "backslashreplace")
