"""Version: one version of a path, as screens hand it on: which image, which fold, which position in it."""

from dataclasses import dataclass, replace

from layertui.image.blob import Blob
from layertui.image.image import Image
from layertui.layer.columns import Kind
from layertui.layer.window import Tick
from layertui.present.safetext import safe
from layertui.stack.squash import Squash
from layertui.stack.version import version_of

WITH_CONTENT = frozenset({Kind.FILE, Kind.HARDLINK, Kind.SYMLINK})
"""What has a content that can be shown; a symlink's is the text of its target."""


@dataclass(frozen=True, slots=True)
class Version:
    """What one layer has at a path."""

    image: Image
    squash: Squash
    position: int
    """Of the version or marker in `squash`."""

    @property
    def path(self) -> bytes:
        """The path in the image, without a leading slash."""
        return self.squash.path(self.position)

    @property
    def layer(self) -> int:
        """The number of the layer that holds it."""
        return self.squash.layer(self.position)

    @property
    def kind(self) -> Kind:
        """What stands there."""
        return self.squash.kind(self.position)

    @property
    def has_content(self) -> bool:
        """Whether there is something to show of it."""
        return self.kind in WITH_CONTENT

    @property
    def title(self) -> str:
        """What it is called: `api:1.4 L4 etc/motd`; safe."""
        return f"{safe(self.image.reference)} L{self.layer} {safe(self.path)}"

    def open(self, tick: Tick | None = None) -> Blob:
        """Its content; reads what it must, raises LayertuiError, and Cancelled where `tick` does."""
        return version_of(self.image, self.squash, self.position, tick)

    def history(self) -> "list[Version]":
        """All versions of the path that have a content, base to top; markers are left out."""
        versions = (replace(self, position=position) for position in self.squash.history(self.path))
        return [version for version in versions if version.has_content]

    def below(self) -> "Version | None":
        """The version with a content that the next lower layer holds; None where there is none."""
        lower = [version for version in self.history() if version.layer < self.layer]
        return lower[-1] if lower else None

    def above(self) -> "Version | None":
        """The version with a content that the next higher layer holds; None where there is none."""
        return next((version for version in self.history() if version.layer > self.layer), None)

    def winner(self) -> "Version | None":
        """The version that a container sees; None where the path is gone in the end, or is no file then."""
        position = self.squash.winner(self.path)
        found = None if position is None else replace(self, position=position)
        return found if found is not None and found.has_content else None
