"""Contents reach the screen as text, whatever they hold."""

import pytest

from tests.kit.entries import file, symlink
from tests.kit.tar import tar_bytes
from tests.tui.contents import content, shown
from tests.tui.test_hostile import assert_safe

HOSTILE = {
    "escapes": b"\x1b]52;c;ZXZpbA==\x07 \x1b[2J\n[/red][red]x[/red]\n" + b"text\n" * 20,
    "bidi": "abc \u202e def \u2066 \u200b\n".encode() * 3,
    "invalid UTF-8": "caf\u00e9 caf\u00e9 caf\u00e9 caf\u00e9 caf\u00e9 \u65e5\u672c\u65e5\u672c\n".encode()
    + b"\xff\xfe\n",
    "NULs in text": b"text\n" * 20_000 + b"\0" * 50_000,
    "UTF-16": "\ufeffhello w\u00f6rld\x1b[31m\r\n\u65e5\u672c\r\n".encode("utf-16-le"),
    "CRLF": b"[a]\r\nb=1\r\nlone \r here\r\n",
    "no newline": b"no newline",
    "wide and combining": ("\u65e5\u672c\u8a9e" * 60 + "\n" + "e\u0301" * 200 + "\n").encode(),
    "tabs": b"a\tb\tc\n\t\tx\n",
    "bytes": bytes(range(256)) * 20,
    "a long line": b"short\n" + b"y" * 3_000_000 + b"\nend",
    "python": b"#!/usr/bin/python3\ndef f(x):\n    '''\x1b[31m doc\n    more'''\n    return 1  # \xe2\x80\xae\n",
    "tar": tar_bytes([file(b"x/\x1b[31mname", b"1"), symlink("l", b"\x1b]0;t\x07")]),
}

KEYS = ("j", "G", "k", "pageup", "right", "right", "left", "L", "G", "g", "number_sign", "H", "G", "L", "H", "i", "i")


WIDE = ("a long line", "bytes", "wide and combining")
"""Those of which a wide screen shows something else."""


@pytest.mark.parametrize(("name", "size"), [(n, (80, 24)) for n in HOSTILE] + [(n, (200, 50)) for n in WIDE])
async def test_hostile_contents_are_only_text(name: str, size: tuple[int, int]) -> None:
    path = b"f\x1b[31m\xff"
    async with content([file(path, HOSTILE[name])], path=path, size=size) as seen:
        assert shown(seen).version.path == path
        for key in (*KEYS, "slash", "e", "enter", "n", "H", "n"):
            await seen.press(key)
            assert_safe(seen)
        assert shown(seen).content.rows


async def test_what_acts_on_a_terminal_is_spelled_out() -> None:
    async with content([file("f", HOSTILE["escapes"])]) as seen:
        assert "\\x1b]52;c;ZXZpbA==\\x07 \\x1b[2J" in seen.text
        assert "[/red][red]x[/red]" in seen.text
