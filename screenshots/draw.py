"""Draw the pictures of README.md: SVGs of the real app on the demo, at three sizes.

Run it from the checkout: `python screenshots/draw.py`. A test compares what they show with what the app shows now.
"""

import asyncio
import os
import re
from html import unescape
from pathlib import Path

HERE = Path(__file__).parent

TO_CONFIG = ("2", "]", "]", "]", "]", "]", "=", "j", "j", "j", "j")
"""Keys from the start to the config file in layer 5, every directory open."""

SCENES: dict[str, tuple[tuple[int, int], str, tuple[str, ...]]] = {
    "main-80x24": ((80, 24), "demo:api:1.4", TO_CONFIG),
    "main-120x36": ((120, 36), "demo:api:1.4", TO_CONFIG),
    "main-200x50": ((200, 50), "demo:api:1.4", (*TO_CONFIG, "v", "o")),
    "help-80x24": ((80, 24), "demo:api:1.4", ("2", "question_mark")),
}
"""Name of the picture: size in columns and rows, what is opened, and the keys that are pressed."""


async def draw(size: tuple[int, int], selector: str, keys: tuple[str, ...]) -> str:
    """Run the app without a terminal, press keys, and return the screen as SVG."""
    from layertui.sources.demo import demo_source
    from layertui.sources.resolve import pick
    from layertui.tui.app import LayerApp

    app = LayerApp(pick(demo_source(), selector.removeprefix("demo:")), theme="dark")
    async with app.run_test(size=size) as pilot:
        await _settle(app, pilot)
        for key in keys:
            await pilot.press(key)
            await _settle(app, pilot)
        await asyncio.sleep(0.3)
        await _settle(app, pilot)
        return app.export_screenshot(title="layertui demo")


async def _settle(app: "object", pilot: "object") -> None:
    """Wait until no worker runs and the screen has caught up."""
    await app.workers.wait_for_complete()  # type: ignore[attr-defined]  # Textual is imported only while drawing
    await pilot.pause()  # type: ignore[attr-defined]


def shown_text(svg: str) -> list[str]:
    """The texts of a picture in order: what it shows, whatever version of Textual drew it."""
    texts = re.findall(r"<text[^>]*>(.*?)</text>", svg, flags=re.DOTALL)
    return [text for text in (unescape(found).replace("\xa0", " ").strip() for found in texts) if text]


def main() -> None:
    """Draw all pictures."""
    os.environ.pop("NO_COLOR", None)
    os.environ["COLORTERM"] = "truecolor"
    for name, (size, selector, keys) in SCENES.items():
        (HERE / f"{name}.svg").write_text(asyncio.run(draw(size, selector, keys)), encoding="utf-8")


if __name__ == "__main__":
    main()
