"""`layertui config`, `completion` and `man`, and what a config does to every other command."""

import json
import os
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from layertui.commands import app
from layertui.completing import Candidate, complete
from tests.hosts import answering, container, image
from tests.kit.docker import docker_archive
from tests.kit.entries import file
from tests.kit.images import ImageSpec

ROOT = Path(__file__).resolve().parent.parent


class Home:
    """A person's home, with a program of its own in its PATH."""

    def __init__(self, path: Path) -> None:
        self.path = path
        (path / ".config" / "layertui").mkdir(parents=True)
        self.environ = {
            "HOME": str(path),
            "PATH": f"{path}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "LC_ALL": "C.UTF-8",
            "DOCKER_HOST": "unix:///nowhere/docker.sock",
        }
        program = path / "layertui"
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -m layertui "$@"\n')
        program.chmod(0o755)

    def config(self, text: str) -> None:
        """Write its config."""
        (self.path / ".config" / "layertui" / "config.toml").write_text(text)

    def history(self, *references: str) -> None:
        """Write what was opened before."""
        state = self.path / ".local" / "state" / "layertui"
        state.mkdir(parents=True)
        (state / "state.json").write_text(json.dumps({"history": references}))

    def run(self, *words: str, **environ: str) -> Any:
        """Run a command there."""
        return subprocess.run(words, env=self.environ | environ, capture_output=True, text=True, cwd=self.path)

    def layertui(self, *words: str, **environ: str) -> Any:
        """Run the program there."""
        return self.run("layertui", *words, **environ)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_the_effective_config_is_one_and_says_where_it_is_from(home: Home) -> None:
    home.config('theme = "dark"\npager = "most"\npreset = "vim"\n[keys]\nzoom = ["T"]\ncompare = []\n')
    ran = home.layertui("config", LAYERTUI_MOUSE="no")
    assert (ran.returncode, ran.stderr) == (0, "")
    lines = {line.split(" = ")[0]: line for line in ran.stdout.splitlines() if " = " in line}
    assert lines["theme"].split() == ["theme", "=", '"dark"', "#", "line", "1"]
    assert lines["mouse"].endswith("# LAYERTUI_MOUSE")
    assert lines["zoom"].endswith("# line 5")
    assert lines["top"].endswith("# the preset vim")
    assert lines["compare"].endswith("# line 6, no key: the palette has it")
    assert lines["history"] == "history = 200"
    printed = tomllib.loads(ran.stdout)
    assert printed["keys"]["quit"] == ["q", "Z Z"]
    home.config(ran.stdout)
    again = home.layertui("config")
    assert (again.returncode, again.stderr) == (0, "")
    assert tomllib.loads(again.stdout) == printed


def test_as_json_every_value_has_its_origin(home: Home) -> None:
    home.config('theme = "dark"\n[keys]\nzoom = ["T"]\n')
    told = json.loads(home.layertui("config", "--json", LAYERTUI_HISTORY="0").stdout)
    assert told["schema_version"] == 1
    assert told["exists"]
    options = {each["name"]: each for each in told["options"]}
    assert (options["theme"]["origin"], options["theme"]["line"]) == ("file", 1)
    assert (options["history"]["value"], options["history"]["origin"]) == (0, "environment")
    assert options["mouse"]["origin"] == "default"
    keys = {each["action"]: each for each in told["keys"]}
    assert (keys["zoom"]["keys"], keys["zoom"]["origin"], keys["zoom"]["line"]) == (["T"], "file", 3)


def test_the_path_is_told_whatever_is_in_the_file(home: Home) -> None:
    home.config("= damaged")
    assert home.layertui("config", "--path").stdout == f"{home.path}/.config/layertui/config.toml\n"
    assert home.layertui("config", "--path", XDG_CONFIG_HOME="/x").stdout == "/x/layertui/config.toml\n"


@pytest.mark.parametrize("words", [("config",), ("layers", "demo:api:1.4"), ("demo",), ("config", "--json")])
def test_a_config_that_is_wrong_ends_with_2(home: Home, words: tuple[str, ...]) -> None:
    home.config("\nmouse = 3\n")
    ran = home.layertui(*words)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "config.toml, line 2, mouse: this must be true or false, or " in ran.stderr


@pytest.mark.parametrize("words", [("--help",), ("layers", "--help"), ("completion", "bash"), ("man",), ("--version",)])
def test_a_config_that_is_wrong_is_not_in_the_way_of_help(home: Home, words: tuple[str, ...]) -> None:
    home.config("mouse = 3")
    assert home.layertui(*words).returncode == 0


def test_a_bound_of_the_file_is_in_force_and_the_environment_wins(home: Home) -> None:
    layers = [[file(name)] for name in "abc"]
    (home.path / "image.tar").write_bytes(docker_archive([ImageSpec(layers=layers)]))
    home.config("max_layers = 2\n")
    ran = home.layertui("layers", "image.tar")
    assert ran.returncode == 5
    assert "2 layers" in ran.stderr
    assert home.layertui("layers", "image.tar", LAYERTUI_MAX_LAYERS="3").returncode == 0


# Completion


def test_what_completes_says_what_each_word_can_be(home: Home) -> None:
    def words(*typed: str) -> list[str]:
        ran = home.layertui("_complete", *typed)
        assert (ran.returncode, ran.stderr) == (0, "")
        return [line.split("\t")[0] for line in ran.stdout.splitlines()]

    home.history("/images/api.tar", "registry.example/api:1.4", "$(reboot)")
    assert {"ls", "files", "/images/api.tar", "demo", "docker-archive:", ":files"} <= set(words(""))
    assert "$(reboot)" not in words("")
    assert words("regi") == ["registry.example/api:1.4", ":files"]
    assert {"--layer", "--json"} <= set(words("files", "demo", "--"))
    assert words("files", "--ver") == ["--verify-content", "--verify-digests"]
    assert words("completion", "") == ["bash", "zsh", "fish"]
    assert words("extract", "demo", "-o", "") == [":directories"]
    assert words("diff", "--stat", "demo", "regi") == ["registry.example/api:1.4", ":files"]
    assert words("files", "demo", "") == []
    assert "ansi-dark" in words("demo", "--theme", "a")


def test_references_of_the_host_are_offered_and_a_silent_engine_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    engine = [image("api", ["api:1.4", "evil;reboot"]), container("web", "api")]
    places = [answering("Docker", engine), answering("Podman", engine, scheme="containers-storage", after_s=20)]
    monkeypatch.setattr("layertui.sources.host.look", lambda environ: places)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    began_s = time.monotonic()
    found = [each.text for each in complete(app, ["layers", ""]) if isinstance(each, Candidate)]
    assert time.monotonic() - began_s < 5
    assert found[:2] == ["api:1.4", "web"]
    assert not any("reboot" in text for text in found)
    assert "docker-daemon:api:1.4" in [
        each.text for each in complete(app, ["layers", "docker-daemon:a"]) if isinstance(each, Candidate)
    ]


def completed(home: Home, typed: str) -> list[str]:
    """What bash's own completion makes of a command line, by `complete`, in a shell of its own."""
    script = f"""
        eval "$(layertui completion bash)"
        COMP_LINE={typed!r} COMP_POINT={len(typed)}
        COMP_WORDS=({" ".join(map(repr, bash_words(typed)))})
        COMP_CWORD=$(({len(bash_words(typed))} - 1))
        $(complete -p layertui | sed 's/.*-F \\([^ ]*\\).*/\\1/')
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    ran = home.run("bash", "--norc", "--noprofile", "-c", script)
    assert ran.returncode == 0, ran.stderr
    return [line for line in ran.stdout.split("\n") if line]


def bash_words(typed: str) -> list[str]:
    """A command line as readline takes it apart."""
    words: list[str] = []
    for part in typed.split(" "):
        pieces = part.replace(":", "\0:\0").split("\0")
        words += [piece for piece in pieces if piece] or [""]
    return words


@pytest.mark.skipif(which("bash") is None, reason="bash is not installed")
def test_bash_completes_commands_references_and_files(home: Home) -> None:
    home.history("registry.example/api:1.4")
    (home.path / "image one.tar").write_text("")
    (home.path / "layers").mkdir()
    assert completed(home, "layertui insp") == ["inspect"]
    assert completed(home, "layertui completion f") == ["fish"]
    assert completed(home, "layertui layers docker-ar") == ["docker-archive:"]
    assert completed(home, "layertui files registry.example/api:1") == ["1.4"]
    assert completed(home, "layertui files im") == ["image\\ one.tar"]
    assert completed(home, "layertui files docker-archive:im") == ["image\\ one.tar"]
    assert completed(home, "layertui extract demo -o la") == ["layers/"]


@pytest.mark.skipif(which("bash") is None, reason="bash is not installed")
def test_bash_types_it_for_the_person(home: Home) -> None:
    pexpect = pytest.importorskip("pexpect")
    environ = home.environ | {"TERM": "dumb", "PS1": "first> "}
    shell = pexpect.spawn("bash", ["--norc", "--noprofile", "-i"], env=environ, encoding="utf-8", dimensions=(24, 120))
    try:
        shell.expect_exact("first> ")
        shell.sendline('bind "set enable-bracketed-paste off"; eval "$(layertui completion bash)"; PS1="ready> "')
        shell.expect_exact("ready> ")
        shell.send("layertui comple\tba\t")
        shell.expect_exact("layertui completion bash ", timeout=20)
        shell.sendcontrol("c")
        shell.expect_exact("ready> ")
        shell.send("layertui layers docker-arch\t")
        shell.expect_exact("docker-archive:", timeout=20)
    finally:
        shell.close(force=True)


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_script_is_one_of_its_shell(home: Home, shell: str) -> None:
    script = home.layertui("completion", shell).stdout
    assert "_complete" in script
    if which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    (home.path / "script").write_text(script)
    assert home.run(shell, "-n", "script").returncode == 0


@pytest.mark.skipif(which("fish") is None, reason="fish is not installed")
def test_fish_completes(home: Home) -> None:
    (home.path / "script").write_text(home.layertui("completion", "fish").stdout)
    ran = home.run("fish", "-c", "source script; complete -C 'layertui completion '")
    assert [line.split("\t")[0] for line in ran.stdout.splitlines()] == ["bash", "zsh", "fish"]


# The manual


def test_the_manual_has_every_command_and_option(home: Home) -> None:
    page = home.layertui("man").stdout
    for word in ("layers", "extract", "completion", r"\-\-verify\-content", "max_layers", "config.toml"):
        assert word in page, word
    assert "_complete" not in page
    if which("groff") is None:
        pytest.skip("groff is not installed")
    (home.path / "page.1").write_text(page)
    ran = home.run("groff", "-man", "-ww", "-Tutf8", "-P-cbou", "page.1")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "layertui [options] [REF] [OTHER]" in ran.stdout
    assert "--as-root-filesystem" in ran.stdout
