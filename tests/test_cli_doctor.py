"""`layertui doctor`: it reports whatever it finds, and that is never a failure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import pytest

from layertui.doctoring import VARIABLES, examine
from layertui.errors import DamagedError, UnreachableError
from layertui.sources.base import ImageEntry, Source
from layertui.sources.host import look
from layertui.sources.place import Environ, Place
from tests.hosts import absent, answering, container, damaged, failing, image
from tests.test_cli import Ran, run

PLACES = [
    failing("Docker", UnreachableError("Permission denied: /run/docker.sock.", "Join group docker.")),
    absent("Docker Desktop", hint="Start Docker Desktop."),
    answering("Podman", [image("a", ["a:1"]), container("web", "a"), image("b")], scheme="containers-storage"),
]


class Telling:
    """A source that says something of itself."""

    scheme, label, warnings = "docker-daemon", "Docker", ("one store is not there.",)
    facts = (("engine", "20.10.24"), ("layers", "Docker's books (tar-split)"))

    def entries(self) -> tuple[ImageEntry, ...]:
        problem = DamagedError("bad:1: its config is not there.")
        return damaged("bad:1", problem), damaged("mirror/bad:1", problem)


def doctor(
    capture: pytest.CaptureFixture[bytes], patch: pytest.MonkeyPatch, places: Sequence[Place], *arguments: str
) -> Ran:
    def here(environ: Environ) -> tuple[Place, ...]:
        return tuple(places)

    patch.setattr("layertui.doctoring.look", here)
    return run(capture, "doctor", *arguments)


def test_each_place_is_told(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    ran = doctor(capfdbinary, monkeypatch, PLACES)
    assert (ran.code, ran.err) == (0, b"")
    assert ran.lines[:12] == [
        "Docker  (docker-daemon:)",
        "    /run/Docker.sock: present",
        "    Permission denied: /run/docker.sock.",
        "    Join group docker.",
        "",
        "Docker Desktop  (docker-daemon:)",
        "    /run/Docker Desktop.sock: absent",
        "    Start Docker Desktop.",
        "",
        "Podman  (containers-storage:)",
        "    /run/Podman.sock: present",
        "    answered: 2 images, 1 container",
    ]


def test_as_json(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "ssh://me:secret@box")
    ran = doctor(capfdbinary, monkeypatch, PLACES, "--json")
    assert ran.code == 0
    assert [(each["name"], each["found"], each["answered"]) for each in ran.json["sources"]] == [
        ("Docker", True, False),
        ("Docker Desktop", False, False),
        ("Podman", True, True),
    ]
    assert ran.json["environment"]["DOCKER_HOST"] == "ssh://***@box"
    assert b"secret" not in ran.out


def test_a_host_with_nothing_is_no_failure(
    capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = doctor(capfdbinary, monkeypatch, [])
    assert ran.code == 0
    assert ran.lines[0].startswith("Answered: none.")
    assert any("layertui demo" in line for line in ran.lines)


def test_what_a_source_says_of_itself_and_what_is_wrong_with_it() -> None:
    def open_it() -> Source:
        return Telling()

    (finding,) = examine([replace(answering("Docker"), open=open_it)])
    assert finding.facts == Telling.facts
    assert finding.notes == ("one store is not there.", "bad:1: its config is not there.")
    assert (finding.images, finding.containers) == (0, 0)


class Asked(Mapping[str, str]):
    """An environment that remembers what it was asked for."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


@pytest.mark.parametrize("values", [{}, {"HOME": "/nowhere"}, {"DOCKER_TLS_VERIFY": "1", "DOCKER_HOST": "tcp://box"}])
def test_every_variable_that_a_look_asks_for_is_told(values: dict[str, str]) -> None:
    environ = Asked(values)
    assert look(environ)
    assert environ.names
    # Nobody sets these to say where images are.
    assert environ.names <= {*VARIABLES, "PATH", "USERPROFILE", "_CONTAINERS_ROOTLESS_UID"}
