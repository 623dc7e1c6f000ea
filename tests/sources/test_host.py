"""Looking for all that a host holds, and asking it at once: none delays or hides the others."""

import subprocess
import sys
import time
from pathlib import Path

from layertui.errors import LayertuiError, UnreachableError
from layertui.sources.host import Finder, look, open_all
from layertui.sources.place import Environ, Place
from tests.hosts import absent, answering, failing, image

HANGS_S = 30.0


def test_places_come_in_the_order_of_their_finders() -> None:
    first, second, third = absent("one"), answering("two"), absent("three")
    finders = [Finder("A", "a", lambda environ: (first, second)), Finder("B", "b", lambda environ: (third,))]
    assert look({}, finders) == (first, second, third)


def test_a_finder_gets_the_environment() -> None:
    def find(environ: Environ) -> tuple[Place, ...]:
        return (absent("engine", said=environ["DOCKER_HOST"]),)

    assert look({"DOCKER_HOST": "tcp://box"}, [Finder("A", "a", find)])[0].said == "tcp://box"


def test_a_finder_that_fails_is_a_place_that_says_so() -> None:
    def bad(environ: Environ) -> tuple[Place, ...]:
        raise PermissionError(13, "Permission denied", "/root/.docker")

    there = answering("two")
    found = look({}, [Finder("Docker", "docker-daemon", bad), Finder("B", "b", lambda environ: (there,))])
    assert [(place.name, place.found) for place in found] == [("Docker", False), ("two", True)]
    assert found[0].said == "not looked for: permission denied"


def test_answers_keep_the_order_of_places_though_the_last_answers_first() -> None:
    places = [answering("slow", [image("a", ["a:1"])], after_s=0.2), absent("none"), answering("quick")]
    answers = list(open_all(places))
    assert [answer.place.name for answer in answers] == ["slow", "quick"]
    assert [[entry.reference for entry in answer.entries] for answer in answers] == [["a:1"], []]
    assert all(answer.problem is None and answer.source is not None for answer in answers)


def test_places_are_asked_at_the_same_time() -> None:
    start_s = time.monotonic()
    assert len(list(open_all([answering(f"engine {number}", after_s=0.3) for number in range(8)]))) == 8
    assert time.monotonic() - start_s < 1.2, "one after the other they take 2.4 s"


def test_one_that_hangs_is_given_up_and_the_others_are_there() -> None:
    start_s = time.monotonic()
    waited: list[str] = []
    places = [answering("hangs", after_s=HANGS_S), answering("works", [image("a")])]
    silent, works = open_all(places, give_up_s=0.5, waiting=waited.append)
    assert time.monotonic() - start_s < 3
    assert silent.source is None
    assert isinstance(silent.problem, UnreachableError)
    assert silent.problem.message == "hangs (/run/hangs.sock) does not answer."
    assert silent.problem.hint
    assert len(works.entries) == 1
    assert "hangs" in waited


def test_one_that_hangs_does_not_keep_the_process() -> None:
    code = (
        "from tests.hosts import answering\n"
        "from layertui.sources.host import open_all\n"
        f"print(len(list(open_all([answering('hangs', after_s={HANGS_S})], give_up_s=0.2))))"
    )
    root = Path(__file__).resolve().parents[2]
    start_s = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, timeout=HANGS_S)
    assert done.stdout == "1\n", done.stderr
    assert time.monotonic() - start_s < HANGS_S / 2


def test_every_failure_is_a_sentence_that_quotes_nothing() -> None:
    said = UnreachableError("Permission denied: /run/docker.sock (root:docker 0660).", "Join group docker.")
    places = [
        failing("says it", said),
        failing("system", OSError(104, "Connection reset by peer")),
        failing("bug", ValueError("\x1b[2J")),
        answering("works"),
    ]
    problems = [answer.problem for answer in open_all(places)]
    assert problems[0] is said
    assert isinstance(problems[1], UnreachableError)
    assert problems[1].message == "system (/run/system.sock) cannot be read: connection reset by peer."
    assert isinstance(problems[2], LayertuiError)
    assert problems[2].message == "bug (/run/bug.sock) cannot be read: ValueError, a bug in layertui."
    assert problems[3] is None
