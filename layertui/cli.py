"""The entry point: which way a command line goes, and the exit code that it ends with."""

import gc
import os
import sys

from layertui import __version__
from layertui.console import drop_stdout, fail
from layertui.errors import Cancelled, LayertuiError

INTERRUPTED = 130
"""The exit code after Ctrl+C."""

HELP = frozenset({"--help", "-h", "--version"})
"""At the end of a command line: what asks for no more than a text."""

WITHOUT_CONFIG = HELP | {"config", "completion", "man", "_complete"}
"""What a config that is wrong does not stand in the way of."""

COMMANDS = frozenset(
    {
        *("ls", "layers", "inspect", "files", "which", "find", "diff", "extract", "cat", "pull"),
        *("doctor", "config", "completion", "man"),
    }
)
"""Words that are commands; anything else that stands alone is a reference to open."""


def _run(arguments: list[str]) -> None:
    """Show this host, or one or two references that stand alone, at once; all else is for the parser: it takes longer.

    Until the first frame nothing is looked through for garbage: almost all that a start makes stays, and to find that
    out again and again took a sixth of the time.
    """
    if not (WITHOUT_CONFIG.intersection(arguments[:1]) or HELP.intersection(arguments[-1:])):
        _take_config()
    if not arguments:
        gc.disable()
        from layertui.showing import show_host

        show_host()
    elif len(arguments) <= 2 and not any(map(_is_word, arguments)):
        gc.disable()
        from layertui import showing

        if len(arguments) == 2:
            showing.show_two(*arguments)
            return
        showing.show(arguments[0])
    else:
        from layertui.commands_settings import run

        run(arguments)


def _take_config() -> None:
    """Let config.toml say what the environment leaves out; without one nothing is imported for it."""
    from layertui.settings.places import config_path

    if os.path.lexists(config_path(os.environ)):
        from layertui.settings.effective import fill

        fill(os.environ)


def _is_word(argument: str) -> bool:
    """Whether an argument is for the parser: an option, or a command."""
    return argument.startswith("-") or argument in COMMANDS or argument in WITHOUT_CONFIG


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and end the process with one of the documented exit codes."""
    given = sys.argv[1:] if arguments is None else arguments
    as_json = "--json" in given
    # A stream that was closed before we started is None, and a file opened later would take its place.
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    try:
        _run(given)
    except LayertuiError as error:
        fail(error, as_json)
    except (KeyboardInterrupt, Cancelled):
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # The reader went away, as head(1) does: nothing is wrong.
        drop_stdout()
        sys.exit(0)
    except SystemExit as end:
        # What prints the help ends the process itself when its reader has gone.
        sys.exit(0 if isinstance(end.__context__, BrokenPipeError) else end.code)
    except Exception as error:  # the last line of defence: a traceback would print what came out of a file
        frame = error.__traceback__
        while frame is not None and frame.tb_next is not None:
            frame = frame.tb_next
        where = f"{os.path.basename(frame.tb_frame.f_code.co_filename)}:{frame.tb_lineno}" if frame else "?"
        fail(
            LayertuiError(
                f"This is a bug in layertui {__version__}: {type(error).__name__} at {where}.",
                "Please report it with the command that you ran.",
            ),
            as_json,
        )
