"""The commands about the program itself, each from a module of its own when it is called; and all commands run here."""

from typing import Annotated, Literal

import cyclopts
from cyclopts import Parameter

import layertui.commands_content
import layertui.commands_host
import layertui.commands_registry  # noqa: F401  (their commands are the app's from then on)
from layertui.commands import JsonFlag, app
from layertui.errors import UsageError

COMPLETE = "_complete"
"""What the shells' scripts call, with the words of a command line up to the one that is completed."""


@app.command
def config(
    *,
    path: Annotated[bool, Parameter(negative="", help="Only where the file is, whether or not it is there.")] = False,
    json: JsonFlag = False,
) -> None:
    """Print every option and key as it is now, as a config.toml, and where each is from."""
    from layertui.configuring import show_config

    show_config(only_path=path, as_json=json)


@app.command
def completion(shell: Annotated[Literal["bash", "zsh", "fish"], Parameter(help="For which shell.")], /) -> None:
    """Print what makes a shell complete commands, options, and the references of this host.

    bash: eval "$(layertui completion bash)" in ~/.bashrc. zsh: the same with zsh in ~/.zshrc, behind compinit.
    fish: layertui completion fish > ~/.config/fish/completions/layertui.fish
    """
    from layertui.completing import print_script

    print_script(shell)


@app.command
def man() -> None:
    """Print the manual page: layertui man | man -l -"""
    from layertui.manual import print_manual

    print_manual(app)


def run(arguments: list[str]) -> None:
    """Run the command that the arguments name; raises UsageError where they cannot be understood."""
    if arguments[:1] == [COMPLETE]:
        from layertui.completing import print_candidates

        print_candidates(app, arguments[1:])
        return
    try:
        app(arguments, exit_on_error=False, print_error=False)
    except cyclopts.CycloptsError as error:
        raise UsageError(" ".join(str(error).split()), "Try: layertui --help") from error
