"""Many members at once: plain headers are gathered, and then read a column at a time.

Nearly all members of a layer are plain: a file, directory or link with a ustar header, at most with a PAX header that
holds its path. For these the walk looks only at what leads to the next header; names, owners, times and checksums are
read for a whole batch by a few calls that run in C, which takes half the time of reading header by header. The rules
live in single.py: whatever is not plain, on the walk or in a batch that was gathered, is left to it.
"""

import re
from array import array
from bisect import bisect_right
from itertools import accumulate, compress
from struct import Struct

try:
    from isal.isal_zlib import adler32
except ImportError:  # not made for every machine
    from zlib import adler32

from layertui.layer.header import ADLER_MODULUS, text, ustar_name
from layertui.layer.single import DIRECTORY, KINDS, SingleLane, Stop, check_sum
from layertui.layer.window import Lookahead

BATCH_HEADERS = 256
"""Headers read together: enough to forget what each call costs, few enough to stay in the processor's cache."""

FEWEST_HEADERS = 12
"""Fewer are faster one by one."""

FAR_BYTES = 1 << 20
"""A header that leads further than this is checked before it is trusted: the walk does not come back."""

_BATCH = Struct("100s24s12x12s364x" * BATCH_HEADERS)
"""Name, owner and mtime of all headers in one flat tuple: one for each would wake the garbage collector."""

_FILE_FLAG, _PAX_FLAG = 0x30, 0x78
_EMPTY_FLAGS = frozenset(b"125")
"""Hard links, symbolic links and directories: no data follows them, whatever their size field says."""

_KIND_OF_FLAG = bytes(KINDS.get(flag, 0) for flag in range(256))
"""Translates a column of type flags to kinds."""

_LENGTHS = tuple(b"%d" % length for length in range(513))
"""How a PAX record that fills its header says its length."""

_ODD = re.compile(rb"\0(?=\0|\.(?:wh\.|\.?\0))")
"""What is before a marker, `.`, `..` or nothing at all in keys that stand between NULs."""


class BatchLane:
    """Walks over plain members and makes rows of them, in their order."""

    def __init__(self, single: SingleLane, look: Lookahead) -> None:
        self._single = single
        self._look = look
        self._headers: list[bytes] = []
        self._sizes: list[int] = []
        self._offsets: list[int] = []
        self._paths: dict[int, bytes] = {}
        """Paths from PAX headers, by the index of their member's header."""
        self._pax_headers: list[bytes] = []
        self._pax_positions: list[int] = []

    def walk(self, position: int) -> int:
        """Make rows of plain members from `position` on; returns where something else stands.

        A path that belongs to it is left in the extensions. Raises Stop for a wrong checksum. A batch is checked before
        anything else is made of where it led to: what is told is the first wrong header, and rows stand before it only.
        """
        look, headers, paths = self._look, self._headers, self._paths
        add_header, add_size, add_offset = headers.append, self._sizes.append, self._offsets.append
        buffer, start = look.buffer, look.start
        limit = start + len(buffer) - 512
        plain = True
        while plain:
            plain = False
            for _ in range(BATCH_HEADERS - len(headers)):
                if position > limit:
                    buffer, start = look.load(position), position
                    limit = start + len(buffer) - 512
                    if position > limit:
                        break
                at = position - start
                header = buffer[at : at + 512]
                digits = header[124:135]  # and NUL or a space, which are nothing without their fifth bit
                if not digits.isdigit() or header[135] & 0xDF:
                    break
                try:
                    size = int(digits, 8)
                except ValueError:
                    break
                flag = header[156]
                if flag == _FILE_FLAG:
                    if size > FAR_BYTES:
                        break
                elif flag == _PAX_FLAG:
                    if not 0 < size <= 512:  # a name that fits into it is within all bounds
                        break
                    if at + 1024 > len(buffer):
                        buffer, start = look.load(position, 1536), position
                        limit, at = start + len(buffer) - 512, 0
                        if len(buffer) < 1024:
                            break
                    length, _, path = buffer[at + 512 : at + 512 + size].partition(b" path=")
                    if length != _LENGTHS[size] or path[-1:] != b"\n":
                        break
                    paths[len(headers)] = path[:-1]
                    self._pax_headers.append(header)
                    self._pax_positions.append(position)
                    position += 1024
                    continue
                elif flag in _EMPTY_FLAGS:
                    size = 0
                else:
                    break
                add_header(header)
                add_size(size)
                position += 512
                add_offset(position)
                position += size + 511 & -512
            else:
                plain = True
            if len(headers) == BATCH_HEADERS:
                self.flush()
        path_ahead = paths.pop(len(headers), None)
        self.flush()
        if path_ahead is not None:
            self._single.extensions.records = [(b"path", path_ahead)]
        return position

    def flush(self) -> None:
        """Make rows of the headers gathered so far; raises Stop for the first whose checksum is wrong."""
        headers, count = self._headers, len(self._headers)
        if not count and not self._pax_headers:
            return
        self._paths.pop(count, None)  # of a member that could not be read
        joined = b"".join(headers)
        stop = None
        if not (_sums_fit(joined) and _sums_fit(b"".join(self._pax_headers))):
            stop = self._first_wrong()
            if stop is not None:
                count = sum(offset <= stop.offset for offset in self._offsets)
        if count < FEWEST_HEADERS or stop is not None:
            self._add_singly(0, count)
        else:
            self._add_batch(joined)
        for gathered in (headers, self._sizes, self._offsets, self._paths, self._pax_headers, self._pax_positions):
            gathered.clear()
        if stop is not None:
            raise stop

    def _first_wrong(self) -> Stop | None:
        """The first header whose own checksum is wrong, if there is one."""
        members = zip((offset - 512 for offset in self._offsets), self._headers, strict=True)
        for position, header in sorted([*members, *zip(self._pax_positions, self._pax_headers, strict=True)]):
            try:
                check_sum(header, position)
            except Stop as stop:
                return stop
        return None

    def _add_singly(self, start: int, stop: int) -> None:
        single, paths = self._single, self._paths
        for index in range(start, stop):
            if index in paths:
                single.extensions.records = [(b"path", paths[index])]
            single.add(self._headers[index], self._offsets[index] - 512, self._sizes[index])

    def _add_batch(self, joined: bytes) -> None:
        """Make rows of all headers, of those with an odd name singly."""
        headers, count = self._headers, len(self._headers)
        fields = _BATCH.unpack(joined.ljust(512 * BATCH_HEADERS, b"\0"))
        names = [name.rstrip(b"\0") for name in fields[0 : 3 * count : 3]]
        for index in compress(range(count), joined[345::512]):
            names[index] = ustar_name(headers[index], names[index])
        for index, path in self._paths.items():
            names[index] = path
        if names[-1].startswith(b"./"):
            names = [name[2:] if name[:2] == b"./" else name for name in names]
        kinds = joined[156::512].translate(_KIND_OF_FLAG)
        for index in compress(range(count), kinds):
            names[index] = names[index].rstrip(b"/")
        if b"\0" in b"/".join(names):
            self._add_singly(0, count)
            return
        keys = [name.replace(b"/", b"\0") for name in names]
        between = b"\0" + b"\0".join(keys) + b"\0"
        start, places = 0, _odd_places(between)
        if places:
            begins = list(accumulate((len(key) + 1 for key in keys), initial=0))
            for odd in sorted({bisect_right(begins, place) - 1 for place in places}):
                self._add_columns(start, keys[start:odd], kinds, fields)
                self._add_singly(odd, odd + 1)
                start = odd + 1
        self._add_columns(start, keys[start:], kinds, fields)

    def _add_columns(self, start: int, keys: list[bytes], kinds: bytes, fields: tuple[bytes, ...]) -> None:
        """Make rows of the headers from index `start` on whose keys these are."""
        single, columns, stop = self._single, self._single.columns, start + len(keys)
        row = len(columns.keys) - start
        for index in compress(range(start, stop), kinds[start:stop]):
            if kinds[index] != DIRECTORY:
                columns.links[row + index] = text(self._headers[index][157:257])
        columns.keys += keys
        columns.prefixes |= {key[: key.rfind(b"\0") + 1] for key in keys}
        columns.kinds += kinds[start:stop]
        columns.owners.extend(map(single.owners.__getitem__, fields[3 * start + 1 : 3 * stop : 3]))
        columns.mtimes.extend(map(single.mtimes.__getitem__, fields[3 * start + 2 : 3 * stop : 3]))
        columns.sizes += array("q", self._sizes[start:stop])
        columns.offsets += array("q", self._offsets[start:stop])
        columns.member_count += len(keys)


def _odd_places(between: bytes) -> list[int]:
    """Where in keys that stand between NULs something odd begins.

    Two bytes are found far sooner than an expression, and dots after a NUL are rare: dots are taken for NULs at first.
    """
    places, blurred = [], between.replace(b".", b"\0")
    at = blurred.find(b"\0\0")
    while at >= 0:
        if _ODD.match(between, at):
            places.append(at)
        at = blurred.find(b"\0\0", at + 1)
    return places


def _sums_fit(headers: bytes) -> bool:
    """Whether ustar headers, joined, have the checksums that they say, summed up for all of them.

    Only for how nearly all writers write a checksum: six octal digits, NUL, space. False also for what is no ustar
    header: bytes of any kind would pass once in 65,521 times. What it cannot see is two headers, both wrong by the
    same amount, one up and one down.
    """
    count = len(headers) // 512
    if headers[257::512] != b"u" * count or headers[261::512] != b"r" * count:
        return False
    digits = [headers[at::512] for at in range(148, 154)]
    if b"".join(digits).translate(None, b"01234567") or headers[154::512].strip(b"\0") or headers[155::512].strip(b" "):
        return False
    said = in_fields = 0
    for column in digits:
        column_sum = (adler32(column) & 0xFFFF) - 1  # of at most 256 digits: below the modulus
        said = 8 * said + column_sum - 48 * count
        in_fields += column_sum
    # A header's sum counts its checksum field as eight spaces; the Adler-32 counts the field itself, and begins at 1.
    expected = said + in_fields + 32 * count - 256 * count + 1
    return bool(adler32(headers) & 0xFFFF == expected % ADLER_MODULUS)
