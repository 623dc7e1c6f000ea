"""Many members at once: plain headers are gathered, and then read a column at a time.

Nearly all members of a layer are plain: a file, directory or link with a ustar header, at most with a PAX header that
holds its path. For these the walk looks only at what leads to the next header; names, owners, times and checksums are
read for a whole batch by a few calls that run in C, which takes less than half the time of reading header by header.
The rules live in single.py: whatever is not plain, here or in a batch that was gathered, is left to it.
"""

import re
from array import array
from itertools import compress, repeat
from struct import Struct

from isal.isal_zlib import adler32

from layertui.layer.header import ADLER_MODULUS, text, ustar_name
from layertui.layer.single import ADLERS, DIRECTORY, KINDS, SingleLane, Stop, check_sum
from layertui.layer.window import Lookahead

BATCH_HEADERS = 256
"""Headers read together: enough to forget the cost of each call, few enough to stay in the processor's cache."""

FEWEST_HEADERS = 12
"""Below this many, header by header is faster."""

FAR_BYTES = 1 << 20
"""A header that leads further than this is checked before it is trusted: the walk does not come back."""

LONGEST_NAME_BYTES = 255
"""Longer names have bounds to be held to."""

_FIELDS = "100s 24s 12x 12s 8s 356x"
"""Name, owner, mtime, checksum."""
_BATCH = Struct(_FIELDS.replace(" ", "") * BATCH_HEADERS)
"""All headers of a batch in one flat tuple: a tuple for each would wake the garbage collector."""

_FILE_FLAG, _PAX_FLAG = 0x30, 0x78
_EMPTY_FLAGS = frozenset(b"125")
"""Hard links, symbolic links, directories: no data follows them, whatever their size field says."""
_LINK_FLAGS = frozenset(b"12")

_KIND_OF_FLAG = bytes(KINDS.get(flag, 0) for flag in range(256))
"""Translates a column of type flags to kinds."""

_ODD = re.compile(rb"\0\.(?:wh\.|\.?\0)")
"""What the slower way has to look at, in names with NUL for `/` that stand between NULs: markers, `.` and `..`."""


class BatchLane:
    """Walks over plain members and makes rows of them, in their order."""

    def __init__(self, single: SingleLane, look: Lookahead) -> None:
        self._single = single
        self._columns = single.columns
        self._look = look
        self._headers: list[bytes] = []
        self._sizes: list[int] = []
        self._offsets: list[int] = []
        self._paths: dict[int, bytes] = {}
        """Paths from PAX headers, by index in the batch."""
        self._pax_headers: list[bytes] = []
        self._pax_positions: list[int] = []

    def walk(self, position: int) -> int:
        """Take plain members from `position` on; returns where something else stands.

        A PAX header that was read before it is left in the extensions. Raises Stop for a wrong checksum: headers are
        checked before anything is done about what they led to, so the first wrong one is told, and only what stands
        before it is kept.
        """
        look, headers, paths = self._look, self._headers, self._paths
        add_header, add_size, add_offset = headers.append, self._sizes.append, self._offsets.append
        buffer, start = look.buffer, look.start
        limit = start + len(buffer) - 512
        path = None
        plain = True
        while plain:
            for _ in range(BATCH_HEADERS - len(headers)):
                if position > limit:
                    buffer = look.load(position)
                    start = position
                    limit = start + len(buffer) - 512
                    if position > limit:
                        plain = False
                        break
                at = position - start
                header = buffer[at : at + 512]
                size_field = header[124:135]
                if not size_field.isdigit() or header[135] > 32 or header[124] > 0x37:
                    plain = False
                    break
                flag = header[156]
                if flag == _FILE_FLAG:
                    ...
        return position
