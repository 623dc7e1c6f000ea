"""From what a person typed to an opened source."""

import os

from layertui.errors import UsageError
from layertui.image.platform import Platform
from layertui.layer.read import Progress
from layertui.progress import ProgressLine
from layertui.sources.reference import parse_reference
from layertui.sources.resolve import Opened, open_reference, pick


def open_reference_or_demo(ref: str, platform: str | None = None) -> Opened:
    """Open what a person typed, the built-in images included; says on stderr how far unpacking is."""
    if ref.startswith("-") and ref[1:2] not in ("", ":", "#"):
        raise UsageError(f"Unknown option: {ref}.", "Try: layertui --help")
    with ProgressLine() as line:
        return open_quietly(ref, platform, lambda done: line.show(f"unpacking {done / 1e6:,.0f} MB"))


def open_quietly(ref: str, platform: str | None = None, progress: Progress | None = None) -> Opened:
    """The same without a word: what the screen calls for what is chosen on it."""
    reference = parse_reference(ref)
    scheme, _, name = reference.name.partition(":")
    if scheme == "demo" and reference.scheme is None and not os.path.lexists(ref):
        from layertui.sources.demo import demo_source

        return pick(demo_source(), name or None, Platform.parse(platform) if platform else None, reference.layers)
    return open_reference(ref, platform, progress=progress)
