"""What reaches the terminal, byte by byte: hostile names are text, colours are the terminal's, marks are characters."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.e2e.hostile import ATTACKS, hostile_image, named
from tests.e2e.terminal import CHECKOUT, Terminal, environment, layertui
from tests.e2e.wire import taken_apart, unexpected
from tests.kit.docker import docker_archive, docker_files
from tests.kit.images import outer_tar, to_json

TERMS = ("xterm-256color", "screen", "linux", "tmux-256color")
SIZES = ((80, 24), (120, 36), (200, 50), (60, 20))
COLOURS: tuple[dict[str, str], ...] = ({}, {"NO_COLOR": ""}, {"NO_COLOR": "1"})

TERMINALS = [
    (SIZES[(row + column) % 4], {"TERM": term, **({} if (row + column) % 2 else {"COLORTERM": "truecolor"}), **colours})
    for row, term in enumerate(TERMS)
    for column, colours in enumerate(COLOURS)
]
"""Every TERM with every NO_COLOR, and every size with every NO_COLOR; half of them say COLORTERM."""

WALK = {
    "files": ["2", "=", "pagedown", "G"],
    "a file's page": ["enter", "L", "G", "escape"],
    "details": ["3", "L", "G"],
    "config and history": ["i", "pagedown", "L", "G", "q"],
    "filter": ["2", "/", "^", "f", "enter", "g", "G", "escape"],
    "flat and merged": ["t", "v", "G", "o"],
    "the layer above": [".", "g", "W"],
    "find": ["f", "i", "n", "down", "enter", "n"],
    "tree": ["1", "t", "G", "t", "g", "down"],
    "help": ["?", "G", "q"],
    "sort": ["s", "s"],
    "palette": [":", "x", "escape"],
}
"""Every pane and every page, with the keys that open and leave it."""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("hostile") / "evil\x1b]0;owned\x07\u202e.tar"
    path.write_bytes(docker_archive([hostile_image()]))
    return path


@pytest.mark.parametrize(
    ("size", "variables"),
    TERMINALS,
    ids=lambda value: "-".join(map(str, value)) if isinstance(value, tuple) else "-".join(value.values()),
)
def test_nothing_of_a_name_acts_on_the_terminal(
    size: tuple[int, int], variables: dict[str, str], hostile: Path
) -> None:
    seen = ""
    with Terminal(layertui(hostile), size, variables) as terminal:
        terminal.wait_for("L1")
        terminal.wait_without("reading")
        for keys in WALK.values():
            for key in keys:
                terminal.press(key)
                seen += terminal.text
        terminal.send(b"q")
        assert terminal.wait_for_exit() == 0
    raw = bytes(terminal.raw)
    for attack in ATTACKS:
        if not attack.isascii() or b"\x1b" in attack:
            assert attack not in raw
    wire = taken_apart(raw)
    assert unexpected(wire) == []
    if variables.get("NO_COLOR"):
        assert wire.colours == set()
    else:
        assert wire.colours
    for number, (attack, shown) in enumerate(ATTACKS.items()):
        assert "f" + named(number, b"").decode() + shown in seen, f"{attack!r} is nowhere spelled out"
    assert "Traceback" not in seen
    assert "KEYS in" in seen  # the walk did open what it names
    assert "CONFIG AND HISTORY" in seen
    assert "Find an action" in seen


def test_errors_that_name_hostile_files_are_text(tmp_path: Path) -> None:
    files = docker_files([hostile_image()])
    manifest = json.loads(files["manifest.json"])  # type: ignore[arg-type]
    manifest[0]["Layers"][1] = "gone\x1b]52;c;QQ==\x07\u202e/layer.tar"
    files["manifest.json"] = to_json(manifest)
    path = tmp_path / "image.tar"
    path.write_bytes(outer_tar(files))
    with Terminal(layertui(path), (120, 36)) as terminal:
        terminal.wait_for("failed")
        terminal.press(".")
        terminal.wait_for(r"gone\x1b]52;c;QQ==\x07\u202e")
        terminal.press("2", "i", "G", "q", "v", "R")
        terminal.send(b"q")
        assert terminal.wait_for_exit() == 0
    assert unexpected(taken_apart(bytes(terminal.raw))) == []


@pytest.mark.parametrize(("selector", "code"), [("#9", 0), (":\x1b[31m", 3)])
def test_what_a_person_typed_comes_back_as_text(selector: str, code: int, tmp_path: Path) -> None:
    path = tmp_path / "evil\x1b]0;owned\x07.tar"
    path.write_bytes(docker_archive([hostile_image()]))
    with Terminal(layertui(f"{path}{selector}")) as terminal:
        terminal.wait_for("no layer 9" if code == 0 else "layertui: ")
        if code == 0:
            terminal.press("q")
        assert terminal.wait_for_exit() == code
    assert unexpected(taken_apart(bytes(terminal.raw))) == []


PLAIN = [
    pytest.param({"TERM": "linux"}, id="16 colours"),
    pytest.param({"TERM": "screen"}, id="screen"),
    pytest.param({"TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "1"}, id="NO_COLOR"),
]


@pytest.mark.parametrize("variables", PLAIN)
@pytest.mark.parametrize("path", ["etc/app/config.yaml", "etc/motd", "app/plugins", "etc/passwd"])
def test_who_wins_can_be_told_from_characters_alone(path: str, variables: dict[str, str]) -> None:
    """Each layer that holds the path is shown flat; its marks are read off, and agree with the command line."""
    said = subprocess.run(
        layertui("which", "demo:api:1.4", path, "--json"), capture_output=True, env=environment(), cwd=CHECKOUT
    )
    assert said.returncode == 0, said.stderr
    which = json.loads(said.stdout)
    read = {}
    with Terminal(layertui("demo"), (120, 36), variables) as terminal:
        terminal.wait_for(" etc/")
        terminal.wait_without("reading")
        terminal.press("2", "t", "/")
        terminal.type(f"^{path.rpartition('/')[0]}")
        terminal.press("enter", "g")
        for layer in range(9):
            terminal.wait_for(f"FILES  L{layer} ")
            head = terminal.line_with(" Out ")
            for line in terminal.lines():
                if line[head.index("Path") :].rstrip(" │║█").partition(" -> ")[0].rstrip("/") == path:
                    read[layer] = line[head.index("S  Out") :][:7]
            terminal.press(".")
    held = {version["layer"]: version for version in which["history"]}
    for layer, marks in read.items():
        state, outcome = marks[0], marks[1:].strip().partition(" ")[0]
        version = held[layer]
        assert state == STATES[version["state"]], (layer, marks)
        assert outcome == outcome_text(version), (layer, marks)
    assert set(read) == set(held)
    winners = [layer for layer, marks in read.items() if marks[0] in "+~m=?T" and not set("x>") & set(marks[1:])]
    assert winners == ([] if which["winner"] is None else [which["winner"]])


STATES = {
    "added": "+",
    "modified": "~",
    "metadata": "m",
    "identical": "=",
    "rewritten": "?",
    "type": "T",
    "removed": "-",
    "opaque": "O",
    "unchanged": " ",
}


def outcome_text(version: dict[str, object]) -> str:
    match version["outcome"]:
        case "wins":
            return "*"
        case "shadowed":
            return f">{version['by_layer']}"
        case "deleted":
            return f"x{version['by_layer']}"
    return ""


@pytest.mark.parametrize("variables", PLAIN)
def test_the_cursor_and_what_was_removed_do_not_need_colour(variables: dict[str, str]) -> None:
    with Terminal(layertui("demo"), (80, 24), variables) as terminal:
        terminal.wait_without("reading")
        terminal.press("2")
        before = terminal.cursor_line()
        terminal.press("j")
        after = terminal.cursor_line()
        assert before
        assert after
        assert before != after
