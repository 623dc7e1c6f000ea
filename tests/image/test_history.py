"""History: commands for reading, and never a layer's number that nobody recorded."""

import pytest

from layertui.image.config import History
from layertui.image.history import clean_command, line_up


@pytest.mark.parametrize(
    ("recorded", "shown"),
    [
        ("/bin/sh -c #(nop) ADD file:76d829bbce3d in / ", "ADD file:76d829bbce3d in /"),
        ('/bin/sh -c #(nop)  CMD ["/bin/sh"]', 'CMD ["/bin/sh"]'),
        ("/bin/sh -c apt-get update", "RUN apt-get update"),
        ("|2 A=b C=d e /bin/sh -c make", "RUN make"),
        ("RUN /bin/sh -c apt-get update # buildkit", "RUN apt-get update"),
        ("RUN |1 VERSION=1 /bin/sh -c make\n  all # buildkit", "RUN make\n  all"),
        ("RUN /bin/bash -o pipefail -c x # buildkit", "RUN /bin/bash -o pipefail -c x"),
        ("COPY a b # buildkit", "COPY a b"),
        ("ENV PATH=/bin", "ENV PATH=/bin"),
        ("bazel build ...", "bazel build ..."),
        ("cmd /S /C #(nop) COPY file:x in C:", "COPY file:x in C:"),
        ("", ""),
        ("\x1b[31mRUN x", "\x1b[31mRUN x"),
    ],
)
def test_commands_as_the_dockerfile_had_them(recorded: str, shown: str) -> None:
    assert clean_command(recorded) == shown


def steps(*recorded: str) -> list[History]:
    """`-` before a command flags it as one that made no layer."""
    return [History(None, text.removeprefix("-"), "", "", text.startswith("-")) for text in recorded]


def test_empty_steps_consume_no_layer() -> None:
    found, problem = line_up(steps("ADD a", "-ENV b", "COPY c", "-CMD d"), 2)
    assert [step.layer for step in found] == [0, None, 1, None]
    assert not problem


def test_no_history_is_no_problem() -> None:
    assert line_up([], 3) == ((), "")


def test_steps_that_cannot_make_a_layer_are_left_out_when_nothing_is_flagged() -> None:
    found, problem = line_up(steps("ADD a", "/bin/sh -c #(nop) ENV b", "WORKDIR /x", "CMD d"), 2)
    assert [step.layer for step in found] == [0, None, 1, None]
    assert "4 steps" in problem


@pytest.mark.parametrize("layers", [0, 1, 3, 9])
def test_a_history_that_does_not_match_tells_no_layer(layers: int) -> None:
    found, problem = line_up(steps("ADD a", "RUN b"), layers)
    assert [step.layer for step in found] == [None, None]
    assert f"the image has {layers} layers" in problem
