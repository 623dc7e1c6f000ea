"""Names of users and groups: what the system does not know has none."""

import os
import pwd
from pathlib import Path

from layertui.sources.accounts import group_name, home_of, user_name

NOBODY_HAS_IT = 3_999_999_999


def test_names() -> None:
    own = pwd.getpwuid(os.getuid())
    assert user_name(os.getuid()) == own.pw_name
    assert group_name(0) in ("root", "wheel")
    assert (user_name(NOBODY_HAS_IT), group_name(NOBODY_HAS_IT)) == ("", "")


def test_homes() -> None:
    own = pwd.getpwuid(os.getuid())
    assert home_of() == home_of(os.getuid()) == Path(own.pw_dir)
    assert home_of(NOBODY_HAS_IT) is None
