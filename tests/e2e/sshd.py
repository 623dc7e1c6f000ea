"""A real sshd of our own: on 127.0.0.1, with its own keys and a private directory, and what runs behind it."""

import os
import pwd
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tests.contract.daemon import Daemon
from tests.e2e.terminal import CHECKOUT

UP_WITHIN_S = 10
"""So long it may take until it listens."""

PRIVILEGES = Path("/run/sshd")
"""An empty directory without which an sshd that root starts ends at once (sshd(8), FILES)."""

SENT = ("COLORTERM", "FAR_SIDE", "LANG", "NO_COLOR", "PAGER", "PYTHONPATH", "SCREENDIR", "XDG_*")
"""Variables that ssh takes to the other side, besides TERM."""

CONFIG = """
Port {port}
ListenAddress 127.0.0.1
HostKey {home}/host
AuthorizedKeysFile {home}/key.pub
PidFile none
UsePAM no
PermitRootLogin prohibit-password
PasswordAuthentication no
# The directory is ours alone, but it lies in one that all may write to.
StrictModes no
AcceptEnv {sent}
# Many come at once.
MaxStartups 100
PrintMotd no
PrintLastLog no
"""


def missing() -> str:
    """Why no sshd can run here, in words; empty where one can."""
    wanting = [name for name in ("ssh", "sshd", "ssh-keygen") if _program(name) is None]
    if wanting:
        return f"{', '.join(wanting)}: not installed"
    if os.getuid() == 0:
        try:
            pwd.getpwnam("sshd")
        except KeyError:
            return "there is no user sshd, without which root cannot start one"
    return ""


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")


class Sshd(Daemon):
    """It lets in whoever runs the tests, by a key that is made for it."""

    def __init__(self) -> None:
        """Make the keys, and start it."""
        super().__init__("lt-ssh-")
        self._makes_directory = os.getuid() == 0 and not PRIVILEGES.exists()
        if self._makes_directory:
            PRIVILEGES.mkdir(mode=0o755)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        for name in ("host", "key"):
            command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.directory / name)]
            subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        (self.directory / "known").write_text(f"layertui-test {(self.directory / 'host.pub').read_text()}")
        config = self.directory / "config"
        config.write_text(CONFIG.format(port=self.port, home=self.directory, sent=" ".join(SENT)))
        self.start([str(_program("sshd")), "-D", "-e", "-f", config], self._listens, UP_WITHIN_S)

    def _listens(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def unmount(self) -> None:
        """Let go of the directory that it needed, too."""
        super().unmount()
        if self._makes_directory:
            with suppress(OSError):
                PRIVILEGES.rmdir()

    def ssh(self, *words: str, port: int | None = None) -> list[str]:
        """The command line that runs a command over there in a terminal, by `port` where something stands between."""
        options = {
            "UserKnownHostsFile": self.directory / "known",
            "HostKeyAlias": "layertui-test",
            "StrictHostKeyChecking": "yes",
            "IdentityFile": self.directory / "key",
            "IdentitiesOnly": "yes",
            "BatchMode": "yes",
            "SendEnv": " ".join(SENT),
            "Port": port or self.port,
        }
        there = f"cd {shlex.quote(str(CHECKOUT))} && exec {shlex.join(words)}"
        chosen = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        return [str(_program("ssh")), "-F", "none", "-tt", "-e", "none", *chosen, "127.0.0.1", there]

    @property
    def children(self) -> list[int]:
        """The processes of it that serve a connection."""
        assert self._process is not None
        return _descendants(self._process.pid, "sshd")


def _descendants(parent: int, name: str) -> list[int]:
    """Processes of a name that come from another, however far down."""
    found = []
    for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
        with suppress(OSError):
            if Path(f"/proc/{child}/comm").read_text().strip().startswith(name):
                found += [int(child), *_descendants(int(child), name)]
    return found


def far_side(name: str) -> dict[int, Mapping[str, str]]:
    """Processes that ssh started with FAR_SIDE of this name, and all that come from them, with their environments."""
    found: dict[int, Mapping[str, str]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                pairs = (entry / "environ").read_bytes().decode(errors="replace").split("\0")
                environ = {key: text for key, _, text in (pair.partition("=") for pair in pairs)}
                alive = (entry / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
                if environ.get("FAR_SIDE") == name and "SSH_CONNECTION" in environ and alive:
                    found[int(entry.name)] = environ
    return found


def layertuis(name: str) -> list[int]:
    """Those of them that are the program itself."""
    found = []
    for process in far_side(name):
        with suppress(OSError):
            words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
            if words[0] == os.fsencode(sys.executable) and words[1:3] == [b"-m", b"layertui"]:
                found.append(process)
    return found
