"""A content that was opened: what it is, and the bodies that it can be shown as."""

from dataclasses import dataclass

from layertui.errors import Cancelled
from layertui.image.blob import Blob
from layertui.present.viewing.archive import Members, Tick, list_members
from layertui.present.viewing.body import Body
from layertui.present.viewing.encoding import UTF_8
from layertui.present.viewing.hexbody import HexBody
from layertui.present.viewing.highlight import highlighter
from layertui.present.viewing.kind import Form, Look, look
from layertui.present.viewing.lines import TextLines
from layertui.present.viewing.memberbody import MemberBody
from layertui.present.viewing.textbody import TextBody

COUNTED_BYTES = 16 << 20
"""Up to this size the newlines of a text are counted at once: some ten milliseconds."""


@dataclass(slots=True)
class Document:
    """One content."""

    blob: Blob
    look: Look
    name: bytes
    """Its path: what it is called decides on colours."""
    members: Members | None = None
    """Of an archive."""
    _text: TextBody | None = None
    _hex: HexBody | None = None

    @property
    def is_binary(self) -> bool:
        """Whether it is shown as bytes unless someone wants it as text."""
        return self.look.form is Form.BINARY

    @property
    def facts(self) -> list[str]:
        """What it is, in a line or two; safe."""
        return list(self.look.facts)

    def body(self, other: bool) -> Body:
        """The rows that it is shown as, or with `other` as what it can be shown as besides: bytes, or text.

        Raises what the blob raises.
        """
        if self.look.form is Form.ARCHIVE and not other and self.members is not None:
            return MemberBody(self.members)
        if self.is_binary == other and self.look.form is not Form.ARCHIVE:
            self._text = self._text or self._as_text()
            return self._text
        self._hex = self._hex or HexBody(self.blob)
        return self._hex

    def _as_text(self) -> TextBody:
        lines = TextLines(self.blob, self.look.encoding or UTF_8)
        if self.blob.size_bytes <= COUNTED_BYTES:
            lines.index()
        return TextBody(lines, None if self.is_binary else highlighter(lines, self.name))


def read_document(blob: Blob, name: bytes, *, is_link: bool = False, tick: Tick | None = None) -> Document:
    """Tell what a content is, and list an archive's members.

    `tick` is called with stored bytes that are done while members are listed; where it raises Cancelled the document
    has those that were found, and says so. Raises what the blob raises.
    """
    document = Document(blob, look(blob, name=name, is_link=is_link), name)
    if document.look.form is Form.ARCHIVE:
        try:
            document.members = list_members(blob, document.look.archive, tick)
        except Cancelled:
            document.members = Members((), "Listing the members was cancelled. H shows the bytes.")
    return document
