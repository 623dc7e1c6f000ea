"""Base: what the person marked as side A of the next comparison."""

from dataclasses import dataclass

from layertui.tui.version import Version
from layertui.tui.want import Want


@dataclass(slots=True)
class Base:
    """The mark; all screens of one app share it."""

    side: Want | Version | None = None
    """An image or some of its layers, or one version of a file; None while nothing is marked."""
