"""The pictures in the README show what the app shows today."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).parent.parent / "screenshots"


def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("draw", FOLDER / "draw.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


draw = _script()


@pytest.mark.parametrize("name", sorted(draw.SCENES))
async def test_a_picture_is_current(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLORTERM", "truecolor")
    stored = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    now = await draw.draw(*draw.SCENES[name])
    assert draw.shown_text(now) == draw.shown_text(stored), "draw it again: python screenshots/draw.py"


def test_every_picture_is_drawn_by_the_script() -> None:
    assert {path.stem for path in FOLDER.glob("*.svg")} == set(draw.SCENES)
