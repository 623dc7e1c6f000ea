"""What the command line writes: data on stdout, errors on stderr, all of it safe for a terminal."""

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, NoReturn

from layertui.errors import LayertuiError, PartialResultError
from layertui.present.safetext import safe, safe_json


def print_lines(lines: Iterable[str]) -> None:
    """Print lines of safe text, many at a time."""
    batch: list[str] = []
    for line in lines:
        batch.append(line)
        if len(batch) >= 2_000:
            write(("\n".join(batch) + "\n").encode("utf-8", "backslashreplace"))
            batch.clear()
    if batch:
        write(("\n".join(batch) + "\n").encode("utf-8", "backslashreplace"))


def print_json(value: dict[str, Any]) -> None:
    """Print one JSON object on a line of its own."""
    write(_json_text(value).encode() + b"\n")


def _json_text(value: dict[str, Any]) -> str:
    import msgspec  # only where JSON is asked for: the screen comes up sooner

    try:
        data = msgspec.json.encode(value)
    except UnicodeEncodeError:  # a file's name that is not UTF-8, in a reference or a message
        from layertui.present.report import without_surrogates

        data = msgspec.json.encode(without_surrogates(value))
    return safe_json(data.decode())


def write(data: bytes) -> None:
    """Write bytes to stdout; raises BrokenPipeError when the reader went away, PartialResultError when it is full."""
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as problem:
        drop_stdout()
        raise PartialResultError(f"The output cannot be written: {problem.strerror}.") from problem


def drop_stdout() -> None:
    """Send what is left to nowhere: Python would write it, and complain again, while it shuts down."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_error(error: LayertuiError) -> None:
    """Print an error on stderr: what happened, then what to do, both safe for a terminal."""
    for line in error.lines:
        print(f"layertui: {safe(line)}", file=sys.stderr)
    if error.hint:
        print(f"  {safe(error.hint)}", file=sys.stderr)


def fail(error: LayertuiError, as_json: bool) -> NoReturn:
    """Say what went wrong, on stderr, and end the process with its exit code."""
    if as_json:
        from layertui.present.report import error_json

        print(_json_text(error_json(error)), file=sys.stderr)
    else:
        print_error(error)
    sys.exit(error.exit_code)
