"""A Docker engine of our own, on private directories and a private socket."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.contract.daemon import Daemon
from tests.contract.test_oracles import run

STARTS_WITHIN_S = 60
"""An engine is up in seconds; on a slow machine in some more."""


def why_not() -> str | None:
    """Why no engine can be started here; None where one can be tried."""
    if os.geteuid() != 0:
        return "only root can start a Docker engine"
    missing = [name for name in ("dockerd", "docker") if shutil.which(name) is None]
    return f"{' and '.join(missing)} not installed" if missing else None


class Dockerd(Daemon):
    """The engine; it ends what it started itself.

    `host` is for DOCKER_HOST, `socket` its path; `data_root` has its books and layers, readable while it runs.
    `docker()` runs one command of the client, `build()` the classic builder, `import_tar()` makes a base image.
    `stop()` ends it and leaves the data root as it is, as a host that was switched off.
    """

    def __init__(self, *options: str, storage_driver: str = "overlay2") -> None:
        """Start it, with further options; raises RuntimeError with its last words where it does not come up."""
        super().__init__("lt-docker-")
        self.socket = self.directory / "docker.sock"
        self.host = f"unix://{self.socket}"
        self.data_root = self.directory / "root"
        command = ["dockerd", "--iptables=false", "--ip6tables=false", "--bridge=none", "-H", self.host]
        for option, name in (("--data-root", "root"), ("--exec-root", "exec"), ("--pidfile", "pid")):
            command += [option, str(self.directory / name)]
        command += ["--storage-driver", storage_driver, *options]
        asked = ["docker", "-H", self.host, "version"]
        self.start(command, lambda: not subprocess.run(asked, capture_output=True).returncode, STARTS_WITHIN_S)

    def docker(self, *words: object) -> str:
        """One command of the client."""
        return run("docker", "-H", self.host, *words)

    def build(self, context: Path, tag: str) -> None:
        """Build an image with the classic builder, without a network."""
        environment = {**os.environ, "DOCKER_BUILDKIT": "0"}
        command = ["docker", "-H", self.host, "build", "--network", "none", "-q", "-t", tag, str(context)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr

    def import_tar(self, archive: Path, tag: str) -> None:
        """Make an image of one layer from a tar."""
        self.docker("import", archive, tag)
