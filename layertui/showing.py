"""What is shown of an opened source or of this host: on the screen, or as lines where there is none.

Nothing is imported before it is needed: this is what the first frame waits for.
"""

import gc
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from layertui.sources.opened import Opened


def show(
    opened: "Opened",
    typed: str = "",
    *,
    theme: str | None = None,
    low_bandwidth: bool | None = None,
    mouse: bool | None = None,
    glyphs: str | None = None,
) -> None:
    """Show an opened source on the screen; print its layers where the output is no terminal.

    `typed` is the reference that led to it, which is remembered.
    """
    if _has_screen():
        _prepare(theme)
        from layertui.tui.app import run

        remembered = (typed,) if typed else ()
        _end(run(opened, theme=theme, low_bandwidth=low_bandwidth, mouse=mouse, glyphs=glyphs, typed=remembered))
        return
    from layertui.headless import print_layers

    print_layers(opened)


def show_two(
    a: str,
    b: str,
    *,
    platform: str | None = None,
    theme: str | None = None,
    low_bandwidth: bool | None = None,
    mouse: bool | None = None,
    glyphs: str | None = None,
) -> None:
    """Compare what two references mean on the screen; print how they differ where the output is no terminal."""
    if _has_screen():
        _prepare(theme)
        from layertui.opening import open_two

        pair = open_two(a, b, platform)
        from layertui.tui.app import run
        from layertui.tui.roots import PairView

        _end(run(PairView(*pair), theme=theme, low_bandwidth=low_bandwidth, mouse=mouse, glyphs=glyphs, typed=(a, b)))
        return
    from layertui.diffing import diff

    diff(a, b, platform=platform)


def show_host(
    *,
    theme: str | None = None,
    low_bandwidth: bool | None = None,
    mouse: bool | None = None,
    glyphs: str | None = None,
) -> None:
    """Show what this host holds on the screen; list its images where the output is no terminal."""
    if _has_screen():
        _prepare(theme)
        from layertui.sources.host import look
        from layertui.tui.app import run
        from layertui.tui.roots import HostView

        view = HostView(tuple(look(os.environ)))
        _end(
            run(
                view, open_reference=_open_offered, theme=theme, low_bandwidth=low_bandwidth, mouse=mouse, glyphs=glyphs
            )
        )
        return
    from layertui.listing import list_images

    list_images(None, ())


def _open_offered(text: str) -> "Opened":
    from layertui.opening import open_quietly

    return open_quietly(text)


def _has_screen() -> bool:
    """Whether to start the app, which collects garbage once its first frame is drawn; where not, that begins here."""
    if sys.stdout.isatty() and sys.stdin.isatty():
        return True
    gc.enable()
    return False


def _prepare(theme: str | None) -> None:
    from layertui.tui.prepare import prepare

    prepare(theme, os.environ)


def _end(code: int) -> None:
    if code:
        sys.exit(code)
