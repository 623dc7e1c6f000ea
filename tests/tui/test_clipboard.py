"""What is sent to a terminal so that it takes a text, and to tmux."""

import base64
import os
import re
import stat
from pathlib import Path

import pytest

from layertui.tui.clipboard import LIMIT_BYTES, load_tmux, sequence

PLAIN = {"TERM": "xterm-256color"}


def taken(sent: str | None) -> str:
    """The text that a terminal takes."""
    found = re.fullmatch("\x1b]52;c;([A-Za-z0-9+/=]*)\x07", sent or "")
    assert found is not None, sent
    return base64.b64decode(found[1]).decode()


@pytest.mark.parametrize("environ", [PLAIN, {"TERM": "screen-256color", "TMUX": "/tmp/tmux-0/default,1,0"}, {}])
def test_a_terminal_gets_it_as_it_is(environ: dict[str, str]) -> None:
    assert taken(sequence("app/models.bin", environ)) == "app/models.bin"
    assert taken(sequence("日本語 é", environ)) == "日本語 é"


@pytest.mark.parametrize("environ", [{"TERM": "screen"}, {"TERM": "xterm", "STY": "1.pts-0.host"}])
def test_screen_gets_pieces_that_it_unwraps(environ: dict[str, str]) -> None:
    text = "RUN " + "x" * 2000
    sent = sequence(text, environ)
    assert sent is not None
    pieces = re.findall("\x1bP(.*?)\x1b\\\\", sent, re.DOTALL)
    assert "".join(f"\x1bP{piece}\x1b\\" for piece in pieces) == sent
    assert max(len(piece) + 4 for piece in pieces) <= 256
    assert taken("".join(pieces)) == text


def test_more_than_terminals_take_is_not_sent() -> None:
    most = LIMIT_BYTES // 4 * 3
    assert taken(sequence("x" * most, PLAIN)) == "x" * most
    assert sequence("x" * (most + 1), PLAIN) is None
    assert sequence("é" * (most // 2 + 1), PLAIN) is None, "bytes count, not characters"


def a_tmux(where: Path, script: str) -> dict[str, str]:
    """An environment in which tmux is a shell script; `$out` is the file that it may write."""
    where.mkdir()
    (where / "tmux").write_text(f"#!/bin/sh\nout={where}/out\n{script}\n")
    (where / "tmux").chmod(stat.S_IRWXU)
    return {"PATH": f"{where}:{os.environ['PATH']}", "TMUX": "x"}


def test_tmux_gets_the_text_on_its_standard_input(tmp_path: Path) -> None:
    environ = a_tmux(tmp_path / "new", 'echo "$@" > $out; cat >> $out')
    assert load_tmux("$(touch x); a'b", environ)
    assert (tmp_path / "new/out").read_text() == "load-buffer -w -\n$(touch x); a'b"


def test_a_tmux_without_w_gets_it_without(tmp_path: Path) -> None:
    environ = a_tmux(tmp_path / "old", '[ "$2" = -w ] && exit 1; echo "$@" > $out; cat >> $out')
    assert load_tmux("text", environ)
    assert (tmp_path / "old/out").read_text() == "load-buffer -\ntext"


def test_a_tmux_that_fails_or_is_not_there_is_no_error(tmp_path: Path) -> None:
    assert not load_tmux("text", a_tmux(tmp_path / "broken", "exit 1"))
    assert not load_tmux("text", {"PATH": str(tmp_path / "nowhere")})
