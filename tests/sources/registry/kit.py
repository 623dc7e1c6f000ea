"""What tests of the registry's client need beside a mock: files of credentials, a client of a mock."""

import base64
import json
from dataclasses import dataclass
from pathlib import Path

from layertui.sources.registry.client import RegistryClient
from layertui.sources.registry.names import parse_name
from layertui.sources.registry.settings import read_settings

USER, PASSWORD = "jane", "s3cret-passw0rd"

LAYER = bytes(range(256)) * 1024
"""A blob of 256 KiB."""

MANIFEST = json.dumps({"schemaVersion": 2, "config": {}, "layers": []}).encode()


@dataclass(frozen=True)
class Host:
    """A host of our own: its home and its root directory, both empty at first."""

    directory: Path

    @property
    def environ(self) -> dict[str, str]:
        return {"HOME": str(self.directory / "home"), "PATH": str(self.directory / "bin")}

    def write(self, path: str, text: str | bytes) -> Path:
        """A file below its root; what is below `home/` belongs to the person."""
        file = self.directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return file

    def log_in(self, host: str, user: str = USER, password: str = PASSWORD, path: str = "home/.docker/config.json"):
        """What `docker login` leaves."""
        return self.write(path, json.dumps({"auths": {host: {"auth": encoded(user, password)}}}))

    def client(self, name: str, authfile: Path | None = None, **environ: str) -> RegistryClient:
        """A client that sees this host and no other."""
        both = {**self.environ, **environ}
        parsed = parse_name(name)
        settings = read_settings(both, system=self.directory)
        settings.endpoints(parsed.repository)
        return RegistryClient(parsed, settings, both, authfile, system=self.directory)


def encoded(user: str, password: str) -> str:
    return base64.b64encode(f"{user}:{password}".encode()).decode()


BASIC = f"Basic {encoded(USER, PASSWORD)}"
