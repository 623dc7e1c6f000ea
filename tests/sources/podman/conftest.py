"""Fixtures for tests of Podman's stores."""

import pytest

from tests.kit.docker import docker_archive
from tests.kit.polite import polite_image


@pytest.fixture(scope="session")
def archive() -> bytes:
    """The polite image as a docker-archive."""
    return docker_archive([polite_image()])
