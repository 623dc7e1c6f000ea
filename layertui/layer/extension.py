"""Headers that describe the next member: PAX local and global, GNU long names and long links."""

from dataclasses import dataclass

from layertui.layer.header import EXTENSION_LIMIT_BYTES, pax_records, text
from layertui.layer.sparse import Take


@dataclass(frozen=True, slots=True)
class Extension:
    """What extension headers said about the member that follows."""

    records: tuple[tuple[bytes, bytes], ...] = ()
    """PAX records in order; of a keyword that stands twice, the last counts."""
    standing_records: tuple[tuple[bytes, bytes], ...] = ()
    """Records of global headers, which a local record overrides."""
    long_name: bytes | None = None
    """GNU `L`."""
    long_link: bytes | None = None
    """GNU `K`."""

    def over(self, below: "Extension | None") -> "Extension":
        """Lay this header over what was said before it.

        A PAX header replaces an earlier one of its own scope, as in GNU tar and Go: local records do not add up over
        two local headers, and global ones add up keyword by keyword.
        """
        if below is None:
            return self
        return Extension(
            self.records or below.records,
            below.standing_records + self.standing_records,
            self.long_name if self.long_name is not None else below.long_name,
            self.long_link if self.long_link is not None else below.long_link,
        )

    def fields(self) -> dict[bytes, bytes]:
        """All records as one dictionary; an empty value takes a global one back (POSIX pax, "pax Header Block")."""
        return {keyword: value for keyword, value in dict(self.standing_records + self.records).items() if value}


def read_extension(flag: int, header: bytes, size: int, data_offset: int, take: Take) -> Extension:
    """Read an extension header's data; raises ValueError where it is malformed, cut short or over the bound."""
    if size > EXTENSION_LIMIT_BYTES:
        raise ValueError(f"an extension header of {size:,} bytes is over the bound of {EXTENSION_LIMIT_BYTES:,}")
    data = take(data_offset, size) if size else b""
    if len(data) < size:
        raise ValueError("the tar ends inside an extension header")
    letter = chr(flag)
    if letter == "L":
        return Extension(long_name=text(data))
    if letter == "K":
        return Extension(long_link=text(data))
    if letter == "N":
        raise ValueError("old GNU long names (type N) are not supported")
    records = tuple(pax_records(data))
    return Extension(standing_records=records) if letter == "g" else Extension(records=records)
