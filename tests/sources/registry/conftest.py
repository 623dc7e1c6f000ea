"""Fixtures for tests of the registry's client."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.kit.certificates import Certificates, make_certificates
from tests.sources.registry.kit import Host
from tests.sources.registry.mock import Answer, MockRegistry


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """A host without any settings."""
    return Host(tmp_path)


@pytest.fixture
def mocks() -> "Iterator[Mocks]":
    """Starts mocks, and ends them."""
    started = Mocks()
    yield started
    for mock in started.all:
        mock.close()


class Mocks:
    """The mocks of one test."""

    def __init__(self) -> None:
        self.all: list[MockRegistry] = []

    def __call__(self, script: Mapping[str, Answer | list[Answer]], tls: Certificates | None = None) -> MockRegistry:
        mock = MockRegistry(script, tls.server() if tls is not None else None)
        self.all.append(mock)
        return mock


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """A private CA and a certificate of it."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host where nothing is waited for longer than a second."""
    monkeypatch.setenv("LAYERTUI_REGISTRY_TIMEOUT_S", "1")
    monkeypatch.setenv("LAYERTUI_REGISTRY_RETRY_S", "1")
