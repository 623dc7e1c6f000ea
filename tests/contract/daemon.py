"""A daemon that tests start on private directories: how it comes up, and how nothing of it stays."""

import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

ENDS_WITHIN_S = 30
"""After this it is killed."""


class Daemon:
    """One process and its directory; leaving the `with` block ends the one and removes the other."""

    def __init__(self, prefix: str) -> None:
        """Make its directory."""
        # A socket's path may have 108 bytes, so it cannot lie in a test's own directory.
        self.directory = Path(tempfile.mkdtemp(prefix=prefix, dir="/tmp"))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, command: Sequence[str | Path], is_up: Callable[[], bool], within_s: float) -> None:
        """Start it and wait until it is up; raises RuntimeError with its last words where it does not come up."""
        log = self.directory / "log"
        with log.open("wb") as out:
            process = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
        self._process = process
        end_s = time.monotonic() + within_s
        while not is_up():
            if process.poll() is not None or time.monotonic() > end_s:
                words = log.read_text(errors="replace").strip().splitlines()
                self.close()
                raise RuntimeError(words[-1] if words else f"{command[0]} said nothing")
            time.sleep(0.05)  # it says nothing when it is ready

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def stop(self) -> None:
        """End it, and leave its directories as they are."""
        process = self._process
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(ENDS_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def close(self) -> None:
        """End it, and remove its directories."""
        self.stop()
        self.unmount()
        shutil.rmtree(self.directory, ignore_errors=True)

    def unmount(self) -> None:
        """Let go of what it left mounted: removing a mounted directory would follow into it."""
        with open("/proc/self/mountinfo") as mounts:
            points = [line.split()[4] for line in mounts]
        for point in reversed([point for point in points if point.startswith(f"{self.directory}/")]):
            subprocess.run(["umount", "-l", point], capture_output=True)
