"""What is known of the terminal from its variables."""

from collections.abc import Mapping

import pytest

from layertui.tui.terminal import mouse_for


@pytest.mark.parametrize(
    ("environ", "taken"),
    [
        pytest.param({"TERM": "xterm-256color"}, True, id="a terminal"),
        pytest.param({"TERM": "screen", "STY": "1.tty1.host"}, False, id="screen here"),
        pytest.param({"TERM": "xterm", "STY": "1.tty1.host"}, False, id="screen that calls itself otherwise"),
        pytest.param({"TERM": "screen.xterm-256color", "SSH_CONNECTION": "1 2 3 4"}, False, id="screen over ssh"),
        pytest.param({"TERM": "screen", "TMUX": "/tmp/tmux-0/default,1,0"}, True, id="tmux that calls itself screen"),
        pytest.param({"TERM": "tmux-256color", "SSH_CONNECTION": "1 2 3 4"}, True, id="tmux over ssh"),
    ],
)
def test_screen_gets_no_mouse_as_it_would_hold_escape_back(environ: Mapping[str, str], taken: bool) -> None:
    assert mouse_for(environ) is taken
