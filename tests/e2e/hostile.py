"""An image whose every text is an attack on the terminal, and how each of them may be shown."""

from tests.kit.entries import Entry, directory, file, hardlink, symlink, whiteout
from tests.kit.images import ImageSpec

ATTACKS: dict[bytes, str] = {
    b"\x1b]52;c;ZXZpbA==\x07": r"\x1b]52;c;ZXZpbA==\x07",
    b"\x1b]0;owned\x07": r"\x1b]0;owned\x07",
    b"\x1b]2;owned\x1b\\": r"\x1b]2;owned\x1b" + "\\",
    b"\x1b]8;;x:y\x1b\\": r"\x1b]8;;x:y\x1b" + "\\",
    b"\x1b[38;5;201m": r"\x1b[38;5;201m",
    b"\x1b[2J\x1b[6n": r"\x1b[2J\x1b[6n",
    b"\x1bP$q\x1b\\": r"\x1bP$q\x1b" + "\\",
    b"\x1bc": r"\x1bc",
    b"\x05\x07\x08\x0e\x7f": r"\x05\x07\x08\x0e\x7f",
    b"\xc2\x9b35m": r"\x9b35m",
    b"\xc2\x9d52;c;QQ==\xc2\x9c": r"\x9d52;c;QQ==\x9c",
    b"\x9b36m": r"\x9b36m",
    b"new\nline\r\nback\rtab\t": r"new\nline\r\nback\rtab\t",
    "\u202edlrow\u2066".encode(): r"\u202edlrow\u2066",
    "\u200b\u2028\ufeff".encode(): r"\u200b\u2028\ufeff",
    b"\xff\xfe": r"\xff\xfe",
    b"\xed\xa0\x80": r"\xed\xa0\x80",
    b"[/red]": "[/red]",
    b"[red]x[@click=app.quit]y": "[red]x[@click=app.quit]y",
}
"""Bytes in a name, and the text that stands for them."""

WORDS = "".join(attack.decode("utf-8", "replace") for attack in ATTACKS)
"""All that JSON can carry, for labels, variables and commands."""


def named(number: int, attack: bytes) -> bytes:
    """A name with an attack in it that can be told from the others."""
    return b"%02d" % number + attack


def hostile_image() -> ImageSpec:
    """Every attack as a file, a directory, a link's target and an owner's name; and in all that a config says."""
    low: list[Entry] = []
    high: list[Entry] = []
    for number, attack in enumerate(ATTACKS):
        name = named(number, attack)
        low += [
            file(b"f" + name, b"1", uname=attack[:31], gname=attack[:31], xattrs=((b"user." + attack, attack),)),
            directory(b"d" + name),
            file(b"d" + name + b"/in" + attack, b"22"),
            symlink(b"l%02d" % number, attack),
            hardlink(b"h%02d" % number, b"f" + name),
        ]
        high += [whiteout(b"f" + name), file(b"d" + name + b"/in" + attack, b"333")]
    return ImageSpec(
        layers=(low, high),
        tags=("bad\x1b[38;5;201m\u202e:[/red]\x9b35m",),
        history=[
            {"created_by": WORDS, "comment": WORDS, "author": WORDS},
            {"created_by": "ENV " + WORDS, "empty_layer": True},
            {"created_by": "RUN " + WORDS},
        ],
        config={
            "User": WORDS,
            "Env": ["A=" + WORDS],
            "Entrypoint": [WORDS],
            "Cmd": [WORDS],
            "Labels": {WORDS: WORDS},
            "ExposedPorts": {WORDS: {}},
            "Volumes": {WORDS: {}},
            "WorkingDir": WORDS,
            "StopSignal": WORDS,
        },
        architecture="amd64\x1b[38;5;201m",
        variant="v8\x1b]0;owned\x07",
        extra={"author": WORDS, "created": WORDS},
    )
