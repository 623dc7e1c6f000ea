"""What reaches the terminal, byte by byte: hostile names are text, colours are the terminal's, marks are characters."""

import json
import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.hostile import ATTACKS, hostile_image, named
from tests.e2e.terminal import CHECKOUT, Terminal, environment, layertui
from tests.e2e.wire import taken_apart, unexpected
from tests.kit.docker import docker_archive, docker_files
from tests.kit.images import outer_tar, to_json

TERMS = ("xterm-256color", "screen", "linux", "tmux-256color", "xterm")
SIZES = ((80, 24), (120, 36), (200, 50), (60, 20))
COLOURS: tuple[dict[str, str], ...] = ({}, {"NO_COLOR": ""}, {"NO_COLOR": "1"})


def terminals_of(term: str) -> list[tuple[tuple[int, int], dict[str, str]]]:
    """Sizes and variables for a TERM: each NO_COLOR once, and over all TERMs each size with each, half of them with
    COLORTERM."""
    row, found = TERMS.index(term), []
    for column, colours in enumerate(COLOURS):
        colorterm = {} if (row + column) % 2 else {"COLORTERM": "truecolor"}
        found.append((SIZES[(row + column) % 4], {"TERM": term, **colorterm, **colours}))
    return found


WALK = {
    "files": ["2", "=", "pagedown", "G"],
    "a file's content": ["enter", "L", "G", "escape"],
    "a file's page": ["i", "L", "G", "q"],
    "details": ["3", "L", "G"],
    "config and history": ["1", "i", "pagedown", "L", "G", "q"],
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

SLOW = {":": "Find an action", "?": "KEYS in"}
"""Keys whose next key must wait until something is on the screen."""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("hostile") / "evil\x1b]0;owned\x07\u202e.tar"
    path.write_bytes(docker_archive([hostile_image()]))
    return path


@pytest.mark.parametrize("term", TERMS)
def test_nothing_of_a_name_acts_on_the_terminal(term: str, hostile: Path) -> None:
    """Three terminals at a time are walked through everything, each key in all of them."""
    with ExitStack() as stack:
        walked = [
            (variables, stack.enter_context(Terminal(layertui(hostile), size, variables)), list[str]())
            for size, variables in terminals_of(term)
        ]
        for _, terminal, _ in walked:
            terminal.wait_until_read()
        for key in (key for keys in WALK.values() for key in keys):
            for _, terminal, _ in walked:
                terminal.send_key(key)
            for _, terminal, seen in walked:
                terminal.settle_key(key)
                if key in SLOW:
                    terminal.wait_for(SLOW[key])
                seen.append(terminal.text)
        for variables, terminal, seen in walked:
            terminal.send(b"q")
            assert terminal.wait_for_exit() == 0
            assert_nothing_acted(bytes(terminal.raw), variables)
            assert_spelled_out("\n".join(seen))


def assert_nothing_acted(raw: bytes, variables: dict[str, str]) -> None:
    """No name's own bytes came through, nor any sequence but the program's own; no colour where none is wanted."""
    for attack in ATTACKS:
        if not attack.isascii() or b"\x1b" in attack:
            assert attack not in raw
    wire = taken_apart(raw)
    assert unexpected(wire) == []
    if variables.get("NO_COLOR"):
        assert wire.colours == set()
    else:
        assert wire.colours


def assert_spelled_out(seen: str) -> None:
    """Every name was seen as text, and the walk did open what it names."""
    for number, (attack, shown) in enumerate(ATTACKS.items()):
        assert "f" + named(number, b"").decode() + shown in seen, f"{attack!r} is nowhere spelled out"
    assert "Traceback" not in seen
    for page in ("KEYS in", "CONFIG AND HISTORY", "Find an action", "History of this path", "FIND", "Sort by"):
        assert page in seen


def test_errors_that_name_hostile_files_are_text(tmp_path: Path) -> None:
    files = docker_files([hostile_image()])
    written = files["manifest.json"]
    assert isinstance(written, bytes)
    manifest = json.loads(written)
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
    assert unexpected(taken_apart(bytes(terminal.raw)), lines=code != 0) == []


PLAIN = [
    pytest.param({"TERM": "linux"}, id="16 colours"),
    pytest.param({"TERM": "screen"}, id="screen"),
    pytest.param({"TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "1"}, id="NO_COLOR"),
]


def said_about(path: str) -> dict[str, Any]:
    """What the command line says about a path of the demo."""
    command = layertui("which", "demo:api:1.4", path, "--json")
    done = subprocess.run(command, capture_output=True, env=environment(), cwd=CHECKOUT)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize("variables", PLAIN)
def test_who_wins_can_be_told_from_characters_alone(variables: dict[str, str]) -> None:
    """The marks of a path are read off the screen, layer for layer; they agree with the command line."""
    read: dict[str, dict[int, tuple[str, str]]] = {path: {} for path in PATHS}
    with Terminal(layertui("demo"), (200, 50), variables) as terminal:
        terminal.wait_until_read()
        terminal.press("2", "t", "/")
        terminal.type("!usr !var")
        terminal.press("enter", "g")
        for layer in range(9):
            terminal.wait_for(f"FILES  L{layer} ")
            head = terminal.line_with(" Out ")
            state_at, path_at, end = head.index("S  Out"), head.index("Path"), head.find("│", head.index("Path"))
            for line in terminal.lines():
                path = line[path_at:end].rstrip(" │║█").partition(" -> ")[0].rstrip("/")
                if path in read:
                    read[path][layer] = line[state_at], line[state_at + 3 : state_at + 6].strip()
            terminal.press(".")
    for path, marks in read.items():
        said = said_about(path)
        versions = {version["layer"]: version for version in said["history"]}
        assert marks == {layer: (STATES[one["state"]], outcome_text(one)) for layer, one in versions.items()}, path
        winners = [layer for layer, (state, out) in marks.items() if state != "-" and out in ("*", "")]
        assert winners == ([] if said["winner"] is None else [said["winner"]])


PATHS = ("etc/app/config.yaml", "etc/motd", "etc/passwd", "app/plugins", "app/run.sh", "app/models.bin")
"""Paths of the demo that more than one layer holds: replaced, removed, changed in mode, changed in type."""

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


def outcome_text(version: dict[str, Any]) -> str:
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
        terminal.wait_until_read()
        terminal.press("2")
        before = terminal.cursor_line()
        terminal.press("j")
        after = terminal.cursor_line()
        assert before
        assert after
        assert before != after
