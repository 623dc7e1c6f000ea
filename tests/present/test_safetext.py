"""Nothing that came out of an image acts on a terminal."""

import sys
import unicodedata
from collections.abc import Iterator

import pytest
from rich.cells import cell_len

from layertui.present.safetext import begin_screen, cell_width, crop_end, crop_middle, end_screen, is_safe, safe

HOSTILE = [
    ("terminal escape", "a\x1b[31mb", r"a\x1b[31mb"),
    ("title", "\x1b]0;owned\x07", r"\x1b]0;owned\x07"),
    ("newline, tab, return", "a\nb\tc\rd", r"a\nb\tc\rd"),
    ("NUL and DEL", "\x00\x7f", r"\x00\x7f"),
    ("C1 CSI", "\x9b31m", r"\x9b31m"),
    ("next line", "a\x85b", r"a\x85b"),
    ("override", "exe\u202etxt.sh", r"exe\u202etxt.sh"),
    ("isolate", "\u2066a\u2069", r"\u2066a\u2069"),
    ("marks", "\u061c\u200e\u200f", r"\u061c\u200e\u200f"),
    ("zero width", "pass\u200bwd\u2060\ufeff", r"pass\u200bwd\u2060\ufeff"),
    ("separators", "a\u2028b\u2029", r"a\u2028b\u2029"),
    ("soft hyphen", "pass\u00adwd", r"pass\xadwd"),
    ("Hangul filler", "a\u3164", r"a\u3164"),
    ("lone surrogate", "a\ud800", r"a\ud800"),
    ("tag characters", "a\U000e0041", r"a\U000e0041"),
]

PLAIN = [
    "",
    "app/models.bin",
    r"C:\x1b",
    "[red]not markup[/red]",
    "größe",
    "日本語",
    "e\u0301",
    "👍🏽",
    "\u2764\ufe0f",
    "a\u00a0b",
    "\ue000",
    "\u0378",
    "\U000e0100x",
]


@pytest.mark.parametrize(("text", "expected"), [case[1:] for case in HOSTILE], ids=[case[0] for case in HOSTILE])
def test_hostile_text_is_escaped(text: str, expected: str) -> None:
    assert safe(text) == expected
    assert not is_safe(text)
    assert is_safe(expected)


@pytest.mark.parametrize("text", PLAIN)
def test_plain_text_stays(text: str) -> None:
    assert safe(text) == text
    assert safe(text.encode()) == text
    assert is_safe(text)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"plain", "plain"),
        (b"caf\xe9", r"caf\xe9"),
        (b"\xff\xfe", r"\xff\xfe"),
        (b"\xc3\xa9\xc3", "é\\xc3"),
        (b"\xed\xa0\x80", r"\xed\xa0\x80"),
        (b"\xc0\xaf", r"\xc0\xaf"),
        (b"\xf4\x90\x80\x80", r"\xf4\x90\x80\x80"),
        ("\u202e".encode(), r"\u202e"),
        (b"\x1b\xff", r"\x1b\xff"),
    ],
)
def test_bytes_that_are_not_utf8_are_escaped(raw: bytes, expected: str) -> None:
    assert safe(raw) == expected


CONTROLS = [
    *range(0x20),
    *range(0x7F, 0xA0),
    0x61C,
    0x200E,
    0x200F,
    *range(0x202A, 0x202F),
    *range(0x2066, 0x206A),
    *range(0x200B, 0x200E),
    0x2060,
    0xFEFF,
    0x2028,
    0x2029,
    *range(0xD800, 0xE000),
    *range(0xE0000, 0xE0080),
]


def test_every_control_is_escaped_wherever_it_stands() -> None:
    for code in CONTROLS:
        character = chr(code)
        for text in (character, f"a{character}", f"{character}é", f"日{character}b"):
            result = safe(text)
            assert character not in result, hex(code)
            assert result.isprintable()


def test_every_format_character_but_visible_number_signs_is_escaped() -> None:
    stays = {
        code
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)) in ("Cc", "Cf", "Cs", "Zl", "Zp") and safe(chr(code)) == chr(code)
    }
    visible = {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}
    assert stays <= visible


def test_kept_characters_stay_and_no_others() -> None:
    assert safe("a\n\tb\x1b\r", keep="\n\t") == "a\n\tb\\x1b\\r"
    assert safe("a]\n^-\\", keep="]^-\\") == "a]\\n^-\\"
    assert is_safe("a\n", keep="\n")
    assert not is_safe("a\r", keep="\n")


def test_twice_is_once() -> None:
    for _, text, _ in HOSTILE:
        assert safe(safe(text)) == safe(text)


@pytest.mark.parametrize(
    ("text", "cells"), [("", 0), ("abc", 3), ("日本", 4), ("e\u0301", 1), ("ｗ", 2), ("\u2764\ufe0f", 1)]
)
def test_cells(text: str, cells: int) -> None:
    assert cell_width(text) == cells


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdef", 5, "abcd…"),
        ("abcdef", 1, "…"),
        ("abcdef", 0, ""),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日…"),
    ],
)
def test_crop_end(text: str, width: int, expected: str) -> None:
    assert crop_end(text, width) == expected


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("usr/lib/python3/os.py", 21, "usr/lib/python3/os.py"),
        ("usr/lib/python3/os.py", 12, "usr/l…/os.py"),
        ("abcdef", 2, "…f"),
        ("abcdef", 1, "…"),
        ("abcdef", 0, ""),
        ("日本語日本語", 6, "日…語"),
        ("abce\u0301", 3, "a…e\u0301"),
    ],
)
def test_crop_middle(text: str, width: int, expected: str) -> None:
    assert crop_middle(text, width) == expected
    assert cell_width(crop_middle(text, width)) <= width


def test_crop_with_a_longer_mark() -> None:
    assert crop_middle("abcdefghij", 7, mark="..") == "ab..hij"
    assert crop_end("abcdef", 1, mark="..") == "."


@pytest.fixture
def screen() -> Iterator[None]:
    yield
    end_screen()


SETTLED = "日本語 größe שלום मेरा ก็ e\u0301 \u1112 ⚠"
"""What all terminals draw as wide as each other."""


def test_on_a_screen_nothing_shifts_a_column(screen: None) -> None:
    begin_screen(ascii_only=False)
    assert safe(SETTLED) == SETTLED
    assert safe("⚠\ufe0f") == "⚠"
    assert safe(b"\xe2\x9a\xa0\xef\xb8\x8f\xff") == "⚠\\xff"
    assert safe("\U0001f44d\U0001f3fd") == "\U0001f44d\\U0001f3fd"
    assert safe("\U0001f1e9\U0001f1ea\t", keep="\t") == "\\U0001f1e9\\U0001f1ea\t"
    assert safe("\u1112\u1161\u11ab") == "\u1112\\u1161\\u11ab"
    assert safe("⚠\ufe0f\u1161", exact=True) == "⚠\ufe0f\u1161"
    for text in (
        "日本語",
        "मेरा",
        "क्षि",
        "ก็",
        "e\u0301",
        "שלום",
        "⚠\ufe0f",
        "\U0001f44d\U0001f3fd",
        "\u1112\u1161\u11ab",
    ):
        assert cell_width(safe(text)) == cell_len(safe(text)), text


def test_where_only_ascii_can_be_shown_names_are_escaped(screen: None) -> None:
    begin_screen(ascii_only=True)
    assert safe("größe") == r"gr\u00f6\u00dfe"
    assert safe(b"caf\xe9") == r"caf\xe9"  # a byte that is no text, and no letter
    assert safe("日\n\U0001f44d", keep="\n") == "\\u65e5\n\\U0001f44d"
    assert safe("größe\x1b", exact=True) == "größe\\x1b"
    end_screen()
    assert safe("größe") == "größe"
