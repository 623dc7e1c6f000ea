"""What several tests of a real terminal share."""

from pathlib import Path

import pytest

from tests.e2e.archives import busy_archive


@pytest.fixture(scope="session")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """100,000 entries that are read at once, and two layers that take a minute."""
    return busy_archive(tmp_path_factory.mktemp("busy") / "busy.tar")
