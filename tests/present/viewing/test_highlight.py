"""Colours: by name or interpreter, the same text as without, as far as looked at, never for what is too much."""

import time

import pytest

from layertui.image.blob import BytesBlob
from layertui.present.safetext import is_safe
from layertui.present.viewing import highlight
from layertui.present.viewing.encoding import UTF_8
from layertui.present.viewing.highlight import Highlighter, highlighter
from layertui.present.viewing.lines import TextLines


def coloured(text: str, name: bytes) -> Highlighter | None:
    return highlighter(TextLines(BytesBlob(text.encode(), "text"), UTF_8), name)


PYTHON = '''import os
def name(a):  # comment
\treturn """two
lines""" + str(12)
'''


def test_styles_of_python() -> None:
    found = coloured(PYTHON, b"usr/lib/tool.py")
    assert found is not None
    runs = found.runs(0, 4)
    assert runs[0] is not None
    assert runs[1] is not None
    assert runs[0][0] == ("keyword", "import")
    assert ("name", "name") in runs[1]
    assert ("comment", "# comment") in runs[1]
    assert [run for line in runs[2:4] for run in line or [] if run[0] == "string"] != []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (b"a.py", PYTHON),
        (b"a.json", '{"a": [1, true, null, "x\\n"]}\n'),
        (b"nginx.conf", "server {\n\tlisten 80;\n}\n"),
        (b"Dockerfile", "FROM debian\nRUN apt-get update\n"),
        (b"x.html", "<a href='x'>\x1b]0;t\x07&amp;</a>\r\n<b>\n"),
        (b"run", '#!/bin/sh\nif true; then\n\techo "a\tb" # c\nfi\n'),
        (b"x.yaml", "a: 1\nb:\n  - c: 'ü漢'\n"),
    ],
)
def test_the_text_is_the_same_as_without_colours(name: bytes, text: str) -> None:
    lines = TextLines(BytesBlob(text.encode(), "text"), UTF_8)
    found = highlighter(lines, name)
    assert found is not None
    plain = [line.text for line in lines.lines(0, 99)]
    runs = found.runs(0, len(plain))
    assert ["".join(run[1] for run in line) for line in runs if line is not None] == plain
    assert any(run[0] for line in runs if line is not None for run in line)
    assert all(is_safe(run[1]) for line in runs if line is not None for run in line)


@pytest.mark.parametrize(("text", "name"), [("plain words\n", b"NOTES"), ("#!/opt/unknown\n", b"x"), ("", b"")])
def test_nothing_is_coloured_that_is_not_known(text: str, name: bytes) -> None:
    assert coloured(text, name) is None


def test_large_files_and_long_lines_are_plain() -> None:
    assert coloured("x = 1\n" * 60_000, b"a.py") is None
    found = coloured("x = 1\n" + "y" * 3000 + "\n", b"a.py")
    assert found is not None
    assert found.runs(0, 2) == [None, None]


def test_one_call_takes_little_time_and_the_next_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(highlight, "STEP_S", 0.001)
    found = coloured("x = [1, 2, 3]  # comment\n" * 9_000, b"a.py")
    assert found is not None
    begun = time.monotonic()
    assert found.runs(8_990, 1) == [None]
    assert time.monotonic() - begun < 0.5
    for _ in range(3000):
        if found.runs(8_990, 1) != [None]:
            break
    assert found.runs(8_990, 1) != [None]
