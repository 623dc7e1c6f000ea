"""Whose Docker wrote a data root: where it ran in a user namespace, owners on disk are shifted."""

import os
import re
from pathlib import Path

from layertui.errors import LayertuiError
from layertui.layer.dialect import Dialect
from layertui.layer.owners import OwnerMap
from layertui.sources.accounts import home_of, user_name

_REMAPPED = re.compile(r"([1-9]\d{0,9})\.([1-9]\d{0,9})")
"""A data root's name with userns-remap: the host's uid and gid that stand for root."""

_RANGE = 65_536
"""How many IDs such a range has (useradd's default for /etc/subuid)."""


def owners_of(data_root: Path) -> OwnerMap | None:
    """How owners in a container's layer lead back; None where they are not shifted, or where nothing tells how.

    With userns-remap, Docker calls the data root by the first uid and gid that it uses (moby, daemon/daemon_unix.go,
    *setupDaemonRoot*). Rootless Docker has it in its user's home, and uses what /etc/subuid gives the user.
    """
    if found := _REMAPPED.fullmatch(data_root.name):
        return OwnerMap.of([(0, int(found[1]), _RANGE)], [(0, int(found[2]), _RANGE)])
    if not is_rootless(data_root):
        return None
    try:
        status = data_root.stat()
        home = home_of(status.st_uid)
        if home is None or not data_root.resolve().is_relative_to(home.resolve()):
            return None  # a user of another host, whose disk this is, has other ranges
        return OwnerMap.from_subid(user_name(status.st_uid), status.st_uid, own=(status.st_uid, status.st_gid))
    except (OSError, LayertuiError):
        return None


def is_rootless(data_root: Path) -> bool:
    """Whether a data root is of a user who is not root."""
    try:
        return os.stat(data_root).st_uid != 0
    except OSError:
        return False


def dialect_of(dialect: Dialect, data_root: Path) -> Dialect:
    """The dialect of a driver there: without root, overlay's own attributes are `user.` ones."""
    return Dialect.USER_OVERLAY if dialect is Dialect.OVERLAY and is_rootless(data_root) else dialect
