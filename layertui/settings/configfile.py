"""Reading config.toml: TOML into options and keys, every error with file, line and key."""

import difflib
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

import msgspec

from layertui.errors import UsageError
from layertui.settings.keynames import parse_keys
from layertui.settings.options import AUTO, BY_NAME, Option, Value

KEYS = "keys"
"""The table of keys by action."""

CONFIG_BYTES = 64 << 10
"""The longest config that is read: every option and key there is takes some 10 KiB."""

_AT = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)")
"""How tomllib ends a message."""


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """What a config says."""

    path: str
    values: dict[str, Value]
    """Options by name, each of its type."""
    keys: dict[str, tuple[str, ...]]
    """The screen's names of keys by action; whether there is such an action is not known here."""
    lines: dict[tuple[str, ...], int]
    """On which line each of them is, by its name, and that of the table it is in before it; from 1."""

    def where(self, *name: str) -> str:
        """How an error about something in it begins: file, line and key."""
        line = self.lines.get(name)
        return f"{self.path}, {f'line {line}, ' if line else ''}{name[-1]}"

    def refuse(self, name: tuple[str, ...], why: str, hint: str = "") -> NoReturn:
        """Raise the UsageError about something in it."""
        raise UsageError(f"{self.where(*name)}: {why}.", hint)


def read_config(path: str) -> ConfigFile | None:
    """Read a config; None where there is none. Raises UsageError with file, line and key in one sentence."""
    try:
        with open(path, "rb") as file:
            data = file.read(CONFIG_BYTES + 1)
        if len(data) > CONFIG_BYTES:
            raise UsageError(f"{path} is longer than {CONFIG_BYTES:,} bytes, so it is no config.", "Remove it.")
        text = data.decode()
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise UsageError(f"{path} cannot be read: {problem.strerror}.", "Correct it, or remove it.") from problem
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise UsageError(f"{path}, line {line}: this is not UTF-8.", "Write it as UTF-8.") from problem
    return _understand(path, text)


def _understand(path: str, text: str) -> ConfigFile:
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        found = _AT.search(str(problem))
        why = _AT.sub("", str(problem))
        line = int(found[1]) if found and found[1] else text.rstrip("\n").count("\n") + 1
        raise UsageError(f"{path}, line {line}: {why[:1].lower()}{why[1:]}.", "The file is TOML: toml.io") from None
    except RecursionError:
        raise UsageError(f"{path} is nested too deeply.", "Correct it.") from None
    config = ConfigFile(path, {}, {}, dict(_lines(text)))
    for name, value in table.items():
        if name == KEYS:
            config.keys.update(_keys(config, value))
        elif name in BY_NAME:
            config.values[name] = _value(config, BY_NAME[name], value)
        else:
            config.refuse((name,), "there is no such option", _nearest(name))
    return config


def _nearest(name: str) -> str:
    near = difflib.get_close_matches(name.lower().replace("-", "_"), (*BY_NAME, KEYS), n=1)
    return f"The nearest is {near[0]}." if near else "All there are: layertui config"


def _value(config: ConfigFile, option: Option, value: object) -> Value:
    kind: Any = list[str] if option.kind is list else option.kind
    if option.default == AUTO:
        kind = kind | Literal["auto"]
    try:
        read: Value | None = msgspec.convert(value, kind)
    except msgspec.ValidationError:
        read = None
    if read is None or not option.fits(read):
        config.refuse((option.name,), f"this must be {option.wanted}, not {_told(value)}")
    return read


def _told(value: object) -> str:
    """A value as an error quotes it."""
    if isinstance(value, dict):
        return "a table"
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _keys(config: ConfigFile, table: object) -> Iterator[tuple[str, tuple[str, ...]]]:
    if not isinstance(table, dict):
        config.refuse((KEYS,), f"this must be a table, not {_told(table)}", "Write [keys] on a line of its own.")
    for action, keys in table.items():
        name = (KEYS, action)
        try:
            listed = msgspec.convert(keys, list[str])
        except msgspec.ValidationError:
            config.refuse(name, f'this must be a list of keys such as ["x", "ctrl+x"], not {_told(keys)}')
        read = []
        for key in listed:
            try:
                read.append(parse_keys(key))
            except UsageError as problem:
                config.refuse(name, problem.message, problem.hint)
        yield action, tuple(dict.fromkeys(read))


def _lines(text: str) -> Iterator[tuple[tuple[str, ...], int]]:
    """Every name in a sound TOML text with its line, found by reading it statement by statement.

    Names that are written more than once, as a table's are, have their first line.
    """
    lines = text.split("\n")
    table: tuple[str, ...] = ()
    found: dict[tuple[str, ...], int] = {}
    start = 0
    while start < len(lines):
        for end in range(start + 1, len(lines) + 1):
            statement = "\n".join(lines[start:end])
            try:
                read = tomllib.loads(statement)
            except tomllib.TOMLDecodeError:
                continue  # a value of several lines
            names = list(_names(read))
            if statement.lstrip().startswith("["):
                table = names[-1]
            for name in [table] if statement.lstrip().startswith("[") else [(*table, *name) for name in names]:
                found.setdefault(name, start + 1)
            break
        start = end
    yield from found.items()


def _names(table: object) -> Iterator[tuple[str, ...]]:
    """The names of a nested table, outer ones first."""
    if isinstance(table, dict):
        for name, inner in table.items():
            yield (name,)
            for rest in _names(inner):
                yield (name, *rest)
