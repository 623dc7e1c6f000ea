"""Credential helpers: programs that keep what somebody logs in with (docker-credential-helpers)."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from threading import Timer

import msgspec

from layertui.errors import DamagedError, UnreachableError
from layertui.image.document import decode
from layertui.sources.registry.secret import Credential, Secret

HELPER_S = 30.0
"""How long a helper may take: it may ask the person to unlock a keyring, in a window of its own."""

_NAME = re.compile(r"[a-z0-9-]+")
"""What a helper can be called: its name becomes that of a program (CVE-2021-41092)."""

_ANSWER_BYTES = 64 << 10
"""More than any token has."""

_NOT_THERE = b"credentials not found"
"""What a helper says on standard output where it has none."""

_TOKEN_USER = "<token>"
"""The user's name that marks an identity token (docker/cli)."""


class _Answer(msgspec.Struct):
    Username: str = ""
    Secret: str = ""


def ask_helper(name: str, server: str, environ: Mapping[str, str], timeout_s: float = HELPER_S) -> Credential | None:
    """What a helper keeps for a server; None where it keeps nothing for it.

    Started with an argument vector and no shell. What it says is never repeated: it may be the secret. Raises
    DamagedError for a name that cannot be a helper's and for an answer that is none, UnreachableError otherwise.
    """
    if not _NAME.fullmatch(name):
        raise DamagedError(
            f"'{name}' is no name of a credential helper: it may have small letters, digits and dashes.",
            "Correct credsStore or credHelpers in config.json.",
        )
    program = f"docker-credential-{name}"
    path = shutil.which(program, path=environ.get("PATH"))
    if path is None:
        raise UnreachableError(
            f"{program}, which config.json names, is not installed.", "Install it, or correct config.json."
        )
    output, status = _run([path, "get"], server, environ, timeout_s)
    if status is None:
        raise UnreachableError(
            f"{program} gave no answer within {timeout_s:g} s.", f"See what it waits for: {program} list"
        )
    if status != 0:
        if _NOT_THERE in output:
            return None
        raise UnreachableError(f"{program} failed with exit code {status}.", f"See why: {program} list")
    where = f"The answer of {program}"
    try:
        answer = decode(output, _Answer, where)
    except DamagedError:
        # Its own sentence may quote what was answered.
        raise DamagedError(f"{where} is not as docker-credential-helpers define it.", "Update it.") from None
    if answer.Username == _TOKEN_USER:
        return Credential(program, identity_token=Secret(answer.Secret))
    return Credential(program, answer.Username, Secret(answer.Secret))


def _run(command: list[str], text: str, environ: Mapping[str, str], timeout_s: float) -> tuple[bytes, int | None]:
    """Output, cut where it is too long, and exit code; None where the time was up."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(environ),
            start_new_session=True,
        )
    except (OSError, ValueError) as problem:
        raise UnreachableError(f"{command[0]} does not start.", "Check who may execute it.") from problem
    late = False

    def end() -> None:
        nonlocal late
        late = True
        _kill(process.pid)

    timer = Timer(timeout_s, end)
    timer.start()
    try:
        assert process.stdin is not None, "it is a pipe"
        assert process.stdout is not None, "it is a pipe"
        with suppress(OSError), process.stdin:
            process.stdin.write(text.encode())
        with process.stdout:
            output = process.stdout.read(_ANSWER_BYTES)
            if len(output) == _ANSWER_BYTES:  # before the pipe closes, which might end it another way
                _kill(process.pid)
        status = process.wait()
    finally:
        timer.cancel()
    return output, None if late else status


def _kill(pid: int) -> None:
    """End a helper with whatever it started, which may hold its output open."""
    with suppress(OSError):
        os.killpg(pid, signal.SIGKILL)
