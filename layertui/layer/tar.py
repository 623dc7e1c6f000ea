"""The tar header scanner: one pass over the headers of an uncompressed tar, into columns.

Offsets only advance, checksums are checked, and damage is reported with its offset. What headers mean is in single.py;
batch.py does the same for many plain ones at once.
"""

from dataclasses import dataclass

from layertui.errors import DamagedError
from layertui.layer.batch import BatchLane
from layertui.layer.columns import Columns
from layertui.layer.header import ZERO_BLOCK
from layertui.layer.single import SingleLane, Stop, check_sum, size_of
from layertui.layer.window import Lookahead, Window

_EXTENSIONS = frozenset(b"LKxgXN")
"""Type flags of headers that describe the next member, not one themselves."""


@dataclass(frozen=True, slots=True)
class Damage:
    """Where a tar stopped making sense; what was read before it is kept."""

    message: str
    """One clause, without the file's name: "the header's checksum is wrong"."""
    offset_bytes: int | None
    """Offset in the uncompressed tar; None for a layer that is no tar."""

    @property
    def where(self) -> str:
        """That there is damage, and where: `damaged at byte 81,920`."""
        return "incomplete" if self.offset_bytes is None else f"damaged at byte {self.offset_bytes:,}"


def scan(window: Window, columns: Columns) -> Damage | None:
    """Read all headers of a tar into `columns`; returns the damage that ended the reading early, if any.

    A tar ends at its first block of zeros, or where its bytes end between two members. DamagedError raised by the
    window (a damaged compressed stream) ends it as damage too.
    """
    scanner = _Scanner(window, columns)
    try:
        try:
            scanner.run()
        except DamagedError as error:
            scanner.batch.flush()
            return Damage(error.message, scanner.look.position)
    except Stop as stop:
        return Damage(str(stop), stop.offset)
    return None


class _Scanner:
    def __init__(self, window: Window, columns: Columns) -> None:
        self._window = window
        self.look = Lookahead(window)
        self._single = SingleLane(columns, self.look.take)
        self.batch = BatchLane(self._single, self.look)

    def run(self) -> None:
        """Plain members in batches; between them, header by header, whatever is not plain."""
        position, single = 0, self._single
        while position >= 0:
            if single.extensions.is_idle:
                position = self.batch.walk(position)
            position = self._one(position)

    def _one(self, position: int) -> int:
        """Read one header of any kind; returns where the next one stands, -1 at the end of the tar."""
        extensions = self._single.extensions
        header = self.look.header(position)
        if len(header) < 512 or header == ZERO_BLOCK:
            self._end(header, position)
            return -1
        check_sum(header, position)
        size = size_of(header, position)
        flag = header[156]
        if flag not in _EXTENSIONS:
            return self._single.add(header, position, size)
        try:
            extensions.read(flag, size, position + 512, self.look.take)
        except ValueError as error:
            raise Stop(f"{error}", position) from None
        return position + 512 + (size + 511 & -512)

    def _end(self, rest: bytes, position: int) -> None:
        """The tar or its bytes end here: fine between two members, damage inside one."""
        missing = self._window.missing(position) if len(rest) < 512 else 0
        if missing:
            raise Stop(f"the tar ends early: {missing:,} bytes of the last member are missing", position - missing)
        if rest.strip(b"\0"):
            raise Stop("the tar ends inside a header", position)
        if self._single.extensions.pending:
            raise Stop("the tar ends after an extension header", position)
