"""What is shown of an opened source or of this host: on the screen, or as lines where there is none.

Nothing is imported before it is needed: this is what the first frame waits for.
"""

import gc
import os
import sys
from typing import TYPE_CHECKING

from layertui.errors import UsageError

if TYPE_CHECKING:
    from layertui.sources.opened import Opened


def show(opened: "Opened", *, theme: str | None = None, low_bandwidth: bool | None = None, mouse: bool = True) -> None:
    """Show an opened source on the screen; print its layers where the output is no terminal."""
    if _has_screen():
        _check_theme(theme)
        from layertui.tui.app import run

        _end(run(opened, theme=theme, low_bandwidth=low_bandwidth, mouse=mouse))
        return
    from layertui.headless import print_layers

    print_layers(opened)


def show_host(*, theme: str | None = None, low_bandwidth: bool | None = None, mouse: bool = True) -> None:
    """Show what this host holds on the screen; list its images where the output is no terminal."""
    if _has_screen():
        _check_theme(theme)
        from layertui.sources.host import look
        from layertui.tui.app import run
        from layertui.tui.roots import HostView

        view = HostView(tuple(look(os.environ)))
        _end(run(view, open_reference=_open_offered, theme=theme, low_bandwidth=low_bandwidth, mouse=mouse))
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


def _check_theme(theme: str | None) -> None:
    if theme is None:
        return
    from layertui.tui.app import theme_names

    if theme not in theme_names():
        raise UsageError(f"There is no theme {theme}.", f"Themes: {', '.join(theme_names())}")


def _end(code: int) -> None:
    if code:
        sys.exit(code)
