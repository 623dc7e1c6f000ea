"""A Docker engine of our own, on private directories and a private socket."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

from tests.contract.test_oracles import run

STARTS_WITHIN_S = 60
"""An engine is up in seconds; on a slow machine in some more."""


def why_not() -> str | None:
    """Why no engine can be started here; None where one can be tried."""
    if os.geteuid() != 0:
        return "only root can start a Docker engine"
    missing = [name for name in ("dockerd", "docker") if shutil.which(name) is None]
    return f"{' and '.join(missing)} not installed" if missing else None


class Dockerd:
    """The engine; leaving the `with` block ends it and what it started, and removes its directories.

    `host` is for DOCKER_HOST, `socket` its path; `data_root` has its books and layers, readable while it runs.
    `docker()` runs one command of the client, `build()` the classic builder, `import_tar()` makes a base image.
    `stop()` ends it and leaves the data root as it is, as a host that was switched off.
    """

    def __init__(self, *options: str, storage_driver: str = "overlay2") -> None:
        """Start it, with further options; raises RuntimeError with its last words where it does not come up."""
        # A socket's path may have 108 bytes, so it cannot lie in a test's own directory.
        self._directory = Path(tempfile.mkdtemp(prefix="lt-docker-", dir="/tmp"))
        self.socket = self._directory / "docker.sock"
        self.host = f"unix://{self.socket}"
        self.data_root = self._directory / "root"
        log = (self._directory / "log").open("wb")
        command = ["dockerd", "--iptables=false", "--ip6tables=false", "--bridge=none", "-H", self.host]
        for option, name in (("--data-root", "root"), ("--exec-root", "exec"), ("--pidfile", "pid")):
            command += [option, str(self._directory / name)]
        command += ["--storage-driver", storage_driver, *options]
        self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        log.close()
        end_s = time.monotonic() + STARTS_WITHIN_S
        while subprocess.run(["docker", "-H", self.host, "version"], capture_output=True).returncode:
            if self._process.poll() is not None or time.monotonic() > end_s:
                words = (self._directory / "log").read_text(errors="replace").strip().splitlines()
                self.close()
                raise RuntimeError(words[-1] if words else "dockerd said nothing")
            time.sleep(0.1)  # it says nothing when it is ready

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

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

    def stop(self) -> None:
        """End it; it ends its containers and its containerd itself."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def close(self) -> None:
        """End it, and remove its directories."""
        self.stop()
        self._unmount()
        shutil.rmtree(self._directory, ignore_errors=True)

    def _unmount(self) -> None:
        """Let go of what a killed engine left mounted: removing a mounted layer would follow into it."""
        with open("/proc/self/mountinfo") as mounts:
            points = [line.split()[4] for line in mounts]
        for point in reversed([point for point in points if point.startswith(f"{self._directory}/")]):
            subprocess.run(["umount", "-l", point], capture_output=True)
