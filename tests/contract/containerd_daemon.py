"""A containerd of our own, on private directories and a private socket."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.contract.daemon import Daemon
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


class Containerd(Daemon):
    """The daemon."""

    def __init__(self) -> None:
        """Start it; raises RuntimeError with its last words where it does not come up."""
        super().__init__("lt-ctrd-")
        self.root = self.directory / "root"
        self.socket = self.directory / "ctrd.sock"
        (self.directory / "config.toml").write_text(CONFIG)
        command = ["containerd", "--config", self.directory / "config.toml", "--root", self.root]
        command += ["--state", self.directory / "state", "--address", self.socket]
        asked = ["ctr", "-a", self.socket, "version"]
        self.start(command, lambda: not subprocess.run(asked, capture_output=True).returncode, STARTS_WITHIN_S)

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
