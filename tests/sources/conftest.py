"""Fixtures for tests of sources."""

from pathlib import Path

import pytest

from layertui.sources.resolve import Opened, open_reference
from tests.kit.images import outer_tar
from tests.sources.layouts import Open, write


@pytest.fixture
def _host_is_amd64(monkeypatch: pytest.MonkeyPatch) -> None:
    """The host's platform is linux/amd64, whatever it really is."""
    monkeypatch.setattr("platform.machine", lambda: "x86_64")


@pytest.fixture(params=["directory", "archive"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Opens the files of a layout as a directory, and as an archive."""

    def open_it(files: dict[str, bytes], reference: str = "", platform: str | None = None) -> Opened:
        path = tmp_path / "image"
        if request.param == "archive":
            path.write_bytes(outer_tar(dict(files)))
        else:
            write(path, files)
        return open_reference(f"{path}{reference}", platform)

    return open_it
