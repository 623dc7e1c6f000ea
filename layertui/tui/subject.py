"""Subject: what is under the cursor, for what can be done with it from any screen: copying it, taking it out."""

from dataclasses import dataclass

from layertui.image.image import Image
from layertui.stack.squash import Squash
from layertui.tui.state import ImageState
from layertui.tui.version import Version


@dataclass(frozen=True, slots=True)
class Subject:
    """An image, one of its layers, or one path in it."""

    reference: str
    """What the image or the container is called. Not made safe for a terminal."""
    image: Image | None
    """None while its manifest is not read."""
    layer: int | None = None
    """The layer that is looked at, or the highest of those merged; None where the image as a whole is meant."""
    merged: bool = False
    """Whether the layers up to it are looked at together, not its diff alone."""
    squash: Squash | None = None
    """The fold that shows it; None while its layers are not read."""
    position: int | None = None
    """Of the path under the cursor, in `squash`; None where no path is meant."""
    state: ImageState | None = None
    """How far the image is read; None where whoever needs it looks it up by the image."""

    @property
    def holder(self) -> int | None:
        """The layer that holds the path, else the layer that is looked at; None for an image as a whole."""
        if self.squash is not None and self.position is not None:
            return self.squash.layer(self.position)
        return self.layer

    @property
    def version(self) -> Version | None:
        """The path as one layer has it; None where no path is meant."""
        if self.image is None or self.squash is None or self.position is None:
            return None
        return Version(self.image, self.squash, self.position)
