"""The state: nothing is lost between two processes, nothing of it is ever needed."""

import multiprocessing
import os
import stat
from pathlib import Path

import pytest

from layertui.settings.state import State, read_state, remember


def test_the_last_reference_is_first_and_the_oldest_are_dropped(tmp_path: Path) -> None:
    path = str(tmp_path / "layertui" / "state.json")
    for reference in ("a", "b", "c", "a"):
        remember(path, [reference], None, 2)
    assert read_state(path).history == ["a", "c"]


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "layertui" / "state.json"
    before = os.umask(0)
    try:
        remember(str(path), ["a"], 4, 10)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert os.listdir(path.parent) == ["state.json"]


def test_a_width_that_was_not_changed_stays(tmp_path: Path) -> None:
    path = str(tmp_path / "state.json")
    remember(path, [], -4, 10)
    remember(path, ["a"], None, 10)
    assert read_state(path) == State(["a"], -4)


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b'{"history": 3}', b'{"history": ["a"', b"\xff\xfe", b"[" * 100_000], ids=range(7)
)
def test_a_damaged_file_is_dropped(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(data)
    assert read_state(str(path)) == State()
    remember(str(path), ["a"], None, 10)
    assert read_state(str(path)).history == ["a"]


def test_what_is_no_text_or_would_disturb_a_terminal_is_not_remembered(tmp_path: Path) -> None:
    path = str(tmp_path / "state.json")
    remember(path, ["a\udcff", "b\x1b[31m", "c\nd", "", "e" * 5000, "ok"], None, 10)
    assert read_state(path).history == ["ok"]


def test_what_cannot_be_written_is_not(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    remember(str(tmp_path / "file" / "state.json"), ["a"], None, 10)
    assert os.listdir(tmp_path) == ["file"]


def _remember_many(path: str, number: int) -> None:
    for step in range(20):
        remember(path, [f"{number}-{step}"], None, 1000)


def test_two_processes_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layertui.settings.state.WAIT_S", 30)  # on a slow machine it is not given up, either
    path = str(tmp_path / "state.json")
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_remember_many, args=(path, number)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert sorted(read_state(path).history) == sorted(f"{number}-{step}" for number in range(4) for step in range(20))
