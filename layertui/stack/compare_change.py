"""What a comparison says of one path: how its two sides differ (Change), and in what (Field)."""

from enum import IntEnum, IntFlag


class Change(IntEnum):
    """How the two sides of one path differ."""

    IDENTICAL = 0
    """Both sides hold the same."""
    ONLY_A = 1
    ONLY_B = 2
    CONTENT = 3
    """The bytes of a file, the target of a symlink or the numbers of a device differ."""
    METADATA = 4
    """The same content, but mode, owner, mtime, xattrs or the other names of the file differ."""
    TYPE = 5
    """Not the same kind of thing."""
    UNKNOWN = 6
    """Content of one size that was not compared yet, or what a layer that is damaged or unread leaves open."""
    ASIDE = 7
    """A directory of one side that its layer diff does not hold itself: it only leads to something."""


class Field(IntFlag):
    """What differs; the low byte is what most files can differ in."""

    MODE = 1
    UID = 2
    GID = 4
    MTIME = 8
    SIZE = 16
    CONTENT = 32
    XATTRS = 64
    LINK_TARGET = 128
    """A symlink's target; of a file that has several names, which ones they are."""
    DEVICE = 256
    """Major or minor number."""
    OPAQUE = 512
    """Whether a directory of a layer diff hides what lower layers have in it."""


METADATA_FIELDS = ~(Field.SIZE | Field.CONTENT | Field.DEVICE)
"""What leaves the content as it is."""

DIFFERENCES = frozenset({Change.ONLY_A, Change.ONLY_B, Change.CONTENT, Change.METADATA, Change.TYPE})
"""What is known to differ."""
