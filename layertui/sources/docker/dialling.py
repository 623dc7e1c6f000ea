"""Connections of our own to an engine: a Unix socket, or the ssh program; and a way to cut them from outside."""

import os
import shlex
import socket
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from typing import IO
from urllib.parse import urlsplit

from layertui.errors import LayertuiError, UnreachableError
from layertui.sources.docker.endpoint import Endpoint

Dial = Callable[[], socket.socket]
"""Opens a connection."""

_SSH_WORDS_BYTES = 2000
"""How much of what ssh complains about is kept."""


class Lines:
    """The open connections of one session, so that another thread can cut them."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._sockets: list[socket.socket] = []
        self._processes: list[subprocess.Popen[bytes]] = []
        self._words: IO[bytes] | None = None
        self._cut = False

    def add(self, line: socket.socket) -> None:
        """Remember a connection; one that comes after the cut is cut at once."""
        with self._lock:
            self._sockets.append(line)
            if self._cut:
                _shut(line)

    def add_process(self, process: subprocess.Popen[bytes], words: IO[bytes]) -> None:
        """Remember the program behind a connection, and the file that its complaints go to."""
        with self._lock:
            self._processes.append(process)
            self._words = words

    def said(self) -> str:
        """The last line that a program complained with; empty where none did."""
        if self._words is None:
            return ""
        with suppress(OSError, ValueError):
            self._words.seek(0)
            lines = self._words.read(_SSH_WORDS_BYTES).decode("utf-8", "replace").strip().splitlines()
            return lines[-1].strip() if lines else ""
        return ""

    def cut(self) -> None:
        """End all connections: whoever waits on one gets an error."""
        with self._lock:
            self._cut = True
            for line in self._sockets:
                _shut(line)
            for process in self._processes:
                if process.poll() is None:
                    process.terminate()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(1)


def _shut(line: socket.socket) -> None:
    with suppress(OSError):  # it may be closed already
        line.shutdown(socket.SHUT_RDWR)


def unix_dial(endpoint: Endpoint, timeout_s: float, lines: Lines) -> Dial:
    """Connects to a socket of this host; what that raises is an OSError."""
    path = str(endpoint.socket)

    def dial() -> socket.socket:
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            line.settimeout(timeout_s)
            line.connect(path)
        except BaseException:
            line.close()
            raise
        lines.add(line)
        return line

    return dial


def ssh_command(endpoint: Endpoint, timeout_s: float) -> list[str]:
    """How ssh reaches an engine: Docker's client there passes the bytes on (docker/cli, connhelper).

    Without questions: ssh would ask on the terminal that the screen is drawn on. Raises UnreachableError.
    """
    try:
        url = urlsplit(endpoint.host)
        port = url.port
    except ValueError as problem:
        raise UnreachableError(f"{endpoint.shown} is no address: {problem}.", "Use ssh://USER@HOST:PORT.") from problem
    if not url.hostname or url.password or url.query or url.fragment:
        raise UnreachableError(f"{endpoint.shown} is no address for ssh.", "Use ssh://USER@HOST:PORT, no password.")
    command = ["ssh", "-T", "-o", "BatchMode=yes", "-o", f"ConnectTimeout={max(1, round(timeout_s))}"]
    if url.username:
        command += ["-l", url.username]
    if port:
        command += ["-p", str(port)]
    client = ["docker", *(["--host", f"unix://{url.path}"] if url.path.strip("/") else []), "system", "dial-stdio"]
    return [*command, "--", url.hostname, shlex.join(client)]


def ssh_dial(endpoint: Endpoint, timeout_s: float, lines: Lines) -> Dial:
    """Starts ssh, and talks to the engine through it; raises UnreachableError where it does not start."""
    command = ssh_command(endpoint, timeout_s)

    def dial() -> socket.socket:
        ours, theirs = socket.socketpair()
        words = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the connection
        try:
            process = subprocess.Popen(
                command, stdin=theirs.fileno(), stdout=theirs.fileno(), stderr=words, start_new_session=True
            )
        except OSError as problem:
            ours.close()
            words.close()
            raise _no_ssh(endpoint, problem) from problem
        finally:
            theirs.close()
        ours.settimeout(timeout_s)
        lines.add(ours)
        lines.add_process(process, words)
        return ours

    return dial


def _no_ssh(endpoint: Endpoint, problem: OSError) -> LayertuiError:
    return UnreachableError(
        f"{endpoint.shown} needs the program ssh, which does not start: {os.strerror(problem.errno or 0).lower()}.",
        "Install an ssh client (Debian: openssh-client).",
    )
