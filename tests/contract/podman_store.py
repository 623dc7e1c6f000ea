"""Stores of Podman on private directories, root's or a user's made for it, and Podman's service on a private socket."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

STARTS_WITHIN_S = 30
"""The service is up in less than a second; on a slow machine in some more."""

COMMAND_TIMEOUT_S = 120
"""Nothing that is asked of Podman here takes longer than a few seconds."""


def why_not() -> str | None:
    """Why no store can be made here; None where one can be tried."""
    if os.geteuid() != 0:
        return "only root can keep a store of every owner's files"
    return None if shutil.which("podman") else "podman is not installed"


def why_not_rootless() -> str | None:
    """Why no user's store can be made here; None where one can be tried."""
    missing = [name for name in ("useradd", "userdel", "newuidmap", "setpriv") if shutil.which(name) is None]
    return why_not() or (
        f"{' and '.join(missing)} not installed (Debian: passwd, uidmap, util-linux)" if missing else None
    )


class User:
    """A user of this system with subordinate IDs and an own home; leaving the `with` block removes both."""

    def __init__(self) -> None:
        """Make it; raises RuntimeError where that fails."""
        self.directory = Path(tempfile.mkdtemp(prefix="lt-user-", dir="/tmp"))
        self.name = f"ltui{os.getpid()}"
        # Its home is below a directory of root's, which it may pass through.
        self.directory.chmod(0o711)
        self.home = self.directory / "home"
        done = subprocess.run(["useradd", "-m", "-d", self.home, self.name], capture_output=True, text=True)
        if done.returncode:
            shutil.rmtree(self.directory, ignore_errors=True)
            raise RuntimeError(done.stderr.strip() or "useradd failed")
        known = pwd.getpwnam(self.name)
        self.uid, self.gid = known.pw_uid, known.pw_gid
        self.runtime = self.directory / "run"
        self.runtime.mkdir(mode=0o700)
        os.chown(self.runtime, self.uid, self.gid)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def environ(self) -> dict[str, str]:
        """What a login would set."""
        return {"HOME": str(self.home), "PATH": os.environ["PATH"], "XDG_RUNTIME_DIR": str(self.runtime)}

    @property
    def words(self) -> list[str]:
        """What stands before a command that the user is to run."""
        return ["setpriv", "--reuid", str(self.uid), "--regid", str(self.gid), "--clear-groups"]

    def close(self) -> None:
        """End the process that holds its namespace, and remove it with all that it has."""
        for note in self.directory.rglob("pause.pid"):
            with suppress(OSError, ValueError):
                process_id = int(note.read_text())
                if os.stat(f"/proc/{process_id}").st_uid == self.uid:
                    os.kill(process_id, signal.SIGKILL)
        _unmount_below(self.directory)
        end_s = time.monotonic() + 10
        while subprocess.run(["userdel", self.name], capture_output=True).returncode == 8 and time.monotonic() < end_s:
            time.sleep(0.05)  # its last process is still ending
        shutil.rmtree(self.directory, ignore_errors=True)


class PodmanStore:
    """A store; leaving the `with` block ends what runs on it and removes its directories."""

    def __init__(self, driver: str = "overlay", options: Sequence[str] = (), user: User | None = None) -> None:
        self.user = user
        if user is None:
            # Podman refuses a run root of more than 50 characters.
            self.directory = Path(tempfile.mkdtemp(prefix="lt-podman-", dir="/tmp"))
        else:
            self.directory = Path(tempfile.mkdtemp(prefix="s", dir=user.directory))
            os.chown(self.directory, user.uid, user.gid)
        self.root = self.directory / "root"
        """The graph root."""
        self.driver = driver
        self._command = ["podman", "--root", str(self.root), "--runroot", str(self.directory / "run")]
        self._command += ["--tmpdir", str(self.directory / "tmp"), "--events-backend", "none"]
        self._command += ["--cgroup-manager", "cgroupfs", "--storage-driver", driver]
        for option in options:
            self._command += ["--storage-opt", option]
        self._service: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def podman(self, *words: object) -> str:
        """One command of Podman on this store, as its owner; the last line that it printed."""
        return self.lines(*words)[-1]

    def lines(self, *words: object) -> list[str]:
        """The same, with all lines that it printed."""
        return self._run([*self._command, *map(str, words)])

    def inside(self, script: str) -> None:
        """A shell script in the namespace where the store's owners are as containers see them; `$P` is Podman."""
        shell = ["sh", "-euc", f'P="{" ".join(self._command)}"\n{script}']
        self._run(shell if self.user is None else [*self._command, "unshare", *shell])

    def _run(self, command: Sequence[str]) -> list[str]:
        user = self.user
        done = subprocess.run(
            [*(user.words if user else ()), *command],
            cwd=self.directory,
            env=user.environ if user else None,
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT_S,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip().split("\n")

    def load(self, archive: bytes) -> None:
        """Load an archive as `docker save` writes it."""
        path = self.directory / "load.tar"
        path.write_bytes(archive)
        self.podman("load", "-q", "-i", path)
        path.unlink()

    def build(self, context: Path, tag: str) -> None:
        """Build an image of a directory with a Dockerfile that runs nothing."""
        self.podman("build", "-q", "-t", tag, context)

    def serve(self) -> str:
        """Start the service; returns what CONTAINER_HOST would be. Raises RuntimeError where it does not come up."""
        socket = self.directory / "podman.sock"
        log = (self.directory / "service.log").open("wb")
        command = [*self._command, "system", "service", "--time", "0", f"unix://{socket}"]
        self._service = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        log.close()
        end_s = time.monotonic() + STARTS_WITHIN_S
        while not socket.exists():
            if self._service.poll() is not None or time.monotonic() > end_s:
                words = (self.directory / "service.log").read_text(errors="replace").strip().splitlines()
                raise RuntimeError(words[-1] if words else "podman system service said nothing")
            time.sleep(0.05)  # it says nothing when it is ready
        return f"unix://{socket}"

    def close(self) -> None:
        """End the service, and remove the store with its mounts."""
        if self._service is not None and self._service.poll() is None:
            self._service.terminate()
            try:
                self._service.wait(10)
            except subprocess.TimeoutExpired:
                self._service.kill()
                self._service.wait()
        if self.user is not None:
            return  # goes with the user, whose namespace has the mounts
        _unmount_below(self.directory)
        shutil.rmtree(self.directory, ignore_errors=True)


def _unmount_below(directory: Path) -> None:
    """Take off every mount that is left below a directory, the innermost first."""
    mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for mount in reversed(mounts):
        if mount.startswith(f"{directory}/"):
            subprocess.run(["umount", "-l", mount], capture_output=True)
