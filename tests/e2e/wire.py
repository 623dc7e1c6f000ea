"""What a program sent to its terminal, taken apart: text, and each kind of control sequence."""

import re
import unicodedata
from dataclasses import dataclass, field

_PARTS = re.compile(
    r"\x1b\[(?P<csi>[0-?]*[ -/]*[@-~])"
    r"|\x1b\](?P<osc>[^\x07\x1b]*)(?:\x07|\x1b\\)"
    r"|\x1b(?P<escape>.?)"
    r"|(?P<text>[^\x1b]+)",
    re.DOTALL,
)

EXPECTED_CSI = re.compile(
    r"\d+;\d+H"  # cursor
    r"|\?(7|25|1000|1003|1004|1006|1015|1049|2004|2048)[hl]"  # wrapping, cursor, mouse, focus, screen, paste, resizes
    r"|\?20(26|48)\$p"  # which modes there are
    r"|[<>]\d*u"  # the keyboard protocol
)
"""What Textual sends besides colours and attributes."""

COLOURS = {*range(30, 39), *range(40, 49), *range(90, 98), *range(100, 108), 58}
"""SGR parameters that choose a colour; 39, 49 and 59 choose the terminal's own."""


@dataclass(slots=True)
class Wire:
    """The parts of a stream."""

    text: str = ""
    """What is printed, with a NUL wherever a control sequence stood."""
    csi: set[str] = field(default_factory=set)
    """Control sequences other than SGR, without their ESC [."""
    sgr: set[str] = field(default_factory=set)
    """Parameters of SGR: colours and attributes."""
    osc: set[str] = field(default_factory=set)
    """Operating system commands: title, clipboard, links."""
    escapes: set[str] = field(default_factory=set)
    """What follows an ESC that begins none of the above."""

    @property
    def colours(self) -> set[str]:
        """SGR parameters that set a colour."""
        return {one for one in self.sgr if COLOURS.intersection(int(part) for part in re.findall(r"\d+", one))}


def taken_apart(raw: bytes) -> Wire:
    """A whole stream in its parts; UnicodeDecodeError where it is not UTF-8."""
    wire, texts = Wire(), []
    for part in _PARTS.finditer(raw.decode()):
        found = part[part.lastgroup or 0]
        if part.lastgroup == "text":
            texts.append(found)
            continue
        texts.append("\0")
        if part.lastgroup == "osc":
            wire.osc.add(found)
        elif part.lastgroup == "escape":
            wire.escapes.add(found)
        elif found.endswith("m") and not found.startswith(("<", "=", ">", "?")):
            wire.sgr.add(found[:-1])
        else:
            wire.csi.add(found)
    wire.text = "".join(texts)
    return wire


def unexpected(wire: Wire, *, lines: bool = False) -> list[str]:
    """Everything in a stream that a terminal acts on and that the program has no business to send.

    With `lines` plain lines may come too, as from a command without a screen.
    """
    found = [f"OSC {one}" for one in wire.osc if not one.startswith("22;")]  # 22 is the mouse pointer's shape
    found += [f"ESC {one}" for one in wire.escapes]
    found += [f"CSI {one}" for one in wire.csi if not EXPECTED_CSI.fullmatch(one)]
    # A line ends with CR LF, and then the cursor is placed; any other control character came with somebody's text.
    printed = re.sub("\r\n" if lines else "\r\n(?=\0|$)", "", wire.text).replace("\0", "")
    acting = {letter for letter in printed if unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    return found + [f"U+{ord(letter):04X}" for letter in acting]
