"""Addresses that are shown."""

import pytest

from layertui.image.address import without_secrets


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("DOCKER_HOST=ssh://me:p@ss/w@host:22/run", "DOCKER_HOST=ssh://***@host:22/run"),
        ("tcp://token@box, then unix:///run/d.sock", "tcp://***@box, then unix:///run/d.sock"),
        ("unix:///run/me@home/d.sock", "unix:///run/me@home/d.sock"),
        ("someone@example.com", "someone@example.com"),
        ("ssh://USER@HOST/PATH", "ssh://USER@HOST/PATH"),
        ("ssh://me@host:22", "ssh://me@host:22"),
        ("DOCKER_HOST=me:secret@box:1", "DOCKER_HOST=***@box:1"),
        ("bad bind address: me:se:cret@box:1.", "bad bind address: ***@box:1."),
        ("api:1.4@sha256:ab12", "api:1.4@sha256:ab12"),
        ("context me@box -> /run/docker.sock", "context me@box -> /run/docker.sock"),
        ("ssh://a@b@host", "ssh://***@host"),
    ],
)
def test_users_and_passwords_are_gone(text: str, shown: str) -> None:
    assert without_secrets(text) == shown
