"""Headers that describe the next member: PAX local and global, GNU long names and long links."""

from dataclasses import dataclass, field

from layertui.layer.header import EXTENSION_LIMIT_BYTES, pax_records, text
from layertui.layer.sparse import Take

LOCAL, GLOBAL = frozenset(b"xX"), 0x67
"""Type flags of PAX headers; `X` is what Solaris wrote before POSIX."""


_NO_MATTER = frozenset({b"comment", b"atime", b"ctime", b"hdrcharset"})
"""Keywords that say nothing about what is shown: git writes a commit as comment before all members."""


@dataclass(slots=True)
class Extensions:
    """What extension headers said so far about the member that follows."""

    records: list[tuple[bytes, bytes]] | None = None
    """Records of the local PAX header, in order. One replaces an earlier one, as in GNU tar and Go."""
    standing: dict[bytes, bytes] = field(default_factory=dict)
    """Records of global headers, which add up and hold for all members that follow; local ones override them."""
    long_name: bytes | None = None
    """GNU `L`."""
    long_link: bytes | None = None
    """GNU `K`."""

    @property
    def pending(self) -> bool:
        """Whether a header was read that belongs to a member still to come."""
        return self.records is not None or self.long_name is not None or self.long_link is not None

    @property
    def is_idle(self) -> bool:
        """Whether nothing was said that matters for the next member."""
        return not self.pending and (not self.standing or self.standing.keys() <= _NO_MATTER)

    @property
    def only_local(self) -> bool:
        """Whether all that was said stands in one local PAX header, by far the most common case."""
        return self.long_name is None and self.long_link is None and not self.standing

    def fields(self) -> dict[bytes, bytes]:
        """All records by keyword: the last counts, and an empty value takes a global one back (POSIX pax)."""
        merged = {**self.standing, **dict(self.records or ())}
        return {keyword: value for keyword, value in merged.items() if value}

    def clear(self) -> None:
        """Forget what belonged to the member that was just read."""
        self.records = self.long_name = self.long_link = None

    def read(self, flag: int, size: int, data_offset: int, take: Take) -> None:
        """Read an extension header's data; raises ValueError where it is malformed, cut short or over the bound."""
        if size > EXTENSION_LIMIT_BYTES:
            raise ValueError(f"an extension header of {size:,} bytes is over the bound of {EXTENSION_LIMIT_BYTES:,}")
        data = take(data_offset, size) if size else b""
        if len(data) < size:
            raise ValueError("the tar ends inside an extension header")
        if flag in LOCAL:
            self.records = pax_records(data)
        elif flag == GLOBAL:
            self.standing.update(pax_records(data))
        elif flag == 0x4C:
            self.long_name = text(data)
        elif flag == 0x4B:
            self.long_link = text(data)
        else:
            raise ValueError("old GNU long names (type N) are not supported")
