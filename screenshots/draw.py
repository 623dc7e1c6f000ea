"""Draw the pictures of README.md: SVGs of the real app on the demo, at three sizes, and on a host.

Run it from the checkout: `python screenshots/draw.py`. A test compares what they show with what the app shows now.
"""

import asyncio
import os
import re
import sys
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from layertui.sources.opened import Opened
    from layertui.tui.roots import HostView

HERE = Path(__file__).parent

HOST = "a host"
"""Stands for a whole host where a scene names what is opened."""

TO_CONFIG = ("2", "]", "]", "]", "]", "]", "=", "j", "j", "j", "j")
"""Keys from the start to the config file in layer 5, every directory open."""

TO_CONFIG_DIFF = ("g", "c", "j", "n")
"""Keys from the start to the config file in a comparison of the two tags."""

SCENES: dict[str, tuple[tuple[int, int], str, tuple[str, ...]]] = {
    "main-80x24": ((80, 24), "demo:api:1.4", TO_CONFIG),
    "main-120x36": ((120, 36), "demo:api:1.4", TO_CONFIG),
    "main-200x50": ((200, 50), "demo:api:1.4", (*TO_CONFIG, "v", "o")),
    "compare-120x36": ((120, 36), "demo:api:1.4", (*TO_CONFIG_DIFF, "G", "j")),
    "hunks-120x36": ((120, 36), "demo:api:1.4", (*TO_CONFIG_DIFF, "enter")),
    "secret-120x36": ((120, 36), "demo:api:1.4", ("f", "tab", "tab", "tab", *"secret", "enter")),
    "host-120x36": ((120, 36), HOST, ("j", "j", "enter", "h")),
    "help-80x24": ((80, 24), "demo:api:1.4", ("2", "question_mark")),
}
"""Name of the picture: size in columns and rows, what is opened, and the keys that are pressed."""


async def draw(size: tuple[int, int], selector: str, keys: tuple[str, ...]) -> str:
    """Run the app without a terminal, press keys, and return the screen as SVG."""
    from layertui.tui.app import LayerApp
    from tests.tui.screen import Seen

    app = LayerApp(shown(selector), theme="dark")
    async with app.run_test(size=size) as pilot:
        seen = Seen(pilot)
        await pilot.pause()  # the places of a host are asked behind the first frame
        await seen.settle()
        await seen.press(*keys)
        await seen.rest()
        return app.export_screenshot(title="layertui" if selector == HOST else "layertui demo")


def shown(selector: str) -> "Opened | HostView":
    """What a scene is of: an image of the demo, or a host with engines that list the demo's images as theirs."""
    from layertui.layer.read import read_layer
    from layertui.sources.base import ImageEntry, Record
    from layertui.sources.demo import demo_source
    from layertui.sources.resolve import pick
    from layertui.tui.roots import HostView

    if selector != HOST:
        return pick(demo_source(), selector.removeprefix("demo:"))
    from tests.tui import hosts

    def listed(entry: ImageEntry, days: float, tags: tuple[str, ...]) -> ImageEntry:
        image = entry.open()
        sizes = [read_layer(layer.content).columns.content_bytes for layer in image.layers if layer.content]
        layers = tuple((layer.chain_id, size) for layer, size in zip(image.layers, sizes, strict=True))
        digests = tuple(f"{tag.partition(':')[0]}@{image.image_id}" for tag in tags[:1])
        record = Record(image.image_id, hosts.ago(days), sum(sizes), layers, digests)
        named = replace(image, reference=tags[0], tags=tags)
        return replace(entry, reference=tags[0], tags=tags, record=record, open=lambda: named)

    api, older = demo_source().entries()[:2]
    newest = listed(api, 2, ("api:1.4", "api:latest"))
    web = hosts.container_entry("web", newest)
    docker = [newest, web, listed(older, 21, ("registry.example:5000/team/api:1.3",)), hosts.dangling()]
    worker = listed(older, 21, ("localhost/api:1.3",))
    return HostView(
        (
            hosts.place("Docker", [*docker, hosts.container_entry("batch", docker[2], "Exited (0) 2 days ago", "b")]),
            hosts.place("Podman (root)", [worker], "/var/lib/containers/storage", "containers-storage"),
            hosts.failing("Podman (rootless)", "/run/user/1000/podman/podman.sock"),
            hosts.absent("containerd", "/var/lib/containerd"),
        )
    )


def shown_text(svg: str) -> list[str]:
    """The texts of a picture in order: what it shows, whatever version of Textual drew it."""
    texts = re.findall(r"<text[^>]*>(.*?)</text>", svg, flags=re.DOTALL)
    return [text for text in (unescape(found).replace("\xa0", " ").strip() for found in texts) if text]


def main() -> None:
    """Draw all pictures."""
    sys.path.insert(0, str(HERE.parent))  # it presses keys as the tests do
    os.environ.pop("NO_COLOR", None)
    os.environ["COLORTERM"] = "truecolor"
    for name, (size, selector, keys) in SCENES.items():
        (HERE / f"{name}.svg").write_text(asyncio.run(draw(size, selector, keys)), encoding="utf-8")


if __name__ == "__main__":
    main()
