"""`layertui config`: every option and key as it is now, and who says so."""

import os
from collections.abc import Iterator
from typing import Any

import msgspec

from layertui.console import print_json, print_lines
from layertui.present.report import SCHEMA_VERSION
from layertui.present.safetext import safe
from layertui.settings.configfile import KEYS, ConfigFile, read_config
from layertui.settings.effective import Origin, Setting, settings
from layertui.settings.keynames import written
from layertui.settings.options import Value
from layertui.settings.places import config_path
from layertui.tui.actions import ACTIONS, Keymap
from layertui.tui.actions.remapping import remapped

REMARK_FROM = 44
"""Column of the remarks behind the values."""


def show_config(*, only_path: bool = False, as_json: bool = False) -> None:
    """Print the effective config, which is itself one, or where the file is; raises UsageError where it is wrong."""
    path = config_path(os.environ)
    if only_path:
        print_json({"schema_version": SCHEMA_VERSION, "path": path}) if as_json else print_lines([safe(path)])
        return
    config = read_config(path)
    found = settings(os.environ, config)
    preset = next(str(setting.value) for setting in found if setting.option.name == "preset")
    keymap, origins = remapped(ACTIONS, config, preset)
    if as_json:
        print_json(config_json(path, config, found, keymap, origins))
    else:
        print_lines(config_lines(path, config, found, keymap, origins))


def config_lines(
    path: str, config: ConfigFile | None, found: tuple[Setting, ...], keymap: Keymap, origins: dict[str, str]
) -> Iterator[str]:
    """The effective config as TOML, with remarks."""
    yield f"# {safe(path)}{'' if config is not None else ' (not there)'}"
    yield ""
    for setting in found:
        yield _line(setting.option.name, setting.value, _said(setting))
    yield ""
    yield f"[{KEYS}]"
    without = keymap.only_by_ctrl()
    for action in keymap.actions:
        remark = origins[action.name] if origins[action.name] != "by default" else ""
        if action.name in without:
            remark += f"{', ' if remark else ''}{'only with Ctrl' if action.keys else 'no key'}: the palette has it"
        yield _line(action.name, [written(key) for key in action.keys], remark.removeprefix("by "))


def _said(setting: Setting) -> str:
    """Who says what an option is; nothing for nobody."""
    if setting.origin is Origin.DEFAULT:
        return ""
    return setting.option.variable if setting.origin is Origin.ENVIRONMENT else f"line {setting.line}"


def _line(name: str, value: Value, remark: str) -> str:
    text = f"{name} = {_toml(value)}"
    return f"{text:{REMARK_FROM - 2}}  # {remark}" if remark else text


def _toml(value: Value) -> str:
    """A value in TOML: its texts are those of JSON, but for DEL and what is not to reach a terminal."""
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    text = msgspec.json.encode(value).decode()
    return "".join(part if safe(part) == part else f"\\U{ord(part):08x}" for part in text)


def config_json(
    path: str, config: ConfigFile | None, found: tuple[Setting, ...], keymap: Keymap, origins: dict[str, str]
) -> dict[str, Any]:
    """The same as JSON; `origin` is environment, file, preset or default."""

    def keys_origin(name: str) -> str:
        if config is not None and name in config.keys:
            return Origin.FILE.value
        return "preset" if "preset" in origins[name] else Origin.DEFAULT.value

    return {
        "schema_version": SCHEMA_VERSION,
        "path": path,
        "exists": config is not None,
        "options": [
            {
                "name": setting.option.name,
                "value": setting.value,
                "origin": setting.origin.value,
                "line": setting.line,
                "variable": setting.option.variable,
                "help": setting.option.help,
            }
            for setting in found
        ],
        "keys": [
            {
                "action": action.name,
                "keys": [written(key) for key in action.keys],
                "origin": keys_origin(action.name),
                "line": config.lines.get((KEYS, action.name)) if config is not None else None,
                "help": action.help,
            }
            for action in keymap.actions
        ],
    }
