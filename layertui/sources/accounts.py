"""Names of users and groups, and where a user's home is; systems without such accounts have none of them."""

import os
import sys
from pathlib import Path

if sys.platform != "win32":
    import grp
    import pwd


def user_name(uid: int) -> str:
    """What a user is called; empty for one that this system does not know, as on a disk of another host."""
    if sys.platform == "win32":
        return ""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return ""


def group_name(gid: int) -> str:
    """What a group is called; empty for one that this system does not know."""
    if sys.platform == "win32":
        return ""
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return ""


def home_of(uid: int | None = None) -> Path | None:
    """A user's home as the system has it, of this process's user where none is given; None where it has none."""
    if sys.platform == "win32":
        return None
    try:
        return Path(pwd.getpwuid(os.getuid() if uid is None else uid).pw_dir)
    except KeyError:
        return None
