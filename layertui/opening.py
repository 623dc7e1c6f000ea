"""From what a person typed to an opened source, and from there to the screen: what the first frame waits for."""

import os
import sys

from layertui.errors import UsageError
from layertui.image.platform import Platform
from layertui.progress import ProgressLine
from layertui.sources.reference import parse_reference
from layertui.sources.resolve import Opened, open_reference, pick


def open_reference_or_demo(ref: str, platform: str | None = None) -> Opened:
    """Open what a person typed, the built-in images included; says on stderr how far unpacking is."""
    if ref.startswith("-") and ref[1:2] not in ("", ":", "#"):
        raise UsageError(f"Unknown option: {ref}.", "Try: layertui --help")
    reference = parse_reference(ref)
    scheme, _, name = reference.name.partition(":")
    if scheme == "demo" and reference.scheme is None and not os.path.lexists(ref):
        from layertui.sources.demo import demo_source

        return pick(demo_source(), name or None, Platform.parse(platform) if platform else None, reference.layers)
    with ProgressLine() as progress:
        return open_reference(ref, platform, progress=lambda done: progress.show(f"unpacking {done / 1e6:,.0f} MB"))


def show(opened: Opened, *, theme: str | None = None, low_bandwidth: bool | None = None, mouse: bool = True) -> None:
    """Show an opened source on the screen; print its layers where the output is no terminal."""
    if sys.stdout.isatty() and sys.stdin.isatty():
        from layertui.tui.app import run, theme_names

        if theme is not None and theme not in theme_names():
            raise UsageError(f"There is no theme {theme}.", f"Themes: {', '.join(theme_names())}")
        code = run(opened, theme=theme, low_bandwidth=low_bandwidth, mouse=mouse)
        if code:
            sys.exit(code)
        return
    from layertui.headless import print_layers

    print_layers(opened)
