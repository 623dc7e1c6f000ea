"""A containerd of our own, on private directories and a private socket."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

from tests.contract.test_oracles import run

STARTS_WITHIN_S = 30
"""It is up in half a second; on a slow machine in some more."""

CONFIG = """version = 2
disabled_plugins = ["io.containerd.grpc.v1.cri"]
"""
"""Kubernetes' plugin wants networks; names as it gives them can be given without it."""


def why_not() -> str | None:
    """Why no containerd can be started here; None where one can be tried."""
    if os.geteuid() != 0:
        return "only root can start containerd"
    missing = [name for name in ("containerd", "ctr") if shutil.which(name) is None]
    return f"{' and '.join(missing)} not installed" if missing else None


class Containerd:
    """The daemon; leaving the `with` block ends it and removes its directories."""

    def __init__(self) -> None:
        """Start it; raises RuntimeError with its last words where it does not come up."""
        # A socket's path may have 108 bytes, so it cannot lie in a test's own directory.
        self.directory = Path(tempfile.mkdtemp(prefix="lt-ctrd-", dir="/tmp"))
        self.root = self.directory / "root"
        self.socket = self.directory / "ctrd.sock"
        (self.directory / "config.toml").write_text(CONFIG)
        command = ["containerd", "--config", self.directory / "config.toml", "--root", self.root]
        command += ["--state", self.directory / "state", "--address", self.socket]
        with (self.directory / "log").open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        end_s = time.monotonic() + STARTS_WITHIN_S
        while subprocess.run(["ctr", "-a", self.socket, "version"], capture_output=True).returncode:
            if self._process.poll() is not None or time.monotonic() > end_s:
                words = (self.directory / "log").read_text(errors="replace").strip().splitlines()
                self.close()
                raise RuntimeError(words[-1] if words else "containerd said nothing")
            time.sleep(0.05)  # it says nothing when it is ready

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ctr(self, *words: object, namespace: str = "default") -> str:
        """One command of the client."""
        return run("ctr", "-a", self.socket, "-n", namespace, *words)

    def names(self, namespace: str = "default") -> list[str]:
        """Names of the images in a namespace, as the client prints them."""
        return self.ctr("images", "ls", "-q", namespace=namespace).split()

    def upper(self, key: str, namespace: str = "default") -> Path:
        """The directory of a container's own files, as the mount that containerd prints names it."""
        mount = self.ctr("snapshots", "mounts", "/mnt", key, namespace=namespace)
        return Path(mount.partition("upperdir=")[2].partition(",")[0].strip())

    def close(self) -> None:
        """End it, and remove its directories."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)
