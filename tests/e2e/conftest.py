"""What several tests of a real terminal share."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.archives import busy_archive
from tests.e2e.sshd import Sshd, missing


@pytest.fixture(scope="session")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """100,000 entries that are read at once, and two layers that take a minute."""
    return busy_archive(tmp_path_factory.mktemp("busy") / "busy.tar")


@pytest.fixture(scope="session")
def sshd() -> Iterator[Sshd]:
    """A real sshd, for all tests that want one."""
    if why := missing():
        pytest.skip(why)
    with Sshd() as running:
        yield running


@pytest.fixture
def far(tmp_path: Path) -> dict[str, str]:
    """Variables of the far side: its processes can be told by them, and they keep nothing in the caller's home."""
    homes = dict.fromkeys(("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"), str(tmp_path))
    return {"FAR_SIDE": f"{os.getpid()}-{tmp_path.name}", **homes}
