"""Whiteout markers: how a layer says that something below it is gone.

OCI image-spec, layer.md, "Whiteouts" and "Opaque Whiteout".
"""

from enum import Enum

PREFIX = b".wh."
"""What the name of every marker begins with."""

OPAQUE_NAME = b".wh..wh..opq"
"""The marker that hides all of its directory's children from lower layers; only this exact name does."""

CONTROL_PREFIX = b".wh..wh."
"""Names of aufs' own control entries (`.wh..wh.plnk`, `.wh..wh.aufs`, `.wh..wh.orph`): neither whiteouts nor files."""


class Marker(Enum):
    """What a base name that begins with `.wh.` stands for."""

    WHITEOUT = "whiteout"
    OPAQUE = "opaque"
    CONTROL = "control"
    NAMELESS = "nameless"


def marker_of(name: bytes) -> Marker | None:
    """Tell what kind of marker a base name is; None for the name of a file.

    A bare `.wh.` names nothing, and `.wh...` would name the directory itself or its parent: both are nameless.
    """
    if not name.startswith(PREFIX):
        return None
    if name == OPAQUE_NAME:
        return Marker.OPAQUE
    if name.startswith(CONTROL_PREFIX):
        return Marker.CONTROL
    if name[len(PREFIX) :] in (b"", b".", b".."):
        return Marker.NAMELESS
    return Marker.WHITEOUT
