"""Shell completion: what a word of the command line can be, and the scripts that let a shell ask for that."""

import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal, get_args, get_origin

from cyclopts import App, Argument

from layertui.commands import Reference
from layertui.console import write
from layertui.settings.places import state_path
from layertui.settings.state import read_state
from layertui.sources.reference import HELD, READABLE

HOST_S = 0.5
"""How long the sources of this host may take in all: a person waits for the answer."""

FILES, DIRECTORIES = ":files", ":directories"
"""Lines that ask the shell for what it completes itself; no candidate begins with a colon."""

_SAFE = re.compile(r"[\w.:/@#+=,~-]+")
"""What is offered is typed for the person: nothing that a shell or a terminal would take for something else."""

_REFERENCE = get_args(Reference)[1]

_VALUES = {
    "--platform": ("linux/amd64", "linux/arm64", "linux/arm/v7", "linux/386", "linux/ppc64le", "linux/s390x"),
    "--filter": ("dangling=true", "dangling=false", "reference=", "label=", "before=", "since="),
    "--changed": ("a", "m", "r"),
}
"""Values of options that are not told by their type."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a word can be."""

    text: str
    """The whole word; one that ends in a colon, a slash or an equals sign is to be continued."""
    help: str = ""
    """A few words."""


def print_script(shell: str) -> None:
    """Print the script of a shell, bash, zsh or fish."""
    write(files("layertui").joinpath("completions", f"layertui.{shell}").read_bytes())


def print_candidates(app: App, words: Sequence[str]) -> None:
    """Print what the last word can be, a line each with a tab before its help, and end the process.

    It is ended at once: an engine that does not answer is left behind in its thread.
    """
    lines = []
    for found in complete(app, words):
        if isinstance(found, Candidate):
            lines.append(f"{found.text}\t{found.help}")
        else:
            lines.append(found)
    write("".join(f"{line}\n" for line in lines).encode("utf-8", "replace"))
    sys.stdout.flush()
    os._exit(0)


def complete(app: App, words: Sequence[str]) -> list[Candidate | str]:
    """What the last of the words can be, by those before it; also FILES or DIRECTORIES."""
    *before, current = words or [""]
    found = list(_fitting(app, before, current))
    texts = dict.fromkeys(each for each in found if isinstance(each, str))
    offered = {each.text: each for each in reversed(found) if isinstance(each, Candidate)}
    fitting = [each for each in reversed(offered.values()) if _is_offered(each.text, current)]
    return [*fitting, *texts]


def _is_offered(text: str, current: str) -> bool:
    return text.startswith(current) and _SAFE.fullmatch(text) is not None


def _fitting(app: App, before: Sequence[str], current: str) -> Iterator[Candidate | str]:
    """The same without a look at what was typed of the word."""
    commands = {name: app[name] for name in app if not name.startswith("-")}
    command = commands.get(before[0]) if before else None
    arguments = (command or app).assemble_argument_collection(parse_docstring=True)
    options = {name: argument for argument in arguments for name in argument.names if name.startswith("-")}
    last = options.get(before[-1]) if before else None
    if last is not None and not _is_flag(last):
        yield from _values(last, current)
        return
    if current.startswith("-") and current != "-":
        for name, argument in options.items():
            yield Candidate(name, _first_words(argument.parameter.help or ""))
        yield Candidate("--help", "What there is")
        return
    if command is None and not before:
        for name, each in commands.items():
            yield Candidate(name, _first_words(each.help))
    positional = [argument for argument in arguments if not any(name.startswith("-") for name in argument.names)]
    given = len(_positionals(before[1 if command is not None else 0 :], options))
    if given < len(positional):
        yield from _values(positional[given], current)


def _positionals(words: Iterable[str], options: dict[str, Argument]) -> list[str]:
    """The words that are neither options nor their values."""
    found, awaited = [], False
    for word in words:
        if awaited:
            awaited = False
        elif word.startswith("-") and word != "-":
            awaited = word in options and not _is_flag(options[word])
        else:
            found.append(word)
    return found


def _is_flag(argument: Argument) -> bool:
    return argument.hint is bool or bool in get_args(argument.hint)


def _values(argument: Argument, current: str) -> Iterator[Candidate | str]:
    """What an option or a positional argument can be."""
    name = argument.names[0]
    if argument.parameter.help == _REFERENCE.help:
        yield from references(current)
        yield FILES
    elif name == "SOURCE":
        yield from (Candidate(f"{scheme}:") for scheme in (*HELD, *READABLE))
        yield FILES
    elif name == "--output":
        yield DIRECTORIES
    elif name == "--theme":
        from layertui.tui.app import theme_names  # the one that needs the screen's library

        yield from map(Candidate, theme_names())
    else:
        yield from map(Candidate, _VALUES.get(name, _choices(argument.hint)))


def _choices(hint: Any) -> tuple[str, ...]:
    """All that a type can be, where it is a literal or an optional one."""
    if get_origin(hint) is Literal:
        return tuple(map(str, get_args(hint)))
    return tuple(text for each in get_args(hint) for text in _choices(each))


def references(current: str) -> Iterator[Candidate]:
    """References: opened before, schemes, the demo, and what the sources of this host list within HOST_S."""
    for reference in read_state(state_path(os.environ)).history:
        yield Candidate(reference, "opened before")
    scheme, colon, _ = current.partition(":")
    asked = scheme if colon and scheme in HELD else None
    yield from _host(asked)
    if asked is None:
        yield Candidate("demo", "A built-in image")
        yield from (Candidate(f"{scheme}:", "Scheme") for scheme in (*HELD, *READABLE))


def _host(scheme: str | None) -> Iterator[Candidate]:
    """What this host holds, by bare names, or with the scheme that was typed."""
    from layertui.sources.held import PLACES  # what looks for engines is only for who completes a reference
    from layertui.sources.host import look, open_all

    places = [place for place in look(os.environ) if not place.where.startswith("ssh:")]
    if scheme is not None:
        places = [place for place in places if place.scheme in PLACES[scheme]]
    for answer in open_all(places, HOST_S):
        for entry in answer.entries:
            if entry.kind in ("image", "container"):
                names = entry.tags or (entry.reference,)
                yield from (Candidate(f"{scheme}:{name}" if scheme else name, answer.place.name) for name in names)


def _first_words(text: str) -> str:
    """A help text as one short line."""
    return " ".join(text.split("\n")[0].split(". ")[0].rstrip(".").split())[:80]
