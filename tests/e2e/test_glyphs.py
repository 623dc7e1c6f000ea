"""Which characters are sent: ASCII alone where the locale has no others, and on a console what its fonts have."""

from pathlib import Path

import pytest

from tests.e2e.terminal import Terminal, layertui
from tests.kit.docker import docker_archive
from tests.kit.entries import file
from tests.kit.images import ImageSpec

PALETTE = "Find an action"

WALK: tuple[tuple[str, str], ...] = (
    ("2=tt", "FILES"),
    ("/g\r", "FILES"),
    ("\x7f", "FILES"),
    ("fcaf\r", "FILES"),
    ("?", "KEYS in"),
    ("q:", PALETTE),
    ("\x1b", "FILES"),
    ("i", "History of this path"),
    ("q1gt", "by ancestry"),
    ("tGc", "identical hidden"),
    ("=j\r", "hunk 1/1"),
)
"""Keys that come together, and what they bring: every screen, every rail, mark and bar."""


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    long = "very-long-" * 20
    low = [file(f"d{number:02}/café", b"old\n") for number in range(60)]
    high = [file("d00/café", "naïve\n".encode()), file(long, bytes(9000))]
    history = [{"created_by": "RUN größe"}, {"created_by": f"RUN {long}"}]
    path = tmp_path_factory.mktemp("scripts") / "image.tar"
    path.write_bytes(docker_archive([ImageSpec(layers=(low, high), history=history)]))
    return path


def walked(path: Path, variables: dict[str, str], *options: str) -> tuple[str, str]:
    """All that was sent, and all that was seen, on a walk through every screen."""
    with Terminal(layertui(path, *options), (120, 36), variables) as terminal:
        terminal.wait_until_read()
        seen = [terminal.text]
        for keys, text in WALK:
            terminal.send(keys.encode())
            terminal.wait_until(
                lambda text=text: text in terminal.text and (PALETTE in terminal.text) == (text == PALETTE)
            )
            terminal.settle()
            seen.append(terminal.text)
        terminal.send(b"qqq")
        assert terminal.wait_for_exit() == 0
    return terminal.raw.decode(), "\n".join(seen)


@pytest.mark.parametrize(
    ("variables", "options"),
    [
        ({"LC_ALL": "C"}, ()),
        ({"LC_ALL": "", "LC_CTYPE": "", "LANG": ""}, ()),
        ({"LC_ALL": "", "LC_CTYPE": "", "LANG": "de_DE.ISO-8859-1"}, ()),
        ({"LC_ALL": "C.UTF-8"}, ("--glyphs", "ascii")),
    ],
    ids=["LC_ALL=C", "LANG=", "latin-1", "--glyphs ascii"],
)
def test_nothing_but_ascii_is_sent_where_there_is_nothing_else(
    variables: dict[str, str], options: tuple[str, ...], scripts: Path
) -> None:
    sent, seen = walked(scripts, variables, *options)
    assert [letter for letter in sent if not letter.isascii()] == []
    for text in (r"caf\u00e9", r"gr\u00f6\u00dfe", r"1 na\u00efve", "very-lo*", "#", " |"):
        assert text in seen, text


def test_a_console_gets_what_every_font_of_it_has(scripts: Path) -> None:
    sent, seen = walked(scripts, {"LC_ALL": "C.UTF-8", "TERM": "linux"})
    sent.encode("cp437")
    for text in ("café", "größe", "1 naïve", "very-lo*", "│", "█"):
        assert text in seen, text


def test_unicode_can_be_asked_for_whatever_the_locale_says() -> None:
    with Terminal(layertui("demo", "--glyphs", "unicode"), variables={"LC_ALL": "C"}) as terminal:
        terminal.wait_until_read()
        assert "│" in terminal.text
        assert "…" in terminal.text
