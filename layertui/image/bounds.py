"""Bounds on what an input may ask for, each with its reason and the variable that raises it."""

import os
from dataclasses import dataclass

from layertui.errors import DamagedError, UsageError


@dataclass(frozen=True, slots=True)
class Bound:
    """One bound; an input above it is refused with an error that names the bound and how to raise it."""

    variable: str
    """Environment variable that sets another value."""
    default: int
    """Value without the variable, in `unit`."""
    unit: str
    """What is counted, in the plural, as the error says it."""

    @property
    def value(self) -> int:
        """The bound now in force; raises UsageError when its variable holds no positive number."""
        text = os.environ.get(self.variable, "")
        if not text:
            return self.default
        if not text.isascii() or not text.isdigit() or int(text) == 0:
            raise UsageError(f"{self.variable} is '{text}', which is not a positive number.")
        return int(text)

    def exceeded(self, what: str) -> DamagedError:
        """The error for something that is larger than this bound; `what` begins the sentence."""
        return DamagedError(
            f"{what} exceeds the bound of {self.value:,} {self.unit}.",
            f"Set {self.variable} to a higher number if you trust this image.",
        )


DOCUMENT_BYTES = Bound("LAYERTUI_MAX_DOCUMENT_BYTES", 4 << 20, "bytes")
"""Manifest, index and config: registries accept 4 MiB at most, and all of it is parsed at once."""

ARCHIVE_MANIFEST_BYTES = Bound("LAYERTUI_MAX_ARCHIVE_MANIFEST_BYTES", 1 << 20, "bytes")
"""manifest.json and repositories of a docker-archive: 1 MiB names some thousand images."""

INDEX_DEPTH = Bound("LAYERTUI_MAX_INDEX_DEPTH", 8, "nested indexes")
"""Indexes within indexes: tools nest two or three; without a bound a short file can ask for endless work."""

INDEX_DESCRIPTORS = Bound("LAYERTUI_MAX_INDEX_DESCRIPTORS", 4096, "descriptors")
"""Descriptors followed in one layout, all indexes taken together: each may cost a file to open and hash."""

LAYERS = Bound("LAYERTUI_MAX_LAYERS", 1024, "layers")
"""Layers of one image: overlay takes 128 at most, so more is a mistake or an attack."""

SPOOL_BYTES = Bound("LAYERTUI_MAX_SPOOL_BYTES", 256 << 30, "bytes")
"""What one compressed or piped archive may take on disk while it is open: beyond any image, so a stream without end."""

SPLIT_LINE_BYTES = Bound("LAYERTUI_MAX_SPLIT_LINE_BYTES", 16 << 20, "bytes")
"""One line of a tar-split file: a member's headers with their extensions take 6 MiB at most, and are held whole."""

SPLIT_BYTES = Bound("LAYERTUI_MAX_SPLIT_BYTES", 1 << 30, "bytes")
"""A tar-split file as stored: that of a layer of a million files has some 50 MiB, and one with holes has no end."""

TOC_BYTES = Bound("LAYERTUI_MAX_TOC_BYTES", 256 << 20, "bytes")
"""A layer's table of contents, as JSON: a file takes some 350 bytes of it, and very little expands to a great many."""

MANY_LAYERS = 128
"""Layers from which on engines refuse an image; opened here, with a warning."""
