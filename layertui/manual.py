"""The manual page, in roff, made of what the command line says of itself."""

from collections.abc import Iterable, Iterator
from typing import Any, get_args

from cyclopts import App, Argument

from layertui import __version__
from layertui.console import print_lines
from layertui.settings.options import OPTIONS

_FILES = (
    ("$XDG_CONFIG_HOME/layertui/config.toml", "Options and keys. `layertui config` prints them all."),
    ("$XDG_STATE_HOME/layertui/state.json", "References that were opened, and the width of the left pane."),
    ("$XDG_CACHE_HOME/layertui", "Blobs that were fetched, and archives while they are unpacked."),
)

_OTHER_VARIABLES = (
    ("DOCKER_HOST, DOCKER_CONTEXT, DOCKER_CONFIG", "Where Docker is, as for docker(1)."),
    ("CONTAINER_HOST", "Where Podman is, as for podman(1)."),
    ("REGISTRY_AUTH_FILE", "Credentials for registries, as for podman(1)."),
    ("NO_COLOR", "Where set, no colours are sent."),
)


def print_manual(app: App) -> None:
    """Print the page of a command line."""
    print_lines(manual_lines(app))


def manual_lines(app: App) -> Iterator[str]:
    """The page, for man(7)."""
    name = app.name[0]
    yield f'.TH {name.upper()} 1 "" "{name} {__version__}" "User Commands"'
    yield from (".SH NAME", f"{name} \\- {_text(app.help[:1].lower() + app.help[1:].rstrip('.'))}")
    yield ".SH SYNOPSIS"
    commands = [(each, app[each]) for each in app if not each.startswith("-")]
    yield from _usage(name, app)
    for each, command in commands:
        yield ".br"
        yield from _usage(f"{name} {each}", command)
    yield ".SH DESCRIPTION"
    assert app.default_command is not None
    yield from _paragraphs(app.default_command.__doc__ or "")
    yield from _arguments(app)
    yield ".SH COMMANDS"
    for each, command in commands:
        yield from (f".SS {_text(each)}", *_paragraphs(command.help), *_arguments(command))
    yield ".SH CONFIGURATION"
    yield _text("Every option is read from the command line, else from its variable, else from config.toml.")
    for option in OPTIONS:
        said = f"{option.help}. In the environment: {option.variable}."
        yield from (".TP", f"\\fB{_text(option.name)}\\fR", _text(said))
    yield ".TP"
    yield from ("\\fB[keys]\\fR", _text('Keys by action, such as zoom = ["z", "ctrl+w o"]; an empty list for none.'))
    for heading, entries in (("ENVIRONMENT", _OTHER_VARIABLES), ("FILES", _FILES)):
        yield f".SH {heading}"
        for entry, meaning in entries:
            yield from (".TP", f"\\fB{_text(entry)}\\fR", _text(meaning))
    yield ".SH EXIT STATUS"
    codes = " ".join(str(app.help_epilogue).removeprefix("Exit codes: ").rstrip(".").split())
    for code in codes.split("; "):
        number, _, meaning = code.partition(" ")
        yield from (".TP", f"\\fB{number}\\fR", _text(meaning))
    yield from (
        ".SH SEE ALSO",
        "\\fBdocker\\fR(1), \\fBpodman\\fR(1), \\fBskopeo\\fR(1), \\fBcontainers-transports\\fR(5)",
    )


def _usage(name: str, app: App) -> Iterator[str]:
    words = [f"\\fB{_text(name)}\\fR"]
    arguments = list(_described(app))
    if any(_is_option(argument) for argument in arguments):
        words.append("[\\fIoptions\\fR]")
    for argument in arguments:
        if not _is_option(argument):
            several = "..." if argument.field_info.kind.name == "VAR_POSITIONAL" else ""
            word = f"\\fI{_text(argument.names[0])}\\fR{several}"
            words.append(word if argument.required else f"[{word}]")
    yield " ".join(words)


def _arguments(app: App) -> Iterator[str]:
    for argument in _described(app):
        names = ", ".join(f"\\fB{_text(name)}\\fR" for name in argument.names)
        value = _value(argument) if _is_option(argument) else ""
        yield from (".TP", f"{names} {value}".rstrip(), _text(argument.parameter.help or ""))


def _described(app: App) -> Iterable[Argument]:
    return (argument for argument in app.assemble_argument_collection(parse_docstring=True) if argument.show)


def _is_option(argument: Argument) -> bool:
    return argument.names[0].startswith("-")


def _value(argument: Argument) -> str:
    """What stands behind an option; nothing where it takes no value."""
    kinds: tuple[Any, ...] = (argument.hint, *get_args(argument.hint))
    return "" if bool in kinds else "\\fInumber\\fR" if int in kinds else "\\fItext\\fR"


def _paragraphs(text: str) -> Iterator[str]:
    """A docstring as paragraphs."""
    for number, paragraph in enumerate(text.strip().split("\n\n")):
        if number:
            yield ".PP"
        yield _text(" ".join(paragraph.split()))


def _text(text: str) -> str:
    """A text as roff takes it: no escapes, no hyphens that become others, no request at the start of a line."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "\\(ga").replace("'", "\\(aq")
    return f"\\&{escaped}" if escaped.startswith(".") else escaped
